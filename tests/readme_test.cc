// SPDX-License-Identifier: Apache-2.0
//
// What the documentation shows is what happens.
#include <fstream>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "command.h"
#include "ops/ops.h"
#include "ops/scenario.h"

namespace ipcrig {
namespace {

std::string ReadSource(const std::string& name) {
  std::ostringstream text;
  text << std::ifstream(std::string(IPCRIG_SOURCE_DIR) + "/" + name).rdbuf();
  return text.str();
}

// The text between the first "```" line and the next.
std::string FirstCodeBlock(const std::string& text) {
  const size_t start = text.find("```\n") + 4;
  return text.substr(start, text.find("```\n", start) - start);
}

// The indented block that begins with this line, without the indent and without that line.
std::string IndentedBlockAfter(const std::string& text, const std::string& line) {
  std::istringstream rest(text.substr(text.find("    " + line) + 4 + line.size() + 1));
  std::string block;
  for (std::string one; std::getline(rest, one) && (one.empty() || one.rfind("    ", 0) == 0);) {
    block += (one.empty() ? one : one.substr(4)) + "\n";
  }
  while (block.size() > 1 && block[block.size() - 2] == '\n') block.pop_back();
  return block;
}

// Without the last line, which tells the time.
std::string WithoutSummary(const std::string& text) {
  return text.substr(0, text.rfind("1 scenario: "));
}

TEST(Readme, TheFailingExampleFailsAsShown) {
  const std::string readme = ReadSource("README.md");
  const ScratchDirectory scratch;
  const std::string path = scratch.Write("bsd.ipc", FirstCodeBlock(readme));
  const CommandResult result = RunCommand({IPCRIG_BINARY, "run", path});
  if (result.exit_code == 69) GTEST_SKIP() << result.output;
  std::string output = result.output;
  for (size_t at = 0; (at = output.find(scratch.path() + "/")) != std::string::npos;) {
    output.erase(at, scratch.path().size() + 1);
  }
  const std::string shown = IndentedBlockAfter(readme, "$ build/release/ipcrig run bsd.ipc");
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_EQ(WithoutSummary(output), WithoutSummary(shown));
}

TEST(Readme, TheExampleOfTheGrammarPasses) {
  const std::string text = FirstCodeBlock(ReadSource("scenarios/README.md"));
  const auto parsed = ParseScenario(text, "example.ipc");
  ASSERT_TRUE(std::holds_alternative<Scenario>(parsed)) << std::get<ParseError>(parsed).Text();
  EXPECT_EQ(PrintScenario(std::get<Scenario>(parsed)), text);
}

TEST(Readme, EveryCommandHasARow) {
  const std::string readme = ReadSource("README.md");
  for (const char* command : {"run", "replay", "format", "ops", "catalogue", "check -- PROGRAM",
                              "sweep -- PROGRAM", "doctor"}) {
    EXPECT_THAT(readme, testing::HasSubstr("| `ipcrig " + std::string(command))) << command;
  }
}

}  // namespace
}  // namespace ipcrig
