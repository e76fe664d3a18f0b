// SPDX-License-Identifier: Apache-2.0
#include "gen/from_bytes.h"

#include <string_view>

#include "gen/draws.h"

namespace ipcrig {

GenerateOptions FuzzOptions() { return {.steps = 16, .processes = 3, .most = 4}; }

Scenario ScenarioFromBytes(const uint8_t* data, size_t size, const GenerateOptions& options) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  auto parsed = ParseScenario(text, "input");
  if (auto* scenario = std::get_if<Scenario>(&parsed)) return std::move(*scenario);
  BytesDraw draw(data, size);
  return Generate(draw, options);
}

}  // namespace ipcrig
