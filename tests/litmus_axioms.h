// SPDX-License-Identifier: Apache-2.0
//
// Axioms: which states a memory may show, found in another way than litmus/allowed.h does. Every
// execution is a choice of which store each load reads and of an order of the stores to each
// location; it is allowed when the relations that the machine keeps have no cycle (Alglave,
// Maranget, Tautschnig: Herding Cats, TOPLAS 2014; for kOmca as in ARM's own model).
//
//   EXPECT_EQ(StatesByAxioms(test, Machine::kTso), AllowedStates(test, Machine::kTso).states);
//
// For tests without IPC calls, of few statements: it tries everything.
#pragma once

#include <set>

#include "litmus/allowed.h"
#include "litmus/test.h"

namespace ipcrig {

std::set<litmus::State> StatesByAxioms(const litmus::Test& test, litmus::Machine machine);

}  // namespace ipcrig
