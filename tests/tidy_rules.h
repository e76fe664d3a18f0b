// SPDX-License-Identifier: Apache-2.0
//
// The house rules, each a pure function of one file.
//
//   Layering("harness/base/result.h", "#include \"ops/op.h\"\n")
//     -> {{1, "base may not include ops/op.h"}}
//
// A rule decides by the path whether it applies, and returns nothing where it does not. Paths are
// relative to the root of the repository. No rule knows of an exemption: what is in the way of a
// good file is a bad rule, and is changed here. tests/tidy_test.cc has for each an input that it
// must reject, an input that it must accept, and the run over the whole tree.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ipcrig::tidy {

struct Violation {
  int line;  // from 1
  std::string what;
};

using Violations = std::vector<Violation>;
using Rule = Violations (*)(std::string_view path, std::string_view contents);

// A folder of harness/ includes only the folders below it; the pure ones no system headers.
Violations Layering(std::string_view path, std::string_view contents);

// At most 400 lines in a file (600 in tests/), 100 columns in a line.
Violations FileSize(std::string_view path, std::string_view contents);

// At most 60 lines from a function's opening brace to its closing one.
Violations FunctionSize(std::string_view path, std::string_view contents);

// Nothing waits for time to pass in the hope that something else has happened.
Violations NoSleep(std::string_view path, std::string_view contents);

// Licence line first; a header is guarded and opens with its manual.
Violations FileHead(std::string_view path, std::string_view contents);

// No tabs, no trailing whitespace, exactly one newline at the end.
Violations Whitespace(std::string_view path, std::string_view contents);

// No markers for work that is still to be done: it is done, or it is an issue.
Violations NoMarkers(std::string_view path, std::string_view contents);

// harness/ ends a process by _exit or IPC_REQUIRE, starts none through a shell and no threads.
Violations NoBannedCalls(std::string_view path, std::string_view contents);

// No path of somebody's own machine.
Violations NoMachinePaths(std::string_view path, std::string_view contents);

// A scenario's name and its first line say what it shows.
Violations ScenarioFile(std::string_view path, std::string_view contents);

}  // namespace ipcrig::tidy
