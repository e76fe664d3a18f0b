// SPDX-License-Identifier: Apache-2.0
//
// Numbers of the kernel that are too large for a reply: SHMMAX and SHMALL are by default nearly the
// largest unsigned 64-bit number.
//
//   Clamp(ULONG_MAX - (1 << 24))   // INT64_MAX: as good as no limit
#pragma once

#include <algorithm>
#include <cstdint>

namespace ipcrig {

inline int64_t Clamp(uint64_t value) {
  return static_cast<int64_t>(std::min<uint64_t>(value, INT64_MAX));
}

}  // namespace ipcrig
