// SPDX-License-Identifier: Apache-2.0
//
// Threads: each is a worker with a lane of its own.
#include <pthread.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "exec/memory_access.h"
#include "exec/worker.h"

namespace ipcrig {
namespace {

constexpr size_t kStackBytes = 1 << 20;

struct ThreadStart {
  Board* board;
  int index;
};

void* RunThread(void* argument) {
  const ThreadStart start = *static_cast<ThreadStart*>(argument);
  Worker worker(*start.board, start.index);
  std::atomic<uint32_t>& tid = worker.lane().tid;
  tid.store(static_cast<uint32_t>(gettid()), std::memory_order_release);
  FutexWake(tid);
  worker.Run();
}

// Memory for a stack. It must not lie where the scenario may store, load and lock: where attaches
// have been.
void* MapStack(const Lane& home) {
  constexpr int kTries = 8;
  void* stacks[kTries];
  void* found = MAP_FAILED;
  int count = 0;
  while (count < kTries && found == MAP_FAILED) {
    void* stack = mmap(nullptr, kStackBytes, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
    if (stack == MAP_FAILED) break;
    const auto from = reinterpret_cast<uint64_t>(stack);
    if (OverlapsRange(home, from, kStackBytes)) {
      stacks[count++] = stack;
    } else {
      found = stack;
    }
  }
  for (int i = 0; i < count; ++i) munmap(stacks[i], kStackBytes);
  return found;
}

// Makes a thread on this stack and waits until it has begun. Answers 0 or an error number.
int StartThread(Worker& worker, int index, void* stack) {
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstack(&attributes, stack, kStackBytes);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  ThreadStart start{&worker.board(), index};
  pthread_t thread = {};
  const int error = pthread_create(&thread, &attributes, RunThread, &start);
  pthread_attr_destroy(&attributes);
  if (error != 0) return error;
  std::atomic<uint32_t>& tid = worker.board().lanes[index].tid;
  while (tid.load(std::memory_order_acquire) == 0) FutexWait(tid, 0, -1);
  return 0;
}

}  // namespace

void Thread::Call(Worker& worker) const {
  Board& board = worker.board();
  const Lane& mine = worker.lane();
  Lane& theirs = board.lanes[child.index];
  // Outside a nested PID namespace nobody could name the thread.
  if (theirs.ready.load() != 0 || mine.nested != 0) return worker.AnswerError(EINVAL);
  void* stack = MapStack(worker.home());
  if (stack == MAP_FAILED) return worker.Answer(-1);
  theirs.leader = mine.leader;
  const int error = StartThread(worker, child.index, stack);
  if (error != 0) {
    munmap(stack, kStackBytes);
    theirs.leader = child.index;
    return worker.AnswerError(error);
  }
  const auto tid = static_cast<int32_t>(theirs.tid.load());
  board.pids[child.index] = tid;
  worker.Answer(tid);
}

// Not pthread_exit(3), which unwinds the stack and may allocate.
void ThreadExit::Call(Worker& worker) const {
  if (&worker.lane() != &worker.home()) worker.lane().reaped.store(1);
  syscall(SYS_exit, 0);
}

}  // namespace ipcrig
