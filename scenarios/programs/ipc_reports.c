// SPDX-License-Identifier: Apache-2.0
//
// What ipcs says about objects, against what the kernel says.
//
// Every line that `ipcs`, `ipcs -t`, `ipcs -p` and `ipcs -c` print about a segment, a queue and a
// set is built here from shmctl, msgctl and semctl with IPC_STAT, and those of `ipcs -u` from
// *_INFO. The objects have contents, owners, dead and living attachers, and each status.
//
// Prints: ok

#define _GNU_SOURCE

#include <grp.h>
#include <pwd.h>
#include <time.h>
#include <unistd.h>

#include "tools.h"

static const char* user(uid_t uid) {
  const struct passwd* known = getpwuid(uid);
  return known == NULL ? "nobody knows" : known->pw_name;
}

static const char* group(gid_t gid) {
  const struct group* known = getgrgid(gid);
  return known == NULL ? "nobody knows" : known->gr_name;
}

// As ipcs prints a time: in short, or in full. Three may be in use.
static const char* when(time_t time, int full) {
  static char texts[3][64];
  static int next;
  char* text = texts[next = (next + 1) % 3];
  if (time == 0) return "Not set";
  struct tm broken;
  char clock[20], year[16] = "", day[8] = "", month[8];
  gmtime_r(&time, &broken);
  strftime(clock, sizeof clock, "%H:%M:%S", &broken);
  strftime(month, sizeof month, "%b", &broken);
  if (full) strftime(day, sizeof day, "%a ", &broken);
  if (full) strftime(year, sizeof year, " %Y", &broken);
  snprintf(text, sizeof texts[0], "%s%s %d %s%s", day, month, broken.tm_mday, clock, year);
  return text;
}

static void check_creator(char letter, int id, const struct ipc_perm* perm) {
  expect(run("ipcs -%c -c", letter) == 0, "ipcs -c fails");
  expect(says("%d %o %s %s %s %s", id, perm->mode & 0777, user(perm->cuid), group(perm->cgid),
              user(perm->uid), group(perm->gid)),
         "wrong owners");
}

static void check_segment(int id) {
  struct shmid_ds ds;
  if (shmctl(id, IPC_STAT, &ds) == -1) fail("IPC_STAT");
  const struct ipc_perm* perm = &ds.shm_perm;
  const char* name = user(perm->uid);
  expect(run("ipcs -m") == 0, "ipcs -m fails");
  expect(says("0x%08x %d %s %o %zu %lu%s%s", perm->__key, id, name, perm->mode & 0777, ds.shm_segsz,
              (unsigned long)ds.shm_nattch, (perm->mode & SHM_DEST) != 0 ? " dest" : "",
              (perm->mode & SHM_LOCKED) != 0 ? " locked" : ""),
         "wrong segment");
  expect(run("ipcs -m -t") == 0, "ipcs -m -t fails");
  expect(says("%d %s %s %s %s", id, name, when(ds.shm_atime, 0), when(ds.shm_dtime, 0),
              when(ds.shm_ctime, 0)),
         "wrong times");
  expect(run("ipcs -m -p") == 0, "ipcs -m -p fails");
  expect(says("%d %s %d %d", id, name, ds.shm_cpid, ds.shm_lpid), "wrong processes");
  check_creator('m', id, perm);
}

static void check_queue(int id) {
  struct msqid_ds ds;
  if (msgctl(id, IPC_STAT, &ds) == -1) fail("IPC_STAT");
  const char* name = user(ds.msg_perm.uid);
  expect(run("ipcs -q") == 0, "ipcs -q fails");
  expect(says("0x%08x %d %s %o %lu %lu", ds.msg_perm.__key, id, name, ds.msg_perm.mode & 0777,
              (unsigned long)ds.__msg_cbytes, (unsigned long)ds.msg_qnum),
         "wrong queue");
  expect(run("ipcs -q -t") == 0, "ipcs -q -t fails");
  expect(says("%d %s %s %s %s", id, name, when(ds.msg_stime, 0), when(ds.msg_rtime, 0),
              when(ds.msg_ctime, 0)),
         "wrong times");
  expect(run("ipcs -q -p") == 0, "ipcs -q -p fails");
  expect(says("%d %s %d %d", id, name, ds.msg_lspid, ds.msg_lrpid), "wrong processes");
  check_creator('q', id, &ds.msg_perm);
}

static void check_set(int id) {
  struct semid_ds ds;
  const union semun arg = {.buf = &ds};
  if (semctl(id, 0, IPC_STAT, arg) == -1) fail("IPC_STAT");
  const char* name = user(ds.sem_perm.uid);
  expect(run("ipcs -s") == 0, "ipcs -s fails");
  expect(says("0x%08x %d %s %o %lu", ds.sem_perm.__key, id, name, ds.sem_perm.mode & 0777,
              (unsigned long)ds.sem_nsems),
         "wrong set");
  expect(run("ipcs -s -t") == 0, "ipcs -s -t fails");
  expect(says("%d %s %s %s", id, name, when(ds.sem_otime, 1), when(ds.sem_ctime, 1)),
         "wrong times");
  check_creator('s', id, &ds.sem_perm);
}

static void check_totals(void) {
  struct shm_info segments;
  struct msginfo queues;
  struct seminfo sets;
  const union semun arg = {.info = &sets};
  expect(run("ipcs -u") == 0, "ipcs -u fails");
  if (shmctl(0, SHM_INFO, (struct shmid_ds*)&segments) == -1) fail("SHM_INFO");
  if (msgctl(0, MSG_INFO, (struct msqid_ds*)&queues) == -1) fail("MSG_INFO");
  if (semctl(0, 0, SEM_INFO, arg) == -1) fail("SEM_INFO");
  expect(says("segments allocated %d", segments.used_ids), "wrong number of segments");
  expect(says("pages allocated %lu", segments.shm_tot), "wrong number of pages");
  expect(says("pages resident %lu", segments.shm_rss), "wrong number of pages in memory");
  expect(says("pages swapped %lu", segments.shm_swp), "wrong number of pages swapped out");
  expect(says("allocated queues = %d", queues.msgpool), "wrong number of queues");
  expect(says("used headers = %d", queues.msgmap), "wrong number of messages");
  expect(says("used space = %d bytes", queues.msgtql), "wrong number of bytes");
  expect(says("used arrays = %d", sets.semusz), "wrong number of sets");
  expect(says("allocated semaphores = %d", sets.semaem), "wrong number of semaphores");
}

static void* attach(int id) {
  char* address = shmat(id, NULL, 0);
  if (address == (void*)-1) fail("shmat");
  address[0] = 1;
  return address;
}

// A segment that is locked where that is allowed, attached, and was attached by a child.
static int make_segment(void) {
  const int id = shmget(0x7e0000ff, 5000, IPC_CREAT | 0640);
  if (id == -1) fail("shmget");
  attach(id);
  shmctl(id, SHM_LOCK, NULL);
  const pid_t child = fork();
  if (child == -1) fail("fork");
  if (child == 0) _exit(shmdt(attach(id)) == 0 ? 0 : 1);
  int status = 0;
  if (waitpid(child, &status, 0) == -1 || status != 0) fail("child");
  return id;
}

static int make_removed(void) {
  const int id = shmget(IPC_PRIVATE, 1, 0601);
  if (id == -1) fail("shmget");
  attach(id);
  if (shmctl(id, IPC_RMID, NULL) == -1) fail("IPC_RMID");
  return id;
}

static int make_queue(void) {
  const struct {
    long type;
    char text[10];
  } message = {1, "a message"};
  char buffer[sizeof message];
  const int id = msgget((key_t)0xfe0000ff, IPC_CREAT | 0622);
  if (id == -1) fail("msgget");
  for (size_t size = 3; size <= 9; size += 3) {
    if (msgsnd(id, &message, size, 0) == -1) fail("msgsnd");
  }
  if (msgrcv(id, buffer, 9, 0, 0) != 3) fail("msgrcv");
  return id;
}

static int make_set(void) {
  struct sembuf up = {1, 2, 0};
  const int id = semget(0x12, 3, IPC_CREAT | 0666);
  if (id == -1 || semop(id, &up, 1) == -1) fail("semget");
  return id;
}

int main(void) {
  prepare();
  check_totals();
  const int segment = make_segment();
  const int removed = make_removed();
  const int queue = make_queue();
  const int unused = msgget(IPC_PRIVATE, 0);
  const int set = make_set();
  const int untouched = semget(IPC_PRIVATE, 7, 0);
  if (unused == -1 || untouched == -1) fail("msgget or semget");
  check_segment(segment);
  check_segment(removed);
  check_queue(queue);
  check_queue(unused);
  check_set(set);
  check_set(untouched);
  check_totals();
  remove_everything();
  puts("ok");
  return 0;
}
