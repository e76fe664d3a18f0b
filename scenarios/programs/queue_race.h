// SPDX-License-Identifier: Apache-2.0
//
// What the programs that race over message queues have in common: processes that work against each
// other for a short while, on all processors, and a parent that knows afterwards whether all went
// well.
//
//   race_begin();                      the time runs; queues and children can be had from now on
//   int queue = race_queue(16384);     a queue that is removed whatever happens
//   race_start(send, 0);               a child that runs send(0) and exits with 0
//   race_remove(queue);                tells the children by EIDRM or EINVAL: race_was_removed()
//   race_join();                       waits for all of them
//   race_end("all messages arrived");  removes the queues, prints this line and exits with 0
//
// Whoever finds something wrong calls race_fail(): it says what, removes the queues, so that nobody
// goes on waiting, and ends everybody. A race that does not come to its end is ended by an alarm.
// Messages carry their sender, a number and a length, and bytes that depend on all of them. The
// source that includes this defines _GNU_SOURCE.
#pragma once

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/prctl.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { kRaceMs = 60, kRacePatienceSeconds = 8, kRaceMostChildren = 64, kRaceMostQueues = 4 };
enum { kRaceLeast = 6 };   // rounds
enum { kLongest = 8192 };  // MSGMAX

struct race {
  pid_t parent;
  pid_t children[kRaceMostChildren];  // 0 for those that have been waited for
  int child_count;
  int queues[kRaceMostQueues];
  int queue_count;
  struct {
    atomic_bool removed;  // the queues
    atomic_bool failed;   // somebody has said what is wrong; what follows from it is not news
  } * shared;
  int64_t end_ms;
};
static struct race race;

struct message {
  long type;
  struct {
    uint32_t sender;
    uint32_t number;
    uint32_t length;  // of the bytes that follow
  } head;
  unsigned char bytes[kLongest - 12];
};

static inline int64_t race_now_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

// Asked before each round. Each process does a few, however slow the machine is, and then goes on
// while there is time.
static inline bool race_is_over(void) {
  static unsigned asked = 0;
  return ++asked > kRaceLeast && race_now_ms() >= race.end_ms;
}

// Async-signal-safe.
static inline void race_clean_up(void) {
  for (int i = 0; i < race.queue_count; ++i) msgctl(race.queues[i], IPC_RMID, NULL);
  if (getpid() != race.parent) return;
  for (int i = 0; i < race.child_count; ++i) {
    if (race.children[i] > 0) kill(race.children[i], SIGKILL);
  }
  while (waitpid(-1, NULL, 0) > 0) continue;
}

__attribute__((format(printf, 1, 2), noreturn)) static inline void race_fail(const char* format,
                                                                             ...) {
  char line[256] = {0};
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(line, sizeof line - 1, format, arguments);
  va_end(arguments);
  const size_t size = strlen(line);
  line[size] = '\n';
  const bool first = race.shared == NULL || !atomic_exchange(&race.shared->failed, true);
  if (first) (void)!write(STDOUT_FILENO, line, size + 1);
  race_clean_up();
  _exit(1);
}

// For a system call that must not fail.
static inline long race_must(long result, const char* what) {
  if (result == -1) race_fail("%s: %s", what, strerror(errno));
  return result;
}

static inline void race_hangs(int signal_number) {
  static const char kLine[] = "it hangs\n";
  (void)signal_number;
  race.shared->failed = true;
  (void)!write(STDOUT_FILENO, kLine, sizeof kLine - 1);
  race_clean_up();
  _exit(1);
}

// Zeros that all processes share.
static inline void* race_memory(size_t size) {
  void* memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) race_fail("mmap: %s", strerror(errno));
  return memory;
}

// Ordinary priority, and all processors that there are.
static inline void race_begin(void) {
  const struct sched_param none = {.sched_priority = 0};
  cpu_set_t all;
  memset(&all, 0xff, sizeof all);
  (void)sched_setscheduler(0, SCHED_OTHER, &none);
  (void)sched_setaffinity(0, sizeof all, &all);
  race.parent = getpid();
  race.shared = race_memory(sizeof *race.shared);
  race.end_ms = race_now_ms() + kRaceMs;
  signal(SIGALRM, race_hangs);
  alarm(kRacePatienceSeconds);
}

static inline struct msqid_ds race_status(int queue) {
  struct msqid_ds status;
  race_must(msgctl(queue, IPC_STAT, &status), "IPC_STAT");
  return status;
}

static inline int race_queue(int size) {
  const int queue = (int)race_must(msgget(IPC_PRIVATE, 0600), "msgget");
  race.queues[race.queue_count++] = queue;
  struct msqid_ds status = race_status(queue);
  status.msg_qbytes = (msglen_t)size;
  race_must(msgctl(queue, IPC_SET, &status), "IPC_SET");
  return queue;
}

// Removes the queue; whoever uses it is through.
static inline void race_remove(int queue) {
  race.shared->removed = true;
  race_must(msgctl(queue, IPC_RMID, NULL), "IPC_RMID");
}

// Whether a call failed because its queue was removed while it slept, or just before it.
static inline bool race_was_removed(long result) {
  return result == -1 && race.shared->removed && (errno == EIDRM || errno == EINVAL);
}

static inline pid_t race_start(void (*run)(int), int argument) {
  int slot = 0;
  while (slot < race.child_count && race.children[slot] != 0) ++slot;
  if (slot == kRaceMostChildren) race_fail("more than %d children", slot);
  const pid_t child = (pid_t)race_must(fork(), "fork");
  if (child == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    run(argument);
    _exit(0);
  }
  if (slot == race.child_count) ++race.child_count;
  race.children[slot] = child;
  return child;
}

static inline int race_wait(pid_t child) {
  int status = 0;
  race_must(waitpid(child, &status, 0), "waitpid");
  for (int i = 0; i < race.child_count; ++i) {
    if (race.children[i] == child) race.children[i] = 0;
  }
  return status;
}

// The child must have ended well; if not, it has said why.
static inline void race_wait_well(pid_t child) {
  const int status = race_wait(child);
  if (WIFSIGNALED(status)) race_fail("a child was ended by signal %d", WTERMSIG(status));
  if (status == 0) return;
  race_clean_up();
  _exit(1);
}

static inline void race_join(void) {
  for (int i = 0; i < race.child_count; ++i) {
    if (race.children[i] != 0) race_wait_well(race.children[i]);
  }
}

__attribute__((noreturn)) static inline void race_end(const char* line) {
  race_clean_up();
  puts(line);
  exit(0);
}

static inline unsigned char race_byte(const struct message* message, uint32_t index) {
  return (unsigned char)(message->head.sender * 101 + message->head.number * 31 + index * 7 +
                         (index >> 8) * 13);
}

// Answers the size for msgsnd.
static inline size_t race_message(struct message* message, long type, int sender, uint32_t number,
                                  uint32_t length) {
  message->type = type;
  message->head.sender = (uint32_t)sender;
  message->head.number = number;
  message->head.length = length;
  for (uint32_t i = 0; i < length; ++i) message->bytes[i] = race_byte(message, i);
  return sizeof message->head + length;
}

// Fails unless the message is one of those that race_message makes, whole.
static inline void race_check(const struct message* message, ssize_t size) {
  const uint32_t length = message->head.length;
  if (size < (ssize_t)sizeof message->head || (size_t)size - sizeof message->head != length) {
    race_fail("a message of %zd bytes says that it has %u more than its head", size, length);
  }
  for (uint32_t i = 0; i < length; ++i) {
    if (message->bytes[i] == race_byte(message, i)) continue;
    race_fail("message %u of sender %u, %u bytes long, is wrong from byte %u on",
              message->head.number, message->head.sender, length, i);
  }
}

// Numbers that look random; the same ones for the same beginning.
static inline uint32_t race_random(uint32_t* state) {
  *state ^= *state << 13;
  *state ^= *state >> 17;
  *state ^= *state << 5;
  return *state;
}
