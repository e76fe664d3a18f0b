// SPDX-License-Identifier: Apache-2.0
//
// Shrink(): a smaller scenario that still fails.
//
//   const auto still_fails = [&](const Scenario& candidate) {
//     return FirstSignature(Judge(candidate, *RunScenario(candidate, options))) == signature;
//   };
//   Shrunk shrunk = Shrink(scenario, still_fails);
//   // "A  msgctl(q, IPC_STAT)" and what it needs are left of 30 lines
//
// It leaves out what comes last, processes, runs of lines, single lines and pairs of them, lets one
// object or one process do what two did, and makes arguments simpler, until nothing helps any more.
// A line goes together with those that cannot do without it: those that use the variable that it
// was the first to assign, and those of the process that it forks. So every candidate is a scenario
// that prints and parses to itself; comments are left out, and no candidate is tried twice.
//
// Unless the budget ends it, the result is locally minimal: without any one of its lines it does
// not fail.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "ops/scenario.h"

namespace ipcrig {

struct Shrunk {
  Scenario scenario;
  int tried = 0;  // candidates that were asked about
  int kept = 0;   // those that still failed, each a step on the way
};

struct ShrinkOptions {
  int budget = 2000;  // candidates, at most
  // Called with each scenario that still fails.
  std::function<void(const Shrunk&)> progress = {};
};

Shrunk Shrink(const Scenario& scenario, const std::function<bool(const Scenario&)>& still_fails,
              const ShrinkOptions& options = {});

// The scenario of some of the lines, without comments: those for which keep[line] holds, less those
// that cannot do without one that is gone. None where no line is left.
std::optional<Scenario> Sublist(const Scenario& scenario, const std::vector<bool>& keep);

}  // namespace ipcrig
