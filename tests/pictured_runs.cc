// SPDX-License-Identifier: Apache-2.0
#include "pictured_runs.h"

#include <string>

#include <fmt/format.h>

#include "base/require.h"
#include "check/judge.h"
#include "simulated_kernel.h"

namespace ipcrig {
namespace {

constexpr uint64_t kMostSeeds = 500;

ScenarioResult Judged(std::string_view path, std::string_view text,
                      const SimulationOptions& options) {
  ScenarioResult result;
  result.path = path;
  result.scenario = ScenarioOf(text);
  result.history = Simulate(result.scenario, options);
  result.judgement = Judge(result.scenario, result.history);
  return result;
}

// Five lines of which nobody has to wait for long.
std::string Exchange(int number) {
  switch (number % 4) {
    case 0:
      return fmt::format(
          "B  msgrcv(q, 100, 0, 0)\nA  msgsnd(q, 1, \"m{}\", 0)\n"
          "C  semop(s, [{{0, -1, 0}}])\nB  semop(s, [{{0, 1, 0}}])\nA  semctl(s, 0, GETVAL)\n",
          number);
    case 1:
      return fmt::format(
          "B  msgsnd(r, 3, \"reply {0}\", 0)\nA  msgrcv(r, 100, 0, 0)\nA  msgsnd(q, 2, \"x{0}\", "
          "0)\n"
          "C  msgrcv(q, 100, 2, 0)\nC  msgrcv(q, 100, 9, IPC_NOWAIT)\n",
          number);
    case 2:
      return fmt::format(
          "C  msgrcv(r, 100, 5, 0)\nB  msgrcv(q, 100, 4, 0)\nA  msgsnd(q, 4, \"b{0}\", 0)\n"
          "A  msgsnd(r, 5, \"c{0}\", 0)\nB  semctl(s, 1, SETVAL, {1})\n",
          number, number % 9);
    default:
      return "A  a = shmat(m, NULL, 0)\nB  semctl(s, 0, GETALL)\nA  shmdt(a)\n"
             "C  msgctl(q, IPC_STAT)\nB  semop(s, [{1, 0, IPC_NOWAIT}])\n";
  }
}

}  // namespace

ScenarioResult PicturedRun(std::string_view path, std::string_view text) {
  return Judged(path, text, {});
}

ScenarioResult FewCalls() {
  return PicturedRun("bsd.ipc",
                     "# What BSD does, expected of Linux.\n"
                     "A  q = msgget(IPC_PRIVATE, 0600)\n"
                     "A  msgsnd(q, 3, \"three\", 0)\n"
                     "A  msgsnd(q, 1, \"one\", 0)\n"
                     "B  msgrcv(q, 100, 2, 0)            -> blocks\n"
                     "A  msgrcv(q, 100, -3, IPC_NOWAIT)  -> {3, \"three\"}\n"
                     "A  msgctl(q, IPC_RMID)\n"
                     "B  returns                         -> EIDRM\n");
}

ScenarioResult ManyCalls() {
  std::string text =
      "# Three processes exchange messages.\n"
      "A  q = msgget(IPC_PRIVATE, 0600)\n"
      "A  r = msgget(IPC_PRIVATE, 0600)\n"
      "A  s = semget(IPC_PRIVATE, 2, 0600)\n"
      "A  m = shmget(IPC_PRIVATE, 4096, 0600)\n";
  for (int i = 0; i < 58; ++i) text += Exchange(i);
  text +=
      "A  a = shmat(m, NULL, 0)\n"
      "A  shmctl(m, IPC_RMID)\n"
      "A  msgctl(r, IPC_RMID)\n"
      "B  msgsnd(q, 3, \"three\", 0)\n"
      "B  msgsnd(q, 1, \"one\", 0)\n"
      "C  kill(A, SIGKILL)\n"
      "B  msgrcv(q, 100, -3, 0)\n";
  return Judged("many.ipc", text, {.bug = PlantedBug::kNegativeTypeTakesFirst});
}

ScenarioResult PassingRace() {
  return Judged("race.ipc",
                "# Senders and receivers.\n"
                "A  q = msgget(IPC_PRIVATE, 0600)\n"
                "race {\n"
                "  A  msgsnd(q, 2, \"a1\", 0)\n"
                "  A  msgsnd(q, 1, \"a2\", 0)\n"
                "  B  msgrcv(q, 10, 2, 0)  -> blocks\n"
                "  C  msgrcv(q, 10, -2, 0)\n"
                "  D  msgrcv(q, 10, 1, IPC_NOWAIT|MSG_EXCEPT)\n"
                "}\n"
                "A  msgctl(q, IPC_RMID)\n",
                {.race = {.seed = 6}});
}

ScenarioResult FailingRace() {
  SimulationOptions options{.race = {.bug = RaceBug::kTypeNotFifo}};
  for (; options.race.seed < kMostSeeds; ++options.race.seed) {
    ScenarioResult result = Judged("cycle.ipc",
                                   "# A message overtakes the one before it.\n"
                                   "A  q = msgget(IPC_PRIVATE, 0600)\n"
                                   "race {\n"
                                   "  A  msgsnd(q, 1, \"one\", 0)\n"
                                   "  A  msgsnd(q, 1, \"two\", 0)\n"
                                   "  B  msgsnd(q, 2, \"other\", 0)\n"
                                   "  B  msgrcv(q, 100, 1, 0)\n"
                                   "  B  msgrcv(q, 100, 1, 0)\n"
                                   "}\n",
                                   options);
    const auto& findings = result.judgement.findings;
    if (!findings.empty() && !findings[0].cycle.empty()) return result;
  }
  IPC_REQUIRE(false, "the planted bug shows in no order");
  return {};
}

}  // namespace ipcrig
