// SPDX-License-Identifier: Apache-2.0
//
// What the tests of `ipcrig check` and `ipcrig sweep` have in common: their program
// (programs/checked.c), which does one thing for each word of its command line.
//
//   const CommandResult result = Check({"--settle", "0"}, {CheckedProgram(), "leave"});
//   EXPECT_THAT(result.output, HasSubstr(CheckedLine("segment")));
#pragma once

#include <string>
#include <vector>

#include "command.h"

namespace ipcrig {

std::string CheckedProgram();

// "checked.c:18" and the end of the line, where the comment `// line: name` stands.
std::string CheckedLine(const std::string& name);

// `ipcrig check OPTIONS -- PROGRAM`
CommandResult Check(std::vector<std::string> options, const std::vector<std::string>& program,
                    const CommandOptions& how = {});

// Why nothing can be checked here, or calls not be traced. Empty if they can.
std::string WhyNotChecked();

bool IsInstalled(const std::string& name);

}  // namespace ipcrig
