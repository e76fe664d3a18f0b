// SPDX-License-Identifier: Apache-2.0
//
// Semaphores as accounts: many processes move amounts between them, in calls of one to four
// operations, and keep a ledger of their own.
//
// In the first half every call leaves the sum as it was, and whoever looks, by GETALL or GETVAL,
// must see what some order of whole calls gives: the same sum always, and nothing of a value that
// exists only between two operations of one call. In the second half calls of one operation, which
// Linux lets run side by side, mix with calls of several, which it does not. At the end each
// semaphore must hold exactly what the ledgers say.
//
// Prints: every account is right

#define _GNU_SOURCE

#include "set_race.h"

enum { kAccounts = 3, kStart = 1000, kWorkers = 5, kTransient = kAccounts };

struct ledger {
  atomic_long by[kWorkers][kAccounts];
};

static int set;
static struct ledger* ledger;
static int64_t half_ms;

static void note(int worker, const struct sembuf* operations, size_t count, int error) {
  if (error == EAGAIN) return;
  race_ok(error);
  for (size_t i = 0; i < count; ++i) {
    ledger->by[worker][operations[i].sem_num] += operations[i].sem_op;
  }
}

static void transfer(int worker, unsigned* seed) {
  const int from = (int)race_pick(seed, kAccounts);
  const int to = (from + 1 + (int)race_pick(seed, kAccounts - 1)) % kAccounts;
  const int by = 1 + (int)race_pick(seed, 9);
  const struct sembuf operations[] = {race_by(-by, from, IPC_NOWAIT), race_by(by + 1, to, 0),
                                      race_by(-1, to, IPC_NOWAIT)};
  note(worker, operations, 3, race_ops(set, operations, 3));
}

// One operation, mostly on the first semaphore.
static void pay(int worker, unsigned* seed) {
  const int account = race_pick(seed, 4) != 0 ? 0 : (int)race_pick(seed, kAccounts);
  const struct sembuf operation = race_by(race_pick(seed, 2) == 0 ? 1 : -1, account, IPC_NOWAIT);
  note(worker, &operation, 1, race_ops(set, &operation, 1));
}

static void work(int worker) {
  unsigned seed = 77U + (unsigned)worker * 1000U;
  for (int round = 0; round < 200 || race_now_ms() < half_ms; ++round) transfer(worker, &seed);
  race_ok(race_op(set, 1, kTransient + 1, 0));
  race_ok(race_op(set, -1, kTransient + 2, 0));
  while (!race_is_over()) {
    if (worker % 2 == 0) transfer(worker, &seed);
    pay(worker, &seed);
  }
}

// Up and down again within one call: nobody may see the value between.
static void flash(int unused) {
  (void)unused;
  const struct sembuf operations[] = {race_by(5, kTransient, 0), race_by(-5, kTransient, 0)};
  while (!race_is_over()) race_ok(race_ops(set, operations, 2));
}

static void look(void) {
  unsigned short values[kTransient + 3];
  race_must(semctl(set, 0, GETALL, (union semun){.array = values}), "GETALL");
  int sum = 0;
  for (int i = 0; i < kAccounts; ++i) sum += values[i];
  if (sum != kAccounts * kStart) race_fail("GETALL sees the sum %d", sum);
  if (values[kTransient] != 0) race_fail("GETALL sees a value within a call");
  if (race_value(set, kTransient) != 0) race_fail("GETVAL sees a value within a call");
}

int main(void) {
  race_begin();
  half_ms = race.end_ms - kRaceMs / 2;
  set = race_set(kTransient + 3);
  ledger = race_memory(sizeof *ledger);
  for (int i = 0; i < kAccounts; ++i) race_set_value(set, i, kStart);
  for (int i = 0; i < kWorkers; ++i) race_start(work, i);
  race_start(flash, 0);

  while (race_value(set, kTransient + 1) < kWorkers) look();
  race_ok(race_op(set, kWorkers, kTransient + 2, 0));  // The second half begins.
  race_join();
  for (int account = 0; account < kAccounts; ++account) {
    long expected = kStart;
    for (int i = 0; i < kWorkers; ++i) expected += ledger->by[i][account];
    const int value = race_value(set, account);
    if (value != expected) race_fail("account %d has %d, not %ld", account, value, expected);
  }
  race_remove_set(set);
  race_end("every account is right");
}
