// SPDX-License-Identifier: Apache-2.0
#include "explore/explorer.h"

#include <algorithm>
#include <functional>

#include "base/clock.h"
#include "base/mix.h"
#include "exec/race_plan.h"
#include "explore/trials.h"
#include "gen/shrink.h"
#include "ops/saved_run.h"

namespace ipcrig {
namespace {

// Scenarios, of which one has all its processes end and all views compared.
constexpr uint64_t kThoroughEvery = 64;
constexpr int kRepeats = 20;           // runs of what was shrunk
constexpr int kAttempts = 5;           // to see a failure again
constexpr int kInvestigations = 5;     // of scenarios that fail in one way, but not by themselves
constexpr double kSlowSeconds = 1.2;   // what a slow scenario takes, at most
constexpr int kRaceAttempts = 40;      // runs of a race that failed
constexpr double kShrinkSeconds = 20;  // for candidates; then what there is has to do
constexpr double kRepeatSeconds = 5;   // for runs of what was shrunk

// The verdict of a scenario that nobody wrote: a call that still blocks at its end is no finding.
bool IsFailure(const Judgement& judgement) {
  return judgement.verdict == Verdict::kFail && !judgement.IsUnfinished();
}

}  // namespace

Explorer::Explorer(const ShardPlan& plan, Isolation isolation, ShardCounts& counts)
    : plan_(plan),
      counts_(counts),
      engine_(plan.run, isolation,
              [this](const Event& event) {
                history_.events.push_back(event);
                return true;
              }),
      number_(plan.first),
      end_(plan.seconds == 0 ? 0 : MonotonicSeconds() + plan.seconds) {
  history_.facts = plan_.generate.facts = engine_.facts();
  if (!plan_.enumerate) return;
  enumeration_.emplace(*plan_.enumerate, engine_.facts(), plan_.rules);
  plan_.end = std::min(plan_.end, enumeration_->size());
}

std::optional<Scenario> Explorer::Draw() const {
  if (enumeration_) return enumeration_->At(number_);
  return DrawScenario(plan_.generate, plan_.seed, number_);
}

bool Explorer::Next() {
  const double needs = plan_.slow ? kSlowSeconds : 0;
  if (number_ >= plan_.end || (end_ != 0 && MonotonicSeconds() + needs >= end_)) return false;
  counts_.number = number_;
  const bool ours = enumeration_ || IsSlow(number_) == plan_.slow;
  const std::optional<Scenario> scenario = ours ? Draw() : std::nullopt;
  if (scenario) Try(*scenario);
  number_ += plan_.stride;
  return true;
}

void Explorer::Try(const Scenario& scenario) {
  const bool thorough = number_ / plan_.stride % kThoroughEvery == 0;
  const Judgement judgement = Examine(scenario, thorough ? Ending::kAll : Ending::kKeep);
  Count(scenario, judgement);
  if (!IsFailure(judgement)) return;
  ++counts_.findings;
  const std::string& signature = judgement.findings.front().signature;
  if (attempts_[signature]++ < kInvestigations) Investigate(scenario, signature);
  engine_.Renew();
}

Judgement Explorer::Examine(const Scenario& scenario, Ending ending) {
  history_.events.clear();
  engine_.Run(scenario, ending);
  return Judge(scenario, history_, plan_.rules);
}

// The signature of the first finding of a run with fresh processes in a fresh namespace; "" where
// it does not fail.
std::string Explorer::SignatureAlone(const Scenario& scenario) {
  engine_.Renew();
  const Judgement judgement = Examine(scenario, Ending::kAll);
  return IsFailure(judgement) ? judgement.findings.front().signature : "";
}

void Explorer::Count(const Scenario& scenario, const Judgement& judgement) {
  ++counts_.runs;
  counts_.calls += scenario.steps.size();
  counts_.cut += judgement.verdict == Verdict::kBroken ? 1 : 0;
  counts_.unknown += judgement.verdict == Verdict::kUnknown ? 1 : 0;
  counts_.skipped += judgement.verdict == Verdict::kSkipped ? 1 : 0;
  for (const DeviationText& one : Deviations()) {
    const auto& seen = judgement.deviations;
    if (std::find(seen.begin(), seen.end(), one.name) != seen.end()) {
      counts_.deviations |= DeviationBit(one.deviation);
    }
  }
  CountFeatures(scenario);
}

// A feature: an operation, how it ended, who slept meanwhile, and what had happened before it.
void Explorer::CountFeatures(const Scenario& scenario) {
  uint64_t previous = 0;
  uint64_t asleep = 0;
  for (const Event& event : history_.events) {
    if (event.step < 0) continue;
    const size_t op = scenario.steps[static_cast<size_t>(event.step)].op.index();
    if (event.kind == Event::Kind::kAsleep) asleep = op + 1;
    if (event.kind != Event::Kind::kReturn && event.kind != Event::Kind::kEnded) continue;
    const Outcome& outcome = event.outcome;
    const bool returned = outcome.kind == Outcome::Kind::kReturned;
    const uint64_t how = static_cast<uint64_t>(outcome.kind) << 32 |
                         static_cast<uint64_t>(returned ? outcome.value > 0 : outcome.value);
    const uint64_t feature = Mix(Mix(Mix(op, how), asleep), previous);
    counts_.features[feature % kFeatures].store(1, std::memory_order_relaxed);
    previous = op + 1;
  }
}

void Explorer::Investigate(const Scenario& scenario, const std::string& signature) {
  discovery_ = Discovery{.number = number_, .signature = signature, .scenario = scenario};
  std::string seen = PrintSavedRun({scenario, history_});
  if (const auto stepped = Races(scenario) ? FailsStepped(scenario) : std::nullopt) {
    discovery_->signature = SignatureAlone(*stepped);
    discovery_->scenario = *stepped;
  }
  Minimise();
  Repeat(kRepeats);
  if (Races(discovery_->scenario)) {
    SetTimes(discovery_->scenario, TrialsFor(discovery_->failed, discovery_->repeated));
  }
  // What does not fail by itself is told once; it may do so in another scenario.
  int& attempts = attempts_[signature];
  if (discovery_->failed > 0) {
    attempts = kInvestigations;
  } else if (attempts > 1) {
    discovery_.reset();
  } else {
    discovery_->run = std::move(seen);
  }
}

// Its calls in the order in which they were begun, without a race, if that fails, too: then
// everything that follows is certain.
std::optional<Scenario> Explorer::FailsStepped(const Scenario& scenario) {
  Scenario stepped = Stepped(scenario, history_);
  if (SignatureAlone(stepped).empty()) return std::nullopt;
  return stepped;
}

// Of a scenario that races, one run says little: it is run so often that one that fails like this
// one passes for good in one of twenty cases.
void Explorer::Minimise() {
  const std::string signature = discovery_->signature;
  const auto fails = [&](const Scenario& candidate, int n) {
    return SignatureAlone(WithSeeds(candidate, static_cast<uint32_t>(n))) == signature;
  };
  const bool races = Races(discovery_->scenario);
  const int most = races ? kRaceAttempts : kAttempts;
  const double until = MonotonicSeconds() + kShrinkSeconds;
  int runs = 0;
  int failed = 0;
  while (runs < most && (races || failed == 0) && MonotonicSeconds() < until) {
    failed += fails(discovery_->scenario, runs++) ? 1 : 0;
  }
  if (failed == 0) return;
  const int trials = races ? TrialsFor(failed, runs) : 1;
  const auto fails_at_all = [&](const Scenario& candidate) {
    ++counts_.tried;
    for (int i = 0; i < trials && MonotonicSeconds() < until; ++i) {
      if (fails(candidate, i)) return true;
    }
    return false;
  };
  discovery_->scenario = Shrink(discovery_->scenario, fails_at_all).scenario;
  counts_.tried = 0;
}

// How often it fails.
void Explorer::Repeat(int times) {
  const double until = MonotonicSeconds() + kRepeatSeconds;
  Discovery& it = *discovery_;
  while (it.repeated < times && (it.repeated == 0 || MonotonicSeconds() < until)) {
    const auto n = static_cast<uint32_t>(it.repeated++);
    if (SignatureAlone(WithSeeds(it.scenario, n)) == it.signature) ++it.failed;
  }
}

}  // namespace ipcrig
