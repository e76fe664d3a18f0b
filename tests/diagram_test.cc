// SPDX-License-Identifier: Apache-2.0
//
// What is drawn of a run: who gave what to whom, what existed when, and what the model says held.
#include "report/diagram.h"

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pictured_runs.h"

namespace ipcrig {
namespace {

using Arrow = Diagram::Arrow;

Diagram DiagramOfText(std::string_view text) { return DiagramOf(PicturedRun("a.ipc", text)); }

// The arrows of a kind, as "A:2 B:1": line and process of both ends; of an end of a lane only that.
std::vector<std::string> ArrowsOf(const Diagram& diagram, Arrow::Kind kind) {
  std::vector<std::string> texts;
  const auto text = [&](int call, int lane) {
    const std::string& name = diagram.lanes[static_cast<size_t>(lane)].name;
    if (call < 0) return name;
    return name + ":" + std::to_string(diagram.calls[static_cast<size_t>(call)].line);
  };
  for (const Arrow& arrow : diagram.arrows) {
    if (arrow.kind != kind) continue;
    const int lane = diagram.calls[static_cast<size_t>(arrow.from_call)].lane;
    texts.push_back(text(arrow.from_call, lane) + " " + text(arrow.to_call, arrow.to_lane));
    EXPECT_LE(arrow.from, arrow.to);
  }
  return texts;
}

const Diagram::Moment* MomentAt(const Diagram& diagram, int line) {
  const auto found = std::find_if(
      diagram.moments.begin(), diagram.moments.end(), [&](const Diagram::Moment& moment) {
        return moment.call >= 0 && diagram.calls[static_cast<size_t>(moment.call)].line == line;
      });
  return found == diagram.moments.end() ? nullptr : &*found;
}

std::string StateText(const Diagram& diagram, int index) {
  std::string text;
  if (index < 0) return "none";
  for (const auto& [name, words] : diagram.states[static_cast<size_t>(index)]) {
    text += name + ": " + words + "\n";
  }
  return text;
}

TEST(Diagram, LeadsAMessageFromItsSenderToWhoGetsIt) {
  const Diagram diagram = DiagramOfText(
      "A  q = msgget(IPC_PRIVATE, 0600)\n"
      "A  msgsnd(q, 1, \"same\", 0)\n"
      "A  msgsnd(q, 1, \"same\", 0)\n"
      "A  msgsnd(q, 2, \"long text\", 0)\n"
      "B  msgrcv(q, 4, 2, MSG_NOERROR)\n"
      "B  msgrcv(q, 10, 1, 0)\n"
      "B  msgrcv(q, 10, 5, 0)\n"
      "A  msgsnd(q, 5, \"five\", 0)\n"
      "A  msgctl(q, IPC_RMID)\n");
  EXPECT_THAT(ArrowsOf(diagram, Arrow::Kind::kMessage),
              testing::ElementsAre("A:4 B:5", "A:2 B:6", "A:8 B:7"));
  EXPECT_THAT(ArrowsOf(diagram, Arrow::Kind::kWake), testing::IsEmpty());
  EXPECT_TRUE(diagram.arrows.back().wakes);
  EXPECT_GE(diagram.calls[6].asleep_from, diagram.calls[6].from);
  EXPECT_GT(diagram.calls[6].asleep_to, diagram.calls[7].from);
}

TEST(Diagram, LeadsAWakeUpFromWhoLetsGo) {
  const Diagram diagram = DiagramOfText(
      "A  s = semget(IPC_PRIVATE, 1, 0600)\n"
      "B  semop(s, [{0, -1, 0}])\n"
      "C  semop(s, [{0, -1, 0}])\n"
      "A  semop(s, [{0, 1, 0}])\n"
      "A  semctl(s, 0, IPC_RMID)\n");
  EXPECT_THAT(ArrowsOf(diagram, Arrow::Kind::kWake), testing::ElementsAre("A:4 B:2", "A:5 C:3"));
  EXPECT_EQ(diagram.calls[2].outcome, "EIDRM");
  EXPECT_TRUE(diagram.calls[2].failed);
}

TEST(Diagram, KnowsHowProcessesBeginAndEnd) {
  const Diagram diagram = DiagramOfText(
      "A  fork(B)\n"
      "A  fork(C)\n"
      "B  exit(3)\n"
      "A  kill(C, SIGKILL)\n");
  ASSERT_EQ(diagram.lanes.size(), 3U);
  EXPECT_EQ(diagram.lanes[0].from, 0);
  EXPECT_EQ(diagram.lanes[0].end, "");
  EXPECT_GT(diagram.lanes[1].from, 0);
  EXPECT_EQ(diagram.lanes[1].end, "exit 3");
  EXPECT_FALSE(diagram.lanes[1].killed);
  EXPECT_TRUE(diagram.lanes[2].killed);
  EXPECT_LT(diagram.lanes[2].to, diagram.end);
  EXPECT_THAT(ArrowsOf(diagram, Arrow::Kind::kFork), testing::ElementsAre("A:1 B", "A:2 C"));
  EXPECT_THAT(ArrowsOf(diagram, Arrow::Kind::kKill), testing::ElementsAre("A:4 C"));
}

TEST(Diagram, KnowsWhoKillsInARace) {
  const Diagram diagram = DiagramOfText(
      "A  q = msgget(IPC_PRIVATE, 0600)\n"
      "B  msgrcv(q, 10, 1, 0)\n"
      "race {\n"
      "  A  kill(B, SIGKILL)\n"
      "  C  msgsnd(q, 2, \"other\", 0)\n"
      "}\n");
  EXPECT_EQ(diagram.lanes[1].end, "SIGKILL");
  EXPECT_EQ(diagram.calls[1].outcome, "SIGKILL");
  EXPECT_THAT(ArrowsOf(diagram, Arrow::Kind::kKill), testing::ElementsAre("A:4 B"));
}

TEST(Diagram, KnowsWhenObjectsAreMadeMarkedAndGone) {
  const Diagram diagram = DiagramOfText(
      "A  m = shmget(IPC_PRIVATE, 4096, 0600)\n"
      "A  a = shmat(m, NULL, 0)\n"
      "A  shmctl(m, IPC_RMID)\n"
      "A  shmdt(a)\n"
      "A  q = msgget(IPC_PRIVATE, 0600)\n");
  ASSERT_EQ(diagram.objects.size(), 2U);
  const Diagram::Object& segment = diagram.objects[0];
  EXPECT_EQ(segment.name, "m");
  EXPECT_LT(segment.from, segment.marked);
  EXPECT_LT(segment.marked, segment.to);
  EXPECT_EQ(segment.notes.size(), 2U);  // none attached, one attached
  EXPECT_EQ(diagram.objects[1].marked, Diagram::kNever);
  EXPECT_EQ(diagram.objects[1].to, Diagram::kNever);
}

TEST(Diagram, TellsWhatHeldBeforeAndAfter) {
  const Diagram diagram = DiagramOf(FewCalls());
  const Diagram::Moment* moment = MomentAt(diagram, 6);
  ASSERT_NE(moment, nullptr);
  const std::string before = StateText(diagram, moment->before);
  const std::string after = StateText(diagram, moment->after);
  EXPECT_THAT(before, testing::HasSubstr("q: 8 of 16384 bytes: {3, \"three\"}, {1, \"one\"}"));
  EXPECT_THAT(after, testing::HasSubstr("q: 5 of 16384 bytes: {3, \"three\"}, mode 0600"));
  EXPECT_THAT(after, testing::HasSubstr("B: sleeps in msgrcv"));
  ASSERT_EQ(diagram.places.size(), 1U);
  EXPECT_EQ(diagram.calls[static_cast<size_t>(diagram.places[0].call)].line, 6);
}

TEST(Diagram, HasNoStateBehindWhatTheModelDoesNotAllow) {
  const ScenarioResult result = ManyCalls();
  ASSERT_EQ(result.judgement.findings.size(), 1U);
  const Diagram diagram = DiagramOf(result);
  EXPECT_EQ(diagram.moments.back().after, -1);
  EXPECT_NE(diagram.moments.back().before, -1);
  EXPECT_EQ(diagram.moments.size(), diagram.calls.size());
  EXPECT_EQ(diagram.places[0].call, static_cast<int>(diagram.calls.size()) - 1);
}

TEST(Diagram, PutsTheCallsOfARaceInAnOrderWithinTheirIntervals) {
  const Diagram diagram = DiagramOf(PassingRace());
  ASSERT_EQ(diagram.races.size(), 1U);
  double last = 0;
  int effects = 0;
  for (const Diagram::Moment& moment : diagram.moments) {
    EXPECT_GE(moment.at, last);
    last = moment.at;
    if (moment.call < 0) continue;
    const Diagram::Call& call = diagram.calls[static_cast<size_t>(moment.call)];
    if (call.from_ns < 0) continue;
    ++effects;
    EXPECT_GE(moment.at, call.from) << call.text;
    EXPECT_TRUE(call.to < 0 || moment.at <= call.to) << call.text;
  }
  EXPECT_GE(effects, 5);
  EXPECT_THAT(ArrowsOf(diagram, Arrow::Kind::kMessage), testing::Not(testing::IsEmpty()));
}

TEST(Diagram, KnowsTheCycleOfARaceWithoutAnOrder) {
  const Diagram diagram = DiagramOf(FailingRace());
  ASSERT_EQ(diagram.places.size(), 1U);
  ASSERT_GE(diagram.places[0].cycle.size(), 2U);
  for (const int call : diagram.places[0].cycle) EXPECT_GE(call, 0);
}

TEST(Diagram, TakesOneMillisecondForAStepAndForARaceWhatItTook) {
  Diagram diagram;
  diagram.races.push_back({2, 6, 3, {100, 600, 5100}});
  EXPECT_DOUBLE_EQ(DiagramMicroseconds(diagram, 1.5), 1500);
  EXPECT_DOUBLE_EQ(DiagramMicroseconds(diagram, 3), 3000);
  EXPECT_DOUBLE_EQ(DiagramMicroseconds(diagram, 3.5), 3000.5);
  EXPECT_DOUBLE_EQ(DiagramMicroseconds(diagram, 3.75), 3002.75);
  EXPECT_DOUBLE_EQ(DiagramMicroseconds(diagram, 4), 3005);
  EXPECT_DOUBLE_EQ(DiagramMicroseconds(diagram, 5), 4005);
}

}  // namespace
}  // namespace ipcrig
