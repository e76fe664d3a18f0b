// SPDX-License-Identifier: Apache-2.0
//
// Scenarios with races fail now and then. Pure helpers for those who look for such failures:
//
//   int trials = TrialsFor(4, 40);                  // 29 runs: one of them fails, 19 times in 20
//   Scenario stepped = Stepped(scenario, history);  // no race: the calls in their order
//   SetTimes(scenario, trials);                     // race ... times=29
#pragma once

#include "ops/history.h"
#include "ops/scenario.h"

namespace ipcrig {

inline constexpr int kMostTrials = 1000;

bool Races(const Scenario& scenario);

// Runs after which a scenario that fails in `failed` of `of` runs has failed with a probability of
// 95 %: ln 0.05 / ln(1 - failed/of), rounded up; from 1 to kMostTrials.
int TrialsFor(int failed, int of);

// The scenario without races: the calls of each in the order in which this run began them, those
// that it did not begin last.
Scenario Stepped(const Scenario& scenario, const History& history);

// All races of the scenario are to be run so often: from 1 to kMaxTimes.
void SetTimes(Scenario& scenario, int times);

}  // namespace ipcrig
