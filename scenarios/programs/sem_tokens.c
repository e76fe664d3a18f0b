// SPDX-License-Identifier: Apache-2.0
//
// A token goes round a ring of processes, each asleep until it comes, while others disturb.
//
// Every hand-over is one wake-up, by an operation alone or by one of an array, of a sleeper with
// one operation or with several. The disturbers sleep in arrays that cannot proceed and give up
// after a moment, which makes Linux change all the time between its way for simple operations and
// its way for arrays. If one wake-up is lost, the token stands still; whoever waits notices that. A
// hundred numbers also go from a producer to five consumers, and each must arrive once.
//
// Prints: no wake-up was lost

#define _GNU_SOURCE

#include "set_race.h"

enum { kRing = 5, kNever = kRing, kFree, kFilled, kMutex, kSemaphores };
enum { kConsumers = 5, kNumbers = 100, kSlots = 4 };

struct buffer {
  int slots[kSlots];
  int taken;
  atomic_int arrived[kNumbers + 1];
  atomic_bool over;  // the token has come to rest
};

static int set;
static struct buffer* buffer;

// Waits long enough for any machine; a token that does not come by then never comes.
static void wait_for(const struct sembuf* operations, size_t count) {
  const struct timespec patience = {.tv_sec = 3, .tv_nsec = 0};
  struct sembuf copy[4];
  memcpy(copy, operations, count * sizeof *copy);
  if (semtimedop(set, copy, count, &patience) == -1) {
    race_fail(errno == EAGAIN ? "a wake-up was lost" : "semtimedop: %s", strerror(errno));
  }
}

// Odd processes wait with an array, every third one hands on with an array.
static void pass(int self) {
  const int next = (self + 1) % kRing;
  for (;;) {
    const struct sembuf take[] = {race_by(-1, self, 0), race_by(0, self, 0)};
    wait_for(take, self % 2 == 1 ? 2 : 1);
    if (self == 0 && race_is_over()) atomic_store(&buffer->over, true);
    const bool over = atomic_load(&buffer->over);
    const struct sembuf give[] = {race_by(1, next, 0), race_by(1, kNever, 0),
                                  race_by(-1, kNever, 0)};
    if (!over || self != kRing - 1) race_ok(race_ops(set, give, self % 3 == 0 ? 3 : 1));
    if (over) return;
  }
}

static void disturb(int self) {
  const struct timespec moment = {.tv_sec = 0, .tv_nsec = 200000};
  while (!atomic_load(&buffer->over)) {
    struct sembuf operations[] = {race_by(0, kMutex, 0), race_by(self == 0 ? -1 : 0, kNever, 0),
                                  race_by(-1, kNever, 0)};
    if (semtimedop(set, operations, 3, &moment) == 0) race_fail("what cannot be has happened");
    if (errno != EAGAIN) race_fail("semtimedop: %s", strerror(errno));
  }
}

static void produce(int unused) {
  (void)unused;
  for (int number = 1; number <= kNumbers; ++number) {
    const struct sembuf free_slot = race_by(-1, kFree, 0);
    wait_for(&free_slot, 1);
    buffer->slots[number % kSlots] = number;
    race_ok(race_op(set, 1, kFilled, 0));
  }
  race_ok(race_op(set, kConsumers, kFilled, 0));  // for each consumer to see that it is over
}

static void consume(int unused) {
  (void)unused;
  for (;;) {
    const struct sembuf filled_and_mine[] = {race_by(-1, kFilled, 0),
                                             race_by(-1, kMutex, SEM_UNDO)};
    wait_for(filled_and_mine, 2);
    const int number = ++buffer->taken;
    if (number <= kNumbers) ++buffer->arrived[buffer->slots[number % kSlots]];
    const struct sembuf done[] = {race_by(1, kMutex, SEM_UNDO), race_by(1, kFree, 0)};
    race_ok(race_ops(set, done, 2));
    if (number > kNumbers) return;
  }
}

int main(void) {
  race_begin();
  set = race_set(kSemaphores);
  buffer = race_memory(sizeof *buffer);
  race_set_value(set, kFree, kSlots);
  race_set_value(set, kMutex, 1);
  race_set_value(set, 0, 1);
  for (int i = 0; i < kRing; ++i) race_start(pass, i);
  for (int i = 0; i < 2; ++i) race_start(disturb, i);
  for (int i = 0; i < kConsumers; ++i) race_start(consume, i);
  race_start(produce, 0);
  race_join();
  for (int number = 1; number <= kNumbers; ++number) {
    if (buffer->arrived[number] != 1) race_fail("%d arrived not once", number);
  }
  if (race_value(set, kMutex) != 1 || race_value(set, kFilled) != 0) race_fail("a wrong value");
  race_remove_set(set);
  race_end("no wake-up was lost");
}
