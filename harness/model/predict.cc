// SPDX-License-Identifier: Apache-2.0
#include "model/predict.h"

#include <algorithm>
#include <utility>

#include "model/progress.h"

namespace ipcrig {
namespace {

// The last way is the success, if there is one. Of a set that is removed Linux now and then tells
// EINTR; mostly EIDRM, which comes before it.
Expected& Likely(Turn& turn) {
  auto last = turn.branches().end() - 1;
  while (last != turn.branches().begin() && last->deviation == Deviation::kL1) --last;
  return last->expected;
}

Predicted WhatOf(const Outcome& outcome) {
  if (outcome.Ended()) return Predicted::kEnds;
  return outcome.kind == Outcome::Kind::kReturned ? Predicted::kReturns : Predicted::kFails;
}

enum class Advance { kNone, kSome, kOver };

// What becomes of a process that sleeps or is about to end, if it can go on.
Advance GoOn(State& state, int process, Range now) {
  const ProcessState& self = state.process(process);
  if (self.fate) {
    const Outcome end = *self.fate;
    EndThread(state, process, end, now);
    return Advance::kOver;
  }
  if (self.stopped) return Advance::kNone;
  const bool restarted = self.restarted;
  const Op op = *self.pending;
  Turn turn(state, process, nullptr, now, SleptOn(self));
  turn.KeepOneState();
  Proceed(turn, op);
  if (turn.branches().empty()) {
    if (!turn.progressed() && !restarted) return Advance::kNone;
    state = std::move(turn.s);
    return Advance::kSome;
  }
  ClearPending(turn.me);
  if (Likely(turn).kind == Outcome::Kind::kFailed) ForgetResult(turn.s, process, op);
  state = std::move(turn.s);
  return Advance::kOver;
}

}  // namespace

Attempt TryCall(const State& state, int process, const Op& op, Range now) {
  Turn turn(state, process, nullptr, now, false);
  turn.KeepOneState();
  std::visit([&](const auto& call) { call.Model(turn); }, op);
  if (turn.branches().empty()) {
    FallAsleep(turn.s, process, Resolved(turn, op));
    return {{Predicted::kBlocks, {}}, std::move(turn.s)};
  }
  Expected& likely = Likely(turn);
  if (likely.kind == Outcome::Kind::kFailed) ForgetResult(turn.s, process, op);
  Outcome outcome = likely.Example();
  const Predicted what = WhatOf(outcome);
  return {{what, std::move(outcome)}, std::move(turn.s)};
}

std::vector<int> LetAllGoOn(State& state, Range now) {
  std::vector<int> over;
  bool moved = true;
  while (moved) {
    moved = false;
    for (const int process : Waiting(state)) {
      const Advance move = GoOn(state, process, now);
      if (move == Advance::kOver) over.push_back(process);
      moved = move != Advance::kNone;
      if (moved) break;
    }
  }
  return over;
}

Prediction Predict(State& state, int process, const Op& op, Range now) {
  Attempt attempt = TryCall(state, process, op, now);
  state = std::move(attempt.next);
  LetAllGoOn(state, now);
  return std::move(attempt.prediction);
}

}  // namespace ipcrig
