// SPDX-License-Identifier: Apache-2.0
#include "check/steps.h"

#include <algorithm>

namespace ipcrig {

std::vector<ObservedStep> GatherSteps(const History& history) {
  std::vector<ObservedStep> steps;
  for (const Event& event : history.events) {
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
        steps.push_back({&event, {}, {}, {event.from, event.from + 1}});
    }
  }
  return steps;
}

}  // namespace ipcrig
