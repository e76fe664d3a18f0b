// SPDX-License-Identifier: Apache-2.0
#include "exec/racer.h"

#include <sched.h>

#include <cstring>

#include "base/require.h"
#include "exec/sandbox.h"

namespace ipcrig {
namespace {

constexpr int64_t kSpinNs = 60'000;    // for the others, before it sleeps
constexpr int64_t kAwakeNs = 2'000;    // from the last arrival to the beginning, where all spin
constexpr int64_t kWakingNs = 40'000;  // and where some have to be woken

// Waits for the clock. With others on this processor, they run meanwhile.
void WaitUntil(const RaceStart& race, int64_t moment) {
  while (MonotonicNs() < moment) {
    if (race.alone == 0) sched_yield();
  }
}

void Open(RaceStart& race) {
  const bool all_spin = race.asleep.load() == 0;
  race.moment.store(MonotonicNs() + (all_spin ? kAwakeNs : kWakingNs));
  race.open.store(1);
  if (race.asleep.load() != 0) FutexWake(race.open);
}

// All arrive, and one moment is everybody's beginning.
void WaitForAll(RaceStart& race) {
  if (race.arrived.fetch_add(1) + 1 == static_cast<uint32_t>(race.racers)) {
    Open(race);
  } else {
    const int64_t enough = race.alone != 0 ? MonotonicNs() + kSpinNs : 0;
    while (race.open.load(std::memory_order_acquire) == 0 && MonotonicNs() < enough) {
    }
    race.asleep.fetch_add(1);
    while (race.open.load(std::memory_order_acquire) == 0) FutexWait(race.open, 0, -1);
  }
  if (race.gate != 0) WaitUntil(race, race.moment.load());
}

void Pause(const RaceStart& race, int64_t nanoseconds) {
  if (nanoseconds == 0) return;
  if (race.alone == 0) sched_yield();
  WaitUntil(race, MonotonicNs() + (race.alone != 0 ? nanoseconds : 0));
}

void Keep(RaceLog& log, RaceCall& call, const Lane& lane) {
  const size_t numbers = static_cast<size_t>(lane.number_count) * sizeof(lane.numbers[0]);
  const size_t bytes = lane.byte_count;
  const size_t padded = (bytes + 7) / 8 * 8;
  IPC_REQUIRE(log.used + numbers + padded <= kRaceArena, "outcomes that the log has no room for");
  call.kind = lane.kind;
  call.value = lane.value;
  call.at = log.used;
  call.number_count = static_cast<uint32_t>(lane.number_count);
  call.byte_count = lane.byte_count;
  if (numbers != 0) memcpy(log.arena + log.used, lane.numbers, numbers);
  if (bytes != 0) memcpy(log.arena + log.used + numbers, lane.bytes, bytes);
  log.used += static_cast<uint32_t>(numbers + padded);
}

}  // namespace

Outcome OutcomeOf(const RaceLog& log, uint32_t index) {
  const RaceCall& call = log.calls[index];
  Outcome outcome{call.kind, call.value};
  const char* at = log.arena + call.at;
  const size_t numbers = call.number_count * sizeof(int64_t);
  outcome.numbers.resize(call.number_count);
  if (numbers != 0) memcpy(outcome.numbers.data(), at, numbers);
  outcome.bytes.assign(at + numbers, call.byte_count);
  return outcome;
}

void RunRace(Worker& worker) {
  RaceStart& race = worker.board().race;
  RaceLog& log = worker.board().logs[worker.index()];
  const uint32_t number = race.number.load();
  if (race.together != 0) WaitForAll(race);
  for (int i = 0; i < log.count; ++i) {
    RaceCall& call = log.calls[i];
    if (call.priority != 0) SetPriority(0, call.priority);
    Pause(race, call.pause);
    call.from = FencedNs();
    log.begun.fetch_add(1, std::memory_order_release);
    worker.MakeCall(call.op);
    call.to = FencedNs();
    if (race.number.load() != number) return;
    Keep(log, call, worker.lane());
    log.done.fetch_add(1, std::memory_order_release);
  }
}

}  // namespace ipcrig
