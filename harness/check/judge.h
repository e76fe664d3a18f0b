// SPDX-License-Identifier: Apache-2.0
//
// Judge(): all checks of a stepped run. A pure function: the same scenario and history give the
// same judgement on any machine, at any time.
//
//   Judgement judgement = Judge(scenario, history);
//   if (judgement.verdict == Verdict::kFail) Print(judgement.findings);
//
// The checks follow the run step by step with the set of states that may hold (model/accept.h) and
// stop at the first step that has a finding, since what follows it means nothing.
#pragma once

#include <functional>

#include "check/linearize.h"
#include "check/steps.h"
#include "check/verdict.h"
#include "model/rules.h"

namespace ipcrig {

// Called for each call: a state that may have held before it, and what was seen until all was
// quiet.
using StepWatcher = std::function<void(const State& before, int process, const Op& op,
                                       const std::vector<Seen>& seen)>;

// `rules`: the promises that the implementation is held to (model/rules.h). `racing`: how long the
// orders of each race are searched; one state will do where nothing follows it.
Judgement Judge(const Scenario& scenario, const History& history, const Rules& rules = {},
                const StepWatcher& watch = {}, const LinearizeOptions& racing = {});

}  // namespace ipcrig
