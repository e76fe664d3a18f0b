// SPDX-License-Identifier: Apache-2.0
#include "check/fits.h"

#include <algorithm>

namespace ipcrig {
namespace {

// What an event has to name: a process, and perhaps a call of it or the beginning of a race.
enum class Named { kNothing, kProcess, kCall, kRace };

Named NamedBy(Event::Kind kind) {
  switch (kind) {
    case Event::Kind::kStart:
    case Event::Kind::kReturn:
    case Event::Kind::kEnded:
    case Event::Kind::kBusy:
    case Event::Kind::kClose:
    case Event::Kind::kGone:
      return Named::kProcess;
    case Event::Kind::kCall:
    case Event::Kind::kNotRun:
    case Event::Kind::kRaced:
    case Event::Kind::kPending:
      return Named::kCall;
    case Event::Kind::kRace:
      return Named::kRace;
    default:
      return Named::kNothing;
  }
}

}  // namespace

bool FitsScenario(const Scenario& scenario, const History& history) {
  const auto steps = static_cast<int>(scenario.steps.size());
  const auto processes = static_cast<int>(scenario.names.processes.size());
  return std::all_of(history.events.begin(), history.events.end(), [&](const Event& event) {
    if (event.step >= steps || event.process >= processes) return false;
    const Named named = NamedBy(event.kind);
    if (named == Named::kNothing) return true;
    if (named == Named::kProcess) return event.process >= 0;
    if (event.step < 0) return false;
    const Step& line = scenario.steps[static_cast<size_t>(event.step)];
    if (named == Named::kRace) return line.kind == Step::Kind::kRace;
    return line.kind == Step::Kind::kCall && event.process >= 0 && line.process == event.process;
  });
}

}  // namespace ipcrig
