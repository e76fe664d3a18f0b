// SPDX-License-Identifier: Apache-2.0
#include "litmus/ipc_calls.h"

#include <fcntl.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <unistd.h>

#include <cerrno>

#include "litmus/control.h"

namespace ipcrig::litmus {
namespace {

struct EmptyMessage {
  long type;
  char text[1];
};

template <typename Call>
int Again(Call call) {
  while (call() < 0) {
    if (errno != EINTR) return errno;
  }
  return 0;
}

int Semop(int id, short change) {
  sembuf operation = {0, change, 0};
  return Again([&] { return semop(id, &operation, 1); });
}

// FUTEX_WAIT is only told that the word may have changed.
int TakeFromWord(std::atomic<uint32_t>& word) {
  for (;;) {
    uint32_t count = word.load(std::memory_order_relaxed);
    if (count == 0) {
      FutexSleep(word, 0, -1);
    } else if (word.compare_exchange_weak(count, count - 1, std::memory_order_acquire)) {
      return 0;
    }
  }
}

}  // namespace

Result<IpcHandle> MakeIpcObject(const IpcObject& object, std::atomic<uint32_t>* word) {
  IpcHandle handle;
  handle.kind = object.kind;
  handle.word = word;
  int ends[2] = {-1, -1};
  switch (object.kind) {
    case IpcKind::kSem:
      handle.id = semget(IPC_PRIVATE, 1, 0600);
      break;
    case IpcKind::kMsg:
      handle.id = msgget(IPC_PRIVATE, 0600);
      break;
    case IpcKind::kPipe:
      handle.id = pipe2(ends, O_CLOEXEC);
      break;
    case IpcKind::kFutex:
      handle.id = 0;
      break;
  }
  if (handle.id < 0) return Error{"making " + object.name, errno};
  handle.read_end = ends[0];
  handle.write_end = ends[1];
  for (int32_t i = 0; i < object.initial; ++i) {
    if (const int error = Post(handle); error != 0) return Error{"posting " + object.name, error};
  }
  return handle;
}

int Post(const IpcHandle& handle) {
  switch (handle.kind) {
    case IpcKind::kSem:
      return Semop(handle.id, 1);
    case IpcKind::kMsg: {
      const EmptyMessage message = {1, {}};
      return Again([&] { return msgsnd(handle.id, &message, 0, 0); });
    }
    case IpcKind::kPipe:
      return Again([&] { return write(handle.write_end, "", 1); });
    case IpcKind::kFutex:
      handle.word->fetch_add(1, std::memory_order_release);
      FutexWakeUp(*handle.word, 1);
      return 0;
  }
  return EINVAL;
}

int Wait(const IpcHandle& handle) {
  switch (handle.kind) {
    case IpcKind::kSem:
      return Semop(handle.id, -1);
    case IpcKind::kMsg: {
      EmptyMessage message = {};
      return Again([&] { return msgrcv(handle.id, &message, 0, 1, 0); });
    }
    case IpcKind::kPipe: {
      char byte = 0;
      return Again([&] { return read(handle.read_end, &byte, 1); });
    }
    case IpcKind::kFutex:
      return TakeFromWord(*handle.word);
  }
  return EINVAL;
}

}  // namespace ipcrig::litmus
