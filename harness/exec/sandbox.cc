// SPDX-License-Identifier: Apache-2.0
#include "exec/sandbox.h"

#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>

#include <fmt/format.h>

#include "base/unique_fd.h"

namespace ipcrig {
namespace {

constexpr unsigned long kPrivate = CLONE_NEWIPC | CLONE_NEWPID | CLONE_NEWNS;

bool WriteFile(const char* path, const std::string& text) {
  const UniqueFd fd(open(path, O_WRONLY | O_CLOEXEC));
  return fd.ok() && write(fd.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
}

}  // namespace

pid_t ForkWith(unsigned long flags) {
  return static_cast<pid_t>(
      syscall(SYS_clone, flags | SIGCHLD, nullptr, nullptr, nullptr, nullptr));
}

Result<bool> MapIdentity(uid_t inner_uid, gid_t inner_gid, uid_t outer_uid, gid_t outer_gid) {
  WriteFile("/proc/self/setgroups", "deny");  // absent before Linux 3.19, and not needed there
  if (!WriteFile("/proc/self/uid_map", fmt::format("{} {} 1", inner_uid, outer_uid)) ||
      !WriteFile("/proc/self/gid_map", fmt::format("{} {} 1", inner_gid, outer_gid))) {
    return Error{"mapping the user in a new user namespace", errno};
  }
  return true;
}

Result<SandboxChild> ForkIntoSandbox(const SandboxOptions& options) {
  if (options.shared_namespace) {
    const pid_t pid = ForkWith(0);
    if (pid < 0) return Error{"fork", errno};
    return SandboxChild{pid, Isolation::kShared};
  }
  pid_t pid = ForkWith(kPrivate);
  if (pid >= 0) return SandboxChild{pid, Isolation::kPrivate};
  if (errno != EPERM) return Error{"new IPC, PID and mount namespaces", errno};
  pid = ForkWith(kPrivate | CLONE_NEWUSER);
  if (pid >= 0) return SandboxChild{pid, Isolation::kPrivateInUserNamespace};
  return Error{"new IPC namespace in a new user namespace", errno};
}

Result<bool> SetUpSandbox(Isolation isolation, uid_t outer_uid, gid_t outer_gid, int lifeline) {
  (void)signal(SIGPIPE, SIG_IGN);
  for (const int handled : {SIGINT, SIGTERM, SIGHUP}) (void)signal(handled, SIG_DFL);
  if (isolation == Isolation::kPrivateInUserNamespace) {
    if (auto mapped = MapIdentity(0, 0, outer_uid, outer_gid); !mapped.ok()) return mapped;
  }
  // Runs do not depend on the groups of whoever started them.
  if (isolation == Isolation::kPrivate) (void)setgroups(0, nullptr);
  prctl(PR_SET_PDEATHSIG, isolation == Isolation::kShared ? SIGTERM : SIGKILL);
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  prctl(PR_SET_NAME, "ipcrig-engine");
  setpgid(0, 0);  // a terminal's Ctrl-C is for the parent; the engine follows it
  pollfd parent = {lifeline, 0, 0};
  if (poll(&parent, 1, 0) > 0 && (parent.revents & POLLERR) != 0) {
    return Error{"the parent is gone"};
  }
  if (isolation != Isolation::kShared) {
    // Without a /proc of its own the sandbox works with the outer one: Worker::Announce.
    (void)mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr);
    (void)mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr);
  }
  return true;
}

bool SetPriority(pid_t pid, int priority) {
  const sched_param param{priority};
  return sched_setscheduler(pid, priority == 0 ? SCHED_OTHER : SCHED_FIFO, &param) == 0;
}

bool EnterRealtime() { return SetPriority(0, kEnginePriority); }

std::vector<int> PermittedProcessors(int index) {
  cpu_set_t allowed;
  std::vector<int> processors;
  CPU_ZERO(&allowed);
  (void)sched_getaffinity(0, sizeof(allowed), &allowed);
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (CPU_ISSET(cpu, &allowed)) processors.push_back(cpu);
  }
  if (processors.empty()) processors.push_back(0);
  const auto first = static_cast<ptrdiff_t>(static_cast<size_t>(index) % processors.size());
  std::rotate(processors.begin(), processors.begin() + first, processors.end());
  return processors;
}

void PinTo(pid_t pid, int processor) {
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(processor, &one);
  (void)sched_setaffinity(pid, sizeof(one), &one);
}

}  // namespace ipcrig
