// SPDX-License-Identifier: Apache-2.0
#include "checked.h"

#include <sstream>

#include <gtest/gtest.h>

namespace ipcrig {

std::string CheckedProgram() { return std::string(IPCRIG_BUILD_DIR) + "/tests/programs/checked"; }

std::string CheckedLine(const std::string& name) {
  std::istringstream source(Contents(std::string(IPCRIG_SOURCE_DIR) + "/tests/programs/checked.c"));
  int number = 0;
  for (std::string line; std::getline(source, line);) {
    ++number;
    if (line.ends_with("// line: " + name)) return "checked.c:" + std::to_string(number) + "\n";
  }
  ADD_FAILURE() << "no line " << name;
  return "?";
}

CommandResult Check(std::vector<std::string> options, const std::vector<std::string>& program,
                    const CommandOptions& how) {
  options.insert(options.begin(), "check");
  options.emplace_back("--");
  options.insert(options.end(), program.begin(), program.end());
  return RunIpcrig(options, how);
}

std::string WhyNotChecked() {
  const CommandResult result = Check({"-v"}, {CheckedProgram(), "leave"});
  if (result.exit_code == 69) return result.output;
  if (result.output.find("not traced") != std::string::npos) return result.output;
  const bool stacks = result.output.find("built without") == std::string::npos;
  return stacks ? "" : "built without elfutils";
}

bool IsInstalled(const std::string& name) {
  return RunCommand({"/bin/sh", "-c", "command -v " + name}).exit_code == 0;
}

}  // namespace ipcrig
