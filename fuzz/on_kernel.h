// SPDX-License-Identifier: Apache-2.0
//
// What the targets share that run scenarios on the kernel. The fuzzer itself never forks: an engine
// with its workers is started before it has threads (exec/server.h).
//
//   extern "C" int LLVMFuzzerInitialize(int* argc, char*** argv) {
//     return StartOnKernel("kernel_fuzz", *argc, *argv);
//   }
//   extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
//     RunOnKernel(ScenarioFromBytes(data, size));   // aborts where it finds something
//     return 0;
//   }
#pragma once

#include "ops/scenario.h"

namespace ipcrig {

// Answers 0. Where no namespace can be had that is said on standard error, and every input is
// skipped.
int StartOnKernel(const char* target, int argc, char** argv);

// Runs the scenario with processes that are kept for the next, judges it and counts its features.
// A finding is a failure (oracle.h); that of a race says how often the scenario fails.
void RunOnKernel(Scenario scenario);

}  // namespace ipcrig
