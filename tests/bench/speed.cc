// SPDX-License-Identifier: Apache-2.0
//
// What a checked call costs, beside the same calls made directly. All of it runs on one processor,
// in a sandbox as ipcrig's:
//
//   build/release/tests/ipcrig_bench
//
//   HandOff    from one process to another and back, by futex(2): what a stepped call cannot avoid
//   RawCalls   the 20 calls of the scenario below, in one process
//   Executed   the scenario in its two processes
//   Checked    and judged
//   Explored   a scenario of 20 lines is drawn, executed and judged
//   Generated and Judged   the parts of that which make no system call
//   Modelled   the model as acceptor of the calls, which is the heart of judging
//
// items_per_second counts calls, of Explored and Generated scenarios. README.md has a table.
#include <sched.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <memory>

#include <benchmark/benchmark.h>

#include "base/require.h"
#include "check/judge.h"
#include "check/steps.h"
#include "exec/sandbox.h"
#include "exec/worker.h"
#include "explore/explorer.h"
#include "gen/draws.h"
#include "model/accept.h"

namespace ipcrig {
namespace {

constexpr std::string_view kScenario = R"(
A  q = msgget(IPC_PRIVATE, 0600)
A  msgsnd(q, 1, "one", 0)
B  msgsnd(q, 2, "two", 0)
B  msgrcv(q, 100, 0, 0)
A  msgrcv(q, 100, 2, 0)
A  s = semget(IPC_PRIVATE, 2, 0600)
A  semop(s, [{0, 1, SEM_UNDO}])
B  semop(s, [{0, -1, SEM_UNDO}, {1, 1, 0}])
B  semctl(s, 1, GETVAL)
A  semctl(s, 0, GETPID)
A  m = shmget(IPC_PRIVATE, 4096, 0600)
A  a = shmat(m, NULL, 0)
A  store(a, 0, "abc")
A  shmctl(m, IPC_STAT)
B  msgsnd(q, 3, "three", 0)
A  msgctl(q, IPC_STAT)
A  shmdt(a)
A  shmctl(m, IPC_RMID)
B  semctl(s, 0, IPC_RMID)
B  msgctl(q, IPC_RMID)
)";
constexpr int64_t kCalls = 20;

Isolation isolation = Isolation::kPrivate;

Scenario TheScenario() {
  auto parsed = ParseScenario(kScenario, "bench");
  IPC_REQUIRE(std::holds_alternative<Scenario>(parsed), "the scenario does not parse");
  return std::get<Scenario>(std::move(parsed));
}

void HandOff(benchmark::State& state) {
  void* shared = mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  auto* counters = static_cast<std::atomic<uint32_t>*>(shared);
  std::atomic<uint32_t>& asked = counters[0];
  std::atomic<uint32_t>& answered = counters[1];
  const pid_t pid = fork();
  if (pid == 0) {
    for (uint32_t seen = 0;;) {
      while (asked.load() == seen) FutexWait(asked, seen, -1);
      answered.store(++seen);
      FutexWake(answered);
    }
  }
  uint32_t turn = 0;
  for (auto _ : state) {
    asked.store(++turn);
    FutexWake(asked);
    while (answered.load() != turn) FutexWait(answered, turn - 1, -1);
  }
  kill(pid, SIGKILL);
  waitpid(pid, nullptr, 0);
  munmap(shared, 4096);
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(HandOff)->UseRealTime();

struct RawMessage {
  long type;
  char text[100];
};

void RawCalls(benchmark::State& state) {
  for (auto _ : state) {
    RawMessage message = {1, "one"};
    msqid_ds queue_ds;
    shmid_ds segment_ds;
    const int q = msgget(IPC_PRIVATE, 0600);
    msgsnd(q, &message, 3, 0);
    message.type = 2;
    msgsnd(q, &message, 3, 0);
    msgrcv(q, &message, 100, 0, 0);
    msgrcv(q, &message, 100, 2, 0);
    const int s = semget(IPC_PRIVATE, 2, 0600);
    sembuf up[] = {{0, 1, SEM_UNDO}};
    sembuf down[] = {{0, -1, SEM_UNDO}, {1, 1, 0}};
    semop(s, up, 1);
    semop(s, down, 2);
    semctl(s, 1, GETVAL);
    semctl(s, 0, GETPID);
    const int m = shmget(IPC_PRIVATE, 4096, 0600);
    void* a = shmat(m, nullptr, 0);
    memcpy(a, "abc", 3);
    shmctl(m, IPC_STAT, &segment_ds);
    message.type = 3;
    msgsnd(q, &message, 5, 0);
    msgctl(q, IPC_STAT, &queue_ds);
    shmdt(a);
    shmctl(m, IPC_RMID, nullptr);
    semctl(s, 0, IPC_RMID);
    msgctl(q, IPC_RMID, nullptr);
  }
  state.SetItemsProcessed(state.iterations() * kCalls);
}
BENCHMARK(RawCalls)->UseRealTime();

RunOptions WithoutPrograms() {
  RunOptions options;
  options.ipcs_program = false;
  return options;
}

// An engine, and the history of its last run.
struct Rig {
  History history;
  Engine engine{WithoutPrograms(), isolation, [this](const Event& event) {
                  history.events.push_back(event);
                  return true;
                }};
  Rig() { history.facts = engine.facts(); }

  void Run(const Scenario& scenario) {
    history.events.clear();
    engine.Run(scenario, Ending::kKeep);
  }
};

void Executed(benchmark::State& state) {
  const Scenario scenario = TheScenario();
  Rig rig;
  for (auto _ : state) rig.Run(scenario);
  state.SetItemsProcessed(state.iterations() * kCalls);
}
BENCHMARK(Executed)->UseRealTime();

void Checked(benchmark::State& state) {
  const Scenario scenario = TheScenario();
  Rig rig;
  for (auto _ : state) {
    rig.Run(scenario);
    const Judgement judgement = Judge(scenario, rig.history);
    if (judgement.verdict != Verdict::kPass) state.SkipWithError("the scenario does not pass");
  }
  state.SetItemsProcessed(state.iterations() * kCalls);
}
BENCHMARK(Checked)->UseRealTime();

void Explored(benchmark::State& state) {
  ShardPlan plan;
  plan.run = WithoutPrograms();
  plan.generate.families = state.range(0) == 0 ? *FamiliesOf("msg,sem,shm") : kAllFamilies;
  (void)unshare(CLONE_NEWIPC);  // the one before may have changed limits
  const auto counts = std::make_unique<ShardCounts>();
  Explorer explorer(plan, isolation, *counts);
  for (auto _ : state) explorer.Next();
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(Explored)->ArgName("all")->Arg(0)->Arg(1)->UseRealTime();

void Generated(benchmark::State& state) {
  uint64_t seed = 0;
  GenerateOptions options;
  options.families = *FamiliesOf("msg,sem,shm");
  for (auto _ : state) {
    SeededDraw draw(++seed);
    benchmark::DoNotOptimize(Generate(draw, options));
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(Generated);

void Judged(benchmark::State& state) {
  const Scenario scenario = TheScenario();
  Rig rig;
  rig.Run(scenario);
  for (auto _ : state) benchmark::DoNotOptimize(Judge(scenario, rig.history));
  state.SetItemsProcessed(state.iterations() * kCalls);
}
BENCHMARK(Judged);

// What the calls of a history were seen to do.
std::vector<Observation> CallsOf(const Scenario& scenario, const History& history) {
  std::vector<Observation> calls;
  for (const ObservedStep& step : GatherSteps(history)) {
    if (step.event->kind != Event::Kind::kCall) continue;
    const Op& op = scenario.steps[static_cast<size_t>(step.event->step)].op;
    calls.push_back({step.event->process, op, step.seen, step.now});
  }
  return calls;
}

void Modelled(benchmark::State& state) {
  const Scenario scenario = TheScenario();
  Rig rig;
  rig.Run(scenario);
  const std::vector<Observation> calls = CallsOf(scenario, rig.history);
  State begin = InitialState(rig.history.facts, scenario.names.processes.size());
  for (const Event& event : rig.history.events) {
    if (event.kind != Event::Kind::kStart) continue;
    StartProcess(begin, event.process, static_cast<int>(event.outcome.value));
  }
  for (auto _ : state) {
    std::vector<State> states = {begin};
    for (const Observation& call : calls) states = Accept(std::move(states), call).states;
    if (states.size() != 1) state.SkipWithError("the model does not accept the run");
  }
  state.SetItemsProcessed(state.iterations() * kCalls);
}
BENCHMARK(Modelled);

}  // namespace
}  // namespace ipcrig

int main(int argc, char** argv) {
  ipcrig::BecomeWorkerIfAsked(argc, argv);
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 64;
  const auto child = ipcrig::ForkIntoSandbox({.shared_namespace = false});
  if (!child.ok()) {
    fprintf(stderr, "ipcrig_bench: %s\n", child.error().Text().c_str());
    return 69;
  }
  if (child->pid != 0) {
    int status = 0;
    waitpid(child->pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 70;
  }
  int lifeline[2];
  if (pipe(lifeline) != 0) return 70;
  ipcrig::isolation = child->isolation;
  if (!ipcrig::SetUpSandbox(child->isolation, geteuid(), getegid(), lifeline[1]).ok()) return 69;
  ipcrig::PinTo(0, ipcrig::PermittedProcessors(0).front());
  (void)ipcrig::EnterRealtime();
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
