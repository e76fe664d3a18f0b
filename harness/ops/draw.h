// SPDX-License-Identifier: Apache-2.0
//
// Draw: the one source of choice. A generator asks it and nothing else, so that a seeded random
// number generator, a fuzzer's bytes and exhaustive enumeration are three implementations of one
// interface (gen/draws.h), and a scenario is reproduced from what was drawn.
//
//   if (draw.Below(4) == 0) MakeItBlock();
#pragma once

#include <cstdint>

namespace ipcrig {

class Draw {
 public:
  virtual ~Draw() = default;

  // A number in [0, bound). Requires bound > 0. 0 is the simplest choice: order alternatives so.
  virtual uint64_t Below(uint64_t bound) = 0;
};

}  // namespace ipcrig
