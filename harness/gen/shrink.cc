// SPDX-License-Identifier: Apache-2.0
#include "gen/shrink.h"

#include <algorithm>
#include <set>
#include <utility>

namespace ipcrig {
namespace {

using Keep = std::vector<bool>;

Scenario WithoutComments(Scenario scenario) {
  for (Step& step : scenario.steps) {
    step.comment.clear();
    step.above.clear();
  }
  scenario.below.clear();
  return scenario;
}

// A race without its end is none, nor an end without its race: the lines between stay.
void DropHalfRaces(const Scenario& scenario, Keep& keep) {
  for (size_t i = 0; i < keep.size(); ++i) {
    if (scenario.steps[i].kind != Step::Kind::kRace) continue;
    const size_t end = scenario.EndOfRace(i);
    keep[i] = keep[end] = keep[i] && keep[end];
  }
}

// Drops the lines of processes that nobody forks any more, and `returns` of calls that are gone.
void DropOrphans(const Scenario& scenario, Keep& keep) {
  const size_t processes = scenario.names.processes.size();
  std::vector<bool> begun(processes, true);
  std::vector<bool> called(processes, false);
  for (const Step& step : scenario.steps) {
    if (const int child = ChildOf(step.op); step.kind == Step::Kind::kCall && child >= 0) {
      begun[static_cast<size_t>(child)] = false;
    }
  }
  for (size_t i = 0; i < keep.size(); ++i) {
    const Step& step = scenario.steps[i];
    if (!step.IsLineOfProcess()) continue;
    const auto process = static_cast<size_t>(step.process);
    if (!begun[process]) keep[i] = false;
    if (step.kind == Step::Kind::kReturns) {
      if (!called[process]) keep[i] = false;
      continue;
    }
    called[process] = keep[i];
    if (const int child = ChildOf(step.op); keep[i] && child >= 0) {
      begun[static_cast<size_t>(child)] = true;
    }
  }
}

Scenario Kept(const Scenario& scenario, const Keep& keep) {
  Scenario kept{scenario.names, {}, {}};
  for (size_t i = 0; i < keep.size(); ++i) {
    if (keep[i]) kept.steps.push_back(scenario.steps[i]);
  }
  return kept;
}

// The line of the scenario that is the n-th of those that are kept.
size_t NthKept(const Keep& keep, int n) {
  size_t line = 0;
  while (!keep[line] || n-- > 0) ++line;
  return line;
}

class Shrinker {
 public:
  Shrinker(const Scenario& scenario, const std::function<bool(const Scenario&)>& still_fails,
           const ShrinkOptions& options)
      : still_fails_(still_fails), options_(options) {
    shrunk_.scenario = WithoutComments(scenario);
    seen_.insert(PrintScenario(shrunk_.scenario));
  }

  Shrunk Run() {
    int before = -1;
    while (std::exchange(before, shrunk_.kept) != shrunk_.kept && !Spent()) {
      CutTheEnd();
      DropProcesses();
      DropLines();
      DropPairs();
      MergeProcesses();
      MergeVariables();
      SimplifyLines();
    }
    return std::move(shrunk_);
  }

 private:
  const Scenario& now() const { return shrunk_.scenario; }
  size_t size() const { return now().steps.size(); }
  bool Spent() const { return shrunk_.tried >= options_.budget; }

  // Whether a candidate that was not seen before still fails; it takes the scenario's place then.
  bool Accept(Scenario candidate) {
    if (Spent() || !seen_.insert(PrintScenario(candidate)).second) return false;
    ++shrunk_.tried;
    if (!still_fails_(candidate)) return false;
    shrunk_.scenario = std::move(candidate);
    ++shrunk_.kept;
    if (options_.progress) options_.progress(shrunk_);
    return true;
  }
  bool AcceptLines(const Scenario& scenario, const Keep& keep) {
    auto candidate = Sublist(scenario, keep);
    return candidate && Accept(std::move(*candidate));
  }
  bool AcceptWithout(size_t from, size_t to) {
    Keep keep(size(), true);
    std::fill(keep.begin() + static_cast<ptrdiff_t>(from),
              keep.begin() + static_cast<ptrdiff_t>(to), false);
    return AcceptLines(now(), keep);
  }

  void CutTheEnd() {
    for (size_t part = size() / 2; part > 0; part /= 2) {
      while (size() > part && AcceptWithout(size() - part, size())) {
      }
    }
  }

  void DropProcesses() {
    for (size_t process = now().names.processes.size(); process-- > 0;) {
      Keep keep(size(), true);
      for (size_t i = 0; i < keep.size(); ++i) {
        const Step& step = now().steps[i];
        const auto index = static_cast<int>(process);
        const bool its_own = step.IsLineOfProcess() && step.process == index;
        const bool forks = step.kind == Step::Kind::kCall && ChildOf(step.op) == index;
        keep[i] = !its_own && !forks;
      }
      AcceptLines(now(), keep);
    }
  }

  void DropLines() {
    for (size_t part = std::max<size_t>(size() / 2, 1); part > 0; part /= 2) {
      size_t from = 0;
      while (from < size()) {
        if (!AcceptWithout(from, std::min(from + part, size()))) from += part;
      }
    }
  }

  // What one line does and another undoes: a message that is sent and received. Only of few lines,
  // since of many there are too many pairs.
  void DropPairs() {
    constexpr size_t kFew = 16;
    for (size_t i = 0; i < size() && size() <= kFew; ++i) {
      for (size_t j = i + 1; j < size(); ++j) {
        Keep keep(size(), true);
        keep[i] = keep[j] = false;
        AcceptLines(now(), keep);
      }
    }
  }

  // One process makes the calls of two.
  void MergeProcesses() {
    for (size_t other = now().names.processes.size(); other-- > 1;) {
      for (size_t one = 0; one < other && other < now().names.processes.size(); ++one) {
        Scenario merged = now();
        merged.names.processes[other] = merged.names.processes[one];
        Keep keep(size(), true);
        for (size_t i = 0; i < keep.size(); ++i) {
          keep[i] = ChildOf(now().steps[i].op) != static_cast<int>(other);
        }
        for (Step& step : merged.steps) {
          if (step.process == static_cast<int8_t>(other)) step.process = static_cast<int8_t>(one);
        }
        AcceptLines(merged, keep);
      }
    }
  }

  // One object does for two: what the second variable got is not made.
  void MergeVariables() {
    for (size_t other = now().names.variables.size(); other-- > 1;) {
      for (size_t one = 0; one < other && other < now().names.variables.size(); ++one) {
        const auto& variables = now().names.variables;
        if (variables[one].kind != variables[other].kind) continue;
        Scenario merged = now();
        merged.names.variables[other].name = variables[one].name;
        Keep keep(size(), true);
        for (size_t i = 0; i < keep.size(); ++i) {
          keep[i] = OpAssigns(now().steps[i].op) != static_cast<int>(other);
        }
        AcceptLines(merged, keep);
      }
    }
  }

  void SimplifyLines() {
    for (size_t i = 0; i < size(); ++i) {
      if (now().steps[i].expect.kind != Expectation::Kind::kNone) {
        Step plain = now().steps[i];
        plain.expect = {};
        AcceptInstead(i, plain);
      }
      bool simpler = now().steps[i].kind == Step::Kind::kCall;
      while (simpler) {
        simpler = false;
        for (const Op& op : SimplerOps(now().steps[i].op)) {
          Step changed = now().steps[i];
          changed.op = op;
          simpler = AcceptInstead(i, changed);
          if (simpler) break;
        }
      }
    }
  }

  // Another line in place of one. Where that takes further lines away it is none of this pass.
  bool AcceptInstead(size_t line, const Step& step) {
    Scenario changed = now();
    changed.steps[line] = step;
    auto candidate = Sublist(changed, Keep(size(), true));
    if (!candidate || candidate->steps.size() != size()) return false;
    return Accept(std::move(*candidate));
  }

  const std::function<bool(const Scenario&)>& still_fails_;
  const ShrinkOptions& options_;
  Shrunk shrunk_;
  std::set<std::string> seen_;
};

}  // namespace

std::optional<Scenario> Sublist(const Scenario& scenario, const std::vector<bool>& keep) {
  const Scenario plain = WithoutComments(scenario);
  Keep left = keep;
  DropHalfRaces(plain, left);
  while (true) {
    DropOrphans(plain, left);
    if (std::find(left.begin(), left.end(), true) == left.end()) return std::nullopt;
    auto parsed = ParseScenario(PrintScenario(Kept(plain, left)), "");
    if (auto* done = std::get_if<Scenario>(&parsed)) return std::move(*done);
    // The line uses what no line assigns, or a process that no line begins.
    left[NthKept(left, std::get<ParseError>(parsed).line - 1)] = false;
  }
}

Shrunk Shrink(const Scenario& scenario, const std::function<bool(const Scenario&)>& still_fails,
              const ShrinkOptions& options) {
  return Shrinker(scenario, still_fails, options).Run();
}

}  // namespace ipcrig
