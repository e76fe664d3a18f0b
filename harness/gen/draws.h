// SPDX-License-Identifier: Apache-2.0
//
// Sources of choice (ops/draw.h):
//
//   SeededDraw draw(42);           // the same numbers on every machine
//   BytesDraw draw(data, size);    // a fuzzer's input; 0 once it is used up
//   EnumeratingDraw draw;          // everything, one after the other
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/require.h"
#include "ops/draw.h"

namespace ipcrig {

// SplitMix64. A number below a bound is taken by multiplication, which is uniform enough here.
class SeededDraw : public Draw {
 public:
  explicit SeededDraw(uint64_t seed) : state_(seed) {}

  uint64_t Below(uint64_t bound) override {
    state_ += 0x9e3779b97f4a7c15U;
    uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    z ^= z >> 31;
    return bound <= UINT32_MAX ? ((z >> 32) * bound) >> 32 : z % bound;
  }

 private:
  uint64_t state_;
};

// Takes as many bytes as the bound needs, so that small choices cost one byte each.
class BytesDraw : public Draw {
 public:
  BytesDraw(const uint8_t* data, size_t size) : data_(data), left_(size) {}

  uint64_t Below(uint64_t bound) override {
    uint64_t value = 0;
    for (uint64_t most = bound - 1; most > 0; most >>= 8) value = value << 8 | Next();
    return value % bound;
  }
  bool UsedUp() const { return left_ == 0; }

 private:
  uint8_t Next() {
    if (left_ == 0) return 0;
    --left_;
    return *data_++;
  }

  const uint8_t* data_;
  size_t left_;
};

// Every way in which a program of choices can go, depth first, the simplest first:
//
//   EnumeratingDraw draw;
//   do {
//     Check(Generate(draw, {.steps = 2}));
//   } while (draw.Next());
//
// Requires of the program that it asks the same as long as it gets the same.
class EnumeratingDraw : public Draw {
 public:
  uint64_t Below(uint64_t bound) override {
    if (at_ == path_.size()) path_.push_back({0, bound});
    IPC_REQUIRE(path_[at_].bound == bound, "the same choices led to another question");
    return path_[at_++].taken;
  }

  // Begins the next path; false when there is none.
  bool Next() {
    at_ = 0;
    while (!path_.empty() && path_.back().taken + 1 == path_.back().bound) path_.pop_back();
    if (path_.empty()) return false;
    ++path_.back().taken;
    return true;
  }

 private:
  struct Choice {
    uint64_t taken;
    uint64_t bound;
  };

  std::vector<Choice> path_;
  size_t at_ = 0;
};

}  // namespace ipcrig
