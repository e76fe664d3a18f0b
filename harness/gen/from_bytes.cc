// SPDX-License-Identifier: Apache-2.0
#include "gen/from_bytes.h"

#include <algorithm>
#include <string_view>

#include "gen/draws.h"

namespace ipcrig {
namespace {

// The bytes; then what their hash makes up, so that few bytes are not always the same few calls.
class InputDraw : public Draw {
 public:
  InputDraw(const uint8_t* data, size_t size) : bytes_(data, size), rest_(HashOf(data, size)) {}

  uint64_t Below(uint64_t bound) override {
    return bytes_.UsedUp() ? rest_.Below(bound) : bytes_.Below(bound);
  }

 private:
  static uint64_t HashOf(const uint8_t* data, size_t size) {  // FNV-1a
    uint64_t hash = 0xcbf29ce484222325U;
    for (size_t i = 0; i < size; ++i) hash = (hash ^ data[i]) * 0x100000001b3U;
    return hash;
  }

  BytesDraw bytes_;
  SeededDraw rest_;
};

}  // namespace

GenerateOptions FuzzOptions() { return {.steps = 16, .processes = 3, .most = 4}; }

Scenario ScenarioFromBytes(const uint8_t* data, size_t size, const GenerateOptions& options) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  auto parsed = ParseScenario(text, "input");
  if (auto* scenario = std::get_if<Scenario>(&parsed)) return std::move(*scenario);
  InputDraw draw(data, size);
  return Generate(draw, options);
}

GenerateOptions RaceOptions() {
  GenerateOptions options = FuzzOptions();
  options.race = true;
  return options;
}

Scenario RaceFromBytes(const uint8_t* data, size_t size) {
  Scenario scenario = ScenarioFromBytes(data, size, RaceOptions());
  const bool races = std::any_of(scenario.steps.begin(), scenario.steps.end(),
                                 [](const Step& step) { return step.kind == Step::Kind::kRace; });
  if (races) return scenario;
  InputDraw draw(data, size);
  return Generate(draw, RaceOptions());
}

}  // namespace ipcrig
