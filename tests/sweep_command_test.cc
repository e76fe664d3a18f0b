// SPDX-License-Identifier: Apache-2.0
//
// ipcrig sweep: each of its verdicts, on a program that deserves it.

#include <algorithm>
#include <csignal>
#include <map>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "checked.h"
#include "command.h"
#include "exec/views.h"
#include "trace/sweep.h"

namespace ipcrig {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

CommandResult Sweep(std::vector<std::string> options, const std::string& what,
                    const CommandOptions& how = {}) {
  options.insert(options.begin(), "sweep");
  options.insert(options.end(), {"--", CheckedProgram(), what});
  return RunIpcrig(options, how);
}

class SweepCommand : public testing::Test {
 protected:
  void SetUp() override {
    if (const std::string why_not = WhyNotChecked(); !why_not.empty()) GTEST_SKIP() << why_not;
  }
};

// The verdicts of a sweep by point.
std::map<std::string, std::string> Verdicts(std::vector<std::string> options,
                                            const std::string& what) {
  const ScratchDirectory scratch;
  const std::string path = scratch.path() + "/sweep.json";
  options.insert(options.end(), {"--json", path});
  const CommandResult result = Sweep(options, what);
  std::map<std::string, std::string> verdicts;
  const auto json = nlohmann::json::parse(Contents(path), nullptr, false);
  if (json.is_discarded()) {
    ADD_FAILURE() << result.output;
    return verdicts;
  }
  for (const auto& one : json["results"]) verdicts[one["point"]] = one["verdict"];
  return verdicts;
}

TEST_F(SweepCommand, FindsWhereACrashLeaks) {
  const auto verdicts = Verdicts({}, "remove");
  EXPECT_EQ(verdicts.size(), 12U);
  EXPECT_EQ(verdicts.at("1.1:before"), "clean");
  EXPECT_EQ(verdicts.at("1.1:after"), "leak");
  EXPECT_EQ(verdicts.at("1.2:before"), "leak");
  EXPECT_EQ(verdicts.at("1.2:after"), "clean");
  EXPECT_EQ(verdicts.at("1.5:after"), "leak");
}

TEST_F(SweepCommand, TellsRecoveryFromObstruction) {
  EXPECT_EQ(Verdicts({}, "take-over").at("1.1:after"), "recovered");
  EXPECT_EQ(Verdicts({}, "exclusive").at("1.1:after"), "blocks restart");
  EXPECT_EQ(Verdicts({"--recover", "ipcrm -S 0x6b65790b"}, "exclusive").at("1.1:after"),
            "recovered");
  EXPECT_EQ(Verdicts({"--recover", "exit 1"}, "exclusive").at("1.1:after"), "blocks restart");
}

TEST_F(SweepCommand, SeesPeersThatHang) {
  const auto has = [](const auto& verdicts, const std::string& verdict) {
    return std::any_of(verdicts.begin(), verdicts.end(),
                       [&](const auto& one) { return one.second == verdict; });
  };
  const std::vector<std::string> quick = {"--peer-timeout", "0.3", "--timeout", "5"};
  EXPECT_TRUE(has(Verdicts(quick, "share"), "hangs peer"));
  EXPECT_FALSE(has(Verdicts(quick, "share-undo"), "hangs peer"));
}

TEST_F(SweepCommand, RepeatsOnePointAndExplains) {
  const CommandResult one = Sweep({"--at", "1.1:after"}, "remove");
  EXPECT_EQ(one.exit_code, 1);
  EXPECT_THAT(one.output, AllOf(HasSubstr("leak            after  1.1"), HasSubstr("checked.c:"),
                                HasSubstr("left 1 shm; 1 after the next start"),
                                HasSubstr("again  ipcrig sweep --at 1.1:after -- "),
                                HasSubstr("1 of 12 points, 1 leak")));
  EXPECT_EQ(Sweep({"--at", "1.1:before"}, "remove").exit_code, 0);
  EXPECT_EQ(Sweep({"--at", "checked/msgget:after"}, "remove").exit_code, 1);
  EXPECT_EQ(Sweep({"--at", "checked/msgsnd:after"}, "remove").exit_code, 64);
  EXPECT_EQ(Sweep({"--at", "1.1:later"}, "remove").exit_code, 64);
  EXPECT_EQ(Sweep({"--at", "9.1:after"}, "remove").exit_code, 64);
  EXPECT_EQ(Sweep({"--kill", "nobody"}, "remove").exit_code, 64);
  EXPECT_EQ(RunIpcrig({"sweep", "--", "/nowhere/program"}).exit_code, 127);
}

// What is shown can be given to a shell, and is the same command again.
TEST_F(SweepCommand, TheCommandThatRepeatsAPointIsQuoted) {
  const std::string script = CheckedProgram() + " remove; exit 0";
  const CommandResult result =
      RunIpcrig({"sweep", "--at", "1.1:after", "--recover", "echo 'a'", "--", "sh", "-c", script});
  EXPECT_THAT(result.output, HasSubstr(R"(again  ipcrig sweep --recover 'echo '\''a'\''' )"));
  EXPECT_THAT(result.output, HasSubstr(" -- sh -c '" + script + "'\n"));
}

TEST_F(SweepCommand, SaysWhatTheUndisturbedRunDid) {
  const CommandResult none = Sweep({"--before", "exit 3"}, "status");
  EXPECT_EQ(none.exit_code, 0);
  EXPECT_THAT(none.output,
              AllOf(HasSubstr("ends with 42; its input is /dev/null"),
                    HasSubstr("makes no System V IPC call"), HasSubstr("--before ends with 3")));
  EXPECT_THAT(Sweep({"--peer-timeout", "0.5", "--timeout", "20"}, "take-over").output,
              Not(HasSubstr("undisturbed")));
  EXPECT_THAT(Sweep({"--peer-timeout", "0.5", "--timeout", "20"}, "exclusive").output,
              HasSubstr("again  ipcrig sweep --peer-timeout 0.5 --timeout 20 --at 1."));
}

// What was found by then is told.
TEST_F(SweepCommand, CtrlCEndsItWithWhatItHas) {
  BecomeReaper();
  const ScratchDirectory scratch;
  const std::string tried = scratch.path() + "/tried";
  CommandProcess sweep({IPCRIG_BINARY, "sweep", "--recover", "echo >>" + tried, "--peer-timeout",
                        "60", "--", "/bin/sh", "-c", CheckedProgram() + " exclusive; sleep 1"});
  while (Contents(tried).empty()) {
  }
  sweep.Signal(SIGINT);
  const CommandResult result = sweep.Wait();
  EXPECT_EQ(result.exit_code, 3) << result.output;
  EXPECT_THAT(result.output, AllOf(HasSubstr("SUMMARY: ipcrig: "), HasSubstr(" of 4 points"),
                                   HasSubstr("ipcrig: interrupted: ")));
  EXPECT_THAT(LivingDescendants(), IsEmpty());
}

TEST_F(SweepCommand, SamplesAndRunsInParallelAndLeavesNothing) {
  BecomeReaper();
  const size_t before = StatView().rows.size();
  EXPECT_EQ(Verdicts({"--points", "5", "--jobs", "4"}, "remove").size(), 5U);
  EXPECT_EQ(Verdicts({"--kill", "tree", "--jobs", "3"}, "remove").size(), 12U);
  EXPECT_THAT(LivingDescendants(), IsEmpty());
  EXPECT_EQ(StatView().rows.size(), before);
}

// Killed while several of its runs are on, and their peers asleep.
TEST_F(SweepCommand, SigkillOfItLeavesNothing) {
  BecomeReaper();
  const size_t before = StatView().rows.size();
  CommandProcess ipcrig({IPCRIG_BINARY, "sweep", "--jobs", "3", "--peer-timeout", "60", "--",
                         CheckedProgram(), "share"});
  const auto watching = [] {
    const auto names = LivingDescendants();
    return std::count(names.begin(), names.end(), "ipcrig-watch") >= 2 &&
           std::count(names.begin(), names.end(), "checked") >= 2;
  };
  bool seen = false;
  for (int i = 0; i < 10000 && !seen; ++i) seen = watching();
  ASSERT_TRUE(seen);
  ipcrig.Signal(SIGKILL);
  EXPECT_EQ(ipcrig.Wait().exit_code, 128 + SIGKILL);
  EXPECT_THAT(LastingDescendants(), IsEmpty());
  EXPECT_EQ(StatView().rows.size(), before);
}

TEST_F(SweepCommand, WritesReports) {
  const ScratchDirectory scratch;
  const std::string base = scratch.path() + "/sweep";
  Sweep({"--junit", base + ".xml", "--html", base + ".html", "--ktap", base + ".ktap"}, "remove");
  EXPECT_THAT(Contents(base + ".ktap"),
              AllOf(HasSubstr("KTAP version 1\n1..12\nok 1 1.1:before shmget(IPC_PRIVATE, "),
                    HasSubstr("# leak: left 1 shm"), HasSubstr("\nnot ok 2 1.1:after shmget(")));
  EXPECT_THAT(Contents(base + ".xml"),
              AllOf(HasSubstr("tests=\"12\""), HasSubstr("failures=\"6\"")));
  EXPECT_THAT(Contents(base + ".html"), AllOf(HasSubstr("<table>"), HasSubstr("1.1:after")));
}

TEST_F(SweepCommand, AnOrdinaryUserCanUseIt) {
  if (const std::string why_not = WhyNotAsNobody(); !why_not.empty()) GTEST_SKIP() << why_not;
  const CommandResult result = Sweep({}, "remove", {.as_nobody = true});
  if (result.exit_code == 69) GTEST_SKIP() << result.output;
  EXPECT_THAT(result.output, HasSubstr("12 of 12 points, 6 leak, 6 clean"));
}

TEST(Sweep, PointsReadBack) {
  CrashPoint point;
  ASSERT_TRUE(ParsePoint("2.15:after", point));
  EXPECT_EQ(point, (CrashPoint{2, 15, true}));
  EXPECT_EQ(PointText(point), "2.15:after");
  for (const char* bad : {"", "1", "1.", "1.2", "1.2:", "1.2:soon", "0.1:after", "x.1:after",
                          "1.x:after", "-1.2:after", "1.2:after ", "1:2:after"}) {
    EXPECT_FALSE(ParsePoint(bad, point)) << bad;
  }
}

TEST(Sweep, PointsHaveANameThatHoldsInEachRun) {
  CrashPoint point{.identity = {"/usr/bin/faked-sysv", 1, CallName::kMsgrcv, 1}};
  EXPECT_EQ(StablePointText(point), "faked-sysv/msgrcv:before");
  point = {.after = true, .identity = {"./server", 2, CallName::kSemop, 3}};
  EXPECT_EQ(StablePointText(point), "server.2/semop.3:after");
}

// The call is found again where processes take turns in another order, and that is said.
TEST(Sweep, FindsACallThatCameInAnotherOrder) {
  Record recording;
  recording.processes = {{.pid = 1, .executable = "/a"}, {.pid = 2, .executable = "/b"}};
  recording.calls.resize(2);
  recording.calls[0] = {.process = 0, .ordinal = 1, .number = 1, .rank = 1, .nth = 1};
  recording.calls[1] = {.process = 1, .ordinal = 2, .number = 1, .rank = 1, .nth = 1, .result = 0};
  const auto points = PointsOf(recording, SIGKILL, false);
  ASSERT_EQ(points.size(), 3U);  // one call did not return
  Record run = recording;
  run.killed_at_point = true;
  run.recovery.status = 0;
  EXPECT_FALSE(JudgePoint(recording, points[1], run, 0).moved);
  std::swap(run.calls[0], run.calls[1]);
  run.calls[0].ordinal = 1;
  run.calls[1].ordinal = 2;
  const SweepResult result = JudgePoint(recording, points[1], run, 0);
  EXPECT_EQ(result.verdict, SweepVerdict::kClean);
  EXPECT_TRUE(result.moved);
  run.calls.clear();
  EXPECT_EQ(JudgePoint(recording, points[1], run, 0).verdict, SweepVerdict::kNotReached);
}

TEST(Sweep, SamplesAreEvenAndDifferent) {
  std::vector<SweepPoint> points(100);
  for (int i = 0; i < 100; ++i) points[static_cast<size_t>(i)].call = i;
  std::set<int> calls;
  for (const SweepPoint& point : Sample(points, 10)) calls.insert(point.call);
  EXPECT_EQ(calls.size(), 10U);
  EXPECT_EQ(*calls.rbegin(), 90);
  // What happens once is not lost.
  points[55].crash.identity.name = CallName::kSemctl;
  calls.clear();
  for (const SweepPoint& point : Sample(points, 3)) calls.insert(point.call);
  EXPECT_THAT(calls, testing::ElementsAre(0, 49, 55));
  EXPECT_EQ(Sample(points, 1).size(), 1U);
  EXPECT_EQ(Sample(points, 0).size(), 100U);
  EXPECT_EQ(Sample(points, 1000).size(), 100U);
}

}  // namespace
}  // namespace ipcrig
