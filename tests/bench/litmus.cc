// SPDX-License-Identifier: Apache-2.0
//
// Litmus iterations a second, in two processes and, where there are two, on two processors:
//
//   build/release/tests/ipcrig_bench --benchmark_filter=Litmus
//
//   LitmusRaw        the loop that a C compiler makes of SB or MP, logs included, nothing compared:
//                    what the machine can do
//   LitmusPerpetual  ipcrig's, comparison included
//   LitmusGated      with a barrier before each iteration, as litmus7 does it
//   LitmusSemop      gated, with a V and a P in each iteration
//
// items_per_second counts iterations.
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <memory>

#include <benchmark/benchmark.h>

#include "base/clock.h"
#include "base/require.h"
#include "exec/sandbox.h"
#include "litmus/allowed.h"
#include "litmus/control.h"
#include "litmus/memory.h"
#include "litmus/run.h"
#include "litmus/shipped.h"

namespace ipcrig {
namespace {

using Cell = std::atomic<uint32_t>;
constexpr auto kRelaxed = std::memory_order_relaxed;

// SB: each stores to its own location and loads the other's. MP: one stores both, one loads both.
void RawLoop(bool message_passing, int process, Cell& x, Cell& y, uint32_t* log) {
  Cell& mine = process == 0 ? x : y;
  Cell& other = process == 0 ? y : x;
  for (uint32_t n = 0; n < litmus::kMaxRound; ++n) {
    if (!message_passing) {
      mine.store(n + 1, kRelaxed);
      log[n] = other.load(kRelaxed);
    } else if (process == 0) {
      x.store(n + 1, kRelaxed);
      y.store(n + 1, kRelaxed);
    } else {
      log[n] = y.load(kRelaxed);
      log[litmus::kMaxRound + n] = x.load(kRelaxed);
    }
  }
}

double RawRound(bool message_passing, litmus::Control& control, Cell& x, Cell& y,
                uint32_t* const* logs) {
  const double start = MonotonicSeconds();
  const pid_t child = fork();
  const int process = child == 0 ? 1 : 0;
  PinTo(0, PermittedProcessors(process).front());
  litmus::Arrive(control, 2, 4000);
  RawLoop(message_passing, process, x, y, logs[process]);
  if (child == 0) _exit(0);
  waitpid(child, nullptr, 0);
  return MonotonicSeconds() - start;
}

void LitmusRaw(benchmark::State& state) {
  const size_t bytes = sizeof(uint32_t) * litmus::kMaxRound * 4;
  void* memory = mmap(nullptr, bytes + sizeof(litmus::Control), PROT_READ | PROT_WRITE,
                      MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
  IPC_REQUIRE(memory != MAP_FAILED, "no memory");
  auto x = litmus::MakeSegment(litmus::Memory::kSysV, 64);
  auto y = litmus::MakeSegment(litmus::Memory::kSysV, 64);
  IPC_REQUIRE(x.ok() && y.ok(), "no segments");
  litmus::RemoveSegment(*x);
  litmus::RemoveSegment(*y);
  auto* words = static_cast<uint32_t*>(memory);
  uint32_t* const logs[] = {words, words + 2 * litmus::kMaxRound};
  auto& control = *reinterpret_cast<litmus::Control*>(words + 4 * litmus::kMaxRound);
  for (auto _ : state) {
    state.SetIterationTime(RawRound(state.range(0) != 0, control,
                                    *reinterpret_cast<Cell*>(x->inherited),
                                    *reinterpret_cast<Cell*>(y->inherited), logs));
  }
  state.SetItemsProcessed(state.iterations() * litmus::kMaxRound);
  munmap(memory, bytes + sizeof(litmus::Control));
}

void RunOne(benchmark::State& state, const char* name, bool gated, uint64_t iterations) {
  const auto parsed = litmus::ParseLitmus(litmus::FindShipped(name)->text, name);
  IPC_REQUIRE(parsed.ok(), "a test that cannot be read");
  const litmus::Test& test = *parsed;
  const auto allowed = litmus::AllowedStates(test, litmus::Machine::kTso).states;
  std::string why_not;
  std::optional<litmus::Perpetual> plan;
  const auto interesting = [&](const litmus::State& one) {
    return !allowed.contains(one) || litmus::Holds(test, one);
  };
  if (!gated) plan = litmus::PlanPerpetual(test, interesting, why_not);
  litmus::RunOptions options;
  options.iterations = iterations;
  options.seconds = 0;
  options.timeout_s = 60;
  uint64_t done = 0;
  for (auto _ : state) {
    const litmus::Observed observed = litmus::RunLitmus(test, plan, options);
    if (observed.end != litmus::Observed::End::kDone) return state.SkipWithError("cannot run");
    state.SetIterationTime(observed.seconds);
    done += observed.iterations;
  }
  state.SetItemsProcessed(static_cast<int64_t>(done));
}

const char* NameOf(const benchmark::State& state) { return state.range(0) != 0 ? "MP" : "SB"; }

void LitmusPerpetual(benchmark::State& state) { RunOne(state, NameOf(state), false, 20'000'000); }
void LitmusGated(benchmark::State& state) { RunOne(state, NameOf(state), true, 200'000); }
void LitmusSemop(benchmark::State& state) { RunOne(state, "MP+semop", true, 5'000); }

BENCHMARK(LitmusRaw)->ArgName("MP")->Arg(0)->Arg(1)->UseManualTime()->Unit(benchmark::kMillisecond);
BENCHMARK(LitmusPerpetual)
    ->ArgName("MP")
    ->Arg(0)
    ->Arg(1)
    ->UseManualTime()
    ->Unit(benchmark::kMillisecond);
BENCHMARK(LitmusGated)
    ->ArgName("MP")
    ->Arg(0)
    ->Arg(1)
    ->UseManualTime()
    ->Unit(benchmark::kMillisecond);
BENCHMARK(LitmusSemop)->UseManualTime()->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace ipcrig
