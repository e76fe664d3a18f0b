// SPDX-License-Identifier: Apache-2.0
#include "litmus/judge.h"

#include <algorithm>

#include <fmt/format.h>

namespace ipcrig::litmus {
namespace {

std::vector<State> Select(const Observed& observed, const std::function<bool(const State&)>& is) {
  std::vector<State> states;
  for (const auto& [state, count] : observed.states) {
    if (is(state)) states.push_back(state);
  }
  return states;
}

void JudgeStates(const Test& test, Machine machine, const Allowed& allowed,
                 const Observed& observed, Judgement& judgement) {
  if (observed.impossible != 0) {
    judgement.findings.push_back({"impossible", "a load saw a value that nobody stored", {}});
  }
  if (!allowed.complete) return;
  const auto forbidden =
      Select(observed, [&](const State& state) { return !allowed.states.contains(state); });
  for (const State& state : forbidden) {
    judgement.findings.push_back(
        {"forbidden: " + PrintState(test, state),
         fmt::format("a state that the machine {} does not allow", MachineName(machine)),
         {state}});
  }
  for (const State& state : allowed.states) {
    const bool seen = std::any_of(observed.states.begin(), observed.states.end(),
                                  [&](const auto& one) { return one.first == state; });
    if (!seen) judgement.never_seen.push_back(state);
  }
}

void JudgeCondition(const Test& test, const Allowed& allowed, const Observed& observed,
                    Judgement& judgement) {
  for (const auto& [state, count] : observed.states) {
    (Holds(test, state) ? judgement.holds : judgement.holds_not) += count;
  }
  if (test.quantifier == Quantifier::kNone) return;
  if (test.quantifier == Quantifier::kExists) {
    judgement.condition_ok = judgement.holds != 0;
    return;
  }
  const bool must_hold = test.quantifier == Quantifier::kForall;
  const auto against =
      Select(observed, [&](const State& state) { return Holds(test, state) != must_hold; });
  judgement.condition_ok = against.empty();
  if (against.empty()) return;
  const bool machine_too = std::any_of(against.begin(), against.end(), [&](const State& state) {
    return !allowed.states.contains(state);
  });
  judgement.findings.push_back({"condition: " + PrintState(test, against.front()),
                                fmt::format("the condition does not hold{}",
                                            machine_too ? "" : ", though the machine allows it"),
                                against});
}

}  // namespace

Judgement Judge(const Test& test, Machine machine, const Allowed& allowed,
                const Observed& observed) {
  Judgement judgement;
  judgement.reason = observed.why;
  switch (observed.end) {
    case Observed::End::kSkipped:
      judgement.verdict = ExitCode::kCannotRun;
      return judgement;
    case Observed::End::kBroken:
      judgement.verdict = ExitCode::kBroken;
      return judgement;
    case Observed::End::kStuck:
      judgement.verdict = ExitCode::kTimedOut;
      return judgement;
    case Observed::End::kDied:
      judgement.verdict = ExitCode::kFail;
      judgement.findings.push_back({"died", observed.why, {}});
      return judgement;
    case Observed::End::kDone:
      break;
  }
  JudgeStates(test, machine, allowed, observed, judgement);
  JudgeCondition(test, allowed, observed, judgement);
  if (!judgement.findings.empty()) {
    judgement.verdict = ExitCode::kFail;
  } else if (!allowed.complete) {
    judgement.verdict = ExitCode::kUnknown;
    judgement.reason = fmt::format("the machine has more than {} moments", kMaxSearch);
  }
  const auto processes = static_cast<int>(test.processes.size());
  if (observed.processors == 1) {
    judgement.notes.emplace_back("1 processor: weak outcomes cannot be seen");
  } else if (observed.processors < processes) {
    judgement.notes.push_back(fmt::format("{} processors for {} processes: weak outcomes are rare",
                                          observed.processors, processes));
  }
  return judgement;
}

}  // namespace ipcrig::litmus
