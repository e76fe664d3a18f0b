// SPDX-License-Identifier: Apache-2.0
//
// The command line as users meet it: exit codes, messages, reports, bad input.
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "command.h"

namespace ipcrig {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr const char* kPasses =
    "# Passes.\nA  q = msgget(IPC_PRIVATE, 0600)\nA  msgctl(q, IPC_RMID)\n";
constexpr const char* kWrong =
    "# Expects the wrong type.\n"
    "A  q = msgget(IPC_PRIVATE, 0600)\n"
    "A  msgsnd(q, 1, \"x\", 0)\n"
    "A  msgrcv(q, 10, 0, 0)  -> {2, \"x\"}\n";

class Cli : public testing::Test {
 protected:
  std::string File(const std::string& name, const std::string& contents) {
    return scratch_.Write(name, contents);
  }
  std::string ReadFile(const std::string& name) {
    std::ostringstream text;
    text << std::ifstream(scratch_.path() + "/" + name).rdbuf();
    return text.str();
  }
  // The error that a scenario of this text gives, after the exit code was seen to be 65.
  std::string ErrorOf(const std::string& contents) {
    const CommandResult result = RunIpcrig({"run", File("bad.ipc", contents)});
    EXPECT_EQ(result.exit_code, 65) << result.output;
    return result.output;
  }

  ScratchDirectory scratch_;
};

TEST_F(Cli, PassingScenarioExitsWithZero) {
  const CommandResult result = RunIpcrig({"run", File("a.ipc", kPasses)});
  EXPECT_EQ(result.exit_code, 0) << result.output;
  EXPECT_THAT(result.output, HasSubstr("1 scenario: 1 pass"));
}

TEST_F(Cli, WrongExpectationFailsWithAReportThatNamesTheLine) {
  const CommandResult result = RunIpcrig({"run", File("wrong.ipc", kWrong)});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.output, HasSubstr("wrong.ipc:4  A  msgrcv(q, 10, 0, 0)"));
  EXPECT_THAT(result.output, HasSubstr("expected  {2, \"x\"}"));
  EXPECT_THAT(result.output, HasSubstr("observed  {1, \"x\"}"));
  EXPECT_THAT(result.output, HasSubstr("again     ipcrig replay "));
  EXPECT_THAT(result.output, HasSubstr("SUMMARY: ipcrig: expectation: msgrcv: value at "));
}

TEST_F(Cli, HangingProgramTimesOutAndNamesTheCall) {
  const std::string path = File("hang.ipc", "# Hangs.\nA  fork(B)\nB  exec(\"never_ends\")\n");
  const CommandResult result = RunIpcrig({"run", path, "--timeout", "1"});
  EXPECT_EQ(result.exit_code, 124);
  EXPECT_THAT(result.output, HasSubstr("hang.ipc:3  B  exec(\"never_ends\")"));
  EXPECT_THAT(result.output, HasSubstr("asleep in msgrcv"));
}

TEST_F(Cli, BlockedWaitAtTheEndFailsAndIsNamed) {
  const std::string path = File("wait.ipc", "# Waits for ever.\nA  fork(B)\nA  wait(B)\n");
  const CommandResult result = RunIpcrig({"run", path});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.output, HasSubstr("wait still blocks when the scenario ends"));
}

TEST_F(Cli, LeakingProgramFailsAndTheObjectIsShown) {
  const std::string path =
      File("leak.ipc", "# Leaks.\nA  fork(B)\nB  exec(\"leaves_segment\")\nA  wait(B)\n");
  const CommandResult result = RunIpcrig({"run", path});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.output, HasSubstr("leak: a shm object is left over"));
  EXPECT_THAT(result.output, HasSubstr("size=4096"));
}

TEST_F(Cli, SurvivingChildOfAProgramIsFound) {
  const std::string path =
      File("survivor.ipc", "# Outlives.\nA  fork(B)\nB  exec(\"leaves_child\")\nA  wait(B)\n");
  const CommandResult result = RunIpcrig({"run", path});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.output, HasSubstr("survivor: a process outlived the run"));
  EXPECT_THAT(result.output, HasSubstr("(leaves_child)"));
}

TEST_F(Cli, CallOfABlockedProcessIsBroken) {
  const std::string path = File("stuck.ipc",
                                "# B is asleep.\nA  q = msgget(IPC_PRIVATE, 0600)\n"
                                "B  msgrcv(q, 1, 0, 0)  -> blocks\nB  msgctl(q, IPC_STAT)\n");
  const CommandResult result = RunIpcrig({"run", path});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.output, HasSubstr("line 4: B cannot make this call: it is still in its call"));
}

TEST_F(Cli, BadInputExitsWith65AndPointsAtTheFault) {
  EXPECT_THAT(ErrorOf("A  msgrecv(q)\n"), HasSubstr("bad.ipc:1:4: unknown operation msgrecv"));
  EXPECT_THAT(ErrorOf("A  kill(B, SIGKILL)\n"), HasSubstr("bad.ipc:1:9: unknown process B"));
  EXPECT_THAT(ErrorOf("A  msgctl(q, IPC_RMID)\n"), HasSubstr("q is used before it exists"));
  EXPECT_THAT(ErrorOf("A  exit(256)\n"), HasSubstr("number out of range"));
  EXPECT_THAT(ErrorOf("A  " + std::string(1 << 20, 'x')), HasSubstr("longer than"));
  EXPECT_THAT(ErrorOf(std::string("A  fork(\0B)\n", 12)), HasSubstr("control character 0x00"));
  EXPECT_THAT(ErrorOf(""), HasSubstr("no step"));
  EXPECT_THAT(ErrorOf("A  exec(\"../../bin/sh\")\n"), HasSubstr("a program is a bare name"));
  EXPECT_THAT(ErrorOf("A  exec(\"no_such_program\")\n"), HasSubstr("--programs"));
}

TEST_F(Cli, OneBadFileAmongGoodOnesIsFoundBeforeAnythingRuns) {
  File("a.ipc", kPasses);
  File("b.ipc", "nonsense\n");
  const CommandResult result = RunIpcrig({"run", scratch_.path()});
  EXPECT_EQ(result.exit_code, 65);
  EXPECT_THAT(result.output, HasSubstr("b.ipc:1:"));
  EXPECT_THAT(result.output, Not(HasSubstr("scenario: ")));
}

TEST_F(Cli, BadUsageExitsWith64) {
  EXPECT_EQ(RunIpcrig({}).exit_code, 64);
  EXPECT_EQ(RunIpcrig({"run"}).exit_code, 64);
  EXPECT_EQ(RunIpcrig({"run", "/no/such/place"}).exit_code, 64);
  EXPECT_EQ(RunIpcrig({"run", scratch_.path()}).exit_code, 64);  // no scenario in it
  EXPECT_EQ(RunIpcrig({"run", File("a.ipc", kPasses), "--jobs", "0"}).exit_code, 64);
  EXPECT_EQ(RunIpcrig({"run", File("a.ipc", kPasses), "--color", "red"}).exit_code, 64);
  EXPECT_EQ(RunIpcrig({"run", File("a.ipc", kPasses), "--filter", "zzz"}).exit_code, 64);
  EXPECT_EQ(RunIpcrig({"frobnicate"}).exit_code, 64);
  EXPECT_EQ(RunIpcrig({"replay", scratch_.path() + "/none.ipc"}).exit_code, 64);
}

TEST_F(Cli, HelpAndVersionSucceed) {
  for (const char* command : {"run", "replay", "format", "ops", "catalogue", "doctor"}) {
    EXPECT_EQ(RunIpcrig({command, "--help"}).exit_code, 0) << command;
  }
  EXPECT_THAT(RunIpcrig({"--help"}).output, HasSubstr("Exit codes"));
  EXPECT_THAT(RunIpcrig({"--version"}).output, HasSubstr("ipcrig 0."));
}

TEST_F(Cli, ReportsForMachinesAreWritten) {
  const std::string wrong = File("wrong.ipc", kWrong);
  const std::string junit = scratch_.path() + "/report.xml";
  const std::string json = scratch_.path() + "/report.json";
  const std::string ktap = scratch_.path() + "/report.ktap";
  RunIpcrig(
      {"run", wrong, File("a.ipc", kPasses), "--junit", junit, "--json", json, "--ktap", ktap});
  EXPECT_THAT(ReadFile("report.ktap"),
              AllOf(HasSubstr("KTAP version 1\n1..2\n# "), HasSubstr("\nnot ok 1 " + wrong + "\n"),
                    HasSubstr("\nok 2 ")));
  EXPECT_THAT(ReadFile("report.xml"), HasSubstr("tests=\"2\" failures=\"1\""));
  const auto parsed = nlohmann::json::parse(ReadFile("report.json"));
  EXPECT_EQ(parsed["scenarios"][0]["verdict"], "fail");
  EXPECT_EQ(parsed["scenarios"][0]["findings"][0]["line"], 4);
  EXPECT_EQ(parsed["scenarios"][1]["verdict"], "pass");
}

TEST_F(Cli, JsonOnStandardOutputStandsAlone) {
  const CommandResult result = RunIpcrig({"run", File("a.ipc", kPasses), "--json", "-"}, {});
  EXPECT_THAT(result.output, HasSubstr("\"schema\": 1"));
}

// A link of a link, to a pipe that has no path.
TEST_F(Cli, AReportGoesToWhereStandardOutputGoes) {
  const CommandResult result =
      RunIpcrig({"run", File("a.ipc", kPasses), "--json", "/dev/stdout"}, {});
  EXPECT_EQ(result.exit_code, 0) << result.output;
  EXPECT_THAT(result.output, HasSubstr("\"schema\": 1"));
}

TEST_F(Cli, ReportThatCannotBeWrittenIsBroken) {
  const CommandResult result =
      RunIpcrig({"run", File("a.ipc", kPasses), "--junit", "/no/such/directory/x.xml"});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.output,
              HasSubstr("cannot write /no/such/directory/x.xml: No such file or directory"));
}

TEST_F(Cli, ColorOnlyWhereItIsWanted) {
  const std::string wrong = File("wrong.ipc", kWrong);
  EXPECT_THAT(RunIpcrig({"run", wrong}).output, Not(HasSubstr("\x1b[")));
  EXPECT_THAT(RunIpcrig({"run", wrong, "--color", "always"}).output, HasSubstr("\x1b[31;1mFAIL"));
}

TEST_F(Cli, FormatMakesTheNormalForm) {
  const std::string path = File("a.ipc", "# x\nA   q=msgget( 1,IPC_CREAT|0600 )->ok\n");
  EXPECT_EQ(RunIpcrig({"format", "--check", path}).exit_code, 1);
  EXPECT_EQ(RunIpcrig({"format", path}).exit_code, 0);
  EXPECT_EQ(ReadFile("a.ipc"), "# x\nA  q = msgget(1, IPC_CREAT|0600)  -> ok\n");
  EXPECT_EQ(RunIpcrig({"format", "--check", path}).exit_code, 0);
}

TEST_F(Cli, RepeatFilterJobsAndSeedChooseWhatRuns) {
  File("a.ipc", kPasses);
  File("b.ipc", kPasses);
  const CommandResult result = RunIpcrig({"run", scratch_.path(), "--filter", "*/a.ipc", "--repeat",
                                          "6", "--jobs", "3", "--seed", "7", "-v"});
  EXPECT_EQ(result.exit_code, 0) << result.output;
  EXPECT_THAT(result.output, HasSubstr("6 scenarios: 6 pass"));
  EXPECT_THAT(result.output, Not(HasSubstr("b.ipc")));
}

TEST_F(Cli, OpsListsEveryOperation) {
  const CommandResult result = RunIpcrig({"ops"});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.output, HasSubstr("shmctl(shmid, IPC_RMID)"));
  EXPECT_THAT(result.output, HasSubstr("msgop(2)"));
}

TEST_F(Cli, DoctorTellsWhatIsPermitted) {
  const CommandResult result = RunIpcrig({"doctor"});
  EXPECT_THAT(result.output, HasSubstr("private IPC namespace"));
  EXPECT_THAT(result.output, HasSubstr("SCHED_FIFO"));
}

}  // namespace
}  // namespace ipcrig
