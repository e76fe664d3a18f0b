// SPDX-License-Identifier: Apache-2.0
//
// A program to be checked: each word of its command line makes it do one thing, right or wrong.
#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/ptrace.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static int make_segment(void) {
  return shmget(IPC_PRIVATE, 4096, IPC_CREAT | 0600);  // line: segment
}

static int make_queue(void) {
  return msgget(IPC_PRIVATE, 0600);  // line: queue
}

static int make_set(int count) {
  return semget(IPC_PRIVATE, count, 0600);  // line: set
}

static void leave_each(void) {
  struct {
    long type;
    char text[4];
  } message = {1, "abc"};
  make_segment();
  msgsnd(make_queue(), &message, sizeof(message.text), 0);
  const int set = make_set(2);
  semctl(set, 1, SETVAL, 7);
}

static void remove_each(void) {
  shmctl(make_segment(), IPC_RMID, NULL);
  msgctl(make_queue(), IPC_RMID, NULL);
  semctl(make_set(1), 0, IPC_RMID);
}

static void* in_thread(void* argument) {
  make_segment();
  return argument;
}

static void from_thread(void) {
  pthread_t thread;
  pthread_create(&thread, NULL, in_thread, NULL);
  pthread_join(thread, NULL);
}

// A child of a child leaves a queue.
static void from_grandchild(void) {
  if (fork() == 0) {
    if (fork() == 0) {
      make_queue();
      _exit(0);
    }
    wait(NULL);
    _exit(0);
  }
  wait(NULL);
}

static void raw(void) {
  syscall(SYS_shmget, 0, 4096, IPC_CREAT | 0600);  // line: raw
}

// The name is a type's where it is taken for a mangled one.
static int f(int depth) {
  if (depth == 0) return make_segment();
  return f(depth - 1) + 1;
}

// From code that is in no file and does not say who called it.
static void from_generated_code(void) {
#if defined(__x86_64__)
  static const unsigned char code[] = {
      0xb8, 29,   0,    0, 0,  // mov $SYS_shmget, %eax
      0x31, 0xff,              // xor %edi, %edi
      0xbe, 0,    0x10, 0, 0,  // mov $4096, %esi
      0xba, 0x80, 0x01, 0, 0,  // mov $0600, %edx
      0x0f, 0x05,              // syscall
      0xc3                     // ret
  };
  const int protection = PROT_READ | PROT_WRITE | PROT_EXEC;
  void* page = mmap(NULL, 4096, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED) return;
  memcpy(page, code, sizeof(code));
  void (*call)(void);
  memcpy(&call, &page, sizeof(call));
  call();
#endif
}

static void on_other_stack(int signal) {
  (void)signal;
  make_segment();
}

static void from_other_stack(void) {
  static char memory[65536];
  const stack_t stack = {.ss_sp = memory, .ss_size = sizeof(memory)};
  struct sigaction action;
  memset(&action, 0, sizeof(action));
  action.sa_handler = on_other_stack;
  action.sa_flags = SA_ONSTACK;
  sigaltstack(&stack, NULL);
  sigaction(SIGUSR1, &action, NULL);
  raise(SIGUSR1);
}

static int op(int set, int amount, int flags) {
  struct sembuf operation = {0, (short)amount, (short)flags};
  return semop(set, &operation, 1);
}

static void lock(int flags) {
  const int set = make_set(1);
  semctl(set, 0, SETVAL, 1);
  for (int i = 0; i < 3; ++i) {
    op(set, -1, flags);  // line: lock
    op(set, 1, flags);
  }
  semctl(set, 0, IPC_RMID);
}

// A process that nobody waits for, and that has the set in use.
static void daemonize(void) {
  const int set = make_set(1);
  if (fork() == 0) {
    setsid();
    op(set, -1, 0);
    _exit(0);
  }
}

static int leaders_set;

static void* sleep_in_thread(void* argument) {
  op(leaders_set, -1, 0);
  return argument;
}

// As daemonize(), by a thread of a process whose main() has ended.
static void daemonize_without_leader(void) {
  leaders_set = make_set(1);
  if (fork() == 0) {
    pthread_t thread;
    setsid();
    pthread_create(&thread, NULL, sleep_in_thread, NULL);
    pthread_exit(NULL);
  }
}

// A child opens the set before it has a value.
static void half_initialised(void) {
  const int set = semget(0x4c11db7, 1, IPC_CREAT | IPC_EXCL | 0600);
  if (fork() == 0) {
    semget(0x4c11db7, 1, IPC_CREAT | 0600);  // line: early
    _exit(0);
  }
  wait(NULL);
  semctl(set, 0, SETVAL, 1);
  semctl(set, 0, IPC_RMID);
}

static void ignore(int signal) { (void)signal; }

// A signal must end the call with EINTR, as it does without a tracer; one that is ignored must not.
static void interrupted(void) {
  const int set = make_set(1);
  struct sigaction action;
  memset(&action, 0, sizeof(action));
  action.sa_handler = ignore;
  sigaction(SIGALRM, &action, NULL);
  const pid_t child = fork();
  if (child == 0) {
    errno = 0;
    const int result = op(set, -1, 0);
    _exit(result == 0 ? 0 : errno);
  }
  // The child sleeps when somebody waits for the semaphore.
  while (semctl(set, 0, GETNCNT) == 0) {
  }
  kill(child, SIGWINCH);
  op(set, 1, 0);
  int status = -1;
  waitpid(child, &status, 0);
  printf("ignored signal: %s\n", status == 0 ? "went on" : "interrupted");
  alarm(1);
  printf("handled signal: %s\n", op(set, -1, 0) == 0 ? "went on" : strerror(errno));
  semctl(set, 0, IPC_RMID);
}

// Takes over what an earlier run has left, and removes it.
static void take_over(void) {
  const int set = semget(0x6b65790a, 1, IPC_CREAT | 0600);  // line: take over
  semctl(set, 0, IPC_RMID);
}

// Does not take over what an earlier run has left.
static void exclusive(void) {
  const int set = semget(0x6b65790b, 1, IPC_CREAT | IPC_EXCL | 0600);  // line: exclusive
  if (set < 0) exit(3);
  semctl(set, 0, IPC_RMID);
}

// Two processes share a lock. Who dies with it leaves the other one asleep, unless flags say undo.
static void share_lock(int flags) {
  const int set = make_set(1);
  semctl(set, 0, SETVAL, 1);
  const pid_t child = fork();
  if (child == 0) {
    op(set, -1, flags);
    op(set, 1, flags);  // line: unlock
    _exit(0);
  }
  op(set, -1, flags);
  op(set, 1, flags);
  waitpid(child, NULL, 0);
  semctl(set, 0, IPC_RMID);
}

static void say(const char* line) { (void)!write(STDOUT_FILENO, line, strlen(line)); }
static void on_continue(int signal) {
  (void)signal;
  say("continued\n");
}
static void on_end(int signal) {
  (void)signal;
  say("terminated\n");
  _exit(7);
}

// Tells what signals reach it, until one ends it.
static void listen_to_signals(void) {
  signal(SIGCONT, on_continue);
  signal(SIGTERM, on_end);
  say("ready\n");
  while (1) pause();
}

static volatile sig_atomic_t signals_seen;
static void count_signal(int signal) {
  (void)signal;
  ++signals_seen;
}

static void signal_group(void) {
  signal(SIGUSR1, count_signal);
  for (int i = 0; i < 50; ++i) {
    kill(0, SIGUSR1);
    msgctl(make_queue(), IPC_RMID, NULL);
  }
  printf("%d signals\n", (int)signals_seen);
}

// A call as 32-bit programs make it.
static long call_32(long number, long first, long second, long third) {
  long result = -ENOSYS;
#if defined(__x86_64__)
  __asm__ volatile("int $0x80"
                   : "=a"(result)
                   : "a"(number), "b"(first), "c"(second), "d"(third), "S"(0), "D"(0)
                   : "memory", "r8", "r9", "r10", "r11");
#else
  (void)number, (void)first, (void)second, (void)third;
#endif
  return result;
}

static void narrow(void) {
  enum { kIpc = 117, kMsgget = 13, kSemget = 393 };
  const long queue = call_32(kIpc, kMsgget, IPC_PRIVATE, 0600);  // line: ipc
  call_32(kSemget, IPC_PRIVATE, 1, 0600);                        // line: i386
  printf("ipc(2): %s\n", queue >= 0 ? "made" : "refused");
}

// Two processes send a message to and fro, with this many calls in all.
static void ping_pong(int calls) {
  struct {
    long type;
  } message = {1};
  const int there = make_queue();
  const int back = make_queue();
  const pid_t child = fork();
  for (int i = 0; i < calls / 4; ++i) {
    if (child == 0) msgrcv(there, &message, 0, 0, 0);
    msgsnd(child == 0 ? back : there, &message, 0, 0);
    if (child != 0) msgrcv(back, &message, 0, 0, 0);
  }
  if (child == 0) _exit(0);
  wait(NULL);
  msgctl(there, IPC_RMID, NULL);
  msgctl(back, IPC_RMID, NULL);
}

static void leave_posix(void) {
  close(shm_open("/ipcrig-checked", O_CREAT | O_RDWR, 0600));
  sem_open("/ipcrig-checked", O_CREAT, 0600, 1);
  mq_open("/ipcrig-checked", O_CREAT | O_RDWR, 0600, NULL);
}

// Two files of which ftok(3) makes one key: tmpfs numbers its files one after the other.
static void collide(void) {
  struct stat first;
  struct stat next = {0};
  if (chdir("/dev/shm") != 0) return;
  mknod("first", S_IFREG | 0600, 0);
  stat("first", &first);
  do {
    unlink("next");
    mknod("next", S_IFREG | 0600, 0);
    stat("next", &next);
  } while (((first.st_ino ^ next.st_ino) & 0xffff) != 0);
  msgctl(msgget(ftok("next", 'j'), IPC_CREAT | 0600), IPC_RMID, NULL);
  unlink("first");
  unlink("next");
}

// A child that a debugger has makes a queue with a key that only it has.
static void make_when_traced(void) {
  if (fork() == 0) {
    ptrace(PTRACE_TRACEME, 0, NULL, NULL);
    msgget(getpid(), IPC_CREAT | 0600);
    _exit(0);
  }
  wait(NULL);
}

static void do_one(const char* word, char* self) {
  if (strcmp(word, "leave") == 0) leave_each();
  if (strcmp(word, "remove") == 0) remove_each();
  if (strcmp(word, "thread") == 0) from_thread();
  if (strcmp(word, "grandchild") == 0) from_grandchild();
  if (strcmp(word, "raw") == 0) raw();
  if (strcmp(word, "deep") == 0) f(100);
  if (strcmp(word, "recursive") == 0) f(2);
  if (strcmp(word, "generated") == 0) from_generated_code();
  if (strcmp(word, "altstack") == 0) from_other_stack();
  if (strcmp(word, "exec") == 0) execl(self, self, "leave", (char*)NULL);
  if (strcmp(word, "lock") == 0) lock(0);
  if (strcmp(word, "undo") == 0) lock(SEM_UNDO);
  if (strcmp(word, "daemon") == 0) daemonize();
  if (strcmp(word, "leaderless") == 0) daemonize_without_leader();
  if (strcmp(word, "early") == 0) half_initialised();
  if (strcmp(word, "interrupted") == 0) interrupted();
  if (strcmp(word, "take-over") == 0) take_over();
  if (strcmp(word, "exclusive") == 0) exclusive();
  if (strcmp(word, "share") == 0) share_lock(0);
  if (strcmp(word, "share-undo") == 0) share_lock(SEM_UNDO);
  if (strcmp(word, "world") == 0) shmget(IPC_PRIVATE, 4096, 0666);
  if (strcmp(word, "fixed") == 0) msgget(0x5eed1234, IPC_CREAT | 0600);
  if (strcmp(word, "three") == 0) {
    for (int i = 0; i < 3; ++i) make_segment();
  }
  if (strcmp(word, "signals") == 0) listen_to_signals();
  if (strcmp(word, "group") == 0) signal_group();
  if (strcmp(word, "narrow") == 0) narrow();
  if (strncmp(word, "ping-pong=", 10) == 0) ping_pong(atoi(word + 10));
  if (strcmp(word, "posix") == 0) leave_posix();
  if (strcmp(word, "collide") == 0) collide();
  if (strcmp(word, "traced") == 0) make_when_traced();
  if (strcmp(word, "term") == 0) raise(SIGTERM);
  if (strcmp(word, "hang") == 0) pause();
  if (strcmp(word, "status") == 0) exit(42);
  if (strcmp(word, "limit") == 0) {
    make_segment();
    puts(make_segment() < 0 && errno == ENOSPC ? "no more segments" : "another segment");
  }
}

int main(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) do_one(argv[i], argv[0]);
  return 0;
}
