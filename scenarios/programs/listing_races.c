// SPDX-License-Identifier: Apache-2.0
//
// /proc/sysvipc is read while sets, queues and segments come and go.
//
// Every line must be whole and tell of one object: mode and size follow from the key. No id may
// stand in a list twice, and what is there all the time must be in every list once. The lists are
// longer than a page, and are read in pieces of several sizes.
//
// Prints: every list was whole

#define _GNU_SOURCE

#include <fcntl.h>
#include <sys/shm.h>

#include "set_race.h"

enum { kLasting = 50, kComing = 30, kFirstKey = 4000, kKinds = 3, kMostBytes = 65536 };

static const char* const kFiles[kKinds] = {"/proc/sysvipc/sem", "/proc/sysvipc/msg",
                                           "/proc/sysvipc/shm"};

// Mode and size follow from the key, so that a torn line shows.
static unsigned mode_of(int key) { return key % 2 == 0 ? 0600 : 0640; }
static int size_of(int key) { return 1 + key % 7; }

static int create(int kind, int key) {
  const int flags = IPC_CREAT | IPC_EXCL | (int)mode_of(key);
  switch (kind) {
    case 0:
      return (int)race_must(semget(key, size_of(key), flags), "semget");
    case 1:
      return (int)race_must(msgget(key, flags), "msgget");
    default:
      return (int)race_must(shmget(key, (size_t)size_of(key), flags), "shmget");
  }
}

static void destroy(int kind, int id) {
  if (kind == 0) race_must(semctl(id, 0, IPC_RMID), "semctl");
  if (kind == 1) race_must(msgctl(id, IPC_RMID, NULL), "msgctl");
  if (kind == 2) race_must(shmctl(id, IPC_RMID, NULL), "shmctl");
}

static void come_and_go(int kind) {
  int ids[kComing];
  unsigned seed = 17U + (unsigned)kind;
  for (int i = 0; i < kComing; ++i) ids[i] = -1;
  while (!race_is_over()) {
    const int i = (int)race_pick(&seed, kComing);
    if (ids[i] == -1) {
      ids[i] = create(kind, kFirstKey + kLasting + i);
    } else {
      destroy(kind, ids[i]);
      ids[i] = -1;
    }
  }
  for (int i = 0; i < kComing; ++i) {
    if (ids[i] != -1) destroy(kind, ids[i]);
  }
}

// Reads all of the file in pieces of some size. Ends it with a NUL.
static void read_list(int kind, char* text, size_t piece) {
  const int file = (int)race_must(open(kFiles[kind], O_RDONLY | O_CLOEXEC), kFiles[kind]);
  size_t size = 0;
  ssize_t got = 1;
  while (got > 0 && size + piece < kMostBytes) {
    got = read(file, text + size, piece);
    race_must(got, "read");
    size += (size_t)got;
  }
  if (got != 0) race_fail("the list does not end");
  close(file);
  text[size] = '\0';
}

static void check_list(int kind, const char* text) {
  int lasting = 0;
  int count = 0;
  static int ids[kLasting + kComing];
  const char* line = strchr(text, '\n');
  for (; line != NULL && line[1] != '\0'; line = strchr(line + 1, '\n')) {
    int key = 0;
    int id = 0;
    unsigned mode = 0;
    long size = 0;
    if (sscanf(line + 1, "%d %d %o %ld", &key, &id, &mode, &size) != 4 ||
        strchr(line + 1, '\n') == NULL) {
      race_fail("half a line");
    }
    if (key < kFirstKey || key >= kFirstKey + kLasting + kComing) race_fail("the key %d", key);
    if (mode != mode_of(key)) race_fail("key %d, mode %o", key, mode);
    if (kind != 1 && size != size_of(key)) race_fail("key %d, size %ld", key, size);
    if (count == kLasting + kComing) race_fail("the list is too long");
    for (int i = 0; i < count; ++i) {
      if (ids[i] == id) race_fail("id %d stands there twice", id);
    }
    ids[count++] = id;
    lasting += key < kFirstKey + kLasting;
  }
  if (lasting != kLasting)
    race_fail("%s: %d of %d that are there", kFiles[kind], lasting, kLasting);
}

int main(void) {
  race_begin();
  static char text[kMostBytes];
  int ids[kKinds][kLasting];
  for (int i = 0; i < kLasting; ++i) {
    for (int kind = 0; kind < kKinds; ++kind) ids[kind][i] = create(kind, kFirstKey + i);
  }
  for (int kind = 0; kind < kKinds; ++kind) race_start(come_and_go, kind);
  const size_t pieces[] = {kMostBytes / 2, 4096, 1000, 80};
  for (int round = 0; !race_is_over(); ++round) {
    read_list(round % kKinds, text, pieces[round / kKinds % 4]);
    check_list(round % kKinds, text);
  }
  race_join();
  for (int i = 0; i < kLasting; ++i) {
    for (int kind = 0; kind < kKinds; ++kind) destroy(kind, ids[kind][i]);
  }
  race_end("every list was whole");
}
