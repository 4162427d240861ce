// SPDX-License-Identifier: Apache-2.0
#include "agent/sandbox/seccomp_filter.h"

#include <linux/sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>

namespace strata::agent {
namespace {

struct Release {
  void operator()(void* filter) const { seccomp_release(filter); }
};

constexpr const char* kForbidden[] = {
    // File systems and roots.
    "mount", "umount", "umount2", "pivot_root", "chroot", "fsopen", "fsconfig", "fsmount", "fspick", "move_mount",
    "open_tree", "mount_setattr", "open_by_handle_at", "name_to_handle_at", "quotactl", "quotactl_fd", "swapon",
    "swapoff",
    // Namespaces.
    "unshare", "setns",
    // The kernel itself.
    "bpf", "perf_event_open", "init_module", "finit_module", "delete_module", "kexec_load", "kexec_file_load", "reboot",
    "syslog", "acct", "iopl", "ioperm", "lookup_dcookie", "nfsservctl", "vm86", "vm86old", "modify_ldt",
    // Keys, clocks and names.
    "add_key", "request_key", "keyctl", "settimeofday", "clock_settime", "clock_adjtime", "adjtimex", "stime",
    "sethostname", "setdomainname",
    // Other processes' memory by fault handling and by number.
    "userfaultfd", "move_pages", "migrate_pages"};

// Programs fall back to older calls when told that these do not exist.
constexpr const char* kUnknown[] = {"io_uring_setup", "io_uring_enter", "io_uring_register"};

constexpr int kNamespaceFlags[] = {CLONE_NEWUSER, CLONE_NEWNS,  CLONE_NEWPID,   CLONE_NEWNET,
                                   CLONE_NEWIPC,  CLONE_NEWUTS, CLONE_NEWCGROUP};

int fill(scmp_filter_ctx filter) {
  const auto add = [&](const char* name, int error) {
    const int call = seccomp_syscall_resolve_name(name);
    // A call that this machine's kernel headers do not know cannot be made either.
    return call == __NR_SCMP_ERROR ? 0 : seccomp_rule_add(filter, SCMP_ACT_ERRNO(error), call, 0);
  };
  int code = 0;
  for (const char* name : kForbidden) code = code ? code : add(name, EPERM);
  for (const char* name : kUnknown) code = code ? code : add(name, ENOSYS);
  // clone3 has its flags in memory, where a filter cannot look; glibc then uses clone.
  code = code ? code : add("clone3", ENOSYS);
  for (const int flag : kNamespaceFlags) {
    const auto mask = static_cast<scmp_datum_t>(flag);
    if (!code) {
      code =
          seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(clone), 1, SCMP_A0(SCMP_CMP_MASKED_EQ, mask, mask));
    }
  }
  // Typing into the terminal the user is at.
  for (const unsigned long request : {static_cast<unsigned long>(TIOCSTI), static_cast<unsigned long>(TIOCLINUX)}) {
    if (!code) {
      code = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(ioctl), 1,
                              SCMP_A1(SCMP_CMP_MASKED_EQ, 0xffffffffu, request));
    }
  }
  // AF_UNIX, AF_INET, AF_INET6 and AF_NETLINK (which asks about interfaces) are allowed. A filter cannot say "none of
  // these", so the others are named by their ranges.
  const auto forbid_family = [&](scmp_compare how, int family) {
    return seccomp_rule_add(filter, SCMP_ACT_ERRNO(EAFNOSUPPORT), SCMP_SYS(socket), 1,
                            SCMP_A0(how, static_cast<scmp_datum_t>(family)));
  };
  for (int family = AF_INET + 1; family < AF_INET6; ++family) code = code ? code : forbid_family(SCMP_CMP_EQ, family);
  for (int family = AF_INET6 + 1; family < AF_NETLINK; ++family)
    code = code ? code : forbid_family(SCMP_CMP_EQ, family);
  return code ? code : forbid_family(SCMP_CMP_GT, AF_NETLINK);
}

}  // namespace

Result<int> make_seccomp_filter() {
  const std::unique_ptr<void, Release> filter(seccomp_init(SCMP_ACT_ALLOW));
  if (!filter) return fail(ErrorKind::kUnsupported, "libseccomp does not know this processor");
#if defined(__x86_64__)
  seccomp_arch_add(filter.get(), SCMP_ARCH_X86);  // 32-bit programs are filtered too
#endif
  if (const int code = fill(filter.get()); code != 0) {
    return fail(ErrorKind::kUnsupported, std::string("the seccomp filter cannot be made: ") + std::strerror(-code));
  }
  const int file = memfd_create("strata-seccomp", MFD_CLOEXEC);
  if (file < 0 || seccomp_export_bpf(filter.get(), file) != 0 || lseek(file, 0, SEEK_SET) != 0) {
    const int code = errno;
    if (file >= 0) close(file);
    return fail(ErrorKind::kIo, std::string("the seccomp filter cannot be written: ") + std::strerror(code));
  }
  return file;
}

}  // namespace strata::agent
