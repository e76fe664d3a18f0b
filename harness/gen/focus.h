// SPDX-License-Identifier: Apache-2.0
//
// Focus: what one scenario is about. A scenario of all operations has two or three of each; one of
// few operations has them meet: several processes that sleep on one queue, adjustments and SETVAL,
// users and modes. So a scenario is drawn from one kind of object, mostly, and from one more group
// of operations, now and then:
//
//   Focus focus = DrawFocus(draw, options);         // queues, and processes that die
//   size_t index = *PickIndex(draw, focus.weights);
//
// Operations that change a worker for good (kill, fork, setuid...) cost a process each. They are
// in a minority of scenarios, and there they are frequent.
#pragma once

#include <bitset>

#include "gen/families.h"
#include "gen/generate.h"

namespace ipcrig {

struct Focus {
  OpWeights weights = {};           // 0: not drawn for its own sake
  std::bitset<kOpCount> permitted;  // those that may let somebody go, or make objects
  int processes = 2;                // that the engine starts
  bool crowded = false;             // sleepers are left asleep for a while, so that they are many
  bool users = false;               // somebody gives up privileges in the beginning
  bool settings = false;            // limits are changed in the beginning
  bool edges = false;               // numbers at the ends of their ranges are frequent
  uint64_t stale = 16;              // in so many references, one to anything that ever had a name

  bool Has(Family family) const;
  // Whether errors of arguments that mean nothing any more are as good as anything else.
  bool LooksForFailures() const { return stale < 16; }
};

Focus DrawFocus(Draw& draw, const GenerateOptions& options);

}  // namespace ipcrig
