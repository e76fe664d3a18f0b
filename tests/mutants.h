// SPDX-License-Identifier: Apache-2.0
//
// Mutants: for each bug that can be planted in the simulated kernel, a scenario whose judgement
// passes without it and finds it where it is planted, by the check that is there for it.
//
//   {NAMED(kNowaitBlocks), "conformance", "A  q = msgget(...)\n..."},
//
// mutants_test.cc runs them all; the tables are in mutants_objects.cc (queues, sets, segments,
// pipes, reports) and mutants_machine.cc (mappings, signals, threads, identity, namespaces, ids).
#pragma once

#include <span>

#include "simulated_kernel.h"

namespace ipcrig {

struct Mutant {
  PlantedBug bug;
  const char* name;
  const char* check;  // of the finding; "broken" and "skipped" are verdicts without one
  const char* scenario;
  bool root = true;
};

std::span<const Mutant> ObjectMutants();
std::span<const Mutant> MachineMutants();

}  // namespace ipcrig
