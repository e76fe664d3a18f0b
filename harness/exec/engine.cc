// SPDX-License-Identifier: Apache-2.0
#include "exec/engine.h"

#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstring>
#include <ctime>

#include "base/clock.h"
#include "exec/cleanup.h"
#include "exec/requirements.h"
#include "exec/views.h"
#include "exec/worker.h"

namespace ipcrig {
namespace {

constexpr int kMostRunsHere = 1000;  // scenarios in one IPC namespace
constexpr unsigned kProcEvery = 4;   // `ipcs` lines where processes are kept, one shows /proc
constexpr size_t kManyRows = 24;     // objects with which each does: they fill a page of text

volatile sig_atomic_t asked_to_stop = 0;

}  // namespace

Engine::Engine(RunOptions options, Isolation isolation, Sink sink)
    : options_(std::move(options)), isolation_(isolation), sink_(std::move(sink)) {
  (void)signal(SIGTERM, [](int) { asked_to_stop = 1; });
  processors_ = PermittedProcessors(options_.processor);
  PinTo(0, processors_.front());
  facts_ = CollectFacts(isolation_);
  if (isolation_ == Isolation::kShared) {
    baseline_ = Existing();
  }
  auto board = CreateBoard();
  if (!board.ok()) {
    problem_ = board.error();
    return;
  }
  board_ = *board;
  // An emulator needs a helper thread of its own to run, now and then.
  const bool realtime = options_.realtime && SyscallNumbersAreOurs();
  board_->realtime = realtime && EnterRealtime() ? 1 : 0;
  board_->huge_page_size = facts_.huge_page_size;
  board_->pids_are_reused = isolation_ == Isolation::kShared ? 1 : 0;
  strncpy(board_->programs, options_.programs.c_str(), kMaxPath - 1);
  if (options_.kcov != nullptr) options_.kcov->Map();
  for (int i = 0; i < kMaxProcesses; ++i) {
    board_->kcov[i] = options_.kcov == nullptr ? -1 : options_.kcov->fd(i);
  }
}

void Engine::Run(const Scenario& scenario, Ending ending) {
  scenario_ = &scenario;
  ending_ = ending;
  deadline_us_ = MonotonicUs() + options_.timeout_ms * 1000;
  stopped_ = false;
  created_.clear();
  snapshots_ = 0;
  if (Prepare()) {
    for (size_t step = 0; step < scenario.steps.size() && !stopped_; ++step) {
      step = RunStep(step);
    }
    Close();
  }
  if (options_.kcov != nullptr) options_.kcov->Collect();
  Emit({.kind = Event::Kind::kDone});
}

bool Engine::Prepare() {
  std::string missing = MissingFor(scenario(), facts_, isolation_);
  if (missing.empty()) missing = TooLongToRace(scenario());
  if (!missing.empty()) {
    Emit({.kind = Event::Kind::kSkip, .text = std::move(missing)});
    return false;
  }
  if (board_ == nullptr) {
    Emit({.kind = Event::Kind::kBroken, .text = problem_.Text()});
    return false;
  }
  if (spoilt_ || runs_here_++ >= kMostRunsHere) Renew();
  if (spoilt_) {
    Emit({.kind = Event::Kind::kBroken, .text = "no other IPC namespace can be had"});
    return false;
  }
  runners_ = std::vector<Runner>(scenario().names.processes.size());
  for (int32_t& id : board_->ids) id = -1;
  board_->huge = 0;
  const std::vector<bool> made = MadeByLines(scenario());
  limits_ = SavedLimits::Of(scenario());
  for (size_t i = 0; i < runners_.size(); ++i) PrepareLane(static_cast<int>(i), made[i]);
  for (const Step& step : scenario().steps) {
    if (std::holds_alternative<ExecProgram>(step.op) && lane(step.process).output < 0) {
      lane(step.process).output = memfd_create("ipcrig-output", MFD_CLOEXEC);
    }
  }
  for (size_t i = 0; i < runners_.size(); ++i) {
    if (!made[i] && !StartProcess(static_cast<int>(i))) return false;
  }
  return true;
}

// A lane as it is before anything has happened in it. One that was kept has its worker in it.
void Engine::PrepareLane(int process, bool forked) {
  Lane& mine = lane(process);
  const auto index = static_cast<size_t>(process);
  if (index < crew_.size() && crew_[index].life == Life::kIdle) {
    if (!forked) {
      runner(process) = std::exchange(crew_[index], Runner{});
      return;
    }
    Dismiss(process);
  }
  board_->pids[process] = 0;
  mine.command = mine.reply = mine.ready = 0;
  mine.syscall = -1;
  mine.reaped = mine.end_status = mine.proc_pid = 0;
  mine.tid = 0;
  mine.leader = process;
  mine.nested = mine.init = mine.children_nested = 0;
  mine.task = Task::kCall;
  mine.output = -1;
  mine.handled = mine.ignored = 0;
  mine.range_count = 0;
  std::fill(std::begin(mine.addresses), std::end(mine.addresses), 0);
  for (auto& ends : mine.pipes) ends[0] = ends[1] = -1;
}

bool Engine::StartProcess(int process) {
  if (runner(process).life == Life::kUnborn && !ForkProcess(process)) return false;
  Emit({.kind = Event::Kind::kStart,
        .process = process,
        .outcome = Outcome::Returned(board_->pids[process])});
  return true;
}

bool Engine::ForkProcess(int process) {
  const pid_t pid = _Fork();
  if (pid < 0) {
    Emit({.kind = Event::Kind::kBroken, .text = Error{"fork", errno}.Text()});
    stopped_ = true;
    return false;
  }
  if (pid == 0) {
    // Without a PID namespace nothing else ends a worker whose engine was killed.
    if (isolation_ == Isolation::kShared) prctl(PR_SET_PDEATHSIG, SIGKILL);
    Worker(*board_, process).RunFirst();
  }
  board_->pids[process] = pid;
  Adopt(process);
  Settle(EarliestSecond());
  return true;
}

void Engine::Adopt(int process) {
  Runner& self = runner(process);
  self.life = Life::kStarting;
  if (lane(process).leader != process) return;
  self.pidfd.Reset(static_cast<int>(syscall(SYS_pidfd_open, board_->pids[process], 0)));
}

size_t Engine::RunStep(size_t step) {
  switch (scenario().steps[step].kind) {
    case Step::Kind::kCall:
      RunCall(static_cast<int>(step));
      break;
    case Step::Kind::kIpcs:
      EmitSnapshot(static_cast<int>(step), "", LookWithPrograms());
      break;
    case Step::Kind::kRace:
      return RunRace(step);
    case Step::Kind::kEndRace:
    case Step::Kind::kReturns:
      break;  // what it says was observed in an earlier step, or was not
  }
  return step;
}

// Whether the process of the line can make a call now; if not, that is noted.
bool Engine::CanRun(int step) {
  const int process = scenario().steps[static_cast<size_t>(step)].process;
  const Runner& self = runner(process);
  if (self.life == Life::kIdle && !self.stopped) return true;
  const char* why = self.life == Life::kUnborn ? "has not been forked"
                    : self.life == Life::kGone ? "has ended"
                    : self.stopped             ? "is stopped"
                                               : "is still in its call";
  Emit({.kind = Event::Kind::kNotRun, .step = step, .process = process, .text = why});
  return false;
}

void Engine::RunCall(int step) {
  if (!CanRun(step)) return;
  const Step& line = scenario().steps[static_cast<size_t>(step)];
  Runner& self = runner(line.process);
  const int64_t from = EarliestSecond();
  Emit({.kind = Event::Kind::kCall, .step = step, .process = line.process, .from = from});
  Lane& mine = lane(line.process);
  mine.op = line.op;
  self.life = Life::kCalling;
  self.step = step;
  self.seen_asleep = self.seen_stopped = false;
  NoteMarks(self, line.op);
  BeforeCall(line.process, line.op);
  mine.command.fetch_add(1, std::memory_order_release);
  FutexWake(mine.command);
  Settle(from);
}

void Engine::ReportBusy() {
  stopped_ = true;
  for (size_t i = 0; i < runners_.size(); ++i) {
    const auto process = static_cast<int>(i);
    const Runner& self = runner(process);
    if (!self.quiet) {
      const ProcLook look = self.watch.Look();
      Emit({.kind = Event::Kind::kBusy,
            .step = self.step,
            .process = process,
            .text = Describe(look)});
    }
  }
}

bool Engine::TimeIsUp() const { return asked_to_stop != 0 || MonotonicUs() > deadline_us_; }

// What exists. In the caller's namespace nothing may be overlooked, though one view hides it.
std::vector<std::pair<ObjectKind, int>> Engine::Existing() const {
  std::vector<std::pair<ObjectKind, int>> objects;
  std::vector<View> views = {StatView()};
  if (isolation_ == Isolation::kShared) views.push_back(ProcView());
  for (const View& view : views) {
    for (const ObjectRow& row : view.rows) objects.emplace_back(row.kind, row.id);
  }
  std::sort(objects.begin(), objects.end());
  objects.erase(std::unique(objects.begin(), objects.end()), objects.end());
  return objects;
}

void Engine::RemoveObjects() {
  for (const auto& object : Existing()) {
    const auto [kind, id] = object;
    const auto holds = [&](const auto& list) {
      return std::find(list.begin(), list.end(), object) != list.end();
    };
    const bool ours = isolation_ != Isolation::kShared || (holds(created_) && !holds(baseline_));
    if (!ours) continue;
    Event event{.kind = Event::Kind::kRemove};
    event.text = std::string(ObjectKindName(kind)) + " " + std::to_string(id);
    event.outcome = RemoveObject(kind, id);
    Emit(event);
  }
}

void Engine::FindSurvivors() {
  for (const std::string& survivor : EndOtherChildren(isolation_ != Isolation::kShared)) {
    Emit({.kind = Event::Kind::kSurvivor, .text = survivor});
  }
}

void Engine::Emit(const Event& event) {
  if (!sink_(event)) stopped_ = true;
}

// Each `ipcs` line has another turn.
std::vector<View> Engine::LookWithPrograms() {
  const auto turn = static_cast<int>(scenario().steps.size()) + snapshots_++;
  if (!options_.ipcs_program) return {};
  return ProgramViews(options_.all_views ? -1 : turn);
}

// Where no line has asked the programs, one short look, if there is anything to see.
std::vector<View> Engine::LookAtTheEnd() {
  if (!options_.ipcs_program || snapshots_ > 0 || StatView().rows.empty()) return {};
  if (options_.all_views) return ProgramViews(-1);
  return {IpcsView({""})};
}

void Engine::EmitSnapshot(int step, const char* phase, const std::vector<View>& more) {
  Event event{.kind = Event::Kind::kSnapshot, .step = step, .text = phase};
  event.snapshot = {StatView()};
  const bool many = event.snapshot.front().rows.size() > kManyRows;
  const bool sampled = step >= 0 && (looks_++ % kProcEvery == 0 || many);
  if (sampled || ending_ == Ending::kAll) event.snapshot.push_back(ProcView());
  event.snapshot.insert(event.snapshot.end(), more.begin(), more.end());
  for (View& view : event.snapshot) {
    if (isolation_ != Isolation::kShared) break;
    std::erase_if(view.rows, [&](const ObjectRow& row) {
      return std::find(baseline_.begin(), baseline_.end(), std::pair(row.kind, row.id)) !=
             baseline_.end();
    });
  }
  Emit(event);
}

}  // namespace ipcrig
