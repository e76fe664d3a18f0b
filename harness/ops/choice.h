// SPDX-License-Identifier: Apache-2.0
//
// More argument types (arg.h): words to choose from, limits, and memory that is deliberately wrong.
//
//   shmctl(seg, SHM_LOCK)              Choice<"SHM_LOCK", "SHM_UNLOCK">
//   shmctl(seg, 9999)                  UnknownCommand
//   semtimedop(s, [{0, -1, 0}], {0, 20000000})      Timeout: seconds and nanoseconds
//   msgrcv(q, 100, 0, 0, BAD)          Buffer: an optional last argument
#pragma once

#include "ops/arg.h"

namespace ipcrig {

// One of several words. `index` counts them from 0.
template <FixedWord... kTexts>
struct Choice {
  static constexpr std::string_view kWords[] = {kTexts.view()...};
  uint8_t index = 0;

  static bool Accepts(std::string_view text) {
    for (const std::string_view word : kWords) {
      if (word == text) return true;
    }
    return false;
  }
  bool operator==(const Choice&) const = default;
  bool Is(std::string_view word) const { return kWords[index] == word; }
  std::string_view word() const { return kWords[index]; }
  void Print(Writer& out) const { out << kWords[index]; }
  void Read(Reader& in) {
    for (index = 0; index < std::size(kWords); ++index) {
      if (in.EatWord(kWords[index])) return;
    }
    index = 0;
    std::string known;
    for (const std::string_view word : kWords)
      known += (known.empty() ? "" : ", ") + std::string(word);
    in.FailHere("expected one of " + known);
  }
  void Pick(Chooser& from) { index = static_cast<uint8_t>(from.draw.Below(std::size(kWords))); }
  std::vector<Choice> Simpler() const { return {}; }
};

// A command of a *ctl call that no man page knows, as a number.
struct UnknownCommand {
  static constexpr int32_t kLeast = 100;  // all that Linux knows are below
  int32_t number = 9999;

  static bool Accepts(std::string_view text);
  bool operator==(const UnknownCommand&) const = default;
  void Print(Writer& out) const { out << static_cast<int64_t>(number); }
  void Read(Reader& in);
  void Pick(Chooser& from) { number = from.draw.Below(2) == 0 ? 9999 : -1; }
  std::vector<UnknownCommand> Simpler() const { return {}; }
};

// What is wrong with the memory that a call is given; stands last, and nothing for nothing.
struct Buffer {
  enum class Kind : uint8_t {
    kGood,
    kBad,       // BAD       it is not mapped
    kEdge,      // EDGE      its last byte is not mapped
    kNegative,  // NEGATIVE  it is good, and its size is given as -1
  };
  static constexpr bool kOptional = true;
  Kind kind = Kind::kGood;

  bool operator==(const Buffer&) const = default;
  bool unmapped() const { return kind == Kind::kBad || kind == Kind::kEdge; }
  void Print(Writer& out) const;
  void Read(Reader& in);
  void Pick(Chooser& from) { kind = from.draw.Below(16) == 15 ? Kind::kBad : Kind::kGood; }
  std::vector<Buffer> Simpler() const {
    return kind == Kind::kGood ? std::vector<Buffer>{} : std::vector<Buffer>{Buffer{}};
  }
};

// The timeout of semtimedop(2): {seconds, nanoseconds}, NULL for none, BAD for an unmapped pointer.
struct Timeout {
  enum class Kind : uint8_t { kNone, kTime, kBad };
  Kind kind = Kind::kNone;
  int64_t seconds = 0;
  int64_t nanoseconds = 0;

  // A call with a shorter one is waited for until it has timed out; with a longer one it blocks.
  static constexpr int64_t kPatienceSeconds = 2;
  bool Short() const { return kind == Kind::kTime && seconds < kPatienceSeconds; }
  bool operator==(const Timeout&) const = default;
  void Print(Writer& out) const;
  void Read(Reader& in);
  void Pick(Chooser& from);
  std::vector<Timeout> Simpler() const { return {}; }
};

// The value that a sysctl gets: a number, or the id in a variable plus a number.
struct Amount {
  int8_t slot = -1;
  int64_t number = 0;

  bool operator==(const Amount&) const = default;
  void Print(Writer& out) const;
  void Read(Reader& in);
  void Pick(Chooser& from) { *this = {-1, PickNumber(from.draw, 0, 32768)}; }
  std::vector<Amount> Simpler() const { return {}; }
};

// Supplementary groups: [10, 20]
struct Groups {
  static constexpr int kMost = 8;
  uint8_t count = 0;
  std::array<uint32_t, kMost> ids = {};

  std::span<const uint32_t> view() const { return {ids.data(), count}; }
  bool operator==(const Groups&) const = default;
  void Print(Writer& out) const;
  void Read(Reader& in);
  void Pick(Chooser&) { *this = {}; }
  std::vector<Groups> Simpler() const { return {}; }
};

}  // namespace ipcrig
