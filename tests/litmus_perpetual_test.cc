// SPDX-License-Identifier: Apache-2.0
//
// Perpetual tests: which have such a form, and that counting finds what happened and nothing else.
// The logs come from a simulated memory, so that it is known what may be in them.
#include <algorithm>
#include <array>
#include <deque>
#include <map>
#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "litmus/allowed.h"
#include "litmus/perpetual.h"
#include "litmus/shipped.h"
#include "shipped_litmus.h"

namespace ipcrig::litmus {
namespace {

constexpr uint32_t kIterations = 4000;

std::optional<Perpetual> Plan(const litmus::Test& test, Machine machine, std::string& why_not) {
  const auto allowed = AllowedStates(test, machine).states;
  return PlanPerpetual(
      test, [&](const State& state) { return !allowed.contains(state) || Holds(test, state); },
      why_not);
}

// How a simulated process's stores become visible.
enum class StoreQueue {
  kNone,      // at once
  kInOrder,   // as on x86
  kAnyOrder,  // the planted bug
};

// Runs all iterations of all processes in a random interleaving.
class SimulatedMemory {
 public:
  SimulatedMemory(const litmus::Test& test, const Perpetual& plan, StoreQueue queue, uint32_t seed)
      : test_(test), queue_(queue), random_(seed), memory_(test.locations.size()) {
    logs_.resize(plan.loads.size(), std::vector<uint32_t>(kIterations));
    cores_.resize(test.processes.size());
    size_t load = 0;
    for (size_t p = 0; p < cores_.size(); ++p) {
      cores_[p].first_load = load;
      for (const Statement& one : test.processes[p].body) load += one.action == Action::kLoad;
    }
  }

  std::vector<const uint32_t*> Run() {
    while (Step()) {
    }
    std::vector<const uint32_t*> logs;
    for (const auto& log : logs_) logs.push_back(log.data());
    return logs;
  }

 private:
  struct Core {
    uint32_t iteration = 0;
    size_t statement = 0;
    size_t first_load = 0, load = 0;
    std::deque<std::pair<size_t, uint32_t>> queue;
  };

  // One step of a random process; false when all have ended.
  bool Step() {
    std::vector<Core*> running;
    for (Core& core : cores_) {
      if (core.iteration < kIterations) running.push_back(&core);
    }
    if (running.empty()) return false;
    Core& core = *running[random_() % running.size()];
    if (!core.queue.empty() && (random_() % 3 == 0 || core.queue.size() > 8)) {
      Drain(core);
    } else {
      Execute(core, test_.processes[static_cast<size_t>(&core - cores_.data())].body);
    }
    return true;
  }

  // A later store overtakes an earlier one, but never one to the same location.
  void Drain(Core& core) {
    auto which = core.queue.begin();
    if (queue_ == StoreQueue::kAnyOrder) which += static_cast<int>(random_() % core.queue.size());
    const size_t location = which->first;
    which = std::find_if(core.queue.begin(), core.queue.end(),
                         [&](const auto& one) { return one.first == location; });
    memory_[location] = which->second;
    core.queue.erase(which);
  }

  void Execute(Core& core, const std::vector<Statement>& body) {
    const Statement& one = body[core.statement];
    const bool full =
        one.action == Action::kFence ? (one.pairs & kStoreLoad) != 0 : one.order == Order::kSeqCst;
    if (full && one.action != Action::kLoad) {
      while (!core.queue.empty()) Drain(core);
    }
    const auto location = static_cast<size_t>(one.object);
    if (one.action == Action::kStore) {
      if (queue_ == StoreQueue::kNone || full) {
        memory_[location] = core.iteration + 1;
      } else {
        core.queue.emplace_back(location, core.iteration + 1);
      }
    } else if (one.action == Action::kLoad) {
      uint32_t value = memory_[location];
      for (const auto& [place, queued] : core.queue) {
        if (place == location) value = queued;
      }
      logs_[core.first_load + core.load++][core.iteration] = value;
    }
    if (++core.statement < body.size()) return;
    core.statement = core.load = 0;
    ++core.iteration;
  }

  const litmus::Test& test_;
  StoreQueue queue_;
  std::mt19937 random_;
  std::vector<uint32_t> memory_;
  std::vector<std::vector<uint32_t>> logs_;
  std::vector<Core> cores_;
};

// The states that are counted, with how often.
std::map<State, uint64_t> Counted(const litmus::Test& test, Machine machine, StoreQueue queue,
                                  uint32_t seed) {
  std::string why_not;
  const auto plan = Plan(test, machine, why_not);
  if (!plan) {
    ADD_FAILURE() << test.name << ": " << why_not;
    return {};
  }
  SimulatedMemory memory(test, *plan, queue, seed);
  const auto logs = memory.Run();
  std::array<uint64_t, size_t{1} << kMaxPerpetualLoads> counts{};
  CountPerpetual(*plan, logs.data(), kIterations, 0, kIterations / 3, counts.data());
  CountPerpetual(*plan, logs.data(), kIterations, kIterations / 3, kIterations, counts.data());
  std::map<State, uint64_t> states;
  for (size_t i = 0; i < counts.size(); ++i) {
    if (counts[i] != 0) states[PerpetualState(test, *plan, i)] += counts[i];
  }
  return states;
}

uint64_t Positive(const litmus::Test& test, const std::map<State, uint64_t>& states) {
  uint64_t sum = 0;
  for (const auto& [state, count] : states) sum += Holds(test, state) ? count : 0;
  return sum;
}

std::vector<litmus::Test> PerpetualTests() {
  std::vector<litmus::Test> tests;
  for (const ShippedTest& shipped : ShippedTests()) {
    tests.push_back(ReadShipped(shipped.name));
    std::string why_not;
    if (!Plan(tests.back(), Machine::kTso, why_not)) tests.pop_back();
  }
  return tests;
}

TEST(LitmusPerpetual, MostClassicalTestsHaveThatForm) {
  EXPECT_GT(PerpetualTests().size(), 15U);
  std::string why_not;
  EXPECT_FALSE(Plan(ReadShipped("2+2W"), Machine::kTso, why_not));
  EXPECT_THAT(why_not, testing::HasSubstr("two statements store to one location"));
  EXPECT_FALSE(Plan(ReadShipped("MP+semop"), Machine::kTso, why_not));
  EXPECT_THAT(why_not, testing::HasSubstr("IPC calls"));
  EXPECT_FALSE(Plan(ReadShipped("CoRW2"), Machine::kTso, why_not));
  EXPECT_FALSE(Plan(ReadShipped("LB+datas"), Machine::kTso, why_not));
}

TEST(LitmusPerpetual, OfARightMemoryNothingForbiddenIsCounted) {
  for (const litmus::Test& test : PerpetualTests()) {
    for (uint32_t seed = 1; seed <= 3; ++seed) {
      const auto sc = AllowedStates(test, Machine::kSc).states;
      for (const auto& [state, count] : Counted(test, Machine::kSc, StoreQueue::kNone, seed)) {
        EXPECT_TRUE(sc.contains(state)) << test.name << " " << PrintState(test, state);
      }
      const auto tso = AllowedStates(test, Machine::kTso).states;
      for (const auto& [state, count] : Counted(test, Machine::kTso, StoreQueue::kInOrder, seed)) {
        EXPECT_TRUE(tso.contains(state)) << test.name << " " << PrintState(test, state);
      }
    }
  }
}

TEST(LitmusPerpetual, WeakStatesAreCountedWhereTheyHappen) {
  for (const char* name : {"SB", "SB+rel+acq", "SB+rfi"}) {
    const litmus::Test test = ReadShipped(name);
    EXPECT_EQ(Positive(test, Counted(test, Machine::kTso, StoreQueue::kNone, 5)), 0U) << name;
    EXPECT_GT(Positive(test, Counted(test, Machine::kTso, StoreQueue::kInOrder, 5)), 100U) << name;
  }
}

TEST(LitmusPerpetual, StoresThatOvertakeEachOtherAreFound) {
  for (const char* name : {"MP", "MP+plain", "MP+rel+acq", "MP+rdonly"}) {
    const litmus::Test test = ReadShipped(name);
    EXPECT_GT(Positive(test, Counted(test, Machine::kTso, StoreQueue::kAnyOrder, 7)), 10U) << name;
  }
}

}  // namespace
}  // namespace ipcrig::litmus
