// SPDX-License-Identifier: Apache-2.0
//
// Processes that attach a segment at different addresses share its atomic words and its futexes.
//
// All count in one word, and not one count is lost. Then two take turns: each waits, by futex(2) at
// its own address of the word, until the other has passed the turn and wakes it.
//
// Prints: no count and no wake-up was lost

#define _GNU_SOURCE

#include <errno.h>
#include <linux/futex.h>
#include <stdatomic.h>
#include <sys/ipc.h>
#include <sys/shm.h>
#include <sys/syscall.h>

#include "race.h"

enum { kWorkers = 3, kCounts = 2000, kPage = 4096, kPatienceSeconds = 10 };

struct shared {
  _Atomic unsigned count;
  _Atomic unsigned turn;  // whose it is: that of its last bit
  _Atomic unsigned over;
};

static int segment;

// Each worker attaches some more, so that its address differs from that of the others.
static struct shared* attach(int worker) {
  void* memory = NULL;
  for (int i = 0; i <= worker; ++i) {
    memory = shmat(segment, NULL, 0);
    if (memory == (void*)-1) die("shmat");
  }
  return memory;
}

static void count_up(int worker) {
  struct shared* shared = attach(worker);
  for (int i = 0; i < kCounts; ++i) atomic_fetch_add(&shared->count, 1);
}

static void await_change(_Atomic unsigned* word, unsigned value) {
  const struct timespec patience = {.tv_sec = kPatienceSeconds};
  while (atomic_load(word) == value) {
    if (syscall(SYS_futex, word, FUTEX_WAIT, value, &patience, NULL, 0) == 0) continue;
    if (errno != EAGAIN && errno != EINTR) die("futex: no wake-up");
  }
}

static void take_turns(int worker) {
  struct shared* shared = attach(worker);
  for (;;) {
    const unsigned turn = atomic_load(&shared->turn);
    if ((turn & 1) != (unsigned)worker) {
      if (atomic_load(&shared->over)) return;
      await_change(&shared->turn, turn);
      continue;
    }
    if (time_is_up()) atomic_store(&shared->over, 1);
    const int last = (int)atomic_load(&shared->over);
    atomic_store(&shared->turn, turn + 1);
    if (syscall(SYS_futex, &shared->turn, FUTEX_WAKE, 1, NULL, NULL, 0) == -1) die("futex");
    if (last) return;
  }
}

int main(void) {
  segment = shmget(IPC_PRIVATE, kPage, 0600);
  if (segment == -1) die("shmget");
  struct shared* shared = attach(0);
  start(kMilliseconds / 2);

  pid_t children[kWorkers];
  for (int i = 0; i < kWorkers; ++i) children[i] = spawn(count_up, i);
  for (int i = 0; i < kWorkers; ++i) join(children[i]);
  const unsigned count = atomic_load(&shared->count);
  for (int i = 0; i < 2; ++i) children[i] = spawn(take_turns, i);
  for (int i = 0; i < 2; ++i) join(children[i]);

  if (shmctl(segment, IPC_RMID, NULL) == -1) die("shmctl IPC_RMID");
  if (count != kWorkers * kCounts) wrong("counts", (long)count);
  if (atomic_load(&shared->turn) == 0) wrong("turns", 0);
  printf("no count and no wake-up was lost\n");
  return 0;
}
