// SPDX-License-Identifier: Apache-2.0
//
// A queue through the 32-bit system calls, which a 64-bit program reaches by `int 0x80`.
//
// In that ABI a message's type is 32 bits wide and signed, and so is msgtyp: a negative one must
// not become a large positive one. Times are in two halves, of which the upper is 0. What one ABI
// sends the other receives, and both see the same queue. Both ways in are tried: the calls of their
// own, and the older ipc(2), which has all of them. Where there are no such calls, there is nothing
// to see.
//
// Prints: both ABIs agree

#define _GNU_SOURCE

#include "queue_race.h"

#if defined(__x86_64__)

enum { kGetpid = 20, kIpc = 117, kMsgsnd = 400, kMsgrcv = 401, kMsgctl = 402 };
enum { kIpcMsgsnd = 11, kIpcMsgrcv = 12, kIpcMsgctl = 14, kIpc64 = 0x100 };
enum { kText = 16, kStime = 9, kRtime = 11, kCtime = 13, kCbytes = 15, kWords = 22 };

// Everything that the calls point to; it is in the first 4 GiB.
struct low {
  struct {
    int32_t type;
    char text[kText];
  } message;
  struct {
    uint32_t message;
    int32_t type;
  } kludge;
  uint32_t status[kWords + 1];  // struct msqid64_ds and a word behind it
};

static struct low* low;
static int queue;
static bool by_ipc;

static long call32(long number, long a, long b, long c, long d, long e) {
  long result;
  __asm__ volatile("int $0x80"
                   : "=a"(result)
                   : "a"(number), "b"(a), "c"(b), "d"(c), "S"(d), "D"(e)
                   : "memory", "r8", "r9", "r10", "r11");
  return (int)result;
}

static long address(const void* pointer) { return (long)(uintptr_t)pointer; }

static long send32(int32_t type, const char* text) {
  low->message.type = type;
  snprintf(low->message.text, kText, "%s", text);
  const long message = address(&low->message);
  const long size = (long)strlen(text) + 1;
  return by_ipc ? call32(kIpc, kIpcMsgsnd, queue, size, IPC_NOWAIT, message)
                : call32(kMsgsnd, queue, message, size, IPC_NOWAIT, 0);
}

static long receive32(long size, int32_t type, int flags) {
  memset(&low->message, 0xee, sizeof low->message);
  low->kludge.message = (uint32_t)address(&low->message);
  low->kludge.type = type;
  return by_ipc ? call32(kIpc, kIpcMsgrcv, queue, size, flags, address(&low->kludge))
                : call32(kMsgrcv, queue, address(&low->message), size, type, flags);
}

// A process of its own finds out: without these calls it may be ended by a signal.
static void probe(int unused) {
  (void)unused;
  if (call32(kGetpid, 0, 0, 0, 0, -1) != getpid()) _exit(1);
}

static void send64(long type, const char* text) {
  struct {
    long type;
    char text[kText];
  } message = {.type = type};
  snprintf(message.text, kText, "%s", text);
  race_must(msgsnd(queue, &message, strlen(text) + 1, IPC_NOWAIT), "msgsnd");
}

static void expect32(int32_t msgtyp, int flags, int32_t type, const char* text) {
  const long size = receive32(kText, msgtyp, flags | IPC_NOWAIT);
  if (size != (long)strlen(text) + 1 || low->message.type != type ||
      strcmp(low->message.text, text) != 0) {
    race_fail("32-bit msgrcv of type %d: %ld, type %d", msgtyp, size, low->message.type);
  }
}

static void expect(const char* what, long seen, long expected) {
  if (seen != expected) race_fail("%s: %ld in place of %ld", what, seen, expected);
}

static void compare_status(void) {
  memset(low->status, 0xee, sizeof low->status);
  const long result =
      by_ipc ? call32(kIpc, kIpcMsgctl, queue, IPC_STAT | kIpc64, 0, address(low->status))
             : call32(kMsgctl, queue, IPC_STAT, address(low->status), 0, 0);
  expect("32-bit IPC_STAT", result, 0);
  const struct msqid_ds status = race_status(queue);
  const uint32_t* words = low->status;
  expect("key", (int32_t)words[0], status.msg_perm.__key);
  expect("uid", words[1], status.msg_perm.uid);
  expect("mode", words[5], status.msg_perm.mode);
  expect("stime", words[kStime], status.msg_stime);
  expect("stime_high", words[kStime + 1], 0);
  expect("rtime", words[kRtime], status.msg_rtime);
  expect("rtime_high", words[kRtime + 1], 0);
  expect("ctime", words[kCtime], status.msg_ctime);
  expect("ctime_high", words[kCtime + 1], 0);
  expect("cbytes", words[kCbytes], (long)status.__msg_cbytes);
  expect("qnum", words[kCbytes + 1], (long)status.msg_qnum);
  expect("qbytes", words[kCbytes + 2], (long)status.msg_qbytes);
  expect("lspid", words[kCbytes + 3], status.msg_lspid);
  expect("lrpid", words[kCbytes + 4], status.msg_lrpid);
  expect("the word behind", words[kWords], 0xeeeeeeee);
}

static void play(void) {
  for (int type = 4; type > 0; --type) send64(type, "from 64");
  send64(3, "second");
  compare_status();
  expect32(-2, 0, 1, "from 64");
  expect("short buffer", receive32(2, -2, IPC_NOWAIT), -E2BIG);
  expect32(INT32_MIN, 0, 2, "from 64");
  expect32(-3, MSG_EXCEPT, 3, "from 64");
  expect32(3, MSG_EXCEPT, 4, "from 64");
  expect("negative type, nothing as low", receive32(kText, -2, IPC_NOWAIT), -ENOMSG);
  expect("negative size", receive32(-1, 0, IPC_NOWAIT), -EINVAL);
  expect32(0, 0, 3, "second");
  compare_status();
  expect("type 0", send32(0, "x"), -EINVAL);
  expect("type -1", send32(-1, "x"), -EINVAL);
  expect("greatest type", send32(INT32_MAX, "from 32"), 0);
  compare_status();
  struct message message;
  expect("64-bit msgrcv", msgrcv(queue, &message, kLongest, INT32_MAX, IPC_NOWAIT), 8);
  if (strcmp((const char*)&message.head, "from 32") != 0) race_fail("other bytes than were sent");
}

int main(void) {
  race_begin();
  void* memory = mmap(NULL, sizeof *low, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
  if (memory != MAP_FAILED && race_wait(race_start(probe, 0)) == 0) {
    low = memory;
    queue = race_queue(1000);
    by_ipc = true;
    play();
    by_ipc = false;
    if (call32(kMsgctl, queue, IPC_STAT, address(low->status), 0, 0) != -ENOSYS) play();
  }
  race_end("both ABIs agree");
}

#else

int main(void) { puts("both ABIs agree"); }

#endif
