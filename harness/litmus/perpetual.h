// SPDX-License-Identifier: Apache-2.0
//
// Perpetual tests: iterations that do not wait for each other, after PerpLE (Melissaris, Markakis,
// Shaw, Martonosi: MICRO 2020). In iteration n a process stores n + 1 instead of the constant, so a
// value that was loaded tells from which iteration it is, and any iteration of one process can be
// compared with any of another: millions a second.
//
//   auto plan = PlanPerpetual(test);          // nothing where the test's shape does not allow it
//   ... run, with a log of loaded values for each load ...
//   CountPerpetual(*plan, log, size, from, to, counts);
//
// A pair of iterations is in the state of the test in which a load saw the store (1) if its value
// is that store's or a later one, else it did not (0). Why a state that the machine forbids is a
// violation: stores to one location come from one process and one statement, so each register tells
// which store it saw. A forbidden state is a cycle of program order, reading-from, from-reading and
// coherence; if the load saw a later iteration of a store, the same cycle goes through that later
// store, since whatever is ordered before a store by its place in the program is ordered before the
// same statement of later iterations.
//
// Which iterations are compared is chosen by what was loaded: of the process that stores, the
// iteration that was seen and the one after it; of a process that only loads, the iteration that
// saw it first and the one before. Choices that can show neither a forbidden state nor the
// condition are made only for each eighth iteration.
//
// Pure, and free of allocation in CountPerpetual.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "litmus/test.h"

namespace ipcrig::litmus {

// How to find the iteration of one process, when those of the processes before it are known.
struct Partner {
  enum class How {
    kSeen,  // the one that stored what `load` of `other` saw
    kSaw,   // the first whose `load` saw what `other` stored
    kSame,  // that with the same number
  };
  size_t process = 0;
  How how = How::kSame;
  size_t other = 0;
  size_t load = 0;  // index into Perpetual::loads
};

struct PerpetualLoad {
  size_t process = 0;
  size_t reg = 0;
  int source = -1;     // the process that stores to this location; -1: nobody does
  int bit = -1;        // of the state's number; -1 where the register is not in Test::observed
  int32_t stored = 0;  // what the test says is stored
};

struct Perpetual {
  size_t processes = 0;
  size_t reference = 0;  // the process whose iterations are gone through
  std::vector<PerpetualLoad> loads;
  std::vector<Partner> partners;  // of all others, in the order in which they are found
  // Which sides of the partners to take: bit k for the later iteration of partners[k]. Those of
  // `often` for each iteration, those of `seldom` for each eighth.
  std::vector<uint32_t> often;
  std::vector<uint32_t> seldom;

  size_t states() const;
};

inline constexpr size_t kMaxPerpetualLoads = 8;
inline constexpr uint32_t kSeldom = 8;

// `interesting`: the states that must not be missed. Nothing, and the reason, where the test has no
// perpetual form.
std::optional<Perpetual> PlanPerpetual(const Test& test,
                                       const std::function<bool(const State&)>& interesting,
                                       std::string& why_not);

// The state that has this number.
State PerpetualState(const Test& test, const Perpetual& plan, size_t number);

// Adds to counts[number of the state] for iterations from..to of the reference. log[i] is what load
// i of the plan saw, `size` values each.
void CountPerpetual(const Perpetual& plan, const uint32_t* const* log, uint32_t size, uint32_t from,
                    uint32_t to, uint64_t* counts);

}  // namespace ipcrig::litmus
