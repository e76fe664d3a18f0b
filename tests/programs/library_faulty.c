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
//   FAULT=eintr   msgrcv fails with EINTR, whatever is there
//   FAULT=nattch  IPC_STAT of a segment counts one attach more
//   FAULT=detach  shmdt returns 0, and detaches nothing
//   FAULT=remove  IPC_RMID of a segment returns 0, and it stays
//   FAULT=lspid   IPC_STAT of a queue takes the last sender and the last receiver for each other
//   FAULT=sempid  GETPID is the process that asks
//   FAULT=otime   IPC_STAT of a set knows of no semop
//   FAULT=ncnt    GETNCNT counts one more
#include <dlfcn.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <unistd.h>

typedef ssize_t (*Msgrcv)(int, void*, size_t, long, int);
typedef int (*Semop)(int, struct sembuf*, size_t);
typedef int (*Semctl)(int, int, int, void*);
typedef int (*Shmdt)(const void*);
typedef int (*Shmctl)(int, int, struct shmid_ds*);
typedef int (*Msgctl)(int, int, struct msqid_ds*);

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
  if (Has("eintr")) {
    errno = EINTR;
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

int semctl(int id, int number, int command, ...) {
  Semctl next;
  *(void**)&next = Next("semctl");
  va_list arguments;
  va_start(arguments, command);
  void* argument = va_arg(arguments, void*);
  va_end(arguments);
  const int result = next(id, number, command, argument);
  if (Has("sempid") && command == GETPID) return getpid();
  if (Has("ncnt") && command == GETNCNT) return result + 1;
  if (Has("otime") && command == IPC_STAT) ((struct semid_ds*)argument)->sem_otime = 0;
  return result;
}

int shmdt(const void* address) {
  Shmdt next;
  *(void**)&next = Next("shmdt");
  return Has("detach") ? 0 : next(address);
}

int shmctl(int id, int command, struct shmid_ds* status) {
  Shmctl next;
  *(void**)&next = Next("shmctl");
  if (Has("remove") && command == IPC_RMID) return 0;
  const int result = next(id, command, status);
  if (Has("nattch") && command == IPC_STAT) ++status->shm_nattch;
  return result;
}

int msgctl(int id, int command, struct msqid_ds* status) {
  Msgctl next;
  *(void**)&next = Next("msgctl");
  const int result = next(id, command, status);
  if (Has("lspid") && command == IPC_STAT) {
    const pid_t sender = status->msg_lspid;
    status->msg_lspid = status->msg_lrpid;
    status->msg_lrpid = sender;
  }
  return result;
}
