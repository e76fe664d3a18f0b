// SPDX-License-Identifier: Apache-2.0
//
// Steps: the events of a history, gathered into what the checks look at one after the other.
//
// A step is a call and all that was seen until the next one, or a snapshot, or one of the few
// events that stand alone. Within a step nothing has an order. A race is one step.
#pragma once

#include <vector>

#include "model/accept.h"

namespace ipcrig {

struct ObservedStep {
  const Event* event = nullptr;           // what the step began with
  std::vector<Seen> seen = {};            // what returned or ended
  std::vector<const Event*> busy = {};    // what did neither until the time was up
  std::vector<const Event*> racing = {};  // of a race: what lies between its beginning and its end
  Range now = {};
};

std::vector<ObservedStep> GatherSteps(const History& history);

}  // namespace ipcrig
