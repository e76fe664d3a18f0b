// SPDX-License-Identifier: Apache-2.0
//
// Features: what a run has shown that others may not have, as small numbers: the feedback of a
// search for scenarios that do something new.
//
//   FeatureCounter counter([&](uint32_t feature) { ++seen[feature]; });
//   Judge(scenario, history, rules, counter.Watch());   // it has to outlive the call
//
// There are three kinds, each said in terms of the model:
//
//   - an operation, its outcome, and the state that its object was in;
//   - two operations on one object, one after the other, with their outcomes;
//   - a wake-up: who let whom go, and what that one's call answered.
//
// The state of an object is abstract: some messages, bytes or values are none, one, few, or many;
// whether somebody sleeps there, and as what; whether the caller owns it, has attached it, or has
// adjustments there. Numbers that differ between two runs of one scenario are left out, so that a
// scenario has the same features each time.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <utility>
#include <vector>

#include "check/judge.h"

namespace ipcrig {

inline constexpr uint32_t kFeatureCount = 1U << 16;

class FeatureCounter {
 public:
  using Sink = std::function<void(uint32_t)>;  // gets a number below kFeatureCount

  explicit FeatureCounter(Sink sink) : sink_(std::move(sink)) {}

  StepWatcher Watch() {
    return [this](const State& before, int process, const Op& op, const std::vector<Seen>& seen) {
      Step(before, process, op, seen);
    };
  }
  // One call and what followed from it; `before`: a state that may have held.
  void Step(const State& before, int process, const Op& op, const std::vector<Seen>& seen);

 private:
  Sink sink_;
  std::map<int64_t, uint64_t> last_;  // by object: the last operation and its outcome
};

}  // namespace ipcrig
