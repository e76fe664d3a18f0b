// SPDX-License-Identifier: Apache-2.0
#include "gen/generate.h"

#include <algorithm>

namespace ipcrig {
namespace {

constexpr int kMostTries = 100;  // draws for one step, before a simple call takes its place

// Calls that give the others something to work with come first while there is little.
Op DrawOp(Chooser& from) {
  for (int i = 0; i < kMostTries; ++i) {
    from.stuck = false;
    const Names before = from.names;
    Op op = PickOp(from, from.draw.Below(kOpCount));
    if (!from.stuck) return op;
    from.names = before;
  }
  from.stuck = false;
  Op op = Msgget{};
  std::get<Msgget>(op).result.slot = static_cast<int8_t>(PickAssigns(from, Kind::kQueue));
  return op;
}

}  // namespace

Scenario Generate(Draw& draw, const GenerateOptions& options) {
  Scenario scenario;
  for (int i = 0; i < options.processes; ++i) {
    scenario.names.processes.emplace_back(1, static_cast<char>('A' + i));
  }
  Chooser from{draw, scenario.names};
  // A process is known to the text from its first line on: each gets one before all else.
  for (int i = 0; i < options.processes; ++i) {
    Step step;
    step.process = static_cast<int8_t>(i);
    step.op = Msgget{};
    scenario.steps.push_back(step);
  }
  while (scenario.steps.size() < options.steps) {
    Step step;
    step.process = static_cast<int8_t>(draw.Below(scenario.names.processes.size()));
    step.op = DrawOp(from);
    if (const int slot = OpAssigns(step.op); slot >= 0) {
      from.assigned.resize(std::max(from.assigned.size(), static_cast<size_t>(slot) + 1));
      from.assigned[static_cast<size_t>(slot)] = true;
    }
    scenario.steps.push_back(step);
  }
  return scenario;
}

}  // namespace ipcrig
