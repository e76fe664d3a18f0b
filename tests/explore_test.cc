// SPDX-License-Identifier: Apache-2.0
//
// ipcrig explore and ipcrig shrink as users meet them. What Linux does differently from its
// documents is a finding with --strict: a kernel with planted bugs that is always at hand.
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "command.h"
#include "explore/shard.h"

namespace ipcrig {
namespace {

using testing::HasSubstr;
using testing::Not;

namespace fs = std::filesystem;

class Explore : public testing::Test {
 protected:
  std::string Path(const std::string& name) const { return scratch_.path() + "/" + name; }
  std::vector<std::string> Found() const {
    std::vector<std::string> paths;
    if (!fs::exists(Path("found"))) return paths;
    for (const auto& entry : fs::directory_iterator(Path("found"))) {
      if (entry.path().extension() == ".ipc") paths.push_back(entry.path().string());
    }
    return paths;
  }
  // Whether namespaces can be had here.
  bool CanRun() {
    return RunIpcrig({"explore", "--runs", "1", "--out", Path("f")}).exit_code != 69;
  }

  ScratchDirectory scratch_;
};

TEST_F(Explore, ThisKernelConforms) {
  if (!CanRun()) GTEST_SKIP() << "no namespaces";
  const CommandResult result =
      RunIpcrig({"explore", "--runs", "400", "--seed", "1", "--out", Path("found")});
  EXPECT_EQ(result.exit_code, 0) << result.output;
  EXPECT_THAT(result.output, HasSubstr("400 scenarios"));
  EXPECT_THAT(result.output, HasSubstr("--seed 0x1"));
  EXPECT_TRUE(Found().empty());
}

TEST_F(Explore, OneFamilyAndAShardOfTheScenarios) {
  if (!CanRun()) GTEST_SKIP() << "no namespaces";
  const CommandResult result = RunIpcrig({"explore", "--runs", "100", "--seed", "2", "--shard",
                                          "1/4", "--ops", "msg,sem", "--out", Path("found")});
  EXPECT_EQ(result.exit_code, 0) << result.output;
  EXPECT_THAT(result.output, HasSubstr("25 scenarios"));
}

TEST_F(Explore, AllThatFewCallsCanDo) {
  if (!CanRun()) GTEST_SKIP() << "no namespaces";
  const CommandResult result = RunIpcrig(
      {"explore", "--exhaustive", "--ops", "memory,pipe", "--runs", "300", "--out", Path("found")});
  EXPECT_EQ(result.exit_code, 0) << result.output;
  EXPECT_THAT(result.output, HasSubstr("--exhaustive --ops memory\n"));
  EXPECT_THAT(result.output, HasSubstr("--exhaustive --ops pipe\n"));
  EXPECT_THAT(result.output, Not(HasSubstr("\n0 scenarios")));
}

TEST_F(Explore, AllThatFewCallsCanDoFindsWhatIsWrong) {
  if (!CanRun()) GTEST_SKIP() << "no namespaces";
  const CommandResult result = RunIpcrig({"explore", "--exhaustive", "--ops", "shm,memory",
                                          "--strict", "--fail-fast", "--out", Path("found")});
  EXPECT_EQ(result.exit_code, 1) << result.output;
  EXPECT_THAT(result.output, HasSubstr("fails     20 of 20 runs by itself"));
  EXPECT_FALSE(Found().empty());
}

TEST_F(Explore, FindsWhatIsWrongAndMakesItSmall) {
  if (!CanRun()) GTEST_SKIP() << "no namespaces";
  const CommandResult result =
      RunIpcrig({"explore", "--strict", "--ops", "shm,memory", "--runs", "2000", "--seed", "3",
                 "--fail-fast", "--out", Path("found")});
  EXPECT_EQ(result.exit_code, 1) << result.output;
  EXPECT_THAT(result.output, HasSubstr("fails     20 of 20 runs by itself"));
  const std::vector<std::string> found = Found();
  ASSERT_FALSE(found.empty());
  const std::string text = Contents(found.front());
  EXPECT_THAT(text, HasSubstr("explore --seed 0x3, scenario "));
  EXPECT_LE(std::count(text.begin(), text.end(), '\n'), 8) << text;
  EXPECT_EQ(RunIpcrig({"replay", "--strict", found.front()}).exit_code, 1);
}

TEST_F(Explore, RacesConform) {
  if (!CanRun()) GTEST_SKIP() << "no namespaces";
  const CommandResult result =
      RunIpcrig({"explore", "--race", "--runs", "150", "--seed", "5", "--out", Path("found")});
  EXPECT_EQ(result.exit_code, 0) << result.output;
  EXPECT_THAT(result.output, HasSubstr("150 scenarios"));
  EXPECT_THAT(result.output, HasSubstr("--race --seed 0x5"));
}

TEST_F(Explore, ARaceThatFailsInStepsBecomesSteps) {
  if (!CanRun()) GTEST_SKIP() << "no namespaces";
  const CommandResult result =
      RunIpcrig({"explore", "--race", "--strict", "--ops", "shm", "--runs", "3000", "--seed", "3",
                 "--fail-fast", "--out", Path("found")});
  EXPECT_EQ(result.exit_code, 1) << result.output;
  const std::vector<std::string> found = Found();
  ASSERT_FALSE(found.empty());
  const std::string text = Contents(found.front());
  EXPECT_THAT(text, HasSubstr("explore --race --seed 0x3, scenario "));
  EXPECT_THAT(text, Not(HasSubstr("race {"))) << text;
}

TEST_F(Explore, ShrinkKeepsTheFinding) {
  const std::string big = scratch_.Write("big.ipc",
                                         "A  q = msgget(IPC_PRIVATE, 0600)\n"
                                         "B  s = semget(IPC_PRIVATE, 2, 0600)\n"
                                         "A  msgsnd(q, 1, \"one\", 0)\n"
                                         "B  semop(s, [{0, 1, 0}])\n"
                                         "ipcs\n"
                                         "A  shm = shmget(IPC_PRIVATE, 100, 0600)  -> EINVAL\n"
                                         "B  semctl(s, 0, GETVAL)\n");
  const CommandResult result = RunIpcrig({"shrink", big, "-o", Path("small.ipc")});
  if (result.exit_code == 0) GTEST_SKIP() << result.output;
  EXPECT_EQ(result.exit_code, 1) << result.output;
  const std::string small = Contents(Path("small.ipc"));
  EXPECT_EQ(std::count(small.begin(), small.end(), '\n'), 1) << small;
  EXPECT_THAT(small, HasSubstr("-> EINVAL"));
}

TEST_F(Explore, BadArgumentsAreUsageErrors) {
  for (const std::vector<std::string>& arguments :
       std::vector<std::vector<std::string>>{{"--ops", "mgs"},
                                             {"--shard", "4/4"},
                                             {"--shard", "x"},
                                             {"--shared-namespace"},
                                             {"--seed", "-1"},
                                             {"--seed", "0x10000000000000000"},
                                             {"--seed", "7x"},
                                             {"--out", "/dev/null"}}) {
    std::vector<std::string> all{"explore", "--time", "0.1"};
    all.insert(all.end(), arguments.begin(), arguments.end());
    const CommandResult result = RunIpcrig(all);
    EXPECT_EQ(result.exit_code, 64) << result.output;
    EXPECT_THAT(result.output, HasSubstr(arguments[0]));
  }
}

TEST_F(Explore, RunsAsNobodyInAUserNamespaceOrSaysWhyNot) {
  if (const std::string why_not = WhyNotAsNobody(); !why_not.empty()) GTEST_SKIP() << why_not;
  const CommandResult result =
      RunIpcrig({"explore", "--runs", "50", "--seed", "4", "--out", "/tmp"}, {.as_nobody = true});
  EXPECT_THAT(result.exit_code, testing::AnyOf(0, 69)) << result.output;
}

TEST_F(Explore, NothingIsLeftWhenItIsKilled) {
  BecomeReaper();
  {
    CommandProcess process({IPCRIG_BINARY, "explore", "--time", "60", "--out", Path("found")});
    while (LivingDescendants().size() < 3) {
      if (kill(process.pid(), 0) != 0) break;
    }
  }
  std::vector<std::string> alive = LivingDescendants();
  for (int i = 0; i < 100000 && !alive.empty(); ++i) alive = LivingDescendants();
  EXPECT_THAT(alive, testing::IsEmpty());
}

TEST(Discovery, IsToldInOneText) {
  auto parsed = ParseScenario("A  q = msgget(IPC_PRIVATE, 0600)\n", "test");
  const Discovery once{.number = 7,
                       .signature = "conformance: msgget: EIDRM",
                       .scenario = std::get<Scenario>(parsed),
                       .failed = 0,
                       .repeated = 20,
                       .run = "what was\nseen"};
  Discovery often = once;
  often.failed = 5;
  often.run.clear();
  const std::string first = PrintDiscovery(once);
  std::string text;
  for (const char c : first) {
    EXPECT_EQ(TakeDiscovery(text), std::nullopt);
    text += c;
  }
  text += PrintDiscovery(often) + "done\n";
  EXPECT_EQ(TakeDiscovery(text), once);
  EXPECT_EQ(TakeDiscovery(text), often);
  EXPECT_EQ(TakeDiscovery(text), std::nullopt);
  EXPECT_EQ(text, "done\n");
}

TEST(DrawScenario, ANumberIsAScenarioOfItsOwn) {
  const GenerateOptions options;
  const std::string one = PrintScenario(DrawScenario(options, 7, 2));
  EXPECT_EQ(PrintScenario(DrawScenario(options, 7, 2)), one);
  EXPECT_NE(PrintScenario(DrawScenario(options, 7, 5)), one);
  EXPECT_NE(PrintScenario(DrawScenario(options, 8, 2)), one);
}

}  // namespace
}  // namespace ipcrig
