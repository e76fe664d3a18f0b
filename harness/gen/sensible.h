// SPDX-License-Identifier: Apache-2.0
//
// Sensible arguments: PickOp (ops/ops.h) draws a call of which the text is right; here its
// arguments become such that it may do something: small sizes and the edges of pages, semaphores
// that the set has, types and texts that meet, children to wait for.
//
//   Op op = PickOp(from, index);                       // semop(s, [{1, -32768, IPC_NOWAIT}])
//   MakeSensible({from, state, process}, op);          // semop(s, [{0, -1, SEM_UNDO}])
#pragma once

#include "model/state.h"
#include "ops/chooser.h"

namespace ipcrig {

// Who is going to call, and when. victim: somebody who sleeps and shall be let go, or -1.
struct Situation {
  Chooser& from;
  const State& state;
  int process;
  int victim = -1;
  bool users = false;     // modes and owners are what it is about
  bool edges = false;     // large numbers, so that sums pass limits
  bool failures = false;  // arguments that mean nothing are as good as others
};

void MakeSensible(const Situation& situation, Op& op);

// What a process can mean by its variables: for Chooser::assigned. Ids of objects that exist in its
// namespace, keys, addresses where something was attached, pipes of which it holds an end.
std::vector<bool> LiveVariables(const Names& names, const State& state, int process);

// Whether no run on a machine like this would begin with such a call in it: harness/exec skips
// scenarios that ask for other users or limits where there are none.
bool CannotRun(const Op& op, const Facts& facts);

}  // namespace ipcrig
