// SPDX-License-Identifier: Apache-2.0
#include "check/steps.h"

#include <algorithm>

namespace ipcrig {

std::vector<ObservedStep> GatherSteps(const History& history) {
  std::vector<ObservedStep> steps;
  bool racing = false;
  for (const Event& event : history.events) {
    if (event.kind == Event::Kind::kRaceEnd && racing) {
      racing = false;
      steps.back().now.to = std::max(steps.back().now.to, event.to);
      continue;
    }
    if (racing && event.kind != Event::Kind::kBusy && event.kind != Event::Kind::kDone &&
        event.kind != Event::Kind::kBroken && event.kind != Event::Kind::kNotRun) {
      steps.back().racing.push_back(&event);
      continue;
    }
    racing = racing && event.kind == Event::Kind::kBusy;
    switch (event.kind) {
      case Event::Kind::kAsleep:
        break;  // that a call sleeps is told by its having no outcome
      case Event::Kind::kReturn:
      case Event::Kind::kEnded:
        if (steps.empty()) break;
        steps.back().seen.push_back({event.process, event.outcome});
        steps.back().now.to = std::max(steps.back().now.to, event.to);
        break;
      case Event::Kind::kBusy:
        if (!steps.empty()) steps.back().busy.push_back(&event);
        break;
      default:
        racing = event.kind == Event::Kind::kRace;
        steps.push_back({&event, {}, {}, {}, {event.from, event.from + 1}});
    }
  }
  return steps;
}

}  // namespace ipcrig
