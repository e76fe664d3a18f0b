// SPDX-License-Identifier: Apache-2.0
//
// Processes: fork(2), clone(2), execve(2), _exit(2), kill(2), waitpid(2), threads and signal
// actions, as far as IPC depends on them.
#include "model/mappings.h"
#include "model/signals.h"
#include "model/turn.h"

namespace ipcrig {
namespace {

using Life = ProcessState::Life;

int StatusOf(const Outcome& end) {
  const auto value = static_cast<int>(end.value);
  return end.kind == Outcome::Kind::kKilled ? value : value << 8;
}

// The number of a new process or thread: what was seen, if nobody alive has it.
int ChoosePid(Turn& turn, int child) {
  return static_cast<int>(turn.Choose(1000 + child, [&](int64_t seen) {
    bool fresh = seen > 0 && seen <= INT32_MAX;
    for (const ProcessState& process : turn.s.processes) {
      fresh = fresh && (process.life == Life::kUnborn || process.life == Life::kReaped ||
                        process.pid != seen);
    }
    return fresh;
  }));
}

// Whether a limit on processes or their memory was met, with its branch. That is no statement about
// IPC; the lines of the child will say that it is not there.
bool MetALimit(Turn& turn) {
  const Outcome* seen = turn.seen();
  if (seen == nullptr || seen->kind != Outcome::Kind::kFailed) return false;
  if (seen->value != EAGAIN && seen->value != ENOMEM) return false;
  turn.Fails(static_cast<int>(seen->value), "fork(2): a limit on processes or their memory");
  return true;
}

// Where the call cannot or did not make a process: a branch.
bool CannotFork(Turn& turn, int child) {
  if (turn.s.process(child).life != Life::kUnborn) {
    turn.Fails(EINVAL, "this child has been forked before");
    return true;
  }
  if (turn.me.pid_space != 0) {
    turn.Fails(EINVAL, "ipcrig forks no process in a nested PID namespace");
    return true;
  }
  const int there = turn.me.children_pid_space;
  if (there != 0 && turn.s.pid_spaces[static_cast<size_t>(there)] > 0) {
    turn.Fails(EINVAL, "ipcrig forks one process into a nested PID namespace");
    return true;
  }
  return MetALimit(turn);
}

// The memory of the child: the same mappings, each one more attach.
void CopyMappings(Turn& turn, ProcessState& born) {
  std::erase_if(born.attaches, [](const Attach& attach) { return attach.dontfork; });
  for (Attach& attach : born.attaches) {
    attach.locked = false;  // mlock(2): locks are not inherited
    Segment& segment = SegmentOf(turn.s, attach);
    ++segment.nattch;
    segment.atime = turn.now;
    segment.lpid = turn.Myself();
  }
}

// The namespaces of a child are made after its memory: where they are refused, there was one attach
// more of each for a moment.
void RefuseNamespaces(Turn& turn, int error, std::string_view rule) {
  for (const Attach& attach : turn.group.attaches) {
    if (attach.dontfork) continue;
    Segment& segment = SegmentOf(turn.s, attach);
    segment.atime = segment.dtime = turn.now;
    segment.lpid = turn.Myself();
  }
  turn.Fails(error, rule);
}

// A copy of the caller's process, of one thread.
ProcessState& Born(Turn& turn, int child, int pid, int pid_space) {
  ProcessState copy = turn.group;
  const ProcessState& me = turn.me;
  copy.life = Life::kAlive;
  copy.pid = pid;
  copy.leader = child;
  copy.parent = me.leader;
  copy.fate.reset();
  copy.pending.reset();
  copy.progress = 0;
  copy.in_use = {};  // the leader may sleep where the caller does not
  copy.blocked_at = {};
  copy.stopped = false;
  copy.restarted = false;
  copy.interrupted = 0;
  copy.undo = -1;
  copy.space = me.space;
  copy.who = me.who;
  copy.pid_space = pid_space;
  copy.children_pid_space = pid_space;
  copy.inner_pid = pid_space == 0 ? 0 : ++turn.s.pid_spaces[static_cast<size_t>(pid_space)];
  ProcessState& born = turn.s.process(child);
  born = std::move(copy);
  CopyMappings(turn, born);
  return born;
}

}  // namespace

void Fork::Model(Turn& turn) const {
  if (CannotFork(turn, child.index)) return;
  const int pid = ChoosePid(turn, child.index);
  Born(turn, child.index, pid, turn.me.children_pid_space);
  turn.Returns({.value = pid, .value_name = "a new pid"},
               "fork(2): the child inherits attaches and descriptors, not semaphore adjustments");
}

void Clone::Model(Turn& turn) const {
  if (CannotFork(turn, child.index)) return;
  State& s = turn.s;
  const bool shares = flags.Has(abi::kCloneSysvsem);
  const bool new_ipc = flags.Has(abi::kCloneNewipc);
  const bool new_pid = flags.Has(abi::kCloneNewpid);
  if ((new_ipc || new_pid) && !turn.Has(abi::kCapSysAdmin)) {
    return RefuseNamespaces(turn, EPERM, "clone(2): a new namespace needs CAP_SYS_ADMIN");
  }
  if ((shares && new_ipc) || (new_pid && turn.me.children_pid_space != turn.me.pid_space)) {
    return RefuseNamespaces(turn, EINVAL,
                            "clone(2): CLONE_NEWIPC and CLONE_SYSVSEM exclude each other");
  }
  if (shares) turn.Undo();
  const int pid = ChoosePid(turn, child.index);
  const int pid_space = new_pid ? NewPidNamespace(s) : turn.me.children_pid_space;
  ProcessState& born = Born(turn, child.index, pid, pid_space);
  if (shares) born.undo = turn.me.undo;
  if (new_ipc) born.space = NewIpcNamespace(s);
  turn.Returns({.value = pid, .value_name = "a new pid"},
               "clone(2): CLONE_SYSVSEM shares the list of semaphore adjustments");
}

void Thread::Model(Turn& turn) const {
  State& s = turn.s;
  ProcessState& born = s.process(child.index);
  if (born.life != Life::kUnborn) return turn.Fails(EINVAL, "this thread has begun before");
  if (MetALimit(turn)) return;
  if (turn.me.pid_space != 0) {
    return turn.Fails(EINVAL, "ipcrig begins no thread in a nested PID namespace");
  }
  if (turn.me.children_pid_space != 0) {
    return turn.Fails(EINVAL, "clone(2): a thread cannot have another PID namespace");
  }
  const int pid = ChoosePid(turn, child.index);
  turn.Undo();
  born.life = Life::kAlive;
  born.pid = pid;
  born.leader = turn.me.leader;
  born.space = turn.me.space;
  born.undo = turn.me.undo;
  born.who = turn.me.who;
  turn.group.holes.clear();  // its stack may lie there
  turn.Returns({.value = pid, .value_name = "a new thread id"},
               "pthread_create(3): threads share memory, descriptors and semaphore adjustments");
}

void ThreadExit::Model(Turn& turn) const {
  const Outcome end{Outcome::Kind::kExited, 0};
  if (!turn.s.HasOtherThreads(turn.self())) Doom(turn.s, turn.self(), end);
  EndThread(turn.s, turn.self(), end, turn.now);
  turn.Returns({.kind = end.kind, .value = end.value}, "pthread_exit(3): the thread ends");
}

void ExecSelf::Model(Turn& turn) const {
  State& s = turn.s;
  if (turn.me.leader != turn.self()) {
    return turn.Fails(EINVAL, "ipcrig executes in the first thread of a process only");
  }
  for (ProcessState& thread : s.processes) {
    const bool other = &thread != &turn.me && thread.leader == turn.self();
    if (other && thread.life == Life::kAlive) thread.fate = Outcome{Outcome::Kind::kExited, 0};
  }
  RemoveAllMappings(s, turn.self(), turn.now);
  std::erase_if(turn.group.signals, [](const auto& entry) { return !entry.second.ignored; });
  turn.group.signals[abi::kSigpipe] = {.ignored = true};
  turn.group.memory_limited = false;
  // capabilities(7): the programs of root have them all.
  turn.me.who.capabilities = turn.me.who.uid == 0 ? CapabilitiesOf(s.facts) : 0;
  turn.Returns(0, "execve(2): attaches are gone; descriptors and semaphore adjustments stay");
}

void ExecProgram::Model(Turn& turn) const {
  // How a program ends and what it prints is its own business; the expectation judges that.
  const Outcome* seen = turn.seen();
  const bool killed = seen != nullptr && seen->kind == Outcome::Kind::kKilled;
  const Outcome::Kind kind = killed ? Outcome::Kind::kKilled : Outcome::Kind::kExited;
  EndThread(turn.s, turn.self(), {kind, seen == nullptr ? 0 : seen->value}, turn.now);
  turn.Returns({.kind = kind, .any_value = true, .value_name = "the program's end"},
               "execve(2): the program runs to its end");
}

void Exit::Model(Turn& turn) const {
  turn.Ends({Outcome::Kind::kExited, status.value}, "_exit(2): the process ends");
}

void Kill::Model(Turn& turn) const {
  // The caller stopped itself, and goes on.
  if (turn.me.pending) return turn.Returns(0, "kill(2): the signal is sent");
  const ProcessState& victim = turn.s.process(target.index);
  if (victim.life == Life::kReaped) return turn.Fails(ESRCH, "kill(2): no such process");
  if (victim.life == Life::kUnborn) return turn.Fails(ESRCH, "kill(2): not forked yet");
  if (turn.me.pid_space != 0 && victim.pid_space != turn.me.pid_space) {
    return turn.Fails(ESRCH, "pid_namespaces(7): the caller cannot see this process");
  }
  const bool may = turn.Has(abi::kCapKill) || turn.me.who.uid == victim.who.uid;
  // Within a session, as all of a run are, anybody may send SIGCONT.
  if (!may && turn.me.leader != victim.leader && signal.number != abi::kSigcont) {
    return turn.Fails(EPERM, "kill(2): another user's process, and no CAP_KILL");
  }
  SendSignal(turn.s, turn.self(), target.index, signal.number);
  // It stops before its call has returned; or a moment later, where another thread of its process
  // is the one that takes the signal.
  if (turn.me.stopped && (target.index == turn.self() || turn.seen() == nullptr)) return;
  if (turn.me.fate) return turn.Ends(*turn.me.fate, "kill(2): of the caller itself");
  turn.Returns(0, "kill(2): the signal is sent");
}

void Wait::Model(Turn& turn) const {
  ProcessState& child = turn.s.process(target.index);
  const bool exists = child.life == Life::kAlive || child.life == Life::kZombie;
  if (!exists || child.parent != turn.me.leader || child.leader != target.index) {
    return turn.Fails(ECHILD, "wait(2): not a child of the caller that is unwaited for");
  }
  if (child.life == Life::kAlive || turn.s.HasOtherThreads(target.index)) return;
  child.life = Life::kReaped;
  turn.Returns({.value = child.pid, .numbers = {Range::Exactly(StatusOf(child.end))}},
               "wait(2): the child's status");
}

void Sigaction::Model(Turn& turn) const {
  if (signal.number == abi::kSigkill || signal.number == abi::kSigstop) {
    return turn.Fails(EINVAL, "sigaction(2): SIGKILL and SIGSTOP cannot be handled");
  }
  turn.group.signals[signal.number] = {.restarts = flags.Has(abi::kSaRestart)};
  turn.Returns(0, "sigaction(2): the signal is handled from now on");
}

void SignalAction::Model(Turn& turn) const {
  if (signal.number == abi::kSigkill || signal.number == abi::kSigstop) {
    return turn.Fails(EINVAL, "signal(2): SIGKILL and SIGSTOP cannot be ignored");
  }
  turn.group.signals.erase(signal.number);
  if (action.Is("SIG_IGN")) turn.group.signals[signal.number] = {.ignored = true};
  turn.Returns(0, "signal(2)");
}

void NextSecond::Model(Turn& turn) const {
  turn.Returns(0, "time(2): the clock shows a later second");
}

}  // namespace ipcrig
