// SPDX-License-Identifier: Apache-2.0
//
// What GoogleTest says of failing tests, and how its options and a refused namespace are met: runs
// programs/library_failing.cc.
#include <unistd.h>

#include <cstdlib>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "said.h"

namespace ipcrig::library_test {
namespace {

using testing::HasSubstr;
using testing::Not;

Said RunFailing(const std::string& before, const std::string& options) {
  return Run(before + " " LIBRARY_FAILING " " + options);
}

bool Skipped(const Said& said) {
  return said.output.find("no IPC namespace for this test") != std::string::npos;
}

TEST(GoogletestTest, ALeakIsAFailureAtTheLineThatCreated) {
  const Said said = RunFailing("", "--gtest_filter=Failing.Leak");
  if (Skipped(said)) GTEST_SKIP() << said.output;
  EXPECT_EQ(said.status, 1);
  EXPECT_THAT(said.output, HasSubstr("library_failing.cc:17: Failure\nFailed\nleft behind: message "
                                     "queue 0, key IPC_PRIVATE, 0 messages (0 bytes)\n"));
}

TEST(GoogletestTest, AssertionsInAChildAreFailuresOfTheTest) {
  const Said said = RunFailing("", "--gtest_filter=Failing.Child");
  if (Skipped(said)) GTEST_SKIP() << said.output;
  EXPECT_EQ(said.status, 1);
  EXPECT_THAT(said.output, HasSubstr("library_failing.cc:22: Failure\n"));
  EXPECT_THAT(said.output, HasSubstr("said in a child"));
  EXPECT_THAT(said.output, HasSubstr("library_failing.cc:23: Failure\n"));
  EXPECT_THAT(said.output, Not(HasSubstr("not reached")));
  EXPECT_THAT(said.output, Not(HasSubstr("exited with")));
}

TEST(GoogletestTest, AfterAFatalFailureProcessesAreEndedAndLeaksAreNotTold) {
  const Said said = RunFailing("", "--gtest_filter=Failing.HalfWay");
  if (Skipped(said)) GTEST_SKIP() << said.output;
  EXPECT_EQ(said.status, 1);
  EXPECT_THAT(said.output, HasSubstr("half-way"));
  EXPECT_THAT(said.output, Not(HasSubstr("left behind")));
  EXPECT_THAT(said.output, Not(HasSubstr("endless")));
}

TEST(GoogletestTest, RepeatsShufflesAndShards) {
  Said said = RunFailing("", "--gtest_filter=Passing.* --gtest_repeat=20 --gtest_shuffle");
  EXPECT_EQ(said.status, 0) << said.output;
  said = RunFailing("GTEST_TOTAL_SHARDS=2 GTEST_SHARD_INDEX=1", "--gtest_filter=Passing.*");
  EXPECT_EQ(said.status, 0) << said.output;
  EXPECT_THAT(said.output, HasSubstr("1 test from 1 test suite ran"));
}

// The same without privilege, where this is run with it.
TEST(GoogletestTest, NeedsNoPrivilege) {
  if (geteuid() != 0) GTEST_SKIP() << "is without privilege anyway";
  const std::string nobody = "cd / && setpriv --reuid=65534 --regid=65534 --clear-groups";
  if (system((nobody + " test -x " LIBRARY_FAILING).c_str()) != 0) {
    GTEST_SKIP() << "nobody may not execute " LIBRARY_FAILING;
  }
  const Said passing = RunFailing(nobody, "--gtest_filter=Passing.*");
  EXPECT_EQ(passing.status, 0) << passing.output;
  const Said failing = RunFailing(nobody, "--gtest_filter=Failing.Leak");
  if (Skipped(failing)) GTEST_SKIP() << failing.output;
  EXPECT_THAT(failing.output, HasSubstr("library_failing.cc:17: Failure\n"));
}

TEST(GoogletestTest, SkipsWhereNamespacesAreRefused) {
  const std::string none =
      "unshare --user --map-root-user sh -c 'echo 0 >/proc/sys/user/max_ipc_namespaces && exec "
      "\"$@\"' -";
  const Said said = RunFailing(none, "--gtest_filter=Failing.Leak");
  if (said.output.find("unshare: ") == 0) GTEST_SKIP() << said.output;
  EXPECT_EQ(said.status, 0) << said.output;
  EXPECT_THAT(said.output, HasSubstr("no IPC namespace for this test: a new IPC namespace is "
                                     "refused: No space left on device"));
  EXPECT_THAT(said.output, HasSubstr("[  SKIPPED ]"));
}

}  // namespace
}  // namespace ipcrig::library_test
