// SPDX-License-Identifier: Apache-2.0
//
// Races on the kernel: some calls of each scenario are made at the same time, and one order of them
// has to explain all outcomes (check/linearize.h). A text without a race is taken for choices.
#include "gen/from_bytes.h"
#include "on_kernel.h"

namespace ipcrig {

GenerateOptions InputOptions() { return RaceOptions(); }

}  // namespace ipcrig

extern "C" int LLVMFuzzerInitialize(int* argc, char*** argv) {
  return ipcrig::StartOnKernel("race_fuzz", *argc, *argv);
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  ipcrig::RunOnKernel(ipcrig::RaceFromBytes(data, size));
  return 0;
}
