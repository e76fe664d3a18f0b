// SPDX-License-Identifier: Apache-2.0
#include "exec/race_plan.h"

#include <algorithm>
#include <numeric>

#include <fmt/format.h>

#include "exec/sandbox.h"

namespace ipcrig {
namespace {

constexpr int64_t kLongestPauseNs = 20'000;
constexpr int kBase = kWorkerPriority;
constexpr int kChanges = 2;  // of priorities

static_assert(kMaxRaceCalls >= kMaxSteps);

// SplitMix64.
class Dice {
 public:
  explicit Dice(uint64_t seed) : state_(seed) {}

  size_t Below(size_t bound) {
    state_ += 0x9e3779b97f4a7c15U;
    uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return ((z ^ (z >> 31)) >> 32) * bound >> 32;
  }

 private:
  uint64_t state_;
};

std::vector<PlannedRacer> RacersOf(const Scenario& scenario, size_t race) {
  std::vector<PlannedRacer> racers;
  const size_t end = scenario.EndOfRace(race);
  for (size_t step = race + 1; step < end; ++step) {
    const int process = scenario.steps[step].process;
    auto racer = std::find_if(racers.begin(), racers.end(),
                              [&](const PlannedRacer& one) { return one.process == process; });
    if (racer == racers.end()) {
      racer = racers.insert(racers.end(), PlannedRacer{.process = process, .priority = kBase});
    }
    racer->calls.push_back({step});
  }
  return racers;
}

// Half of the calls are made at once.
void DrawPauses(PlannedRacer& racer, Dice& dice) {
  for (PlannedCall& call : racer.calls) {
    const bool waits = dice.Below(2) == 1;
    const size_t pause = dice.Below(kLongestPauseNs);
    if (waits) call.pause = static_cast<int64_t>(pause) + 1;
  }
}

// Everybody has another priority; at two calls the caller gets one below all.
void DrawPriorities(std::vector<PlannedRacer>& racers, Dice& dice) {
  std::vector<int> priorities(racers.size());
  std::iota(priorities.begin(), priorities.end(), kBase + kChanges);
  size_t calls = 0;
  for (size_t i = 0; i < racers.size(); ++i) {
    std::swap(priorities[i], priorities[i + dice.Below(racers.size() - i)]);
    racers[i].priority = priorities[i];
    calls += racers[i].calls.size();
  }
  for (int change = kChanges; change-- > 0;) {
    size_t index = dice.Below(calls);
    auto racer = racers.begin();
    while (index >= racer->calls.size()) index -= (racer++)->calls.size();
    racer->calls[index].priority = kBase + change;
  }
}

// One behind the other over the processors. Who is on the engine's comes last: it keeps the engine
// from telling the others.
void Spread(PlannedRace& plan, const RaceMeans& means, uint32_t seed) {
  const auto processors = static_cast<size_t>(means.processors);
  for (size_t i = 0; i < plan.racers.size(); ++i) {
    plan.racers[i].processor = static_cast<int>((seed + i) % processors);
  }
  std::stable_partition(plan.racers.begin(), plan.racers.end(),
                        [](const PlannedRacer& racer) { return racer.processor != 0; });
  plan.alone = plan.racers.size() <= processors && processors > 1;
}

// The numbers in the answers to GETALL: those of the largest set that the scenario can make.
size_t MostSemaphores(const Scenario& scenario) {
  int64_t most = 0;
  for (const Step& step : scenario.steps) {
    if (const auto* get = std::get_if<Semget>(&step.op)) most = std::max(most, get->nsems.value);
  }
  return static_cast<size_t>(most);
}

// What the call's outcome may need in the arena, at most.
size_t RoomFor(const Op& op, size_t semaphores) {
  size_t numbers = kMaxPlainNumbers;
  size_t bytes = 0;
  if (std::holds_alternative<SemctlGetall>(op)) numbers = std::max(semaphores, numbers);
  if (const auto* receive = std::get_if<Msgrcv>(&op)) {
    bytes = static_cast<size_t>(std::max<int64_t>(receive->size.value, 0));
  }
  if (const auto* read = std::get_if<Read>(&op)) bytes = static_cast<size_t>(read->length.value);
  return numbers * sizeof(int64_t) + (bytes + 7) / 8 * 8;
}

}  // namespace

PlannedRace PlanRace(const Scenario& scenario, size_t race, const RaceMeans& means) {
  const Schedule& schedule = scenario.steps[race].schedule;
  PlannedRace plan{.racers = RacersOf(scenario, race)};
  Dice dice(schedule.seed);
  Schedule::Kind kind = schedule.kind;
  const bool ranks = kind == Schedule::Kind::kPct || kind == Schedule::Kind::kStarve;
  if (ranks && !means.realtime) {
    kind = Schedule::Kind::kDelay;
    plan.note = fmt::format("{} needs SCHED_FIFO, which is not permitted here: pauses in its place",
                            ScheduleName(schedule.kind));
  } else if (!ranks && means.processors == 1) {
    plan.note = fmt::format("{} on the one processor that there is", ScheduleName(kind));
  }
  if (plan.racers.empty()) return plan;
  plan.together = kind != Schedule::Kind::kFree;
  if (kind == Schedule::Kind::kDelay) {
    for (PlannedRacer& racer : plan.racers) DrawPauses(racer, dice);
  }
  if (kind == Schedule::Kind::kPct) DrawPriorities(plan.racers, dice);
  if (kind == Schedule::Kind::kStarve) plan.racers[dice.Below(plan.racers.size())].priority = 0;
  if (kind == Schedule::Kind::kPct || kind == Schedule::Kind::kStarve) return plan;
  Spread(plan, means, schedule.seed);
  plan.gate = plan.together && means.processors > 1;
  return plan;
}

std::string TooLongToRace(const Scenario& scenario) {
  const size_t semaphores = MostSemaphores(scenario);
  std::vector<size_t> room(scenario.names.processes.size());
  int race_line = 0;
  for (size_t i = 0; i < scenario.steps.size(); ++i) {
    const Step& step = scenario.steps[i];
    if (step.kind == Step::Kind::kRace) {
      std::fill(room.begin(), room.end(), 0);
      race_line = scenario.LineOf(i);
    }
    if (step.kind == Step::Kind::kEndRace) race_line = 0;
    if (race_line == 0 || step.kind != Step::Kind::kCall) continue;
    const auto process = static_cast<size_t>(step.process);
    room[process] += RoomFor(step.op, semaphores);
    if (room[process] <= kRaceArena) continue;
    return fmt::format(
        "the answers of {} in the race of line {} may be longer than {} bytes: "
        "receive less, or race with fewer calls",
        scenario.names.processes[process], race_line, kRaceArena);
  }
  return "";
}

Scenario WithSeeds(Scenario scenario, uint32_t n) {
  for (Step& step : scenario.steps) {
    if (step.kind == Step::Kind::kRace) step.schedule.seed += n;
  }
  return scenario;
}

uint32_t TimesOf(const Scenario& scenario) {
  uint32_t times = 1;
  for (const Step& step : scenario.steps) {
    if (step.kind == Step::Kind::kRace) times = std::max(times, step.schedule.times);
  }
  return times;
}

}  // namespace ipcrig
