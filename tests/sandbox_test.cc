// SPDX-License-Identifier: Apache-2.0
//
// Do no harm: nothing is left, whatever happens, and what was there before is untouched.
#include <poll.h>
#include <sched.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <ctime>
#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "command.h"
#include "exec/views.h"

namespace ipcrig {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

constexpr int64_t kGraceMs = 100;       // for everything to be gone after a kill
constexpr int64_t kPatienceMs = 10000;  // for a run to get going on a busy machine

constexpr const char* kBlocks =
    "# Workers blocked in every way, a child of a child, and a program that never ends.\n"
    "A  q = msgget(4711, IPC_CREAT|0600)\n"
    "A  s = semget(4711, 1, IPC_CREAT|0600)\n"
    "A  m = shmget(4711, 100, IPC_CREAT|0600)\n"
    "A  fork(B)\n"
    "B  fork(C)\n"
    "B  msgrcv(q, 10, 0, 0)      -> blocks\n"
    "C  at = shmat(m, NULL, 0)\n"
    "C  semop(s, [{0, -1, 0}])   -> blocks\n"
    "A  fork(D)\n"
    "D  exec(\"never_ends\")\n";

int64_t NowMs() {
  timespec now = {};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1000000;
}

// Looks again and again until `done()` or the time is up; answers whether it was done.
template <typename Done>
bool Until(int64_t patience_ms, Done done) {
  const int64_t deadline = NowMs() + patience_ms;
  while (!done()) {
    if (NowMs() > deadline) return false;
    poll(nullptr, 0, 1);
  }
  return true;
}

bool IsRunning(const std::string& name) {
  const auto names = LivingDescendants();
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::string Everything() {
  std::string text;
  for (const ObjectRow& row : StatView().rows) {
    text += std::string(ObjectKindName(row.kind)) + " " + std::to_string(row.id) + "\n";
  }
  return text;
}

std::vector<std::string> Command(const std::string& path) {
  return {IPCRIG_BINARY, "run", path, "--timeout", "60"};
}

// Kills ipcrig while its workers block and a program runs. Everything must be gone in the end; how
// long that took is put into `took_ms`.
void KillOnce(int signal, const CommandOptions& options, int64_t& took_ms) {
  BecomeReaper();
  const ScratchDirectory scratch;
  const std::string path = scratch.Write("blocks.ipc", kBlocks);
  const std::string before = Everything();
  CommandProcess ipcrig(Command(path), options);
  ASSERT_TRUE(Until(kPatienceMs, [] { return IsRunning("never_ends"); }));
  ipcrig.Signal(signal);
  const int64_t killed_at = NowMs();
  EXPECT_EQ(ipcrig.Wait().exit_code, 128 + signal);
  EXPECT_TRUE(Until(kPatienceMs, [] { return LivingDescendants().empty(); }))
      << testing::PrintToString(LivingDescendants());
  took_ms = NowMs() - killed_at;
  EXPECT_EQ(Everything(), before);
}

// The time is the machine's as well as ours: on a busy one, one try of a few has to be in time.
void KillInTheMiddle(int signal, const CommandOptions& options) {
  int64_t took_ms = INT64_MAX;
  for (int i = 0; i < 5 && took_ms > kGraceMs && !testing::Test::HasFailure(); ++i) {
    KillOnce(signal, options, took_ms);
  }
  EXPECT_LE(took_ms, kGraceMs);
}

TEST(Sandbox, SigkillInTheMiddleLeavesNothing) { KillInTheMiddle(SIGKILL, {}); }
TEST(Sandbox, SigintInTheMiddleLeavesNothing) { KillInTheMiddle(SIGINT, {}); }
TEST(Sandbox, SigtermInTheMiddleLeavesNothing) { KillInTheMiddle(SIGTERM, {}); }

TEST(Sandbox, SigkillOfAnOrdinaryUsersRunLeavesNothing) {
  if (const std::string why_not = WhyNotAsNobody(); !why_not.empty()) GTEST_SKIP() << why_not;
  KillInTheMiddle(SIGKILL, {.as_nobody = true});
}

TEST(Sandbox, OrdinaryUserRunsTheScenarios) {
  if (const std::string why_not = WhyNotAsNobody(); !why_not.empty()) GTEST_SKIP() << why_not;
  const CommandOptions nobody{.as_nobody = true};
  const std::string scenarios = std::string(IPCRIG_SOURCE_DIR) + "/scenarios";
  const CommandResult result = RunCommand({IPCRIG_BINARY, "run", "--jobs", "2", scenarios}, nobody);
  EXPECT_TRUE(result.exit_code == 0 || result.exit_code == 69) << result.output;
}

// Moves the test into an IPC namespace of its own where that is permitted, so that a test that is
// killed leaves nothing in the machine's.
int OwnNamespace() { return unshare(CLONE_NEWIPC); }

// Objects of somebody else, in the namespace that ipcrig is started in.
class ForeignObjects : public testing::Test {
 protected:
  ForeignObjects()
      : own_(OwnNamespace()),
        segment_(shmget(IPC_PRIVATE, 100, 0600)),
        queue_(msgget(IPC_PRIVATE, 0600)),
        set_(semget(IPC_PRIVATE, 1, 0600)) {}
  ~ForeignObjects() override {
    shmctl(segment_, IPC_RMID, nullptr);
    msgctl(queue_, IPC_RMID, nullptr);
    semctl(set_, 0, IPC_RMID);
  }

  const int own_;
  const int segment_;
  const int queue_;
  const int set_;
};

TEST_F(ForeignObjects, PrivateRunsNeitherSeeNorTouchThem) {
  const std::string before = Everything();
  const CommandResult result =
      RunCommand({IPCRIG_BINARY, "run", std::string(IPCRIG_SOURCE_DIR) + "/scenarios/shm"});
  EXPECT_TRUE(result.exit_code == 0 || result.exit_code == 69) << result.output;
  EXPECT_EQ(Everything(), before);
}

TEST_F(ForeignObjects, SharedRunsLeaveThemAlone) {
  const ScratchDirectory scratch;
  const std::string path = scratch.Write("shared.ipc",
                                         "# Leaves objects to be cleaned up.\n"
                                         "A  q = msgget(IPC_PRIVATE, 0600)\n"
                                         "A  s = semget(IPC_PRIVATE, 1, 0600)\n"
                                         "A  m = shmget(IPC_PRIVATE, 100, 0600)\n"
                                         "B  msgrcv(q, 10, 0, 0)  -> blocks\n");
  const std::string before = Everything();
  const CommandResult result = RunCommand({IPCRIG_BINARY, "run", path, "--shared-namespace"});
  EXPECT_EQ(result.exit_code, 0) << result.output;
  EXPECT_EQ(Everything(), before);
}

TEST_F(ForeignObjects, SharedRunRefusesAKeyInUseAndIdsThatNoCallReturned) {
  const ScratchDirectory scratch;
  const int taken = msgget(0x1b2c3d, IPC_CREAT | IPC_EXCL | 0600);
  ASSERT_GE(taken, 0);
  const std::string key =
      scratch.Write("key.ipc", "# Somebody else's key.\nA  q = msgget(0x1b2c3d, IPC_CREAT|0600)\n");
  const CommandResult refused = RunCommand({IPCRIG_BINARY, "run", key, "--shared-namespace"});
  msgctl(taken, IPC_RMID, nullptr);
  EXPECT_EQ(refused.exit_code, 69);
  EXPECT_THAT(refused.output, HasSubstr("is in use in this namespace"));

  const std::string id = scratch.Write(
      "id.ipc", "# Somebody else's id.\nA  shmctl(" + std::to_string(segment_) + ", IPC_RMID)\n");
  const CommandResult foreign = RunCommand({IPCRIG_BINARY, "run", id, "--shared-namespace"});
  EXPECT_EQ(foreign.exit_code, 69);
  EXPECT_THAT(foreign.output, HasSubstr("may be somebody else's object"));
  shmid_ds ds = {};
  EXPECT_EQ(shmctl(segment_, IPC_STAT, &ds), 0);
}

TEST_F(ForeignObjects, SharedRunThatIsKilledCleansUp) {
  BecomeReaper();
  const ScratchDirectory scratch;
  const std::string path = scratch.Write("waits.ipc",
                                         "# Waits, with objects.\n"
                                         "A  q = msgget(IPC_PRIVATE, 0600)\n"
                                         "A  fork(B)\n"
                                         "B  fill(NULL, 0, 0, 0)\n"
                                         "B  msgrcv(q, 10, 0, 0)  -> blocks\n");
  const std::string before = Everything();
  for (int round = 0; round < 20; ++round) {
    CommandProcess ipcrig({IPCRIG_BINARY, "run", path, "--repeat", "1000", "--shared-namespace"});
    Until(kPatienceMs, [&] { return Everything() != before; });
    ipcrig.Signal(SIGKILL);
    ipcrig.Wait();
    EXPECT_TRUE(
        Until(kPatienceMs, [&] { return LivingDescendants().empty() && Everything() == before; }))
        << "round " << round << " left " << testing::PrintToString(LivingDescendants());
  }
}

// In a user namespace whose root has forbidden further IPC namespaces.
TEST(Sandbox, WhereNamespacesAreRefusedNothingRunsUnlessAsked) {
  const ScratchDirectory scratch;
  const std::string path =
      scratch.Write("a.ipc", "# Does little.\nA  q = msgget(IPC_PRIVATE, 0600)\n");
  const std::string refuse = "echo 0 > /proc/sys/user/max_ipc_namespaces || exit 125; exec " +
                             std::string(IPCRIG_BINARY) + " ";
  const auto refused = [&](const std::string& command) {
    return RunCommand({"/usr/bin/unshare", "-Uri", "/bin/sh", "-c", refuse + command});
  };
  const CommandResult doctor = refused("doctor");
  if (doctor.output.find("SCHED_FIFO") == std::string::npos) {
    GTEST_SKIP() << "namespaces cannot be forbidden here: " << doctor.output;
  }
  EXPECT_EQ(doctor.exit_code, 69) << doctor.output;
  EXPECT_EQ(refused("run " + path).exit_code, 69);
  EXPECT_EQ(refused("replay " + path).exit_code, 69);
  EXPECT_EQ(refused("run " + path + " --shared-namespace").exit_code, 0);
  EXPECT_EQ(refused("check -- true").exit_code, 69);
  EXPECT_THAT(refused("sweep -- true").output, HasSubstr("`ipcrig doctor` tells more"));
}

TEST(Sandbox, ARunNeedsNoFileSystemToWriteTo) {
  const ScratchDirectory scratch;
  const std::string path = scratch.Write("a.ipc", "# Does little.\nA  exit(0)\n");
  const auto files_before = std::distance(std::filesystem::directory_iterator(scratch.path()), {});
  EXPECT_EQ(RunCommand({IPCRIG_BINARY, "run", path}).exit_code, 0);
  const auto files_after = std::distance(std::filesystem::directory_iterator(scratch.path()), {});
  EXPECT_EQ(files_after, files_before);
}

}  // namespace
}  // namespace ipcrig
