// SPDX-License-Identifier: Apache-2.0
#include "explore/expect.h"

namespace ipcrig {

void ExpectWhatBlocks(Scenario& scenario, const History& history) {
  for (const Event& event : history.events) {
    if (event.kind != Event::Kind::kAsleep || event.step < 0) continue;
    scenario.steps[static_cast<size_t>(event.step)].expect.kind = Expectation::Kind::kBlocks;
  }
  for (const Event& event : history.events) {
    const bool ended = event.kind == Event::Kind::kReturn || event.kind == Event::Kind::kEnded;
    if (!ended || event.step < 0) continue;
    Expectation& expect = scenario.steps[static_cast<size_t>(event.step)].expect;
    if (expect.kind == Expectation::Kind::kBlocks) expect = {};
  }
}

}  // namespace ipcrig
