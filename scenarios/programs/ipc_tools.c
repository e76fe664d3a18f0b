// SPDX-License-Identifier: Apache-2.0
//
// The tools of util-linux, ipcmk, ipcs, ipcrm and lsipc, against the kernel.
//
// What ipcmk makes exists and is listed; what ipcrm removes is gone, by id, by key and all at once;
// what it must not remove it says; the limits that ipcs and lsipc print are those of /proc/sys. It
// needs a namespace in which nothing exists, and refuses any other: `ipcrm --all` means all.
//
// Prints: ok

#define _GNU_SOURCE

#include <sched.h>
#include <stdint.h>
#include <unistd.h>

#include "tools.h"

enum { kKinds = 3, kStranger = 65534 };

// A segment, a queue, a set: their letters, what ipcmk needs, the columns that ipcs and lsipc name.
static const struct {
  char letter;
  char upper;
  const char* make;
  const char* heading;
  const char* columns;
  const char* lsipc;
} kind_of[kKinds] = {
    {'m', 'M', "-M 5000", "------ Shared Memory Segments --------",
     "key shmid owner perms bytes nattch status",
     "KEY ID PERMS OWNER SIZE NATTCH STATUS CTIME CPID LPID COMMAND"},
    {'q', 'Q', "-Q", "------ Message Queues --------", "key msqid owner perms used-bytes messages",
     "KEY ID PERMS OWNER USEDBYTES MSGS LSPID LRPID"},
    {'s', 'S', "-S 3", "------ Semaphore Arrays --------", "key semid owner perms nsems",
     "KEY ID PERMS OWNER NSEMS"}};

// The permissions of an object; false where it does not exist.
static int stat_of(int kind, int id, struct ipc_perm* perm) {
  struct shmid_ds segment;
  struct msqid_ds queue;
  struct semid_ds set;
  const union semun arg = {.buf = &set};
  const int failed = kind == 0   ? shmctl(id, IPC_STAT, &segment)
                     : kind == 1 ? msgctl(id, IPC_STAT, &queue)
                                 : semctl(id, 0, IPC_STAT, arg);
  if (failed == -1) return 0;
  *perm = kind == 0 ? segment.shm_perm : kind == 1 ? queue.msg_perm : set.sem_perm;
  return 1;
}

static int exists(int kind, int id) {
  struct ipc_perm perm;
  return stat_of(kind, id, &perm);
}

static int make(int kind) {
  expect(run("ipcmk %s -p 0640", kind_of[kind].make) == 0, "ipcmk fails");
  const char* id = strstr(output, "id: ");
  expect(id != NULL, "ipcmk tells no id");
  struct ipc_perm perm;
  expect(stat_of(kind, atoi(id + 4), &perm), "ipcmk made nothing");
  expect((perm.mode & 0777) == 0640, "ipcmk made another mode");
  return atoi(id + 4);
}

static int listed(int kind, int id, int key) {
  char start[64];
  snprintf(start, sizeof start, "\n0x%08x %d ", (unsigned)key, id);
  expect(run("ipcs -%c", kind_of[kind].letter) == 0, "ipcs fails");
  return strstr(output, start) != NULL;
}

static void check_headers(void) {
  for (int kind = 0; kind < kKinds; ++kind) {
    expect(run("ipcs -%c", kind_of[kind].letter) == 0, "ipcs fails");
    expect(says("%s", kind_of[kind].heading), "no heading");
    expect(says("%s", kind_of[kind].columns), "no names of columns");
    expect(run("ipcs") == 0, "ipcs fails");
    expect(says("%s\n%s", kind_of[kind].heading, kind_of[kind].columns), "not in ipcs");
    const int id = make(kind);
    expect(run("lsipc -%c", kind_of[kind].letter) == 0, "lsipc fails");
    expect(says("%s", kind_of[kind].lsipc), "no names of columns");
    expect(run("ipcrm -%c %d", kind_of[kind].letter, id) == 0, "ipcrm fails");
  }
  expect(run("ipcs -u") == 0, "ipcs -u fails");
  expect(says("------ Shared Memory Status --------"), "no summary of segments");
  expect(says("------ Messages Status --------"), "no summary of queues");
  expect(says("------ Semaphore Status --------"), "no summary of sets");
}

static void check_life(int kind) {
  struct ipc_perm perm = {0};
  const int id = make(kind);
  stat_of(kind, id, &perm);
  expect(listed(kind, id, perm.__key), "not listed");
  expect(run("ipcrm -%c %d", kind_of[kind].letter, id) == 0, "ipcrm fails");
  expect(!exists(kind, id), "not removed by id");
  expect(!listed(kind, id, perm.__key), "still listed");
  expect(run("ipcrm -%c %d", kind_of[kind].letter, id) == 1, "removed twice");
  expect(says("ipcrm: invalid id (%d)", id), "no word about the id");

  const int again = make(kind);
  stat_of(kind, again, &perm);
  expect(perm.__key != IPC_PRIVATE, "no key");
  expect(run("ipcrm -%c 0x%08x", kind_of[kind].upper, perm.__key) == 0, "ipcrm fails");
  expect(!exists(kind, again), "not removed by key");
  expect(run("ipcrm -%c 0x%08x", kind_of[kind].upper, perm.__key) == 1, "removed twice");
  expect(says("ipcrm: invalid key (0x%08x)", perm.__key), "no word about the key");
}

static unsigned long long limit(const char* name) {
  char path[64];
  snprintf(path, sizeof path, "/proc/sys/kernel/%s", name);
  FILE* file = fopen(path, "r");
  unsigned long long value = 0;
  if (file == NULL || fscanf(file, "%llu", &value) != 1) fail(path);
  fclose(file);
  return value;
}

static void check_limits(void) {
  unsigned long long sem[4];
  FILE* file = fopen("/proc/sys/kernel/sem", "r");
  if (file == NULL) fail("/proc/sys/kernel/sem");
  if (fscanf(file, "%llu %llu %llu %llu", &sem[0], &sem[1], &sem[2], &sem[3]) != 4) fail("sem");
  fclose(file);
  // Pages in units of 1024 bytes; what does not fit is the largest multiple that does.
  const unsigned long long unit = (unsigned long long)sysconf(_SC_PAGESIZE) / 1024;
  const unsigned long long pages = limit("shmall");
  const int fits = pages <= UINT64_MAX / unit;

  expect(run("ipcs -l") == 0, "ipcs -l fails");
  expect(says("max queues system wide = %llu", limit("msgmni")), "MSGMNI");
  expect(says("max size of message (bytes) = %llu", limit("msgmax")), "MSGMAX");
  expect(says("default max size of queue (bytes) = %llu", limit("msgmnb")), "MSGMNB");
  expect(says("max number of segments = %llu", limit("shmmni")), "SHMMNI");
  expect(says("max seg size (kbytes) = %llu", limit("shmmax") / 1024), "SHMMAX");
  expect(says("max total shared memory (kbytes) = %llu",
              fits ? pages * unit : UINT64_MAX - UINT64_MAX % unit),
         "SHMALL");
  expect(says("min seg size (bytes) = 1"), "SHMMIN");
  expect(says("max semaphores per array = %llu", sem[0]), "SEMMSL");
  expect(says("max semaphores system wide = %llu", sem[1]), "SEMMNS");
  expect(says("max ops per semop call = %llu", sem[2]), "SEMOPM");
  expect(says("max number of arrays = %llu", sem[3]), "SEMMNI");
  expect(says("semaphore max value = 32767"), "SEMVMX");

  expect(run("lsipc --global --raw --bytes -o RESOURCE,LIMIT") == 0, "lsipc -g fails");
  static const char* const kNames[] = {"shmmni", "shmmax", "shmall", "msgmni", "msgmax", "msgmnb"};
  static const char* const kLsipc[] = {"SHMMNI", "SHMMAX", "SHMALL", "MSGMNI", "MSGMAX", "MSGMNB"};
  for (int i = 0; i < 6; ++i) expect(says("%s %llu", kLsipc[i], limit(kNames[i])), kNames[i]);
  static const char* const kSem[] = {"SEMMSL", "SEMMNS", "SEMOPM", "SEMMNI"};
  for (int i = 0; i < 4; ++i) expect(says("%s %llu", kSem[i], sem[i]), kSem[i]);
}

static int set_limit(const char* name, const char* value) {
  char path[64];
  snprintf(path, sizeof path, "/proc/sys/kernel/%s", name);
  FILE* file = fopen(path, "w");
  if (file == NULL) return 0;
  const int written = fputs(value, file) >= 0;
  return fclose(file) == 0 && written;
}

// Other limits, in another namespace; where there can be one.
static void check_other_limits(void) {
  if (unshare(CLONE_NEWIPC) == -1) return;
  const int set = set_limit("shmmni", "71") && set_limit("shmmax", "1234567") &&
                  set_limit("shmall", "999") && set_limit("msgmni", "72") &&
                  set_limit("msgmax", "101") && set_limit("msgmnb", "202") &&
                  set_limit("sem", "11 22 33 44");
  if (set) expect(limit("shmmni") == 71, "the limit is another one");
  check_limits();
}

// Runs a check in a child, which may change itself for it.
static void in_child(void (*check)(void)) {
  const pid_t child = fork();
  if (child == -1) fail("fork");
  if (child == 0) {
    check();
    _exit(0);
  }
  int status = 0;
  if (waitpid(child, &status, 0) == -1 || status != 0) exit(1);
}

static int ids[kKinds];

// Somebody else can remove nothing; where there can be somebody else.
static void check_stranger(void) {
  if (setgid(kStranger) == -1 || setuid(kStranger) == -1) return;
  for (int kind = 0; kind < kKinds; ++kind) {
    expect(run("ipcrm -%c %d", kind_of[kind].letter, ids[kind]) == 1, "a stranger removes");
    expect(says("ipcrm: permission denied for id (%d)", ids[kind]), "no word about permission");
  }
}

static void check_all(void) {
  for (int kind = 0; kind < kKinds; ++kind) ids[kind] = make(kind);
  in_child(check_stranger);
  expect(run("ipcrm --all=msg") == 0, "ipcrm --all=msg fails");
  expect(exists(0, ids[0]) && !exists(1, ids[1]) && exists(2, ids[2]), "not the queues alone");
  expect(run("ipcrm -a") == 0, "ipcrm -a fails");
  expect(objects() == 0, "not all are gone");

  // A segment that is attached stays until it is detached, removed by ipcrm or before.
  ids[0] = make(0);
  const int removed = make(0);
  ids[2] = make(2);
  void* const first = shmat(ids[0], NULL, 0);
  void* const second = shmat(removed, NULL, 0);
  if (first == (void*)-1 || second == (void*)-1) fail("shmat");
  if (shmctl(removed, IPC_RMID, NULL) == -1) fail("IPC_RMID");
  expect(run("ipcrm --all") == 0, "ipcrm --all fails");
  expect(objects() == 2 && !exists(2, ids[2]), "not all are removed");
  expect(run("ipcs -m") == 0, "ipcs fails");
  expect(says("0x00000000 %d root 640 5000 1 dest", ids[0]), "not about to go");
  expect(says("0x00000000 %d root 640 5000 1 dest", removed), "not about to go");
  if (shmdt(first) == -1 || shmdt(second) == -1) fail("shmdt");
  expect(objects() == 0, "not all are gone");
}

int main(void) {
  prepare();
  check_headers();
  for (int kind = 0; kind < kKinds; ++kind) check_life(kind);
  check_limits();
  in_child(check_other_limits);
  check_all();
  puts("ok");
  return 0;
}
