// SPDX-License-Identifier: Apache-2.0
//
// Which final states a memory may show: all that an abstract machine can reach, by trying every
// order of its steps. No table is written by hand.
//
//   Allowed allowed = AllowedStates(test, Machine::kTso);
//   if (!allowed.states.contains(state)) ...   // the kernel or the machine is wrong
//
// The machines, each of which allows what the one before it allows:
//
//   kSc    one access after the other, in an order that all processes agree on
//   kTso   x86: a store waits in its process's queue before others see it; a load looks there
//   first.
//          A seq_cst store and a full fence wait until the queue is empty (Sewell et al., x86-TSO,
//          CACM 2010)
//   kOmca  "other multi-copy atomic", as ARMv8 and RISC-V: accesses of a process take effect in any
//          order that its fences, acquires, releases, dependencies and equal locations leave; a
//          load may take a store of its own process before others see it. It allows no less than
//          these processors do
//
// IPC objects are counters. A post comes after all that its process did before it; what is after a
// wait comes after the post that it took. More is promised nowhere, so none of them is a fence: a
// post and a later load may change places.
//
// Pure. The search is exhaustive within kMaxSearch states; `complete` says whether that was enough.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "litmus/test.h"

namespace ipcrig::litmus {

enum class Machine { kSc, kTso, kOmca };

// "sc", "tso", "omca"
std::string_view MachineName(Machine machine);
std::optional<Machine> MachineNamed(std::string_view name);
// That of the processor this is compiled for; none where it is not known.
std::optional<Machine> NativeMachine();

inline constexpr size_t kMaxSearch = 500'000;

struct Allowed {
  std::set<State> states;
  bool complete = true;
  // Some order leaves a process waiting for ever.
  bool may_block = false;
};

Allowed AllowedStates(const Test& test, Machine machine);

}  // namespace ipcrig::litmus
