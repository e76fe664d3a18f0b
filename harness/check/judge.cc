// SPDX-License-Identifier: Apache-2.0
#include "check/judge.h"

#include <algorithm>
#include <optional>
#include <set>

#include <fmt/format.h>

#include "check/fits.h"
#include "check/leaks.h"
#include "check/race.h"
#include "check/steps.h"

namespace ipcrig {
namespace {

// What is known of the last call of a process.
struct LastCall {
  int step = -1;
  std::optional<Outcome> outcome;
};

std::string CallName(const std::optional<Op>& op) {
  return op ? std::string(OpName(*op)) : "no call";
}

std::string MismatchTitle(const Mismatch& mismatch) {
  const std::string call = CallName(mismatch.op);
  switch (mismatch.kind) {
    case Mismatch::Kind::kWrongOutcome:
      return call + " has an outcome that the model does not allow";
    case Mismatch::Kind::kLostWakeup:
      return "lost wake-up: " + call + " can go on and still sleeps";
    case Mismatch::Kind::kNotBlocked:
      return call + " returned though it has to wait";
    case Mismatch::Kind::kBlocked:
      return call + " sleeps though it has nothing to wait for";
    case Mismatch::Kind::kUnexpectedEnd:
      return "a process ended unexpectedly in " + call;
  }
  return "";
}

// The outcome in a form that does not vary between runs: EIDRM, value, sleeps.
std::string OutcomeClass(const std::string& seen) {
  const bool named = !seen.empty() && ((seen[0] >= 'A' && seen[0] <= 'Z') || seen == "it sleeps");
  return named ? seen : "value";
}

// "{key=0, mode=0600}" -> key=0 and mode=0600.
std::vector<std::string_view> Fields(std::string_view text) {
  std::vector<std::string_view> fields;
  if (!text.starts_with('{') || !text.ends_with('}')) return fields;
  text = text.substr(1, text.size() - 2);
  while (!text.empty()) {
    const size_t length = std::min(text.find(", "), text.size());
    fields.push_back(text.substr(0, length));
    text.remove_prefix(std::min(length + 2, text.size()));
  }
  return fields;
}

// "mode, stray": the fields in which two outcomes differ, where both have the same. Times are left
// out: an expected one stands for a range.
std::string DifferingFields(std::string_view expected, std::string_view seen) {
  const auto left = Fields(expected);
  const auto right = Fields(seen);
  std::string names;
  if (left.size() != right.size()) return names;
  for (size_t i = 0; i < left.size(); ++i) {
    const std::string_view name = left[i].substr(0, left[i].find('='));
    if (right[i].substr(0, right[i].find('=')) != name) return "";
    if (left[i] == right[i] || name.ends_with("time")) continue;
    names += (names.empty() ? "" : ", ") + std::string(name);
  }
  return names;
}

constexpr const char* kNotOfThisScenario = "the history is not of this scenario";

class Judging {
 public:
  Judging(const Scenario& scenario, const History& history, const Rules& rules,
          const StepWatcher& watch, const LinearizeOptions& racing)
      : scenario_(scenario),
        watch_(watch),
        racing_(racing),
        states_({InitialState(history.facts, scenario.names.processes.size(), rules)}),
        calls_(scenario.names.processes.size()),
        pids_(scenario.names.processes.size()) {
    for (const Event& event : history.events) {
      const bool forked =
          event.kind == Event::Kind::kReturn && event.step >= 0 && ChildOf(StepOf(event).op) >= 0;
      if (event.kind == Event::Kind::kStart) SetPid(event.process, event.outcome.value);
      if (forked) SetPid(ChildOf(StepOf(event).op), event.outcome.value);
    }
  }

  Judgement Run(const History& history) {
    std::vector<ObservedStep> steps = GatherSteps(history);
    // What an engine that died saw of its last step is not all that happened in it.
    if (!history.Complete() && !steps.empty() && steps.back().busy.empty()) steps.pop_back();
    for (const ObservedStep& step : steps) {
      Look(step);
      if (!result_.findings.empty() || result_.verdict != Verdict::kPass) break;
    }
    if (!result_.findings.empty()) result_.verdict = Verdict::kFail;
    if (!vague_.empty()) DropDoubtful();
    NoteDeviations();
    for (const DeviationText& one : Deviations()) {
      if ((deviations_ & DeviationBit(one.deviation)) != 0) {
        result_.deviations.emplace_back(one.name);
      }
    }
    if (result_.verdict == Verdict::kPass && !history.Complete()) {
      Stop(Verdict::kBroken, "the engine ended before the scenario" + LastLine(history));
    }
    return std::move(result_);
  }

 private:
  const Step& StepOf(int step) const { return scenario_.steps[static_cast<size_t>(step)]; }
  const Step& StepOf(const Event& event) const { return StepOf(event.step); }
  void SetPid(int process, int64_t pid) {
    pids_[static_cast<size_t>(process)] = static_cast<int>(pid);
  }
  LastCall& CallOf(int process) { return calls_[static_cast<size_t>(process)]; }
  const std::string& NameOf(int process) const {
    return scenario_.names.processes[static_cast<size_t>(process)];
  }

  void Stop(Verdict verdict, std::string reason) {
    result_.verdict = verdict;
    result_.reason = std::move(reason);
  }

  std::string LastLine(const History& history) const {
    const auto last =
        std::find_if(history.events.rbegin(), history.events.rend(), [](const Event& event) {
          return event.step >= 0 && event.kind != Event::Kind::kReturn &&
                 event.kind != Event::Kind::kEnded && event.kind != Event::Kind::kAsleep;
        });
    if (last == history.events.rend()) return "";
    return fmt::format(", after line {}: {}", scenario_.LineOf(static_cast<size_t>(last->step)),
                       StepText(scenario_, static_cast<size_t>(last->step)));
  }

  void Look(const ObservedStep& step) {
    const Event& event = *step.event;
    switch (event.kind) {
      case Event::Kind::kStart:
        return Start(event);
      case Event::Kind::kCall:
        CheckReturnsUpTo(event.step);
        if (!result_.findings.empty()) return;
        CallOf(event.process) = {event.step, std::nullopt};
        return Conform(step, StepOf(event).op);
      case Event::Kind::kRace:
        CheckReturnsUpTo(event.step);
        if (result_.findings.empty()) Race(step);
        return;
      case Event::Kind::kClose:
        CheckUnfinished();
        if (result_.findings.empty()) Conform(step, std::nullopt);
        return;
      case Event::Kind::kSnapshot:
        CheckReturnsUpTo(event.step >= 0 ? event.step : static_cast<int>(scenario_.steps.size()));
        if (!result_.findings.empty()) return;
        NoteViews(event);
        result_.findings = CheckSnapshot(states_, event);
        return;
      case Event::Kind::kSurvivor:
        return Add({"survivor",
                    -1,
                    -1,
                    "a process outlived the run",
                    {{"no process", ""}},
                    event.text,
                    "survivor: a process outlived the run"});
      case Event::Kind::kRemove:
        return Remove(event);
      case Event::Kind::kNotRun:
        return NotRun(event);
      case Event::Kind::kSkip:
        return Stop(Verdict::kSkipped, event.text);
      case Event::Kind::kBroken:
        return Stop(Verdict::kBroken, event.text);
      default:
        return;
    }
  }

  // Those that every explanation of the run so far needs.
  void NoteDeviations() {
    if (states_.empty()) return;
    deviations_ = ~0U;
    for (const State& state : states_) deviations_ &= state.deviations;
  }

  void Add(Finding finding) { result_.findings.push_back(std::move(finding)); }

  void Start(const Event& event) {
    for (State& state : states_) {
      StartProcess(state, event.process, static_cast<int>(event.outcome.value));
    }
  }

  void NoteViews(const Event& event) {
    for (const View& view : event.snapshot) {
      const std::string note = "view " + view.name + " is not compared: " + view.unavailable;
      const auto& notes = result_.notes;
      if (!view.unavailable.empty() && std::find(notes.begin(), notes.end(), note) == notes.end()) {
        result_.notes.push_back(note);
      }
    }
  }

  void Conform(const ObservedStep& step, const std::optional<Op>& op) {
    if (!step.busy.empty()) return Hang(*step.busy.front());
    if (step.seen.size() > calls_.size()) return Stop(Verdict::kBroken, kNotOfThisScenario);
    NoteDeviations();
    if (watch_ && op) watch_(states_.front(), step.event->process, *op, step.seen);
    Acceptance acceptance =
        Accept(std::move(states_), {step.event->process, op, step.seen, step.now});
    for (const Seen& seen : step.seen) CallOf(seen.process).outcome = seen.outcome;
    if (acceptance.exhausted) {
      return Stop(
          Verdict::kUnknown,
          fmt::format("line {}: too many processes were set free at once to try all orders",
                      scenario_.LineOf(static_cast<size_t>(std::max(step.event->step, 0)))));
    }
    if (acceptance.states.empty()) return Mismatched(step, acceptance.mismatch);
    states_ = std::move(acceptance.states);
    if (op) CheckExpectation(step.event->step, CallOf(step.event->process).outcome);
  }

  void Race(const ObservedStep& step) {
    if (!step.busy.empty()) return Hang(*step.busy.front());
    NoteDeviations();
    std::vector<int> lines;
    for (const LastCall& call : calls_) lines.push_back(call.step);
    RaceJudgement judged = JudgeRace(scenario_, step, std::move(states_), lines, racing_);
    states_ = std::move(judged.states);
    if (!judged.unknown.empty()) return Stop(Verdict::kUnknown, judged.unknown);
    if (judged.finding) return Add(std::move(*judged.finding));
    if (!judged.vague.empty()) vague_ = judged.vague;
    for (const RacedCall& call : judged.calls) {
      CallOf(call.process) = {call.step, call.outcome};
      const bool blocks = StepOf(call.step).expect.kind == Expectation::Kind::kBlocks;
      if (!call.outcome || blocks || call.outcome->Ended()) continue;
      CheckExpectation(call.step, call.outcome);
      if (!result_.findings.empty()) return;
    }
  }

  // After a race of which not every end was followed, what differs from the ends that were says
  // nothing.
  void DropDoubtful() {
    static const std::set<std::string> kOfStates = {
        "conformance", "leak", "missing", "report", "linearizability", "lost-wakeup"};
    const auto doubtful = [](const Finding& one) { return kOfStates.contains(one.check); };
    if (!std::any_of(result_.findings.begin(), result_.findings.end(), doubtful)) return;
    result_.findings.clear();
    Stop(Verdict::kUnknown, vague_);
  }

  void Mismatched(const ObservedStep& step, const Mismatch& mismatch) {
    Finding finding{"conformance", step.event->step, mismatch.process};
    // The line of the call itself, which may be above the one that set it free.
    if (const int line = CallOf(mismatch.process).step; line >= 0) finding.step = line;
    finding.title = MismatchTitle(mismatch);
    for (const auto& expected : mismatch.expected) {
      finding.expected.push_back({expected.outcome, expected.rule});
    }
    if (finding.expected.empty()) finding.expected.push_back({"it sleeps", ""});
    finding.seen = mismatch.seen;
    finding.differs = DifferingFields(finding.expected.front().outcome, finding.seen);
    finding.signature =
        fmt::format("conformance: {}: {}", CallName(mismatch.op),
                    finding.differs.empty() ? OutcomeClass(mismatch.seen) : finding.differs);
    Add(std::move(finding));
  }

  void Hang(const Event& busy) {
    result_.timed_out = true;
    const int line = busy.step;
    const std::string call =
        line < 0 ? "its start" : std::string(OpName(scenario_.steps[static_cast<size_t>(line)].op));
    Add({"hang",
         line,
         busy.process,
         "time is up, and a process is still busy in " + call,
         {{"it returns, ends or sleeps", ""}},
         busy.text,
         "hang: " + call});
  }

  // The lines `X returns` between the last step and this one.
  void CheckReturnsUpTo(int step) {
    for (; next_line_ < step; ++next_line_) {
      const Step& line = scenario_.steps[static_cast<size_t>(next_line_)];
      if (line.kind != Step::Kind::kReturns) continue;
      CheckExpectation(next_line_, CallOf(line.process).outcome);
      if (!result_.findings.empty()) return;
    }
  }

  void CheckExpectation(int index, const std::optional<Outcome>& outcome) {
    const Step& step = scenario_.steps[static_cast<size_t>(index)];
    const bool must_return =
        step.kind == Step::Kind::kReturns || (step.expect.kind != Expectation::Kind::kNone &&
                                              step.expect.kind != Expectation::Kind::kBlocks);
    const bool must_block = step.expect.kind == Expectation::Kind::kBlocks;
    const bool right =
        outcome ? !must_block && Agrees(step.expect, step.op, *outcome, pids_) : !must_return;
    if (right) return;
    Finding finding{"expectation", index, step.process};
    finding.title = "model and kernel agree on an outcome that the line does not expect";
    Writer wanted{scenario_.names, ""};
    PrintExpectation(wanted, step.op, step.expect);
    finding.expected.push_back({wanted.out.empty() ? "it returns" : wanted.out, ""});
    finding.seen = outcome ? OutcomeText(step.op, *outcome) : "blocks";
    finding.signature =
        fmt::format("expectation: {}: {}", OpName(step.op), OutcomeClass(finding.seen));
    Add(std::move(finding));
  }

  // Before the engine kills anybody: nobody may wait who was not expected to.
  void CheckUnfinished() {
    for (size_t i = 0; i < calls_.size() && !closing_; ++i) {
      const LastCall& call = calls_[i];
      if (call.step < 0 || call.outcome) continue;
      const Step& step = scenario_.steps[static_cast<size_t>(call.step)];
      if (step.expect.kind == Expectation::Kind::kBlocks) continue;
      Add({"unfinished",
           call.step,
           static_cast<int>(i),
           fmt::format("{} still blocks when the scenario ends", OpName(step.op)),
           {{"it returns; say `-> blocks` if it need not", ""}},
           "it sleeps",
           fmt::format("unfinished: {}", OpName(step.op))});
    }
    closing_ = true;
  }

  void NotRun(const Event& event) {
    const LastCall& call = CallOf(event.process);
    std::string reason = fmt::format("line {}: {} cannot make this call: it {}",
                                     scenario_.LineOf(static_cast<size_t>(event.step)),
                                     NameOf(event.process), event.text);
    if (call.step >= 0) {
      reason += fmt::format(" (line {})", scenario_.LineOf(static_cast<size_t>(call.step)));
    }
    Stop(Verdict::kBroken, std::move(reason));
  }

  // The engine removed an object after the scenario.
  void Remove(const Event& event) {
    if (event.outcome.kind != Outcome::Kind::kReturned) {
      return Add({"conformance",
                  -1,
                  -1,
                  "an object cannot be removed at the end",
                  {{"0", ""}},
                  event.text + ": " + ErrnoName(static_cast<int>(event.outcome.value)),
                  "conformance: removal at the end"});
    }
    for (State& state : states_) {
      IpcNamespace& space = state.space(0);
      space.segments.clear();
      space.queues.clear();
      space.sets.clear();
    }
  }

  const Scenario& scenario_;
  const StepWatcher& watch_;
  const LinearizeOptions& racing_;
  std::vector<State> states_;  // that may hold now
  uint32_t deviations_ = 0;
  std::vector<LastCall> calls_;
  std::vector<int> pids_;
  int next_line_ = 0;
  bool closing_ = false;
  std::string vague_;  // why states_ may not be all, after a race
  Judgement result_;
};

}  // namespace

Judgement Judge(const Scenario& scenario, const History& history, const Rules& rules,
                const StepWatcher& watch, const LinearizeOptions& racing) {
  if (!FitsScenario(scenario, history)) {
    return {.verdict = Verdict::kBroken, .reason = kNotOfThisScenario};
  }
  return Judging(scenario, history, rules, watch, racing).Run(history);
}

}  // namespace ipcrig
