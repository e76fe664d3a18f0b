// SPDX-License-Identifier: Apache-2.0
//
// Who a process is, what it may, and in which namespaces it lives.
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <charconv>
#include <cstring>

#include "exec/worker.h"

namespace ipcrig {
namespace {

// A process that changes its user hides its files in /proc, where the engine watches it.
void StayVisible() { prctl(PR_SET_DUMPABLE, 1); }

}  // namespace

// setuid(2) and setgid(2) set the effective id alone for a caller without privilege; then there is
// no other id that they could set. libc does it for all threads.
void Setuid::Call(Worker& worker) const {
  worker.Answer(setuid(static_cast<uid_t>(uid.value)));
  StayVisible();
}

void Setgid::Call(Worker& worker) const {
  worker.Answer(setgid(static_cast<gid_t>(gid.value)));
  StayVisible();
}

void Setgroups::Call(Worker& worker) const {
  worker.Answer(setgroups(groups.count, groups.ids.data()));
  StayVisible();
}

void Capset::Call(Worker& worker) const {
  __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2] = {};
  if (syscall(SYS_capget, &header, data) != 0) return worker.Answer(-1);
  data[0].permitted &= capabilities.bits;
  data[0].effective = data[0].permitted;
  data[1].permitted = data[1].effective = 0;
  worker.Answer(syscall(SYS_capset, &header, data));
}

void Setrlimit::Call(Worker& worker) const {
  const auto number = resource.Is("RLIMIT_AS") ? RLIMIT_AS : RLIMIT_MEMLOCK;
  rlimit both = {};
  if (getrlimit(number, &both) != 0) return worker.Answer(-1);
  both.rlim_cur = static_cast<rlim_t>(limit.value);
  worker.Answer(setrlimit(number, &both));
}

void Unshare::Call(Worker& worker) const {
  const int64_t value = unshare(static_cast<int>(flags.bits));
  worker.Answer(value);
  if (value == 0 && flags.Has(abi::kCloneNewpid)) worker.lane().children_nested = 1;
}

void Setns::Call(Worker& worker) const {
  char path[64] = "/proc/";
  char* const digits = path + strlen(path);
  const int name = worker.board().lanes[target.index].proc_pid;
  strcpy(std::to_chars(digits, path + sizeof(path) - sizeof("/ns/ipc"), name).ptr, "/ns/ipc");
  const int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return worker.Answer(-1);
  worker.Answer(setns(fd, CLONE_NEWIPC));
  close(fd);
}

}  // namespace ipcrig
