// SPDX-License-Identifier: Apache-2.0
//
// A set through the 32-bit system calls, which a 64-bit program reaches by `int 0x80`.
//
// What one ABI sets the other sees. There are two ways in, the calls of their own and the older
// ipc(2), which has all of them, and two structures for IPC_STAT: one with times in two halves, of
// which the upper is 0, and one from before with 16-bit ids. The timeout of semtimedop comes in two
// sizes. All must agree. Where there are no such calls, there is nothing to see.
//
// Prints: both ABIs agree

#define _GNU_SOURCE

#include "set_race.h"

#if defined(__x86_64__)

enum { kGetpid = 20, kIpc = 117, kSemget = 393, kSemctl = 394, kSemtimedop64 = 420 };
enum { kIpcSemop = 1, kIpcSemget = 2, kIpcSemctl = 3, kIpcSemtimedop = 4, kIpc64 = 0x100 };
enum { kOtime = 9, kCtime = 11, kNsems = 13, kWords = 16 };  // of struct semid64_ds
enum { kKey = 4711, kSemaphores = 3, kMillisecond = 1000000 };

// Everything that the calls point to; it is in the first 4 GiB.
struct low {
  uint32_t argument;
  uint32_t status[kWords + 1];  // and a word behind it
  struct {
    int32_t key;
    uint16_t uid, gid, cuid, cgid, mode, seq;
    int32_t otime, ctime;
    uint32_t pointers[4];
    uint16_t nsems, behind;
  } old_status;
  uint16_t values[kSemaphores + 1];
  struct sembuf operations[3];
  int32_t time32[2];
  int64_t time64[2];
};

static struct low* low;
static int set;
static bool by_ipc;

static long call32(long number, long a, long b, long c, long d, long e, long f) {
  long result;
  __asm__ volatile("xchg %%rbp, %[f]; int $0x80; xchg %%rbp, %[f]"
                   : "=a"(result), [f] "+r"(f)
                   : "a"(number), "b"(a), "c"(b), "d"(c), "S"(d), "D"(e)
                   : "memory", "r8", "r9", "r10", "r11");
  return (int)result;
}

static long address(const void* pointer) { return (long)(uintptr_t)pointer; }

static long semctl32(int number, int command, uint32_t argument) {
  low->argument = argument;
  return by_ipc
             ? call32(kIpc, kIpcSemctl, set, number, command | kIpc64, address(&low->argument), 0)
             : call32(kSemctl, set, number, command, argument, 0, 0);
}

static long semget32(int key, int semaphores, int flags) {
  return by_ipc ? call32(kIpc, kIpcSemget, key, semaphores, flags, 0, 0)
                : call32(kSemget, key, semaphores, flags, 0, 0, 0);
}

// Without a timeout there is only the one way.
static long semop32(int count) {
  return call32(kIpc, kIpcSemop, set, count, 0, address(low->operations), 0);
}

static long semtimedop32(int count, int seconds, int nanoseconds) {
  low->time32[0] = seconds;
  low->time32[1] = nanoseconds;
  low->time64[0] = seconds;
  low->time64[1] = nanoseconds;
  return by_ipc ? call32(kIpc, kIpcSemtimedop, set, count, 0, address(low->operations),
                         address(low->time32))
                : call32(kSemtimedop64, set, address(low->operations), count, address(low->time64),
                         0, 0);
}

// A process of its own finds out: without these calls it may be ended by a signal.
static void probe(int unused) {
  (void)unused;
  if (call32(kGetpid, 0, 0, 0, 0, 0, 0) != getpid()) _exit(1);
}

static void expect(const char* what, long seen, long expected) {
  if (seen != expected) race_fail("%s: %ld in place of %ld", what, seen, expected);
}

static void compare_status(void) {
  struct semid_ds status;
  race_must(semctl(set, 0, IPC_STAT, (union semun){.buf = &status}), "IPC_STAT");
  memset(low->status, 0xee, sizeof low->status);
  expect("32-bit IPC_STAT", semctl32(0, IPC_STAT, (uint32_t)address(low->status)), 0);
  const uint32_t* words = low->status;
  expect("key", (int32_t)words[0], status.sem_perm.__key);
  expect("uid", words[1], status.sem_perm.uid);
  expect("cgid", words[4], status.sem_perm.cgid);
  expect("mode", words[5], status.sem_perm.mode);
  expect("otime", words[kOtime], status.sem_otime);
  expect("otime_high", words[kOtime + 1], 0);
  expect("ctime", words[kCtime], status.sem_ctime);
  expect("ctime_high", words[kCtime + 1], 0);
  expect("nsems", words[kNsems], (long)status.sem_nsems);
  expect("the word behind", words[kWords], 0xeeeeeeee);
  memset(&low->old_status, 0xee, sizeof low->old_status);
  low->argument = (uint32_t)address(&low->old_status);
  expect("old IPC_STAT", call32(kIpc, kIpcSemctl, set, 0, IPC_STAT, address(&low->argument), 0), 0);
  expect("old key", low->old_status.key, status.sem_perm.__key);
  expect("old mode", low->old_status.mode, status.sem_perm.mode);
  expect("old uid", low->old_status.uid, (uint16_t)status.sem_perm.uid);
  expect("old otime", low->old_status.otime, status.sem_otime);
  expect("old ctime", low->old_status.ctime, status.sem_ctime);
  expect("old nsems", low->old_status.nsems, (long)status.sem_nsems);
}

static void play(void) {
  unsigned short values[kSemaphores];
  expect("semget", semget32(kKey, kSemaphores, 0), set);
  expect("IPC_EXCL", semget32(kKey, kSemaphores, IPC_CREAT | IPC_EXCL), -EEXIST);
  expect("SETVAL", semctl32(1, SETVAL, 7), 0);
  expect("SETVAL -1", semctl32(1, SETVAL, UINT32_MAX), -ERANGE);
  expect("GETVAL", race_value(set, 1), 7);
  memset(low->values, 0xee, sizeof low->values);
  expect("GETALL", semctl32(0, GETALL, (uint32_t)address(low->values)), 0);
  expect("a value", low->values[1], 7);
  expect("the value behind", low->values[kSemaphores], 0xeeee);
  low->operations[0] = race_by(-7, 1, 0);
  low->operations[1] = race_by(3, 2, 0);
  low->operations[2] = race_by(-1, 0, IPC_NOWAIT);
  expect("semop that cannot", semop32(3), -EAGAIN);
  expect("semop", semop32(2), 0);
  race_must(semctl(set, 0, GETALL, (union semun){.array = values}), "GETALL");
  expect("the first", values[0] + 10 * values[1], 0);
  expect("the third", values[2], 3);
  expect("GETPID", semctl32(2, GETPID, 0), getpid());
  compare_status();
  expect("a timeout", semtimedop32(1, 0, kMillisecond), -EAGAIN);
  expect("a timeout of -1", semtimedop32(1, -1, 0), -EINVAL);
  expect("a timeout that is none", semtimedop32(1, 0, 1000 * kMillisecond), -EINVAL);
  low->operations[0] = race_by(-3, 2, 0);
  expect("semtimedop", semtimedop32(1, 1000, 0), 0);
  low->values[0] = low->values[1] = low->values[2] = 0;
  expect("SETALL", semctl32(0, SETALL, (uint32_t)address(low->values)), 0);
  expect("a bad number", semctl32(kSemaphores, GETVAL, 0), -EINVAL);
  compare_status();
}

int main(void) {
  race_begin();
  void* memory = mmap(NULL, sizeof *low, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
  if (memory != MAP_FAILED && race_wait(race_start(probe, 0)) == 0) {
    low = memory;
    set = (int)race_must(semget(kKey, kSemaphores, IPC_CREAT | 0640), "semget");
    by_ipc = true;
    play();
    by_ipc = false;
    if (semget32(kKey, kSemaphores, 0) != -ENOSYS) play();
    race_remove_set(set);
  }
  race_end("both ABIs agree");
}

#else

int main(void) { puts("both ABIs agree"); }

#endif
