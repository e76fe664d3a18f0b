// SPDX-License-Identifier: Apache-2.0
#include "model/predict.h"

#include <algorithm>
#include <utility>

#include "model/progress.h"

namespace ipcrig {
namespace {

// The last way is the success, if there is one. Of a set that is removed Linux now and then tells
// EINTR; mostly EIDRM, which comes before it.
const Expected& Likely(const Turn& turn) {
  auto last = turn.branches().end() - 1;
  while (last != turn.branches().begin() && last->deviation == Deviation::kL1) --last;
  return last->expected;
}

Predicted WhatOf(const Outcome& outcome) {
  if (outcome.Ended()) return Predicted::kEnds;
  return outcome.kind == Outcome::Kind::kReturned ? Predicted::kReturns : Predicted::kFails;
}

enum class Advance { kNone, kSome, kOver };

// What becomes of a process that sleeps or is about to end, if it can go on. `next`: some state, to
// be used as memory.
Advance GoOn(State& state, State& next, int process, Range now) {
  const ProcessState& self = state.process(process);
  if (self.fate) {
    const Outcome end = *self.fate;
    EndThread(state, process, end, now);
    return Advance::kOver;
  }
  if (self.stopped) return Advance::kNone;
  const bool restarted = self.restarted;
  const Op op = *self.pending;
  next = state;
  Turn turn(next, process, nullptr, now, SleptOn(self));
  Proceed(turn, op);
  const bool over = !turn.branches().empty();
  if (!over && !turn.progressed() && !restarted) return Advance::kNone;
  if (over) ClearPending(turn.me);
  if (over && Likely(turn).kind == Outcome::Kind::kFailed) ForgetResult(next, process, op);
  std::swap(state, next);
  return over ? Advance::kOver : Advance::kSome;
}

}  // namespace

Prediction TryCall(State& state, int process, const Op& op, Range now) {
  Turn turn(state, process, nullptr, now, false);
  std::visit([&](const auto& call) { call.Model(turn); }, op);
  if (turn.branches().empty()) {
    FallAsleep(state, process, Resolved(turn, op));
    return {Predicted::kBlocks, {}};
  }
  const Expected& likely = Likely(turn);
  if (likely.kind == Outcome::Kind::kFailed) ForgetResult(state, process, op);
  Outcome outcome = likely.Example();
  const Predicted what = WhatOf(outcome);
  return {what, std::move(outcome)};
}

std::vector<int> LetAllGoOn(State& state, Range now) {
  std::vector<int> over;
  State next;
  bool moved = true;
  while (moved) {
    moved = false;
    for (const int process : Waiting(state)) {
      const Advance move = GoOn(state, next, process, now);
      if (move == Advance::kOver) over.push_back(process);
      moved = move != Advance::kNone;
      if (moved) break;
    }
  }
  ComeToRest(state);
  return over;
}

Prediction Predict(State& state, int process, const Op& op, Range now) {
  Prediction prediction = TryCall(state, process, op, now);
  LetAllGoOn(state, now);
  return prediction;
}

}  // namespace ipcrig
