// SPDX-License-Identifier: Apache-2.0
//
// The kernel: a scenario is run by real processes, one call after the other, and judged by the
// model. A race in a text is run, too; race_fuzz is about those.
#include "gen/from_bytes.h"
#include "on_kernel.h"

extern "C" int LLVMFuzzerInitialize(int* argc, char*** argv) {
  return ipcrig::StartOnKernel("kernel_fuzz", *argc, *argv);
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  ipcrig::RunOnKernel(ipcrig::ScenarioFromBytes(data, size));
  return 0;
}
