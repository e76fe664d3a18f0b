// SPDX-License-Identifier: Apache-2.0
//
// Server (exec/server.h): an engine for somebody who must not fork.
#include "exec/server.h"

#include <dirent.h>
#include <signal.h>

#include <fstream>

#include <gtest/gtest.h>

#include "check/judge.h"
#include "simulated_kernel.h"

namespace ipcrig {
namespace {

RunOptions Options() { return {.timeout_ms = 5000, .ipcs_program = false, .programs = {}}; }

// The process whose name and parent these are, or -1.
pid_t FindProcess(const std::string& name, pid_t parent) {
  DIR* proc = opendir("/proc");
  pid_t found = -1;
  while (const dirent* entry = readdir(proc)) {
    std::ifstream file("/proc/" + std::string(entry->d_name) + "/status");
    std::string line;
    bool named = false;
    while (std::getline(file, line)) {
      named = named || line == "Name:\t" + name;
      if (named && line == "PPid:\t" + std::to_string(parent)) found = atoi(entry->d_name);
    }
  }
  closedir(proc);
  return found;
}

TEST(Server, RunsOneScenarioAfterTheOther) {
  auto server = Server::Start(Options());
  if (!server.ok()) GTEST_SKIP() << server.error().Text();
  const Scenario scenario = ScenarioOf(
      "A  q = msgget(IPC_PRIVATE, 0600)\nB  msgrcv(q, 9, 0, 0)\nA  msgsnd(q, 1, \"x\", 0)\n"
      "B  returns  -> {1, \"x\"}\n");
  for (const Ending ending : {Ending::kKeep, Ending::kKeep, Ending::kAll, Ending::kKeep}) {
    const auto history = server->Run(scenario, ending);
    ASSERT_TRUE(history.ok()) << history.error().Text();
    EXPECT_TRUE(history->Complete());
    EXPECT_EQ(Judge(scenario, *history).verdict, Verdict::kPass);
  }
}

TEST(Server, HasAnotherEngineWhenOneDies) {
  auto server = Server::Start(Options());
  if (!server.ok()) GTEST_SKIP() << server.error().Text();
  const Scenario scenario = ScenarioOf("A  q = msgget(IPC_PRIVATE, 0600)\n");
  ASSERT_TRUE(server->Run(scenario, Ending::kKeep).ok());
  const pid_t nursery = FindProcess("ipcrig-nursery", getpid());
  const pid_t engine = FindProcess("ipcrig-engine", nursery);
  ASSERT_GT(engine, 0);
  kill(engine, SIGKILL);
  const auto interrupted = server->Run(scenario, Ending::kKeep);
  ASSERT_TRUE(interrupted.ok()) << interrupted.error().Text();
  const auto after = server->Run(scenario, Ending::kKeep);
  ASSERT_TRUE(after.ok()) << after.error().Text();
  EXPECT_TRUE(after->Complete());
  EXPECT_NE(FindProcess("ipcrig-engine", nursery), engine);
}

TEST(Server, TakesEverythingWithIt) {
  pid_t nursery = 0;
  pid_t engine = 0;
  {
    auto server = Server::Start(Options());
    if (!server.ok()) GTEST_SKIP() << server.error().Text();
    nursery = FindProcess("ipcrig-nursery", getpid());
    engine = FindProcess("ipcrig-engine", nursery);
    ASSERT_GT(engine, 0);
  }
  EXPECT_LT(FindProcess("ipcrig-nursery", getpid()), 0);
  // Killed with its parent; it is gone, or about to be.
  for (int i = 0; i < 1000 && kill(engine, 0) == 0; ++i) sched_yield();
}

}  // namespace
}  // namespace ipcrig
