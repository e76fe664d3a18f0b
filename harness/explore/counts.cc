// SPDX-License-Identifier: Apache-2.0
#include "explore/counts.h"

#include <algorithm>

namespace ipcrig {

CountsOfShards SumUp(const std::vector<Shard>& shards) {
  CountsOfShards sums;
  for (const Shard& shard : shards) {
    const ShardCounts& counts = shard.counts();
    sums.runs += counts.runs;
    sums.calls += counts.calls;
    sums.cut += counts.cut;
    sums.unknown += counts.unknown;
    sums.skipped += counts.skipped;
    sums.findings += counts.findings;
    sums.tried += counts.tried;
    sums.deviations |= counts.deviations;
  }
  for (int i = 0; i < kFeatures; ++i) {
    const auto seen = [&](const Shard& shard) { return shard.counts().features[i] != 0; };
    sums.features += std::any_of(shards.begin(), shards.end(), seen) ? 1 : 0;
  }
  return sums;
}

}  // namespace ipcrig
