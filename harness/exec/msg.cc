// SPDX-License-Identifier: Apache-2.0
//
// The calls that make message queues, send and receive.
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "exec/buffers.h"

namespace ipcrig {
namespace {

// msgop(2): the caller must define this structure.
struct MessageBuffer {
  long type;
  char text[kMaxTextLength];
};
static_assert(sizeof(MessageBuffer) <= kScratchBytes);

MessageBuffer& GoodBuffer(Worker& worker) {
  return *reinterpret_cast<MessageBuffer*>(worker.scratch());
}

}  // namespace

void Msgget::Call(Worker& worker) const {
  worker.AnswerId(result.slot, msgget(worker.KeyOf(key), static_cast<int>(flags.bits)));
}

void Msgsnd::Call(Worker& worker) const {
  MessageBuffer& good = GoodBuffer(worker);
  good.type = type.value;
  text.CopyTo(good.text);
  const void* message = PlaceInput(worker, buffer, &good, sizeof(long) + text.Length());
  const bool negative = buffer.kind == Buffer::Kind::kNegative;
  const size_t size = negative ? static_cast<size_t>(-1) : text.Length();
  const int id = worker.IdOf(queue);
  const int bits = static_cast<int>(flags.bits);
  worker.Answer(worker.Try(SYS_msgsnd, [&]() -> int64_t {
    if (buffer.unmapped()) return syscall(SYS_msgsnd, id, message, size, bits);
    return msgsnd(id, message, size, bits);
  }));
}

void Msgrcv::Call(Worker& worker) const {
  const bool negative = buffer.kind == Buffer::Kind::kNegative || size.value < 0;
  const size_t usable = negative ? 0 : static_cast<size_t>(size.value);
  void* place = PlaceOutput(worker, buffer, worker.scratch(), sizeof(long) + usable);
  const size_t asked = negative ? static_cast<size_t>(-1) : usable;
  const int id = worker.IdOf(queue);
  const int bits = static_cast<int>(flags.bits);
  const int64_t length = worker.Try(SYS_msgrcv, [&]() -> int64_t {
    if (buffer.unmapped()) return syscall(SYS_msgrcv, id, place, asked, type.value, bits);
    return msgrcv(id, place, asked, type.value, bits);
  });
  worker.Answer(length);
  if (length < 0 || length > kMaxTextLength || buffer.kind == Buffer::Kind::kBad) return;
  long received = 0;
  memcpy(&received, place, sizeof(received));
  worker.AddNumber(received);
  memcpy(worker.bytes(), static_cast<const char*>(place) + sizeof(long),
         static_cast<size_t>(length));
  worker.SetByteCount(length);
}

}  // namespace ipcrig
