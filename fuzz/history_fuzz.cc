// SPDX-License-Identifier: Apache-2.0
//
// Histories: whatever is read as one is printed as one that is read as the same, and any history
// can be judged against any scenario. The input is a scenario, a line "---", and a history; without
// that line the scenario is a fixed one. What begins with an object is a log of calls.
//
// The same bytes are choices, too: of a few calls on a queue, in which the search for an order must
// say the same as all orders, one after the other.
#include <string>
#include <string_view>

#include "check/judge.h"
#include "gen/draws.h"
#include "ops/call_log.h"
#include "oracle.h"
#include "queue_histories.h"

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
constexpr LinearizeOptions kShort = {.nodes = 20'000, .seconds = 1};

void CheckHistory(std::string_view input) {
  const size_t between = input.find(kBetween);
  const bool both = between != std::string_view::npos;
  const std::string_view text = both ? input.substr(between + kBetween.size()) : input;
  const auto history = ParseHistory(text);
  if (!history.ok()) return;
  const std::string printed = PrintHistory(*history);
  const auto again = ParseHistory(printed);
  if (!again.ok() || !(*again == *history) || PrintHistory(*again) != printed) {
    FailWith("round trip: a history", text);
  }
  const auto parsed = ParseScenario(both ? input.substr(0, between) : kScenario, "input");
  if (const auto* scenario = std::get_if<Scenario>(&parsed)) {
    (void)Judge(*scenario, *history, {}, {}, kShort);
  }
}

// A log of calls is judged as the saved run is that it becomes.
void CheckCallLog(std::string_view input) {
  const auto log = ReadCallLog(input, "input");
  if (!log.ok()) return;
  const auto again = ParseHistory(PrintHistory(log->history));
  if (!again.ok() || !(*again == log->history)) FailWith("round trip: a log of calls", input);
  (void)Judge(log->scenario, log->history, {}, {}, kShort);
}

void CompareWithAllOrders(const uint8_t* data, size_t size) {
  BytesDraw draw(data, size);
  const QueueHistory history = SmallQueueHistory(draw);
  const Explained expected = SomeOrderExplains(history) ? Explained::kYes : Explained::kNo;
  for (const bool forced : {false, true}) {
    const Explained found =
        ModelSearch(history, {.nodes = 100'000, .seconds = 1, .states = 1, .forced = forced});
    if (found == expected || found == Explained::kUnknown) continue;
    FailWith(forced ? "linearizability: forced orders" : "linearizability: the search alone",
             QueueHistoryText(history));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  if (IsCallLog(input)) {
    CheckCallLog(input);
  } else {
    CheckHistory(input);
  }
  CompareWithAllOrders(data, size);
  return 0;
}
