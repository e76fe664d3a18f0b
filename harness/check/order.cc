// SPDX-License-Identifier: Apache-2.0
#include "check/order.h"

#include <optional>

#include "base/clock.h"
#include "check/search.h"

namespace ipcrig {
namespace {

constexpr int64_t kNodesToShow = 200'000;
constexpr int64_t kMicrosecondsToShow = 3'000'000;

std::vector<OrderedPoint> PointsOf(Search& search, const State& before, const RacePlan& plan) {
  std::vector<OrderedPoint> points;
  std::vector<size_t> done(plan.lanes.size());
  int number = 0;
  search.Follow(before, [&](const Interleaving& at, Point point, const Points& made) {
    for (const Points::Answer& answer : made.answers()) {
      const auto process = static_cast<size_t>(answer.process);
      const auto& calls = plan.lanes[process].calls;
      const bool end = answer.outcome->Ended() || done[process] == calls.size();
      const int call = end ? -1 : calls[done[process]++];
      points.push_back({number, point.process, answer.process, call, false, at.state});
    }
    const bool slept = made.answers().empty() && point.kind == Point::Kind::kAttempt &&
                       at.state.process(point.process).pending;
    if (slept) {
      const int call = search.NextOf(point.process);
      points.push_back({number, point.process, point.process, call, true, at.state});
    }
    ++number;
  });
  return points;
}

}  // namespace

std::vector<OrderedPoint> OneOrder(const std::vector<State>& before, const Race& race) {
  if (before.empty()) return {};
  const RacePlan plan(race, before.front().processes.size());
  const auto lanes = plan.Calls();
  LinearizeOptions one;
  one.states = 1;
  std::vector<OrderedPoint> longest;
  for (const bool deaf : {false, true}) {
    for (const State& state : before) {
      Search::Budget budget{.most_nodes = kNodesToShow,
                            .deadline_us = MonotonicUs() + kMicrosecondsToShow};
      const Deliveries deliveries(race, state);
      const ForcedOrders forced(race, lanes, deliveries);
      Search::Hints hints{&deliveries, &forced};
      if (!forced.cycle().empty()) hints = {};
      Search search(plan, one, budget, hints, deaf);
      std::vector<State> found;
      search.Run(state, found);
      std::vector<OrderedPoint> points = PointsOf(search, state, plan);
      if (!found.empty()) return points;
      if (!deaf && points.size() > longest.size()) longest = std::move(points);
    }
  }
  return longest;
}

}  // namespace ipcrig
