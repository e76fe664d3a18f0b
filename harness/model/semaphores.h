// SPDX-License-Identifier: Apache-2.0
//
// TrySemop: the atomic step of semop(2), apart from who asks and what happens next.
//
// Operations are evaluated in the order of the array, each on the values that the ones before it
// left; either all are done or none. A duplicate semaphore in one array is therefore no special
// case.
//
//   SemAttempt attempt = TrySemop(set, ops, &semadj);
//   if (attempt.blocking != nullptr) ...   // would sleep; GETNCNT counts it at this operation
#pragma once

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

}  // namespace ipcrig
