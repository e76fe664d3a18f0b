// SPDX-License-Identifier: Apache-2.0
#include "simulated_kernel.h"

#include <algorithm>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "model/inventory.h"
#include "model/turn.h"

namespace ipcrig {
namespace {

using Life = ProcessState::Life;

constexpr int64_t kFirstSecond = 1'700'000'000;
constexpr int64_t kSecondsPerStep = 10;
constexpr int kFirstPid = 100;

template <Kind kKind>
int IdIn(const State& state, const Id<kKind>& id) {
  const auto found = state.values.find(id.slot);
  return id.slot < 0                   ? id.number
         : found == state.values.end() ? -1
                                       : static_cast<int>(found->second);
}

template <typename Object>
Object* FindIn(std::map<int, Object>& objects, int id) {
  const auto found = objects.find(id);
  return found == objects.end() ? nullptr : &found->second;
}

// Sleepers keep the object that they called for, whatever its variable names later.
Op Resolved(const State& state, Op op) {
  if (auto* call = std::get_if<Msgsnd>(&op)) call->queue = {-1, IdIn(state, call->queue)};
  if (auto* call = std::get_if<Msgrcv>(&op)) call->queue = {-1, IdIn(state, call->queue)};
  if (auto* call = std::get_if<Semop>(&op)) call->set = {-1, IdIn(state, call->set)};
  return op;
}

// What a step of the kernel did, for a bug to change.
struct Deed {
  const State& before;
  State& after;
  int self;
  std::optional<Outcome>& outcome;  // none: it blocks

  bool Returned() const { return outcome && outcome->kind == Outcome::Kind::kReturned; }
  bool Failed(int error) const { return outcome == Outcome::Failed(error); }
  // As if nothing had happened yet.
  void Blocks() {
    outcome.reset();
    after = before;
  }
};

// The planted bug. Each function is called at one place of the simulation and changes something
// if its bug is planted.
class Bug {
 public:
  explicit Bug(std::optional<PlantedBug> planted) : planted_(planted) {}

  bool Is(PlantedBug bug) const { return planted_ == bug; }

  Op Disguise(const State& state, Op op) const;
  void Prepare(State& state, int self, const Op& op) const;
  bool Oversleeps(const Op& op) const;
  void Corrupt(Deed deed, const Op& op);
  void Report(View& view) const;

 private:
  void CorruptReceive(Deed& deed, const Msgrcv& op);
  void CorruptSend(Deed& deed, const Msgsnd& op) const;
  void CorruptSemop(Deed& deed, const Semop& op) const;
  void CorruptSemctl(Deed& deed, const Op& op) const;
  void CorruptShm(Deed& deed, const Op& op) const;
  void CorruptEnd(Deed& deed) const;
  void CorruptPipe(Deed& deed, const Op& op) const;

  std::optional<PlantedBug> planted_;
  int64_t cbytes_drift_ = 0;
};

// What the kernel takes the call for.
Op Bug::Disguise(const State& state, Op op) const {
  const auto drop = [](auto* call, uint32_t flag) {
    if (call != nullptr) call->flags.bits &= ~flag;
  };
  auto* receive = std::get_if<Msgrcv>(&op);
  auto* semop = std::get_if<Semop>(&op);
  if (Is(PlantedBug::kNegativeTypeTakesFirst) && receive != nullptr && receive->type.value < 0) {
    const auto queue = state.queues.find(IdIn(state, receive->queue));
    if (queue == state.queues.end()) return op;
    for (const Message& message : queue->second.messages) {
      if (message.type > -receive->type.value) continue;
      receive->type.value = message.type;
      break;
    }
  }
  if (Is(PlantedBug::kNowaitBlocks)) {
    drop(receive, abi::kIpcNowait);
    drop(std::get_if<Msgsnd>(&op), abi::kIpcNowait);
  }
  if (Is(PlantedBug::kExclusiveIgnored)) {
    drop(std::get_if<Msgget>(&op), abi::kIpcExcl);
    drop(std::get_if<Semget>(&op), abi::kIpcExcl);
    drop(std::get_if<Shmget>(&op), abi::kIpcExcl);
  }
  if (Is(PlantedBug::kReadonlyIsWritable)) drop(std::get_if<Shmat>(&op), abi::kShmRdonly);
  if (Is(PlantedBug::kDuplicatesReordered) && semop != nullptr) {
    std::stable_sort(semop->ops.ops.begin(), semop->ops.ops.begin() + semop->ops.count,
                     [](const SemOp& a, const SemOp& b) { return a.op < b.op; });
  }
  return op;
}

// Before a call, or before a process is killed (op: a Kill of itself).
void Bug::Prepare(State& state, int self, const Op& op) const {
  auto& undo = state.processes[static_cast<size_t>(self)].undo;
  if (Is(PlantedBug::kUndoNotAtExit) && std::holds_alternative<Exit>(op)) undo.clear();
  if (Is(PlantedBug::kUndoNotAtKill) && std::holds_alternative<Kill>(op)) undo.clear();
  const auto* receive = std::get_if<Msgrcv>(&op);
  if (Is(PlantedBug::kTypeTakesNewest) && receive != nullptr && receive->type.value > 0) {
    Queue* queue = FindIn(state.queues, IdIn(state, receive->queue));
    if (queue == nullptr) return;
    auto& messages = queue->messages;
    const auto newest = std::find_if(messages.rbegin(), messages.rend(), [&](const Message& one) {
      return one.type == receive->type.value;
    });
    if (newest != messages.rend()) std::rotate(messages.begin(), newest.base() - 1, newest.base());
  }
}

bool Bug::Oversleeps(const Op& op) const {
  const auto* semop = std::get_if<Semop>(&op);
  const bool for_zero = semop != nullptr && semop->ops.count == 1 && semop->ops.ops[0].op == 0;
  return (Is(PlantedBug::kReceiverNotWoken) && std::holds_alternative<Msgrcv>(op)) ||
         (Is(PlantedBug::kSenderNotWoken) && std::holds_alternative<Msgsnd>(op)) ||
         (Is(PlantedBug::kSemopNotWoken) && semop != nullptr && !for_zero) ||
         (Is(PlantedBug::kZeroWaitNotWoken) && for_zero) ||
         (Is(PlantedBug::kReaderNotWoken) && std::holds_alternative<Read>(op)) ||
         (Is(PlantedBug::kWaitNotWoken) && std::holds_alternative<Wait>(op));
}

void Bug::CorruptReceive(Deed& deed, const Msgrcv& op) {
  Queue* queue = FindIn(deed.after.queues, IdIn(deed.after, op.queue));
  if (queue == nullptr) return;
  const Queue& old = deed.before.queues.at(IdIn(deed.after, op.queue));
  if (Is(PlantedBug::kTooBigIsConsumed) && deed.Failed(E2BIG)) {
    queue->messages.erase(queue->messages.begin());
  }
  if (!deed.Returned()) return;
  const int64_t full = old.Cbytes() - queue->Cbytes();
  if (Is(PlantedBug::kCbytesDrift)) cbytes_drift_ += full - deed.outcome->value;
  if (Is(PlantedBug::kNoerrorReportsFull)) deed.outcome->value = full;
  if (Is(PlantedBug::kLrpidZero)) queue->lrpid = 0;
  if (Is(PlantedBug::kReceiveKills)) {
    deed.outcome = Outcome{Outcome::Kind::kKilled, abi::kSigsegv};
    EndProcess(deed.after, deed.self, *deed.outcome, queue->rtime);
  }
}

void Bug::CorruptSend(Deed& deed, const Msgsnd& op) const {
  Queue* queue = FindIn(deed.after.queues, IdIn(deed.after, op.queue));
  if (queue == nullptr) return;
  const ProcessState& me = deed.before.processes[static_cast<size_t>(deed.self)];
  if (Is(PlantedBug::kLspidStale)) {
    queue->lspid = deed.before.queues.at(IdIn(deed.after, op.queue)).lspid;
  }
  if (Is(PlantedBug::kFullQueueAccepts) && (!deed.outcome || deed.Failed(EAGAIN))) {
    queue->messages.push_back({op.type.value, op.text.Bytes()});
    deed.outcome = Outcome::Returned(0);
  }
  const auto stands_before_me = [&](const ProcessState& other) {
    return other.pending && std::holds_alternative<Msgsnd>(*other.pending) &&
           (!me.pending || other.since < me.since);
  };
  const auto& processes = deed.before.processes;
  if (Is(PlantedBug::kSmallSenderWaits) && deed.Returned() &&
      std::any_of(processes.begin(), processes.end(), stands_before_me)) {
    deed.Blocks();
  }
}

void Bug::CorruptSemop(Deed& deed, const Semop& op) const {
  SemaphoreSet* set = FindIn(deed.after.sets, IdIn(deed.after, op.set));
  if (set == nullptr) return;
  const SemaphoreSet& old = deed.before.sets.at(IdIn(deed.after, op.set));
  const auto ops = op.ops.view();
  if (Is(PlantedBug::kSempidNotSet)) {
    for (size_t i = 0; i < old.semaphores.size(); ++i) {
      set->semaphores[i].pid = old.semaphores[i].pid;
    }
  }
  if (Is(PlantedBug::kZeroWaitPassesAtOne) && !deed.outcome && ops.size() == 1 && ops[0].op == 0 &&
      old.semaphores[ops[0].num].value == 1) {
    deed.outcome = Outcome::Returned(0);
  }
  if (Is(PlantedBug::kTornSemop) && deed.Failed(EAGAIN)) {
    for (const SemOp& one : ops) {
      int& value = set->semaphores[one.num].value;
      if (value + one.op < 0 || (one.op == 0 && value != 0)) break;
      value += one.op;
    }
  }
  const bool alters = std::any_of(ops.begin(), ops.end(), [](auto& one) { return one.op != 0; });
  if (Is(PlantedBug::kZeroWaitLeavesOtime) && !alters) set->otime = old.otime;
}

void Bug::CorruptSemctl(Deed& deed, const Op& op) const {
  if (Is(PlantedBug::kSetvalKeepsUndo) && std::holds_alternative<SemctlSetval>(op)) {
    for (size_t i = 0; i < deed.after.processes.size(); ++i) {
      deed.after.processes[i].undo = deed.before.processes[i].undo;
    }
  }
  if (Is(PlantedBug::kNcntCountsAll) && std::holds_alternative<SemctlGetncnt>(op)) {
    const auto& processes = deed.before.processes;
    deed.outcome->value = std::count_if(processes.begin(), processes.end(), [](const auto& one) {
      return one.pending && std::holds_alternative<Semop>(*one.pending);
    });
  }
}

void Bug::CorruptShm(Deed& deed, const Op& op) const {
  const auto* remove = std::get_if<ShmctlRmid>(&op);
  const bool detaches = std::holds_alternative<Shmdt>(op);
  for (auto& [id, segment] : deed.after.segments) {
    const auto found = deed.before.segments.find(id);
    if (found == deed.before.segments.end()) {
      if (Is(PlantedBug::kTailNotZero)) segment.memory.Write(segment.size, "old");
      if (Is(PlantedBug::kCreatorPidWrong)) segment.cpid = 1;
      continue;
    }
    const Segment& old = found->second;
    if (Is(PlantedBug::kKeyAfterRemoval) && remove != nullptr) segment.perm.key = old.perm.key;
    if (Is(PlantedBug::kDtimeNotSet) && detaches) segment.dtime = old.dtime;
    if (Is(PlantedBug::kContentsLost) && detaches && segment.nattch < old.nattch) {
      segment.memory = {};
    }
    if (Is(PlantedBug::kNattchNotAtFork) && std::holds_alternative<Fork>(op)) {
      segment.nattch = old.nattch;
    }
  }
  if (!Is(PlantedBug::kMarkedNotDestroyed)) return;
  for (const auto& [id, segment] : deed.before.segments) {
    if (segment.dest && deed.after.segments.emplace(id, segment).second) {
      deed.after.segments[id].nattch = 0;
    }
  }
}

void Bug::CorruptEnd(Deed& deed) const {
  if (Is(PlantedBug::kQueueDiesWithCreator)) deed.after.queues.clear();
  if (Is(PlantedBug::kNattchKeptAtExit)) {
    for (auto& [id, segment] : deed.after.segments) {
      segment.nattch = deed.before.segments.at(id).nattch;
    }
  }
  if (!Is(PlantedBug::kUndoBelowZero)) return;
  for (const auto& [id, undo] : deed.before.processes[static_cast<size_t>(deed.self)].undo) {
    for (size_t i = 0; i < undo.size(); ++i) {
      const int value = deed.before.sets.at(id).semaphores[i].value + undo[i];
      if (value < 0) deed.after.sets[id].semaphores[i].value = value;
    }
  }
}

void Bug::CorruptPipe(Deed& deed, const Op& op) const {
  const auto* write = std::get_if<Write>(&op);
  const bool reads = std::holds_alternative<Read>(op);
  if (Is(PlantedBug::kEndOfFileMissing) && reads && deed.outcome == Outcome::Returned(0)) {
    deed.Blocks();
  }
  if (Is(PlantedBug::kPipeReordersBytes) && reads && deed.outcome) {
    std::reverse(deed.outcome->bytes.begin(), deed.outcome->bytes.end());
  }
  if (Is(PlantedBug::kBrokenPipeIgnored) && write != nullptr && deed.Failed(EPIPE)) {
    deed.outcome = Outcome::Returned(static_cast<int64_t>(write->text.Length()));
  }
}

// After a call went on, or blocked; also after a process was killed.
void Bug::Corrupt(Deed deed, const Op& op) {
  if (!planted_) return;
  if (Is(PlantedBug::kRemovedIsInvalid) && deed.Failed(EIDRM)) {
    deed.outcome = Outcome::Failed(EINVAL);
  }
  if (const auto* receive = std::get_if<Msgrcv>(&op)) CorruptReceive(deed, *receive);
  if (const auto* send = std::get_if<Msgsnd>(&op)) CorruptSend(deed, *send);
  if (const auto* semop = std::get_if<Semop>(&op)) CorruptSemop(deed, *semop);
  if (std::holds_alternative<MsgctlStat>(op) && deed.Returned()) {
    deed.outcome->numbers[6] += cbytes_drift_;
  }
  if (Is(PlantedBug::kQueueSurvivesRemoval) && std::holds_alternative<MsgctlRmid>(op)) {
    deed.after = deed.before;
  }
  CorruptSemctl(deed, op);
  CorruptShm(deed, op);
  CorruptPipe(deed, op);
  const bool killed = std::holds_alternative<Kill>(op) && deed.outcome->Ended();
  if (std::holds_alternative<Exit>(op) || killed) CorruptEnd(deed);
  const auto* fork = std::get_if<Fork>(&op);
  if (Is(PlantedBug::kUndoInherited) && fork != nullptr) {
    auto& processes = deed.after.processes;
    processes[static_cast<size_t>(fork->child.index)].undo =
        processes[static_cast<size_t>(deed.self)].undo;
  }
  if (Is(PlantedBug::kExecKeepsAttaches) && std::holds_alternative<ExecSelf>(op)) {
    deed.after = deed.before;
  }
  if (Is(PlantedBug::kWaitStatusZero) && std::holds_alternative<Wait>(op) && deed.Returned()) {
    deed.outcome->numbers = {0};
  }
}

void Bug::Report(View& view) const {
  const bool proc = view.name == "proc" && !view.rows.empty();
  if (Is(PlantedBug::kProcDropsRow) && proc) view.rows.pop_back();
  if (Is(PlantedBug::kProcDoublesRow) && proc) view.rows.push_back(view.rows.front());
  if (Is(PlantedBug::kInfoCountsWrong) && view.name == "stat") ++view.totals[1].units;
  for (ObjectRow& row : view.rows) {
    if (auto& cell = row[Column::kCbytes]) *cell += cbytes_drift_;
    if (auto& cell = row[Column::kNattch]; cell && view.name == "ipcs") {
      *cell += Is(PlantedBug::kIpcsNattchWrong) ? 1 : 0;
    }
  }
}

class Simulation {
 public:
  Simulation(const Scenario& scenario, const SimulationOptions& options)
      : scenario_(scenario),
        bug_(options.bug),
        state_(InitialState(options.facts, scenario.names.processes.size())),
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

  void Emit(Event event) { history_.events.push_back(std::move(event)); }

  void StartProcesses() {
    std::vector<bool> forked(lines_.size());
    for (const Step& step : scenario_.steps) {
      const auto* fork = std::get_if<Fork>(&step.op);
      if (fork != nullptr) forked[static_cast<size_t>(fork->child.index)] = true;
    }
    for (size_t i = 0; i < forked.size(); ++i) {
      if (forked[i]) continue;
      const auto process = static_cast<int>(i);
      At(process).life = Life::kAlive;
      At(process).pid = kFirstPid + process;
      Emit({.kind = Event::Kind::kStart,
            .process = process,
            .outcome = Outcome::Returned(At(process).pid)});
    }
  }

  void Call(int step) {
    const int process = StepOf(step).process;
    const Life life = At(process).life;
    if (life != Life::kAlive || At(process).pending) {
      const char* why = life == Life::kUnborn  ? "has not been forked"
                        : life == Life::kAlive ? "is still in its call"
                                               : "has ended";
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
    const bool slept = At(process).pending.has_value();
    if (slept && bug_.Oversleeps(op)) return false;
    const State before = state_;
    bug_.Prepare(state_, process, op);
    Turn turn(state_, process, SeenOf(op), Range::Exactly(now_), slept);
    std::visit([&](const auto& call) { call.Model(turn); }, bug_.Disguise(state_, op));
    auto& branches = turn.branches();
    std::optional<Outcome> outcome;
    State after = turn.s;
    if (!branches.empty()) {
      Branch& taken = bug_.Is(PlantedBug::kBigSegmentRefused) ? branches.front() : branches.back();
      outcome = taken.expected.Example();
      after = std::move(taken.next);
    }
    bug_.Corrupt({before, after, process, outcome}, op);
    state_ = std::move(after);
    if (outcome) Finish(process, op, std::move(*outcome));
    return outcome || (slept && branches.empty() && turn.progressed());
  }

  void Finish(int process, const Op& op, Outcome outcome) {
    ProcessState& me = At(process);
    me.pending.reset();
    if (outcome.kind == Outcome::Kind::kFailed && OpAssigns(op) >= 0) {
      state_.values.erase(OpAssigns(op));
      me.addresses.erase(OpAssigns(op));
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
      if (!At(process).pending || asleep_[i] == LineOf(process)) continue;
      asleep_[i] = LineOf(process);
      Emit({.kind = Event::Kind::kAsleep, .step = LineOf(process), .process = process});
    }
  }

  bool LetOneGoOn() {
    std::vector<std::tuple<bool, int64_t, int>> order;
    for (size_t i = 0; i < state_.processes.size(); ++i) {
      const ProcessState& one = state_.processes[i];
      if (one.dying == 0 && !one.pending) continue;
      const bool receives = one.pending && std::holds_alternative<Msgrcv>(*one.pending);
      const bool semop = one.pending && std::holds_alternative<Semop>(*one.pending);
      const bool ordered = one.dying == 0 && (receives || semop);
      const bool newest_first = receives ? bug_.Is(PlantedBug::kNewestReceiverFirst)
                                : semop  ? bug_.Is(PlantedBug::kNewestSemopFirst)
                                         : bug_.Is(PlantedBug::kOtherSenderFirst);
      order.emplace_back(ordered, newest_first ? -one.since : one.since, static_cast<int>(i));
    }
    std::sort(order.begin(), order.end());
    return std::any_of(order.begin(), order.end(), [&](const auto& one) {
      const int process = std::get<int>(one);
      if (At(process).dying != 0) return Die(process);
      const Op op = *At(process).pending;
      return Try(process, op);
    });
  }

  bool Die(int process) {
    const State before = state_;
    const Op killed = Kill{};
    std::optional<Outcome> end = Outcome{Outcome::Kind::kKilled, At(process).dying};
    bug_.Prepare(state_, process, killed);
    EndProcess(state_, process, *end, Range::Exactly(now_));
    bug_.Corrupt({before, state_, process, end}, killed);
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
      At(process).dying = abi::kSigkill;
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
