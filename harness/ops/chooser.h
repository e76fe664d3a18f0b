// SPDX-License-Identifier: Apache-2.0
//
// Chooser: what an argument may draw from while a scenario grows: a source of choice, the names
// that exist so far, and a counter that makes every text sent distinguishable.
//
// Variables offered by Pick() have been assigned by an earlier line, so that whatever is generated
// also parses. An argument that finds nothing to refer to sets `stuck`; the generator then drops
// the call and draws another.
#pragma once

#include <cstdint>
#include <vector>

#include "ops/draw.h"
#include "ops/names.h"

namespace ipcrig {

struct Chooser {
  Draw& draw;
  Names& names;
  uint32_t identity = 0;            // the next unused identity for a text
  std::vector<bool> assigned = {};  // by variable: some earlier line assigns it
  bool stuck = false;

  // A variable of the kind that earlier lines assign, or -1 and `stuck`.
  int PickAssigned(Kind kind) {
    std::vector<int> found;
    for (size_t i = 0; i < names.variables.size(); ++i) {
      if (names.variables[i].kind == kind && i < assigned.size() && assigned[i]) {
        found.push_back(static_cast<int>(i));
      }
    }
    if (found.empty()) {
      stuck = true;
      return -1;
    }
    return found[draw.Below(found.size())];
  }
};

}  // namespace ipcrig
