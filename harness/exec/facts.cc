// SPDX-License-Identifier: Apache-2.0
#include "exec/facts.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <sys/msg.h>
#include <sys/resource.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <string>
#include <string_view>

#include "base/unique_fd.h"
#include "exec/clamp.h"
#include "exec/semun.h"

namespace ipcrig {
namespace {

bool HasCapability(int capability) {
  __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2] = {};
  if (syscall(SYS_capget, &header, data) != 0) return false;
  return (data[capability / 32].effective >> (capability % 32) & 1) != 0;
}

std::string ReadSmall(const char* path) {
  char buffer[4096];
  const UniqueFd fd(open(path, O_RDONLY | O_CLOEXEC));
  const ssize_t length = fd.ok() ? read(fd.get(), buffer, sizeof(buffer)) : -1;
  return {buffer, length < 0 ? 0 : static_cast<size_t>(length)};
}

// The number behind a word of the text, 0 where it is not there.
int64_t NumberAfter(std::string_view text, std::string_view word) {
  int64_t number = 0;
  const size_t found = text.find(word);
  if (found == std::string_view::npos) return 0;
  text.remove_prefix(found + word.size());
  text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

void CollectLimits(Facts& facts) {
  shminfo shm = {};
  if (shmctl(0, IPC_INFO, reinterpret_cast<shmid_ds*>(&shm)) >= 0) {
    facts.shmmax = Clamp(shm.shmmax);
    facts.shmmni = Clamp(shm.shmmni);
    facts.shmall = Clamp(shm.shmall);
  }
  msginfo msg = {};
  if (msgctl(0, IPC_INFO, reinterpret_cast<msqid_ds*>(&msg)) >= 0) {
    facts.msgmax = msg.msgmax;
    facts.msgmnb = msg.msgmnb;
    facts.msgmni = msg.msgmni;
  }
  seminfo sem = {};
  semun arg = {};
  arg.buf = &sem;
  if (semctl(0, 0, IPC_INFO, arg) >= 0) {
    facts.semmsl = sem.semmsl;
    facts.semmns = sem.semmns;
    facts.semopm = sem.semopm;
    facts.semmni = sem.semmni;
  }
}

void CollectMemory(Facts& facts) {
  constexpr int64_t kKilobyte = 1024;
  const std::string text = ReadSmall("/proc/meminfo");
  facts.page_size = sysconf(_SC_PAGESIZE);
  facts.huge_pages = NumberAfter(text, "\nHugePages_Free:");
  facts.huge_page_size = NumberAfter(text, "\nHugepagesize:") * kKilobyte;
  facts.swap = NumberAfter(text, "\nSwapTotal:") * kKilobyte;
  rlimit memlock = {};
  getrlimit(RLIMIT_MEMLOCK, &memlock);
  facts.memlock = Clamp(memlock.rlim_cur);
}

void CollectSysctl(Facts& facts) {
  constexpr const char* kLimit = "/proc/sys/kernel/shmmax";
  if (facts.private_namespace != 0) {
    facts.sysctl = UniqueFd(open(kLimit, O_WRONLY | O_CLOEXEC)).ok() ? 1 : 0;
  }
  facts.checkpoint_restore = access("/proc/sys/kernel/shm_next_id", F_OK) == 0 ? 1 : 0;
  facts.shm_rmid_forced = NumberAfter(ReadSmall("/proc/sys/kernel/shm_rmid_forced"), "");
}

}  // namespace

Facts CollectFacts(Isolation isolation) {
  Facts facts;
  const bool in_user_namespace = isolation == Isolation::kPrivateInUserNamespace;
  const bool privileged = isolation == Isolation::kPrivate;
  facts.private_namespace = isolation == Isolation::kShared ? 0 : 1;
  facts.user_namespace = in_user_namespace ? 1 : 0;
  facts.uid = geteuid();
  facts.gid = getegid();
  facts.cap_ipc_owner = HasCapability(CAP_IPC_OWNER) ? 1 : 0;
  facts.cap_ipc_lock = HasCapability(CAP_IPC_LOCK) ? 1 : 0;
  facts.cap_sys_admin = HasCapability(CAP_SYS_ADMIN) ? 1 : 0;
  facts.cap_sys_resource = HasCapability(CAP_SYS_RESOURCE) && !in_user_namespace ? 1 : 0;
  facts.cap_setuid = privileged && HasCapability(CAP_SETUID) && HasCapability(CAP_SETGID) ? 1 : 0;
  CollectLimits(facts);
  CollectMemory(facts);
  CollectSysctl(facts);
  return facts;
}

}  // namespace ipcrig
