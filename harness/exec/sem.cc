// SPDX-License-Identifier: Apache-2.0
//
// The calls that make semaphore sets and operate on them.
#include <sys/ipc.h>
#include <sys/sem.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "exec/buffers.h"

namespace ipcrig {
namespace {

// The operations where the call expects them, and how many.
struct SemArray {
  sembuf* at;
  size_t count;
};

SemArray PutOps(Worker& worker, const SemOps& ops, const Buffer& buffer) {
  auto* array = reinterpret_cast<sembuf*>(worker.scratch());
  size_t count = 0;
  for (const SemOp& op : ops.view()) {
    for (int i = 0; i < op.times; ++i) {
      array[count++] = {op.num, op.op, static_cast<short>(op.flags)};
    }
  }
  static_assert(kMaxSemOpTotal * sizeof(sembuf) <= kScratchBytes);
  void* place = PlaceInput(worker, buffer, array, count * sizeof(sembuf));
  if (buffer.kind == Buffer::Kind::kNegative) count = static_cast<size_t>(-1);
  return {static_cast<sembuf*>(place), count};
}

// Without libc, which leaves bad pointers to the kernel, but not every version of it does.
int64_t MakeCall(Worker& worker, int id, const SemArray& ops, const void* timeout) {
  return worker.Try(SYS_semtimedop,
                    [&] { return syscall(SYS_semtimedop, id, ops.at, ops.count, timeout); });
}

}  // namespace

void Semget::Call(Worker& worker) const {
  worker.AnswerId(result.slot, semget(worker.KeyOf(key), static_cast<int>(nsems.value),
                                      static_cast<int>(flags.bits)));
}

void Semop::Call(Worker& worker) const {
  const SemArray array = PutOps(worker, ops, buffer);
  const int id = worker.IdOf(set);
  if (buffer.unmapped()) return worker.Answer(MakeCall(worker, id, array, nullptr));
  // glibc makes semop(2) with this call.
  worker.Answer(worker.Try(SYS_semtimedop, [&] { return semop(id, array.at, array.count); }));
}

void Semtimedop::Call(Worker& worker) const {
  const SemArray array = PutOps(worker, ops, buffer);
  const timespec time = {static_cast<time_t>(timeout.seconds),
                         static_cast<long>(timeout.nanoseconds)};
  const void* limit = timeout.kind == Timeout::Kind::kNone  ? nullptr
                      : timeout.kind == Timeout::Kind::kBad ? BadPointer()
                                                            : static_cast<const void*>(&time);
  worker.Answer(MakeCall(worker, worker.IdOf(set), array, limit));
}

}  // namespace ipcrig
