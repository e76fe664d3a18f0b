// SPDX-License-Identifier: Apache-2.0
//
// The clock for deadlines and durations.
//
//   const int64_t deadline = MonotonicUs() + 1000000;
//   const double start = MonotonicSeconds();
//
// Async-signal-safe.
#pragma once

#include <cstdint>
#include <ctime>

namespace ipcrig {

// CLOCK_MONOTONIC, microseconds.
inline int64_t MonotonicUs() {
  timespec now = {};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return int64_t{now.tv_sec} * 1000000 + now.tv_nsec / 1000;
}

// CLOCK_MONOTONIC, nanoseconds: one line of time for all processes.
inline int64_t MonotonicNs() {
  timespec now = {};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

inline double MonotonicSeconds() { return static_cast<double>(MonotonicUs()) * 1e-6; }

}  // namespace ipcrig
