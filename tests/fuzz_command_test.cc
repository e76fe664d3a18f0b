// SPDX-License-Identifier: Apache-2.0
//
// ipcrig fuzz, with the target of tests/programs/planted_fuzz.cc. Where libFuzzer is not there the
// targets only replay, which the command has to say.
#include <sched.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/clock.h"
#include "command.h"

namespace ipcrig {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
namespace fs = std::filesystem;

constexpr const char* kTargets = IPCRIG_BUILD_DIR "/tests";

std::vector<std::string> Fuzz(std::vector<std::string> more) {
  more.insert(more.begin(), {"fuzz", "planted", "--targets", kTargets});
  return more;
}

std::vector<std::string> NamesIn(const std::string& directory) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(directory))
    names.push_back(entry.path().filename());
  std::sort(names.begin(), names.end());
  return names;
}

bool HaveLibFuzzer() { return fs::exists(std::string(kTargets) + "/planted_fuzz"); }

TEST(FuzzCommand, SaysWhichTargetsThereAre) {
  CommandResult result = RunIpcrig({"fuzz", "nothing"});
  EXPECT_EQ(result.exit_code, 64);
  EXPECT_THAT(result.output, HasSubstr("no fuzz target nothing in "));
  EXPECT_THAT(result.output, HasSubstr("it has history_fuzz, ipcs_fuzz, kernel_fuzz, "));
  result = RunIpcrig({"fuzz", "kernel", "--targets", "/proc/self"});
  EXPECT_EQ(result.exit_code, 64);
  EXPECT_THAT(result.output, HasSubstr("there is none; build them with `cmake --preset fuzz"));
}

TEST(FuzzCommand, SaysThatAReplayerCannotFuzz) {
  if (HaveLibFuzzer()) GTEST_SKIP() << "the targets are built with libFuzzer";
  const CommandResult result = RunIpcrig({"fuzz", "parse"});
  EXPECT_EQ(result.exit_code, 69);
  EXPECT_THAT(result.output, HasSubstr("parse_fuzz only replays files"));
}

class PlantedFuzz : public testing::Test {
 protected:
  void SetUp() override {
    if (!HaveLibFuzzer()) GTEST_SKIP() << "needs Clang with libFuzzer";
  }
  std::string out() const { return scratch_.path() + "/out"; }

 private:
  ScratchDirectory scratch_;
};

TEST_F(PlantedFuzz, Finds) {
  const CommandResult result =
      RunIpcrig(Fuzz({"--time", "5", "--seed", "1", "--out", out(), "--", "-max_len=1"}));
  EXPECT_EQ(result.exit_code, 1) << result.output;
  EXPECT_THAT(result.output, HasSubstr("\nSUMMARY: ipcrig: "));
  EXPECT_THAT(result.output, HasSubstr(" findings; "));
}

// Also of what a run that was interrupted has left.
TEST_F(PlantedFuzz, KeepsTheSmallestInputOfEachFinding) {
  fs::create_directories(out() + "/artifacts");
  for (const char* input : {"less", "leak", "my", "mine", "slow-unit-1", "nothing"}) {
    std::ofstream(out() + "/artifacts/" + input) << input;
  }
  const CommandResult result = RunIpcrig(Fuzz({"--time", "1", "--out", out()}));
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.output, HasSubstr("what went wrong\n"));
  EXPECT_THAT(result.output, HasSubstr("SUMMARY: ipcrig: conformance: msgrcv: EIDRM\n"));
  EXPECT_THAT(result.output, HasSubstr("SUMMARY: ipcrig: leak: sem\n"));
  EXPECT_THAT(result.output, HasSubstr(": 3 findings; "));
  EXPECT_THAT(NamesIn(out()), ElementsAre("conformance-msgrcv-EIDRM.bin", "corpus", "leak-sem.bin",
                                          "not-seen-again-in-20-runs.bin"));
  EXPECT_LE(Contents(out() + "/leak-sem.bin").size(), 4U);
  EXPECT_LE(Contents(out() + "/conformance-msgrcv-EIDRM.bin").size(), 2U);
}

TEST_F(PlantedFuzz, MergesACorpus) {
  fs::create_directories(out() + "/corpus");
  for (int i = 0; i < 20; ++i) {
    std::ofstream(out() + "/corpus/" + std::to_string(i)) << std::string(3, 'x');
  }
  const CommandResult result =
      RunIpcrig(Fuzz({"--merge", "--out", out(), "--corpus", out() + "/corpus"}));
  EXPECT_EQ(result.exit_code, 0) << result.output;
  EXPECT_THAT(result.output, HasSubstr("of 20 inputs are left"));
  EXPECT_LT(NamesIn(out() + "/corpus").size(), 20U);
  EXPECT_THAT(NamesIn(out()), ElementsAre("corpus"));
}

TEST_F(PlantedFuzz, SaysWhereItCannotWrite) {
  const CommandResult result = RunIpcrig(Fuzz({"--out", "/proc/self/fuzz"}));
  EXPECT_EQ(result.exit_code, 64);
  EXPECT_THAT(result.output, HasSubstr("name another with --out or --corpus"));
}

// The fuzzer, its shell, its helpers, and its temporary directory.
TEST_F(PlantedFuzz, LeavesNothingWhenItIsKilled) {
  BecomeReaper();
  for (const int signal : {SIGINT, SIGTERM, SIGKILL}) {
    CommandProcess ipcrig(
        {IPCRIG_BINARY, "fuzz", "planted", "--targets", kTargets, "--time", "60", "--out", out()},
        {.environment = {"PLANTED=no"}});
    const auto fuzzes = [] {
      const auto names = LivingDescendants();
      return std::count(names.begin(), names.end(), "planted_fuzz") >= 4;
    };
    const int64_t deadline = MonotonicUs() + 30'000'000;
    while (!fuzzes() && MonotonicUs() < deadline) sched_yield();
    ASSERT_TRUE(fuzzes());
    ASSERT_TRUE(fs::exists(out() + "/artifacts/tmp"));
    ipcrig.Signal(signal);
    const CommandResult result = ipcrig.Wait();
    EXPECT_EQ(result.exit_code == 128 + SIGKILL, signal == SIGKILL);
    while (!LivingDescendants().empty() && MonotonicUs() < deadline) sched_yield();
    EXPECT_THAT(LivingDescendants(), ElementsAre());
    EXPECT_FALSE(fs::exists(out() + "/artifacts/tmp"));
  }
}

}  // namespace
}  // namespace ipcrig
