// SPDX-License-Identifier: Apache-2.0
//
// How long the checker takes for recorded uses of one queue (tests/queue_histories.h), beside the
// textbook's search, which is made for such queues and knows no other call:
//
//   build/release/tests/ipcrig_bench --benchmark_filter=Histories
//
//   HistoriesChecked  Linearize(), at most 1 s for each history
//   HistoriesPlain    Wing and Gong's search with Lowe's memory, the same
//
// An iteration is all histories of the group. median_ms and worst_ms are of one history; unknown
// counts those of which nothing was said in time.
#include <algorithm>

#include <benchmark/benchmark.h>

#include "base/clock.h"
#include "queue_histories.h"

namespace ipcrig {
namespace {

struct Group {
  const char* name;
  const char* title;  // with what its titles begin
};

constexpr Group kGroups[] = {
    {"msgtyp 0, 2 processes, 20 calls, few overlap",
     "typed=false,overlap=low,procs=2,ops=20,pending=0"},
    {"4 processes, 100 calls, few overlap", "typed=true,overlap=low,procs=4,ops=100,pending=0"},
    {"msgtyp 0, 2 processes, 1000 calls, few overlap", "typed=false,overlap=low,procs=2,ops=1000"},
    {"4 processes, 100 calls, most overlap", "typed=true,overlap=high,procs=4,ops=100,pending=0"},
    {"8 processes, 100 calls and 6 killed in one, most overlap",
     "typed=true,overlap=high,procs=8,ops=100,pending=6"},
    {"msgtyp 0, 8 processes, 1000 calls, most overlap",
     "typed=false,overlap=high,procs=8,ops=1000"},
    {"8 processes, 1000 calls, most overlap", "typed=true,overlap=high,procs=8,ops=1000"},
    {"all 792", "typed="},
};
constexpr double kMostSeconds = 1;

const std::vector<QueueHistory>& AllHistories() {
  static const auto histories =
      LoadQueueHistories(IPCRIG_SOURCE_DIR "/tests/histories/typed-queue.txt.gz");
  return histories;
}

// `As` is the form of a history that the search reads; to bring it there is not part of the time.
template <typename As, typename Search>
void Measure(benchmark::State& state, Search search) {
  const Group& group = kGroups[state.range(0)];
  state.SetLabel(group.name);
  std::vector<As> histories;
  for (const QueueHistory& history : AllHistories()) {
    if (history.title.starts_with(group.title)) histories.emplace_back(history);
  }
  std::vector<double> times_ms;
  int unknown = 0;
  for (auto _ : state) {
    for (const As& history : histories) {
      const double start = MonotonicSeconds();
      const Explained explained = search(history);
      times_ms.push_back((MonotonicSeconds() - start) * 1000);
      if (explained == Explained::kUnknown) ++unknown;
      if (explained == Explained::kNo) state.SkipWithError("a valid history is not explained");
    }
  }
  std::sort(times_ms.begin(), times_ms.end());
  state.counters["median_ms"] = times_ms[times_ms.size() / 2];
  state.counters["worst_ms"] = times_ms.back();
  state.counters["unknown"] = unknown;
}

void HistoriesChecked(benchmark::State& state) {
  Measure<QueueRace>(state, [](const QueueRace& queue) {
    return ModelSearch(queue, {.nodes = INT64_MAX, .seconds = kMostSeconds, .states = 1});
  });
}

void HistoriesPlain(benchmark::State& state) {
  Measure<QueueHistory>(
      state, [](const QueueHistory& history) { return PlainSearch(history, kMostSeconds); });
}

constexpr int kLastGroup = static_cast<int>(std::size(kGroups)) - 1;
BENCHMARK(HistoriesChecked)
    ->DenseRange(0, kLastGroup)
    ->Iterations(1)
    ->Unit(benchmark::kMillisecond);
BENCHMARK(HistoriesPlain)
    ->DenseRange(0, kLastGroup - 1)
    ->Iterations(1)
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace ipcrig
