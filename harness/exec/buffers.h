// SPDX-License-Identifier: Apache-2.0
//
// Memory that calls get: good memory between guard bytes, and memory that is deliberately wrong.
//
//   Filled<shmid_ds> ds(worker);                       // 0xee inside and around it
//   void* buf = ds.In(buffer);                         // or BAD, or at an EDGE
//   if (shmctl(id, IPC_STAT, buf) == 0) CountStray(ds, {&ds->shm_perm.key, ...});
//
// Nothing here allocates. The EDGE is a mapping of the calling thread, made when it is first asked
// for.
#pragma once

#include <cstddef>
#include <cstring>
#include <initializer_list>
#include <new>

#include "exec/worker.h"
#include "ops/choice.h"

namespace ipcrig {

// A pointer that nobody can map: into the last page of all addresses. (The first one can be: root
// attaches there with SHM_RND.)
void* BadPointer();

// A place for `size` bytes of which only the last one cannot be accessed.
char* EdgePointer(Worker& worker, size_t size);

// Where `size` bytes that stand at `good` are for a call with this buffer: there; nowhere; or, as
// far as they can be, in a copy at an edge.
void* PlaceInput(Worker& worker, const Buffer& buffer, void* good, size_t size);
// The same for memory that a call only writes to: nothing is copied.
void* PlaceOutput(Worker& worker, const Buffer& buffer, void* good, size_t size);

// A structure in the worker's scratch memory with guard bytes before and after it.
template <typename T>
class Filled {
 public:
  static constexpr size_t kGuard = 64;
  static constexpr char kByte = '\xee';

  explicit Filled(Worker& worker) : worker_(worker) {
    memset(worker.scratch(), kByte, sizeof(T) + 2 * kGuard);
  }
  T* get() { return std::launder(reinterpret_cast<T*>(worker_.scratch() + kGuard)); }
  T* operator->() { return get(); }
  void* In(const Buffer& buffer) { return PlaceOutput(worker_, buffer, get(), sizeof(T)); }

  // How many guard bytes a call has changed.
  int64_t ChangedGuards() const {
    int64_t changed = 0;
    const char* bytes = worker_.scratch();
    for (size_t i = 0; i < kGuard; ++i) {
      changed += bytes[i] != kByte ? 1 : 0;
      changed += bytes[kGuard + sizeof(T) + i] != kByte ? 1 : 0;
    }
    return changed;
  }

 private:
  Worker& worker_;
};

// A member of a structure: where it lies.
struct Member {
  const void* address;
  size_t size;

  template <typename T>
  Member(const T& member)  // NOLINT(google-explicit-constructor)
      : address(&member), size(sizeof(T)) {}
};

// Changed guard bytes, and bytes other than 0 that belong to none of these members: to unused ones,
// reserved ones and padding.
template <typename T>
int64_t CountStray(Filled<T>& filled, std::initializer_list<Member> members) {
  const char* begin = reinterpret_cast<const char*>(filled.get());
  int64_t stray = filled.ChangedGuards();
  for (size_t i = 0; i < sizeof(T); ++i) {
    const char* byte = begin + i;
    bool used = false;
    for (const Member& member : members) {
      const char* from = static_cast<const char*>(member.address);
      used = used || (from <= byte && byte < from + member.size);
    }
    stray += !used && *byte != 0 ? 1 : 0;
  }
  return stray;
}

}  // namespace ipcrig
