// SPDX-License-Identifier: Apache-2.0
//
// Runs a litmus test: a process for each P, in a sandbox of its own (exec/sandbox.h), bound to the
// processors in turn, and counts the states that they end in.
//
//   Observed observed = RunLitmus(test, plan, options, [](uint64_t iterations) { ... });
//
// Perpetual where there is a plan; otherwise gated: the processes meet at a barrier before each
// iteration and begin after small random delays.
//
// Not thread-safe: it forks. Nothing outlives it, nor the caller when that is killed: the sandbox
// is an IPC and a PID namespace that ends with its first process, and that dies with the caller.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "litmus/memory.h"
#include "litmus/perpetual.h"
#include "litmus/test.h"

namespace ipcrig::litmus {

struct RunOptions {
  uint64_t iterations = 0;      // 0: until the time is up
  double seconds = 1;           // no new round begins after that; 0: without limit
  double timeout_s = 10;        // for one round, of at most a million iterations
  uint64_t seed = 1;            // of the delays
  std::vector<int> processors;  // indexes into those that may be used; empty: all of them
  Memory memory = Memory::kSysV;
  Attach attach = Attach::kDifferent;
  bool removed = false;  // IPC_RMID when all have attached, before the first iteration
  // Called in each process when it has attached: for tests, which break its memory there.
  std::function<void(size_t process, std::vector<View>& views)> attached = nullptr;
};

struct Observed {
  enum class End {
    kDone,
    kSkipped,  // this machine does not permit it: `why`
    kBroken,   // our fault: `why`
    kStuck,    // a process still waits: `why`
    kDied,     // a signal ended a process: `why`
  };
  End end = End::kBroken;
  std::string why;
  std::vector<std::pair<State, uint64_t>> states;  // sorted
  uint64_t impossible = 0;                         // perpetual: loaded values that nobody stored
  uint64_t iterations = 0;
  double seconds = 0;  // in rounds
  int processors = 0;  // that the processes were bound to
};

Observed RunLitmus(const Test& test, const std::optional<Perpetual>& plan,
                   const RunOptions& options,
                   const std::function<void(uint64_t iterations)>& progress = nullptr);

}  // namespace ipcrig::litmus
