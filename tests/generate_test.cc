// SPDX-License-Identifier: Apache-2.0
//
// Generating (gen/generate.h), its sources of choice (gen/draws.h), and what it rests on: the
// prediction of one way in which a call goes (model/predict.h).
#include "gen/generate.h"

#include <algorithm>
#include <set>

#include <gtest/gtest.h>

#include "gen/draws.h"
#include "gen/focus.h"
#include "model/predict.h"
#include "simulated_kernel.h"

namespace ipcrig {
namespace {

TEST(EnumeratingDraw, TakesEveryPathOnceTheSimplestFirst) {
  EnumeratingDraw draw;
  std::vector<std::string> paths;
  do {
    std::string path;
    // A choice that decides which choices follow.
    const uint64_t first = draw.Below(3);
    path += std::to_string(first);
    for (uint64_t i = 0; i < first; ++i) path += std::to_string(draw.Below(2));
    paths.push_back(path);
  } while (draw.Next());
  EXPECT_EQ(paths, (std::vector<std::string>{"0", "10", "11", "200", "201", "210", "211"}));
}

TEST(EnumeratingDraw, HasOnePathWhereNothingIsAsked) {
  EnumeratingDraw draw;
  EXPECT_FALSE(draw.Next());
  EXPECT_EQ(draw.Below(1), 0U);
  EXPECT_FALSE(draw.Next());
}

TEST(Families, HaveNamesAndCoverTheTable) {
  std::set<Family> families;
  for (size_t i = 0; i < kOpCount; ++i) families.insert(FamilyOf(i));
  EXPECT_EQ(families.size(), FamilyNames().size());
  EXPECT_EQ(FamilyOf(IndexOf<ShmctlOther>()), Family::kShm);
  EXPECT_EQ(FamilyOf(IndexOf<Msgsnd>()), Family::kMsg);
  EXPECT_EQ(FamilyOf(IndexOf<NextSecond>()), Family::kProcess);
  EXPECT_EQ(FamiliesOf("msg,sem"), FamilyBit(Family::kMsg) | FamilyBit(Family::kSem));
  EXPECT_EQ(FamiliesOf("shm,memory,msg,sem,pipe,process,identity"), kAllFamilies);
  EXPECT_EQ(FamiliesOf("mgs"), std::nullopt);
  EXPECT_EQ(FamiliesOf("msg,"), std::nullopt);
  EXPECT_EQ(FamiliesOf(""), std::nullopt);
}

// The operations of many scenarios.
std::set<size_t> Drawn(const GenerateOptions& options) {
  std::set<size_t> drawn;
  for (uint64_t seed = 0; seed < 150; ++seed) {
    SeededDraw draw(seed);
    for (const Step& step : Generate(draw, options).steps) {
      if (step.kind == Step::Kind::kCall) drawn.insert(step.op.index());
    }
  }
  return drawn;
}

TEST(Generate, DrawsEveryOperationButTwo) {
  const std::set<size_t> drawn = Drawn({.steps = 40});
  EXPECT_FALSE(drawn.contains(IndexOf<NextSecond>()));
  EXPECT_FALSE(drawn.contains(IndexOf<ExecProgram>()));
  for (size_t i = 0; i < kOpCount; ++i) {
    const bool never = i == IndexOf<NextSecond>() || i == IndexOf<ExecProgram>();
    EXPECT_TRUE(never || drawn.contains(i)) << OpSignature(AllOps()[i]);
  }
}

TEST(Generate, KeepsToItsFamilies) {
  for (size_t i = 0; i < FamilyNames().size(); ++i) {
    const auto only = static_cast<Family>(i);
    size_t of_family = 0;
    for (const size_t index : Drawn({.families = FamilyBit(only), .swarm = false})) {
      if (FamilyOf(index) == only) {
        ++of_family;
        continue;
      }
      // Memory is of use only where something is attached; a sleeper is killed at the end.
      const bool needed = index == IndexOf<Shmget>() || index == IndexOf<Shmat>() ||
                          index == IndexOf<Kill>() || index == IndexOf<Msgget>();
      EXPECT_TRUE(needed) << FamilyNames()[i] << ": " << OpSignature(AllOps()[index]);
    }
    EXPECT_GE(of_family, 5U) << FamilyNames()[i];
  }
}

TEST(Generate, AsksForNothingThatTheMachineHasNot) {
  Facts facts = UnprivilegedFacts();
  facts.checkpoint_restore = 0;
  for (const size_t index : Drawn({.facts = facts})) {
    EXPECT_NE(index, IndexOf<Setuid>());
    EXPECT_NE(index, IndexOf<Sysctl>());
  }
}

TEST(Generate, ACrowdIsMoreThanAPageOfProcHolds) {
  for (uint64_t seed = 0; seed < 20; ++seed) {
    SeededDraw draw(seed);
    const Scenario scenario = Generate(draw, {.steps = 64, .swarm = false, .crowd = true});
    const auto makes = [](const Step& step) { return IsOneOf<Shmget, Msgget, Semget>(step.op); };
    EXPECT_GE(std::count_if(scenario.steps.begin(), scenario.steps.end(), makes), 40);
    const auto looks = [](const Step& step) { return step.kind == Step::Kind::kIpcs; };
    EXPECT_TRUE(std::any_of(scenario.steps.begin(), scenario.steps.end(), looks));
  }
}

TEST(Generate, ASecondGoesByWhereTimesAreToDiffer) {
  int settings = 0;
  for (uint64_t seed = 0; seed < 40; ++seed) {
    SeededDraw draw(seed);
    const Scenario scenario = Generate(draw, {.seconds = true});
    const auto waits = [](const Step& step) { return IsOneOf<NextSecond>(step.op); };
    const auto& steps = scenario.steps;
    ASSERT_EQ(std::count_if(steps.begin(), steps.end(), waits), 1);
    settings += static_cast<int>(
        std::count_if(std::find_if(steps.begin(), steps.end(), waits), steps.end(),
                      [](const Step& step) { return IsOneOf<ShmctlSet>(step.op); }));
  }
  EXPECT_GE(settings, 5);
}

// The calls of many scenarios.
std::vector<Op> CallsOf(const GenerateOptions& options, uint64_t scenarios) {
  std::vector<Op> calls;
  for (uint64_t seed = 0; seed < scenarios; ++seed) {
    SeededDraw draw(seed);
    for (const Step& step : Generate(draw, options).steps) {
      if (step.kind == Step::Kind::kCall) calls.push_back(step.op);
    }
  }
  return calls;
}

TEST(Generate, LeavesTheFirstPageToBadPointers) {
  int near_it = 0;
  for (const Op& op : CallsOf({.families = FamilyBit(Family::kShm)}, 1500)) {
    const auto* shmat = std::get_if<Shmat>(&op);
    if (shmat == nullptr || shmat->address.slot >= 0 || !shmat->flags.Has(abi::kShmRnd)) continue;
    const int offset = shmat->address.offset;
    if (offset <= 0 || offset >= 4096) continue;
    EXPECT_TRUE(shmat->flags.Has(abi::kShmRemap)) << OpSignature(op);
    ++near_it;
  }
  EXPECT_GE(near_it, 20);
}

TEST(Generate, TriesIdsThatAnotherObjectHadAtTheSameIndex) {
  int stale = 0;
  for (const Op& op : CallsOf({.families = FamilyBit(Family::kMsg)}, 300)) {
    const auto* send = std::get_if<Msgsnd>(&op);
    stale += send != nullptr && std::abs(send->queue.number) == abi::kIpcIndexes ? 1 : 0;
  }
  EXPECT_GE(stale, 5);
}

TEST(Generate, FillsQueuesSoThatSeveralSendersSleep) {
  int several = 0;
  for (uint64_t seed = 0; seed < 300; ++seed) {
    SeededDraw draw(seed);
    const Scenario scenario = Generate(draw, {.families = FamilyBit(Family::kMsg)});
    std::set<int> asleep;
    bool met = false;
    for (const Event& event : Simulate(scenario, {}).events) {
      const bool over = event.kind == Event::Kind::kReturn || event.kind == Event::Kind::kEnded;
      if (over) asleep.erase(event.process);
      if (event.kind != Event::Kind::kAsleep) continue;
      const Op& op = scenario.steps[static_cast<size_t>(event.step)].op;
      if (std::holds_alternative<Msgsnd>(op)) asleep.insert(event.process);
      met = met || asleep.size() > 1;
    }
    several += met ? 1 : 0;
  }
  EXPECT_GE(several, 5);
}

TEST(Focus, IsOnFewOperationsMostly) {
  int of_one_family = 0;
  int with_users = 0;
  std::set<size_t> all;
  for (uint64_t seed = 0; seed < 300; ++seed) {
    SeededDraw draw(seed);
    const Focus focus = DrawFocus(draw, {});
    std::set<Family> families;
    for (size_t i = 0; i < kOpCount; ++i) {
      if (focus.weights[i] == 0) continue;
      EXPECT_TRUE(focus.permitted[i]);
      families.insert(FamilyOf(i));
      all.insert(i);
    }
    EXPECT_FALSE(families.empty());
    EXPECT_GE(focus.processes, 2);
    EXPECT_LE(focus.processes, 4);
    of_one_family += families.size() == 1 ? 1 : 0;
    with_users += focus.users ? 1 : 0;
  }
  EXPECT_GE(of_one_family, 60);
  EXPECT_GE(with_users, 15);
  EXPECT_EQ(all.size(), kOpCount - 2);
}

TEST(Focus, KeepsToTheFamiliesThatAreAskedFor) {
  for (uint64_t seed = 0; seed < 100; ++seed) {
    SeededDraw draw(seed);
    const Focus focus = DrawFocus(draw, {.families = FamilyBit(Family::kPipe)});
    EXPECT_TRUE(focus.Has(Family::kPipe));
    EXPECT_FALSE(focus.Has(Family::kMsg));
    EXPECT_FALSE(focus.Has(Family::kProcess));
  }
}

TEST(Generate, IsDecidedByWhatIsDrawn) {
  SeededDraw one(5);
  SeededDraw same(5);
  SeededDraw other(6);
  const Scenario scenario = Generate(one, {});
  EXPECT_EQ(Generate(same, {}), scenario);
  EXPECT_NE(Generate(other, {}), scenario);
}

TEST(Generate, IsAsLongAsItIsToBe) {
  for (const size_t steps : {1U, 2U, 7U, 100U}) {
    for (uint64_t seed = 0; seed < 20; ++seed) {
      SeededDraw draw(seed);
      const Scenario scenario = Generate(draw, {.steps = steps, .processes = 3, .most = 3});
      EXPECT_GE(scenario.steps.size(), 1U);
      EXPECT_LE(scenario.steps.size(), steps);
      EXPECT_LE(scenario.names.processes.size(), 3U);
    }
  }
}

TEST(Generate, ComesToAnEndWithZeros) {
  BytesDraw draw(nullptr, 0);
  const Scenario scenario = Generate(draw, {.steps = 50});
  EXPECT_EQ(scenario.steps.size(), 50U);
  EXPECT_EQ(ScenarioOf(PrintScenario(scenario)), scenario);
}

// The state of a machine after some calls, as predicted.
class Predicting : public testing::Test {
 protected:
  Predicting() : state_(InitialState(OrdinaryFacts(), 2)) {
    StartProcess(state_, 0, 100);
    StartProcess(state_, 1, 101);
  }
  Prediction Call(int process, std::string_view line) {
    text_ += std::string(process == 0 ? "A  " : "B  ") + std::string(line) + "\n";
    return Predict(state_, process, ScenarioOf(text_).steps.back().op, Range::Exactly(7));
  }

  State state_;
  std::string text_ = "A  signal(SIGHUP, SIG_DFL)\nB  signal(SIGHUP, SIG_DFL)\n";
};

TEST_F(Predicting, ACallThatBlocksIsLetGo) {
  EXPECT_EQ(Call(0, "q = msgget(IPC_PRIVATE, 0600)").what, Predicted::kReturns);
  EXPECT_EQ(Call(1, "msgrcv(q, 10, 0, 0)").what, Predicted::kBlocks);
  EXPECT_TRUE(state_.process(1).pending);
  EXPECT_EQ(Call(0, "msgsnd(q, 1, \"text\", 0)").what, Predicted::kReturns);
  EXPECT_FALSE(state_.process(1).pending);
  EXPECT_TRUE(state_.space(0).queues.begin()->second.messages.empty());
}

TEST_F(Predicting, FailuresAndEnds) {
  const Prediction missing = Call(0, "q = msgget(1234, 0)");
  EXPECT_EQ(missing.what, Predicted::kFails);
  EXPECT_EQ(missing.outcome, Outcome::Failed(ENOENT));
  EXPECT_EQ(Call(0, "load(4096, 0, 1)").what, Predicted::kFails);
  const Prediction end = Call(0, "exit(3)");
  EXPECT_EQ(end.what, Predicted::kEnds);
  EXPECT_EQ(end.outcome, (Outcome{Outcome::Kind::kExited, 3}));
  EXPECT_EQ(state_.process(0).life, ProcessState::Life::kZombie);
}

TEST_F(Predicting, SuccessWhereTheKernelMayChoose) {
  // ENOMEM is possible, too.
  EXPECT_EQ(Call(0, "shm = shmget(IPC_PRIVATE, 1099511627776, 0600)").what, Predicted::kReturns);
  EXPECT_EQ(state_.space(0).segments.size(), 1U);
}

TEST_F(Predicting, TheKilledAreGoneWhenAllIsQuiet) {
  Call(1, "s = semget(IPC_PRIVATE, 1, 0600)");
  Call(1, "semop(s, [{0, 1, SEM_UNDO}])");
  Call(1, "semop(s, [{0, -2, 0}])");
  Call(0, "kill(B, SIGKILL)");
  EXPECT_EQ(state_.process(1).life, ProcessState::Life::kZombie);
  EXPECT_EQ(state_.space(0).sets.begin()->second.semaphores[0].value, 0);
}

}  // namespace
}  // namespace ipcrig
