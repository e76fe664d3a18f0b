// SPDX-License-Identifier: Apache-2.0
//
// Situations: short scenarios of what is most likely to go wrong, in all combinations: each kind of
// object and who may use it, each pair of sleepers and what lets them go, each adjustment and how
// it comes to its end, each way to attach. Drawing finds these by luck; an exploration that has
// half a minute begins with them, and has some that are drawn between them.
//
//   for (uint64_t i = 0; i < Situations::Size(); ++i) {
//     if (std::optional<Scenario> scenario = Situations::At(i, facts, rules)) Check(*scenario);
//   }
//
// Any number of the first are a fair sample of all.
#pragma once

#include <cstdint>
#include <optional>

#include "model/rules.h"
#include "ops/history.h"
#include "ops/scenario.h"

namespace ipcrig {

class Situations {
 public:
  static uint64_t Size();
  // None where this machine lacks something, or where, as the model predicts, somebody would have
  // to act who cannot.
  static std::optional<Scenario> At(uint64_t number, const Facts& facts, const Rules& rules);
};

// Whether, as the model predicts, everybody can make each call when its turn comes.
bool CanRun(const Scenario& scenario, const Facts& facts, const Rules& rules);

}  // namespace ipcrig
