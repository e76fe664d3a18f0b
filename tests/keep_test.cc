// SPDX-License-Identifier: Apache-2.0
//
// Processes that go on with the next scenario (exec/engine_end.cc): what a scenario has set is put
// back, and who cannot be kept ends alone.
#include <gtest/gtest.h>

#include "check/judge.h"
#include "exec/server.h"
#include "simulated_kernel.h"

namespace ipcrig {
namespace {

RunOptions InTurn() { return {.timeout_ms = 5000, .ipcs_program = false, .programs = {}}; }

class Keeping : public testing::Test {
 protected:
  void SetUp() override {
    auto server = Server::Start(InTurn());
    if (!server.ok()) GTEST_SKIP() << server.error().Text();
    server_.emplace(std::move(*server));
  }

  // Runs what conforms; the first process of it, by its pid in the history.
  int64_t FirstPidOf(const std::string& text) {
    const Scenario scenario = ScenarioOf(text);
    const auto history = server_->Run(scenario, Ending::kKeep);
    if (!history.ok()) {
      ADD_FAILURE() << history.error().Text();
      return -1;
    }
    const Judgement judgement = Judge(scenario, *history);
    EXPECT_EQ(judgement.verdict, Verdict::kPass) << JudgementText(judgement) << "\n" << text;
    const Event* start = history->Find(Event::Kind::kStart);
    return start == nullptr ? -1 : start->outcome.value;
  }

  std::optional<Server> server_;
};

constexpr const char* kPlain = "A  q = msgget(IPC_PRIVATE, 0600)\nB  msgctl(q, IPC_STAT)\nipcs\n";

TEST_F(Keeping, SignalsAndTheNamespaceArePutBack) {
  const int64_t pid = FirstPidOf(kPlain);
  EXPECT_EQ(FirstPidOf("A  signal(SIGUSR1, SIG_IGN)\n"
                       "A  unshare(CLONE_NEWIPC)\n"
                       "A  m = shmget(1234, 4096, IPC_CREAT|0600)\n"),
            pid);
  // The key is known to both, so they are in one namespace; and the signal is ignored no more.
  EXPECT_EQ(FirstPidOf("B  q = msgget(1234, IPC_CREAT|0600)\n"
                       "A  r = msgget(1234, 0)\n"
                       "A  p = pipe()\n"),
            pid);
  EXPECT_EQ(FirstPidOf("A  q = msgget(IPC_PRIVATE, 0600)\nB  kill(A, SIGUSR1)\n"), pid);
  EXPECT_NE(FirstPidOf(kPlain), pid) << "it was killed";
}

TEST_F(Keeping, LimitsArePutBack) {
  const int64_t pid = FirstPidOf(kPlain);
  EXPECT_EQ(FirstPidOf("A  setrlimit(RLIMIT_MEMLOCK, 0)\nA  setrlimit(RLIMIT_AS, 4096)\n"), pid);
  EXPECT_EQ(FirstPidOf("A  m = shmget(IPC_PRIVATE, 65536, 0600)\n"
                       "A  a = shmat(m, NULL, 0)\n"
                       "A  store(a, 0, \"room\")\n"),
            pid);
}

TEST_F(Keeping, SysctlsArePutBack) {
  const int64_t pid = FirstPidOf("A  sysctl(msgmax, 4)\nA  read_sysctl(msgmax)  -> 4\n");
  EXPECT_EQ(FirstPidOf("A  q = msgget(IPC_PRIVATE, 0600)\nA  msgsnd(q, 1, \"12345\", 0)  -> 0\n"),
            pid);
}

TEST_F(Keeping, WhoHasChangedItsUserEndsAlone) {
  if (geteuid() != 0) GTEST_SKIP() << "another user needs root";
  const char* const both = "A  q = msgget(IPC_PRIVATE, 0600)\nB  setuid(1)\n";
  const int64_t pid = FirstPidOf(both);
  EXPECT_EQ(FirstPidOf(both), pid);
  // It may do everything again.
  EXPECT_EQ(FirstPidOf("A  q = msgget(IPC_PRIVATE, 0600)\nB  msgctl(q, IPC_RMID)  -> 0\n"), pid);
}

}  // namespace
}  // namespace ipcrig
