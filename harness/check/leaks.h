// SPDX-License-Identifier: Apache-2.0
//
// Leaks: what exists is what the model says exists, in every view and column by column.
//
// A view that this machine does not have is not compared. In a namespace that is shared with
// others, objects that the model does not know are not ours and are not judged.
#pragma once

#include <vector>

#include "check/verdict.h"
#include "model/state.h"

namespace ipcrig {

// The findings about one snapshot; of several possible states, those of the state that explains
// most. Keeps in `states` the states that explain it, if any does.
std::vector<Finding> CheckSnapshot(std::vector<State>& states, const Event& snapshot);

}  // namespace ipcrig
