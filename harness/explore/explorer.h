// SPDX-License-Identifier: Apache-2.0
//
// Explorer: draws a scenario, runs it in this process's sandbox, judges it, and shrinks it if it
// fails; what a shard does all the time.
//
//   Explorer explorer(plan, isolation, counts);
//   while (explorer.Next()) {
//     if (auto discovery = explorer.TakeDiscovery()) Report(*discovery);
//   }
#pragma once

#include <map>
#include <optional>
#include <string>

#include "check/judge.h"
#include "explore/shard.h"
#include "gen/enumerate.h"

namespace ipcrig {

class Explorer {
 public:
  // In the process that SetUpSandbox() has set up.
  Explorer(const ShardPlan& plan, Isolation isolation, ShardCounts& counts);

  // The next scenario; false when there is none, or time is up.
  bool Next();
  // What Next() has found, once.
  std::optional<Discovery> TakeDiscovery() { return std::exchange(discovery_, std::nullopt); }

 private:
  std::optional<Scenario> Draw() const;
  void Try(const Scenario& scenario);
  Judgement Examine(const Scenario& scenario, Ending ending);
  std::string SignatureAlone(const Scenario& scenario);
  void Count(const Scenario& scenario, const Judgement& judgement);
  void CountFeatures(const Scenario& scenario);
  void Investigate(const Scenario& scenario, const std::string& signature);
  std::optional<Scenario> FailsStepped(const Scenario& scenario);
  void Minimise();
  void Repeat(int times);

  ShardPlan plan_;
  ShardCounts& counts_;
  History history_;  // of the last run
  Engine engine_;
  std::optional<Enumeration> enumeration_;
  uint64_t number_;
  double end_ = 0;                       // CLOCK_MONOTONIC, seconds; 0: none
  std::map<std::string, int> attempts_;  // to see failures of a signature again
  std::optional<Discovery> discovery_;
};

}  // namespace ipcrig
