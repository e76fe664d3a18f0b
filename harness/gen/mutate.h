// SPDX-License-Identifier: Apache-2.0
//
// Mutate(): another scenario that is near to one that is worth it, as a fuzzer wants it.
//
//   Scenario near = Mutate(draw, scenario, options);
//   Scenario both = Cross(draw, one, other, options);
//
// One to three edits: a line goes, comes twice, moves, is made by another process, or has one of
// its arguments drawn anew; a line comes in that the model finds sensible at that place, that makes
// its process sleep, or that kills somebody. Cross() takes the first lines of one scenario and the
// last lines of the other, or the lines of some processes of each; where the two use the same names
// they meet at the same objects.
//
// What comes out parses, and is run in full by a kernel that does what the model says: a line whose
// process sleeps or whose names mean nothing any more is left out, and whoever sleeps at the end is
// killed. Comments and expectations go, since they were about another scenario.
#pragma once

#include "gen/generate.h"

namespace ipcrig {

Scenario Mutate(Draw& draw, const Scenario& scenario, const GenerateOptions& options);
Scenario Cross(Draw& draw, const Scenario& one, const Scenario& other,
               const GenerateOptions& options);

}  // namespace ipcrig
