// SPDX-License-Identifier: Apache-2.0
//
// PlanMemory(): what became of attached memory, as far as no call tells it: who inherited it by
// fork(2), and who gave it up by execve(2). shm_nattch, and whether a segment that is marked for
// removal still exists, depend on every process that ever had it.
//
//   MemoryPlan plan = PlanMemory(records, count, strangers);
//   if (!plan.doubt.empty()) ...             // nothing can be said of shared memory, for this
//   reason if (plan.forks.contains(i)) ...          // record i has to be in the log
//
// Where nobody has attached anything, forks and new programs are of no interest.
#pragma once

#include <set>
#include <string>

#include "library/record.h"

namespace ipcrig {
inline namespace v0 {

struct MemoryPlan {
  std::string doubt;
  std::set<uint32_t> forks;    // records of forks whose children inherit attaches
  std::set<uint32_t> images;   // records of programs that have begun where attaches were
  std::set<uint32_t> foreign;  // shmdt of what was attached in another namespace
};

// Of the first `count` records. `strangers`: processes that are not the programs any more that made
// their calls.
MemoryPlan PlanMemory(const CallRecords& all, uint32_t count, const std::set<pid_t>& strangers);

}  // namespace v0
}  // namespace ipcrig
