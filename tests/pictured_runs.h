// SPDX-License-Identifier: Apache-2.0
//
// Runs of the simulated kernel, for the tests of what is drawn of them.
//
//   const Diagram diagram = DiagramOf(FewCalls());
//
// Each is the same whenever it is asked for.
#pragma once

#include <string_view>

#include "report/report.h"

namespace ipcrig {

// What is observed of this text, judged. `path`: its name.
ScenarioResult PicturedRun(std::string_view path, std::string_view text);

// The example of README.md: six calls, one of which its line does not expect.
ScenarioResult FewCalls();
// Three hundred calls of three processes and four objects; the last answers wrong.
ScenarioResult ManyCalls();
// Senders and receivers, who find an order.
ScenarioResult PassingRace();
// A message that overtakes another one: calls each of which has to be before the next.
ScenarioResult FailingRace();

}  // namespace ipcrig
