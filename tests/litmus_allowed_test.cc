// SPDX-License-Identifier: Apache-2.0
//
// What the abstract machines allow: against the literature, against axioms, and within each other.
#include <algorithm>
#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "litmus/allowed.h"
#include "litmus/shipped.h"
#include "litmus_axioms.h"
#include "shipped_litmus.h"

namespace ipcrig::litmus {
namespace {

constexpr Machine kAllMachines[] = {Machine::kSc, Machine::kTso, Machine::kOmca};

// Whether some allowed state satisfies the proposition.
bool Allows(const litmus::Test& test, Machine machine) {
  const Allowed allowed = AllowedStates(test, machine);
  return std::any_of(allowed.states.begin(), allowed.states.end(),
                     [&](const State& state) { return Holds(test, state); });
}

struct Known {
  const char* name;
  bool sc, tso, omca;
};

// Of the literature: Herding Cats, table 2 and section 4; the x86 and ARM manuals.
constexpr Known kKnown[] = {
    {"MP", false, false, true},
    {"SB", false, true, true},
    {"LB", false, false, true},
    {"R", false, true, true},
    {"S", false, false, true},
    {"2+2W", false, false, true},
    {"IRIW", false, false, true},
    {"WRC", false, false, true},
    {"SB+rfi", false, true, true},
    {"SB+rel+acq", false, true, true},
    {"SB+fences", false, false, false},
    {"SB+seq_cst", false, false, false},
    {"MP+rel+acq", false, false, false},
    {"MP+wmb+rmb", false, false, false},
    {"LB+datas", false, false, false},
    {"LB+acqs", false, false, false},
    {"R+fences", false, false, false},
    {"S+rel+acq", false, false, false},
    {"2+2W+rels", false, false, false},
    {"IRIW+acqs", false, false, false},
    {"WRC+rel+acq", false, false, false},
    {"CoRR", false, false, false},
    {"CoWW", false, false, false},
    {"CoRW1", false, false, false},
    {"CoRW2", false, false, false},
    {"CoWR", false, false, false},
    {"CoRR2", false, false, false},
    {"MP+semop", false, false, false},
    {"MP+msg", false, false, false},
    {"MP+pipe", false, false, false},
    {"MP+futex", false, false, false},
    {"ISA2+semop+msg", false, false, false},
    {"ISA2+pipe+futex", false, false, false},
    {"SB+semop", false, true, true},
};

TEST(LitmusAllowed, IsWhatTheLiteratureSays) {
  for (const Known& known : kKnown) {
    const litmus::Test test = ReadShipped(known.name);
    EXPECT_EQ(Allows(test, Machine::kSc), known.sc) << known.name;
    EXPECT_EQ(Allows(test, Machine::kTso), known.tso) << known.name;
    EXPECT_EQ(Allows(test, Machine::kOmca), known.omca) << known.name;
  }
}

TEST(LitmusAllowed, ConditionsOfShippedTestsHoldOnEveryMachine) {
  for (const ShippedTest& shipped : ShippedTests()) {
    const litmus::Test test = ReadShipped(shipped.name);
    for (const Machine machine : kAllMachines) {
      const Allowed allowed = AllowedStates(test, machine);
      EXPECT_TRUE(allowed.complete && !allowed.may_block) << shipped.name;
      for (const State& state : allowed.states) {
        const bool holds = Holds(test, state);
        if (test.quantifier == Quantifier::kNotExists) {
          EXPECT_FALSE(holds) << shipped.name;
        }
        if (test.quantifier == Quantifier::kForall) {
          EXPECT_TRUE(holds) << shipped.name;
        }
      }
    }
  }
}

// A few accesses of two or three processes, and a fence now and then; all values are different.
litmus::Test RandomTest(std::mt19937& random) {
  const auto below = [&](uint32_t bound) { return static_cast<int>(random() % bound); };
  litmus::Test test;
  test.locations = {{"x", 0}, {"y", 0}};
  const int processes = 2 + below(2);
  int value = 0;
  for (int p = 0; p < processes; ++p) {
    Process process;
    const int statements = 1 + below(processes == 2 ? 4 : 2);
    for (int i = 0; i < statements; ++i) {
      Statement one;
      one.object = below(2);
      const int kind = below(7);
      if (kind == 6) {
        constexpr unsigned kFences[] = {kAllPairs, kLoadLoad, kStoreStore, kLoadLoad | kLoadStore};
        one.action = Action::kFence;
        one.pairs = kFences[below(4)];
      } else if (kind < 3) {
        constexpr Order kOrders[] = {Order::kPlain, Order::kAcquire, Order::kSeqCst};
        one.order = kOrders[below(3)];
        one.reg = static_cast<int>(process.registers.size());
        process.registers.push_back("r" + std::to_string(one.reg));
      } else {
        constexpr Order kOrders[] = {Order::kRelaxed, Order::kRelease, Order::kSeqCst};
        one.action = Action::kStore;
        one.order = kOrders[below(3)];
        one.value = ++value * 16;
        const int registers = static_cast<int>(process.registers.size());
        if (registers > 0 && below(3) == 0) one.reg = below(static_cast<uint32_t>(registers));
      }
      process.body.push_back(one);
    }
    for (size_t r = 0; r < process.registers.size(); ++r) {
      test.observed.push_back({p, static_cast<int>(r)});
    }
    test.processes.push_back(process);
  }
  test.observed.push_back({-1, 0});
  test.observed.push_back({-1, 1});
  return test;
}

std::string Listing(const litmus::Test& test) {
  std::string text;
  for (const Process& process : test.processes) {
    text += "P\n";
    for (const Statement& one : process.body) {
      text += "  action " + std::to_string(static_cast<int>(one.action)) + " order " +
              std::to_string(static_cast<int>(one.order)) + " object " +
              std::to_string(one.object) + " reg " + std::to_string(one.reg) + " value " +
              std::to_string(one.value) + " pairs " + std::to_string(one.pairs) + "\n";
    }
  }
  return text;
}

TEST(LitmusAllowed, AgreesWithAxiomsOnRandomTests) {
  std::mt19937 random(20261123);
  int tso_differs = 0;
  int omca_differs = 0;
  for (int i = 0; i < 600 && !testing::Test::HasFailure(); ++i) {
    const litmus::Test test = RandomTest(random);
    for (const Machine machine : kAllMachines) {
      ASSERT_EQ(AllowedStates(test, machine).states, StatesByAxioms(test, machine))
          << MachineName(machine) << "\n"
          << Listing(test);
    }
    const auto sc = AllowedStates(test, Machine::kSc).states;
    const auto tso = AllowedStates(test, Machine::kTso).states;
    const auto omca = AllowedStates(test, Machine::kOmca).states;
    EXPECT_TRUE(std::includes(tso.begin(), tso.end(), sc.begin(), sc.end()));
    EXPECT_TRUE(std::includes(omca.begin(), omca.end(), tso.begin(), tso.end()));
    tso_differs += tso.size() > sc.size() ? 1 : 0;
    omca_differs += omca.size() > tso.size() ? 1 : 0;
  }
  EXPECT_GT(tso_differs, 3);
  EXPECT_GT(omca_differs, 10);
}

TEST(LitmusAllowed, SeesThatProcessesMayWaitForEver) {
  const auto parsed = ParseLitmus(
      "C Deadlock\n{}\nP0 (sem s, sem t) { semop(s, -1); semop(t, 1); }\n"
      "P1 (sem s, sem t, int *x) { semop(t, -1); semop(s, 1); *x = 1; }\n",
      "deadlock");
  ASSERT_TRUE(parsed.ok()) << parsed.error().Text();
  for (const Machine machine : kAllMachines) {
    EXPECT_TRUE(AllowedStates(*parsed, machine).may_block);
  }
}

}  // namespace
}  // namespace ipcrig::litmus
