// SPDX-License-Identifier: Apache-2.0
// What a command inside can and cannot do. Where the machine cannot confine commands at all, that is what is tested.
#include "agent/sandbox/sandbox.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <chrono>
#include <optional>
#include <thread>
#include <vector>

#include "tests/unit/agent/temporary_folder.h"

namespace strata::agent {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;

class SandboxTest : public testing::Test {
 protected:
  void SetUp() override {
    fs::create_directories(copy_ / ".git/hooks");
    folder_.write("copy/.git/config", "[core]\n");
    folder_.write("copy/file", "text\n");
    folder_.write("outside", "untouched\n");
    open();
  }
  void open(SandboxOptions options = {}) {
    auto sandbox = Sandbox::open(copy_, std::move(options));
    ASSERT_TRUE(sandbox) << sandbox.error().message;
    sandbox_ = std::move(*sandbox);
    if (!sandbox_->confined()) GTEST_SKIP() << sandbox_->why_not();
  }
  CommandResult run(const std::string& command, const CommandLimits& limits = {}, const Cancel* cancel = nullptr) {
    auto result = sandbox_->run(command, limits, cancel);
    EXPECT_TRUE(result) << result.error().message;
    return result ? *result : CommandResult{};
  }
  // The command must fail, and leave the world as it is.
  void refused(const std::string& command) {
    const CommandResult result = run(command);
    EXPECT_NE(result.exit_code, 0) << command << "\n" << result.output;
    EXPECT_EQ(folder_.read("outside"), "untouched\n") << command;
  }

  TemporaryFolder folder_{"/var/tmp"};  // inside, /tmp is another one
  fs::path copy_ = folder_.path / "copy";
  std::optional<Sandbox> sandbox_;
};

TEST_F(SandboxTest, OutputAndExitCodeAreTheCommands) {
  const CommandResult result = run("cat file; echo to stderr >&2; exit 7");
  EXPECT_EQ(result.output, "text\nto stderr\n");
  EXPECT_EQ(result.exit_code, 7);
  EXPECT_EQ(result.killed_by, Limit::kNone);
  EXPECT_TRUE(result.confined);
}

TEST_F(SandboxTest, TheCopyAndTmpCanBeWritten) {
  EXPECT_EQ(run("echo new > made && mkdir -p a/b && echo t > /tmp/t && cat /tmp/t && cd && pwd").exit_code, 0);
  EXPECT_EQ(folder_.read("copy/made"), "new\n");
  EXPECT_FALSE(fs::exists("/tmp/t"));
}

TEST_F(SandboxTest, ATemporaryFolderLastsFromCommandToCommand) {
  fs::create_directories(folder_.path / "tmp");
  SandboxOptions options;
  options.temporary = folder_.path / "tmp";
  open(options);
  run("echo kept > /tmp/kept");
  EXPECT_EQ(run("cat /tmp/kept").output, "kept\n");
}

TEST_F(SandboxTest, CommandsStartInAFolderOfTheCopyOnly) {
  fs::create_directories(copy_ / "sub");
  fs::create_directory_symlink("/", copy_ / "away");
  EXPECT_EQ(sandbox_->run("pwd", {}, nullptr, "sub")->output, (copy_ / "sub").string() + "\n");
  for (const char* folder : {"..", "/", "away", "sub/../..", "missing"}) {
    EXPECT_FALSE(sandbox_->run("pwd", {}, nullptr, folder)) << folder;
  }
}

TEST_F(SandboxTest, NothingOutsideCanBeWritten) {
  const std::string outside = (folder_.path / "outside").string();
  refused("echo x > ../outside");
  refused("echo x > ../../../../../../../../etc/strata-test");
  refused("echo x > " + outside);
  refused("rm -f ../outside");
  refused("mv ../outside stolen");
  refused("chmod 777 ../outside");
  refused("ln -s " + outside + " link && echo x > link");
  refused("ln " + outside + " hard");  // another mount
  refused("ln -s .. up && echo x > up/outside");
  refused("touch /strata-test");
  refused("touch /usr/strata-test");
  refused("touch /dev/strata-test-file/x");
}

TEST_F(SandboxTest, TheGitFolderOfTheCopyIsReadOnly) {
  refused("echo '#!/bin/sh' > .git/hooks/pre-commit");
  refused("echo x >> .git/config");
  refused("rm -rf .git");
  refused("mv .git elsewhere");
  refused("ln -sfn /tmp .git/hooks");
  EXPECT_EQ(folder_.read("copy/.git/config"), "[core]\n");
  EXPECT_TRUE(fs::is_empty(copy_ / ".git/hooks"));
}

TEST_F(SandboxTest, TheEnvironmentIsNew) {
  setenv("STRATA_TEST_TOKEN", "very secret", 1);
  const CommandResult result = run("env; cat /proc/*/environ");
  unsetenv("STRATA_TEST_TOKEN");
  EXPECT_THAT(result.output, Not(HasSubstr("very secret")));
  EXPECT_THAT(result.output, HasSubstr("HOME=/tmp/home"));
}

TEST_F(SandboxTest, KeysInTheHomeFolderAreHidden) {
  folder_.write("home/.ssh/id_ed25519", "private\n");
  folder_.write("home/.netrc", "private\n");
  folder_.write("home/notes", "readable\n");
  const std::string home = std::getenv("HOME") ? std::getenv("HOME") : "";
  setenv("HOME", (folder_.path / "home").c_str(), 1);
  const CommandResult result = run("cd ../home; cat notes .ssh/id_ed25519 .netrc; ls -a .ssh");
  setenv("HOME", home.c_str(), 1);
  EXPECT_THAT(result.output, Not(HasSubstr("private")));
  EXPECT_THAT(result.output, HasSubstr("readable"));
}

TEST_F(SandboxTest, OtherProcessesAreOutOfSight) {
  const std::string us = std::to_string(getpid());
  EXPECT_EQ(run("ls -d /proc/[0-9]* | wc -l; :").exit_code, 0);
  EXPECT_LT(std::stoi(run("ls -d /proc/[0-9]* | wc -l").output), 8);
  EXPECT_THAT(run("tr '\\0' ' ' < /proc/1/cmdline").output, HasSubstr("bwrap"));
  refused("kill -9 " + us + " 2>/dev/null && false");
}

TEST_F(SandboxTest, TheKernelsSettingsAreOutOfReach) {
  for (const char* file : {"/proc/sys/kernel/core_pattern", "/proc/sysrq-trigger", "/proc/sys/vm/drop_caches",
                           "/sys/kernel/mm/transparent_hugepage/enabled"}) {
    // Opened only: a test that finds a hole must not fall in.
    if (fs::exists(file)) refused(std::string(": >> ") + file);
  }
}

TEST_F(SandboxTest, NoNewNamespacesMountsOrKeys) {
  refused("unshare -U true");
  refused("unshare -m true");
  refused("mount -t tmpfs none /mnt");
  refused("umount /proc");
  refused("chroot / true");
  refused("nsenter -t 1 -m true");
}

TEST_F(SandboxTest, ThereIsNoNetworkUnlessItIsAllowed) {
  // A server of ours, outside. Inside, the same address is another machine's.
  const int server = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(bind(server, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  ASSERT_EQ(listen(server, 1), 0);
  socklen_t size = sizeof address;
  getsockname(server, reinterpret_cast<sockaddr*>(&address), &size);
  const std::string connect = "python3 -c 'import socket; socket.create_connection((\"127.0.0.1\", " +
                              std::to_string(ntohs(address.sin_port)) + "), 2)'";
  EXPECT_NE(run(connect).exit_code, 0);
  EXPECT_EQ(run("python3 -c 'import socket; s = socket.create_server((\"127.0.0.1\", 0)); "
                "socket.create_connection(s.getsockname(), 2)'")
                .exit_code,
            0)
      << "tests that talk to themselves need the loopback device";
  SandboxOptions options;
  options.network = true;
  open(options);
  EXPECT_EQ(run(connect).exit_code, 0);
  close(server);
}

TEST_F(SandboxTest, RawAndUnusualSocketsAreRefused) {
  refused("python3 -c 'import socket; socket.socket(socket.AF_PACKET, socket.SOCK_RAW)'");
  refused("python3 -c 'import socket; socket.socket(40, socket.SOCK_STREAM)'");  // AF_VSOCK
  EXPECT_EQ(run("python3 -c 'import socket; socket.socketpair()'").exit_code, 0);
}

TEST_F(SandboxTest, BackgroundProcessesAreGoneAfterwards) {
  const auto start = std::chrono::steady_clock::now();
  const CommandResult result =
      run("(setsid sh -c 'sleep 3; echo late > late' &) ; nohup sh -c 'sleep 3; echo late > late' & echo done");
  EXPECT_EQ(result.output.substr(0, 4), "done");
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(3)) << "it is not waited for";
  std::this_thread::sleep_for(std::chrono::milliseconds(3500));
  EXPECT_FALSE(fs::exists(copy_ / "late"));
}

TEST_F(SandboxTest, AnEndlessRunIsEnded) {
  CommandLimits limits;
  limits.seconds = 0.5;
  const CommandResult result = run("trap '' TERM INT HUP; echo begun; while :; do sleep 1; done", limits);
  EXPECT_EQ(result.killed_by, Limit::kTime);
  EXPECT_EQ(result.exit_code, 137);
  EXPECT_EQ(result.output, "begun\n");
  EXPECT_LT(result.seconds, 5);
}

TEST_F(SandboxTest, CpuTimeIsCountedOverAllProcesses) {
  CommandLimits limits;
  limits.cpu_seconds = 0.5;
  limits.seconds = 60;
  EXPECT_EQ(run("(while :; do :; done) & while :; do :; done", limits).killed_by, Limit::kCpu);
}

TEST_F(SandboxTest, HugeOutputIsEnded) {
  CommandLimits limits;
  limits.output_bytes = 100'000;
  const CommandResult result = run("yes strata", limits);
  EXPECT_EQ(result.killed_by, Limit::kOutput);
  EXPECT_EQ(result.output.size(), 100'000u);
}

TEST_F(SandboxTest, AForkBombIsEnded) {
  CommandLimits limits;
  limits.processes = 100;
  limits.seconds = 60;
  const CommandResult result = run("bomb() { bomb | bomb & }; bomb; sleep 50", limits);
  // Where the kernel refuses to fork, the bomb fizzles out, and we end what waits.
  EXPECT_TRUE(result.killed_by == Limit::kProcesses || result.killed_by == Limit::kTime) << name_of(result.killed_by);
  EXPECT_LT(result.seconds, 61);
  EXPECT_EQ(run("echo alive").output, "alive\n");
}

TEST_F(SandboxTest, MemoryIsCountedOverAllProcesses) {
  CommandLimits limits;
  limits.memory_bytes = 200 << 20;
  limits.seconds = 60;
  const std::string eat = "python3 -c 'import time; a = bytearray(120 << 20); time.sleep(30)'";
  EXPECT_EQ(run(eat + " & " + eat, limits).killed_by, Limit::kMemory);
}

TEST_F(SandboxTest, ManyProcessesThatShareMemoryAreNotTakenForManyTimesIt) {
  CommandLimits limits;
  limits.memory_bytes = 200 << 20;
  const CommandResult result = run(
      "python3 -c 'import os, time\na = bytearray(100 << 20)\nfor i in range(4):\n if os.fork() == 0: time.sleep(0.5); "
      "os._exit(0)\nfor i in range(4): os.wait()'",
      limits);
  EXPECT_EQ(result.killed_by, Limit::kNone);
  EXPECT_EQ(result.exit_code, 0) << result.output;
}

TEST_F(SandboxTest, AFileThatGrowsTooLargeEndsWhoWritesIt) {
  CommandLimits limits;
  limits.file_bytes = 1 << 20;
  const CommandResult result = run("exec dd if=/dev/zero of=big bs=65536 count=64", limits);
  EXPECT_EQ(result.killed_by, Limit::kFileSize);
  EXPECT_LE(fs::file_size(copy_ / "big"), 1u << 20);
}

TEST_F(SandboxTest, CancellingEndsIt) {
  Cancel cancel;
  std::thread later([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    cancel.request();
  });
  const CommandResult result = run("sleep 60", {}, &cancel);
  later.join();
  EXPECT_EQ(result.killed_by, Limit::kCancelled);
  EXPECT_LT(result.seconds, 10);
}

TEST_F(SandboxTest, CommandsRunAtTheSameTime) {
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&, i] { EXPECT_EQ(run("echo " + std::to_string(i)).output, std::to_string(i) + "\n"); });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST_F(SandboxTest, OddCommandTexts) {
  EXPECT_EQ(run("").exit_code, 0);
  EXPECT_EQ(run("printf 'a\\0b'").output, std::string("a\0b", 3));
  EXPECT_EQ(run("--version").exit_code, 127);  // a command, not an option of the shell
  EXPECT_FALSE(sandbox_->run(std::string("a\0b", 3)));
  EXPECT_NE(run("cat").exit_code, 137) << "stdin is empty";
}

TEST(SandboxWithout, BubblewrapSaysWhatToInstallAndRefuses) {
  TemporaryFolder folder;
  const std::string path = std::getenv("PATH") ? std::getenv("PATH") : "";
  setenv("PATH", folder.path.c_str(), 1);
  auto sandbox = Sandbox::open(folder.path);
  setenv("PATH", path.c_str(), 1);
  ASSERT_TRUE(sandbox);
  EXPECT_FALSE(sandbox->confined());
  EXPECT_THAT(sandbox->why_not(), HasSubstr("bubblewrap"));
  const auto refused = sandbox->run("true");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::kUnsupported);
  const auto agreed = sandbox->run_unconfined("echo agreed; exit 3");
  ASSERT_TRUE(agreed);
  EXPECT_EQ(agreed->output, "agreed\n");
  EXPECT_EQ(agreed->exit_code, 3);
  EXPECT_FALSE(agreed->confined);
}

TEST(SandboxWithout, BubblewrapALimitEndsTheGroup) {
  TemporaryFolder folder;
  auto sandbox = Sandbox::open(folder.path);
  ASSERT_TRUE(sandbox);
  CommandLimits limits;
  limits.seconds = 0.3;
  const auto result = sandbox->run_unconfined("sleep 2 && echo late > late & sleep 60", limits);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->killed_by, Limit::kTime);
  std::this_thread::sleep_for(std::chrono::milliseconds(2500));
  EXPECT_FALSE(fs::exists(folder.path / "late"));
}

}  // namespace
}  // namespace strata::agent
