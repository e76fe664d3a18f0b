// SPDX-License-Identifier: Apache-2.0
#include "ops/saved_run.h"

#include <algorithm>

#include <fmt/format.h>

namespace ipcrig {
namespace {

constexpr std::string_view kBetweenParts = "---\n";

// Where the line that stands between the parts begins.
size_t FindBetween(std::string_view text) {
  if (text.starts_with(kBetweenParts)) return 0;
  const size_t found = text.find(std::string("\n").append(kBetweenParts));
  return found == std::string_view::npos ? found : found + 1;
}

}  // namespace

std::string PrintSavedRun(const SavedRun& saved) {
  return PrintScenario(saved.scenario) + std::string(kBetweenParts) + PrintHistory(saved.history);
}

Result<SavedRun> ParseSavedRun(std::string_view text, std::string_view path) {
  const size_t between = FindBetween(text);
  if (between == std::string_view::npos) {
    return Error{fmt::format("{}:1:1: no line --- between a scenario and its history", path)};
  }
  auto scenario = ParseScenario(text.substr(0, between), path);
  if (const auto* error = std::get_if<ParseError>(&scenario)) return Error{error->Text()};
  const size_t rest = between + kBetweenParts.size();
  const auto lines = std::count(text.begin(), text.begin() + static_cast<ptrdiff_t>(rest), '\n');
  if (!text.ends_with('\n')) {
    const auto whole = std::count(text.begin(), text.end(), '\n');
    return Error{fmt::format("{}:{}:{}: the file ends within this line: it has been cut", path,
                             whole + 1, text.size() - text.rfind('\n'))};
  }
  auto history = ParseHistory(text.substr(rest), path, static_cast<int>(lines));
  if (!history.ok()) return history.error();
  return SavedRun{std::move(std::get<Scenario>(scenario)), std::move(*history)};
}

}  // namespace ipcrig
