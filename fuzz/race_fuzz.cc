// SPDX-License-Identifier: Apache-2.0
//
// Races on the kernel: some calls of each scenario are made at the same time, and one order of them
// has to explain all outcomes (check/linearize.h). A text without a race is taken for choices.
#include "explore/trials.h"
#include "gen/draws.h"
#include "gen/from_bytes.h"
#include "on_kernel.h"

using namespace ipcrig;

namespace ipcrig {

GenerateOptions InputOptions() {
  GenerateOptions options = FuzzOptions();
  options.race = true;
  return options;
}

}  // namespace ipcrig

extern "C" int LLVMFuzzerInitialize(int* argc, char*** argv) {
  return StartOnKernel("race_fuzz", *argc, *argv);
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Scenario scenario = ScenarioFromBytes(data, size, InputOptions());
  if (!Races(scenario)) {
    BytesDraw draw(data, size);
    scenario = Generate(draw, InputOptions());
  }
  RunOnKernel(std::move(scenario));
  return 0;
}
