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
#include "exec/views.h"
#include "exec/worker.h"

namespace ipcrig {
namespace {

constexpr int64_t kLookAgainUs = 200;
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

int64_t LatestSecond() { return time(nullptr); }

bool PidfdReadable(int fd) {
  pollfd watched = {fd, POLLIN, 0};
  return poll(&watched, 1, 0) > 0;
}

// The process that this operation makes end for certain, or -1.
int VictimOf(const Op& op) {
  const auto* kill = std::get_if<Kill>(&op);
  return kill == nullptr ? -1 : kill->target.index;
}

std::optional<ObjectKind> CreatesWhat(const Op& op) {
  if (std::holds_alternative<Shmget>(op)) return ObjectKind::kShm;
  if (std::holds_alternative<Msgget>(op)) return ObjectKind::kMsg;
  if (std::holds_alternative<Semget>(op)) return ObjectKind::kSem;
  return std::nullopt;
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
  const std::string head = HistoryHeader() + PrintFacts(CollectFacts(isolation_));
  (void)!write(output_, head.data(), head.size());
  for (const ObjectRow& row : StatView().rows) baseline_.emplace_back(row.kind, row.id);
  if (isolation_ == Isolation::kShared && RefusesInSharedNamespace()) return false;
  auto board = CreateBoard();
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
    if (const auto* fork = std::get_if<Fork>(&step.op)) {
      forked[static_cast<size_t>(fork->child.index)] = true;
    }
    if (std::holds_alternative<ExecProgram>(step.op) && lane(step.process).output < 0) {
      lane(step.process).output = memfd_create("ipcrig-output", MFD_CLOEXEC);
    }
  }
  for (size_t i = 0; i < runners_.size(); ++i) {
    if (!forked[i] && !StartProcess(static_cast<int>(i), -1)) return false;
  }
  return true;
}

bool Engine::RefusesInSharedNamespace() {
  const auto refuse = [&](std::string why) {
    Emit({.kind = Event::Kind::kSkip, .text = std::move(why)});
    return true;
  };
  for (const Step& step : scenario_.steps) {
    if (std::holds_alternative<ExecProgram>(step.op)) {
      return refuse("programs run in a private IPC namespace only");
    }
    if (const auto id = LiteralId(step.op); id && *id >= 0) {
      return refuse("an id that no call returned may be somebody else's object here");
    }
    const auto key = LiteralKey(step.op);
    if (key && KeyExists(CreatesWhat(step.op), *key)) {
      return refuse("the key " + std::to_string(*key) + " is in use in this namespace");
    }
  }
  return false;
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
    Worker(*board_, process).Run();
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
  self.pidfd.Reset(static_cast<int>(syscall(SYS_pidfd_open, board_->pids[process], 0)));
}

void Engine::RunStep(int step) {
  switch (scenario_.steps[static_cast<size_t>(step)].kind) {
    case Step::Kind::kCall:
      return RunCall(step);
    case Step::Kind::kIpcs:
      return EmitSnapshot(step, "", options_.ipcs_program);
    case Step::Kind::kReturns:
      return;  // what it says was observed in an earlier step, or was not
  }
}

void Engine::RunCall(int step) {
  const Step& line = scenario_.steps[static_cast<size_t>(step)];
  Runner& self = runner(line.process);
  if (self.life != Life::kIdle) {
    const char* why = self.life == Life::kUnborn    ? "has not been forked"
                      : self.life == Life::kCalling ? "is still in its call"
                                                    : "has ended";
    Emit({.kind = Event::Kind::kNotRun, .step = step, .process = line.process, .text = why});
    return;
  }
  const int64_t from = EarliestSecond();
  Emit({.kind = Event::Kind::kCall, .step = step, .process = line.process, .from = from});
  Lane& mine = lane(line.process);
  mine.op = line.op;
  self.life = Life::kCalling;
  self.step = step;
  self.seen_asleep = false;
  self.must_end = std::holds_alternative<Exit>(line.op);
  mine.command.fetch_add(1, std::memory_order_release);
  FutexWake(mine.command);
  Settle(from);
}

// Waits until nobody runs: a whole round in which nothing new was seen.
void Engine::Settle(int64_t from) {
  for (;;) {
    const uint32_t answers = board_->answers.load(std::memory_order_acquire);
    bool changed = false;
    bool quiet = true;
    for (size_t i = 0; i < runners_.size(); ++i) {
      const auto process = static_cast<int>(i);
      const Life before = runner(process).life;
      quiet = Observe(process, from) && quiet;
      changed = changed || runner(process).life != before;
    }
    if (quiet && !changed) return;
    if (changed) continue;
    if (TimeIsUp()) return ReportBusy();
    FutexWait(board_->answers, answers, kLookAgainUs);
  }
}

// Notes what became of a process; false while it may still be running.
bool Engine::Observe(int process, int64_t from) {
  Runner& self = runner(process);
  if (self.life == Life::kUnborn || self.life == Life::kGone) return true;
  if (CollectEnd(process, from)) return true;
  Lane& mine = lane(process);
  switch (self.life) {
    case Life::kStarting:
      if (mine.ready.load(std::memory_order_acquire) == 0) return false;
      self.watch = ProcWatch(mine.proc_pid);
      self.life = Life::kIdle;
      return true;
    case Life::kIdle:
      return !self.must_end;
    case Life::kCalling: {
      if (mine.reply.load(std::memory_order_acquire) == mine.command.load()) {
        CollectReply(process, from);
        return !self.must_end;
      }
      if (self.must_end) return false;
      const ProcLook look = self.watch.Look();
      const int call = mine.syscall.load(std::memory_order_acquire);
      const bool in_call = look.syscall == call || !self.watch.SeesSyscalls();
      if (look.state != 'S' || call < 0 || !in_call) return false;
      if (!self.seen_asleep) {
        self.seen_asleep = true;
        Emit({.kind = Event::Kind::kAsleep,
              .step = self.step,
              .process = process,
              .outcome = Outcome::Returned(call)});
      }
      return true;
    }
    default:
      return true;
  }
}

bool Engine::CollectEnd(int process, int64_t from) {
  Runner& self = runner(process);
  if (!PidfdReadable(self.pidfd.get())) return false;
  Lane& mine = lane(process);
  std::optional<int> status = self.watch.Look().exit_status;
  if (mine.reaped.load(std::memory_order_acquire) != 0) status = mine.end_status;
  // Gone without a trace only for the moment until the process that waited for it says so.
  if (!status && !TimeIsUp()) return false;
  Event event{.kind = Event::Kind::kEnded,
              .step = self.step,
              .process = process,
              .from = from,
              .to = LatestSecond()};
  event.outcome = EndFromStatus(status.value_or(0));
  const bool program =
      self.step >= 0 && self.life == Life::kCalling && std::holds_alternative<ExecProgram>(mine.op);
  if (program) event.outcome.bytes = ReadOutput(mine.output);
  self.life = Life::kGone;
  Emit(event);
  return true;
}

void Engine::CollectReply(int process, int64_t from) {
  Runner& self = runner(process);
  const Lane& mine = lane(process);
  Event event{.kind = Event::Kind::kReturn,
              .step = self.step,
              .process = process,
              .from = from,
              .to = LatestSecond()};
  event.outcome = {mine.kind,
                   mine.value,
                   {mine.numbers, mine.numbers + mine.number_count},
                   std::string(mine.bytes, mine.byte_count)};
  self.life = Life::kIdle;
  AfterReply(process, event.outcome);
  Emit(event);
}

// What the engine itself has to know of a call that returned.
void Engine::AfterReply(int process, const Outcome& outcome) {
  if (outcome.kind != Outcome::Kind::kReturned) return;
  const Op& op = lane(process).op;
  if (const auto* fork = std::get_if<Fork>(&op)) Adopt(fork->child.index);
  if (const auto kind = CreatesWhat(op)) created_.emplace_back(*kind, outcome.value);
  if (const int victim = VictimOf(op); victim >= 0 && runner(victim).life != Life::kGone) {
    runner(victim).must_end = true;
  }
}

void Engine::ReportBusy() {
  stopped_ = true;
  for (size_t i = 0; i < runners_.size(); ++i) {
    const auto process = static_cast<int>(i);
    const Runner& self = runner(process);
    const bool unfinished = self.life == Life::kStarting || self.life == Life::kCalling;
    if (unfinished || (self.must_end && self.life != Life::kGone)) {
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
  syscall(SYS_pidfd_send_signal, runner(process).pidfd.get(), SIGKILL, nullptr, 0);
  runner(process).must_end = true;
}

// The end of a run: everybody dies, everything is removed, and both are looked at. Processes die
// one after the other, so that what each leaves behind can be judged; in a hurry all at once.
void Engine::Close() {
  if (!stopped_) EmitSnapshot(-1, "end", options_.ipcs_program);
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
  if (!stopped_) EmitSnapshot(-1, "after exit", false);
  RemoveObjects();
  if (!stopped_) EmitSnapshot(-1, "after removal", false);
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

void Engine::EmitSnapshot(int step, const char* phase, bool with_program) {
  Event event{.kind = Event::Kind::kSnapshot, .step = step, .text = phase};
  event.snapshot = {StatView(), ProcView()};
  if (with_program) event.snapshot.push_back(IpcsView());
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
