// SPDX-License-Identifier: Apache-2.0
#include "gen/families.h"

#include <algorithm>
#include <numeric>

namespace ipcrig {
namespace {

constexpr std::string_view kFamilyNames[] = {"shm",  "memory",  "msg",     "sem",
                                             "pipe", "process", "identity"};

// The first operation of each family.
constexpr size_t kFirsts[] = {IndexOf<Ftok>(),   IndexOf<Store>(), IndexOf<Msgget>(),
                              IndexOf<Semget>(), IndexOf<Pipe>(),  IndexOf<Fork>(),
                              IndexOf<Setuid>()};

}  // namespace

std::span<const std::string_view> FamilyNames() { return kFamilyNames; }

Family FamilyOf(size_t index) {
  const auto* after = std::upper_bound(std::begin(kFirsts), std::end(kFirsts), index);
  return static_cast<Family>(after - std::begin(kFirsts) - 1);
}

std::optional<uint32_t> FamiliesOf(std::string_view list) {
  uint32_t families = 0;
  while (true) {
    const std::string_view name = list.substr(0, list.find(','));
    const auto* found = std::find(std::begin(kFamilyNames), std::end(kFamilyNames), name);
    if (found == std::end(kFamilyNames)) return std::nullopt;
    families |= 1U << static_cast<uint32_t>(found - std::begin(kFamilyNames));
    if (name.size() == list.size()) return families;
    list.remove_prefix(name.size() + 1);
  }
}

std::optional<size_t> PickIndex(Draw& draw, const OpWeights& weights) {
  const uint64_t all = std::accumulate(weights.begin(), weights.end(), uint64_t{0});
  if (all == 0) return std::nullopt;
  uint64_t at = draw.Below(all);
  size_t index = 0;
  while (at >= weights[index]) at -= weights[index++];
  return index;
}

}  // namespace ipcrig
