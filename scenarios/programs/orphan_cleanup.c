// SPDX-License-Identifier: Apache-2.0
//
// kernel.shm_rmid_forced is switched on and off while others attach segments of dead creators.
//
// Switching it on destroys each such segment that nobody has attached. Whoever attaches one at that
// moment is too late, or keeps it: an attach that succeeded is counted, and its segment exists
// until it is detached. Where the sysctl may not be written, there is nothing to see.
//
// Prints: no attached segment was destroyed

#define _GNU_SOURCE

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/shm.h>

#include "race.h"

enum { kAttachers = 2, kPage = 4096 };

static struct {
  _Atomic int orphan;
  _Atomic int stop;
} * shared;

static int forced;  // the sysctl's file

static int segments(void) {
  struct shm_info info;
  if (shmctl(0, SHM_INFO, (struct shmid_ds*)&info) == -1) die("shmctl SHM_INFO");
  return info.used_ids;
}

static void force(char value) {
  if (pwrite(forced, &value, 1, 0) != 1) die("shm_rmid_forced");
}

static void leave_an_orphan(int argument) {
  (void)argument;
  const int segment = shmget(IPC_PRIVATE, kPage, 0600);
  if (segment == -1) die("shmget");
  atomic_store(&shared->orphan, segment);
}

static void attach_orphans(int argument) {
  (void)argument;
  while (!atomic_load(&shared->stop)) {
    const int segment = atomic_load(&shared->orphan);
    void* memory = shmat(segment, NULL, 0);
    if (memory == (void*)-1) {
      if (errno != EINVAL && errno != EIDRM) die("shmat");
      continue;
    }
    struct shmid_ds status;
    if (shmctl(segment, IPC_STAT, &status) == -1) wrong("destroyed while attached", segment);
    if (status.shm_nattch < 1) wrong("attaches while attached", (long)status.shm_nattch);
    if (shmdt(memory) == -1) die("shmdt");
  }
}

static void cleanup_while_attaching(void) {
  pid_t attachers[kAttachers];
  for (int i = 0; i < kAttachers; ++i) attachers[i] = spawn(attach_orphans, i);
  while (!time_is_up()) {
    force('0');
    join(spawn(leave_an_orphan, 0));
    force('1');
  }
  atomic_store(&shared->stop, 1);
  for (int i = 0; i < kAttachers; ++i) join(attachers[i]);
}

int main(void) {
  shared = mmap(NULL, kPage, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (shared == MAP_FAILED) die("mmap");
  shared->orphan = -1;
  forced = open("/proc/sys/kernel/shm_rmid_forced", O_RDWR | O_CLOEXEC);
  if (forced != -1) {
    char was = '0';
    if (pread(forced, &was, 1, 0) != 1) die("shm_rmid_forced");
    const int before = segments();
    start(kMilliseconds);
    cleanup_while_attaching();
    force('1');
    if (segments() != before) wrong("segments that are left", segments() - before);
    force(was);
  }
  printf("no attached segment was destroyed\n");
  return 0;
}
