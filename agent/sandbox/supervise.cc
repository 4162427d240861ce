// SPDX-License-Identifier: Apache-2.0
// One thread, one poll loop: output, the end of the process, and every kTickMs a look at what it uses.
#include "agent/sandbox/supervise.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <cstring>
#include <format>
#include <nlohmann/json.hpp>
#include <optional>

#include "agent/sandbox/process_limit.h"
#include "agent/sandbox/usage.h"

namespace strata::agent {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kTickMs = 10;
constexpr int kTicksPerDiskCheck = 10;
constexpr int kKilled = 128 + SIGKILL;

class Descriptor {
 public:
  explicit Descriptor(int value = -1) : value_(value) {}
  Descriptor(Descriptor&& other) noexcept : value_(std::exchange(other.value_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(value_, other.value_);
    return *this;
  }
  ~Descriptor() { reset(); }
  void reset() {
    if (value_ >= 0) close(value_);
    value_ = -1;
  }
  int get() const { return value_; }
  bool open() const { return value_ >= 0; }

 private:
  int value_;
};

struct Pipe {
  Descriptor read, write;
};

std::optional<Pipe> make_pipe() {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return std::nullopt;
  fcntl(ends[0], F_SETFL, O_NONBLOCK);
  return Pipe{Descriptor(ends[0]), Descriptor(ends[1])};
}

int open_process(pid_t process) { return static_cast<int>(syscall(SYS_pidfd_open, process, 0)); }
void kill_process(const Descriptor& process) {
  if (process.open()) syscall(SYS_pidfd_send_signal, process.get(), SIGKILL, nullptr, 0);
}
bool has_ended(const Descriptor& process, int wait_ms = 0) {
  pollfd one{process.get(), POLLIN, 0};
  return poll(&one, 1, wait_ms) == 1;
}

std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> all;
  for (const std::string& text : texts) all.push_back(const_cast<char*>(text.c_str()));
  all.push_back(nullptr);
  return all;
}

std::array<std::pair<int, rlim_t>, 3> process_limits(const CommandLimits& limits) {
  // The clock of CPU time is ours; this one is for a process that we would be too slow for.
  return {{{RLIMIT_CORE, 0},
           {RLIMIT_FSIZE, static_cast<rlim_t>(limits.file_bytes)},
           {RLIMIT_CPU, static_cast<rlim_t>(std::ceil(limits.cpu_seconds)) + 1}}};
}

// Between fork and exec of a program with threads: system calls only.
[[noreturn]] void become(const std::vector<std::pair<int, int>>& descriptors, const char* folder,
                         char* const* arguments, char* const* environment,
                         const std::array<std::pair<int, rlim_t>, 3>* limits, pid_t parent) {
  setpgid(0, 0);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(127);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  signal(SIGPIPE, SIG_DFL);
  if (limits) {
    for (const auto& [what, value] : *limits) {
      const rlimit both{value, value};
      setrlimit(static_cast<__rlimit_resource_t>(what), &both);
    }
  }
  // Two steps, as a number that is wanted may be one that is still needed.
  constexpr int kOutOfTheWay = 200;
  for (size_t i = 0; i < descriptors.size(); ++i) dup2(descriptors[i].first, kOutOfTheWay + static_cast<int>(i));
  for (size_t i = 0; i < descriptors.size(); ++i) dup2(kOutOfTheWay + static_cast<int>(i), descriptors[i].second);
  for (size_t i = 0; i < descriptors.size(); ++i) close(kOutOfTheWay + static_cast<int>(i));
  if (chdir(folder) == 0) execve(arguments[0], arguments, environment);
  const char* why = std::strerror(errno);
  if (write(STDERR_FILENO, why, std::strlen(why)) < 0) _exit(126);
  _exit(127);
}

int64_t free_bytes(const std::filesystem::path& disk) {
  struct statvfs s{};
  return statvfs(disk.c_str(), &s) == 0 ? static_cast<int64_t>(s.f_bavail) * static_cast<int64_t>(s.f_frsize) : -1;
}

class Supervisor {
 public:
  Supervisor(const CommandLimits& limits, const std::filesystem::path& disk, const Cancel* cancel)
      : limits_(limits),
        disk_(disk),
        cancel_(cancel),
        free_at_start_(free_bytes(disk)),
        process_limit_(ProcessLimit::make(limits.processes + 1)) {}

  Result<Watched> run(const Program& program) {
    if (auto started = start(program); !started) return std::unexpected(started.error());
    while (!has_ended(process_)) {
      wait_for_output();
      if (program.bubblewrap && !released_) release();
      if (const Limit limit = limit_reached(); limit != Limit::kNone) {
        watched_.result.killed_by = limit;
        break;
      }
    }
    finish(program);
    return std::move(watched_);
  }

 private:
  Result<void> start(const Program& program) {
    auto output = make_pipe(), status = make_pipe(), block = make_pipe();
    const Descriptor nothing(open("/dev/null", O_RDONLY | O_CLOEXEC));
    if (!output || !status || !block || !nothing.open()) {
      return fail(ErrorKind::kIo, std::format("a command cannot be started: {}", std::strerror(errno)));
    }
    fcntl(block->read.get(), F_SETFL, 0);
    auto descriptors = program.descriptors;
    descriptors.emplace_back(nothing.get(), STDIN_FILENO);
    descriptors.emplace_back(output->write.get(), STDOUT_FILENO);
    descriptors.emplace_back(output->write.get(), STDERR_FILENO);
    if (program.bubblewrap) {
      descriptors.emplace_back(status->write.get(), kStatusDescriptor);
      descriptors.emplace_back(block->read.get(), kBlockDescriptor);
    }
    const auto arguments = pointers(program.arguments), environment = pointers(program.environment);
    const std::string folder = program.folder.string();
    const auto process_limit = process_limits(limits_);
    const pid_t parent = getpid();
    pid_ = fork();
    if (pid_ == 0) {
      become(descriptors, folder.c_str(), arguments.data(), environment.data(),
             program.bubblewrap ? nullptr : &process_limit, parent);
    }
    if (pid_ < 0) return fail(ErrorKind::kIo, std::format("a command cannot be started: {}", std::strerror(errno)));
    process_ = Descriptor(open_process(pid_));
    output_ = std::move(output->read);
    status_ = std::move(status->read);
    block_ = std::move(block->write);
    return {};
  }

  // Waits for a tick at most.
  void wait_for_output() {
    std::array<pollfd, 2> both{{{process_.get(), POLLIN, 0}, {output_.get(), POLLIN, 0}}};
    if (poll(both.data(), output_.open() ? 2 : 1, kTickMs) > 0 && (both[1].revents & (POLLIN | POLLHUP))) take_output();
  }

  // All that is there, but no more than may be.
  void take_output() {
    std::string& all = watched_.result.output;
    char buffer[65536];
    while (output_.open() && static_cast<int64_t>(all.size()) <= limits_.output_bytes) {
      const ssize_t got = read(output_.get(), buffer, sizeof buffer);
      if (got > 0) {
        all.append(buffer, static_cast<size_t>(got));
      } else if (got == 0) {
        output_.reset();
      } else if (errno != EINTR) {
        return;
      }
    }
  }

  void take_status() {
    char buffer[4096];
    ssize_t got;
    while ((got = read(status_.get(), buffer, sizeof buffer)) > 0) told_.append(buffer, static_cast<size_t>(got));
  }
  // A number that bubblewrap has told; each of its lines is a JSON object.
  std::optional<int> told(const char* name) const {
    for (size_t at = 0; at < told_.size();) {
      const size_t end = told_.find('\n', at);
      if (end == std::string::npos) break;
      const auto line = nlohmann::json::parse(told_.substr(at, end - at), nullptr, false);
      if (line.is_object() && line.contains(name) && line[name].is_number_integer()) return line[name].get<int>();
      at = end + 1;
    }
    return std::nullopt;
  }

  // Lets the command begin once the limits hold and its processes can be seen.
  void release() {
    take_status();
    const auto child = told("child-pid");
    if (!child) return;
    if (!inside_.open()) {
      inside_ = Descriptor(open_process(*child));
      for (const auto& [what, value] : process_limits(limits_)) {
        const rlimit both{value, value};
        prlimit(*child, static_cast<__rlimit_resource>(what), &both, nullptr);
      }
      // The kernel is quicker than we are. A user's own is told nowhere, so it stops a little above the limit, where we
      // see it.
      const auto most = static_cast<rlim_t>(limits_.processes) + 8;
      const rlimit processes{most, most};
      prlimit(*child, RLIMIT_NPROC, &processes, nullptr);
      if (process_limit_) process_limit_->add(*child);
      const Descriptor score(open(std::format("/proc/{}/oom_score_adj", *child).c_str(), O_WRONLY | O_CLOEXEC));
      if (score.open() && write(score.get(), "1000", 4) < 0)
        score.get();  // if memory runs out all the same: they first
    }
    // Its /proc is another file system than ours as soon as its root is in place.
    struct stat ours{}, theirs{};
    Descriptor proc(
        open(std::format("/proc/{}/root/proc", *child).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW));
    if (!proc.open() || stat("/proc", &ours) != 0 || fstat(proc.get(), &theirs) != 0 || ours.st_dev == theirs.st_dev) {
      return;
    }
    proc_ = std::move(proc);
    released_ = write(block_.get(), "x", 1) == 1;
    block_.reset();
  }

  Limit limit_reached() {
    watched_.result.seconds = std::chrono::duration<double>(Clock::now() - start_).count();
    if (cancel_ && cancel_->requested()) return Limit::kCancelled;
    if (static_cast<int64_t>(watched_.result.output.size()) > limits_.output_bytes) return Limit::kOutput;
    if (watched_.result.seconds > limits_.seconds) return Limit::kTime;
    if (++ticks_ % kTicksPerDiskCheck == 0 && free_at_start_ >= 0 &&
        free_at_start_ - free_bytes(disk_) > limits_.written_bytes) {
      return Limit::kDisk;
    }
    if (!proc_.open()) return Limit::kNone;
    if (process_limit_ && process_limit_->reached()) return Limit::kProcesses;
    const Usage usage = usage_of(proc_.get());
    if (usage.threads > limits_.processes + 1) return Limit::kProcesses;  // one is bubblewrap's own
    if (usage.cpu_seconds > limits_.cpu_seconds) return Limit::kCpu;
    if (usage.memory_bytes > limits_.memory_bytes && proportional_memory(proc_.get()) > limits_.memory_bytes) {
      return Limit::kMemory;
    }
    return Limit::kNone;
  }

  void finish(const Program& program) {
    // The namespace's first process takes all others with it. Without a namespace: those of the group.
    if (inside_.open()) kill_process(inside_);
    if (!program.bubblewrap) kill(-pid_, SIGKILL);
    if (watched_.result.killed_by != Limit::kNone) kill_process(process_);
    int status = 0;
    while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    if (inside_.open()) has_ended(inside_, 10'000);
    take_output();
    CommandResult& result = watched_.result;
    result.seconds = std::chrono::duration<double>(Clock::now() - start_).count();
    const bool too_much = static_cast<int64_t>(result.output.size()) > limits_.output_bytes;
    if (too_much) {
      result.output.resize(static_cast<size_t>(limits_.output_bytes));
      if (result.killed_by == Limit::kNone) result.killed_by = Limit::kOutput;
    }
    if (result.killed_by != Limit::kNone) {
      result.exit_code = kKilled;
      return;
    }
    result.exit_code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    if (program.bubblewrap) {
      take_status();
      const auto code = told("exit-code");
      watched_.started = code.has_value();
      if (code) result.exit_code = *code;
    }
    if (result.exit_code == 128 + SIGXFSZ) result.killed_by = Limit::kFileSize;
    if (result.exit_code == 128 + SIGXCPU) result.killed_by = Limit::kCpu;
  }

  const CommandLimits& limits_;
  const std::filesystem::path& disk_;
  const Cancel* cancel_;
  const int64_t free_at_start_;
  const Clock::time_point start_ = Clock::now();
  pid_t pid_ = -1;
  Descriptor process_, inside_;  // what we started; with bubblewrap, the first process of its namespace
  Descriptor output_, status_, block_, proc_;
  std::string told_;
  const std::optional<ProcessLimit> process_limit_;
  bool released_ = false;
  int ticks_ = 0;
  Watched watched_;
};

}  // namespace

Result<Watched> supervise(const Program& program, const CommandLimits& limits, const std::filesystem::path& disk,
                          const Cancel* cancel) {
  return Supervisor(limits, disk, cancel).run(program);
}

}  // namespace strata::agent
