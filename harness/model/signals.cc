// SPDX-License-Identifier: Apache-2.0
#include "model/signals.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "model/semaphores.h"

namespace ipcrig {
namespace {

using Life = ProcessState::Life;

// Signals whose handlers have no say.
bool IsForced(int signal) { return signal == abi::kSigkill || signal == abi::kSigstop; }

// read(2), write(2) and wait(2) can begin anew after a handler with SA_RESTART.
bool CanRestart(const Op& op) {
  return std::holds_alternative<Read>(op) || std::holds_alternative<Write>(op) ||
         std::holds_alternative<Wait>(op);
}

void Stop(State& state, int leader) {
  for (ProcessState& thread : state.processes) {
    if (thread.leader == leader && thread.life == Life::kAlive) thread.stopped = true;
  }
}

// By a living thread: the one that the signal is for may have ended.
bool IsStopped(const State& state, int leader) {
  return std::any_of(
      state.processes.begin(), state.processes.end(),
      [&](const ProcessState& thread) { return thread.leader == leader && thread.stopped; });
}

// A stopped process takes no signal but SIGKILL and SIGCONT. Of several it takes the lowest first.
void Hold(State& state, int leader, int signal) {
  for (ProcessState& thread : state.processes) {
    if (thread.leader != leader) continue;
    thread.held = thread.held == 0 ? signal : std::min(thread.held, signal);
  }
}

// signal(7): of several handlers the one that runs first has the say whether the call begins anew.
void Interrupt(ProcessState& victim, int signal) {
  const int first = victim.interrupted;
  victim.interrupted = first == 0 ? signal : std::min(first, signal);
}

void Continue(State& state, int leader) {
  for (ProcessState& thread : state.processes) {
    if (thread.leader != leader || !thread.stopped) continue;
    thread.stopped = false;
    if (thread.held != 0) {
      thread.fate = Outcome{Outcome::Kind::kKilled, thread.held};
      state.process(leader).end = *thread.fate;
    }
    if (!thread.pending) continue;
    if (SemSleepOf(*thread.pending) || thread.progress > 0) {
      if (thread.interrupted == 0) thread.interrupted = abi::kSigcont;
    } else {
      thread.since = state.clock++;
      thread.restarted = true;
    }
  }
}

}  // namespace

namespace {

// Whether the caller sleeps in a read or a write of a descriptor that another thread has closed.
bool LostItsEnd(const Turn& turn) {
  for (const bool write : {false, true}) {
    const PipeHold& kept = turn.me.in_use[write ? 1 : 0];
    if (kept.open && !turn.group.Holds(kept, write)) return true;
  }
  return false;
}

}  // namespace

void InterruptCall(Turn& turn, const Op& op) {
  const int signal = std::exchange(turn.me.interrupted, 0);
  // Who stopped itself has sent the signal by then.
  if (const auto* kill = std::get_if<Kill>(&op)) return kill->Model(turn);
  const auto handling = turn.group.signals.find(signal);
  const bool restarts =
      signal == kSigsetxid || (handling != turn.group.signals.end() && handling->second.restarts);
  if (turn.me.progress > 0) {
    const int64_t written = std::exchange(turn.me.progress, 0);
    return turn.Returns(written, "signal(7): a write that has begun returns what it has written");
  }
  if (restarts && LostItsEnd(turn)) {
    return turn.Fails(EBADF, "signal(7): the call begins anew, and its descriptor is closed");
  }
  if (restarts && CanRestart(op)) return turn.BlocksAfter();
  turn.Fails(EINTR, signal == abi::kSigcont
                        ? "signal(7): semop fails with EINTR after SIGCONT"
                        : "signal(7): the call is interrupted by a signal handler");
}

void SendSignal(State& state, int sender, int process, int signal) {
  ProcessState& victim = state.process(process);
  if (victim.life != Life::kAlive && !state.HasOtherThreads(process)) return;
  ProcessState& group = state.LeaderOf(process);
  if (signal == abi::kSigcont) Continue(state, victim.leader);
  const auto handling = group.signals.find(signal);
  if (!IsForced(signal) && handling != group.signals.end()) {
    if (!handling->second.ignored && victim.pending) Interrupt(victim, signal);
    return;
  }
  // pid_namespaces(7): the first process of a namespace gets no signal that it does not handle, but
  // SIGKILL and SIGSTOP from outside.
  const bool inside = state.process(sender).pid_space == victim.pid_space;
  if (victim.inner_pid == 1 && (inside || !IsForced(signal))) return;
  if (signal == abi::kSigstop) return Stop(state, victim.leader);
  if (signal == abi::kSigcont) return;
  const bool waits = signal != abi::kSigkill && IsStopped(state, victim.leader);
  if (waits) return Hold(state, victim.leader, signal);
  Doom(state, process, {Outcome::Kind::kKilled, signal});
}

}  // namespace ipcrig
