// SPDX-License-Identifier: Apache-2.0
#include "exec/buffers.h"

#include <sys/mman.h>
#include <unistd.h>

#include "base/require.h"
#include "exec/memory_access.h"

namespace ipcrig {
namespace {

thread_local char* edge = nullptr;  // the first byte that cannot be accessed

}  // namespace

void* BadPointer() {
  return reinterpret_cast<void*>(~uintptr_t{0xfff});  // NOLINT(performance-no-int-to-ptr)
}

char* EdgePointer(Worker& worker, size_t size) {
  const auto page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  const size_t usable = (kScratchBytes + page - 1) / page * page;
  IPC_REQUIRE(size > 0 && size <= usable, "a buffer at an edge is too long");
  if (edge == nullptr) {
    void* pages =
        mmap(nullptr, usable + page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    IPC_REQUIRE(pages != MAP_FAILED && mprotect(pages, usable, PROT_READ | PROT_WRITE) == 0,
                "no memory for a buffer at an edge");
    ForgetRange(worker.home(), reinterpret_cast<uint64_t>(pages), usable + page);
    edge = static_cast<char*>(pages) + usable;
  }
  return edge - (size - 1);
}

void* PlaceInput(Worker& worker, const Buffer& buffer, void* good, size_t size) {
  void* place = PlaceOutput(worker, buffer, good, size);
  if (buffer.kind == Buffer::Kind::kEdge && size > 0) memcpy(place, good, size - 1);
  return place;
}

void* PlaceOutput(Worker& worker, const Buffer& buffer, void* good, size_t size) {
  if (buffer.kind == Buffer::Kind::kBad) return BadPointer();
  if (buffer.kind != Buffer::Kind::kEdge) return good;
  return EdgePointer(worker, size == 0 ? 1 : size);
}

}  // namespace ipcrig
