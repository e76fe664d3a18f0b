// SPDX-License-Identifier: Apache-2.0
//
// Histories: whatever is read as one is printed as one that is read as the same, and any history
// can be judged against any scenario. The input is a scenario, a line "---", and a history; without
// that line the scenario is a fixed one.
#include <string>
#include <string_view>

#include "check/judge.h"
#include "oracle.h"

namespace {

using namespace ipcrig;

constexpr std::string_view kScenario =
    "A  q = msgget(IPC_PRIVATE, 0600)\n"
    "B  msgrcv(q, 9, 0, 0)\n"
    "A  msgsnd(q, 1, \"x\", 0)\n"
    "A  fork(C)\n"
    "C  s = semget(IPC_PRIVATE, 2, 0600)\n"
    "C  semop(s, [{0, 1, SEM_UNDO}])\n"
    "ipcs\n"
    "C  exit(1)\n";
constexpr std::string_view kBetween = "---\n";

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const size_t between = input.find(kBetween);
  const bool both = between != std::string_view::npos;
  const std::string_view text = both ? input.substr(between + kBetween.size()) : input;
  const auto history = ParseHistory(text);
  if (!history.ok()) return 0;
  const std::string printed = PrintHistory(*history);
  const auto again = ParseHistory(printed);
  if (!again.ok() || !(*again == *history) || PrintHistory(*again) != printed) {
    FailWith("round trip: a history", text);
  }
  const auto parsed = ParseScenario(both ? input.substr(0, between) : kScenario, "input");
  if (const auto* scenario = std::get_if<Scenario>(&parsed)) (void)Judge(*scenario, *history);
  return 0;
}
