// SPDX-License-Identifier: Apache-2.0
//
// Rules: which promises the model holds an implementation to.
//
//   Profile::kLinux   what Linux documents and does (the default)
//   Profile::kPosix   only what POSIX promises: where it leaves a choice, any choice is right
//
// Unmodified Linux deviates from its own documents in known ways. Each has a name; it is accepted
// and counted, or with `strict` it is a finding.
//
//   turn.Deviates(Deviation::kL2);
//   turn.Returns(...);                 // this branch is that deviation
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace ipcrig {

enum class Profile : uint8_t { kLinux, kPosix };

enum class Deviation : uint8_t { kNone, kL1, kL2, kL3, kL4, kL5, kL6, kL7, kL8, kL9, kL10 };

struct Rules {
  Profile profile = Profile::kLinux;
  bool strict = false;
  bool operator==(const Rules&) const = default;
};

inline constexpr uint32_t DeviationBit(Deviation deviation) {
  return deviation == Deviation::kNone ? 0 : 1U << static_cast<uint32_t>(deviation);
}

// "L2" and one sentence of it.
struct DeviationText {
  Deviation deviation;
  std::string_view name;
  std::string_view text;
};
const std::vector<DeviationText>& Deviations();
std::string_view NameOf(Deviation deviation);  // "L2"

}  // namespace ipcrig
