// SPDX-License-Identifier: Apache-2.0
//
// Schedule: how the calls of a racing block meet. It is part of the scenario's text, so that what
// was found is run again in the same way:
//
//   race pct seed=7 times=200 {
//     A  msgsnd(q, 1, "hello", 0)
//     B  msgrcv(q, 100, 0, 0)
//   }
//
//   gate    all processes are let go at one moment of the clock, on all processors (the default)
//   free    each process begins as soon as it hears of the block
//   delay   gate, and before each call a pause that the seed determines, of up to 20 microseconds
//   pct     one processor; priorities that the seed determines, lowered at two calls that it picks:
//           probabilistic concurrency testing, Burckhardt et al., ASPLOS 2010
//   starve  one processor, and one process that the seed picks runs only when no other can
//
// A schedule makes an order likely; which one it was, the history says.
#pragma once

#include <cstdint>
#include <string_view>

#include "ops/reader.h"

namespace ipcrig {

inline constexpr int64_t kMaxTimes = 1'000'000;

struct Schedule {
  enum class Kind : uint8_t { kGate, kFree, kDelay, kPct, kStarve };

  Kind kind = Kind::kGate;
  uint32_t seed = 0;
  uint32_t times = 1;  // how often the scenario is run; the n-th time, from 0, with seed + n

  bool operator==(const Schedule&) const = default;
};

std::string_view ScheduleName(Schedule::Kind kind);

// `pct seed=7 times=200`: what stands between `race` and `{`. Empty for the default.
Schedule ReadSchedule(Reader& in);
void PrintSchedule(Writer& out, const Schedule& schedule);

}  // namespace ipcrig
