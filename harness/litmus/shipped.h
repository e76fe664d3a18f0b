// SPDX-License-Identifier: Apache-2.0
//
// The litmus tests of scenarios/litmus, which are part of the program, so that one file is enough
// anywhere. The build makes the list from that folder.
//
//   const ShippedTest* test = FindShipped("MP");   // case does not matter
#pragma once

#include <span>
#include <string_view>

namespace ipcrig::litmus {

struct ShippedTest {
  std::string_view name;  // of the file, without .litmus
  std::string_view text;
};

std::span<const ShippedTest> ShippedTests();

// nullptr where there is none.
const ShippedTest* FindShipped(std::string_view name);

}  // namespace ipcrig::litmus
