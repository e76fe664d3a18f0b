// SPDX-License-Identifier: Apache-2.0
//
// Promises of the running kernel, said without the model: what RapidCheck draws is run, and looked
// at directly. Tests of one's own program may look like these.
#include <algorithm>
#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "exec/run.h"
#include "gen/draws.h"
#include "gen/generate.h"
#include "simulated_kernel.h"

namespace ipcrig {
namespace {

RunOptions WithoutPrograms() {
  RunOptions options;
  options.ipcs_program = false;
  return options;
}

class KernelProperties : public testing::Test {
 protected:
  void SetUp() override {
    const auto history = RunScenario(ScenarioOf("A  exit(0)\n"), WithoutPrograms());
    if (!history.ok()) GTEST_SKIP() << history.error().Text();
    const Event& first = history->events.front();
    if (first.kind == Event::Kind::kSkip) GTEST_SKIP() << first.text;
    facts_ = history->facts;
  }

  static History Run(const Scenario& scenario) {
    auto history = RunScenario(scenario, WithoutPrograms());
    RC_ASSERT(history.ok() && history->Complete());
    return std::move(*history);
  }

  // How the last call of the text that begins so ended.
  static Outcome OutcomeOf(const std::string& text, const std::string& call) {
    const Scenario scenario = ScenarioOf(text);
    const History history = Run(scenario);
    for (auto event = history.events.rbegin(); event != history.events.rend(); ++event) {
      if (event->kind != Event::Kind::kReturn || event->step < 0) continue;
      const Op& op = scenario.steps[static_cast<size_t>(event->step)].op;
      if (OpName(op) == call) return event->outcome;
    }
    RC_FAIL("no such call returned");
    return {};
  }

  static std::string AnyText() {
    const auto length = *rc::gen::inRange<size_t>(1, 60);
    return *rc::gen::container<std::string>(length, rc::gen::inRange('a', 'z'));
  }

  static inline Facts facts_ = {};
};

TEST_F(KernelProperties, StoreBeforeMsgsndIsVisibleAfterMsgrcv) {
  EXPECT_TRUE(rc::check([] {
    const std::string text = AnyText();
    const int offset = *rc::gen::inRange(0, 8192);
    const bool waits = *rc::gen::arbitrary<bool>();
    const std::string send =
        fmt::format("A  store(at, {}, \"{}\")\nA  msgsnd(q, 1, \"go\", 0)\n", offset, text);
    const std::string receive = "B  msgrcv(q, 100, 0, 0)\n";
    const Outcome seen = OutcomeOf(
        "A  m = shmget(IPC_PRIVATE, 16384, 0600)\n"
        "A  q = msgget(IPC_PRIVATE, 0600)\n"
        "A  at = shmat(m, NULL, 0)\n"
        "B  there = shmat(m, NULL, SHM_RDONLY)\n" +
            (waits ? receive + send : send + receive) +
            fmt::format("B  load(there, {}, {})\n", offset, text.size()),
        "load");
    RC_ASSERT(seen.bytes == text);
  }));
}

TEST_F(KernelProperties, ContentsSurviveTheLastDetach) {
  EXPECT_TRUE(rc::check([] {
    const std::string text = AnyText();
    const int offset = *rc::gen::inRange(0, 8192);
    const std::string gone =
        *rc::gen::element<std::string>("A  shmdt(at)\n", "A  exit(0)\n", "B  kill(A, SIGKILL)\n");
    const Outcome seen = OutcomeOf(fmt::format("A  m = shmget(IPC_PRIVATE, 16384, 0600)\n"
                                               "A  at = shmat(m, NULL, 0)\n"
                                               "A  store(at, {0}, \"{1}\")\n"
                                               "{2}"
                                               "B  there = shmat(m, NULL, 0)\n"
                                               "B  load(there, {0}, {3})\n",
                                               offset, text, gone, text.size()),
                                   "load");
    RC_ASSERT(seen.bytes == text);
  }));
}

// As long as no adjustment is clamped. An operation of 0 would wait.
TEST_F(KernelProperties, ValuesAndAdjustmentsAreConserved) {
  EXPECT_TRUE(rc::check([] {
    constexpr int kValue = 1000;
    std::string text = fmt::format(
        "A  s = semget(IPC_PRIVATE, 2, 0600)\nA  semctl(s, 0, SETALL, [{0}, {0}])\n", kValue);
    const int calls = *rc::gen::inRange(1, 12);
    for (int i = 0; i < calls; ++i) {
      text += fmt::format("{}  semop(s, [{{{}, {}, SEM_UNDO}}])\n", *rc::gen::element('B', 'C'),
                          *rc::gen::inRange(0, 2),
                          *rc::gen::distinctFrom(rc::gen::inRange(-20, 21), 0));
    }
    text += "B  semop(s, [{0, 0, IPC_NOWAIT}])\nC  semop(s, [{0, 0, IPC_NOWAIT}])\n";
    text += *rc::gen::element<std::string>("B  exit(0)\nA  kill(C, SIGKILL)\n",
                                           "A  kill(B, SIGKILL)\nC  exit(1)\n");
    const Outcome seen = OutcomeOf(text + "A  semctl(s, 0, GETALL)\n", "semctl");
    RC_ASSERT((seen.numbers == std::vector<int64_t>{kValue, kValue}));
  }));
}

TEST_F(KernelProperties, AfterRemovalNothingIsLeft) {
  EXPECT_TRUE(rc::check([](uint64_t seed) {
    GenerateOptions options;
    options.facts = facts_;
    SeededDraw draw(seed);
    const History history = Run(Generate(draw, options));
    const auto last =
        std::find_if(history.events.rbegin(), history.events.rend(),
                     [](const Event& event) { return event.kind == Event::Kind::kSnapshot; });
    RC_ASSERT(last != history.events.rend());
    RC_ASSERT(last->text == "after removal");
    for (const View& view : last->snapshot) RC_ASSERT(view.rows.empty());
  }));
}

}  // namespace
}  // namespace ipcrig
