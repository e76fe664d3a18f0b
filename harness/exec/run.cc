// SPDX-License-Identifier: Apache-2.0
#include "exec/run.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <filesystem>
#include <utility>

#include "base/clock.h"
#include "base/io.h"
#include "base/require.h"
#include "exec/accounts.h"
#include "exec/race_plan.h"
#include "exec/requirements.h"
namespace ipcrig {
namespace {

constexpr int64_t kGraceMs = 3000;  // beyond the engine's own time, before it is killed

int64_t NowMs() { return MonotonicUs() / 1000; }

// The child's life: it never returns.
[[noreturn]] void RunEngine(const Scenario& scenario, const RunOptions& options,
                            Isolation isolation, uid_t uid, gid_t gid, int output) {
  const auto ready = SetUpSandbox(isolation, uid, gid, output);
  if (!ready.ok()) {
    const std::string text =
        HistoryHeader() + PrintFacts({}) +
        PrintEvent({.kind = Event::Kind::kSkip, .text = ready.error().Text()}) +
        PrintEvent({.kind = Event::Kind::kDone});
    (void)!write(output, text.data(), text.size());
    _exit(0);
  }
  const auto put = [&](const std::string& text) {
    const bool read = WriteAll(output, text);
    // Nobody reads any more. A private namespace goes with its init; elsewhere we clean up.
    if (!read && isolation != Isolation::kShared) _exit(0);
    return read;
  };
  Engine engine(options, isolation, [&](const Event& event) { return put(PrintEvent(event)); });
  const std::string head = HistoryHeader() + PrintFacts(engine.facts());
  const uint32_t times = TimesOf(scenario);
  for (uint32_t n = 0; n < times && put(head); ++n) {
    engine.Run(WithSeeds(scenario, n), n + 1 < times ? Ending::kKeep : Ending::kAll);
  }
  _exit(0);
}

}  // namespace

Result<Run> Run::Start(const Scenario& scenario, const RunOptions& options) {
  if (options.ipcs_program) (void)KnownAccounts();
  int ends[2];
  if (ExecutesAnything(scenario)) (void)CanExecuteItself();
  if (pipe2(ends, O_CLOEXEC) != 0) return Error{"pipe", errno};
  UniqueFd from(ends[0]);
  UniqueFd to(ends[1]);
  const uid_t uid = geteuid();
  const gid_t gid = getegid();
  const auto child = ForkIntoSandbox({options.shared_namespace});
  if (!child.ok()) return child.error();
  if (child->pid == 0) {
    from.Reset();
    RunEngine(scenario, options, child->isolation, uid, gid, to.get());
  }
  Run run;
  run.pid_ = child->pid;
  run.from_engine_ = std::move(from);
  run.shared_ = options.shared_namespace;
  run.allowed_ms_ = options.timeout_ms + kGraceMs;
  run.deadline_ms_ = NowMs() + run.allowed_ms_;
  return run;
}

Run::Run(Run&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      from_engine_(std::move(other.from_engine_)),
      shared_(other.shared_),
      allowed_ms_(other.allowed_ms_),
      deadline_ms_(other.deadline_ms_),
      text_(std::move(other.text_)),
      looked_(other.looked_),
      number_(other.number_),
      finished_(other.finished_) {}

Run& Run::operator=(Run&& other) noexcept {
  if (this != &other) {
    Kill();
    pid_ = std::exchange(other.pid_, -1);
    from_engine_ = std::move(other.from_engine_);
    shared_ = other.shared_;
    allowed_ms_ = other.allowed_ms_;
    deadline_ms_ = other.deadline_ms_;
    text_ = std::move(other.text_);
    looked_ = other.looked_;
    number_ = other.number_;
    finished_ = other.finished_;
  }
  return *this;
}

Run::~Run() { Kill(); }

void Run::Kill() {
  if (pid_ <= 0) return;
  // In the caller's namespace nobody but the engine can clean up: it is asked to, first.
  if (shared_) {
    kill(pid_, SIGTERM);
    pollfd engine_gone = {fd(), 0, 0};
    for (int i = 0; i < kGraceMs / 10 && (engine_gone.revents & POLLHUP) == 0; ++i) {
      poll(&engine_gone, 1, 10);
    }
  }
  kill(pid_, SIGKILL);
  while (waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
}

int64_t Run::TimeLeftMs() const { return std::max<int64_t>(deadline_ms_ - NowMs(), 0); }

void Run::Advance() {
  const size_t before = text_.size();
  if (!finished_) finished_ = !ReadAvailable(fd(), text_);
  // An engine that tells something keeps its own time.
  if (text_.size() != before) deadline_ms_ = NowMs() + allowed_ms_;
  if (TimeLeftMs() == 0) finished_ = true;
  if (finished_) Kill();
}

void Run::Wait() {
  while (!finished_) {
    pollfd readable = {fd(), POLLIN, 0};
    poll(&readable, 1, static_cast<int>(std::min<int64_t>(TimeLeftMs(), 1000)));
    Advance();
  }
}

std::optional<Result<History>> Run::Next() {
  constexpr std::string_view kDone = "\ndone ";
  size_t end = text_.find(kDone, looked_);
  if (end != std::string::npos) end = text_.find('\n', end + 1);
  if (end == std::string::npos) {
    looked_ = text_.size() - std::min(text_.size(), kDone.size());
    if (!finished_ || (text_.empty() && number_ > 0)) return std::nullopt;
    end = text_.size() - 1;
  }
  auto history = ParseHistory(std::string_view(text_).substr(0, end + 1));
  text_.erase(0, end + 1);
  looked_ = 0;
  ++number_;
  return history;
}

Result<History> Run::Take() {
  IPC_REQUIRE(finished_, "the history of a run that has not finished");
  auto last = Next();
  while (auto history = Next()) last = std::move(history);
  return *last;
}

Result<History> RunScenario(const Scenario& scenario, const RunOptions& options) {
  auto run = Run::Start(scenario, options);
  if (!run.ok()) return run.error();
  run->Wait();
  return run->Take();
}

std::string DefaultPrograms() {
  std::error_code error;
  const auto executable = std::filesystem::read_symlink("/proc/self/exe", error);
  const auto here = executable.parent_path();
  for (const char* place : {"scenarios/programs", "../libexec/ipcrig/programs"}) {
    const auto directory = here / place;
    if (std::filesystem::is_directory(directory, error)) return directory.lexically_normal();
  }
  return (here / "scenarios/programs").lexically_normal();
}

}  // namespace ipcrig
