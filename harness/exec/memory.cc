// SPDX-License-Identifier: Apache-2.0
//
// Accesses to attached memory, and the calls that change mappings. These keep to addresses that
// attaches have covered: elsewhere lies the worker itself, and the answer is EFAULT without a call.
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>

#include "exec/memory_access.h"
#include "exec/worker.h"

namespace ipcrig {
namespace {

uint64_t PlaceOf(Worker& worker, const Address& address, const MemoryOffset& offset) {
  return worker.AddressOf(address) + static_cast<uint64_t>(offset.value);
}

void AnswerAccess(Worker& worker, int signal, int64_t value) {
  if (signal != 0) {
    worker.AnswerFault(signal);
  } else {
    worker.Answer(value);
  }
}

// Makes call(pointer, length), or answers EFAULT where that would touch the worker's own memory.
template <typename Call>
void OnCovered(Worker& worker, const Address& address, const MemoryLength& length, Call call) {
  const uint64_t at = worker.AddressOf(address);
  const auto count = static_cast<uint64_t>(length.value);
  if (!IsCovered(worker.home(), at, count)) return worker.AnswerError(EFAULT);
  worker.Answer(call(Pointer(at), count));
}

}  // namespace

void Store::Call(Worker& worker) const {
  AnswerAccess(worker, StoreText(worker.home(), PlaceOf(worker, address, offset), text), 0);
}

void Load::Call(Worker& worker) const {
  const uint64_t at = PlaceOf(worker, address, offset);
  const auto count = static_cast<uint64_t>(length.value);
  const int signal = LoadBytes(worker.home(), at, count, worker.bytes());
  AnswerAccess(worker, signal, length.value);
  worker.SetByteCount(signal == 0 ? length.value : 0);
}

void Fill::Call(Worker& worker) const {
  const uint64_t at = PlaceOf(worker, address, offset);
  const auto count = static_cast<uint64_t>(length.value);
  AnswerAccess(worker, StoreByte(worker.home(), at, count, static_cast<char>(byte.value)), 0);
}

void Verify::Call(Worker& worker) const {
  const uint64_t at = PlaceOf(worker, address, offset);
  const auto count = static_cast<uint64_t>(length.value);
  int64_t other = 0;
  const int signal = CountOther(worker.home(), at, count, static_cast<char>(byte.value), &other);
  AnswerAccess(worker, signal, other);
}

void Mprotect::Call(Worker& worker) const {
  const auto bits = static_cast<int>(protection.bits);
  OnCovered(worker, address, length,
            [&](void* at, size_t count) { return mprotect(at, count, bits); });
}

void Munmap::Call(Worker& worker) const {
  OnCovered(worker, address, length, [](void* at, size_t count) { return munmap(at, count); });
}

// AddressSanitizer replaces mlock(2) and munlock(2) by functions that do nothing.
void Mlock::Call(Worker& worker) const {
  OnCovered(worker, address, length,
            [](void* at, size_t count) { return static_cast<int>(syscall(SYS_mlock, at, count)); });
}

void Munlock::Call(Worker& worker) const {
  OnCovered(worker, address, length, [](void* at, size_t count) {
    return static_cast<int>(syscall(SYS_munlock, at, count));
  });
}

void Madvise::Call(Worker& worker) const {
  const int number = advice.Is("MADV_DONTNEED")   ? MADV_DONTNEED
                     : advice.Is("MADV_REMOVE")   ? MADV_REMOVE
                     : advice.Is("MADV_DONTFORK") ? MADV_DONTFORK
                                                  : MADV_DOFORK;
  OnCovered(worker, address, length,
            [&](void* at, size_t count) { return madvise(at, count, number); });
}

void Mremap::Call(Worker& worker) const {
  Lane& home = worker.home();
  const uint64_t from = worker.AddressOf(address);
  const uint64_t to = worker.AddressOf(target);
  const auto old_count = static_cast<size_t>(old_length.value);
  const auto count = static_cast<size_t>(length.value);
  // An old length of 0 makes a second mapping of the same memory.
  const bool own = !IsCovered(home, from, std::max<size_t>(old_count, 1)) ||
                   (flags.Has(abi::kMremapFixed) && !IsCovered(home, to, count));
  int64_t value = -1;
  errno = EFAULT;
  if (!own) {
    const void* at =
        mremap(Pointer(from), old_count, count, static_cast<int>(flags.bits), Pointer(to));
    value = reinterpret_cast<int64_t>(at);
  }
  worker.Answer(value);
  if (result.slot >= 0) {
    home.addresses[result.slot] = value == -1 ? 0 : static_cast<uint64_t>(value);
  }
  const auto page = static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
  const uint64_t pages = (count + page - 1) / page * page;
  if (value != -1) RememberRange(home, static_cast<uint64_t>(value), pages);
}

}  // namespace ipcrig
