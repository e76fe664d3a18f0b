// SPDX-License-Identifier: Apache-2.0
//
// Races as the engine runs them: what a history says of one holds together, whatever the schedule,
// and nothing is left behind. Whether the calls did right is for Judge() to say.
#include <sched.h>

#include <algorithm>
#include <map>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "check/judge.h"
#include "exec/race_plan.h"
#include "exec/run.h"

namespace ipcrig {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Scenario ScenarioOf(const std::string& text) {
  auto parsed = ParseScenario(text, "race_test");
  if (const auto* error = std::get_if<ParseError>(&parsed)) ADD_FAILURE() << error->Text();
  return std::get<Scenario>(parsed);
}

RunOptions Quick() {
  RunOptions options;
  options.ipcs_program = false;
  return options;
}

// The histories of all runs of the scenario; none where namespaces cannot be had.
std::vector<History> Histories(const std::string& text, const RunOptions& options = Quick()) {
  std::vector<History> histories;
  auto run = Run::Start(ScenarioOf(text), options);
  if (!run.ok()) return histories;
  run->Wait();
  while (auto history = run->Next()) {
    EXPECT_TRUE(history->ok());
    if (history->ok()) histories.push_back(**history);
  }
  return histories;
}

std::vector<Event> EventsOf(const History& history, Event::Kind kind) {
  std::vector<Event> events;
  std::copy_if(history.events.begin(), history.events.end(), std::back_inserter(events),
               [&](const Event& event) { return event.kind == kind; });
  return events;
}

// What holds for each race of each history.
void ExpectConsistent(const Scenario& scenario, const History& history) {
  ASSERT_TRUE(history.Complete()) << PrintHistory(history);
  for (const Event::Kind kind : {Event::Kind::kBroken, Event::Kind::kBusy, Event::Kind::kNotRun,
                                 Event::Kind::kSurvivor, Event::Kind::kSkip}) {
    EXPECT_EQ(history.Find(kind), nullptr) << PrintHistory(history);
  }
  std::map<int, Event> last;  // call of a process
  int64_t from = 0;
  int end = 0;
  for (const Event& event : history.events) {
    switch (event.kind) {
      case Event::Kind::kRace:
        last.clear();
        from = 0;
        end = static_cast<int>(scenario.EndOfRace(static_cast<size_t>(event.step)));
        break;
      case Event::Kind::kRaced:
        EXPECT_GE(event.from, from) << "in the order of their beginnings";
        from = event.from;
        [[fallthrough]];
      case Event::Kind::kPending:
        EXPECT_LT(event.step, end);
        if (event.kind == Event::Kind::kRaced) {
          EXPECT_LE(event.from, event.to);
        }
        if (const auto before = last.find(event.process); before != last.end()) {
          EXPECT_GT(event.step, before->second.step);
          EXPECT_GE(event.from, before->second.to) << PrintHistory(history);
          EXPECT_NE(before->second.kind, Event::Kind::kPending);
        }
        last[event.process] = event;
        break;
      case Event::Kind::kGone:
        EXPECT_LT(event.from, event.to);
        EXPECT_TRUE(event.outcome.Ended());
        if (last.contains(event.process)) {
          EXPECT_GE(event.from, last[event.process].to);
        }
        break;
      case Event::Kind::kRaceEnd:
        EXPECT_EQ(event.step, end);
        EXPECT_LE(event.from, event.to);
        break;
      default:
        break;
    }
  }
}

// Whether calls of two processes lie within each other's intervals.
bool Overlaps(const History& history) {
  const auto raced = EventsOf(history, Event::Kind::kRaced);
  for (const Event& one : raced) {
    for (const Event& other : raced) {
      const bool apart = one.to < other.from || other.to < one.from;
      if (one.process != other.process && !apart) return true;
    }
  }
  return false;
}

// The processes in the order of their calls' beginnings.
std::string OrderOf(const History& history) {
  std::string order;
  for (const Event& event : EventsOf(history, Event::Kind::kRaced)) {
    order += static_cast<char>('A' + event.process);
  }
  return order;
}

int Processors() {
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  return sched_getaffinity(0, sizeof(allowed), &allowed) == 0 ? CPU_COUNT(&allowed) : 1;
}

class Race : public testing::TestWithParam<std::string> {
 protected:
  static std::string With(std::string text, const std::string& schedule) {
    return text.replace(text.find('@'), 1, schedule);
  }
  static void SkipWithout(const std::vector<History>& histories) {
    if (histories.empty() || histories.front().Find(Event::Kind::kSkip) != nullptr) {
      GTEST_SKIP() << "no namespaces";
    }
  }
};

constexpr const char* kSendersAndReceivers =
    "A  q = msgget(IPC_PRIVATE, 0600)\n"
    "race @ times=100 {\n"
    "  A  msgsnd(q, 1, \"a1\", 0)\n"
    "  A  msgsnd(q, 2, \"a2\", 0)\n"
    "  B  msgsnd(q, 1, \"b1\", 0)\n"
    "  C  msgrcv(q, 100, 0, 0)\n"
    "  C  msgrcv(q, 100, 0, 0)\n"
    "  B  msgctl(q, IPC_STAT)\n"
    "  C  msgrcv(q, 100, 0, 0)\n"
    "}\n"
    "A  msgrcv(q, 100, 0, IPC_NOWAIT)  -> ENOMSG\n"
    "ipcs\n";

TEST_P(Race, IsToldConsistently) {
  const std::string text = With(kSendersAndReceivers, GetParam());
  const std::vector<History> histories = Histories(text);
  if (histories.empty()) GTEST_SKIP() << "no namespaces";
  ASSERT_EQ(histories.size(), 100U);
  for (const History& history : histories) {
    ExpectConsistent(ScenarioOf(text), history);
    const auto raced = EventsOf(history, Event::Kind::kRaced);
    EXPECT_EQ(raced.size(), 7U);
    std::multiset<std::string> received;
    for (const Event& event : raced) {
      EXPECT_EQ(event.outcome.kind, Outcome::Kind::kReturned);
      if (event.process == 2) received.insert(event.outcome.bytes);
    }
    EXPECT_THAT(received, ElementsAre("a1", "a2", "b1"));
    EXPECT_EQ(EventsOf(history, Event::Kind::kReturn).back().outcome.value, ENOMSG);
  }
}

// The exchange goes on where one waits for the other, and comes to rest where nobody can go on.
TEST_P(Race, OfWhichSomebodySleepsAtTheEnd) {
  const std::string text = With(
      "A  s = semget(IPC_PRIVATE, 2, 0600)\n"
      "race @ times=50 {\n"
      "  A  semop(s, [{0, 1, 0}])\n"
      "  A  semop(s, [{1, -1, 0}])\n"
      "  B  semop(s, [{0, -1, 0}])\n"
      "  B  semop(s, [{1, 1, 0}])\n"
      "  B  semop(s, [{0, -1, 0}])\n"
      "  B  semop(s, [{1, 7, 0}])\n"
      "}\n"
      "A  semctl(s, 0, GETALL)\n"
      "A  semop(s, [{0, 1, 0}])\n"
      "B  returns\n"
      "A  semctl(s, 0, GETALL)\n",
      GetParam());
  const std::vector<History> histories = Histories(text);
  if (histories.empty()) GTEST_SKIP() << "no namespaces";
  for (const History& history : histories) {
    ExpectConsistent(ScenarioOf(text), history);
    EXPECT_EQ(EventsOf(history, Event::Kind::kRaced).size(), 4U);
    const auto pending = EventsOf(history, Event::Kind::kPending);
    ASSERT_EQ(pending.size(), 1U) << PrintHistory(history);
    EXPECT_EQ(pending[0].step, 6);
    EXPECT_EQ(EventsOf(history, Event::Kind::kAsleep).size(), 1U);
    // What it would have done next is not done any more.
    const auto returned = EventsOf(history, Event::Kind::kReturn);
    ASSERT_EQ(returned.size(), 5U);
    EXPECT_EQ(returned.back().outcome.numbers, (std::vector<int64_t>{0, 0}));
  }
}

// Whatever SIGKILL meets, what was done until then is known.
TEST_P(Race, AKilledProcessLeavesItsLog) {
  const std::string text = With(
      "A  s = semget(IPC_PRIVATE, 1, 0600)\n"
      "race @ times=50 {\n"
      "  A  semop(s, [{0, 1, SEM_UNDO}])\n"
      "  A  semop(s, [{0, 1, SEM_UNDO}])\n"
      "  A  semop(s, [{0, 1, SEM_UNDO}])\n"
      "  A  semop(s, [{0, 1, SEM_UNDO}])\n"
      "  B  kill(A, SIGKILL)\n"
      "}\n"
      "B  semctl(s, 0, GETVAL)\n",
      GetParam());
  const std::vector<History> histories = Histories(text);
  if (histories.empty()) GTEST_SKIP() << "no namespaces";
  for (const History& history : histories) {
    ExpectConsistent(ScenarioOf(text), history);
    const auto gone = EventsOf(history, Event::Kind::kGone);
    ASSERT_EQ(gone.size(), 1U) << PrintHistory(history);
    EXPECT_EQ(gone[0].process, 0);
    EXPECT_EQ(gone[0].outcome.kind, Outcome::Kind::kKilled);
    EXPECT_EQ(EventsOf(history, Event::Kind::kReturn).back().outcome.value, 0) << "all undone";
  }
}

TEST_P(Race, EndsOfProcessesAreToldOnce) {
  const std::string text = With(
      "A  q = msgget(IPC_PRIVATE, 0600)\n"
      "A  fork(D)\n"
      "C  msgrcv(q, 10, 9, 0)\n"
      "race @ times=50 {\n"
      "  A  msgsnd(q, 1, \"last\", 0)\n"
      "  A  exit(3)\n"
      "  B  kill(C, SIGTERM)\n"
      "  B  kill(D, SIGKILL)\n"
      "  B  msgrcv(q, 10, 1, 0)\n"
      "}\n"
      "B  msgctl(q, IPC_STAT)\n",
      GetParam());
  const std::vector<History> histories = Histories(text);
  if (histories.empty()) GTEST_SKIP() << "no namespaces";
  for (const History& history : histories) {
    ExpectConsistent(ScenarioOf(text), history);
    std::map<int, std::string> ends;
    for (const Event& event : EventsOf(history, Event::Kind::kGone)) {
      EXPECT_TRUE(ends.emplace(event.process, EndText(event.outcome)).second);
    }
    EXPECT_THAT(ends, ElementsAre(testing::Pair(0, "exit 3"), testing::Pair(1, "SIGKILL"),
                                  testing::Pair(2, "SIGTERM")))
        << PrintHistory(history);
  }
}

// Who slept when the race began may return in it.
TEST_P(Race, LetsAnEarlierSleeperGo) {
  const std::string text = With(
      "A  q = msgget(IPC_PRIVATE, 0600)\n"
      "B  msgrcv(q, 10, 0, 0)\n"
      "race @ times=20 {\n"
      "  A  msgsnd(q, 1, \"x\", 0)\n"
      "  C  msgsnd(q, 1, \"y\", 0)\n"
      "}\n"
      "B  msgrcv(q, 10, 0, 0)\n",
      GetParam());
  const std::vector<History> histories = Histories(text);
  if (histories.empty()) GTEST_SKIP() << "no namespaces";
  for (const History& history : histories) {
    const auto raced = EventsOf(history, Event::Kind::kRaced);
    ASSERT_EQ(raced.size(), 3U) << PrintHistory(history);
    EXPECT_EQ(raced[0].process, 1);
    EXPECT_EQ(raced[0].step, 1);
    EXPECT_EQ(raced[0].outcome.kind, Outcome::Kind::kReturned);
    EXPECT_LT(raced[0].from, raced[1].from) << "its call began before the race";
    EXPECT_GE(raced[0].to, std::min(raced[1].from, raced[2].from));
  }
}

INSTANTIATE_TEST_SUITE_P(
    Schedules, Race, testing::Values("gate", "free", "delay seed=5", "pct seed=1", "starve seed=2"),
    [](const auto& test) { return test.param.substr(0, test.param.find(' ')); });

// Thousands of races without one that hangs.
TEST(RaceOfTwo, AThousandTimes) {
  const std::vector<History> histories = Histories(
      "A  q = msgget(IPC_PRIVATE, 0600)\n"
      "race times=1000 {\n"
      "  A  msgsnd(q, 1, \"x\", 0)\n"
      "  A  msgrcv(q, 10, 2, 0)\n"
      "  B  msgrcv(q, 10, 1, 0)\n"
      "  B  msgsnd(q, 2, \"y\", 0)\n"
      "}\n");
  if (histories.empty()) GTEST_SKIP() << "no namespaces";
  ASSERT_EQ(histories.size(), 1000U);
  for (const History& history : histories) {
    EXPECT_EQ(EventsOf(history, Event::Kind::kRaced).size(), 4U) << PrintHistory(history);
  }
}

TEST(RaceOfTwo, CallsOverlapWhereThereAreProcessors) {
  if (Processors() < 2) GTEST_SKIP() << "one processor";
  const std::string body =
      "  A  msgctl(q, IPC_STAT)\n"
      "  B  msgctl(q, IPC_STAT)\n"
      "}\n";
  const std::vector<History> histories =
      Histories("A  q = msgget(IPC_PRIVATE, 0600)\nrace times=300 {\n" + body);
  if (histories.empty()) GTEST_SKIP() << "no namespaces";
  EXPECT_GT(std::count_if(histories.begin(), histories.end(), Overlaps), 30);
}

// On one processor the priorities decide; another seed, another order.
TEST(RaceOfTwo, PrioritiesGiveManyOrders) {
  const std::vector<History> histories = Histories(
      "A  q = msgget(IPC_PRIVATE, 0600)\n"
      "race pct times=100 {\n"
      "  A  msgctl(q, IPC_STAT)\n"
      "  A  msgctl(q, IPC_STAT)\n"
      "  B  msgctl(q, IPC_STAT)\n"
      "  B  msgctl(q, IPC_STAT)\n"
      "}\n");
  if (histories.empty()) GTEST_SKIP() << "no namespaces";
  const Event* race = histories.front().Find(Event::Kind::kRace);
  ASSERT_NE(race, nullptr);
  if (!race->text.empty()) GTEST_SKIP() << race->text;
  std::set<std::string> orders;
  for (const History& history : histories) orders.insert(OrderOf(history));
  EXPECT_THAT(orders, testing::IsSupersetOf({"AABB", "BBAA", "ABBA", "BAAB"}));
}

TEST(RaceOfTwo, AStarvedProcessIsLast) {
  const std::vector<History> histories = Histories(
      "A  q = msgget(IPC_PRIVATE, 0600)\n"
      "race starve times=40 {\n"
      "  A  msgctl(q, IPC_STAT)\n"
      "  A  msgctl(q, IPC_STAT)\n"
      "  B  msgctl(q, IPC_STAT)\n"
      "  B  msgctl(q, IPC_STAT)\n"
      "}\n");
  if (histories.empty()) GTEST_SKIP() << "no namespaces";
  if (!histories.front().Find(Event::Kind::kRace)->text.empty()) GTEST_SKIP() << "no SCHED_FIFO";
  std::map<std::string, int> orders;
  for (const History& history : histories) ++orders[OrderOf(history)];
  EXPECT_GT(orders["AABB"], 5);
  EXPECT_GT(orders["BBAA"], 5);
  EXPECT_EQ(orders["AABB"] + orders["BBAA"], 40);
}

// The same on one processor and without SCHED_FIFO: nobody spins for ever.
TEST(RaceOfTwo, OneProcessorAndNoPriorities) {
  cpu_set_t before;
  ASSERT_EQ(sched_getaffinity(0, sizeof(before), &before), 0);
  RunOptions options = Quick();
  for (const bool realtime : {true, false}) {
    options.realtime = realtime;
    for (const char* schedule : {"gate", "free", "delay", "pct", "starve"}) {
      const std::string text = "A  q = msgget(IPC_PRIVATE, 0600)\nrace " + std::string(schedule) +
                               " times=20 {\n"
                               "  A  msgsnd(q, 1, \"x\", 0)\n"
                               "  B  msgrcv(q, 10, 0, 0)\n"
                               "  C  msgrcv(q, 10, 0, 0)\n"
                               "  A  msgsnd(q, 1, \"x\", 0)\n"
                               "}\n";
      PinTo(0, PermittedProcessors(0).front());
      const std::vector<History> histories = Histories(text, options);
      sched_setaffinity(0, sizeof(before), &before);
      if (histories.empty()) GTEST_SKIP() << "no namespaces";
      for (const History& history : histories) ExpectConsistent(ScenarioOf(text), history);
      EXPECT_EQ(histories.size(), 20U);
      const std::string note = histories.front().Find(Event::Kind::kRace)->text;
      EXPECT_EQ(note.empty(), realtime && (schedule[0] == 'p' || schedule[0] == 's')) << note;
    }
  }
}

TEST(PlannedRace, OneSeedOnePlan) {
  const Scenario scenario = ScenarioOf(
      "A  q = msgget(IPC_PRIVATE, 0600)\n"
      "race pct seed=9 {\n"
      "  A  msgctl(q, IPC_STAT)\n"
      "  B  msgctl(q, IPC_STAT)\n"
      "  C  msgctl(q, IPC_STAT)\n"
      "}\n");
  const auto priorities = [&](uint32_t n) {
    std::vector<int> all;
    for (const PlannedRacer& racer : PlanRace(WithSeeds(scenario, n), 1, {2, true}).racers) {
      all.push_back(racer.priority);
      for (const PlannedCall& call : racer.calls) all.push_back(call.priority);
    }
    return all;
  };
  EXPECT_EQ(priorities(0), priorities(0));
  std::set<std::vector<int>> plans;
  for (uint32_t n = 0; n < 50; ++n) plans.insert(priorities(n));
  EXPECT_GT(plans.size(), 10U);
}

TEST(PlannedRace, AnswersThatTheLogHasNoRoomForAreRefused) {
  std::string text = "A  s = semget(IPC_PRIVATE, 32000, 0600)\nrace {\n";
  for (int i = 0; i < 5; ++i) text += "  B  semctl(s, 0, GETALL)\n";
  EXPECT_THAT(TooLongToRace(ScenarioOf(text + "}\n")),
              HasSubstr("the answers of B in the race of line 2 may be longer than 1048576 bytes"));
  EXPECT_EQ(TooLongToRace(ScenarioOf("A  s = semget(IPC_PRIVATE, 32000, 0600)\nrace {\n"
                                     "  B  semctl(s, 0, GETALL)\n}\n")),
            "");
}

TEST(PlannedRace, LongAnswersAreLogged) {
  const std::vector<History> histories = Histories(
      "A  s = semget(IPC_PRIVATE, 20000, 0600)\n"
      "A  q = msgget(IPC_PRIVATE, 0600)\n"
      "A  semctl(s, 19999, SETVAL, 5)\n"
      "A  msgsnd(q, 1, data(1, 8000), 0)\n"
      "race {\n"
      "  A  semctl(s, 0, GETALL)\n"
      "  A  msgrcv(q, 8192, 0, 0)\n"
      "  B  semctl(s, 0, GETALL)\n"
      "}\n");
  if (histories.empty()) GTEST_SKIP() << "no namespaces";
  const auto raced = EventsOf(histories.front(), Event::Kind::kRaced);
  ASSERT_EQ(raced.size(), 3U);
  for (const Event& event : raced) {
    if (event.step == 6) {
      EXPECT_EQ(event.outcome.bytes.size(), 8000U);
    }
    if (event.step == 6) continue;
    ASSERT_EQ(event.outcome.numbers.size(), 20000U);
    EXPECT_EQ(event.outcome.numbers.back(), 5);
  }
}

TEST(PlannedRace, WhoCannotMakeACallIsNamed) {
  const std::vector<History> histories = Histories(
      "A  q = msgget(IPC_PRIVATE, 0600)\n"
      "B  msgrcv(q, 10, 0, 0)\n"
      "race {\n"
      "  A  msgsnd(q, 1, \"x\", 0)\n"
      "  B  msgctl(q, IPC_STAT)\n"
      "}\n");
  if (histories.empty()) GTEST_SKIP() << "no namespaces";
  const Event* not_run = histories.front().Find(Event::Kind::kNotRun);
  ASSERT_NE(not_run, nullptr);
  EXPECT_EQ(not_run->step, 4);
  EXPECT_EQ(histories.front().Find(Event::Kind::kRace), nullptr);
}

}  // namespace
}  // namespace ipcrig
