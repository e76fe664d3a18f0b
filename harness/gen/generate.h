// SPDX-License-Identifier: Apache-2.0
//
// Generate(): a scenario from a source of choice.
//
// Whatever is drawn parses: names are used after they are assigned, and processes act after they
// are forked. Beyond that a scenario may do anything, also what fails; it runs on any kernel and
// carries no expectations, since the model has them.
//
//   SeededDraw draw(7);
//   Scenario scenario = Generate(draw, {.steps = 20});
#pragma once

#include "ops/draw.h"
#include "ops/scenario.h"

namespace ipcrig {

struct GenerateOptions {
  size_t steps = 20;
  int processes = 2;  // that the engine starts; forks add more
};

Scenario Generate(Draw& draw, const GenerateOptions& options);

}  // namespace ipcrig
