// SPDX-License-Identifier: Apache-2.0
#include "trace/launch.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>

#include <fmt/format.h>

#include "base/io.h"
#include "exec/proc.h"
#include "exec/sandbox.h"
#include "trace/inspect.h"
#include "trace/limits.h"
#include "trace/supervisor.h"

namespace ipcrig {
namespace {

// Those that somebody may send to a program by sending them to this process.
constexpr std::array<int, 13> kForwarded = {SIGHUP,  SIGINT,  SIGQUIT, SIGTERM,  SIGUSR1,
                                            SIGUSR2, SIGALRM, SIGCONT, SIGWINCH, SIGTSTP,
                                            SIGTTIN, SIGTTOU, SIGPIPE};

// A shell continues the whole process group, somebody else perhaps this process alone: then the
// program is not seen to go on within this time.
constexpr int kContinuesMs = 100;

struct Ends {
  UniqueFd read;
  UniqueFd write;
};

Result<Ends> MakePipe() {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return Error{"pipe", errno};
  return Ends{UniqueFd(ends[0]), UniqueFd(ends[1])};
}

// What the program is to find as if this process were not there.
void RememberSignals(TraceOptions& options) {
  sigprocmask(SIG_BLOCK, nullptr, &options.mask);
  sigset_t blocked;
  sigemptyset(&blocked);
  for (const int signal : kForwarded) sigaddset(&blocked, signal);
  sigaddset(&blocked, SIGCHLD);
  sigprocmask(SIG_BLOCK, &blocked, nullptr);
}

// In the new namespaces. Only root there may set limits, and the program is to see itself as the
// user that it is: without privilege that takes two user namespaces.
bool BecomeUser(const TraceOptions& options, uid_t uid, gid_t gid, Surroundings& around) {
  const bool twice = around.user_namespace && !options.limits.empty();
  if (twice && !MapIdentity(0, 0, uid, gid).ok()) return false;
  around.notes = SetLimits(options.limits);
  if (twice) return unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0 && MapIdentity(uid, gid, 0, 0).ok();
  return !around.user_namespace || MapIdentity(uid, gid, uid, gid).ok();
}

// A program that signals its process group has reached itself, and this process, too.
bool IsBelow(pid_t sender) {
  const std::vector<pid_t> below = Descendants();
  return std::find(below.begin(), below.end(), sender) != below.end();
}

// Stops this process, by the signal that stopped the program: whoever waits for the tool sees what
// he would see of the program.
void StopLike(int signal) {
  (void)::signal(signal, SIG_DFL);
  raise(signal);  // it is blocked, unless it is SIGSTOP
  sigset_t one;
  sigemptyset(&one);
  sigaddset(&one, signal);
  sigprocmask(SIG_UNBLOCK, &one, nullptr);
  sigprocmask(SIG_BLOCK, &one, nullptr);
}

}  // namespace

Result<TracedRun> TracedRun::Start(TraceOptions options) {
  auto report = MakePipe();
  if (!report.ok()) return report.error();
  auto lifeline = MakePipe();
  if (!lifeline.ok()) return lifeline.error();
  const uid_t uid = geteuid();
  const gid_t gid = getegid();
  Terminal terminal;
  if (options.foreground) {
    RememberSignals(options);
    terminal = Terminal::Remember();
  }
  // Should the supervisor be killed, what it looked after comes here.
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  bool user_namespace = false;
  constexpr unsigned long kNew = CLONE_NEWIPC | CLONE_NEWNS;
  pid_t pid = ForkWith(kNew);
  if (pid < 0 && errno == EPERM) {
    user_namespace = true;
    pid = ForkWith(kNew | CLONE_NEWUSER);
  }
  if (pid < 0) return Error{"new IPC and mount namespaces", errno};
  if (pid == 0) {
    report->read.Reset();
    lifeline->write.Reset();
    Surroundings around{user_namespace};
    if (!BecomeUser(options, uid, gid, around)) _exit(1);
    Supervise(options, std::move(around), report->write.get(), lifeline->read.get());
  }
  TracedRun run(pid, std::move(report->read), std::move(lifeline->write));
  run.foreground_ = options.foreground;
  run.terminal_ = std::move(terminal);
  return run;
}

TracedRun::~TracedRun() {
  lifeline_.Reset();
  if (supervisor_.pid <= 0) return;
  while (waitpid(supervisor_.pid, nullptr, 0) < 0 && errno == EINTR) {
  }
}

void TracedRun::Understand(const std::string& line) {
  if (line.starts_with("pid ")) {
    program_ = static_cast<pid_t>(strtol(line.c_str() + 4, nullptr, 10));
    started_ = true;
  } else if (line.starts_with("record ")) {
    record_ = line.substr(strlen("record "));
    finished_ = true;
  } else if (line.starts_with("stopped ") && foreground_) {
    const auto signal = static_cast<int>(strtol(line.c_str() + strlen("stopped "), nullptr, 10));
    const bool still = ProcWatch(program_).Look().state == 'T';
    if (still) StopLike(signal);
    continued_alone_ = still;
  } else if (line == "continued") {
    continued_alone_ = false;
  } else if (line == "ended") {
    program_ = -1;
    terminal_.TakeBack();
  }
}

void TracedRun::Advance() {
  if (!ReadAvailable(report_.get(), received_)) finished_ = true;
  for (size_t end = 0; (end = received_.find('\n')) != std::string::npos;) {
    const std::string line = received_.substr(0, end);
    received_.erase(0, end + 1);
    Understand(line);
  }
}

Result<Record> TracedRun::Take() {
  if (record_.empty()) {
    // Its orphans have come here.
    for (auto left = Descendants(); foreground_ && !left.empty(); left = Descendants()) {
      for (const pid_t pid : left) kill(pid, SIGKILL);
      while (waitpid(-1, nullptr, WNOHANG) > 0) {
      }
    }
    supervisor_.pid = -1;
    return Error{"the process that watched the program was killed"};
  }
  return ParseRecord(record_);
}

void TracedRun::Forward(int signal) const {
  if (program_ > 0) kill(program_, signal);
}

TracedRun::Terminal TracedRun::Terminal::Remember() {
  Terminal terminal;
  terminal.fd.Reset(open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY));
  if (terminal.fd.ok()) terminal.group = tcgetpgrp(terminal.fd.get());
  return terminal;
}

void TracedRun::Terminal::TakeBack() const {
  // SIGTTOU is blocked, so that this is not refused.
  if (fd.ok() && group == getpgrp() && tcgetpgrp(fd.get()) != group) tcsetpgrp(fd.get(), group);
}

Result<Record> TracedRun::Wait() {
  sigset_t forwarded;
  sigemptyset(&forwarded);
  for (const int signal : kForwarded) sigaddset(&forwarded, signal);
  const UniqueFd signals(signalfd(-1, &forwarded, SFD_CLOEXEC | SFD_NONBLOCK));
  while (!Finished()) {
    // Before the program is there, signals wait for it.
    pollfd fds[] = {{report_.get(), POLLIN, 0}, {started_ ? signals.get() : -1, POLLIN, 0}};
    const int ready = poll(fds, 2, continued_alone_ ? kContinuesMs : -1);
    if (ready < 0 && errno != EINTR) break;
    if (ready == 0) Forward(SIGCONT);
    if (ready == 0) continued_alone_ = false;
    if (fds[0].revents != 0) Advance();
    if (fds[1].revents == 0) continue;
    signalfd_siginfo info;
    while (read(signals.get(), &info, sizeof(info)) == static_cast<ssize_t>(sizeof(info))) {
      // The kernel's own, those of the terminal, go to the whole process group.
      const bool sent = info.ssi_code <= 0;
      const auto signal = static_cast<int>(info.ssi_signo);
      if (sent && signal != SIGCONT && !IsBelow(static_cast<pid_t>(info.ssi_pid))) Forward(signal);
    }
  }
  return Take();
}

void TracedRun::WaitForSignal() {
  sigset_t end;
  sigemptyset(&end);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&end, signal);
  int signal = 0;
  sigwait(&end, &signal);
}

}  // namespace ipcrig
