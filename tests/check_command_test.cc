// SPDX-License-Identifier: Apache-2.0
//
// ipcrig check: what a program leaves, where it came from, and that the program does not notice.
#include <sched.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/unique_fd.h"
#include "checked.h"
#include "command.h"
#include "exec/views.h"

namespace ipcrig {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

const std::string kProgram = CheckedProgram();

CommandResult Does(const std::string& what, std::vector<std::string> options = {}) {
  return Check(std::move(options), {kProgram, what});
}

class CheckCommand : public testing::Test {
 protected:
  void SetUp() override {
    if (const std::string why_not = WhyNotChecked(); !why_not.empty()) GTEST_SKIP() << why_not;
  }
};

TEST_F(CheckCommand, SaysWhatWasLeftAndWhereItCameFrom) {
  const CommandResult result = Does("leave");
  EXPECT_EQ(result.exit_code, 99);
  EXPECT_THAT(result.output, AllOf(HasSubstr("LEAK: shm"), HasSubstr("LEAK: msg"),
                                   HasSubstr("LEAK: sem"), HasSubstr("4096 bytes"),
                                   HasSubstr("mode 0600"), HasSubstr("1 message, 4 bytes"),
                                   HasSubstr("values 0 7"), HasSubstr("checked leave)")));
  EXPECT_THAT(result.output, AllOf(HasSubstr("make_segment"), HasSubstr(CheckedLine("segment")),
                                   HasSubstr(CheckedLine("queue")), HasSubstr(CheckedLine("set")),
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

// The process that watches the program has ended by then: who waits for the tool finds nobody.
TEST_F(CheckCommand, IsTheLastToEnd) {
  BecomeReaper();
  for (const char* what : {"term", "status", "leave"}) {
    for (int i = 0; i < 10; ++i) {
      (void)Does(what);
      EXPECT_EQ(waitpid(-1, nullptr, WNOHANG), -1) << what;
    }
  }
}

TEST_F(CheckCommand, PassesInputAndOutputThrough) {
  const std::string command =
      std::string("echo hello | ") + IPCRIG_BINARY + " check -- cat | tr a-z A-Z";
  EXPECT_EQ(RunCommand({"/bin/sh", "-c", command}).output, "HELLO\n");
}

TEST_F(CheckCommand, FollowsThreadsForksAndPrograms) {
  EXPECT_THAT(Does("thread").output,
              AllOf(HasSubstr(CheckedLine("segment")), HasSubstr("in_thread")));
  EXPECT_THAT(Does("grandchild").output,
              AllOf(HasSubstr(CheckedLine("queue")), HasSubstr("from_grandchild")));
  EXPECT_THAT(Does("exec").output,
              AllOf(HasSubstr(CheckedLine("set")), HasSubstr("checked leave)")));
  EXPECT_THAT(Check({}, {"/bin/sh", "-c", kProgram + " leave; true"}).output,
              HasSubstr(CheckedLine("queue")));
}

TEST_F(CheckCommand, SeesCallsThatNoLibraryMakes) {
  EXPECT_THAT(Does("raw").output, HasSubstr(CheckedLine("raw")));
  const CommandResult result = Check({}, {kProgram + "_static", "leave"});
  EXPECT_EQ(result.exit_code, 99);
  EXPECT_THAT(result.output,
              AllOf(HasSubstr(CheckedLine("segment")), HasSubstr(CheckedLine("set"))));
}

TEST_F(CheckCommand, AStackThatIsNotWholeSaysWhy) {
  EXPECT_THAT(Does("recursive").output, AllOf(HasSubstr(" f  /"), Not(HasSubstr("float")),
                                              HasSubstr("main"), Not(HasSubstr("no more"))));
  EXPECT_THAT(Does("deep").output, HasSubstr("no more: only the innermost 64 are kept"));
  EXPECT_THAT(Does("altstack").output,
              AllOf(HasSubstr("on_other_stack"), HasSubstr("no more: the stack goes on elsewhere"),
                    Not(HasSubstr("do_one"))));
#if defined(__x86_64__)
  EXPECT_THAT(Does("generated").output,
              HasSubstr("note: code that is in no file does not tell who called it"));
#endif
}

TEST_F(CheckCommand, StacksOf32BitProgramsAreWhole) {
  const std::string program = kProgram + "_32";
  if (RunCommand({program}).exit_code != 0) GTEST_SKIP() << "no 32-bit programs here";
  EXPECT_THAT(Check({}, {program, "recursive"}).output,
              AllOf(HasSubstr("shmget  (libc.so.6)"), HasSubstr(CheckedLine("segment")),
                    HasSubstr(" f  /"), HasSubstr("main  /"), Not(HasSubstr("no more"))));
  EXPECT_THAT(Check({}, {program, "thread"}).output,
              AllOf(HasSubstr("in_thread"), Not(HasSubstr("no more"))));
}

TEST_F(CheckCommand, WorksWithLeakSanitizer) {
  const std::string program = kProgram + "_asan";
  if (!std::filesystem::exists(program)) GTEST_SKIP() << "no AddressSanitizer here";
  const CommandResult result = Check({}, {program, "leave"});
  EXPECT_EQ(result.exit_code, 99);
  EXPECT_THAT(result.output,
              AllOf(HasSubstr(CheckedLine("segment")), Not(HasSubstr("LeakSanitizer"))));
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

// It looks like a zombie in /proc, and has the set in use.
TEST_F(CheckCommand, AProcessWhoseFirstThreadHasEndedIsASurvivor) {
  BecomeReaper();
  const CommandResult result = Does("leaderless", {"--settle", "0.1"});
  EXPECT_EQ(result.exit_code, 99);
  EXPECT_THAT(result.output,
              AllOf(HasSubstr("SURVIVOR: pid"), HasSubstr("checked leaderless"),
                    HasSubstr("asleep in semop"), HasSubstr("ended     with SIGTERM")));
  EXPECT_THAT(LivingDescendants(), IsEmpty());
}

TEST_F(CheckCommand, SaysWhatIsRisky) {
  EXPECT_THAT(Does("world").output, HasSubstr("RISK: world-accessible: shm 0"));
  EXPECT_THAT(Does("fixed").output, HasSubstr("RISK: fixed-key: msg 0"));
  const CommandResult early = Does("early");
  EXPECT_EQ(early.exit_code, 0);
  EXPECT_THAT(early.output,
              AllOf(HasSubstr("RISK: half-initialised"), HasSubstr(CheckedLine("early"))));
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

// ipcmk(1) makes its keys up: those of this run are of no use to the next.
TEST_F(CheckCommand, AKeyThatIsMadeUpIsNotSuppressedByItsValue) {
  if (!IsInstalled("ipcmk")) GTEST_SKIP() << "ipcmk is not installed";
  const ScratchDirectory scratch;
  const std::string first = Check({"--gen-suppressions"}, {"ipcmk", "-Q"}).output;
  const size_t line = first.find("kind:");
  ASSERT_NE(line, std::string::npos) << first;
  const std::string known =
      scratch.Write("known.supp", first.substr(line, first.find('\n', line) - line));
  EXPECT_EQ(Check({"--suppressions", known}, {"ipcmk", "-Q"}).exit_code, 0) << Contents(known);
}

TEST_F(CheckCommand, RefusesWhatItCannotRead) {
  const ScratchDirectory scratch;
  const std::string bad = scratch.Write("bad.supp", "kind:leak\nwhatever\n");
  const CommandResult result = Does("leave", {"--suppressions", bad});
  EXPECT_EQ(result.exit_code, 65);
  EXPECT_THAT(result.output, HasSubstr("bad.supp:2: \"whatever\""));
  EXPECT_EQ(Does("leave", {"--suppressions", "/nowhere"}).exit_code, 64);
  EXPECT_EQ(Does("leave", {"--suppressions", scratch.path()}).exit_code, 64);
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
  if (!WhyNotAsNobody().empty()) return;
  const CommandResult nobodys =
      Check({"--limits", "shmmni=1"}, {kProgram, "limit"}, {.as_nobody = true});
  if (nobodys.exit_code == 69) GTEST_SKIP() << nobodys.output;
  EXPECT_THAT(nobodys.output, AllOf(HasSubstr("no more segments"), HasSubstr("owner 65534"),
                                    HasSubstr(CheckedLine("segment")), Not(HasSubstr("not set"))));
}

TEST_F(CheckCommand, WritesReportsForMachinesAndPictures) {
  const ScratchDirectory scratch;
  const std::string base = scratch.path() + "/report";
  Does("leave", {"--json", base + ".json", "--junit", base + ".xml", "--html", base + ".html",
                 "--trace", base + ".txt", "--ktap", base + ".ktap", "-o", base + ".log"});
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
  EXPECT_THAT(Contents(base + ".ktap"),
              AllOf(HasSubstr("KTAP version 1\n1..4\nok 1 " + kProgram + " leave\n# ==ipcrig=="),
                    HasSubstr("\nnot ok 2 leak: shm 0, ")));
}

TEST_F(CheckCommand, SignalsMeanWhatTheyMeanWithoutIt) {
  const std::string alone = RunCommand({kProgram, "interrupted"}).output;
  EXPECT_EQ(alone, "ignored signal: went on\nhandled signal: Interrupted system call\n");
  EXPECT_EQ(Does("interrupted").output, alone);
  const ScratchDirectory scratch;
  EXPECT_EQ(Does("interrupted", {"--risks", "off", "--trace", scratch.path() + "/t"}).output,
            alone);
}

TEST_F(CheckCommand, ASignalToTheProcessGroupComesOnce) {
  EXPECT_THAT(Does("group").output, HasSubstr("50 signals\n"));
}

TEST_F(CheckCommand, AnOrdinaryUserCanUseIt) {
  if (const std::string why_not = WhyNotAsNobody(); !why_not.empty()) GTEST_SKIP() << why_not;
  const CommandResult result = Check({}, {kProgram, "leave"}, {.as_nobody = true});
  if (result.exit_code == 69) GTEST_SKIP() << result.output;
  EXPECT_EQ(result.exit_code, 99);
  EXPECT_THAT(result.output, AllOf(HasSubstr(CheckedLine("segment")), HasSubstr("owner 65534")));
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
  EXPECT_THAT(LastingDescendants(), IsEmpty());
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

TEST_F(CheckCommand, ACollisionOfKeysIsARisk) {
  EXPECT_THAT(Does("collide").output,
              AllOf(HasSubstr("RISK: ftok-collision: msg 0"), HasSubstr("file      /dev/shm/first"),
                    HasSubstr("file      /dev/shm/next"), HasSubstr("1 risk")));
}

TEST_F(CheckCommand, RemovalByAnotherProgramIsARisk) {
  const std::string removes = kProgram + " leave; ipcrm --all";
  const CommandResult removed = Check({}, {"/bin/sh", "-c", removes});
  EXPECT_EQ(removed.exit_code, 0);
  EXPECT_THAT(removed.output,
              AllOf(HasSubstr("RISK: removed-in-use: msg 0 was removed by another program"),
                    HasSubstr("1 message, 4 bytes"), HasSubstr("checked leave)"),
                    HasSubstr("ipcrm"), HasSubstr("1 risk")));
  // A set that somebody waits for.
  const std::string waits =
      kProgram + " daemon; until ipcs -s -i 0 | grep -q '^0 *0 *1 '; do :; done; ipcrm -s 0";
  EXPECT_THAT(Check({}, {"/bin/sh", "-c", waits}).output,
              HasSubstr("sem 0 was removed by another program while it was in use: value 0, 1 "
                        "waiting"));
}

TEST_F(CheckCommand, PosixLeftoversAreHintsAndGoAway) {
  const CommandResult result = Does("posix");
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.output, AllOf(HasSubstr("POSIX: /dev/shm/ipcrig-checked"),
                                   HasSubstr("POSIX: /dev/shm/sem.ipcrig-checked"),
                                   HasSubstr("POSIX: /dev/mqueue/ipcrig-checked"),
                                   HasSubstr("SUMMARY: ipcrig: 3 POSIX names")));
  EXPECT_FALSE(std::filesystem::exists("/dev/shm/ipcrig-checked"));
  const auto posix = [](const std::string& name) { return "kind:posix path:" + name + "\n"; };
  const ScratchDirectory scratch;
  const std::string known = scratch.Write(
      "known.supp", posix("/dev/shm/*ipcrig-checked") + posix("/dev/mqueue/ipcrig-checked"));
  EXPECT_THAT(Does("posix", {"--suppressions", known}).output, IsEmpty());
}

TEST_F(CheckCommand, AFileInSharedMemoryThatIsNamedCanBeSeen) {
  std::string name = "/dev/shm/ipcrig-test-XXXXXX";
  const UniqueFd file(mkstemp(name.data()));
  if (!file.ok()) GTEST_SKIP() << "no /dev/shm";
  EXPECT_EQ(Check({}, {"/bin/sh", "-c", "test -e " + name}).exit_code, 0);
  EXPECT_EQ(Check({}, {"/bin/sh", "-c", "test -z \"$(ls /dev/shm)\""}).exit_code, 0);
  unlink(name.c_str());
}

TEST_F(CheckCommand, SeesCallsOf32Bits) {
  if (Does("narrow").output.find("ipc(2): made") == std::string::npos) {
    GTEST_SKIP() << "this kernel has no 32-bit calls";
  }
  EXPECT_THAT(Does("narrow").output,
              AllOf(HasSubstr("msgget(IPC_PRIVATE, 0600)"), HasSubstr(CheckedLine("ipc")),
                    HasSubstr("semget(IPC_PRIVATE, 1, 0600)"), HasSubstr(CheckedLine("i386"))));
}

TEST_F(CheckCommand, AGuessIsToldAsOne) {
  EXPECT_THAT(Does("leave").output, Not(HasSubstr("perhaps")));
  const CommandResult guess = Does("traced");
  EXPECT_EQ(guess.exit_code, 99);
  EXPECT_THAT(guess.output,
              AllOf(HasSubstr("created   perhaps after"), HasSubstr("no stack: not traced: pid "),
                    HasSubstr("checked traced) traces this thread")));
}

TEST_F(CheckCommand, SetIdProgramsAreNamed) {
  if (const std::string why_not = WhyNotAsNobody(); !why_not.empty()) GTEST_SKIP() << why_not;
  const ScratchDirectory scratch;
  const std::string program = scratch.path() + "/set-id";
  std::filesystem::copy_file(kProgram, program);
  ASSERT_EQ(chmod(program.c_str(), 04755), 0);
  const CommandResult result = Check({}, {program, "leave"}, {.as_nobody = true});
  if (result.exit_code == 69) GTEST_SKIP() << result.output;
  EXPECT_THAT(result.output,
              AllOf(HasSubstr(program + " is set-user-ID or set-group-ID, which has no effect"),
                    HasSubstr("3 leaks")));
  // As root it has its effect, and is traced.
  EXPECT_THAT(Check({}, {program, "leave"}).output,
              AllOf(Not(HasSubstr("no effect")), HasSubstr(CheckedLine("segment"))));
  // One that may not be read may not be traced either.
  ASSERT_EQ(chmod(program.c_str(), 04711), 0);
  EXPECT_THAT(Check({}, {program, "leave"}, {.as_nobody = true}).output,
              HasSubstr("no stack: not traced: a program whose file may not be read"));
}

// Their numbers are the same, and the objects are others.
TEST_F(CheckCommand, ObjectsOfAnotherNamespaceAreNotTakenForThese) {
  const std::string inner = "unshare -i " + kProgram + " leave";
  if (RunCommand({"/bin/sh", "-c", inner}).exit_code != 0) GTEST_SKIP() << "unshare is refused";
  const CommandResult result = Check({}, {"/bin/sh", "-c", inner + "; " + kProgram + " three"});
  EXPECT_THAT(result.output,
              AllOf(HasSubstr("checked three)"), HasSubstr("2 more from the same place"),
                    HasSubstr("3 leaks (3 shm"), Not(HasSubstr("checked leave)"))));
}

TEST_F(CheckCommand, InsideItselfItSaysThatItSeesNoCalls) {
  const CommandResult result =
      Check({}, {IPCRIG_BINARY, "check", "--", kProgram, "remove", "three"});
  EXPECT_EQ(result.exit_code, 99);
  EXPECT_THAT(result.output, AllOf(HasSubstr("calls are not traced: "), HasSubstr("3 leaks"),
                                   HasSubstr("by a call that was not seen, of pid ")));
}

// With --keep: what is there can be looked at, until a signal ends it.
void KeepUntil(int signal, int exit_code) {
  BecomeReaper();
  const ScratchDirectory scratch;
  const std::string log = scratch.path() + "/log";
  CommandProcess ipcrig(
      {"/bin/sh", "-c",
       std::string("exec ") + IPCRIG_BINARY + " check --keep -- " + kProgram + " leave 2>" + log});
  const auto text = [&log] { return Contents(log); };
  for (int i = 0; i < 100000 && text().find("Ctrl-C") == std::string::npos; ++i) sched_yield();
  const std::string shown = text();
  const size_t at = shown.find("nsenter");
  ASSERT_NE(at, std::string::npos) << shown;
  const std::string command = shown.substr(at, shown.find('\n', at) - at);
  const CommandResult look = RunCommand({"/bin/sh", "-c", command + " --summary"});
  EXPECT_THAT(look.output,
              AllOf(HasSubstr("used space = 4 bytes"), HasSubstr("pages allocated 1")));
  ipcrig.Signal(signal);
  EXPECT_EQ(ipcrig.Wait().exit_code, exit_code);
}

TEST_F(CheckCommand, KeepsTheNamespaceToLookAt) {
  KeepUntil(SIGINT, 99);
  EXPECT_THAT(LivingDescendants(), IsEmpty());
}

TEST_F(CheckCommand, SigkillEndsWhatIsKept) {
  KeepUntil(SIGKILL, 128 + SIGKILL);
  EXPECT_THAT(LastingDescendants(), IsEmpty());
}

}  // namespace
}  // namespace ipcrig
