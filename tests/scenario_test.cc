// SPDX-License-Identifier: Apache-2.0
#include "ops/scenario.h"

#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace ipcrig {
namespace {

Scenario Parsed(std::string_view text) {
  auto parsed = ParseScenario(text, "a.ipc");
  if (const auto* error = std::get_if<ParseError>(&parsed)) {
    ADD_FAILURE() << error->Text();
    return {};
  }
  return std::get<Scenario>(parsed);
}

ParseError ErrorIn(std::string_view text) {
  auto parsed = ParseScenario(text, "a.ipc");
  if (const auto* error = std::get_if<ParseError>(&parsed)) return *error;
  ADD_FAILURE() << "this is a scenario:\n" << text.substr(0, 500);
  return {};
}

// "line:column: message"
std::string ErrorTextOf(std::string_view text) {
  const ParseError error = ErrorIn(text);
  EXPECT_EQ(error.path, "a.ipc");
  return std::to_string(error.line) + ":" + std::to_string(error.column) + ": " + error.message;
}

bool IsScenario(std::string_view text) {
  return std::holds_alternative<Scenario>(ParseScenario(text, "a.ipc"));
}

// Prints as itself, and means the same when it is read again.
void ExpectNormal(const std::string& text) {
  const Scenario scenario = Parsed(text);
  EXPECT_EQ(PrintScenario(scenario), text);
  EXPECT_TRUE(Parsed(PrintScenario(scenario)) == scenario) << text;
}

void ExpectNormalForm(const std::string& text, const std::string& normal) {
  const Scenario scenario = Parsed(text);
  EXPECT_EQ(PrintScenario(scenario), normal);
  EXPECT_TRUE(Parsed(normal) == scenario) << text;
}

std::string Lines(int count, const std::string& before, const std::string& after) {
  std::string text;
  for (int i = 0; i < count; ++i) text += before + std::to_string(i) + after + "\n";
  return text;
}

TEST(Scenario, NormalTextPrintsAsTheSameBytes) {
  ExpectNormal("A  exit(0)\n");
  ExpectNormal("ipcs\n");
  ExpectNormal(
      "# A message that is sent is received.\n"
      "\n"
      "#\n"
      "A  q = msgget(IPC_PRIVATE, 0600)\n"
      "B  msgrcv(q, 100, 0, 0)  -> blocks  # nothing there\n"
      "A  msgsnd(q, 1, \"hello # you\", 0)\n"
      "B  returns               -> {1, \"hello # you\"}\n"
      "\n"
      "# What is left?\n"
      "ipcs  # one queue\n"
      "A  msgctl(q, IPC_RMID)  -> 0\n"
      "# The end.\n"
      "\n");
  ExpectNormal(
      "parent  p = pipe()    -> {capacity=65536}\n"
      "parent  fork(child)\n"
      "child   read(p.r, 5)  -> blocks\n");
}

TEST(Scenario, EveryScenarioOfTheRepositoryMeansTheSameWhenPrinted) {
  int count = 0;
  const std::filesystem::path root(IPCRIG_SOURCE_DIR "/scenarios");
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) {
    if (entry.path().extension() != ".ipc") continue;
    ++count;
    std::ifstream file(entry.path());
    std::stringstream text;
    text << file.rdbuf();
    const Scenario scenario = Parsed(text.str());
    EXPECT_TRUE(Parsed(PrintScenario(scenario)) == scenario) << entry.path();
  }
  EXPECT_GE(count, 5);
}

TEST(Scenario, OtherSpacingPrintsInNormalForm) {
  ExpectNormalForm(
      "\tA q=msgget( 0 ,0600 )# c\n  # above \nA\tmsgctl( q,IPC_RMID )->0",
      "A  q = msgget(IPC_PRIVATE, 0600)  # c\n# above\nA  msgctl(q, IPC_RMID)  -> 0\n");
  ExpectNormalForm("A exit ( 0x0A ) -> exit 012\n   \n\t\n", "A  exit(10)  -> exit 10\n\n\n");
}

TEST(Scenario, ArrowsOfABlockStandBelowEachOther) {
  ExpectNormalForm(
      "A  s = semget(IPC_PRIVATE, 2, 0600) -> ok\n"
      "longer  semctl(s, 0, GETVAL) -> 0\n"
      "A  semctl(s, 0, SETVAL, 100000)\n"
      "\n"
      "A  semctl(s, 0, GETVAL) -> 1\n"
      "A  exit(1) -> exit 1\n"
      "# a longer one\n"
      "A s = semget(IPC_PRIVATE, 22222, 0600) -> ok\n",
      "A       s = semget(IPC_PRIVATE, 2, 0600)  -> ok\n"
      "longer  semctl(s, 0, GETVAL)              -> 0\n"
      "A       semctl(s, 0, SETVAL, 100000)\n"
      "\n"
      "A       semctl(s, 0, GETVAL)  -> 1\n"
      "A       exit(1)               -> exit 1\n"
      "# a longer one\n"
      "A       s = semget(IPC_PRIVATE, 22222, 0600)  -> ok\n");
}

TEST(Scenario, AVeryLongCallDoesNotPushTheOtherArrowsAway) {
  ExpectNormal(
      "A  s = semget(IPC_PRIVATE, 2, 0600)  -> ok\n"
      "A  semop(s, [{0, -1, SEM_UNDO}, {1, -1, SEM_UNDO}, {0, 1, 0}])  -> blocks\n"
      "A  exit(1)                           -> exit 1\n");
}

TEST(Scenario, ParsingTellsProcessesVariablesAndSteps) {
  const Scenario scenario = Parsed(
      "# x\nA q = msgget(1, 0)\n\nB  msgrcv(q, 1, 0, 0) -> blocks # y\n"
      "B returns -> EIDRM\nipcs\n# z\n");
  EXPECT_EQ(scenario.names.processes, (std::vector<std::string>{"A", "B"}));
  ASSERT_EQ(scenario.names.variables.size(), 1u);
  EXPECT_EQ(scenario.names.variables[0], (Names::Variable{"q", Kind::kQueue}));
  ASSERT_EQ(scenario.steps.size(), 4u);
  EXPECT_EQ(scenario.steps[0].above, std::vector<std::string>{"# x"});
  EXPECT_EQ(scenario.steps[1].above, std::vector<std::string>{""});
  EXPECT_EQ(scenario.steps[1].process, 1);
  EXPECT_EQ(scenario.steps[1].comment, "# y");
  EXPECT_EQ(scenario.steps[2].kind, Step::Kind::kReturns);
  EXPECT_TRUE(scenario.steps[2].op == scenario.steps[1].op);
  EXPECT_EQ(scenario.steps[2].expect.kind, Expectation::Kind::kError);
  EXPECT_EQ(scenario.steps[3].kind, Step::Kind::kIpcs);
  EXPECT_EQ(scenario.below, std::vector<std::string>{"# z"});
}

TEST(Scenario, ARaceIsPrintedWithItsScheduleAndIndented) {
  ExpectNormal(
      "A   q = msgget(IPC_PRIVATE, 0600)\n"
      "race pct seed=7 times=200 {  # why\n"
      "  A   msgsnd(q, 1, \"one\", 0)  -> ok\n"
      "  # by another process\n"
      "  BB  msgrcv(q, 4, 0, IPC_NOWAIT)\n"
      "}\n"
      "BB  returns\n"
      "race {\n"
      "  A   s = semget(IPC_PRIVATE, 1, 0600)\n"
      "  A   semop(s, [{0, 1, 0}])\n"
      "}\n");
}

TEST(Scenario, ARaceKnowsItsScheduleAndItsEnd) {
  const Scenario scenario = Parsed("A exit(0)\nrace starve times=3 {\nB exit(0)\n}\nipcs\n");
  EXPECT_EQ(scenario.steps[1].kind, Step::Kind::kRace);
  EXPECT_EQ(scenario.steps[1].schedule, (Schedule{Schedule::Kind::kStarve, 0, 3}));
  EXPECT_EQ(scenario.EndOfRace(1), 3u);
  EXPECT_EQ(StepText(scenario, 1), "race starve times=3 {");
  EXPECT_EQ(StepText(scenario, 3), "}");
  EXPECT_FALSE(scenario.steps[1].IsLineOfProcess());
}

TEST(Scenario, WhatCannotRaceIsRefused) {
  const std::pair<const char*, const char*> wrong[] = {
      {"race {\nA exit(0)\n", "a.ipc:1:1: a race without its end: add a line }"},
      {"A exit(0)\n}\n", "a.ipc:2:1: no race above that could end"},
      {"race {\nrace {\n", "a.ipc:2:1: a race within a race"},
      {"race {\nipcs\n}\n", "a.ipc:2:1: ipcs within a race; move it behind the }"},
      {"race slow {\n}\n", "a.ipc:1:6: expected '{'"},
      {"race pct seed=-1 {\n}\n", "a.ipc:1:15: "},
      {"race times=0 {\n}\n", "a.ipc:1:12: "},
      {"race {\nA fork(B)\n}\n", "a.ipc:2:3: fork cannot race; move it out of the block"},
      {"race {\nB kill(B, SIGSTOP)\n}\n", "a.ipc:2:3: kill cannot race; move it out of the block"},
      {"race {\nA msgrcv(0, 1, 0, 0)\nA returns\n}\n",
       "a.ipc:3:3: returns within a race; move it behind the }"},
      {"race {\nA q = msgget(1, 0)\nB msgctl(q, IPC_RMID)\n}\n",
       "a.ipc:3:3: q is assigned in this race and used by two processes"},
      {"A q = msgget(1, 0)\nrace {\nB msgctl(q, IPC_RMID)\nA q = msgget(1, 0)\n}\n",
       "a.ipc:4:3: q is assigned in this race and used by two processes"},
      {"race exit(0)\n", "a.ipc:1:6: expected '{'"},
  };
  for (const auto& [text, error] : wrong) {
    EXPECT_EQ(ErrorIn(text).Text().substr(0, strlen(error)), error) << text;
  }
}

TEST(Scenario, LineOfIsTheLineInThePrintedText) {
  const Scenario scenario = Parsed("# x\n\nA exit(0)\nB exit(0)\n\n# y\nipcs\n# z\n");
  EXPECT_EQ(scenario.LineOf(0), 3);
  EXPECT_EQ(scenario.LineOf(1), 4);
  EXPECT_EQ(scenario.LineOf(2), 7);
}

TEST(Scenario, StepTextIsTheLineWithoutPaddingAndComment) {
  const Scenario scenario = Parsed(
      "# x\nparent  q = msgget(1, 0)  # y\nB  msgrcv(q, 1, 0, 0)  -> blocks\nB returns\nipcs\n");
  EXPECT_EQ(StepText(scenario, 0), "parent  q = msgget(1, 0)");
  EXPECT_EQ(StepText(scenario, 1), "B  msgrcv(q, 1, 0, 0)  -> blocks");
  EXPECT_EQ(StepText(scenario, 2), "B  returns");
  EXPECT_EQ(StepText(scenario, 3), "ipcs");
}

TEST(Scenario, UnknownOperationNamesThePlaceWithACaret) {
  EXPECT_EQ(ErrorIn("# x\nA  exit(0)\nB  msgrecv(q, 100, 0, 0)\n").Text(),
            "a.ipc:3:4: unknown operation msgrecv; `ipcrig ops` lists them\n"
            "  B  msgrecv(q, 100, 0, 0)\n"
            "     ^");
  EXPECT_EQ(ErrorIn("A  q = msgrecv(0)\n").Text(),
            "a.ipc:1:8: unknown operation msgrecv; `ipcrig ops` lists them\n"
            "  A  q = msgrecv(0)\n"
            "         ^");
}

TEST(Scenario, TheCaretOfTheFirstColumnStandsBelowIt) {
  EXPECT_EQ(ErrorIn("5\n").Text(), "a.ipc:1:1: expected a name\n  5\n  ^");
}

TEST(Scenario, NamesMustStandForSomethingAbove) {
  EXPECT_EQ(ErrorTextOf("A  kill(B, SIGKILL)\n"),
            "1:9: unknown process B: no line above starts or forks it");
  EXPECT_EQ(ErrorTextOf("A  exit(0)\nA  msgctl(q, IPC_RMID)\nA  q = msgget(1, 0)\n"),
            "2:11: q is used before it exists: no line above assigns it");
  EXPECT_EQ(ErrorTextOf("A  s = semget(1, 1, 0)\nA  msgctl(s, IPC_RMID)\n"),
            "2:11: s is a semaphore set, not a message queue");
  EXPECT_EQ(ErrorTextOf("A  q = msgctl(q, IPC_RMID)\n"),
            "1:15: q is used before it exists: no line above assigns it");
}

TEST(Scenario, AVariableKeepsItsKind) {
  EXPECT_EQ(ErrorTextOf("A  x = msgget(1, 0)\nA  x = semget(1, 1, 0)\n"),
            "2:4: x is a message queue above and cannot become a semaphore set");
  ExpectNormal("A  x = msgget(1, 0)\nA  x = msgget(2, 0)\n");
}

TEST(Scenario, AChildIsForkedOnce) {
  EXPECT_EQ(ErrorTextOf("A  fork(B)\nA  fork(B)\n"),
            "2:9: process B exists already; a child needs a new name");
  EXPECT_EQ(ErrorTextOf("A  fork(A)\n"), "1:9: process A exists already; a child needs a new name");
}

TEST(Scenario, NumbersMustBeInTheirRange) {
  EXPECT_EQ(ErrorTextOf("A  exit(256)\n"), "1:9: number out of range: 256 is not in 0 .. 255");
  EXPECT_EQ(ErrorTextOf("A  exit(0) -> 9223372036854775808\n"),
            "1:15: number out of range: 9223372036854775808 is not in -9223372036854775808 .. "
            "9223372036854775807");
}

TEST(Scenario, ReturnsNeedsACallThatCouldReturn) {
  EXPECT_EQ(ErrorTextOf("A  exit(0)\nB  returns\n"), "2:4: no call above that could return");
  EXPECT_EQ(ErrorTextOf("A  fork(B)\nB  returns -> 0\n"), "2:4: no call above that could return");
}

TEST(Scenario, ReservedWordsCannotBeNames) {
  for (const std::string word : {"returns", "NULL", "IPC_PRIVATE", "self", "data"}) {
    EXPECT_EQ(ErrorTextOf(word + "  exit(0)\n"),
              "1:1: " + word + " cannot be the name of a process");
  }
}

TEST(Scenario, ReservedWordsCannotBeNamesOfChildrenEither) {
  for (const std::string word : {"returns", "ipcs", "NULL", "IPC_PRIVATE", "self", "data"}) {
    EXPECT_FALSE(IsScenario("A  fork(" + word + ")\n")) << word;
  }
}

TEST(Scenario, ReservedWordsCannotBeVariables) {
  EXPECT_FALSE(IsScenario("A  s = shmget(1, 1, 0)\nA  NULL = shmat(s, NULL, 0)\n"));
  EXPECT_FALSE(IsScenario("A  IPC_PRIVATE = ftok(\"/\", 1)\n"));
}

TEST(Scenario, NamesAreAtMost32BytesLong) {
  const std::string longest(32, 'n');
  ExpectNormal(longest + "  fork(B)\n");
  EXPECT_EQ(ErrorTextOf(longest + "n  exit(0)\n"), "1:1: name longer than 32 bytes");
  EXPECT_FALSE(IsScenario("A  fork(" + longest + "n)\n"));
  EXPECT_FALSE(IsScenario("A  " + longest + "n = msgget(1, 0)\n"));
}

TEST(Scenario, ACallNeedsAProcess) {
  EXPECT_EQ(ErrorTextOf("exit(0)\n"), "1:1: expected a process before the call");
  EXPECT_EQ(ErrorTextOf("A  exit(0)\nq = msgget(1, 0)\n"),
            "2:1: expected a process before the call");
}

TEST(Scenario, BrokenLinesArePointedAt) {
  EXPECT_EQ(ErrorTextOf("A  exit(0\n"), "1:10: expected ')' before the end of the line");
  EXPECT_EQ(ErrorTextOf("A  exit\n"), "1:8: expected '(' before the end of the line");
  EXPECT_EQ(ErrorTextOf("A\n"), "1:2: expected a name");
  EXPECT_EQ(ErrorTextOf("A  exit(0) B\n"), "1:12: expected the end of the line");
  EXPECT_EQ(ErrorTextOf("A  exit(0) -> exit 0 )\n"), "1:22: expected the end of the line");
  EXPECT_EQ(ErrorTextOf("A  exit(0) ->\n"), "1:14: expected a name");
  EXPECT_EQ(ErrorTextOf("ipcs -> ok\n"), "1:6: expected the end of the line");
  EXPECT_EQ(ErrorTextOf("A  ftok(\"#, 0)\n"), "1:9: text without its closing quote");
  EXPECT_EQ(ErrorTextOf("A  ftok(\"\\\"#, 0)\n"), "1:9: text without its closing quote");
}

TEST(Scenario, ANumberSignInQuotesIsNoComment) {
  const Scenario scenario = Parsed("A  ftok(\"#\\\"#\", 1)  # \"c\"\n");
  ASSERT_EQ(scenario.steps.size(), 1u);
  EXPECT_EQ(scenario.steps[0].comment, "# \"c\"");
  EXPECT_EQ(std::get<Ftok>(scenario.steps[0].op).path.view(), "#\"#");
}

TEST(Scenario, ControlCharactersAreNamed) {
  EXPECT_EQ(ErrorTextOf("A  exit(0)\r\nB  exit(0)\r\n"), "1:11: control character 0x0d");
  EXPECT_EQ(ErrorTextOf(std::string("A  exit(0)\n# a\0b\n", 17)), "2:4: control character 0x00");
  EXPECT_EQ(ErrorTextOf("A  exit(0) # \x7f\n"), "1:14: control character 0x7f");
  EXPECT_EQ(ErrorTextOf("\x1b[2J\n"), "1:1: control character 0x1b");
  ExpectNormal("# \xc3\xa4\nA  exit(0)  # \xc3\xa4\n");
}

TEST(Scenario, AnErrorDoesNotSendControlCharactersToTheTerminal) {
  for (const char c : ErrorIn("A  exit(0) \x1b[2J\x07\n").Text()) {
    EXPECT_TRUE(c == '\n' || c >= ' ') << static_cast<int>(c);
  }
}

TEST(Scenario, AScenarioHasAtLeastOneStep) {
  const std::string message = "no step: a scenario has at least one call";
  EXPECT_EQ(ErrorTextOf(""), "1:1: " + message);
  EXPECT_EQ(ErrorTextOf("\n"), "1:1: " + message);
  EXPECT_EQ(ErrorTextOf("# a\n\n  # b\n"), "3:1: " + message);
}

TEST(Scenario, LinesAreAtMost4096BytesLong) {
  const std::string longest = "A  exit(0)  #" + std::string(4096 - 13, 'x');
  ExpectNormal(longest + "\n");
  EXPECT_EQ(ErrorTextOf("A  exit(0)\n" + longest + "x\n"), "2:4096: line longer than 4096 bytes");
  EXPECT_EQ(ErrorTextOf(std::string(kMaxScenarioBytes, 'x')),
            "1:4096: line longer than 4096 bytes");
  const std::string text = ErrorIn(longest + "x\n").Text();
  EXPECT_LT(text.size(), 400u) << "the line itself is cut";
}

TEST(Scenario, AScenarioIsAtMostOneMebibyteLong) {
  std::string text = "A  exit(0)\n";
  while (text.size() + 1024 <= kMaxScenarioBytes) text += std::string(1023, '#') + "\n";
  text += std::string(kMaxScenarioBytes - text.size(), '#');
  EXPECT_EQ(Parsed(text).steps.size(), 1u);
  EXPECT_EQ(ErrorTextOf(text + "#"), "1:1: scenario longer than 1 MiB");
}

TEST(Scenario, ThereAreAtMost16Processes) {
  EXPECT_EQ(Parsed(Lines(16, "P", "  exit(0)")).names.processes.size(), 16u);
  EXPECT_EQ(ErrorTextOf(Lines(17, "P", "  exit(0)")), "17:1: more than 16 processes");
  EXPECT_EQ(Parsed(Lines(15, "A  fork(P", ")")).names.processes.size(), 16u);
  EXPECT_EQ(ErrorTextOf(Lines(16, "A  fork(P", ")")), "16:9: more than 16 processes");
}

TEST(Scenario, ThereAreAtMost64Variables) {
  EXPECT_EQ(Parsed(Lines(64, "A  q", " = msgget(1, 0)")).names.variables.size(), 64u);
  EXPECT_EQ(ErrorTextOf(Lines(65, "A  q", " = msgget(1, 0)")), "65:4: more than 64 variables");
  EXPECT_EQ(ErrorTextOf(Lines(64, "A  q", " = msgget(1, 0)") + "A  p = pipe()\n"),
            "65:4: more than 64 variables");
}

TEST(Scenario, ThereAreAtMost2000Steps) {
  EXPECT_EQ(Parsed(Lines(2000, "A  exit(0) # ", "")).steps.size(), 2000u);
  EXPECT_EQ(ErrorTextOf(Lines(2001, "A  exit(0) # ", "")), "2001:1: more than 2000 steps");
  const Scenario with_ipcs = Parsed(Lines(1999, "A  exit(0) # ", "") + "ipcs\n# end\n");
  EXPECT_EQ(with_ipcs.steps.size(), 2000u);
}

TEST(Scenario, NoPrefixAndNoChangedByteCrashesTheParser) {
  const std::string text =
      "# c\nA  at = shmat(-1, NULL, SHM_RND)  -> EINVAL\nA  fork(B)\n"
      "B  semop(5, [{0, -1, SEM_UNDO}])  -> EAGAIN\nB  exec(\"x\")  -> exit 0 \"x\\n\"\nA  "
      "store(at+1, 0, data(1, 2))\n";
  ASSERT_EQ(Parsed(text).steps.size(), 5u);
  for (size_t i = 0; i < text.size(); ++i) {
    ParseScenario(text.substr(0, i), "a.ipc");
    for (const char c : {'\0', '"', '(', '{', '-', '9', '#', '\n', 'A', '\xff', '\\'}) {
      std::string changed = text;
      changed[i] = c;
      const auto parsed = ParseScenario(changed, "a.ipc");
      if (const auto* scenario = std::get_if<Scenario>(&parsed)) {
        EXPECT_TRUE(Parsed(PrintScenario(*scenario)) == *scenario) << changed;
      } else {
        EXPECT_FALSE(std::get<ParseError>(parsed).Text().empty());
      }
    }
  }
}

}  // namespace
}  // namespace ipcrig
