// SPDX-License-Identifier: Apache-2.0
//
// Fingerprint: 128 bits that stand for everything in a state from which the rest of a race can tell
// it from another. Counters that only number things (arrivals, attaches, lists of adjustments) are
// taken by their order.
//
//   if (!seen.insert(FingerprintOf(interleaving, positions)).second) ...   // been here before
//
// Two different states have the same one with a probability of 2^-128 for each pair.
#pragma once

#include <cstdint>
#include <vector>

#include "model/interleave.h"

namespace ipcrig {

struct Fingerprint {
  uint64_t low = 0;
  uint64_t high = 0;
  bool operator==(const Fingerprint&) const = default;
};

struct FingerprintHash {
  size_t operator()(const Fingerprint& print) const { return static_cast<size_t>(print.low); }
};

// `done`: by process, how many of its calls are over.
Fingerprint FingerprintOf(const Interleaving& at, const std::vector<int>& done);

// The state with its counters in a form that does not depend on the order in which it came about.
void Normalise(State& state);

}  // namespace ipcrig
