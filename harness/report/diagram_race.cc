// SPDX-License-Identifier: Apache-2.0
//
// The races of a diagram: the intervals of their calls, and where an order puts them.
#include <algorithm>

#include "check/order.h"
#include "report/diagram_builder.h"

namespace ipcrig {
namespace {

constexpr double kHead = 0.8;  // between the line `race {` and its first moment
constexpr double kTail = 0.5;
constexpr double kMoment = 0.5;

bool IsMoment(int64_t ns) { return ns != INT64_MIN && ns != INT64_MAX; }

std::vector<int64_t> MomentsOf(const Race& race) {
  std::vector<int64_t> moments;
  for (const RacingCall& call : race.calls) moments.insert(moments.end(), {call.from, call.to});
  for (const RacingEnd& end : race.ends) moments.insert(moments.end(), {end.from, end.to});
  std::erase_if(moments, [](int64_t ns) { return !IsMoment(ns); });
  std::sort(moments.begin(), moments.end());
  moments.erase(std::unique(moments.begin(), moments.end()), moments.end());
  return moments;
}

// Where a moment is drawn; what has no time of its own is at the beginning or the end.
double TimeOf(const Diagram::Race& drawn, int64_t ns) {
  if (ns == INT64_MIN) return drawn.from;
  if (ns == INT64_MAX) return drawn.to;
  const std::vector<int64_t>& moments = drawn.moments;
  const auto at = std::lower_bound(moments.begin(), moments.end(), ns) - moments.begin();
  return drawn.first + kMoment * static_cast<double>(at);
}

// Where each point is drawn: as early as it can be, and those between two moments apart from each
// other.
std::vector<double> TimesOf(const Race& race, const Diagram::Race& drawn,
                            const std::vector<OrderedPoint>& points) {
  std::vector<double> earliest;
  for (const OrderedPoint& point : points) {
    int64_t from = point.call >= 0 ? race.calls[static_cast<size_t>(point.call)].from : INT64_MIN;
    for (const RacingEnd& end : race.ends) {
      if (point.call < 0 && end.process == point.process) from = end.from;
    }
    const double before = earliest.empty() ? drawn.from : earliest.back();
    earliest.push_back(std::max(before, TimeOf(drawn, from)));
  }
  // What one point ends, it ends at one moment: the latest that any of them allows.
  for (size_t i = points.size(); i-- > 1;) {
    if (points[i].number == points[i - 1].number) earliest[i - 1] = earliest[i];
  }
  std::vector<double> times;
  for (size_t i = 0, next = 0; i < points.size(); i = next) {
    while (next < points.size() && earliest[next] == earliest[i]) ++next;
    const int count = points[next - 1].number - points[i].number + 2;
    for (size_t k = i; k < next; ++k) {
      times.push_back(earliest[i] + kMoment * (points[k].number - points[i].number + 1) / count);
    }
  }
  return times;
}

}  // namespace

void DiagramBuilder::AddRace(const ObservedStep& step) {
  const State nothing = InitialState({}, out_.lanes.size());
  const Race race =
      RaceOf(result_.scenario, step, states_.empty() ? nothing : states_.front(), lines_);
  Diagram::Race drawn{.from = now_, .first = now_ + kHead, .moments = MomentsOf(race)};
  drawn.to = drawn.first + kMoment * static_cast<double>(drawn.moments.size()) + kTail;
  now_ = drawn.to;
  const std::vector<int> calls = AddRacingCalls(race, drawn);
  if (!states_.empty()) AddOrder(race, calls, drawn);
  for (const bool sends : {true, false}) {
    for (size_t i = 0; i < race.calls.size(); ++i) {
      const RacingCall& call = race.calls[i];
      if (!call.outcome || std::holds_alternative<Msgsnd>(call.op) != sends) continue;
      sends ? NoteSend(calls[i], *call.outcome) : NoteReceive(calls[i], *call.outcome);
    }
  }
  AddRacingEnds(race, calls, drawn);
  if (!states_.empty()) {
    RaceJudgement judged = JudgeRace(result_.scenario, step, std::move(states_), lines_);
    states_ = std::move(judged.states);
    for (const RacedCall& call : judged.calls) {
      lines_[static_cast<size_t>(call.process)] = call.step;
    }
  }
  out_.races.push_back(std::move(drawn));
}

std::vector<int> DiagramBuilder::AddRacingCalls(const Race& race, const Diagram::Race& drawn) {
  std::vector<int> calls;
  for (const RacingCall& racing : race.calls) {
    const int open = OpenOf(racing.process);
    const bool begun = racing.begun && open >= 0;
    const int index =
        begun ? open : NewCall(racing.step, racing.process, TimeOf(drawn, racing.from));
    calls.push_back(index);
    Diagram::Call& call = CallAt(index);
    if (IsMoment(racing.from)) call.from_ns = racing.from - drawn.moments.front();
    if (!racing.outcome) continue;
    call.to = TimeOf(drawn, racing.to);
    if (IsMoment(racing.to)) call.to_ns = racing.to - drawn.moments.front();
    call.outcome = OutcomeText(racing.op, *racing.outcome);
    call.failed = racing.outcome->kind == Outcome::Kind::kFailed;
    if (const int slot = OpAssigns(racing.op);
        slot >= 0 && racing.outcome->kind == Outcome::Kind::kReturned) {
      values_[slot] = racing.outcome->value;
    }
    OpenOf(racing.process) = -1;
  }
  return calls;
}

void DiagramBuilder::AddRacingEnds(const Race& race, const std::vector<int>& calls,
                                   const Diagram::Race& drawn) {
  for (const RacingEnd& end : race.ends) {
    const double at = TimeOf(drawn, end.to);
    if (int& open = OpenOf(end.process); open >= 0) {
      CallAt(open).to = at;
      CallAt(open).outcome = EndText(end.outcome);
      open = -1;
    }
    EndLane(end.process, end.outcome, at);
    for (const int call : calls) {
      const auto* kill = std::get_if<Kill>(&OpOf(call));
      if (kill == nullptr || kill->target.index != end.process || !LaneAt(end.process).killed) {
        continue;
      }
      const double from = CallAt(call).effect >= 0 ? CallAt(call).effect : CallAt(call).from;
      out_.arrows.push_back(
          {Diagram::Arrow::Kind::kKill, call, -1, end.process, std::min(from, at), at});
    }
  }
}

void DiagramBuilder::AddOrder(const Race& race, const std::vector<int>& calls,
                              const Diagram::Race& drawn) {
  const std::vector<OrderedPoint> points = OneOrder(states_, race);
  const std::vector<double> times = TimesOf(race, drawn, points);
  int before = NowIndex();
  int after = before;
  for (size_t i = 0; i < points.size(); ++i) {
    const OrderedPoint& point = points[i];
    const bool same = i > 0 && points[i - 1].number == point.number;
    if (!same) before = after;
    after = StateIndex(point.after);
    const int call = point.call < 0 ? -1 : calls[static_cast<size_t>(point.call)];
    const bool woken = !point.asleep && point.by != point.process;
    std::string text = point.asleep ? "falls asleep" : call < 0 ? "ends" : "takes effect";
    if (woken && point.by >= 0) text = "is let go by " + LaneAt(point.by).name;
    out_.moments.push_back({times[i], call, point.process, std::move(text), before, after});
    if (!same) NoteObjects(point.after, times[i]);
    if (call < 0) continue;
    Diagram::Call& drawn_call = CallAt(call);
    if (point.asleep) {
      drawn_call.asleep_from = times[i];
      continue;
    }
    drawn_call.effect = times[i];
    if (drawn_call.asleep_from >= 0) drawn_call.asleep_to = times[i];
    const auto waker = std::find_if(points.begin(), points.end(), [&](const OrderedPoint& other) {
      return other.number == point.number && other.process == point.by && other.call >= 0;
    });
    if (!woken || waker == points.end()) continue;
    const RacingCall& racing = race.calls[static_cast<size_t>(point.call)];
    const int waking = calls[static_cast<size_t>(waker->call)];
    if (racing.outcome && racing.outcome->kind == Outcome::Kind::kReturned &&
        std::holds_alternative<Msgrcv>(racing.op)) {
      continue;  // its message's arrow says so
    }
    out_.arrows.push_back(
        {Diagram::Arrow::Kind::kWake, waking, call, point.process, times[i], times[i]});
  }
}

}  // namespace ipcrig
