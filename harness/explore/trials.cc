// SPDX-License-Identifier: Apache-2.0
#include "explore/trials.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

namespace ipcrig {
namespace {

constexpr double kMissed = 0.05;

// By line: when its call began in a race, nanoseconds; INT64_MAX where it did not.
std::vector<int64_t> BeginningsOf(const Scenario& scenario, const History& history) {
  std::vector<int64_t> begun(scenario.steps.size(), INT64_MAX);
  for (const Event& event : history.events) {
    const bool call = event.kind == Event::Kind::kRaced || event.kind == Event::Kind::kPending;
    const auto step = static_cast<size_t>(event.step);
    if (call && event.step >= 0 && step < begun.size()) begun[step] = event.from;
  }
  return begun;
}

}  // namespace

bool Races(const Scenario& scenario) {
  return std::any_of(scenario.steps.begin(), scenario.steps.end(),
                     [](const Step& step) { return step.kind == Step::Kind::kRace; });
}

int TrialsFor(int failed, int of) {
  if (failed <= 0) return kMostTrials;
  if (failed >= of) return 1;
  const double passes = 1.0 - static_cast<double>(failed) / of;
  return std::clamp(static_cast<int>(std::ceil(std::log(kMissed) / std::log(passes))), 1,
                    kMostTrials);
}

Scenario Stepped(const Scenario& scenario, const History& history) {
  const std::vector<int64_t> begun = BeginningsOf(scenario, history);
  Scenario stepped{scenario.names, {}, {}};
  for (size_t i = 0; i < scenario.steps.size(); ++i) {
    if (scenario.steps[i].kind != Step::Kind::kRace) {
      stepped.steps.push_back(scenario.steps[i]);
      continue;
    }
    std::vector<size_t> lines;
    for (const size_t end = scenario.EndOfRace(i); ++i < end;) lines.push_back(i);
    std::stable_sort(lines.begin(), lines.end(),
                     [&](size_t a, size_t b) { return begun[a] < begun[b]; });
    for (const size_t line : lines) stepped.steps.push_back(scenario.steps[line]);
  }
  return stepped;
}

void SetTimes(Scenario& scenario, int times) {
  for (Step& step : scenario.steps) {
    if (step.kind == Step::Kind::kRace) step.schedule.times = static_cast<uint32_t>(times);
  }
}

}  // namespace ipcrig
