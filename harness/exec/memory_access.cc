// SPDX-License-Identifier: Apache-2.0
#include "exec/memory_access.h"

#include <algorithm>
#include <csetjmp>
#include <csignal>

namespace ipcrig {
namespace {

thread_local sigjmp_buf fault_return;

// SA_NODEFER keeps the signal unblocked, so that no mask has to be restored.
void OnFault(int signal) { siglongjmp(fault_return, signal); }

// How many bytes from `address` on lie in ranges that attaches have covered, at most `length`.
uint64_t CoveredLength(const Lane& lane, uint64_t address, uint64_t length) {
  uint64_t end = address;
  for (bool grown = true; grown && end < address + length;) {
    grown = false;
    for (int i = 0; i < lane.range_count; ++i) {
      const AddressRange& range = lane.ranges[i];
      if (range.from <= end && end < range.to) {
        end = range.to;
        grown = true;
      }
    }
  }
  return std::min(end - address, length);
}

// Calls access(index) for each byte. noinline: the locals of the caller survive the jump.
template <typename Access>
__attribute__((noinline)) int Guarded(const Lane& lane, uint64_t address, uint64_t length,
                                      Access access) {
  const uint64_t covered = CoveredLength(lane, address, length);
  const int signal = sigsetjmp(fault_return, 0);
  if (signal != 0) return signal;
  for (uint64_t i = 0; i < covered; ++i) access(i);
  return covered == length ? 0 : SIGSEGV;
}

volatile char* BytesAt(uint64_t address) { return static_cast<volatile char*>(Pointer(address)); }

}  // namespace

void InstallFaultHandler() {
  struct sigaction action = {};
  action.sa_handler = OnFault;
  action.sa_flags = SA_NODEFER;
  (void)sigaction(SIGSEGV, &action, nullptr);
  (void)sigaction(SIGBUS, &action, nullptr);
}

void RememberRange(Lane& lane, uint64_t from, uint64_t length) {
  if (IsCovered(lane, from, length)) return;
  for (int i = 0; i < lane.range_count; ++i) {
    if (lane.ranges[i].from == from) {
      lane.ranges[i].to = std::max(lane.ranges[i].to, from + length);
      return;
    }
  }
  if (lane.range_count < kMaxRanges) lane.ranges[lane.range_count++] = {from, from + length};
}

void ForgetRange(Lane& lane, uint64_t from, uint64_t length) {
  const uint64_t to = from + length;
  for (int i = lane.range_count - 1; i >= 0; --i) {
    AddressRange& range = lane.ranges[i];
    if (range.to <= from || to <= range.from) continue;
    const AddressRange behind = {to, range.to};
    range.to = std::max(range.from, from);
    if (behind.from < behind.to) RememberRange(lane, behind.from, behind.to - behind.from);
  }
}

bool OverlapsRange(const Lane& lane, uint64_t from, uint64_t length) {
  return std::any_of(lane.ranges, lane.ranges + lane.range_count, [&](const AddressRange& range) {
    return range.from < from + length && from < range.to;
  });
}

bool IsCovered(const Lane& lane, uint64_t from, uint64_t length) {
  return CoveredLength(lane, from, length) == length;
}

int StoreText(const Lane& lane, uint64_t address, const Text& text) {
  return Guarded(lane, address, text.Length(),
                 [&](uint64_t i) { BytesAt(address)[i] = text.At(i); });
}

int StoreByte(const Lane& lane, uint64_t address, uint64_t length, char byte) {
  return Guarded(lane, address, length, [&](uint64_t i) { BytesAt(address)[i] = byte; });
}

int LoadBytes(const Lane& lane, uint64_t address, uint64_t length, char* target) {
  return Guarded(lane, address, length, [&](uint64_t i) { target[i] = BytesAt(address)[i]; });
}

int CountOther(const Lane& lane, uint64_t address, uint64_t length, char byte, int64_t* other) {
  return Guarded(lane, address, length, [&](uint64_t i) {
    if (BytesAt(address)[i] != byte) ++*other;
  });
}

}  // namespace ipcrig
