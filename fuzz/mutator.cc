// SPDX-License-Identifier: Apache-2.0
//
// The mutator of targets whose input is a scenario: gen/mutate.h on what the bytes mean. One time
// in sixteen the engine changes the bytes themselves, so that texts which are nearly scenarios come
// up, too. A target whose inputs are drawn in a way of their own defines InputOptions().
#include <algorithm>
#include <cstring>

#include "gen/draws.h"
#include "gen/from_bytes.h"
#include "gen/mutate.h"

extern "C" size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t max_size)
    __attribute__((weak));

namespace ipcrig {

GenerateOptions InputOptions() __attribute__((weak));

}  // namespace ipcrig

namespace {

using namespace ipcrig;

GenerateOptions OptionsOfTarget() {
  return InputOptions != nullptr ? InputOptions() : FuzzOptions();
}

// 0, and nothing written, where there is no room.
size_t StoreText(const Scenario& scenario, uint8_t* data, size_t max_size) {
  const std::string text = PrintScenario(scenario);
  if (text.size() > max_size) return 0;
  std::copy(text.begin(), text.end(), data);
  return text.size();
}

}  // namespace

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size,
                                          unsigned int seed) {
  constexpr uint64_t kBytesEvery = 16;
  SeededDraw draw(seed);
  const bool bytes = draw.Below(kBytesEvery) == 0 && LLVMFuzzerMutate != nullptr;
  if (bytes) return LLVMFuzzerMutate(data, size, max_size);
  const GenerateOptions options = OptionsOfTarget();
  const Scenario mutated = Mutate(draw, ScenarioFromBytes(data, size, options), options);
  const size_t stored = StoreText(mutated, data, max_size);
  return stored != 0 ? stored : size;
}

extern "C" size_t LLVMFuzzerCustomCrossOver(const uint8_t* data1, size_t size1,
                                            const uint8_t* data2, size_t size2, uint8_t* out,
                                            size_t max_out_size, unsigned int seed) {
  SeededDraw draw(seed);
  const GenerateOptions options = OptionsOfTarget();
  const Scenario one = ScenarioFromBytes(data1, size1, options);
  const Scenario other = ScenarioFromBytes(data2, size2, options);
  return StoreText(Cross(draw, one, other, options), out, max_out_size);
}
