// SPDX-License-Identifier: Apache-2.0
//
// Families: the groups of the operation table, by which a user restricts what is generated
// (`--ops msg,sem`), and by which a scenario keeps to few (gen/focus.h).
//
//   FamilyNames()[FamilyOf(Op(Msgsnd{}).index())]     // "msg"
//   FamiliesOf("msg,sem")                             // the bits of the two; none for "mgs"
//
//   size_t index = *PickIndex(draw, weights);         // of an operation
#pragma once

#include <array>
#include <optional>
#include <span>
#include <string_view>

#include "ops/draw.h"
#include "ops/ops.h"

namespace ipcrig {

enum class Family : uint8_t { kShm, kMemory, kMsg, kSem, kPipe, kProcess, kIdentity };

inline constexpr uint32_t kAllFamilies = (1U << (static_cast<int>(Family::kIdentity) + 1)) - 1;

constexpr uint32_t FamilyBit(Family family) { return 1U << static_cast<uint32_t>(family); }

// "shm", "memory", "msg", ...: by Family.
std::span<const std::string_view> FamilyNames();
// Of the index-th operation of the table.
Family FamilyOf(size_t index);
// The bits of a list of names with commas; none where one is no name.
std::optional<uint32_t> FamiliesOf(std::string_view list);

// The place of an operation in the table.
template <typename T, size_t kAt = 0>
constexpr size_t IndexOf() {
  if constexpr (std::is_same_v<std::variant_alternative_t<kAt, Op>, T>) {
    return kAt;
  } else {
    return IndexOf<T, kAt + 1>();
  }
}

// By index; 0: never.
using OpWeights = std::array<uint32_t, kOpCount>;

// An index, as often as its weight says; none where all are 0.
std::optional<size_t> PickIndex(Draw& draw, const OpWeights& weights);

}  // namespace ipcrig
