// SPDX-License-Identifier: Apache-2.0
//
// Processes that go step by step, in an order that is data.
//
//   ipcrig::Program program;
//   program.processes = {{"a", {[&] { Lock(); }, [&] { Unlock(); }}},
//                        {"b", {[&] { Lock(); }, [&] { Unlock(); }}}};
//   RunInOrder(rig, program, {0, 1, 0});     // "a1 b1... a2 b2"
//
// Each process is a child of its own; each step runs when its turn comes, and the next turn comes
// when everybody has done his step or is seen asleep in an IPC call. Such a process is passed over
// until it has been woken: "b1..." is a step that slept. So the same order runs the same way
// again. <ipcrig/rapidcheck.h> draws the orders.
//
// What the steps share is shared memory or Shared() of the Rig: other variables are each process's
// own.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include <ipcrig/ipcrig.h>

namespace ipcrig {
inline namespace v0 {

struct Program {
  struct Part {
    std::string name;
    std::vector<std::function<void()>> steps;
  };
  std::vector<Part> processes;
  // In the test, when all processes have ended: looks at the result, and removes the objects.
  std::function<void()> at_end = [] {};
};

// Turn k is that of choices[k], counted among the processes that can go on, modulo their number;
// when the choices are used up, of the first of them. So every vector is an order, and the empty
// one is sequential. Returns the turns. When only sleepers are left, that is a failure, and they
// are killed; at_end runs all the same.
std::string RunInOrder(Rig& rig, const Program& program, const std::vector<unsigned>& choices);

}  // namespace v0
}  // namespace ipcrig
