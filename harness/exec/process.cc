// SPDX-License-Identifier: Apache-2.0
//
// The calls on processes.
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstring>

#include "exec/worker.h"

namespace ipcrig {
namespace {

constexpr rlim_t kMostOutput = 64 << 20;  // bytes that a program may write into one file

// "123" in a buffer of the caller.
void PutNumber(char (&text)[12], int number) {
  size_t at = sizeof(text) - 1;
  text[at] = '\0';
  do {
    text[--at] = static_cast<char>('0' + number % 10);
    number /= 10;
  } while (number > 0);
  memmove(text, text + at, sizeof(text) - at);
}

// The process id, or 0 for one that was never forked. Outside a PID namespace also 0 for one that
// is gone for good: its number may be somebody else's by now.
pid_t PidOf(Worker& worker, const Process& process) {
  const Lane& theirs = worker.board().lanes[process.index];
  const bool stale = worker.board().pids_are_reused != 0 && theirs.reaped.load() != 0;
  return stale ? 0 : worker.board().pids[process.index];
}

// A program begins as it would from a shell: default signals, its output in its file.
void PrepareForProgram(Worker& worker) {
  for (const int signal_number : {SIGPIPE, SIGSEGV, SIGBUS}) (void)signal(signal_number, SIG_DFL);
  const int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (null >= 0) dup2(null, STDIN_FILENO);
  dup2(worker.lane().output, STDOUT_FILENO);
  dup2(worker.lane().output, STDERR_FILENO);
  fcntl(worker.board().board_fd, F_SETFD, FD_CLOEXEC);
  const rlimit limit{kMostOutput, kMostOutput};
  setrlimit(RLIMIT_FSIZE, &limit);
}

}  // namespace

void Fork::Call(Worker& worker) const {
  Lane& mine = worker.lane();
  Lane& theirs = worker.board().lanes[child.index];
  if (theirs.ready.load() != 0) {
    errno = EINVAL;
    return worker.Answer(-1);
  }
  memcpy(theirs.addresses, mine.addresses, sizeof(mine.addresses));
  memcpy(theirs.pipes, mine.pipes, sizeof(mine.pipes));
  memcpy(theirs.ranges, mine.ranges, sizeof(mine.ranges));
  theirs.range_count = mine.range_count;
  const pid_t pid = _Fork();
  if (pid == 0) {
    worker.Become(child.index);
    worker.Announce();
    return;
  }
  worker.board().pids[child.index] = pid;
  worker.Answer(pid);
}

void ExecSelf::Call(Worker& worker) const {
  Lane& mine = worker.lane();
  char fd[12];
  char index[12];
  char flag[] = "--ipcrig-worker";
  char name[] = "ipcrig-worker";
  PutNumber(fd, worker.board().board_fd);
  PutNumber(index, worker.index());
  char* const argv[] = {name, flag, fd, index, nullptr};
  memset(mine.addresses, 0, sizeof(mine.addresses));
  mine.range_count = 0;
  worker.Answer(execve("/proc/self/exe", argv, environ));
}

void ExecProgram::Call(Worker& worker) const {
  char path[kMaxPath + sizeof(program.text) + 2];
  char* name = stpcpy(stpcpy(path, worker.board().programs), "/");
  stpcpy(name, program.text.data());
  char* const argv[] = {name, nullptr};
  PrepareForProgram(worker);
  worker.Answer(execve(path, argv, environ));
}

void Exit::Call(Worker&) const { _exit(static_cast<int>(status.value)); }

void Kill::Call(Worker& worker) const {
  const pid_t pid = PidOf(worker, target);
  errno = ESRCH;
  worker.Answer(pid <= 0 ? -1 : kill(pid, signal.number));
}

void Wait::Call(Worker& worker) const {
  Lane& theirs = worker.board().lanes[target.index];
  const pid_t pid = PidOf(worker, target);
  int status = 0;
  const int64_t value = worker.Try(SYS_wait4, [&] {
    errno = ECHILD;
    return pid <= 0 ? -1 : waitpid(pid, &status, 0);
  });
  worker.Answer(value);
  if (value < 0) return;
  worker.AddNumber(status);
  theirs.end_status = status;
  theirs.reaped.store(1, std::memory_order_release);
}

}  // namespace ipcrig
