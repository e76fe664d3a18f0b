// SPDX-License-Identifier: Apache-2.0
//
// Requirements: what a scenario needs that a machine or a namespace may not have. A scenario whose
// needs are not met is skipped before its first line.
//
//   const std::string missing = MissingFor(scenario, facts, isolation);
//   if (!missing.empty()) ...   // says what is missing and how to get it
//
// In the caller's own namespace that includes all that could reach somebody else's object or change
// something for everybody.
#pragma once

#include <optional>
#include <string>

#include "exec/sandbox.h"
#include "ops/history.h"
#include "ops/scenario.h"

namespace ipcrig {

// Empty where nothing is missing. In the caller's namespace it looks whether keys are in use.
std::string MissingFor(const Scenario& scenario, const Facts& facts, Isolation isolation);

// Whether the call changes its process, or somebody else's, in a way that TidyUp() (exec/worker.h)
// does not undo: a process that made it is not one of a new scenario.
bool LeavesAMark(const Op& op);
// Whether it changes settings of its process that TidyUp() puts back.
bool LeavesSettings(const Op& op);
bool Executes(const Op& op);
bool MakesAPipe(const Op& op);

// Whether this program can be executed anew. An emulator of another architecture can start a
// program that the kernel does not know, and the program cannot. Asked once, before anything is
// forked.
bool CanExecuteItself();
bool ExecutesAnything(const Scenario& scenario);

// The kind of object that a *get call opens or creates.
std::optional<ObjectKind> CreatesWhat(const Op& op);

}  // namespace ipcrig
