// SPDX-License-Identifier: Apache-2.0
//
// Processes: fork(2), execve(2), _exit(2), kill(2), waitpid(2), as far as IPC depends on them.
#include "model/turn.h"

namespace ipcrig {
namespace {

using Life = ProcessState::Life;

int StatusOf(const Outcome& end) {
  const auto value = static_cast<int>(end.value);
  return end.kind == Outcome::Kind::kKilled ? value : value << 8;
}

}  // namespace

void Fork::Model(Turn& turn) const {
  State& s = turn.s;
  ProcessState& born = s.processes[static_cast<size_t>(child.index)];
  if (born.life != Life::kUnborn) return turn.Fails(EINVAL, "this child has been forked before");
  const Outcome* outcome = turn.seen();
  if (outcome != nullptr && outcome->kind == Outcome::Kind::kFailed) {
    // No statement about IPC; the lines of the child will say that it is not there.
    turn.Fails(EAGAIN, "fork(2): a limit on the number of processes");
    return turn.Fails(ENOMEM, "fork(2): no memory");
  }
  const auto pid = static_cast<int>(turn.Choose(1000 + child.index, [&](int64_t seen) {
    bool fresh = seen > 0 && seen <= INT32_MAX;
    for (const ProcessState& process : s.processes) {
      fresh = fresh && (process.life == Life::kUnborn || process.life == Life::kReaped ||
                        process.pid != seen);
    }
    return fresh;
  }));
  ProcessState copy = turn.me;
  copy.pid = pid;
  copy.parent = turn.self();
  copy.undo.clear();
  born = std::move(copy);
  for (const Attach& attach : turn.me.attaches) {
    Segment& segment = s.segments.at(attach.segment);
    ++segment.nattch;
    segment.atime = turn.now;
    segment.lpid = turn.me.pid;
  }
  turn.Returns({.value = pid, .value_name = "a new pid"},
               "fork(2): the child inherits attaches and descriptors, not semaphore adjustments");
}

void ExecSelf::Model(Turn& turn) const {
  DetachAll(turn.s, turn.self(), turn.now);
  turn.Returns(0, "execve(2): attaches are gone; descriptors and semaphore adjustments stay");
}

void ExecProgram::Model(Turn& turn) const {
  // How a program ends and what it prints is its own business; the expectation judges that.
  const Outcome* seen = turn.seen();
  const bool killed = seen != nullptr && seen->kind == Outcome::Kind::kKilled;
  const Outcome::Kind kind = killed ? Outcome::Kind::kKilled : Outcome::Kind::kExited;
  EndProcess(turn.s, turn.self(), {kind, seen == nullptr ? 0 : seen->value}, turn.now);
  turn.Returns({.kind = kind, .any_value = true, .value_name = "the program's end"},
               "execve(2): the program runs to its end");
}

void Exit::Model(Turn& turn) const {
  const Outcome end{Outcome::Kind::kExited, status.value};
  EndProcess(turn.s, turn.self(), end, turn.now);
  turn.Returns({.kind = end.kind, .value = end.value}, "_exit(2): the process ends");
}

void Kill::Model(Turn& turn) const {
  ProcessState& victim = turn.s.processes[static_cast<size_t>(target.index)];
  if (victim.life == Life::kReaped) return turn.Fails(ESRCH, "kill(2): no such process");
  if (victim.life == Life::kUnborn) return turn.Fails(ESRCH, "kill(2): not forked yet");
  if (target.index == turn.self()) {
    const Outcome end{Outcome::Kind::kKilled, signal.number};
    EndProcess(turn.s, turn.self(), end, turn.now);
    return turn.Returns({.kind = end.kind, .value = end.value}, "kill(2): of the caller itself");
  }
  if (victim.life == Life::kAlive) victim.dying = signal.number;
  turn.Returns(0, "kill(2): the signal is sent; its default action ends the process");
}

void Wait::Model(Turn& turn) const {
  ProcessState& child = turn.s.processes[static_cast<size_t>(target.index)];
  const bool exists = child.life == Life::kAlive || child.life == Life::kZombie;
  if (!exists || child.parent != turn.self()) {
    return turn.Fails(ECHILD, "wait(2): not a child of the caller that is unwaited for");
  }
  if (child.life == Life::kAlive) return;
  child.life = Life::kReaped;
  turn.Returns({.value = child.pid, .numbers = {Range::Exactly(StatusOf(child.end))}},
               "wait(2): the child's status");
}

}  // namespace ipcrig
