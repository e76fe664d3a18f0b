// SPDX-License-Identifier: Apache-2.0
//
// How calls that sleep begin to sleep and go on: what accept.h, which follows all ways that are
// allowed, and predict.h, which follows one, have in common.
//
//   if (turn.branches().empty()) FallAsleep(turn.s, caller, Resolved(turn, op));
//   ...
//   for (const int process : Waiting(state)) {   // in the order in which they may go on
//     Turn turn(state, process, seen, now, SleptOn(state.process(process)));
//     Proceed(turn, op);
//   }
#pragma once

#include <vector>

#include "model/turn.h"

namespace ipcrig {

// The call with its objects' ids in place of variables, which others may assign anew meanwhile.
Op Resolved(const Turn& turn, const Op& op);

// The process sleeps in this call from now on.
void FallAsleep(State& state, int process, const Op& pending);

// Waiters with equal keys may go in any order; lower ones go before higher ones. Whoever makes it
// possible grants semops and receives at once; all others look by themselves, at their own time:
// senders, readers and writers of pipes, receivers that IPC_SET has roused.
int64_t OrderKey(const ProcessState& process, const Rules& rules);

// Who sleeps in a call or is about to end, by OrderKey; with equal keys by their arrival.
std::vector<int> Waiting(const State& state);

// Everybody has looked, and nobody can go on.
void ComeToRest(State& state);

// Whether a process that goes on has slept in its call, or begins it anew after SIGCONT.
inline bool SleptOn(const ProcessState& process) { return !process.restarted; }

// The call of turn.me that slept looks again at what it waits for, or at a signal.
void Proceed(Turn& turn, const Op& op);

// The call of the process is over.
void ClearPending(ProcessState& process);

// A call that fails leaves -1 in the variable that it assigns.
void ForgetResult(State& state, int process, const Op& op);

}  // namespace ipcrig
