// SPDX-License-Identifier: Apache-2.0
//
// The deadline is a timer's signal to the thread of the test: it needs no thread and no process,
// and it ends the call that the test itself may sleep in (EINTR). All of the handler is
// async-signal-safe.
#include <fcntl.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "library/rig_state.h"

#ifndef sigev_notify_thread_id
#define sigev_notify_thread_id _sigev_un._tid
#endif

namespace ipcrig {
inline namespace v0 {
namespace {

// One that neither libc, nor a sanitizer, nor valgrind uses.
int DeadlineSignal() { return SIGRTMAX - 5; }

struct ShortText {
  char text[900] = {};
  size_t length = 0;

  void Add(const char* more) {
    for (; *more != '\0' && length + 1 < sizeof(text); ++more) text[length++] = *more;
  }
  void Add(long number) {
    char digits[24];
    char* at = digits + sizeof(digits);
    *--at = '\0';
    do {
      *--at = static_cast<char>('0' + number % 10);
      number /= 10;
    } while (number > 0);
    Add(at);
  }
};

// " (asleep in msgrcv)"
void AddWhereabouts(ShortText& text, long pid) {
  ShortText path;
  path.Add("/proc/");
  path.Add(pid);
  path.Add("/syscall");
  const int fd = open(path.text, O_RDONLY | O_CLOEXEC);
  char line[64] = {};
  const ssize_t length = fd < 0 ? -1 : read(fd, line, sizeof(line) - 1);
  if (fd >= 0) close(fd);
  if (length <= 0 || line[0] < '0' || line[0] > '9') return;
  const Call call = CallOfNumber(atol(line));
  text.Add(" (asleep in ");
  if (call != Call::kNone) {
    text.Add(CallText(call));
  } else {
    text.Add("system call ");
    text.Add(atol(line));
  }
  text.Add(")");
}

void KillProcesses(SharedBoard& board, ShortText& text) {
  const AdminForNow admin;
  for (int i = 1; i < kSlotsMax; ++i) {
    const int pid = board.slots[i].pid;
    if (pid <= 0) continue;
    text.Add("\n  still there: ");
    text.Add(board.slots[i].name);
    AddWhereabouts(text, pid);
    kill(pid, SIGKILL);
  }
}

void RemoveObjects() {
  shm_info segments;
  shmid_ds segment;
  for (int i = shmctl(0, SHM_INFO, reinterpret_cast<shmid_ds*>(&segments)); i >= 0; --i) {
    const int id = shmctl(i, SHM_STAT_ANY, &segment);
    if (id >= 0) shmctl(id, IPC_RMID, nullptr);
  }
  msginfo queues;
  msqid_ds queue;
  for (int i = msgctl(0, MSG_INFO, reinterpret_cast<msqid_ds*>(&queues)); i >= 0; --i) {
    const int id = msgctl(i, MSG_STAT_ANY, &queue);
    if (id >= 0) msgctl(id, IPC_RMID, nullptr);
  }
  seminfo sets;
  semid_ds set;
  for (int i = semctl(0, 0, SEM_INFO, &sets); i >= 0; --i) {
    const int id = semctl(i, 0, SEM_STAT_ANY, &set);
    if (id >= 0) semctl(id, 0, IPC_RMID);
  }
}

void OnDeadline(int, siginfo_t* info, void*) {
  const int before = errno;
  auto* board = static_cast<SharedBoard*>(info->si_value.sival_ptr);
  // Not a timer's: somebody else's use of the signal.
  if (info->si_code != SI_TIMER || board == nullptr || board != CurrentBoard()) return;
  const bool first = board->expired.exchange(1) == 0;
  ShortText text;
  text.Add("the test is not finished at its deadline");
  KillProcesses(*board, text);
  if (first) ForwardFailure("", 0, text.text);
  RemoveObjects();
  WakeAll(board->steps);
  errno = before;
}

}  // namespace

Deadline::Deadline(SharedBoard& board, std::chrono::milliseconds time) {
  if (const char* text = getenv("IPCRIG_DEADLINE_MS")) {
    time = std::chrono::milliseconds(strtol(text, nullptr, 10));
  }
  if (time.count() <= 0) return;
  struct sigaction action = {};
  action.sa_sigaction = OnDeadline;
  action.sa_flags = SA_SIGINFO;  // and no SA_RESTART
  sigaction(DeadlineSignal(), &action, &before_);
  sigevent event = {};
  event.sigev_notify = SIGEV_THREAD_ID;
  event.sigev_signo = DeadlineSignal();
  event.sigev_value.sival_ptr = &board;
  event.sigev_notify_thread_id = static_cast<pid_t>(syscall(SYS_gettid));
  running_ = timer_create(CLOCK_MONOTONIC, &event, &timer_) == 0;
  if (!running_) return;
  const itimerspec when = {{0, 50'000'000}, {time.count() / 1000, time.count() % 1000 * 1'000'000}};
  timer_settime(timer_, 0, &when, nullptr);
}

Deadline::~Deadline() {
  if (!running_) return;
  timer_delete(timer_);
  sigaction(DeadlineSignal(), &before_, nullptr);
}

}  // namespace v0
}  // namespace ipcrig
