// SPDX-License-Identifier: Apache-2.0
//
// Texts: whatever is read as a scenario is printed as one that is read as the same, and the printed
// form is final. What is no scenario has an error with a place in the text.
#include <algorithm>
#include <string>

#include "gen/from_bytes.h"
#include "oracle.h"

namespace {

using namespace ipcrig;

void Expect(bool holds, const char* promise, std::string_view text) {
  if (!holds) FailWith(std::string("round trip: ") + promise, text);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto first = ParseScenario(text, "input");
  if (const auto* error = std::get_if<ParseError>(&first)) {
    const auto lines = static_cast<int>(std::count(text.begin(), text.end(), '\n')) + 1;
    Expect(
        error->line >= 1 && error->line <= lines && error->column >= 1 && !error->message.empty(),
        "an error has a place", text);
    return 0;
  }
  const Scenario& scenario = std::get<Scenario>(first);
  const std::string printed = PrintScenario(scenario);
  const auto second = ParseScenario(printed, "printed");
  Expect(std::holds_alternative<Scenario>(second), "what is printed is a scenario", text);
  Expect(std::get<Scenario>(second) == scenario, "what is printed is the same scenario", text);
  Expect(PrintScenario(std::get<Scenario>(second)) == printed, "the printed form is final", text);
  return 0;
}
