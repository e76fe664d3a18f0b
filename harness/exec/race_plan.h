// SPDX-License-Identifier: Apache-2.0
//
// PlannedRace: who makes which calls of a racing block, where, and in which way they are to meet,
// all from the scenario and the seed of its schedule (ops/schedule.h).
//
//   PlannedRace plan = PlanRace(scenario, race, {.processors = 2, .realtime = true});
//   for (const PlannedRacer& racer : plan.racers) Start(racer);
//
// What a machine does not permit is replaced by what comes next to it, and `note` says so.
#pragma once

#include <string>
#include <vector>

#include "exec/race_log.h"
#include "ops/scenario.h"

namespace ipcrig {

struct PlannedCall {
  size_t step = 0;
  int priority = 0;   // of SCHED_FIFO, from here on; 0: as before
  int64_t pause = 0;  // before it, nanoseconds
};

struct PlannedRacer {
  int process = 0;
  int processor = 0;  // 0: the engine's, 1: the next one that is permitted...
  int priority = 0;   // of SCHED_FIFO at the beginning; 0: below everybody's
  std::vector<PlannedCall> calls = {};
};

struct PlannedRace {
  std::vector<PlannedRacer> racers = {};  // in the order in which they are to be told
  bool together = true;                   // they wait for each other
  bool gate = false;                      // and for one moment
  bool alone = false;                     // no two of them have one processor
  std::string note = {};  // what is not as the schedule says; empty where nothing is
};

struct RaceMeans {
  int processors = 1;  // that the workers may use
  bool realtime = false;
};

// Of the step `race {`.
PlannedRace PlanRace(const Scenario& scenario, size_t race, const RaceMeans& means);

// Why the logs have no room for the races of this scenario; empty where they have.
std::string TooLongToRace(const Scenario& scenario);

// The scenario's n-th run: its seeds plus n.
Scenario WithSeeds(Scenario scenario, uint32_t n);
// How often its races are to be run: the highest `times=`; 1 without races.
uint32_t TimesOf(const Scenario& scenario);

}  // namespace ipcrig
