// SPDX-License-Identifier: Apache-2.0
#include "gen/mutate.h"

#include <algorithm>
#include <utility>

#include "gen/growth.h"

namespace ipcrig {
namespace {

constexpr size_t kMostLines = 60;  // what grows beyond is cut off
constexpr int kDraws = 6;          // draws for a line that comes in

enum class New : uint8_t { kNone, kAny, kSleep, kKill };

// A line of the scenario that is to be: one of another scenario, or a new one.
struct Line {
  const Scenario* from = nullptr;
  Step step = {};
  bool redraw = false;
  New fresh = New::kNone;
};

using Lines = std::vector<Line>;

Lines LinesOf(const Scenario& scenario) {
  Lines lines;
  for (const Step& step : scenario.steps) lines.push_back({&scenario, step});
  return lines;
}

// All operations: what the lines are about is known from them.
GenerateOptions Plain(GenerateOptions options) {
  options.swarm = false;
  return options;
}

class Weaver {
 public:
  Weaver(Draw& draw, const GenerateOptions& options)
      : draw_(draw), focus_(DrawFocus(draw, Plain(options))), growth_(draw, options, focus_) {}

  Scenario Weave(const Lines& lines) {
    for (const Line& line : lines) {
      if (growth_.size() >= kMostLines && !racing_) break;
      if (line.fresh != New::kNone) {
        ComeIn(line.fresh);
      } else {
        Follow(line);
      }
    }
    growth_.EndSleepers();
    if (growth_.size() == 0) {
      if (auto candidate = growth_.TryOp(0, Msgget{})) growth_.Take(std::move(*candidate));
    }
    return growth_.Finish();
  }

 private:
  void Follow(const Line& line) {
    switch (line.step.kind) {
      case Step::Kind::kReturns:
        return;
      case Step::Kind::kIpcs:
        if (!racing_) growth_.Ipcs();
        return;
      case Step::Kind::kRace:
      case Step::Kind::kEndRace:
        racing_ = line.step.kind == Step::Kind::kRace;
        return growth_.Mark(line.step);
      case Step::Kind::kCall:
        Take(growth_.TryStep(*line.from, line.step, line.redraw));
    }
  }

  bool Take(std::optional<Candidate> candidate) {
    if (!candidate) return false;
    // In a race a variable that is assigned may be in use by others.
    const bool may_race = CanRace(candidate->op) && OpAssigns(candidate->op) < 0;
    if (racing_ && !may_race) {
      growth_.Drop();
      return false;
    }
    growth_.Take(std::move(*candidate));
    return true;
  }

  size_t IndexFor(New fresh) {
    static constexpr size_t kSleeps[] = {IndexOf<Msgrcv>(), IndexOf<Semop>(), IndexOf<Msgsnd>(),
                                         IndexOf<Read>(),   IndexOf<Wait>(),  IndexOf<Write>()};
    if (fresh == New::kKill) return IndexOf<Kill>();
    if (fresh == New::kSleep) return kSleeps[draw_.Below(std::size(kSleeps))];
    return PickIndex(draw_, focus_.weights).value_or(IndexOf<Msgget>());
  }

  void ComeIn(New fresh) {
    for (int i = 0; i < kDraws; ++i) {
      const std::vector<int> able = growth_.Able();
      if (able.empty()) return;
      const int process = able[draw_.Below(able.size())];
      const std::vector<int> stuck = growth_.Stuck();
      const int victim = stuck.empty() ? -1 : stuck[draw_.Below(stuck.size())];
      const size_t index = IndexFor(fresh);
      const bool begins =
          index == IndexOf<Fork>() || index == IndexOf<Clone>() || index == IndexOf<Thread>();
      if (begins && !growth_.MayFork()) continue;
      auto candidate = growth_.Try({process, index, draw_.Below(4) != 3, victim});
      if (!candidate) continue;
      const Predicted what = candidate->prediction.what;
      const bool last = i == kDraws - 1;
      const bool fits = fresh == New::kSleep ? what == Predicted::kBlocks && able.size() > 1
                                             : what != Predicted::kFails || last;
      const bool leaves_nobody = what == Predicted::kBlocks && able.size() < 2;
      if (fits && !leaves_nobody) {
        if (Take(std::move(candidate))) return;
      } else {
        growth_.Drop();
      }
    }
  }

  Draw& draw_;
  const Focus focus_;
  Growth growth_;
  bool racing_ = false;
};

bool IsCall(const Line& line) {
  return line.fresh == New::kNone && line.step.kind == Step::Kind::kCall;
}

bool IsMark(const Line& line) {
  return line.step.kind == Step::Kind::kRace || line.step.kind == Step::Kind::kEndRace;
}

void Edit(Draw& draw, Lines& lines) {
  const auto offset = [&](uint64_t at) { return lines.begin() + static_cast<ptrdiff_t>(at); };
  const uint64_t at = lines.empty() ? 0 : draw.Below(lines.size());
  const uint64_t to = draw.Below(lines.size() + 1);
  const uint64_t what = draw.Below(10);
  if (what < 3 || lines.empty()) {
    lines.insert(offset(to), {.fresh = New::kAny});
  } else if (what == 3) {
    lines.insert(offset(to), {.fresh = New::kSleep});
  } else if (what == 4) {
    lines.insert(offset(to), {.fresh = New::kKill});
  } else if (!IsCall(lines[at])) {
    if (!IsMark(lines[at])) lines.erase(offset(at));
  } else if (what == 5) {
    lines.erase(offset(at));
  } else if (what == 6) {
    lines.insert(offset(to), Line(lines[at]));
  } else if (what == 7) {
    const Line moved = lines[at];
    lines.erase(offset(at));
    lines.insert(offset(std::min<uint64_t>(to, lines.size())), moved);
  } else if (what == 8) {
    const size_t processes = lines[at].from->names.processes.size();
    lines[at].step.process = static_cast<int8_t>(draw.Below(processes));
  } else {
    lines[at].redraw = true;
  }
}

}  // namespace

Scenario Mutate(Draw& draw, const Scenario& scenario, const GenerateOptions& options) {
  Lines lines = LinesOf(scenario);
  for (uint64_t edits = 1 + draw.Below(3); edits > 0; --edits) Edit(draw, lines);
  return Weaver(draw, options).Weave(lines);
}

Scenario Cross(Draw& draw, const Scenario& one, const Scenario& other,
               const GenerateOptions& options) {
  const auto races = [](const Step& step) { return step.kind == Step::Kind::kRace; };
  Lines lines = LinesOf(one);
  Lines more = LinesOf(other);
  const bool whole = std::any_of(one.steps.begin(), one.steps.end(), races) ||
                     std::any_of(other.steps.begin(), other.steps.end(), races);
  // The lines of one process, in the middle of the other scenario; or a head and a tail.
  if (const auto process = static_cast<int8_t>(draw.Below(kMaxProcesses));
      draw.Below(2) == 0 && std::cmp_less(process, other.names.processes.size())) {
    std::erase_if(more, [&](const Line& line) {
      return !line.step.IsLineOfProcess() || line.step.process != process;
    });
    const auto middle = static_cast<ptrdiff_t>(draw.Below(lines.size() + 1));
    lines.insert(lines.begin() + middle, more.begin(), more.end());
  } else {
    if (!whole) {
      lines.resize(draw.Below(lines.size() + 1));
      more.erase(more.begin(), more.begin() + static_cast<ptrdiff_t>(draw.Below(more.size() + 1)));
    }
    lines.insert(lines.end(), more.begin(), more.end());
  }
  return Weaver(draw, options).Weave(lines);
}

}  // namespace ipcrig
