// SPDX-License-Identifier: Apache-2.0
//
// An IPC object and the user namespaces from which it is looked at.
//
// In a user namespace that does not map its owner, an object belongs to 65534, and nobody can give
// it to a user who is not mapped. Who is root in a new user namespace has no more right to an
// object outside than the user who made that namespace; but an IPC namespace of its own it owns,
// with its limits and its next ids. A child does it and ends, so that nothing remains. Where user
// namespaces are not permitted, there is nothing to see.
//
// Prints: each user namespace has its own root

#define _GNU_SOURCE

#include "set_race.h"

enum { kNobody = 65534, kKey = 4711 };

static int set;

static void expect(const char* what, long seen, long expected) {
  if (seen != expected) race_fail("%s: %ld in place of %ld", what, seen, expected);
}

static struct semid_ds status_of(int id) {
  struct semid_ds status;
  race_must(semctl(id, 0, IPC_STAT, (union semun){.buf = &status}), "IPC_STAT");
  return status;
}

static int set_owner(int id, unsigned uid, unsigned gid) {
  struct semid_ds status = status_of(id);
  status.sem_perm.uid = uid;
  status.sem_perm.gid = gid;
  return semctl(id, 0, IPC_SET, (union semun){.buf = &status}) == 0 ? 0 : errno;
}

static void look_unmapped(int unused) {
  (void)unused;
  if (unshare(CLONE_NEWUSER) == -1) return;
  const struct semid_ds status = status_of(set);
  expect("uid of an owner who is not mapped", status.sem_perm.uid, kNobody);
  expect("gid of an owner who is not mapped", status.sem_perm.gid, kNobody);
  expect("cuid of a creator who is not mapped", status.sem_perm.cuid, kNobody);
  expect("to a user who is not mapped", set_owner(set, 0, 0), EINVAL);
  expect("to user -1", set_owner(set, (unsigned)-1, 0), EINVAL);
}

static void become_root_inside(int unused) {
  (void)unused;
  char map[32];
  snprintf(map, sizeof map, "0 %u 1", (unsigned)geteuid());
  if (unshare(CLONE_NEWUSER | CLONE_NEWIPC) == -1) return;
  if (!race_write_file("/proc/self/uid_map", map)) return;
  const int inside = (int)race_must(semget(kKey, 1, IPC_CREAT | 0600), "semget");
  expect("uid of the root inside", status_of(inside).sem_perm.uid, 0);
  expect("to a user who is not mapped", set_owner(inside, 54321, 0), EINVAL);
  // Since Linux 6.10 the limits are its own, too. The namespace ends with this child.
  if (race_write_file("/proc/sys/kernel/sem", "10 20 30 2")) {
    if (semget(IPC_PRIVATE, 11, 0600) != -1 || errno != EINVAL) race_fail("SEMMSL is not 10");
    race_must(semget(IPC_PRIVATE, 10, 0600), "semget");
    if (semget(IPC_PRIVATE, 1, 0600) != -1 || errno != ENOSPC) race_fail("SEMMNI is not 2");
  }
}

static void try_from_inside(int unused) {
  (void)unused;
  char map[32];
  snprintf(map, sizeof map, "0 %u 1", (unsigned)geteuid());
  race_must(semctl(set, 0, SETVAL, (union semun){.val = 1}), "SETVAL");
  if (unshare(CLONE_NEWUSER) == -1) return;
  // Root inside, but without a right outside: mode 0 keeps its owner out, too.
  if (!race_write_file("/proc/self/uid_map", map)) return;
  expect("IPC_SET by the owner", set_owner(set, 0, 0), EINVAL);  // The group is not mapped.
  if (semctl(set, 0, GETVAL) != 1) race_fail("GETVAL: %s", strerror(errno));
  if (unshare(CLONE_NEWIPC) == -1) race_fail("unshare: %s", strerror(errno));
  if (semctl(set, 0, GETVAL) != -1) race_fail("the set is in the new namespace, too");
}

int main(void) {
  race_begin();
  set = (int)race_must(semget(kKey, 1, IPC_CREAT | 0666), "semget");
  race_wait_well(race_start(look_unmapped, 0));
  race_wait_well(race_start(become_root_inside, 0));
  race_wait_well(race_start(try_from_inside, 0));
  expect("GETVAL outside", race_value(set, 0), 1);
  race_remove_set(set);
  race_end("each user namespace has its own root");
}
