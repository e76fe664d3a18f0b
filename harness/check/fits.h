// SPDX-License-Identifier: Apache-2.0
//
// Whether a history can be one of a scenario: each event names a step and a process that there are,
// and a call the line that it is. Pure: of a history from elsewhere it tells before any judging.
//
//   if (!FitsScenario(scenario, history)) return Broken("the history is one of another scenario");
#pragma once

#include "ops/history.h"
#include "ops/scenario.h"

namespace ipcrig {

bool FitsScenario(const Scenario& scenario, const History& history);

}  // namespace ipcrig
