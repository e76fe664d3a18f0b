// SPDX-License-Identifier: Apache-2.0
#include "trace/supervisor.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <memory>

#include <fmt/format.h>

#include "base/clock.h"
#include "base/io.h"
#include "exec/views.h"
#include "trace/inspect.h"
#include "trace/posix.h"
#include "trace/program.h"
#include "trace/tracer.h"

namespace ipcrig {
namespace {

constexpr int64_t kLookAgainMs = 5;  // while the program's last processes end
constexpr int64_t kGraceMs = 1000;   // from SIGTERM to SIGKILL

// As a shell says it.
int StatusOf(int wait_status) {
  return WIFSIGNALED(wait_status) ? 128 + WTERMSIG(wait_status) : WEXITSTATUS(wait_status);
}

}  // namespace

// What happens between the start of the program and the last line of the report.
class Supervisor {
 public:
  Supervisor(const TraceOptions& options, Surroundings around, int report, int lifeline)
      : options_(options), report_(report), lifeline_(lifeline) {
    record_.user_namespace = around.user_namespace;
    record_.notes = std::move(around.notes);
  }

  void Run() {
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, nullptr);
    signals_.Reset(signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK));
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    prctl(PR_SET_NAME, "ipcrig-watch");
    posix_.Mount(options_.command);
    if (!options_.before.empty()) {
      Start({"/bin/sh", "-c", options_.before}, false);
      while (running_) Step(-1);
      const int status = StatusOf(program_status_);
      if (status != 0) record_.notes.push_back(fmt::format("--before ends with {}", status));
    }
    posix_.Remember();
    start_us_ = MonotonicUs();
    Start(options_.command, true);
    // Signals of the terminal and to the process group are for the program alone.
    setsid();
    record_.pid = program_;
    Tell(fmt::format("pid {}\n", program_));
    RunProgram();
    Settle();
    TakeStock();
    if (!options_.keep) EndSurvivors();
    if (options_.crash && record_.killed_at_point) Recover();
    if (tracer_) tracer_->End();
    record_.posix = posix_.New();
    NoteSetId();
    Tell("record " + PrintRecord(record_) + "\n");
    if (options_.keep) WaitForEver();
    KillAll();
  }

 private:
  int64_t Now() const { return MonotonicUs() - start_us_; }
  void Tell(const std::string& line) const { (void)WriteAll(report_, line); }

  void Start(const std::vector<std::string>& command, bool traced) {
    StartedProgram started = StartProgram(options_, command, traced);
    program_ = started.pid;
    running_ = true;
    if (started.listener.ok()) {
      tracer_ = std::make_unique<Tracer>(std::move(started.listener), options_, start_us_, record_);
    } else if (traced) {
      record_.notes.push_back(
          fmt::format("calls are not traced: no seccomp filter with a listener here ({}); `ipcrig "
                      "doctor` tells more",
                      strerror(started.filter_error)));
    }
    if (traced) record_.exec_error = started.exec_error;
  }

  // Waits for something to happen, at most this long (-1: for ever), and sees to it.
  void Step(int64_t timeout_ms) {
    pollfd fds[] = {{signals_.get(), POLLIN, 0},
                    {lifeline_, 0, 0},
                    {tracer_ && !untraced_ ? tracer_->fd() : -1, POLLIN, 0}};
    if (poll(fds, 3, static_cast<int>(timeout_ms)) <= 0) return;
    if (fds[1].revents != 0) KillAll();
    if ((fds[2].revents & POLLIN) != 0) tracer_->OnNotification();
    if ((fds[2].revents & (POLLHUP | POLLERR)) != 0) untraced_ = true;
    if ((fds[0].revents & POLLIN) != 0) {
      signalfd_siginfo info;
      while (read(signals_.get(), &info, sizeof(info)) > 0) {
      }
      Reap();
    }
  }

  void Reap() {
    constexpr int kEverything = __WALL | WNOHANG | WUNTRACED | WCONTINUED;
    int status = 0;
    pid_t pid = 0;
    while ((pid = waitpid(-1, &status, kEverything)) > 0) {
      if (tracer_ && tracer_->OnWait(pid, status)) continue;
      if (pid != program_) continue;
      if (WIFSTOPPED(status)) {
        Tell(fmt::format("stopped {}\n", WSTOPSIG(status)));
      } else if (WIFCONTINUED(status)) {
        Tell("continued\n");
        kill(getppid(), SIGCONT);  // the tool stopped when the program did
      } else {
        running_ = false;
        program_status_ = status;
        Tell("ended\n");
      }
    }
    alone_ = pid < 0 && errno == ECHILD;
  }

  // When the program has to have ended, in ms; 0: at any time. After a crash the others have only
  // their own time.
  int64_t Deadline() const {
    if (!record_.killed_at_point) return options_.timeout_ms;
    return record_.crashed_us / 1000 + options_.peer_timeout_ms;
  }

  void RunProgram() {
    while (running_) {
      const int64_t deadline = Deadline();
      if (deadline == 0) {
        Step(-1);
        continue;
      }
      const int64_t left = deadline - Now() / 1000;
      if (left <= 0) break;
      Step(left);
    }
    if (running_ && !record_.killed_at_point) {
      record_.timed_out = true;
      record_.ended_us = Now();
      kill(program_, SIGTERM);
      kill(program_, SIGCONT);
      WaitFor(kGraceMs, [this] { return !running_; });
      if (running_) kill(program_, SIGKILL);
      while (running_) Step(-1);
    }
    record_.ended_us = Now();
    if (!running_) record_.wait_status = program_status_;
  }

  template <typename Done>
  void WaitFor(int64_t patience_ms, Done done) {
    const int64_t deadline = MonotonicUs() + patience_ms * 1000;
    while (!done() && MonotonicUs() < deadline) {
      Step(std::min(kLookAgainMs, (deadline - MonotonicUs()) / 1000 + 1));
    }
  }

  void Settle() {
    Reap();
    const int64_t patience_ms =
        record_.killed_at_point ? Deadline() - Now() / 1000 : options_.settle_ms;
    WaitFor(patience_ms, [this] { return alone_; });
    record_.settled_us = Now();
  }

  const TracedObject* Find(const ObjectRow& row) const {
    for (const TracedObject& object : record_.objects) {
      if (object.row.kind == row.kind && object.row.id == row.id) return &object;
    }
    return nullptr;
  }

  void TakeStock() {
    for (const ObjectRow& row : StatView().rows) {
      auto* known = const_cast<TracedObject*>(Find(row));
      if (known == nullptr) {
        record_.objects.emplace_back();
        known = &record_.objects.back();
      }
      known->row = row;
      known->left = true;
      known->content = ContentOf(row);
    }
    if (alone_) return;
    for (const pid_t pid : Descendants()) {
      const int index = tracer_ ? tracer_->ProcessIndex(pid) : AddProcess(pid);
      record_.survivors.push_back({index, WhatItDoes(pid), 0});
    }
  }

  int AddProcess(pid_t pid) {
    auto look = LookAtProcess(pid);
    record_.processes.push_back(look ? *look : TracedProcess{pid, 0, "?", "", false});
    return static_cast<int>(record_.processes.size()) - 1;
  }

  // A daemon that cleans up when it is told to end has left nothing; what goes away only with
  // SIGKILL might have been in use.
  void EndSurvivors() {
    if (record_.survivors.empty()) return;
    for (const pid_t pid : Descendants()) {
      kill(pid, SIGTERM);
      kill(pid, SIGCONT);
    }
    WaitFor(kGraceMs, [this] { return alone_; });
    const bool forced = !alone_;
    while (!alone_) {
      for (const pid_t pid : Descendants()) kill(pid, SIGKILL);
      Step(kLookAgainMs);
      Reap();
    }
    for (TracedObject& object : record_.objects) {
      if (!object.left) continue;
      object.held = forced || !LookAtObject(object.row.kind, object.row.id);
    }
    for (Survivor& survivor : record_.survivors) survivor.signal = forced ? SIGKILL : SIGTERM;
  }

  // Without privilege the program has no user but its own.
  void NoteSetId() {
    for (const TracedProcess& process : record_.processes) {
      if (!record_.user_namespace || !process.set_id) continue;
      record_.notes.push_back(
          fmt::format("{} is set-user-ID or set-group-ID, which has no effect here; as root it has",
                      process.executable));
    }
  }

  // Runs the command that has to cope with what the crash left, and looks what exists then.
  void Recover() {
    const auto command = options_.recover.empty()
                             ? options_.command
                             : std::vector<std::string>{"/bin/sh", "-c", options_.recover};
    Start(command, false);
    WaitFor(options_.timeout_ms, [this] { return !running_; });
    Recovery& recovery = record_.recovery;
    if (running_) {
      recovery.timed_out = true;
      for (const pid_t pid : Descendants()) recovery.doing = WhatItDoes(pid);
      for (const pid_t pid : Descendants()) kill(pid, SIGKILL);
      while (running_) Step(kLookAgainMs);
    }
    Reap();
    WaitFor(options_.settle_ms, [this] { return alone_; });
    recovery.status = StatusOf(program_status_);
    recovery.objects = static_cast<int>(StatView().rows.size());
  }

  void WaitForEver() {
    while (true) Step(-1);
  }

  [[noreturn]] void KillAll() {
    for (Reap(); !alone_; Reap()) {
      for (const pid_t pid : Descendants()) kill(pid, SIGKILL);
      pollfd signals = {signals_.get(), POLLIN, 0};
      poll(&signals, 1, static_cast<int>(kLookAgainMs));
    }
    _exit(0);
  }

  const TraceOptions& options_;
  int report_;
  int lifeline_;
  Record record_;
  UniqueFd signals_;
  std::unique_ptr<Tracer> tracer_;
  PosixView posix_;
  int64_t start_us_ = 0;
  pid_t program_ = -1;
  int program_status_ = 0;
  bool running_ = false;
  bool alone_ = false;     // no descendant is left
  bool untraced_ = false;  // all that had the filter have ended
};

namespace {

// Descriptors of the tool that are not for programs, such as the lifelines of its other runs, must
// not be kept open here. Those without FD_CLOEXEC are the program's.
void CloseOthers(int report, int lifeline) {
  std::vector<int> others;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd", error)) {
    const int fd = atoi(entry.path().filename().c_str());
    const int flags = fcntl(fd, F_GETFD);
    const bool ours = fd == report || fd == lifeline;
    if (!ours && flags >= 0 && (flags & FD_CLOEXEC) != 0) others.push_back(fd);
  }
  for (const int fd : others) close(fd);
}

}  // namespace

void Supervise(const TraceOptions& options, Surroundings around, int report, int lifeline) {
  CloseOthers(report, lifeline);
  Supervisor(options, std::move(around), report, lifeline).Run();
  _exit(0);
}

}  // namespace ipcrig
