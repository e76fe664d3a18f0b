// SPDX-License-Identifier: Apache-2.0
//
// Who a process is and what it may; namespaces and their limits.
#include <algorithm>

#include "model/signals.h"
#include "model/turn.h"

namespace ipcrig {
namespace {

// glibc changes all threads of a process, by a signal to each that interrupts its call, whatever
// comes of it.
void InterruptThreads(Turn& turn) {
  for (ProcessState& thread : turn.s.processes) {
    const bool other = thread.leader == turn.me.leader && &thread != &turn.me;
    if (other && thread.pending) thread.interrupted = kSigsetxid;
  }
}

using Threads = std::vector<ProcessState*>;

// The living threads of the caller's process.
Threads ThreadsOf(Turn& turn) {
  Threads threads;
  for (ProcessState& thread : turn.s.processes) {
    const bool lives = thread.life == ProcessState::Life::kAlive;
    if (lives && thread.leader == turn.me.leader) threads.push_back(&thread);
  }
  return threads;
}

void Change(ProcessState& thread, const Credentials& who) {
  const bool drops = thread.who.uid == 0 && who.uid != 0;
  const uint32_t capabilities = drops ? 0 : thread.who.capabilities;
  thread.who = who;
  thread.who.capabilities = capabilities;
}

void ChangeAll(Turn& turn, const Credentials& who) {
  for (ProcessState* thread : ThreadsOf(turn)) Change(*thread, who);
}

// Whether the caller may not become `who`, with a branch. Where some threads may and others may
// not, the process ends, once those that may have done it: the caller is the last to try.
bool MayNot(Turn& turn, uint32_t needed, const Credentials& who, std::string_view rule) {
  const auto may = [&](const ProcessState* thread) {
    return (thread->who.capabilities & needed) != 0;
  };
  const Threads threads = ThreadsOf(turn);
  const auto able = std::count_if(threads.begin(), threads.end(), may);
  if (able == static_cast<std::ptrdiff_t>(threads.size())) return false;
  if (able == 0) {
    turn.Fails(EPERM, rule);
    return true;
  }
  const Outcome aborted{Outcome::Kind::kKilled, abi::kSigabrt};
  const std::string_view only_some = "nptl(7): only some threads may do it";
  for (ProcessState* thread : threads) {
    if (may(thread)) Change(*thread, who);
  }
  turn.Ends(aborted, only_some);
  return true;
}

// Leaves the IPC namespace: semaphore adjustments are applied there.
void Enter(Turn& turn, int space) {
  LeaveUndoList(turn.s, turn.self(), turn.now);
  turn.me.space = space;
}

bool IsNextId(std::string_view name) { return name.ends_with("_next_id"); }

// proc(5): which values a limit takes.
bool InRange(std::string_view name, int64_t value) {
  if (name == "shmmax" || name == "shmall") return value >= 0;
  if (name.starts_with("sem") && !IsNextId(name)) {
    return value >= INT32_MIN && value <= INT32_MAX;
  }
  const bool table = name == "shmmni" || name == "msgmni";
  const int64_t most = name == "shm_rmid_forced" ? 1 : table ? abi::kIpcIndexes : INT32_MAX;
  return value >= 0 && value <= most;
}

// shm_rmid_forced becomes 1: segments that nobody maps and whose creator is gone are destroyed.
void DestroyOrphans(IpcNamespace& space) {
  std::erase_if(space.segments, [](const auto& entry) {
    return entry.second.creator < 0 && entry.second.nattch == 0;
  });
}

}  // namespace

int NewIpcNamespace(State& s) {
  // All namespaces begin with the same limits, and so did the run's own.
  IpcNamespace fresh;
  fresh.limits = s.initial_limits;
  s.spaces.push_back(fresh);
  return static_cast<int>(s.spaces.size()) - 1;
}

int NewPidNamespace(State& s) {
  s.pid_spaces.push_back(0);
  return static_cast<int>(s.pid_spaces.size()) - 1;
}

void Setuid::Model(Turn& turn) const {
  InterruptThreads(turn);
  Credentials who = turn.me.who;
  if (uid.value == UINT32_MAX) return turn.Fails(EINVAL, "setuid(2): not a user id");
  const std::string_view rule = "setuid(2): another user needs CAP_SETUID";
  const bool other = uid.value != who.uid;
  who.uid = uid.value;
  if (other && MayNot(turn, abi::kCapSetuid, who, rule)) return;
  ChangeAll(turn, who);
  turn.Returns(0, "setuid(2): the real, effective and saved user id");
}

void Setgid::Model(Turn& turn) const {
  InterruptThreads(turn);
  Credentials who = turn.me.who;
  if (gid.value == UINT32_MAX) return turn.Fails(EINVAL, "setgid(2): not a group id");
  const std::string_view rule = "setgid(2): another group needs CAP_SETGID";
  const bool other = gid.value != who.gid;
  who.gid = gid.value;
  if (other && MayNot(turn, abi::kCapSetgid, who, rule)) return;
  ChangeAll(turn, who);
  turn.Returns(0, "setgid(2): the real, effective and saved group id");
}

void Setgroups::Model(Turn& turn) const {
  InterruptThreads(turn);
  Credentials who = turn.me.who;
  who.groups.assign(groups.view().begin(), groups.view().end());
  if (MayNot(turn, abi::kCapSetgid, who, "setgroups(2): needs CAP_SETGID")) return;
  ChangeAll(turn, who);
  turn.Returns(0, "setgroups(2): the supplementary group ids");
}

void Capset::Model(Turn& turn) const {
  turn.me.who.capabilities &= capabilities.bits;
  turn.Returns(0, "capset(2): the effective and permitted capabilities");
}

void Setrlimit::Model(Turn& turn) const {
  // Above the hard limit, which no fact tells.
  const Outcome* seen = turn.seen();
  if (seen != nullptr && seen->kind == Outcome::Kind::kFailed && seen->value == EINVAL) {
    return turn.Fails(EINVAL, "setrlimit(2): rlim_cur is greater than rlim_max");
  }
  if (resource.Is("RLIMIT_MEMLOCK")) turn.group.memlock = limit.value;
  if (resource.Is("RLIMIT_AS")) turn.group.memory_limited = true;
  turn.Returns(0, "setrlimit(2): the soft limit");
}

void Unshare::Model(Turn& turn) const {
  State& s = turn.s;
  const bool new_ipc = flags.Has(abi::kCloneNewipc);
  const bool new_pid = flags.Has(abi::kCloneNewpid);
  if ((new_ipc || new_pid) && !turn.Has(abi::kCapSysAdmin)) {
    return turn.Fails(EPERM, "unshare(2): a new namespace needs CAP_SYS_ADMIN");
  }
  if (new_pid && turn.me.children_pid_space != turn.me.pid_space) {
    return turn.Fails(EINVAL, "unshare(2): the children have another PID namespace already");
  }
  if (new_pid) turn.me.children_pid_space = NewPidNamespace(s);
  if (new_ipc || flags.Has(abi::kCloneSysvsem)) LeaveUndoList(s, turn.self(), turn.now);
  if (new_ipc) {
    OrphanSegments(s, turn.self());
    turn.me.space = NewIpcNamespace(s);
  }
  turn.Returns(0, "unshare(2): semaphore adjustments are applied, as if the process had ended");
}

void Setns::Model(Turn& turn) const {
  const ProcessState& there = turn.s.process(target.index);
  if (turn.me.who.capabilities != CapabilitiesOf(turn.s.facts)) {
    turn.MayFail(EACCES, "ptrace(2): the namespace of a process that may do more cannot be opened");
  }
  if (there.life != ProcessState::Life::kAlive) {
    turn.MayFail(ESRCH, "setns(2): no such process");
    return turn.Fails(ENOENT, "setns(2): no such process");
  }
  if (!turn.Has(abi::kCapSysAdmin)) {
    return turn.Fails(EPERM, "setns(2): needs CAP_SYS_ADMIN");
  }
  Enter(turn, there.space);
  turn.Returns(0, "setns(2): semaphore adjustments are applied, as if the process had ended");
}

void Sysctl::Model(Turn& turn) const {
  const std::string_view word = name.word();
  const bool may_restore = turn.Has(abi::kCapSysAdmin) || turn.Has(abi::kCapRestore);
  const bool may = IsNextId(word) ? may_restore : turn.me.who.uid == 0;
  if (!may) return turn.Fails(EACCES, "proc(5): the limit is not writable for this user");
  const int64_t number = value.slot < 0 ? value.number : turn.ValueOf(value.slot) + value.number;
  if (!InRange(word, number)) return turn.Fails(EINVAL, "proc(5): out of the range of this limit");
  if (word == "semmni" && (number < 0 || number > abi::kIpcIndexes)) {
    return turn.Fails(ERANGE, "proc(5): SEMMNI is at most the size of the table");
  }
  *turn.space().limits.Find(word) = number;
  if (turn.space().limits.shm_rmid_forced != 0 && word == "shm_rmid_forced") {
    DestroyOrphans(turn.space());
  }
  turn.Returns(0, "proc(5): /proc/sys/kernel");
}

void ReadSysctl::Model(Turn& turn) const {
  turn.Returns(*turn.space().limits.Find(name.word()), "proc(5): /proc/sys/kernel");
}

}  // namespace ipcrig
