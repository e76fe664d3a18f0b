// SPDX-License-Identifier: Apache-2.0
//
// The calls that make, change and end processes.
#include <fcntl.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstring>

#include "exec/pids.h"
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

// The new image gets the leader's number and lane; other threads would lose theirs.
bool IsLeader(Worker& worker) { return &worker.lane() == &worker.home(); }

// Under a low RLIMIT_AS no new image could start.
void LiftMemoryLimit() {
  rlimit both = {};
  if (getrlimit(RLIMIT_AS, &both) != 0) return;
  both.rlim_cur = both.rlim_max;
  setrlimit(RLIMIT_AS, &both);
}

// A program begins as it would from a shell: default signals, no priority over anybody, so that one
// that spins cannot keep the engine from ending it; and its output in its file.
void PrepareForProgram(Worker& worker) {
  const sched_param ordinary = {};
  (void)sched_setscheduler(0, SCHED_OTHER, &ordinary);
  for (const int signal_number : {SIGPIPE, SIGSEGV, SIGBUS}) (void)signal(signal_number, SIG_DFL);
  const int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (null >= 0) dup2(null, STDIN_FILENO);
  dup2(worker.lane().output, STDOUT_FILENO);
  dup2(worker.lane().output, STDERR_FILENO);
  fcntl(worker.board().board_fd, F_SETFD, FD_CLOEXEC);
  const rlimit limit{kMostOutput, kMostOutput};
  setrlimit(RLIMIT_FSIZE, &limit);
}

// What the child has of its parent's process.
void Inherit(Worker& worker, int child) {
  const Lane& parent = worker.home();
  Lane& theirs = worker.board().lanes[child];
  memcpy(theirs.addresses, parent.addresses, sizeof(parent.addresses));
  memcpy(theirs.pipes, parent.pipes, sizeof(parent.pipes));
  memcpy(theirs.ranges, parent.ranges,
         sizeof(parent.ranges[0]) * static_cast<size_t>(parent.range_count));
  theirs.range_count = parent.range_count;
  theirs.handled = parent.handled;
  theirs.ignored = parent.ignored;
  theirs.leader = child;
  theirs.nested = worker.lane().children_nested != 0 ? 1 : 0;
  theirs.children_nested = theirs.nested;
}

// Where the C library keeps the number of this thread; nullptr where the kernel does not tell:
// PR_GET_TID_ADDRESS of prctl(2).
int* PlaceOfTid() {
  int* place = nullptr;
  return prctl(PR_GET_TID_ADDRESS, &place) == 0 ? place : nullptr;
}

// clone(2) as the C library's fork(2) would, which notes the number of the child's thread:
// setuid(2) finds the threads of its process by theirs.
pid_t CloneAsFork(unsigned long flags) {
  int* const tid = PlaceOfTid();
  if (tid != nullptr) flags |= CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID;
  // Either of the last two is the one, as the architecture has it.
  return static_cast<pid_t>(syscall(SYS_clone, flags | SIGCHLD, nullptr, nullptr, tid, tid));
}

// fork(2) with these flags of clone(2).
void MakeChild(Worker& worker, int child, unsigned long flags) {
  // The engine could not follow the children of a process in a PID namespace of its own, and the
  // end of the first process of one would wait until the others have been waited for.
  const bool born = worker.board().lanes[child].ready.load() != 0;
  Lane& mine = worker.lane();
  if (born || mine.nested != 0 || mine.children_nested > 1) return worker.AnswerError(EINVAL);
  Inherit(worker, child);
  if ((flags & CLONE_NEWPID) != 0) {
    worker.board().lanes[child].nested = worker.board().lanes[child].children_nested = 1;
  }
  const pid_t pid = flags == 0 ? _Fork() : CloneAsFork(flags);
  if (pid == 0) {
    worker.Become(child);
    worker.Announce();
    return;
  }
  if (pid > 0) worker.board().pids[child] = pid;
  if (pid > 0 && mine.children_nested == 1) mine.children_nested = 2;
  worker.Answer(pid);
}

}  // namespace

void Fork::Call(Worker& worker) const { MakeChild(worker, child.index, 0); }

void Clone::Call(Worker& worker) const { MakeChild(worker, child.index, flags.bits); }

void ExecSelf::Call(Worker& worker) const {
  if (!IsLeader(worker)) return worker.AnswerError(EINVAL);
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
  LiftMemoryLimit();
  worker.Answer(execve("/proc/self/exe", argv, environ));
}

void ExecProgram::Call(Worker& worker) const {
  if (!IsLeader(worker)) return worker.AnswerError(EINVAL);
  char path[kMaxPath + sizeof(program.text) + 2];
  char* name = stpcpy(stpcpy(path, worker.board().programs), "/");
  stpcpy(name, program.text.data());
  char* const argv[] = {name, nullptr};
  if (access(path, X_OK) != 0) return worker.Answer(-1);
  LiftMemoryLimit();
  PrepareForProgram(worker);
  worker.Answer(execve(path, argv, environ));
}

void Exit::Call(Worker&) const { _exit(static_cast<int>(status.value)); }

void Wait::Call(Worker& worker) const {
  Lane& theirs = worker.board().lanes[target.index];
  // Nobody can wait for a thread; one in a nested namespace has its process's number.
  const bool thread = theirs.leader != target.index;
  const pid_t pid = thread && theirs.nested != 0 ? 0 : PidOf(worker, target.index);
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
