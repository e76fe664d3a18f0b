// SPDX-License-Identifier: Apache-2.0
//
// TrySemop: the atomic step of semop(2), apart from who asks and what happens next; and what the
// model knows of those who sleep in it.
//
// Operations are evaluated in the order of the array, each on the values that the ones before it
// left; either all are done or none. A duplicate semaphore in one array is therefore no special
// case.
//
//   SemAttempt attempt = TrySemop(set, ops, &semadj);
//   if (attempt.blocking != nullptr) ...   // would sleep; GETNCNT counts it at this operation
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "model/state.h"

namespace ipcrig {

struct SemAttempt {
  const SemOp* blocking = nullptr;    // the first operation that cannot proceed, of the caller's
  bool out_of_range = false;          // a value above SEMVMX or an adjustment above SEMAEM
  std::vector<Semaphore> semaphores;  // where neither: the new values
  std::vector<int> adjustments;       // and the caller's new semadj
};

// Requires sem_num of each operation to be within the set. `adjustments`: the caller's semadj
// for the set, or nullptr where it has none.
SemAttempt TrySemop(const SemaphoreSet& set, std::span<const SemOp> ops,
                    const std::vector<int>* adjustments);

// The operations of a call that sleeps on semaphores; none for other calls.
struct SemSleep {
  int set = -1;
  const SemOps* ops = nullptr;
};
std::optional<SemSleep> SemSleepOf(const Op& pending);

// Whether the operations change nothing.
bool OnlyWaitsForZero(const SemOps& ops);

// A process begins to sleep: notes at which operation.
void NoteSleep(State& state, int process);

// Linux remembers at which operation each sleeper stopped, and looks again when it tries the
// sleeper again. One whose operations all wait for zero is only tried when a semaphore of the
// change is zero afterwards. `changed`: the operations that changed the set, nullptr for all of its
// semaphores.
void RefreshSleepers(State& state, int space, int set, const SemOps* changed);

}  // namespace ipcrig
