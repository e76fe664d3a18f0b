// SPDX-License-Identifier: Apache-2.0
//
// A message and a signal reach a process that waits at the same moment.
//
// A receiver may answer EINTR or the message; it must not lose the message. A sender may answer
// EINTR or success; its message must arrive in the second case only. Both processes share one
// processor, and the one that waits has no right to interrupt the other: so it wakes up when the
// message, or the room for it, and the signal are both there.
//
// Prints: no message was lost to a signal

#define _GNU_SOURCE

#include <fcntl.h>

#include "queue_race.h"

enum { kMost = 2000, kPatience = 1000 };

struct record {
  atomic_uchar sent[kMost];
  atomic_uchar seen[kMost];
  atomic_bool over;   // the sender shall not begin another message
  atomic_bool ended;  // it will not
};

struct number {
  long type;
  uint32_t number;
};

static int queue;
static struct record* record;

static void ignore(int signal_number) { (void)signal_number; }

static void wait_quietly(void) {
  const struct sched_param none = {.sched_priority = 0};
  sched_setscheduler(0, SCHED_BATCH, &none);
  struct sigaction action = {.sa_handler = ignore};
  race_must(sigaction(SIGUSR1, &action, NULL), "sigaction");
}

// Whether the process is asleep: it waits in its call then, since it makes no other. Where /proc
// does not say so, it may be too early, and the two events miss each other.
static bool is_asleep(pid_t process) {
  char path[40];
  char line[200];
  snprintf(path, sizeof path, "/proc/%d/stat", (int)process);
  const int file = open(path, O_RDONLY);
  if (file == -1) return true;
  const ssize_t size = read(file, line, sizeof line - 1);
  close(file);
  line[size < 0 ? 0 : size] = '\0';
  const char* state = strrchr(line, ')');
  return state == NULL || state[1] == '\0' || state[2] == 'S';
}

static void receive(int unused) {
  (void)unused;
  wait_quietly();
  for (;;) {
    struct number message;
    const ssize_t size = msgrcv(queue, &message, sizeof message.number, 1, 0);
    if (size == -1 && errno == EINTR) continue;
    if (race_was_removed(size)) return;
    race_must(size, "msgrcv");
    if (message.number >= kMost) race_fail("a message that nobody sent");
    ++record->seen[message.number];
  }
}

static void send(int unused) {
  (void)unused;
  wait_quietly();
  for (uint32_t number = 0; number < kMost && !record->over; ++number) {
    const struct number message = {1, number};
    const int result = msgsnd(queue, &message, sizeof message.number, 0);
    if (result == -1 && errno != EINTR) race_must(result, "msgsnd");
    if (result == 0) record->sent[number] = 1;
  }
  record->ended = true;
}

static void await(pid_t process) {
  for (int turns = 0; turns < kPatience && !is_asleep(process); ++turns) sched_yield();
}

static void against_a_receiver(void) {
  const pid_t receiver = race_start(receive, 0);
  for (uint32_t number = 0; number < kMost && !race_is_over(); ++number) {
    const struct number message = {1, number};
    await(receiver);
    if (number % 4 == 0) race_must(kill(receiver, SIGUSR1), "kill");
    race_must(msgsnd(queue, &message, sizeof message.number, 0), "msgsnd");
    if (number % 4 != 0) race_must(kill(receiver, SIGUSR1), "kill");
    record->sent[number] = 1;
  }
}

static void take(void) {
  struct number message;
  if (msgrcv(queue, &message, sizeof message.number, 1, IPC_NOWAIT) == -1) {
    if (errno != ENOMSG) race_fail("msgrcv: %s", strerror(errno));
  } else {
    ++record->seen[message.number];
  }
}

static void against_a_sender(void) {
  const pid_t sender = race_start(send, 0);
  for (uint32_t round = 0; !race_is_over(); ++round) {
    await(sender);
    if (round % 4 == 0) race_must(kill(sender, SIGUSR1), "kill");
    take();
    if (round % 4 != 0) race_must(kill(sender, SIGUSR1), "kill");
  }
  record->over = true;
  while (!record->ended) {
    take();
    sched_yield();
  }
}

// What was sent is what arrived and what is still there.
static void settle(void) {
  while (race_status(queue).msg_qnum > 0) take();
  race_remove(queue);
  race_join();
  for (uint32_t number = 0; number < kMost; ++number) {
    if (record->sent[number] != record->seen[number]) {
      race_fail("message %u was sent %u times and received %u times", number, record->sent[number],
                record->seen[number]);
    }
  }
}

int main(void) {
  race_begin();
  cpu_set_t first;
  CPU_ZERO(&first);
  CPU_SET(sched_getcpu(), &first);
  sched_setaffinity(0, sizeof first, &first);
  record = race_memory(sizeof *record);
  queue = race_queue(16384);
  against_a_receiver();
  settle();
  memset(record, 0, sizeof *record);
  race.shared->removed = false;
  race.end_ms = race_now_ms() + kRaceMs;
  queue = race_queue(4);
  against_a_sender();
  settle();
  race_end("no message was lost to a signal");
}
