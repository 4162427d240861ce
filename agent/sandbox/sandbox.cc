// SPDX-License-Identifier: Apache-2.0
#include "agent/sandbox/sandbox.h"

#include <unistd.h>

#include <cstdlib>
#include <format>
#include <fstream>

#include "agent/sandbox/seccomp_filter.h"
#include "agent/sandbox/supervise.h"

namespace strata::agent {
namespace {

namespace fs = std::filesystem;

// Below the home folder: keys, tokens, mail, browsers; and sockets that lead to who has them.
constexpr const char* kSecretPlaces[] = {".ssh",
                                         ".gnupg",
                                         ".aws",
                                         ".azure",
                                         ".kube",
                                         ".docker",
                                         ".netrc",
                                         ".git-credentials",
                                         ".npmrc",
                                         ".pypirc",
                                         ".pgpass",
                                         ".password-store",
                                         ".vault-token",
                                         ".mozilla",
                                         ".thunderbird",
                                         ".config/gcloud",
                                         ".config/gh",
                                         ".config/hub",
                                         ".config/glab-cli",
                                         ".config/git/credentials",
                                         ".config/strata",
                                         ".config/chromium",
                                         ".config/google-chrome",
                                         ".cargo/credentials",
                                         ".cargo/credentials.toml",
                                         ".local/share/keyrings",
                                         ".local/share/kwalletd",
                                         ".local/share/strata",
                                         ".m2/settings.xml",
                                         ".gem/credentials",
                                         ".bash_history",
                                         ".zsh_history",
                                         ".python_history"};

// Toolchains that look for themselves below HOME.
constexpr std::pair<const char*, const char*> kToolchains[] = {
    {"RUSTUP_HOME", ".rustup"}, {"CARGO_HOME", ".cargo"}, {"GOMODCACHE", "go/pkg/mod"}, {"PYTHONUSERBASE", ".local"}};

constexpr const char* kHomeInside = "/tmp/home";
constexpr const char* kTemporaryBytes = "1073741824";  // of a /tmp in memory

std::string variable(const char* name, const char* otherwise = "") {
  const char* value = std::getenv(name);
  return value && *value ? value : otherwise;
}

fs::path find_program(const std::string& name) {
  const std::string path = variable("PATH", "/usr/bin:/bin");
  for (size_t first = 0; first <= path.size();) {
    const size_t colon = std::min(path.find(':', first), path.size());
    const fs::path candidate = fs::path(path.substr(first, colon - first)) / name;
    if (candidate.is_absolute() && access(candidate.c_str(), X_OK) == 0) return candidate;
    first = colon + 1;
  }
  return {};
}

// Nothing of the user's own environment but where programs and toolchains are.
std::vector<std::string> environment(const SandboxOptions& options, const fs::path& home, bool confined) {
  std::vector<std::string> all = {"PATH=" + variable("PATH", "/usr/local/bin:/usr/bin:/bin"),
                                  "LANG=" + variable("LANG", "C.UTF-8"),
                                  "TERM=dumb",
                                  "USER=user",
                                  "LOGNAME=user",
                                  "TMPDIR=/tmp",
                                  std::string("HOME=") + (confined ? kHomeInside : home.string())};
  for (const auto& [name, folder] : kToolchains) {
    std::error_code error;
    if (confined && fs::is_directory(home / folder, error))
      all.push_back(std::format("{}={}", name, (home / folder).string()));
  }
  for (const auto& [name, value] : options.environment) all.push_back(name + "=" + value);
  return all;
}

void hide(std::vector<std::string>& arguments, const fs::path& place) {
  std::error_code error;
  const fs::path real = fs::canonical(place, error);
  if (error) return;
  if (fs::is_directory(real, error)) {
    arguments.insert(arguments.end(), {"--tmpfs", real.string()});
  } else {
    arguments.insert(arguments.end(), {"--ro-bind", "/dev/null", real.string()});
  }
}

void add(std::vector<std::string>& arguments, std::initializer_list<std::string> more) {
  arguments.insert(arguments.end(), more);
}

// Later mounts lie over earlier ones.
std::vector<std::string> bubblewrap_arguments(const fs::path& bubblewrap, const fs::path& root, const fs::path& home,
                                              const SandboxOptions& options, int filter) {
  std::vector<std::string> a = {
      bubblewrap.string(),    "--unshare-user",    "--unshare-ipc", "--unshare-pid", "--unshare-uts",
      "--unshare-cgroup-try", "--die-with-parent", "--new-session", "--cap-drop",    "ALL"};
  if (!options.network) add(a, {"--unshare-net"});
  add(a, {"--ro-bind", "/", "/", "--dev", "/dev", "--tmpfs", "/dev/shm", "--proc", "/proc", "--tmpfs", "/run"});
  // The kernel lets the user with number 0 write these, whatever capabilities are gone: root's sandbox would end here.
  for (const char* settings : {"/proc/sys", "/proc/irq", "/proc/bus", "/proc/sysrq-trigger"}) {
    add(a, {"--ro-bind-try", settings, settings});
  }
  std::error_code error;
  if (fs::exists("/run/current-system", error)) {  // NixOS: all its programs
    add(a, {"--ro-bind", "/run/current-system", "/run/current-system"});
  }
  if (const fs::path names = fs::canonical("/etc/resolv.conf", error);
      !error && options.network && names.string().starts_with("/run/")) {
    add(a, {"--ro-bind", names.string(), names.string()});
  }
  for (const char* place : kSecretPlaces) hide(a, home / place);
  if (const std::string data = variable("XDG_DATA_HOME"); !data.empty()) hide(a, fs::path(data) / "strata");
  if (const std::string config = variable("XDG_CONFIG_HOME"); !config.empty()) hide(a, fs::path(config) / "strata");
  if (options.temporary.empty()) {
    add(a, {"--size", kTemporaryBytes, "--tmpfs", "/tmp"});
  } else {
    add(a, {"--bind", options.temporary.string(), "/tmp"});
  }
  // The copy's git borrows the objects of the user's repository, which may lie where something else does by now.
  std::ifstream alternates(root / ".git/objects/info/alternates");
  for (std::string objects; std::getline(alternates, objects);) add(a, {"--ro-bind-try", objects, objects});
  add(a, {"--dir", kHomeInside, "--bind", root.string(), root.string()});
  const fs::path git = root / ".git";
  // A link there would bind what it points to.
  if (fs::is_directory(fs::symlink_status(git, error)) || fs::is_regular_file(fs::symlink_status(git, error))) {
    add(a, {"--ro-bind", git.string(), git.string()});
  }
  add(a, {"--seccomp", std::to_string(filter), "--json-status-fd", std::to_string(kStatusDescriptor), "--block-fd",
          std::to_string(kBlockDescriptor)});
  return a;
}

// The folder a command starts in, if it lies in the copy.
Result<fs::path> start_folder(const fs::path& root, const fs::path& folder) {
  std::error_code error;
  const fs::path real = fs::canonical(root / folder, error);
  const std::string inside = real.lexically_relative(root).string();
  if (error || inside == ".." || inside.starts_with("../") || !fs::is_directory(real, error)) {
    return fail(ErrorKind::kInvalid, std::format("{}: no folder of the copy", folder.string()));
  }
  return real;
}

}  // namespace

std::string_view name_of(Limit limit) {
  switch (limit) {
    case Limit::kNone: return "";
    case Limit::kTime: return "time";
    case Limit::kCpu: return "CPU time";
    case Limit::kMemory: return "memory";
    case Limit::kProcesses: return "number of processes";
    case Limit::kFileSize: return "size of a file";
    case Limit::kDisk: return "disk space";
    case Limit::kOutput: return "amount of output";
    case Limit::kCancelled: return "cancellation";
  }
  return "";
}

Result<Sandbox> Sandbox::open(const fs::path& copy_root, SandboxOptions options) {
  std::error_code error;
  Sandbox sandbox;
  sandbox.root_ = fs::canonical(copy_root, error);
  if (error || !fs::is_directory(sandbox.root_, error)) {
    return fail(ErrorKind::kNotFound, copy_root.string() + ": no folder to run commands in");
  }
  if (!options.temporary.empty()) options.temporary = fs::canonical(options.temporary, error);
  if (error) return fail(ErrorKind::kNotFound, "no folder for the temporary files of commands");
  sandbox.options_ = std::move(options);
  sandbox.bubblewrap_ = find_program("bwrap");
  if (sandbox.bubblewrap_.empty()) {
    sandbox.why_not_ = "bubblewrap is not installed (package bubblewrap), so commands cannot be confined";
    return sandbox;
  }
  CommandLimits limits;
  limits.seconds = 20;
  if (const auto tried = sandbox.run("true", limits); !tried) {
    sandbox.why_not_ = tried.error().message;
  } else if (tried->exit_code != 0) {
    sandbox.why_not_ = std::format("a confined command fails here (exit code {}): {}", tried->exit_code, tried->output);
  }
  return sandbox;
}

Result<CommandResult> Sandbox::run(const std::string& command, const CommandLimits& limits, const Cancel* cancel,
                                   const fs::path& folder) const {
  if (!confined()) return fail(ErrorKind::kUnsupported, why_not_);
  if (command.find('\0') != std::string::npos) return fail(ErrorKind::kInvalid, "a command cannot hold a zero byte");
  const auto start = start_folder(root_, folder);
  if (!start) return std::unexpected(start.error());
  const auto filter = make_seccomp_filter();
  if (!filter) return std::unexpected(filter.error());
  const fs::path home = variable("HOME", "/root");
  Program program;
  program.bubblewrap = true;
  program.folder = "/";
  program.descriptors = {{*filter, kFirstFreeDescriptor}};
  program.arguments = bubblewrap_arguments(bubblewrap_, root_, home, options_, kFirstFreeDescriptor);
  add(program.arguments, {"--chdir", start->string(), "--", "/bin/sh", "-c", "--", command});
  program.environment = environment(options_, home, true);
  auto watched = supervise(program, limits, root_, cancel);
  close(*filter);
  if (!watched) return std::unexpected(watched.error());
  if (!watched->started) {
    return fail(ErrorKind::kIo, std::format("bubblewrap cannot start here, so commands cannot be confined (are user "
                                            "namespaces switched off?): {}",
                                            watched->result.output));
  }
  return std::move(watched->result);
}

Result<CommandResult> Sandbox::run_unconfined(const std::string& command, const CommandLimits& limits,
                                              const Cancel* cancel, const fs::path& folder) const {
  if (command.find('\0') != std::string::npos) return fail(ErrorKind::kInvalid, "a command cannot hold a zero byte");
  const auto start = start_folder(root_, folder);
  if (!start) return std::unexpected(start.error());
  Program program;
  program.folder = *start;
  program.arguments = {"/bin/sh", "-c", "--", command};
  program.environment = environment(options_, variable("HOME", "/"), false);
  auto watched = supervise(program, limits, root_, cancel);
  if (!watched) return std::unexpected(watched.error());
  watched->result.confined = false;
  return std::move(watched->result);
}

}  // namespace strata::agent
