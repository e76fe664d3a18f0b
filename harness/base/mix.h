// SPDX-License-Identifier: Apache-2.0
//
// Mix: a hash of several numbers, one after the other; the same on each machine and in each run, so
// that features of two runs can be compared.
//
//   uint64_t hash = Mix(Mix(0, type), queue);
#pragma once

#include <cstdint>

namespace ipcrig {

constexpr uint64_t Mix(uint64_t hash, uint64_t value) {
  hash = (hash ^ value) * 0x9e3779b97f4a7c15U;
  return hash ^ (hash >> 29);
}

}  // namespace ipcrig
