// SPDX-License-Identifier: Apache-2.0
//
// RunTool(): the standard output of a program of this system, such as ipcs(1).
//
//   Result<std::string> text = RunTool({"ipcs", "-c"});
//
// The program is looked for in PATH. It runs in the locale C and in UTC, so that what it prints can
// be parsed. An error where there is no such program, or where it does not exit with 0.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"

namespace ipcrig {

Result<std::string> RunTool(std::vector<std::string> arguments);

}  // namespace ipcrig
