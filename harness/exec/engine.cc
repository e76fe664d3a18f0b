// SPDX-License-Identifier: Apache-2.0
#include "exec/engine.h"

#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstring>
#include <ctime>

#include "exec/cleanup.h"
#include "exec/requirements.h"
#include "exec/views.h"
#include "exec/worker.h"

namespace ipcrig {
namespace {

constexpr int64_t kDyingUs = 1000000;  // how long killed processes may take to be gone
// The kernel takes its seconds from a clock that is up to a tick behind.
constexpr int64_t kClockLagNs = 100'000'000;

volatile sig_atomic_t asked_to_stop = 0;

int64_t MonotonicUs() {
  timespec now = {};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return int64_t{now.tv_sec} * 1000000 + now.tv_nsec / 1000;
}

// The earliest second that the kernel may note for something that happens from now on.
int64_t EarliestSecond() {
  timespec now = {};
  clock_gettime(CLOCK_REALTIME, &now);
  return now.tv_nsec < kClockLagNs ? now.tv_sec - 1 : now.tv_sec;
}

}  // namespace

Engine::Engine(const Scenario& scenario, const RunOptions& options, Isolation isolation, int output)
    : scenario_(scenario),
      options_(options),
      isolation_(isolation),
      output_(output),
      runners_(scenario.names.processes.size()) {}

void Engine::Run() {
  deadline_us_ = MonotonicUs() + options_.timeout_ms * 1000;
  if (Prepare()) {
    for (size_t step = 0; step < scenario_.steps.size() && !stopped_; ++step) {
      RunStep(static_cast<int>(step));
    }
    Close();
  }
  Emit({.kind = Event::Kind::kDone});
}

bool Engine::Prepare() {
  (void)signal(SIGTERM, [](int) { asked_to_stop = 1; });
  PinToProcessor(options_.processor);
  facts_ = CollectFacts(isolation_);
  const std::string head = HistoryHeader() + PrintFacts(facts_);
  (void)!write(output_, head.data(), head.size());
  for (const ObjectRow& row : StatView().rows) baseline_.emplace_back(row.kind, row.id);
  if (std::string missing = MissingFor(scenario_, facts_, isolation_); !missing.empty()) {
    Emit({.kind = Event::Kind::kSkip, .text = std::move(missing)});
    return false;
  }
  auto board = CreateBoard(scenario_.names.processes.size());
  if (!board.ok()) {
    Emit({.kind = Event::Kind::kBroken, .text = board.error().Text()});
    return false;
  }
  board_ = *board;
  board_->realtime = options_.realtime && EnterRealtime() ? 1 : 0;
  board_->pids_are_reused = isolation_ == Isolation::kShared ? 1 : 0;
  strncpy(board_->programs, options_.programs.c_str(), kMaxPath - 1);
  std::vector<bool> forked(runners_.size());
  for (const Step& step : scenario_.steps) {
    if (const int child = ChildOf(step.op); child >= 0) forked[static_cast<size_t>(child)] = true;
    if (std::holds_alternative<ExecProgram>(step.op) && lane(step.process).output < 0) {
      lane(step.process).output = memfd_create("ipcrig-output", MFD_CLOEXEC);
    }
  }
  for (size_t i = 0; i < runners_.size(); ++i) {
    if (!forked[i] && !StartProcess(static_cast<int>(i), -1)) return false;
  }
  return true;
}

bool Engine::StartProcess(int process, int step) {
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
  Emit({.kind = Event::Kind::kStart,
        .step = step,
        .process = process,
        .outcome = Outcome::Returned(pid)});
  return true;
}

void Engine::Adopt(int process) {
  Runner& self = runner(process);
  self.life = Life::kStarting;
  if (lane(process).leader != process) return;
  self.pidfd.Reset(static_cast<int>(syscall(SYS_pidfd_open, board_->pids[process], 0)));
}

void Engine::RunStep(int step) {
  switch (scenario_.steps[static_cast<size_t>(step)].kind) {
    case Step::Kind::kCall:
      return RunCall(step);
    case Step::Kind::kIpcs:
      return EmitSnapshot(step, "", LookWithPrograms());
    case Step::Kind::kReturns:
      return;  // what it says was observed in an earlier step, or was not
  }
}

void Engine::RunCall(int step) {
  const Step& line = scenario_.steps[static_cast<size_t>(step)];
  Runner& self = runner(line.process);
  if (self.life != Life::kIdle || self.stopped) {
    const char* why = self.life == Life::kUnborn ? "has not been forked"
                      : self.life == Life::kGone ? "has ended"
                      : self.stopped             ? "is stopped"
                                                 : "is still in its call";
    Emit({.kind = Event::Kind::kNotRun, .step = step, .process = line.process, .text = why});
    return;
  }
  const int64_t from = EarliestSecond();
  Emit({.kind = Event::Kind::kCall, .step = step, .process = line.process, .from = from});
  Lane& mine = lane(line.process);
  mine.op = line.op;
  self.life = Life::kCalling;
  self.step = step;
  self.seen_asleep = self.seen_stopped = false;
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

void Engine::EndProcess(int process) {
  const int pidfd = runner(lane(process).leader).pidfd.get();
  syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, nullptr, 0);
  ForProcess(process, [](Runner& thread) { thread.must_end = true; });
}

// The end of a run: everybody dies, everything is removed, and both are looked at. Processes die
// one after the other, so that what each leaves behind can be judged; in a hurry all at once.
void Engine::Close() {
  if (!stopped_) EmitSnapshot(-1, "end", LookAtTheEnd());
  deadline_us_ = std::max(deadline_us_, MonotonicUs() + kDyingUs);
  const auto alive = [&](int process) {
    return runner(process).life != Life::kUnborn && runner(process).life != Life::kGone;
  };
  for (size_t i = 0; i < runners_.size(); ++i) {
    const auto process = static_cast<int>(i);
    if (!alive(process)) continue;
    const int64_t from = EarliestSecond();
    Emit({.kind = Event::Kind::kClose, .process = process, .from = from});
    EndProcess(process);
    if (!stopped_) Settle(from);
  }
  Settle(EarliestSecond());
  FindSurvivors();
  if (!stopped_) EmitSnapshot(-1, "after exit");
  RemoveObjects();
  if (!stopped_) EmitSnapshot(-1, "after removal");
}

void Engine::RemoveObjects() {
  for (const ObjectRow& row : StatView().rows) {
    const std::pair<ObjectKind, int> object{row.kind, row.id};
    const auto holds = [&](const auto& list) {
      return std::find(list.begin(), list.end(), object) != list.end();
    };
    const bool ours = isolation_ != Isolation::kShared || (holds(created_) && !holds(baseline_));
    if (!ours) continue;
    Event event{.kind = Event::Kind::kRemove};
    event.text = std::string(ObjectKindName(row.kind)) + " " + std::to_string(row.id);
    event.outcome = RemoveObject(row.kind, row.id);
    Emit(event);
  }
}

void Engine::FindSurvivors() {
  for (const std::string& survivor : EndOtherChildren(isolation_ != Isolation::kShared)) {
    Emit({.kind = Event::Kind::kSurvivor, .text = survivor});
  }
}

void Engine::Emit(const Event& event) {
  const std::string text = PrintEvent(event);
  for (size_t done = 0; done < text.size();) {
    const ssize_t written = write(output_, text.data() + done, text.size() - done);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) {
      // Nobody reads any more. A private namespace goes with its init; elsewhere we clean up.
      if (isolation_ != Isolation::kShared) _exit(0);
      stopped_ = true;
      return;
    }
    done += static_cast<size_t>(std::max<ssize_t>(written, 0));
  }
}

// Each `ipcs` line has another turn.
std::vector<View> Engine::LookWithPrograms() {
  const auto turn = static_cast<int>(scenario_.steps.size()) + snapshots_++;
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
  event.snapshot = {StatView(), ProcView()};
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
