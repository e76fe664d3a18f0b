// SPDX-License-Identifier: Apache-2.0
//
// ParseProcess: the part of the parser that reads one process of a litmus test, from its P0 to the
// end of its body, and adds it to the test with the locations and IPC objects that it names.
//
//   while (in.Peek().starts_with('P')) ParseProcess(in, test);
//
// Errors are the lexer's.
#pragma once

#include "litmus/lexer.h"
#include "litmus/test.h"

namespace ipcrig::litmus {

void ParseProcess(Lexer& in, Test& test);

// The index of the location or IPC object of this name, -1 where there is none.
template <typename Objects>
int FindNamed(const Objects& objects, std::string_view name) {
  for (size_t i = 0; i < objects.size(); ++i) {
    if (objects[i].name == name) return static_cast<int>(i);
  }
  return -1;
}

}  // namespace ipcrig::litmus
