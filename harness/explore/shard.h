// SPDX-License-Identifier: Apache-2.0
//
// Shard: a process in a sandbox of its own that draws, runs and judges scenarios, one after the
// other, as fast as it can.
//
//   auto shard = Shard::Start(plan);
//   while (!shard->Finished()) {
//     poll on shard->fd();
//     for (Discovery& discovery : shard->Advance()) ...
//     Show(shard->counts());
//   }
//
// Scenario number k of a seed is the same on every machine, whoever runs it: shard i of n runs the
// numbers i, i + n, i + 2n... What fails is shrunk where it was found, with fresh processes in a
// fresh namespace for each candidate.
//
// Not thread-safe: it forks. A Shard that is destroyed kills its sandbox with everything in it; so
// does the end of the process that started it.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/unique_fd.h"
#include "check/verdict.h"
#include "exec/engine.h"
#include "gen/generate.h"
#include "model/rules.h"

namespace ipcrig {

inline constexpr int kFeatures = 1 << 16;

struct ShardPlan {
  uint64_t seed = 0;
  uint64_t first = 0;         // the number of its first scenario
  uint64_t stride = 1;        // from one to the next
  uint64_t end = UINT64_MAX;  // no scenario of this number or above
  double seconds = 0;         // how long it may take; 0: without limit
  bool slow = false;          // only the slow scenarios among these; others leave them out
  GenerateOptions generate;
  std::optional<Family> enumerate = std::nullopt;  // its scenarios, one after the other; no seed
  RunOptions run;
  Rules rules;
};

// What a shard has done so far. In memory that it shares with its parent.
struct ShardCounts {
  std::atomic<uint64_t> number;  // of the scenario that it runs now
  std::atomic<uint64_t> runs;
  std::atomic<uint64_t> calls;
  std::atomic<uint64_t> cut;      // scenarios of which a line could not be run
  std::atomic<uint64_t> unknown;  // and of which not all orders could be tried
  std::atomic<uint64_t> skipped;
  std::atomic<uint64_t> findings;            // failed scenarios, of any signature
  std::atomic<uint64_t> tried;               // candidates while it shrinks; 0 where it does not
  std::atomic<uint32_t> deviations;          // bits of Deviation
  std::atomic<uint8_t> features[kFeatures];  // 1: this operation had this outcome in such a state
};

// The first scenario that failed in one way.
struct Discovery {
  uint64_t number = 0;
  std::string signature;
  Scenario scenario;  // shrunk
  int failed = 0;     // how often it failed again, by itself
  int repeated = 0;
  std::string run = {};  // where it never did: what was seen, as a saved run (ops/saved_run.h)

  bool operator==(const Discovery&) const = default;
};

// A discovery as a shard tells it; and the first of a text, which is removed from it: none while
// the text is not complete.
std::string PrintDiscovery(const Discovery& discovery);
std::optional<Discovery> TakeDiscovery(std::string& text);

class Shard {
 public:
  static Result<Shard> Start(const ShardPlan& plan);

  Shard(Shard&& other) noexcept;
  Shard& operator=(Shard&&) = delete;
  ~Shard();

  int fd() const { return from_shard_.get(); }
  const ShardCounts& counts() const { return *counts_; }
  // What has been found since the last call.
  std::vector<Discovery> Advance();
  bool Finished() const { return finished_; }
  // Whether it came to its end, and did not die: meaningful once it has finished.
  bool Complete() const { return complete_; }

 private:
  Shard() = default;

  pid_t pid_ = -1;
  UniqueFd from_shard_;
  ShardCounts* counts_ = nullptr;
  std::string text_;
  bool finished_ = false;
  bool complete_ = false;
};

// One scenario in so many waits for the next second of the clock: it takes a second, and nearly no
// time of a processor. A shard of its own runs these beside the others.
inline constexpr uint64_t kSlowEvery = 4096;
constexpr bool IsSlow(uint64_t number) { return number % kSlowEvery == kSlowEvery - 1; }

// The scenario with this number.
Scenario DrawScenario(const GenerateOptions& options, uint64_t seed, uint64_t number);

}  // namespace ipcrig
