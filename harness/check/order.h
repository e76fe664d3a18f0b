// SPDX-License-Identifier: Apache-2.0
//
// OneOrder(): an order of the calls of a race that the model allows, and what holds after each of
// its points: for who wants to show it. Where no order explains all of the race it is the longest
// that explains a part; of a lost wake-up it is one in which the sleeper is left asleep.
//
//   for (const OrderedPoint& point : OneOrder(states, race)) {
//     Show(race.calls[point.call], point.asleep, point.after);
//   }
//
// What one point ends, it ends at one moment: a message that is sent and the receiver who gets it
// are two entries with one number.
#pragma once

#include <vector>

#include "check/linearize.h"

namespace ipcrig {

struct OrderedPoint {
  int number = 0;       // of the point, from 0; it grows
  int by = -1;          // the process whose point it is
  int process = -1;     // whose call it is
  int call = -1;        // index into Race::calls; -1: `process` ends
  bool asleep = false;  // the call begins to sleep; otherwise it takes effect
  State after;
};

// `before`: the states that may hold when the race begins.
std::vector<OrderedPoint> OneOrder(const std::vector<State>& before, const Race& race);

}  // namespace ipcrig
