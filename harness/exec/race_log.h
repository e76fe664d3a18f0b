// SPDX-License-Identifier: Apache-2.0
//
// RaceLog: what one process is to do in a race, and what it has done; on the board, where it
// survives whatever becomes of the process.
//
// The engine writes the list of calls before the race. The worker logs each call: `from` and
// `begun` before it, `to`, the outcome and `done` after it. A call that is begun and not done has
// perhaps taken effect. Outcomes go one behind the other into the arena, which the engine knows to
// be large enough (exec/race_plan.h).
//
//   RaceLog& log = board.logs[process];
//   for (uint32_t i = 0; i < log.done; ++i) Use(log.calls[i], OutcomeOf(log, i));
//
// Nothing here allocates. Times are nanoseconds of CLOCK_MONOTONIC.
#pragma once

#include <atomic>
#include <cstdint>

#include "base/clock.h"
#include "ops/outcome.h"

namespace ipcrig {

inline constexpr int kMaxRaceCalls = 2000;      // of one process
inline constexpr size_t kRaceArena = 1 << 20;   // bytes of outcomes of one process
inline constexpr size_t kMaxPlainNumbers = 64;  // in an answer of fields

struct RaceCall {
  // What to do.
  Op op;
  int32_t step;
  int32_t priority;  // of SCHED_FIFO, from this call on; 0: as before
  int64_t pause;     // before the call

  // What was done.
  int64_t from;
  int64_t to;
  Outcome::Kind kind;
  int64_t value;
  uint32_t at;  // in the arena: the numbers, and the bytes behind them
  uint32_t number_count;
  uint32_t byte_count;
};

struct RaceLog {
  int32_t count;
  std::atomic<uint32_t> begun;
  std::atomic<uint32_t> done;
  uint32_t used;  // of the arena
  RaceCall calls[kMaxRaceCalls];
  alignas(8) char arena[kRaceArena];
};

// How the racers begin together.
struct RaceStart {
  std::atomic<uint32_t> number;  // odd while a race is on; the engine counts up at both its ends
  int32_t racers;
  int32_t together;               // 1: nobody begins before all have arrived
  int32_t gate;                   // 1: nor before `moment`
  int32_t alone;                  // 1: each has a processor of its own, so waiting may be spinning
  std::atomic<uint32_t> arrived;  // racers
  std::atomic<uint32_t> asleep;   // of them, those that do not spin any more
  std::atomic<uint32_t> open;     // 1: all have arrived, and `moment` is set; futex
  std::atomic<int64_t> moment;
};

inline bool IsRaceOpen(const std::atomic<uint32_t>& number) {
  return number.load(std::memory_order_acquire) % 2 == 1;
}

// The clock, read after everything before and before everything behind: an interval between two of
// these holds all that happened between.
inline int64_t FencedNs() {
  std::atomic_thread_fence(std::memory_order_seq_cst);
  const int64_t now = MonotonicNs();
  std::atomic_thread_fence(std::memory_order_seq_cst);
  return now;
}

// The outcome of a call that is done.
Outcome OutcomeOf(const RaceLog& log, uint32_t index);

}  // namespace ipcrig
