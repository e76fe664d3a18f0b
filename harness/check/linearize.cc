// SPDX-License-Identifier: Apache-2.0
#include "check/linearize.h"

#include <algorithm>
#include <list>
#include <optional>
#include <utility>

#include "base/clock.h"
#include "check/search.h"

namespace ipcrig {
namespace {

// Before a race is not called easy.
constexpr int64_t kWaysOfEasyRace = 8;
constexpr int64_t kCallsOfWay = 16;

constexpr int64_t kNodesForPrefix = 20'000;

// Whether the call may have made an object whose id is not known.
bool IsGuess(const RacingCall& call) {
  return !call.outcome && IsOneOf<Shmget, Msgget, Semget>(call.op);
}

std::vector<Violation::Expectation> AllowedBy(const Points::Misfit& misfit) {
  std::vector<Violation::Expectation> expected;
  for (const auto& [outcome, rule] : misfit.allowed) expected.push_back({outcome, rule});
  return expected;
}

// The best order of a search, call by call. `each` is called after each point.
using Each = std::function<void(const Interleaving&, const Violation::Placed&)>;
std::vector<Violation::Placed> PrefixOf(Search& search, const State& before, const RacePlan& plan,
                                        const Each& each) {
  std::vector<Violation::Placed> prefix;
  std::vector<size_t> done(plan.lanes.size());
  search.Follow(before, [&](const Interleaving& at, Point point, const Points& points) {
    for (const Points::Answer& answer : points.answers()) {
      const auto process = static_cast<size_t>(answer.process);
      const auto& calls = plan.lanes[process].calls;
      const bool end = answer.outcome->Ended() || done[process] == calls.size();
      prefix.push_back({end ? -1 : calls[done[process]], answer.process});
      if (!end) ++done[process];
    }
    const bool slept = points.answers().empty() && point.kind == Point::Kind::kAttempt &&
                       at.state.process(point.process).pending;
    if (slept) prefix.push_back({search.NextOf(point.process), point.process, true});
    if (each && !prefix.empty()) each(at, prefix.back());
  });
  return prefix;
}

// One of the states in which the race may have begun, and what is known of it then.
struct Beginning {
  explicit Beginning(const State& before) : state(before) {}

  const State& state;
  std::optional<Deliveries> deliveries;
  std::optional<ForcedOrders> forced;
  std::optional<Search> search;

  Search::Hints hints() const {
    return {deliveries ? &*deliveries : nullptr, forced ? &*forced : nullptr};
  }
  bool IsCyclic() const { return forced && !forced->cycle().empty(); }
};

class Linearizer {
 public:
  Linearizer(const std::vector<State>& before, const Race& race, const LinearizeOptions& options)
      : options_(options),
        plan_(race, before.front().processes.size()),
        budget_{.most_nodes = options.nodes,
                .deadline_us = MonotonicUs() + static_cast<int64_t>(options.seconds * 1e6)} {
    for (const State& state : before) beginnings_.emplace_back(state);
  }

  Linearization Run() {
    const auto& calls = plan_.race.calls;
    result_.guessed = std::any_of(calls.begin(), calls.end(), IsGuess);
    if (!IsEasy()) LookForStates();
    result_.nodes = budget_.nodes;
    if (!result_.states.empty()) return std::move(result_);
    result_.exhausted = budget_.spent;
    if (!result_.exhausted && !ExplainCycle() && !ExplainWithoutWakeups()) ExplainPrefix();
    result_.nodes = budget_.nodes;
    return std::move(result_);
  }

 private:
  // Where any one state will do, most races are explained by the first order that comes to mind,
  // and what the orders are that have to be need not be found out. No answer here says nothing.
  bool IsEasy() {
    if (!options_.forced || options_.states != 1) return false;
    for (Beginning& beginning : beginnings_) {
      const Search::Hints hints{&beginning.deliveries.emplace(plan_.race, beginning.state)};
      Search::Budget few = budget_;
      few.most_ways = kWaysOfEasyRace + std::ssize(plan_.race.calls) / kCallsOfWay;
      Search search(plan_, options_, few, hints, false);
      result_.complete = search.Run(beginning.state, result_.states);
      budget_.nodes = few.nodes;
      if (!result_.states.empty()) return true;
    }
    result_.complete = true;
    return false;
  }

  void LookForStates() {
    lanes_ = plan_.Calls();
    for (Beginning& beginning : beginnings_) {
      if (options_.forced) {
        if (!beginning.deliveries) beginning.deliveries.emplace(plan_.race, beginning.state);
        beginning.forced.emplace(plan_.race, lanes_, *beginning.deliveries);
      }
      Search& search = beginning.search.emplace(plan_, options_, budget_, beginning.hints(), false);
      if (beginning.IsCyclic()) continue;
      if (!search.Run(beginning.state, result_.states)) result_.complete = false;
      if (!result_.complete) return;
    }
  }

  // Where orders that are forced contradict each other, that is said, and as far as it is cheap
  // what can be explained all the same.
  bool ExplainCycle() {
    Beginning& only = beginnings_.front();
    if (beginnings_.size() != 1 || !only.IsCyclic()) return false;
    result_.violation.cycle = only.forced->cycle();
    budget_.most_nodes = std::min(budget_.most_nodes, budget_.nodes + kNodesForPrefix);
    std::vector<State> none;
    only.search->Run(only.state, none);
    ExplainPrefix();
    return true;
  }

  // Whether there is an order in which those who sleep at the end are never woken.
  bool ExplainWithoutWakeups() {
    const bool sleepers =
        std::any_of(plan_.known.begin(), plan_.known.end(),
                    [](const Known& known) { return known.what == Known::What::kAsleep; });
    if (!sleepers) return false;
    LinearizeOptions one = options_;
    one.states = 1;
    std::vector<State> found;
    for (const Beginning& beginning : beginnings_) {
      if (beginning.IsCyclic()) continue;
      Search search(plan_, one, budget_, beginning.hints(), true);
      search.Run(beginning.state, found);
      if (found.empty()) continue;
      DescribeLoss(search, beginning.state);
      return true;
    }
    return false;
  }

  // The last moment at which a sleeper could have gone on from then to the end.
  void DescribeLoss(Search& search, const State& before) {
    Violation& violation = result_.violation;
    violation.lost_wakeup = true;
    violation.prefix =
        PrefixOf(search, before, plan_, [&](const Interleaving& at, const auto& placed) {
          Points::Misfit how;
          const int process = search.CanGoOn(at, how);
          if (process < 0 || process == violation.process) return;
          violation.process = process;
          violation.call = search.NextOf(process);
          violation.waker = placed.call;
          violation.expected = AllowedBy(how);
        });
  }

  void ExplainPrefix() {
    Violation& violation = result_.violation;
    const auto longest = std::max_element(
        beginnings_.begin(), beginnings_.end(), [](const Beginning& a, const Beginning& b) {
          return a.search->best().size() < b.search->best().size();
        });
    Search& search = *longest->search;
    const State& before = longest->state;
    violation.prefix = PrefixOf(search, before, plan_, {});
    violation.process = search.Blamed();
    if (violation.process < 0) return;
    violation.call = search.NextOf(violation.process);
    violation.expected = AllowedBy(search.Probe(before, violation.process));
  }

  const LinearizeOptions& options_;
  RacePlan plan_;
  std::vector<std::vector<int>> lanes_;
  Search::Budget budget_;
  std::list<Beginning> beginnings_;
  Linearization result_;
};

}  // namespace

Linearization Linearize(const std::vector<State>& before, const Race& race,
                        const LinearizeOptions& options) {
  if (before.empty()) return {};
  return Linearizer(before, race, options).Run();
}

}  // namespace ipcrig
