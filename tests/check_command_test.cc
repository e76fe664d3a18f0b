// SPDX-License-Identifier: Apache-2.0
//
// ipcrig check: what a program leaves, where it came from, and that the program does not notice.
#include <sched.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "command.h"
#include "exec/views.h"

namespace ipcrig {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

const std::string kProgram = std::string(IPCRIG_BUILD_DIR) + "/tests/programs/checked";

// "checked.c:18", where the comment `// line: name` stands.
std::string LineOf(const std::string& name) {
  std::istringstream source(Contents(std::string(IPCRIG_SOURCE_DIR) + "/tests/programs/checked.c"));
  int number = 0;
  for (std::string line; std::getline(source, line);) {
    ++number;
    if (line.ends_with("// line: " + name)) return "checked.c:" + std::to_string(number) + "\n";
  }
  ADD_FAILURE() << "no line " << name;
  return "?";
}

// `ipcrig check OPTIONS -- PROGRAM`
CommandResult Check(std::vector<std::string> options, std::vector<std::string> program,
                    const CommandOptions& how = {}) {
  options.insert(options.begin(), "check");
  options.emplace_back("--");
  options.insert(options.end(), program.begin(), program.end());
  return RunIpcrig(options, how);
}

CommandResult Does(const std::string& what, std::vector<std::string> options = {}) {
  return Check(std::move(options), {kProgram, what});
}

class CheckCommand : public testing::Test {
 protected:
  void SetUp() override {
    const CommandResult result = Does("status", {"-v"});
    if (result.exit_code == 69) GTEST_SKIP() << result.output;
    if (result.output.find("not traced") != std::string::npos) GTEST_SKIP() << result.output;
    const bool stacks = Does("leave").output.find("built without") == std::string::npos;
    if (!stacks) GTEST_SKIP() << "built without elfutils";
  }
};

bool IsInstalled(const std::string& name) {
  return RunCommand({"/bin/sh", "-c", "command -v " + name}).exit_code == 0;
}

TEST_F(CheckCommand, SaysWhatWasLeftAndWhereItCameFrom) {
  const CommandResult result = Does("leave");
  EXPECT_EQ(result.exit_code, 99);
  EXPECT_THAT(result.output, AllOf(HasSubstr("LEAK: shm"), HasSubstr("LEAK: msg"),
                                   HasSubstr("LEAK: sem"), HasSubstr("4096 bytes"),
                                   HasSubstr("mode 0600"), HasSubstr("1 message, 4 bytes"),
                                   HasSubstr("values 0 7"), HasSubstr("checked leave)")));
  EXPECT_THAT(result.output, AllOf(HasSubstr("make_segment"), HasSubstr(LineOf("segment")),
                                   HasSubstr(LineOf("queue")), HasSubstr(LineOf("set")),
                                   HasSubstr("leave_each"), HasSubstr("main")));
  EXPECT_THAT(result.output,
              HasSubstr("SUMMARY: ipcrig: 3 leaks (1 shm, 1 msg, 1 sem, 4100 bytes"));
}

TEST_F(CheckCommand, IsSilentAboutACleanProgram) {
  const CommandResult result = Does("remove");
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.output, IsEmpty());
  EXPECT_THAT(Does("remove", {"-v"}).output, HasSubstr("clean"));
}

TEST_F(CheckCommand, EndsAsTheProgramDoes) {
  EXPECT_EQ(Does("status").exit_code, 42);
  EXPECT_EQ(Does("term").exit_code, 128 + SIGTERM);
  EXPECT_EQ(Check({}, {"/nowhere/program"}).exit_code, 127);
  EXPECT_EQ(Check({}, {"/etc/passwd"}).exit_code, 126);
  EXPECT_EQ(Does("leave", {"--error-exitcode", "7"}).exit_code, 7);
  EXPECT_EQ(Does("hang", {"--timeout", "0.2"}).exit_code, 124);
}

TEST_F(CheckCommand, PassesInputAndOutputThrough) {
  const std::string command =
      std::string("echo hello | ") + IPCRIG_BINARY + " check -- cat | tr a-z A-Z";
  EXPECT_EQ(RunCommand({"/bin/sh", "-c", command}).output, "HELLO\n");
}

TEST_F(CheckCommand, FollowsThreadsForksAndPrograms) {
  EXPECT_THAT(Does("thread").output, AllOf(HasSubstr(LineOf("segment")), HasSubstr("in_thread")));
  EXPECT_THAT(Does("grandchild").output,
              AllOf(HasSubstr(LineOf("queue")), HasSubstr("from_grandchild")));
  EXPECT_THAT(Does("exec").output, AllOf(HasSubstr(LineOf("set")), HasSubstr("checked leave)")));
  EXPECT_THAT(Check({}, {"/bin/sh", "-c", kProgram + " leave; true"}).output,
              HasSubstr(LineOf("queue")));
}

TEST_F(CheckCommand, SeesCallsThatNoLibraryMakes) {
  EXPECT_THAT(Does("raw").output, HasSubstr(LineOf("raw")));
  const CommandResult result = Check({}, {kProgram + "_static", "leave"});
  EXPECT_EQ(result.exit_code, 99);
  EXPECT_THAT(result.output, AllOf(HasSubstr(LineOf("segment")), HasSubstr(LineOf("set"))));
}

TEST_F(CheckCommand, WorksWithLeakSanitizer) {
  const std::string program = kProgram + "_asan";
  if (!std::filesystem::exists(program)) GTEST_SKIP() << "no AddressSanitizer here";
  const CommandResult result = Check({}, {program, "leave"});
  EXPECT_EQ(result.exit_code, 99);
  EXPECT_THAT(result.output, AllOf(HasSubstr(LineOf("segment")), Not(HasSubstr("LeakSanitizer"))));
}

TEST_F(CheckCommand, FoldsWhatCameFromOnePlace) {
  const CommandResult result = Does("three");
  EXPECT_THAT(result.output, AllOf(HasSubstr("2 more from the same place, 12288 bytes in all"),
                                   HasSubstr("3 leaks (3 shm, 12288 bytes)")));
}

TEST_F(CheckCommand, ReportsAndEndsSurvivors) {
  BecomeReaper();
  const CommandResult result = Does("daemon", {"--settle", "0.1"});
  EXPECT_EQ(result.exit_code, 99);
  EXPECT_THAT(result.output, AllOf(HasSubstr("SURVIVOR: pid"), HasSubstr("asleep in semop"),
                                   HasSubstr("ended     with SIGTERM")));
  EXPECT_THAT(LivingDescendants(), IsEmpty());
}

TEST_F(CheckCommand, SaysWhatIsRisky) {
  EXPECT_THAT(Does("world").output, HasSubstr("RISK: world-accessible: shm 0"));
  EXPECT_THAT(Does("fixed").output, HasSubstr("RISK: fixed-key: msg 0"));
  const CommandResult early = Does("early");
  EXPECT_EQ(early.exit_code, 0);
  EXPECT_THAT(early.output, AllOf(HasSubstr("RISK: half-initialised"), HasSubstr(LineOf("early"))));
  const CommandResult lock = Does("lock", {"--locks"});
  EXPECT_EQ(lock.exit_code, 0);
  EXPECT_THAT(lock.output,
              AllOf(HasSubstr("RISK: no-sem-undo"), HasSubstr("SEM_UNDO"), HasSubstr("lock  ")));
  EXPECT_EQ(Does("lock", {"--locks", "--risks", "error"}).exit_code, 99);
  EXPECT_THAT(Does("undo", {"--locks"}).output, IsEmpty());
  EXPECT_THAT(Does("early", {"--risks", "off"}).output, IsEmpty());
}

TEST_F(CheckCommand, SuppressionsAreGeneratedAndUsed) {
  const ScratchDirectory scratch;
  const CommandResult first = Does("leave", {"--gen-suppressions"});
  std::string lines;
  std::istringstream output(first.output);
  for (std::string line; std::getline(output, line);) {
    if (line.starts_with("kind:")) lines += line + "\n";
  }
  EXPECT_THAT(lines, HasSubstr("fun:make_segment file:checked.c"));
  const std::string known = scratch.Write("known.supp", "# known\n" + lines);
  const CommandResult second = Does("leave", {"--suppressions", known});
  EXPECT_EQ(second.exit_code, 0) << second.output;
  EXPECT_THAT(Does("leave", {"-v", "--suppressions", known}).output, HasSubstr("3 suppressed"));
  EXPECT_THAT(Does("remove", {"-v", "--suppressions", known}).output, HasSubstr("was not used"));
  // The others are still told.
  const std::string one = scratch.Write("one.supp", "kind:leak object:shm\n");
  const CommandResult third = Does("leave", {"--suppressions", one});
  EXPECT_EQ(third.exit_code, 99);
  EXPECT_THAT(third.output, AllOf(Not(HasSubstr("LEAK: shm")), HasSubstr("LEAK: msg")));
}

TEST_F(CheckCommand, RefusesWhatItCannotRead) {
  const ScratchDirectory scratch;
  const std::string bad = scratch.Write("bad.supp", "kind:leak\nwhatever\n");
  const CommandResult result = Does("leave", {"--suppressions", bad});
  EXPECT_EQ(result.exit_code, 65);
  EXPECT_THAT(result.output, HasSubstr("bad.supp:2: \"whatever\""));
  EXPECT_EQ(Does("leave", {"--suppressions", "/nowhere"}).exit_code, 64);
  EXPECT_EQ(Does("leave", {"--limits", "shmmni=x"}).exit_code, 64);
  EXPECT_EQ(Does("leave", {"--limits", "files=1"}).exit_code, 64);
  EXPECT_EQ(Does("leave", {"--no-such-option"}).exit_code, 64);
  EXPECT_EQ(Does("leave", {"--error-exitcode", "256"}).exit_code, 64);
  EXPECT_EQ(RunIpcrig({"check"}).exit_code, 64);
}

TEST_F(CheckCommand, LimitsProvokeErrors) {
  EXPECT_THAT(Does("limit").output, HasSubstr("another segment"));
  const CommandResult limited = Does("limit", {"--limits", "shmmni=1,semmni=3"});
  EXPECT_THAT(limited.output, AllOf(HasSubstr("no more segments"), Not(HasSubstr("not set"))));
}

TEST_F(CheckCommand, WritesReportsForMachinesAndPictures) {
  const ScratchDirectory scratch;
  const std::string base = scratch.path() + "/report";
  Does("leave", {"--json", base + ".json", "--junit", base + ".xml", "--html", base + ".html",
                 "--trace", base + ".txt", "-o", base + ".log"});
  const auto json = nlohmann::json::parse(Contents(base + ".json"));
  EXPECT_EQ(json["schema"], 1);
  EXPECT_EQ(json["exit_status"], 99);
  ASSERT_EQ(json["findings"].size(), 3U);
  EXPECT_EQ(json["findings"][0]["stack"]["frames"][1]["function"], "make_segment");
  EXPECT_EQ(json["calls"].size(), 5U);
  EXPECT_THAT(Contents(base + ".xml"), AllOf(HasSubstr("failures=\"3\""), HasSubstr("<failure")));
  EXPECT_THAT(Contents(base + ".html"), AllOf(HasSubstr("<svg"), HasSubstr("msgsnd(0, 4 bytes)")));
  EXPECT_THAT(Contents(base + ".txt"), HasSubstr("semctl(0, 1, SETVAL) = 0"));
  EXPECT_THAT(Contents(base + ".log"), HasSubstr("LEAK: shm"));
}

TEST_F(CheckCommand, SignalsMeanWhatTheyMeanWithoutIt) {
  const std::string alone = RunCommand({kProgram, "interrupted"}).output;
  EXPECT_EQ(alone, "ignored signal: went on\nhandled signal: Interrupted system call\n");
  EXPECT_EQ(Does("interrupted").output, alone);
  const ScratchDirectory scratch;
  EXPECT_EQ(Does("interrupted", {"--risks", "off", "--trace", scratch.path() + "/t"}).output,
            alone);
}

TEST_F(CheckCommand, AnOrdinaryUserCanUseIt) {
  if (const std::string why_not = WhyNotAsNobody(); !why_not.empty()) GTEST_SKIP() << why_not;
  const CommandResult result = Check({}, {kProgram, "leave"}, {.as_nobody = true});
  if (result.exit_code == 69) GTEST_SKIP() << result.output;
  EXPECT_EQ(result.exit_code, 99);
  EXPECT_THAT(result.output, AllOf(HasSubstr(LineOf("segment")), HasSubstr("owner 65534")));
  EXPECT_THAT(Check({}, {"/usr/bin/id", "-u"}, {.as_nobody = true}).output, HasSubstr("65534\n"));
}

// Waits until the program is there and hangs, then kills the tool. Nothing may be left.
void KillInTheMiddle(const CommandOptions& how) {
  BecomeReaper();
  const ScratchDirectory scratch;
  CommandProcess ipcrig({IPCRIG_BINARY, "check", "--", kProgram, "leave", "daemon", "hang"}, how);
  const auto running = [] {
    const auto names = LivingDescendants();
    return std::count(names.begin(), names.end(), "checked") >= 2;
  };
  for (int i = 0; i < 100000 && !running(); ++i) sched_yield();
  ASSERT_TRUE(running());
  ipcrig.Signal(SIGKILL);
  EXPECT_EQ(ipcrig.Wait().exit_code, 128 + SIGKILL);
  for (int i = 0; i < 100000 && !LivingDescendants().empty(); ++i) sched_yield();
  EXPECT_THAT(LivingDescendants(), IsEmpty());
}

TEST_F(CheckCommand, SigkillOfItLeavesNothing) {
  const size_t before = StatView().rows.size();
  KillInTheMiddle({});
  EXPECT_EQ(StatView().rows.size(), before);
}

TEST_F(CheckCommand, SigkillOfAnOrdinaryUsersLeavesNothing) {
  if (const std::string why_not = WhyNotAsNobody(); !why_not.empty()) GTEST_SKIP() << why_not;
  KillInTheMiddle({.as_nobody = true});
}

TEST_F(CheckCommand, FakerootIsClean) {
  if (!IsInstalled("fakeroot-sysv")) GTEST_SKIP() << "fakeroot is not installed";
  for (int i = 0; i < 5; ++i) {
    const CommandResult result =
        Check({}, {"/usr/bin/fakeroot-sysv", "/bin/sh", "-c", "ls / | cat >&-; exit 5"});
    EXPECT_EQ(result.exit_code, 5) << result.output;
  }
}

TEST_F(CheckCommand, AflShowmapLeavesItsSegments) {
  if (!IsInstalled("afl-showmap")) GTEST_SKIP() << "afl++ is not installed";
  const ScratchDirectory scratch;
  const CommandResult result =
      Check({}, {"/usr/bin/afl-showmap", "-o", scratch.path() + "/map", "--", "/bin/true"});
  EXPECT_EQ(result.exit_code, 99);
  EXPECT_THAT(result.output, HasSubstr("2 leaks (2 shm, 9437188 bytes)"));
}

TEST_F(CheckCommand, InterpretersAndUtilities) {
  const CommandResult perl = Check({}, {"/usr/bin/perl", "-e", "msgget(0, 0600)"});
  EXPECT_THAT(perl.output, AllOf(HasSubstr("LEAK: msg"), HasSubstr("perl -e")));
  if (IsInstalled("ipcmk")) {
    const CommandResult ipcmk = Check({}, {"/usr/bin/ipcmk", "-Q"});
    EXPECT_THAT(ipcmk.output, AllOf(HasSubstr("LEAK: msg"), HasSubstr("ipcmk -Q")));
    EXPECT_EQ(Check({"--risks", "off"}, {"/bin/sh", "-c", "ipcmk -M 100; ipcrm -m 0"}).exit_code,
              0);
  }
  if (IsInstalled("php")) {
    const CommandResult php = Check({}, {"/usr/bin/php", "-r", "msg_get_queue(0x4711);"});
    EXPECT_THAT(php.output, AllOf(HasSubstr("LEAK: msg"), HasSubstr("world-accessible")));
  }
}

}  // namespace
}  // namespace ipcrig
