// SPDX-License-Identifier: Apache-2.0
//
// Generate(): a scenario from a source of choice, guided by the model.
//
// Whatever is drawn parses: names are used after they are assigned, and processes act after they
// begin. Beyond that the generator keeps the state that the model predicts while the scenario
// grows, and draws so that lines do something:
//
//   - who is predicted to sleep, to be stopped or to be gone makes no call;
//   - about four calls in five are no dull failure (EINVAL, EBADF, ...); the fifth may be anything;
//   - now and then a call that blocks is looked for, and while somebody sleeps mostly one that lets
//     it go: it sends what is waited for, removes the object, or sends a signal;
//   - somebody is always left who can act, and at the end nobody sleeps: if need be it is killed;
//   - few operations (gen/focus.h), few objects, few keys, few processes, small sizes:
//     so they meet.
//
// In a race lines are drawn as if they were made one after the other; which of them block, and what
// they meet, is for the race to say.
//
// On a kernel that does what the model says, all lines are run; a prediction may be wrong where the
// kernel chooses. Lines carry no expectations, since the model has them.
//
//   SeededDraw draw(7);
//   Scenario scenario = Generate(draw, {.steps = 20});
#pragma once

#include "gen/families.h"
#include "model/rules.h"
#include "ops/history.h"
#include "ops/scenario.h"

namespace ipcrig {

struct GenerateOptions {
  size_t steps = 20;  // lines
  int processes = 2;  // that the engine starts, at least
  int most = 4;       // with those that the scenario is given more, and those that are forked
  Facts facts = OrdinaryFacts();
  Rules rules = {};
  uint32_t families = kAllFamilies;
  bool swarm = true;     // each scenario is about few operations: gen/focus.h
  bool crowd = false;    // it begins with more objects than a page of /proc/sysvipc has room for
  bool seconds = false;  // a second goes by in its middle, so that times differ
  bool race = false;     // some lines in its middle are a race
};

Scenario Generate(Draw& draw, const GenerateOptions& options);

}  // namespace ipcrig
