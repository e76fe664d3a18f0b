// SPDX-License-Identifier: Apache-2.0
//
// Predict(): one plausible way in which a call goes, for generators, which want to know beforehand
// whether a line is of use. Where the kernel may choose, success is foretold; what nobody can know
// beforehand (an id, an address) is invented. Nothing is judged by a prediction (accept.h does).
//
//   Prediction p = Predict(state, caller, op, Range::Exactly(step));
//   if (p.what == Predicted::kBlocks) ...     // and `state` has the caller asleep
//
// TryCall() and LetAllGoOn() are its two halves: a generator that looks at several calls and takes
// one need not find out for each what it does to everybody else.
#pragma once

#include <vector>

#include "model/state.h"

namespace ipcrig {

enum class Predicted : uint8_t {
  kReturns,
  kFails,  // also an access to memory that is not there
  kBlocks,
  kEnds,  // the caller is gone
};

struct Prediction {
  Predicted what = Predicted::kReturns;
  Outcome outcome = {};  // meaningless of a call that blocks
};

// The call: `state` becomes what is true right after it. Requires a caller that is alive and in no
// call.
Prediction TryCall(State& state, int process, const Op& op, Range now);

// Lets everybody go on who can, one after the other, until nobody can. Answers whose calls, or
// lives, came to their end, in this order.
std::vector<int> LetAllGoOn(State& state, Range now);

// Both of them: `state` becomes what is true when all is quiet again.
Prediction Predict(State& state, int process, const Op& op, Range now);

}  // namespace ipcrig
