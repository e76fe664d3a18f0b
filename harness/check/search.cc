// SPDX-License-Identifier: Apache-2.0
#include "check/search.h"

#include <algorithm>
#include <utility>

#include "base/clock.h"
#include "base/require.h"

namespace ipcrig {
namespace {

using What = Known::What;
using Life = ProcessState::Life;

constexpr size_t kBetweenCopies = 16;  // frames
constexpr int64_t kNodesBetweenLooks = 64;
constexpr int64_t kFewWays = 64;  // that fail before it is worth while to remember

}  // namespace

int Trail::Pick(int count) {
  if (at_ == digits_.size()) digits_.push_back({0, count});
  IPC_REQUIRE(digits_[at_].count == count, "a point took another way when it was made again");
  return digits_[at_++].taken;
}

bool Trail::Advance() {
  at_ = 0;
  while (!digits_.empty() && digits_.back().taken + 1 == digits_.back().count) digits_.pop_back();
  if (digits_.empty()) return false;
  ++digits_.back().taken;
  return true;
}

bool Search::Budget::Spend() {
  ++nodes;
  if (nodes > most_nodes || ways > most_ways) spent = true;
  if (nodes % kNodesBetweenLooks == 0 && MonotonicUs() > deadline_us) spent = true;
  return !spent;
}

Search::Search(const RacePlan& plan, const LinearizeOptions& options, Budget& budget, Hints hints,
               bool deaf)
    : plan_(plan),
      options_(options),
      budget_(budget),
      hints_(hints),
      deaf_(deaf),
      known_(plan.lanes.size()),
      heads_(plan.lanes.size()),
      points_(
          known_, [this](int count) { return trail_->Pick(count); }, plan.race.now) {
  if (deaf_) points_.LoseWakeups();
}

const RacingCall* Search::Current(int process) const {
  const int call = NextOf(process);
  return call < 0 ? nullptr : &plan_.Call(call);
}

int Search::NextOf(int process) const { return heads_[static_cast<size_t>(process)].call; }

const RacingEnd* Search::EndOf(int process) const {
  if (plan_.race.ends.empty()) return nullptr;
  const int end = plan_.LaneOf(process).end;
  const bool open = end >= 0 && !config_.at.racers[static_cast<size_t>(process)].ended;
  return open ? &plan_.race.ends[static_cast<size_t>(end)] : nullptr;
}

void Search::Know(int process) {
  const auto& calls = plan_.LaneOf(process).calls;
  const auto done = static_cast<size_t>(config_.done[static_cast<size_t>(process)]);
  Known& known = known_[static_cast<size_t>(process)];
  RacePlan::Head& head = heads_[static_cast<size_t>(process)];
  if (done < calls.size()) {
    const auto next = static_cast<size_t>(calls[done]);
    known = plan_.known[next];
    head = plan_.heads[next];
  } else {
    known = {};
    head = {};
  }
}

void Search::Begin(const State& before) {
  const size_t processes = plan_.lanes.size();
  config_.at.state = before;
  config_.at.racers.assign(processes, {});
  config_.done.assign(processes, 0);
  config_.score = 0;
  for (int i = 0; i < plan_.processes(); ++i) {
    const ProcessState& process = before.process(i);
    config_.at.racers[static_cast<size_t>(i)].ended =
        process.life != Life::kAlive && process.life != Life::kUnborn;
    Know(i);
  }
  live_ = true;
}

// One point; on success what it ended is counted as done.
bool Search::Make(Point point, Trail& trail) {
  trail_ = &trail;
  trail.Restart();
  const RacingCall* call = Current(point.process);
  const bool ready = point.kind != Point::Kind::kAttempt || Ready(point.process);
  const bool fits = points_.Apply(config_.at, point, call == nullptr ? nullptr : &call->op);
  if (!fits) return false;
  // What something else has to come before may begin to sleep, but not take effect.
  if (!ready && !config_.at.state.process(point.process).pending) return false;
  const int64_t reached = !plan_.bounded    ? INT64_MIN
                          : call == nullptr ? Reached()
                                            : std::max(Reached(), call->from);
  for (const Points::Answer& answer : points_.answers()) {
    if (TakesForeign(answer)) return false;
    const RacingCall* over = Current(answer.process);
    if (over != nullptr && over->lost && over->to < reached) return false;
    Advance(answer.process);
  }
  return true;
}

// The time that has come when all that is done is done.
int64_t Search::Reached() const {
  int64_t reached = INT64_MIN;
  for (int i = 0; i < plan_.processes(); ++i) {
    const int done = config_.done[static_cast<size_t>(i)];
    if (done == 0) continue;
    const int last = plan_.LaneOf(i).calls[static_cast<size_t>(done) - 1];
    reached = std::max(reached, plan_.Call(last).from);
  }
  return reached;
}

// A lost receive that took what somebody else is known to have got.
bool Search::TakesForeign(const Points::Answer& answer) const {
  const int call = NextOf(answer.process);
  const bool lost = known_[static_cast<size_t>(answer.process)].what == What::kAnything;
  return hints_.deliveries != nullptr && lost && call >= 0 &&
         std::holds_alternative<Msgrcv>(plan_.Call(call).op) &&
         hints_.deliveries->IsTaken(call, *answer.outcome);
}

void Search::Advance(int process) {
  int& done = config_.done[static_cast<size_t>(process)];
  const bool ended = config_.at.racers[static_cast<size_t>(process)].ended;
  const int now = ended ? static_cast<int>(plan_.LaneOf(process).calls.size()) : done + 1;
  config_.score += now - std::exchange(done, now) + (ended ? 1 : 0);
  Know(process);
}

bool Search::AllPlaced() const {
  for (int i = 0; i < plan_.processes(); ++i) {
    const RacePlan::Head& head = heads_[static_cast<size_t>(i)];
    const ProcessState& self = config_.at.state.process(i);
    if (EndOf(i) != nullptr) return false;
    if (head.call < 0 || config_.at.racers[static_cast<size_t>(i)].ended) continue;
    if (head.returned) return false;
    if (known_[static_cast<size_t>(i)].what == What::kAsleep && !self.pending) return false;
  }
  return true;
}

// Everything has its place: is it a state in which all may have come to rest?
void Search::Settle(std::vector<State>& found) {
  const auto& processes = config_.at.state.processes;
  const bool doomed = std::any_of(processes.begin(), processes.end(),
                                  [](const ProcessState& process) { return process.fate; });
  if (doomed) return;
  const bool sleepers = std::any_of(processes.begin(), processes.end(),
                                    [](const ProcessState& process) { return process.pending; });
  const auto skip = [&](int process) {
    const What what = known_[static_cast<size_t>(process)].what;
    return what == What::kAnything || (deaf_ && what == What::kAsleep);
  };
  Interleaving copy;
  if (sleepers && points_.CanGoOn(copy = config_.at, skip) >= 0) return;
  // Where one will do, it is over.
  State state = options_.states == 1 ? std::move(config_.at.state) : config_.at.state;
  int64_t latest = state.clock++;
  for (size_t i = 0; i < state.processes.size(); ++i) {
    if (config_.at.racers[i].loose) state.processes[i].since = latest;
    if (!state.processes[i].pending) state.processes[i].interrupted = 0;
  }
  Normalise(state);
  KeepBest();
  if (found.empty()) {
    budget_.most_nodes = std::min(budget_.most_nodes, budget_.nodes + options_.more_nodes);
  }
  if (std::find(found.begin(), found.end(), state) == found.end()) {
    found.push_back(std::move(state));
  }
}

void Search::KeepBest() {
  best_score_ = frames_[depth_ - 1].score;
  best_.clear();
  best_.reserve(depth_);
  for (size_t i = 0; i + 1 < depth_; ++i) {
    best_.push_back({moves_[frames_[i].next], frames_[i].trail});
  }
}

void Search::Keep(Frame& frame) {
  if (frame.copy == nullptr) frame.copy = std::make_unique<Config>(config_);
}

// config_ becomes that of the last frame again.
void Search::Restore() {
  const size_t last = depth_ - 1;
  size_t at = last;
  while (at > 0 && frames_[at].copy == nullptr) --at;
  if (at == 0) {
    Begin(*before_);
  } else {
    config_ = *frames_[at].copy;
    for (int i = 0; i < plan_.processes(); ++i) Know(i);
  }
  for (; at < last; ++at) {
    Frame& frame = frames_[at];
    if (at % kBetweenCopies == kBetweenCopies - 1) Keep(frame);
    const bool fits = Make(moves_[frame.next], frame.trail);
    IPC_REQUIRE(fits, "a point that was made cannot be made again");
  }
  live_ = true;
  remembers_ = ++budget_.ways > kFewWays;
  if (!remembers_) return;
  Keep(frames_[last]);
  if (frames_[last].hashed) return;
  frames_[last].print = FingerprintOf(config_.at, config_.done);
  frames_[last].hashed = true;
}

void Search::Close(Frame& frame) {
  if (frame.hashed) closed_.insert(frame.print);
  frame.copy.reset();
  frame.trail = {};
  frame.listed = frame.hashed = frame.fruitful = frame.reordered = false;
  moves_.resize(frame.moves);
  --depth_;
  live_ = false;
  if (depth_ == 0) return;
  Frame& above = frames_[depth_ - 1];
  if (!above.trail.Advance()) ++above.next;
}

bool Search::Run(const State& before, std::vector<State>& found) {
  before_ = &before;
  Begin(before);
  frames_.clear();
  frames_.reserve(plan_.race.calls.size() + 1);
  frames_.resize(1);
  moves_.clear();
  moves_.reserve(plan_.race.calls.size() + 1);
  depth_ = 1;
  const auto enough = [&] { return found.size() >= options_.states; };
  while (depth_ > 0 && !enough()) {
    Frame& frame = frames_[depth_ - 1];
    if (!frame.listed) {
      if (!budget_.Spend()) return false;
      List(frame);
      frame.score = config_.score;
      if (AllPlaced()) Settle(found);
      if (enough()) break;
    }
    if (frame.next == moves_.size()) {
      if (!frame.fruitful && frame.score > best_score_) KeepBest();
      Close(frame);
      continue;
    }
    if (!live_) Restore();
    if (!Make(moves_[frame.next], frame.trail)) {
      const bool received = moves_[frame.next].kind == Point::Kind::kAttempt;
      live_ = points_.Untouched();
      if (frame.trail.Advance()) continue;
      ++frame.next;
      if (!received || frame.reordered || frame.next == moves_.size()) continue;
      if (!live_) Restore();
      PreferLostReceives(frame);
      continue;
    }
    frame.fruitful = true;
    Fingerprint print;
    if (remembers_) {
      print = FingerprintOf(config_.at, config_.done);
      if (closed_.contains(print)) {
        live_ = false;
        if (!frame.trail.Advance()) ++frame.next;
        continue;
      }
    }
    if (depth_ == frames_.size()) frames_.emplace_back();
    Frame& next = frames_[depth_++];
    next.hashed = remembers_;
    next.print = print;
    if (budget_.ways > 0 && depth_ % kBetweenCopies == 0) Keep(next);
  }
  return depth_ == 0;
}

void Search::Follow(const State& before,
                    const std::function<void(const Interleaving&, Point, const Points&)>& visit) {
  Begin(before);
  for (Step& step : best_) {
    const bool fits = Make(step.point, step.trail);
    IPC_REQUIRE(fits, "an order that was found cannot be followed");
    visit(config_.at, step.point, points_);
  }
}

}  // namespace ipcrig
