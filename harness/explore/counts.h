// SPDX-License-Identifier: Apache-2.0
//
// What all shards together have done so far, for a line of progress and for the summary.
//
//   const CountsOfShards sums = SumUp(shards);
//   fmt::print("{} scenarios, {} findings\n", sums.runs, sums.findings);
//
// A feature that several shards have seen counts once.
#pragma once

#include <cstdint>
#include <vector>

#include "explore/shard.h"

namespace ipcrig {

struct CountsOfShards {
  uint64_t runs = 0, calls = 0, cut = 0, unknown = 0, skipped = 0, findings = 0, tried = 0;
  uint64_t features = 0;
  uint32_t deviations = 0;
};

CountsOfShards SumUp(const std::vector<Shard>& shards);

}  // namespace ipcrig
