// SPDX-License-Identifier: Apache-2.0
//
// JudgeRace(): the check of a `race { ... }` block: whether what was seen in it can be put in an
// order (check/linearize.h), and what may hold behind it.
//
//   RaceJudgement judged = JudgeRace(scenario, step, states, lines);
//   if (!judged.finding) states = std::move(judged.states);
//
// In a race `-> blocks` permits a call to block; it need not.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "check/linearize.h"
#include "check/steps.h"
#include "check/verdict.h"

namespace ipcrig {

// A call as the rest of the run sees it.
struct RacedCall {
  int step = -1;
  int process = 0;
  std::optional<Outcome> outcome;  // of its process, where that ended in it
};

struct RaceJudgement {
  std::vector<State> states;       // that may hold now
  std::optional<Finding> finding;  // where there is none
  std::string unknown;             // why neither can be said; empty: it can
  std::string vague;               // why there may be more states than these; empty: there are not
  std::vector<RacedCall> calls;    // in the order of each process
};

// `step` is that of an event kRace. `lines`: by process, the step of its last call, for those that
// sleep in it.
RaceJudgement JudgeRace(const Scenario& scenario, const ObservedStep& step,
                        std::vector<State> states, const std::vector<int>& lines,
                        const LinearizeOptions& options = {});

// The race of an observed step, as the search wants it; for reports and tests, too.
Race RaceOf(const Scenario& scenario, const ObservedStep& step, const State& before,
            const std::vector<int>& lines);

}  // namespace ipcrig
