// SPDX-License-Identifier: Apache-2.0
//
// The calls of a 32-bit program, made by a 64-bit one through the gate `int 0x80`.
//
// Its shmid_ds has other sizes and offsets, and each time is in two halves. All fields must be
// those that the 64-bit call gives, the upper halves zero, and nothing may be written behind.
// IPC_SET with that structure must set the same. Where a machine has no such gate, there is nothing
// to see.
//
// Prints: both widths agree

#define _GNU_SOURCE

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef __x86_64__

enum { kShmctl = 396, kIpcRmid = 0, kIpcSet = 1, kIpcStat = 2, kGuard = 64, kGarbage = 0xee };

// struct shmid64_ds of i386
struct status {
  int32_t key;
  uint32_t uid, gid, cuid, cgid;
  uint16_t mode, pad1, seq, pad2;
  uint32_t unused1, unused2;
  uint32_t size;
  uint32_t atime, atime_high, dtime, dtime_high, ctime, ctime_high;
  int32_t cpid, lpid;
  uint32_t nattch, unused3, unused4;
};

struct buffer {
  struct status status;
  unsigned char guard[kGuard];
};

static void die(const char* what) {
  perror(what);
  exit(1);
}

static int shmctl32(int segment, int command, const void* buffer) {
  int result;
  __asm__ volatile("int $0x80"
                   : "=a"(result)
                   : "a"(kShmctl), "b"(segment), "c"(command), "d"(buffer)
                   : "memory", "r8", "r9", "r10", "r11");
  return result;
}

static int gate_exists(void) {
  const pid_t child = fork();
  if (child == -1) die("fork");
  if (child == 0) _exit(shmctl32(-1, kIpcStat, NULL) == -EINVAL ? 0 : 1);
  int status = 0;
  if (waitpid(child, &status, 0) == -1) die("waitpid");
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static int agree(const char* name, long long narrow, long long wide) {
  if (narrow == wide) return 1;
  printf("%s: %lld, but %lld for 64 bits\n", name, narrow, wide);
  return 0;
}

static int compare(int segment, struct buffer* buffer) {
  memset(buffer, kGarbage, sizeof *buffer);
  struct shmid_ds wide;
  if (shmctl(segment, IPC_STAT, &wide) == -1) die("shmctl IPC_STAT");
  const int result = shmctl32(segment, kIpcStat, buffer);
  const struct status* narrow = &buffer->status;
  int good = agree("result", result, 0);
  good &= agree("key", narrow->key, wide.shm_perm.__key);
  good &= agree("uid", narrow->uid, wide.shm_perm.uid);
  good &= agree("gid", narrow->gid, wide.shm_perm.gid);
  good &= agree("cuid", narrow->cuid, wide.shm_perm.cuid);
  good &= agree("cgid", narrow->cgid, wide.shm_perm.cgid);
  good &= agree("mode", narrow->mode, wide.shm_perm.mode);
  good &= agree("segsz", narrow->size, (long long)wide.shm_segsz);
  good &= agree("atime", narrow->atime, wide.shm_atime) & agree("high", narrow->atime_high, 0);
  good &= agree("dtime", narrow->dtime, wide.shm_dtime) & agree("high", narrow->dtime_high, 0);
  good &= agree("ctime", narrow->ctime, wide.shm_ctime) & agree("high", narrow->ctime_high, 0);
  good &= agree("cpid", narrow->cpid, wide.shm_cpid);
  good &= agree("lpid", narrow->lpid, wide.shm_lpid);
  good &= agree("nattch", narrow->nattch, (long long)wide.shm_nattch);
  good &= agree("unused", narrow->unused3 | narrow->unused4 | narrow->unused1, 0);
  for (int i = 0; i < kGuard; ++i) good &= agree("guard", buffer->guard[i], kGarbage);
  return good;
}

static int compare_all(void) {
  // Where 32 bits can point to.
  struct buffer* buffer = mmap(NULL, sizeof *buffer, PROT_READ | PROT_WRITE,
                               MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
  if (buffer == MAP_FAILED) die("mmap");
  const int segment = shmget(IPC_PRIVATE, 4097, 0640);
  if (segment == -1) die("shmget");
  int good = compare(segment, buffer);
  const void* memory = shmat(segment, NULL, 0);
  if (memory == (void*)-1) die("shmat");
  good &= compare(segment, buffer);
  buffer->status.mode = 07604;
  good &= agree("IPC_SET", shmctl32(segment, kIpcSet, buffer), 0);
  good &= compare(segment, buffer) & agree("mode", buffer->status.mode, 0604);
  good &= agree("IPC_RMID", shmctl32(segment, kIpcRmid, NULL), 0);
  good &= compare(segment, buffer) & agree("mode", buffer->status.mode, 01604);
  if (shmdt(memory) == -1) die("shmdt");
  return good & agree("IPC_STAT", shmctl32(segment, kIpcStat, buffer), -EINVAL);
}

#else

static int gate_exists(void) { return 0; }
static int compare_all(void) { return 1; }

#endif

int main(void) {
  if (gate_exists() && !compare_all()) return 1;
  printf("both widths agree\n");
  return 0;
}
