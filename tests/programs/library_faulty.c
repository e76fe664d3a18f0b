// SPDX-License-Identifier: Apache-2.0
//
// System V IPC with a fault, which the environment names: what stands between a program and the
// kernel, as a wrapper or an emulation would. Linked into library_observed.cc, whose calls go
// through it on their way to libc.
//
//   FAULT=swap    of two messages that wait the second is received first
//   FAULT=twice   each message is received twice
//   FAULT=drop    the first message is received by nobody
//   FAULT=cut     messages lose their last byte
//   FAULT=stale   msgrcv with IPC_NOWAIT finds nothing, whatever is there
//   FAULT=deaf    semop that adds returns 0, and adds nothing
//   FAULT=undo    SEM_UNDO is forgotten
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/msg.h>
#include <sys/sem.h>

typedef ssize_t (*Msgrcv)(int, void*, size_t, long, int);
typedef int (*Semop)(int, struct sembuf*, size_t);

static char kept[8192];
static ssize_t kept_length = -1;
static int dropped = 0;

static int Has(const char* fault) {
  const char* name = getenv("FAULT");
  return name != NULL && strcmp(name, fault) == 0;
}

static void* Next(const char* name) { return dlsym(RTLD_NEXT, name); }

static ssize_t TakeKept(void* message) {
  const ssize_t length = kept_length;
  memcpy(message, kept, sizeof(long) + (size_t)length);
  kept_length = -1;
  return length;
}

static ssize_t Keep(const void* message, ssize_t length) {
  if (length >= 0) memcpy(kept, message, sizeof(long) + (size_t)length);
  return kept_length = length;
}

ssize_t msgrcv(int id, void* message, size_t size, long type, int flags) {
  Msgrcv next;
  *(void**)&next = Next("msgrcv");
  if (Has("stale") && (flags & IPC_NOWAIT) != 0) {
    errno = ENOMSG;
    return -1;
  }
  if (kept_length >= 0) return TakeKept(message);
  ssize_t length = next(id, message, size, type, flags);
  if (length < 0) return length;
  if (Has("twice")) Keep(message, length);
  if (Has("cut") && length > 0) --length;
  if (Has("swap") && Keep(message, length) >= 0) {
    const ssize_t second = next(id, message, size, type, IPC_NOWAIT);
    length = second < 0 ? TakeKept(message) : second;
  }
  if (Has("drop") && !dropped++) length = next(id, message, size, type, flags);
  return length;
}

int semop(int id, struct sembuf* operations, size_t count) {
  Semop next;
  *(void**)&next = Next("semop");
  if (Has("deaf") && operations[0].sem_op > 0) return 0;
  if (Has("undo")) operations[0].sem_flg &= (short)~SEM_UNDO;
  return next(id, operations, count);
}
