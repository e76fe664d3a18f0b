// SPDX-License-Identifier: Apache-2.0
//
// Enumerate: every scenario of at most three calls by two processes, from a short list of calls for
// each family. What generating finds by luck, if it is that small, this finds for certain.
//
//   const Enumeration all(Family::kMsg, facts, rules);
//   for (uint64_t i = 0; i < all.size(); ++i) {
//     if (std::optional<Scenario> scenario = all.At(i)) Check(*scenario);
//   }
//
// The calls come after a few lines that make what they work with. The first is A's: with the
// processes exchanged it would be the same scenario.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gen/families.h"
#include "model/rules.h"
#include "ops/history.h"
#include "ops/scenario.h"

namespace ipcrig {

class Enumeration {
 public:
  static constexpr int kCalls = 3;

  Enumeration(Family family, const Facts& facts, const Rules& rules);

  // Numbers, of which some have no scenario.
  uint64_t size() const;
  // None where, as the model predicts, somebody would have to act who sleeps, is stopped or is
  // gone; or where a name is used that no call has assigned.
  std::optional<Scenario> At(uint64_t number) const;
  // How many calls there are to choose from.
  size_t calls() const { return calls_.size(); }

 private:
  std::string_view beginning_;  // the lines before
  std::vector<std::string_view> calls_;
  Facts facts_;
  Rules rules_;
};

}  // namespace ipcrig
