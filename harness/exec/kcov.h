// SPDX-License-Identifier: Apache-2.0
//
// Kcov: which code of the kernel the calls of a scenario reach, where the kernel tells: it is built
// with CONFIG_KCOV, ipc/ at least is instrumented, and the caller is root
// (Documentation/dev-tools/kcov.rst).
//
//   auto kcov = Kcov::Open();                            // before anything is forked
//   auto server = Server::Start({.kcov = &*kcov, ...});  // its engine and workers know the rest
//   server->Run(scenario, Ending::kKeep);
//   kcov->Take(counters);                                // what that run has reached
//
// Each lane of the board (exec/board.h) has a descriptor, in which the worker's thread has its
// calls recorded, and an area, where the engine finds them. What a thread does from exit(2) on is
// not recorded by any kernel. Not thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/result.h"
#include "base/unique_fd.h"
#include "ops/names.h"

namespace ipcrig {

class Kcov {
 public:
  // Places in the kernel are told apart as far as a hash has it: ipc/ has some 5,000.
  static constexpr size_t kPlaces = 1U << 14;

  static Result<Kcov> Open();

  // In the engine: maps the areas, which its children do not get.
  void Map();
  // In a worker: this thread is recorded from now on, where no other is in that lane.
  // Async-signal-safe.
  static void Record(int fd);
  int fd(int lane) const { return fds_[lane].get(); }
  // In the engine: hands over what was recorded.
  void Collect();
  // Adds how often each place was reached, 255 at most, to kPlaces counters, and forgets it.
  void Take(uint8_t* counters);

 private:
  Kcov() = default;

  UniqueFd fds_[kMaxProcesses];
  unsigned long* areas_[kMaxProcesses] = {};
  uint8_t* reached_ = nullptr;  // kPlaces of them, shared with all children; never unmapped
};

// Counts the places of an area, whose first word says how many follow it, and empties it.
void CountPlaces(unsigned long* area, uint8_t* counters);

}  // namespace ipcrig
