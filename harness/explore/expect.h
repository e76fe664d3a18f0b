// SPDX-License-Identifier: Apache-2.0
//
// ExpectWhatBlocks(): a scenario that was drawn, as a person would write it down. Pure: it takes a
// scenario and what one run of it has shown.
//
//   ExpectWhatBlocks(scenario, history);   // "B  msgrcv(q, 1, 0, 0)" gets "-> blocks"
#pragma once

#include "ops/history.h"
#include "ops/scenario.h"

namespace ipcrig {

// Calls that never returned are expected to block, so that they are no findings of their own.
void ExpectWhatBlocks(Scenario& scenario, const History& history);

}  // namespace ipcrig
