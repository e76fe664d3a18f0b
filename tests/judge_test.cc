// SPDX-License-Identifier: Apache-2.0
//
// The judgement of whole runs: verdicts, reasons, and what each check says.
#include <filesystem>
#include <fstream>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "simulated_kernel.h"

namespace ipcrig {
namespace {

using testing::HasSubstr;
using EventKind = Event::Kind;

constexpr std::string_view kMessages = R"(
A  q = msgget(IPC_PRIVATE, 0600)
B  msgrcv(q, 100, 0, 0)           -> blocks
A  msgsnd(q, 1, "text", 0)
B  returns                        -> {1, "text"}
ipcs
A  msgctl(q, IPC_RMID)
)";

size_t IndexOf(const History& history, EventKind kind) {
  size_t i = 0;
  while (i < history.events.size() && history.events[i].kind != kind) ++i;
  IPC_REQUIRE(i < history.events.size(), "no such event");
  return i;
}

Judgement JudgementOf(const Observed& run) { return Judge(run.scenario, run.history); }

const Finding& OnlyFinding(const Judgement& judgement) {
  static const Finding kNone;
  EXPECT_EQ(judgement.findings.size(), 1U) << JudgementText(judgement);
  EXPECT_EQ(judgement.verdict, Verdict::kFail);
  return judgement.findings.empty() ? kNone : judgement.findings[0];
}

TEST(Judge, ARunThatIsAsTheModelSaysPasses) {
  const Judgement judgement = JudgementOf(Observed(kMessages));
  EXPECT_EQ(judgement.verdict, Verdict::kPass) << JudgementText(judgement);
  EXPECT_TRUE(judgement.findings.empty());
  EXPECT_EQ(judgement.reason, "");
  EXPECT_FALSE(judgement.timed_out);
}

TEST(Judge, AnEngineThatEndedTooEarlySaysNothingAboutTheKernel) {
  Observed run(kMessages);
  while (!run.history.events.empty()) {
    run.history.events.pop_back();
    const Judgement judgement = JudgementOf(run);
    EXPECT_EQ(judgement.verdict, Verdict::kBroken)
        << run.history.events.size() << " events: " << JudgementText(judgement);
    EXPECT_TRUE(judgement.findings.empty());
  }
}

TEST(Judge, AnEngineThatEndedTooEarlyIsReportedWithItsLastLine) {
  Observed run(kMessages);
  run.history.events.resize(IndexOf(run.history, EventKind::kSnapshot));
  const Judgement judgement = JudgementOf(run);
  EXPECT_EQ(judgement.verdict, Verdict::kBroken) << JudgementText(judgement);
  EXPECT_THAT(judgement.reason, HasSubstr("line 4: A  msgsnd(q, 1, \"text\", 0)"));
}

TEST(Judge, AFindingBeforeTheEngineEndedIsStillAFinding) {
  Observed run(kMessages);
  run.OutcomeOf("B").bytes = "other";
  run.history.events.resize(IndexOf(run.history, EventKind::kClose));
  EXPECT_EQ(run.Verdict(), "conformance") << run.Text();
}

TEST(Judge, AHistoryOfALongerScenarioIsBroken) {
  const Observed run(kMessages);
  for (const std::string_view other : {"A  q = msgget(IPC_PRIVATE, 0600)\n", R"(
A  q = msgget(IPC_PRIVATE, 0600)
A  msgctl(q, IPC_STAT)
A  msgctl(q, IPC_STAT)
A  msgctl(q, IPC_STAT)
A  msgctl(q, IPC_STAT)
A  msgctl(q, IPC_STAT)
)"}) {
    const Judgement judgement = Judge(ScenarioOf(other), run.history);
    EXPECT_EQ(judgement.verdict, Verdict::kBroken) << JudgementText(judgement);
    EXPECT_THAT(judgement.reason, HasSubstr("not of this scenario"));
  }
}

TEST(Judge, AHistoryWhoseCallsAreNotTheLinesOfTheScenarioIsBroken) {
  const Observed run(kMessages);
  const Scenario scenario = ScenarioOf(R"(
B  q = msgget(IPC_PRIVATE, 0600)
ipcs
B  msgctl(q, IPC_STAT)
A  msgctl(q, IPC_STAT)
B  msgctl(q, IPC_STAT)
B  msgctl(q, IPC_RMID)
)");
  EXPECT_EQ(Judge(scenario, run.history).verdict, Verdict::kBroken);
}

TEST(Judge, AScenarioThatCannotRunHereIsSkippedWithItsReason) {
  const Judgement judgement =
      JudgementOf(Observed(kMessages, {.bug = PlantedBug::kMachineRefuses}));
  EXPECT_EQ(judgement.verdict, Verdict::kSkipped);
  EXPECT_EQ(judgement.reason, "no namespace for this scenario");
  EXPECT_TRUE(judgement.findings.empty());
}

TEST(Judge, AnEngineThatSaysItIsBrokenIsBroken) {
  Observed run(kMessages);
  const size_t at = IndexOf(run.history, EventKind::kSnapshot);
  run.history.events[at] = {.kind = EventKind::kBroken, .text = "fork: no more processes"};
  const Judgement judgement = JudgementOf(run);
  EXPECT_EQ(judgement.verdict, Verdict::kBroken);
  EXPECT_EQ(judgement.reason, "fork: no more processes");
}

TEST(Judge, ACallThatCouldNotBeMadeIsBrokenAndNamesBothLines) {
  const Judgement judgement = JudgementOf(Observed(R"(# a comment
A  q = msgget(IPC_PRIVATE, 0600)
B  msgrcv(q, 1, 0, 0)             -> blocks

B  msgctl(q, IPC_STAT)
)"));
  EXPECT_EQ(judgement.verdict, Verdict::kBroken);
  EXPECT_EQ(judgement.reason, "line 5: B cannot make this call: it is still in its call (line 3)");
  EXPECT_TRUE(judgement.findings.empty());
}

TEST(Judge, ACallOfAProcessThatEndedOrWasNotForkedIsBroken) {
  const Judgement ended = JudgementOf(Observed("A  exit(0)\nA  exit(0)\n"));
  EXPECT_EQ(ended.verdict, Verdict::kBroken);
  EXPECT_EQ(ended.reason, "line 2: A cannot make this call: it has ended (line 1)");
  const Judgement unborn = JudgementOf(Observed(R"(A  fork(B)
B  fork(C)
A  wait(B)  -> blocks
C  exit(0)
B  exit(0)
)"));
  EXPECT_EQ(unborn.verdict, Verdict::kPass) << JudgementText(unborn);
}

TEST(Judge, ALineThatExpectsAnotherOutcomeIsAFindingOfItsOwn) {
  const Finding finding = OnlyFinding(JudgementOf(Observed(R"(A  q = msgget(IPC_PRIVATE, 0600)
A  msgrcv(q, 1, 0, IPC_NOWAIT)  -> EAGAIN
)")));
  EXPECT_EQ(finding.check, "expectation");
  EXPECT_EQ(finding.step, 1);
  EXPECT_EQ(finding.expected.at(0).outcome, "EAGAIN");
  EXPECT_EQ(finding.seen, "ENOMSG");
  EXPECT_EQ(finding.signature, "expectation: msgrcv: ENOMSG");
}

TEST(Judge, ALineThatExpectsAnAnswerOfACallThatBlocksIsWrong) {
  const Finding finding = OnlyFinding(JudgementOf(Observed(R"(A  q = msgget(IPC_PRIVATE, 0600)
A  msgrcv(q, 1, 0, 0)  -> {1, "x"}
)")));
  EXPECT_EQ(finding.check, "expectation");
  EXPECT_EQ(finding.seen, "blocks");
}

TEST(Judge, ALineThatExpectsToBlockAndReturnsIsWrong) {
  const Finding finding = OnlyFinding(JudgementOf(Observed(R"(A  q = msgget(IPC_PRIVATE, 0600)
A  msgsnd(q, 1, "x", 0)  -> blocks
)")));
  EXPECT_EQ(finding.check, "expectation");
  EXPECT_EQ(finding.expected.at(0).outcome, "blocks");
  EXPECT_EQ(finding.seen, "0");
}

TEST(Judge, AReturnsLineNeedsAReturn) {
  const Finding finding = OnlyFinding(JudgementOf(Observed(R"(A  q = msgget(IPC_PRIVATE, 0600)
B  msgrcv(q, 1, 0, 0)  -> blocks
A  msgctl(q, IPC_STAT)
B  returns
A  msgsnd(q, 1, "x", 0)
)")));
  EXPECT_EQ(finding.check, "expectation");
  EXPECT_EQ(finding.step, 3);
  EXPECT_EQ(finding.expected.at(0).outcome, "it returns");
}

TEST(Judge, AReturnsLineAtTheEndIsLookedAtToo) {
  const Finding finding = OnlyFinding(JudgementOf(Observed(R"(A  q = msgget(IPC_PRIVATE, 0600)
B  msgrcv(q, 1, 0, 0)  -> blocks
A  msgsnd(q, 1, "x", 0)
B  returns             -> {1, "y"}
)")));
  EXPECT_EQ(finding.check, "expectation");
  EXPECT_EQ(finding.seen, "{1, \"x\"}");
}

TEST(Judge, ACallThatStillBlocksAtTheEndHasToSaySo) {
  constexpr std::string_view kText = "A  q = msgget(IPC_PRIVATE, 0600)\nB  msgrcv(q, 1, 0, 0)";
  EXPECT_EQ(VerdictOf(std::string(kText) + " -> blocks\n"), "pass");
  const Finding finding = OnlyFinding(JudgementOf(Observed(std::string(kText) + "\n")));
  EXPECT_EQ(finding.check, "unfinished");
  EXPECT_EQ(finding.step, 1);
  EXPECT_EQ(finding.process, 1);
}

TEST(Judge, ALostWakeupIsShownAtTheLineOfTheSleeper) {
  const Finding finding =
      OnlyFinding(JudgementOf(Observed(kMessages, {.bug = PlantedBug::kReceiverNotWoken})));
  EXPECT_EQ(finding.check, "conformance");
  EXPECT_EQ(finding.step, 1);
  EXPECT_EQ(finding.process, 1);
  EXPECT_EQ(finding.seen, "it sleeps");
  EXPECT_EQ(finding.expected.at(0).outcome, "{1, \"text\"}");
  EXPECT_THAT(finding.expected.at(0).rule, HasSubstr("msgop(2)"));
  EXPECT_EQ(finding.signature, "conformance: msgrcv: it sleeps");
}

TEST(Judge, SignaturesDoNotDependOnNamesAndNumbers) {
  const SimulationOptions options{.bug = PlantedBug::kNegativeTypeTakesFirst};
  const auto signature = [&](const char* text) {
    return OnlyFinding(JudgementOf(Observed(text, options))).signature;
  };
  EXPECT_EQ(signature("A  q = msgget(IPC_PRIVATE, 0600)\nA  msgsnd(q, 2, \"x\", 0)\n"
                      "A  msgsnd(q, 1, \"y\", 0)\nA  msgrcv(q, 9, -2, 0)\n"),
            signature("other  queue = msgget(1234, IPC_CREAT|0600)\n"
                      "other  msgsnd(queue, 70, \"longer\", 0)\n"
                      "other  msgsnd(queue, 30, \"text\", 0)\nnext  msgrcv(queue, 99, -80, 0)\n"));
}

TEST(Judge, AProcessThatNeitherReturnsNorSleepsIsAHang) {
  const Judgement judgement =
      JudgementOf(Observed("A  s = semget(IPC_PRIVATE, 1, 0600)\nA  semop(s, [{0, 1, 0}])\n",
                           {.bug = PlantedBug::kSemopSpins}));
  EXPECT_TRUE(judgement.timed_out);
  EXPECT_EQ(OnlyFinding(judgement).check, "hang");
  EXPECT_EQ(OnlyFinding(judgement).step, 1);
}

TEST(Judge, StopsAtTheFirstStepThatIsWrong) {
  Observed run(R"(
A  q = msgget(IPC_PRIVATE, 0600)
A  msgrcv(q, 1, 0, IPC_NOWAIT)
A  msgrcv(q, 1, 0, IPC_NOWAIT)
)");
  for (Event& event : run.history.events) {
    if (event.outcome == Outcome::Failed(42)) event.outcome = Outcome::Failed(11);
  }
  EXPECT_EQ(OnlyFinding(JudgementOf(run)).step, 1);
}

TEST(Judge, GivesTheSameAnswerTwice) {
  for (int i = 0; i < kPlantedBugs; ++i) {
    const Observed run(kMessages, {.bug = static_cast<PlantedBug>(i)});
    EXPECT_EQ(JudgementText(JudgementOf(run)), JudgementText(JudgementOf(run)));
    EXPECT_EQ(run.history, Simulate(run.scenario, {.bug = static_cast<PlantedBug>(i)}));
  }
}

TEST(Judge, AHistoryThatWasSavedIsJudgedAlike) {
  for (const auto bug : {PlantedBug::kProcDropsRow, PlantedBug::kReceiverNotWoken}) {
    const Observed run(kMessages, {.bug = bug});
    const auto read = ParseHistory(PrintHistory(run.history));
    ASSERT_TRUE(read.ok()) << read.error().Text();
    EXPECT_EQ(*read, run.history);
    EXPECT_EQ(JudgementText(Judge(run.scenario, *read)), JudgementText(JudgementOf(run)));
  }
}

TEST(Judge, ALastLineThatWasCutOffMakesTheRunBroken) {
  const Observed run(kMessages);
  std::string text = PrintHistory(run.history);
  text.resize(text.size() - 3);
  const auto read = ParseHistory(text);
  ASSERT_TRUE(read.ok()) << read.error().Text();
  EXPECT_FALSE(read->Complete());
  EXPECT_EQ(Judge(run.scenario, *read).verdict, Verdict::kBroken);
}

TEST(Judge, AViewThatIsNotThereIsNotedOnceAndNotCompared) {
  Observed run(kMessages);
  for (Event& event : run.history.events) {
    for (View& view : event.snapshot) {
      if (view.name == "ipcs") view = {"ipcs", "there is no ipcs here"};
    }
  }
  const Judgement judgement = JudgementOf(run);
  EXPECT_EQ(judgement.verdict, Verdict::kPass) << JudgementText(judgement);
  ASSERT_EQ(judgement.notes.size(), 1U);
  EXPECT_EQ(judgement.notes[0], "view ipcs is not compared: there is no ipcs here");
}

// A snapshot of kMessages in which somebody else's queue is seen.
Observed WithForeignQueue(bool private_namespace) {
  SimulationOptions options;
  options.facts.private_namespace = private_namespace ? 1 : 0;
  Observed run(kMessages, options);
  for (Event& event : run.history.events) {
    for (View& view : event.snapshot) {
      view.rows.push_back({ObjectKind::kMsg, 4711});
      if (view.totals[1].objects >= 0) ++view.totals[1].objects;
    }
  }
  return run;
}

TEST(Judge, ObjectsOfOthersAreLeaksInAPrivateNamespaceOnly) {
  EXPECT_EQ(WithForeignQueue(false).Verdict(), "pass") << WithForeignQueue(false).Text();
  EXPECT_EQ(WithForeignQueue(true).Verdict(), "leak");
}

TEST(Judge, AnObjectThatOneViewDoesNotShowIsMissingInASharedNamespaceToo) {
  SimulationOptions options{.bug = PlantedBug::kProcDropsRow};
  options.facts.private_namespace = 0;
  EXPECT_EQ(Observed(kMessages, options).Verdict(), "missing");
}

TEST(Judge, WhatIsLeftAtTheEndIsRemovedAndThenThereIsNothing) {
  Observed run("A  q = msgget(IPC_PRIVATE, 0600)\n");
  EXPECT_EQ(run.Verdict(), "pass") << run.Text();
  auto& events = run.history.events;
  const Snapshot full = events[IndexOf(run.history, EventKind::kSnapshot)].snapshot;
  for (Event& event : events) {
    if (event.kind == EventKind::kSnapshot && event.text == "after removal") event.snapshot = full;
  }
  EXPECT_EQ(run.Verdict(), "leak");
}

// Nine senders get room at once: the orders in which they may go are more than anybody tries.
TEST(Judge, TooManyPossibleOrdersAreUnknownAndNotPassed) {
  std::string text =
      "A  q = msgget(IPC_PRIVATE, 0600)\n"
      "A  msgctl(q, IPC_SET, {uid=0, gid=0, mode=0600, qbytes=0})\n";
  for (int i = 1; i <= 9; ++i) {
    text +=
        "P" + std::to_string(i) + "  msgsnd(q, 1, \"m" + std::to_string(i) + "\", 0)  -> blocks\n";
  }
  text += "A  msgctl(q, IPC_SET, {uid=0, gid=0, mode=0600, qbytes=1000})\n";
  EXPECT_THAT(VerdictOf(text), testing::StartsWith("unknown: line 12"));
}

TEST(Judge, VerdictsHaveTheirNames) {
  EXPECT_EQ(VerdictName(Verdict::kPass), "pass");
  EXPECT_EQ(VerdictName(Verdict::kFail), "fail");
  EXPECT_EQ(VerdictName(Verdict::kBroken), "broken");
  EXPECT_EQ(VerdictName(Verdict::kSkipped), "skipped");
  EXPECT_EQ(VerdictName(Verdict::kUnknown), "unknown");
}

TEST(Judge, EveryScenarioFilePassesOnTheSimulatedKernel) {
  namespace fs = std::filesystem;
  const fs::path root = fs::path(IPCRIG_SOURCE_DIR) / "scenarios";
  for (const auto& entry : fs::recursive_directory_iterator(root)) {
    if (entry.path().extension() != ".ipc") continue;
    std::ostringstream text;
    text << std::ifstream(entry.path(), std::ios::binary).rdbuf();
    EXPECT_EQ(VerdictOf(text.str()), "pass") << entry.path();
  }
}

}  // namespace
}  // namespace ipcrig
