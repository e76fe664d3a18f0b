// SPDX-License-Identifier: Apache-2.0
//
// The IPC objects of a litmus test, and the two calls on each: a post and a wait, which takes one
// post and sleeps while there is none.
//
//   sem     semop(2) of +1 and -1
//   msg     msgsnd(2) and msgrcv(2) of an empty message of type 1
//   pipe    write(2) and read(2) of one byte
//   futex   a word in a shared segment: one is added (release) and FUTEX_WAKE called; one is taken
//           (acquire), after FUTEX_WAIT while it is 0
//
// They live in the caller's IPC namespace, which should be a sandbox's. Post() and Wait() may be
// used after fork(2).
#pragma once

#include <atomic>
#include <cstdint>

#include "base/result.h"
#include "litmus/test.h"

namespace ipcrig::litmus {

struct IpcHandle {
  IpcKind kind = IpcKind::kSem;
  int id = -1;                            // of a set or a queue
  int read_end = -1, write_end = -1;      // of a pipe
  std::atomic<uint32_t>* word = nullptr;  // of a futex: where this process has it
};

// Makes it, and posts `initial` times. Of a futex the word is the caller's business.
Result<IpcHandle> MakeIpcObject(const IpcObject& object, std::atomic<uint32_t>* word);

// 0, or errno. They begin anew when a signal interrupts them.
int Post(const IpcHandle& handle);
int Wait(const IpcHandle& handle);

}  // namespace ipcrig::litmus
