// SPDX-License-Identifier: Apache-2.0
#include "simulated_kernel.h"

#include <algorithm>
#include <span>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "model/inventory.h"
#include "model/progress.h"
#include "model/semaphores.h"
#include "model/signals.h"
#include "model/turn.h"
#include "planted_bugs.h"
#include "simulated_race.h"

namespace ipcrig {
namespace {

using Life = ProcessState::Life;

constexpr int64_t kFirstSecond = 1'700'000'000;
constexpr int64_t kSecondsPerStep = 10;
constexpr int kFirstPid = 100;

// Sleepers keep the object that they called for, whatever its variable names later.
Op Resolved(const State& state, Op op) {
  std::visit(
      [&]<typename T>(T& call) {
        if constexpr (requires { call.queue.slot; }) call.queue = {-1, IdIn(state, call.queue)};
        if constexpr (requires { call.set.slot; }) call.set = {-1, IdIn(state, call.set)};
      },
      op);
  return op;
}

// The way that the line expects; else the last way: the call's success. Of a set that is removed
// only EIDRM is told, though Linux now and then tells EINTR.
Branch& ChosenOf(Branches& branches, const Step& line, std::span<const int> pids) {
  const auto expected = std::find_if(branches.rbegin(), branches.rend(), [&](const Branch& branch) {
    return line.expect.kind != Expectation::Kind::kNone &&
           Agrees(line.expect, line.op, branch.expected.Example(), pids);
  });
  if (expected != branches.rend()) return *expected;
  auto last = branches.end() - 1;
  while (last != branches.begin() && last->deviation == Deviation::kL1) --last;
  return *last;
}

class Simulation {
 public:
  Simulation(const Scenario& scenario, const SimulationOptions& options)
      : scenario_(scenario),
        bug_(options.bug),
        race_(options.race),
        state_(InitialState(options.facts, scenario.names.processes.size(), options.rules)),
        lines_(scenario.names.processes.size(), -1),
        asleep_(scenario.names.processes.size(), -1) {
    history_.facts = options.facts;
    if (bug_.Is(PlantedBug::kPermissionIgnored)) state_.facts.cap_ipc_owner = 1;
  }

  History Run() {
    if (bug_.Is(PlantedBug::kMachineRefuses)) {
      Emit({.kind = Event::Kind::kSkip, .text = "no namespace for this scenario"});
      Emit({});
      return std::move(history_);
    }
    StartProcesses();
    for (int step = 0; step < std::ssize(scenario_.steps) && !stopped_; ++step) {
      now_ += kSecondsPerStep;
      if (StepOf(step).kind == Step::Kind::kCall) Call(step);
      if (StepOf(step).kind == Step::Kind::kIpcs) TakeSnapshot(step, "", true);
      if (StepOf(step).kind == Step::Kind::kRace) {
        Race(step);
        step = static_cast<int>(scenario_.EndOfRace(static_cast<size_t>(step)));
      }
    }
    Close();
    Emit({});
    auto& events = history_.events;
    const auto last = std::find_if(events.rbegin(), events.rend(),
                                   [](auto& event) { return event.kind == Event::Kind::kCall; });
    if (bug_.Is(PlantedBug::kEngineDies)) events.erase(last.base(), events.end());
    return std::move(history_);
  }

 private:
  const Step& StepOf(int step) const { return scenario_.steps[static_cast<size_t>(step)]; }
  ProcessState& At(int process) { return state_.processes[static_cast<size_t>(process)]; }
  int& LineOf(int process) { return lines_[static_cast<size_t>(process)]; }

  std::vector<int> Pids() const {
    std::vector<int> pids;
    for (const ProcessState& process : state_.processes) pids.push_back(process.pid);
    return pids;
  }

  void Emit(Event event) { history_.events.push_back(std::move(event)); }

  void StartProcesses() {
    const std::vector<bool> made = MadeByLines(scenario_);
    for (size_t i = 0; i < made.size(); ++i) {
      if (made[i]) continue;
      const auto process = static_cast<int>(i);
      StartProcess(state_, process, kFirstPid + process);
      Emit({.kind = Event::Kind::kStart,
            .process = process,
            .outcome = Outcome::Returned(At(process).pid)});
    }
  }

  void Race(int step) {
    SimulatedRace race(scenario_, step, state_, now_, lines_, race_);
    state_ = race.Run(history_.events);
    lines_ = race.last();
  }

  void Call(int step) {
    const int process = StepOf(step).process;
    const Life life = At(process).life;
    const bool alive = life == Life::kAlive;
    if (!alive || At(process).pending || At(process).stopped) {
      const char* why = life == Life::kUnborn ? "has not been forked"
                        : !alive              ? "has ended"
                        : At(process).stopped ? "is stopped"
                                              : "is still in its call";
      return Emit({.kind = Event::Kind::kNotRun, .step = step, .process = process, .text = why});
    }
    Emit({.kind = Event::Kind::kCall, .step = step, .process = process, .from = now_});
    LineOf(process) = step;
    if (bug_.Is(PlantedBug::kSemopSpins) && std::holds_alternative<Semop>(StepOf(step).op)) {
      stopped_ = true;
      return Emit(
          {.kind = Event::Kind::kBusy, .step = step, .process = process, .text = "state R"});
    }
    if (!Try(process, StepOf(step).op)) {
      At(process).pending = Resolved(state_, StepOf(step).op);
      At(process).since = state_.clock++;
      NoteSleep(state_, process);
    }
    Settle();
  }

  // What the world outside says of a call: below /no there are no files.
  static const Outcome* SeenOf(const Op& op) {
    static const Outcome no_file{Outcome::Kind::kFailed, ENOENT, {ENOENT, 0, 0}};
    const auto* ftok = std::get_if<Ftok>(&op);
    return ftok != nullptr && ftok->path.view().starts_with("/no/") ? &no_file : nullptr;
  }

  // Lets the process go on with its call, if it can.
  bool Try(int process, const Op& op) {
    const ProcessState before_me = At(process);
    const bool sleeps = before_me.pending.has_value();
    if (sleeps && bug_.Oversleeps(state_, process, op)) return false;
    const State before = state_;
    const Range now = Range::Exactly(now_);
    bug_.Prepare(state_, process, op);
    Turn turn(state_, process, SeenOf(op), now, sleeps && !before_me.restarted, Turn::Keep::kAll);
    turn.me.restarted = false;
    if (before_me.interrupted != 0) {
      InterruptCall(turn, op);
    } else {
      std::visit([&](const auto& call) { call.Model(turn); }, bug_.Disguise(state_, process, op));
    }
    auto& branches = turn.branches();
    std::optional<Outcome> outcome;
    State after = state_;
    if (!branches.empty()) {
      const bool first = bug_.Is(PlantedBug::kBigSegmentRefused);
      Branch& taken =
          first ? branches.front() : ChosenOf(branches, StepOf(LineOf(process)), Pids());
      outcome = taken.expected.Example();
      after = turn.After(taken);
    }
    bug_.Corrupt({before, after, process, now, outcome}, op);
    state_ = std::move(after);
    if (outcome) Finish(process, op, std::move(*outcome));
    const bool moved = turn.progressed() || before_me.restarted;
    return outcome || (sleeps && branches.empty() && moved);
  }

  void Finish(int process, const Op& op, Outcome outcome) {
    ProcessState& me = At(process);
    ClearPending(me);
    if (outcome.kind == Outcome::Kind::kFailed && OpAssigns(op) >= 0) {
      state_.values.erase(OpAssigns(op));
      state_.LeaderOf(process).addresses.erase(OpAssigns(op));
    }
    const Expectation& expect = StepOf(LineOf(process)).expect;
    if (std::holds_alternative<ExecProgram>(op)) {
      const bool killed = expect.kind == Expectation::Kind::kSignal;
      outcome.kind = killed ? Outcome::Kind::kKilled : Outcome::Kind::kExited;
      outcome.value = expect.number;
      outcome.bytes = expect.text.Bytes();
      me.end = {outcome.kind, outcome.value};
    }
    Note(process, std::move(outcome));
  }

  void Note(int process, Outcome outcome) {
    const auto kind = outcome.Ended() ? Event::Kind::kEnded : Event::Kind::kReturn;
    Emit({.kind = kind,
          .step = LineOf(process),
          .process = process,
          .from = now_,
          .to = now_,
          .outcome = std::move(outcome)});
  }

  // Lets everybody go on who can: the killed and those without an order first, then by arrival.
  void Settle() {
    while (LetOneGoOn()) {
    }
    for (size_t i = 0; i < asleep_.size(); ++i) {
      const auto process = static_cast<int>(i);
      const bool asleep = At(process).pending && !At(process).stopped;
      if (!asleep || asleep_[i] == LineOf(process)) continue;
      asleep_[i] = LineOf(process);
      Emit({.kind = Event::Kind::kAsleep, .step = LineOf(process), .process = process});
    }
  }

  bool LetOneGoOn() {
    std::vector<std::tuple<bool, int64_t, int>> order;
    for (size_t i = 0; i < state_.processes.size(); ++i) {
      const ProcessState& one = state_.processes[i];
      const bool stopped = one.stopped && !bug_.Is(PlantedBug::kStoppedIsServed);
      if (!one.fate && (!one.pending || stopped)) continue;
      const bool waits = !one.fate && one.interrupted == 0;
      const auto sleep = waits ? SemSleepOf(*one.pending) : std::nullopt;
      const bool receives = waits && std::holds_alternative<Msgrcv>(*one.pending);
      const bool alters = sleep && !OnlyWaitsForZero(*sleep->ops);
      const bool newest_first = receives ? bug_.Is(PlantedBug::kNewestReceiverFirst)
                                : alters ? bug_.Is(PlantedBug::kNewestSemopFirst)
                                         : bug_.Is(PlantedBug::kOtherSenderFirst);
      const int64_t place = newest_first ? -one.since : one.since;
      order.emplace_back(receives || alters, place, static_cast<int>(i));
    }
    std::sort(order.begin(), order.end());
    return std::any_of(order.begin(), order.end(), [&](const auto& one) {
      const int process = std::get<int>(one);
      if (At(process).fate) return Die(process);
      const Op op = *At(process).pending;
      return Try(process, op);
    });
  }

  bool Die(int process) {
    const State before = state_;
    const Op killed = Kill{};
    const Range now = Range::Exactly(now_);
    std::optional<Outcome> end = At(process).fate;
    bug_.Prepare(state_, process, killed);
    EndThread(state_, process, *end, now);
    bug_.Corrupt({before, state_, process, now, end}, killed);
    Note(process, *end);
    return true;
  }

  View ViewNamed(const char* name) {
    const bool stat = std::string_view(name) == "stat";
    View view{name};
    for (const InventoryRow& known : Inventory(state_)) {
      ObjectRow row{known.kind, known.id};
      for (size_t i = 0; i < row.cells.size(); ++i) {
        if (known.cells[i]) row.cells[i] = known.cells[i]->from;
      }
      if (!stat) row[Column::kQbytes].reset();
      view.rows.push_back(row);
    }
    if (stat) view.totals = InventoryTotals(state_);
    bug_.Report(view);
    return view;
  }

  void TakeSnapshot(int step, const char* phase, bool with_program) {
    Event event{.kind = Event::Kind::kSnapshot, .step = step, .text = phase};
    event.snapshot = {ViewNamed("stat"), ViewNamed("proc")};
    if (with_program) event.snapshot.push_back(ViewNamed("ipcs"));
    Emit(std::move(event));
  }

  void Close() {
    if (!stopped_) TakeSnapshot(-1, "end", true);
    for (size_t i = 0; i < state_.processes.size(); ++i) {
      const auto process = static_cast<int>(i);
      if (At(process).life != Life::kAlive) continue;
      now_ += kSecondsPerStep;
      Emit({.kind = Event::Kind::kClose, .process = process, .from = now_});
      Doom(state_, process, {Outcome::Kind::kKilled, abi::kSigkill});
      Settle();
    }
    if (bug_.Is(PlantedBug::kProcessOutlives)) {
      Emit({.kind = Event::Kind::kSurvivor, .text = "pid 4711 (sh)"});
    }
    if (!stopped_) TakeSnapshot(-1, "after exit", false);
    const bool refused = bug_.Is(PlantedBug::kRemovalRefused);
    for (const InventoryRow& row : Inventory(state_)) {
      Emit({.kind = Event::Kind::kRemove,
            .outcome = refused ? Outcome::Failed(EPERM) : Outcome::Returned(0),
            .text = std::string(ObjectKindName(row.kind)) + " " + std::to_string(row.id)});
    }
    state_ = InitialState(state_.facts, 0);
    if (!stopped_) TakeSnapshot(-1, "after removal", false);
  }

  const Scenario& scenario_;
  Bug bug_;
  SimulatedRaceOptions race_;
  State state_;
  std::vector<int> lines_;   // the last call of each process
  std::vector<int> asleep_;  // the call in which it was seen asleep
  int64_t now_ = kFirstSecond;
  bool stopped_ = false;
  History history_;
};

}  // namespace

History Simulate(const Scenario& scenario, const SimulationOptions& options) {
  return Simulation(scenario, options).Run();
}

}  // namespace ipcrig
