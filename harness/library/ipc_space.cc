// SPDX-License-Identifier: Apache-2.0
#include "library/ipc_space.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include <fmt/format.h>

namespace ipcrig {
inline namespace v0 {
namespace {

constexpr const char* kOwnIpc = "/proc/thread-self/ns/ipc";

// The process is in a user namespace that Enter() made. What it may do there it does for the
// moment of a change of namespace only: the test has the privileges that it came with.
bool in_user_namespace = false;

struct CapabilityWords {
  __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct words[2] = {};
};

void SetCapabilities(uint32_t permitted, uint32_t effective) {
  CapabilityWords set;
  set.words[0].permitted = permitted;
  set.words[0].effective = effective;
  syscall(SYS_capset, &set.header, set.words);
}

constexpr uint32_t kAdmin = 1U << CAP_SYS_ADMIN;

bool WriteMap(const char* path, const std::string& text) {
  const UniqueFd fd(open(path, O_WRONLY | O_CLOEXEC));
  return fd.ok() && write(fd.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
}

int Threads() {
  std::error_code error;
  int threads = 0;
  for (auto it = std::filesystem::directory_iterator("/proc/self/task", error);
       !error && it != std::filesystem::directory_iterator(); it.increment(error)) {
    ++threads;
  }
  return threads;
}

std::string Refusal(const char* what, int errno_value) {
  return fmt::format("{}: {}", what, strerror(errno_value));
}

// Into a user namespace, as the user that the process is.
std::string EnterUserNamespace() {
  const uid_t uid = geteuid();
  const gid_t gid = getegid();
  if (const int threads = Threads(); threads > 1) {
    return fmt::format(
        "without CAP_SYS_ADMIN an IPC namespace needs a user namespace, which only a process with "
        "one thread can enter, and this one has {} (unshare(2), EINVAL)",
        threads);
  }
  const int dumpable = prctl(PR_GET_DUMPABLE);
  if (unshare(CLONE_NEWUSER | CLONE_NEWIPC) != 0) {
    return Refusal("a new IPC namespace in a new user namespace is refused", errno);
  }
  in_user_namespace = true;
  // Gaining capabilities has hidden /proc/PID of the process, and of its children, from itself.
  prctl(PR_SET_DUMPABLE, dumpable);
  WriteMap("/proc/self/setgroups", "deny");
  const bool mapped = WriteMap("/proc/self/uid_map", fmt::format("{} {} 1", uid, uid)) &&
                      WriteMap("/proc/self/gid_map", fmt::format("{} {} 1", gid, gid));
  return mapped ? "" : Refusal("mapping the user in a new user namespace", errno);
}

}  // namespace

AdminForNow::AdminForNow() {
  if (in_user_namespace) SetCapabilities(kAdmin, kAdmin);
}

AdminForNow::~AdminForNow() {
  const int before = errno;
  if (in_user_namespace) SetCapabilities(kAdmin, 0);
  errno = before;
}

std::string IpcSpace::Enter() {
  UniqueFd outer(open(kOwnIpc, O_RDONLY | O_CLOEXEC));
  if (!outer.ok()) return Refusal(kOwnIpc, errno);
  const AdminForNow admin;
  bool entered = unshare(CLONE_NEWIPC) == 0;
  if (!entered && errno == EPERM && !in_user_namespace) {
    if (std::string why = EnterUserNamespace(); !why.empty()) return why;
    outer.Reset(open(kOwnIpc, O_RDONLY | O_CLOEXEC));
    entered = unshare(CLONE_NEWIPC) == 0;
  }
  if (!entered) return Refusal("a new IPC namespace is refused", errno);
  outer_ = std::move(outer);
  return "";
}

std::string IpcSpace::Leave() {
  const AdminForNow admin;
  const bool left = setns(outer_.get(), CLONE_NEWIPC) == 0;
  outer_.Reset();
  return left ? "" : Refusal("the way back to the outer IPC namespace is refused", errno);
}

}  // namespace v0
}  // namespace ipcrig
