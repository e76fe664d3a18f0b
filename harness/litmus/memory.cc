// SPDX-License-Identifier: Apache-2.0
#include "litmus/memory.h"

#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <utility>

namespace ipcrig::litmus {
namespace {

constexpr size_t kHugePage = size_t{2} << 20;
constexpr size_t kMostAttaches = 32;  // of one segment at different addresses

constexpr std::array<std::pair<std::string_view, Memory>, 3> kMemories = {
    {{"sysv", Memory::kSysV}, {"huge", Memory::kHuge}, {"memfd", Memory::kMemfd}}};
constexpr std::array<std::pair<std::string_view, Attach>, 4> kAttaches = {
    {{"different", Attach::kDifferent},
     {"inherited", Attach::kInherited},
     {"twice", Attach::kTwice},
     {"readonly", Attach::kReadOnly}}};

template <typename Table>
auto ValueNamed(const Table& table, std::string_view name) {
  std::optional<decltype(table[0].second)> value;
  for (const auto& [one, of_it] : table) {
    if (one == name) value.emplace(of_it);
  }
  return value;
}

void* AttachAt(const Segment& segment, void* address, bool read_only) {
  if (segment.memory == Memory::kMemfd) {
    return mmap(address, segment.bytes, read_only ? PROT_READ : PROT_READ | PROT_WRITE, MAP_SHARED,
                segment.id, 0);
  }
  return shmat(segment.id, address, read_only ? SHM_RDONLY : 0);
}

// An address that the n-th attach gets and no other: where nothing is mapped, room for all of them
// is looked for, and given back. Processes that forked from one find it at the same place.
void* OwnAddress(size_t bytes, size_t number) {
  const size_t room = (kMostAttaches + 1) * bytes + kHugePage;
  void* free = mmap(nullptr, room, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (free == MAP_FAILED) return nullptr;
  munmap(free, room);
  const auto start = (reinterpret_cast<uintptr_t>(free) + kHugePage - 1) / kHugePage * kHugePage;
  return reinterpret_cast<void*>(start + number % kMostAttaches * bytes);
}

Result<char*> AttachAnew(const Segment& segment, size_t number, bool read_only) {
  void* address = AttachAt(segment, OwnAddress(segment.bytes, number), read_only);
  if (address == MAP_FAILED) return Error{"attaching a segment", errno};
  return static_cast<char*>(address);
}

}  // namespace

std::optional<Memory> MemoryNamed(std::string_view name) { return ValueNamed(kMemories, name); }
std::string_view MemoryName(Memory memory) { return kMemories[static_cast<size_t>(memory)].first; }
std::optional<Attach> AttachNamed(std::string_view name) { return ValueNamed(kAttaches, name); }
std::string_view AttachName(Attach attach) { return kAttaches[static_cast<size_t>(attach)].first; }

Result<Segment> MakeSegment(Memory memory, size_t bytes) {
  const size_t unit = memory == Memory::kHuge ? kHugePage : static_cast<size_t>(SHMLBA);
  Segment segment{memory, -1, (bytes + unit - 1) / unit * unit, nullptr};
  if (memory == Memory::kMemfd) {
    segment.id = memfd_create("ipcrig-litmus", MFD_CLOEXEC);
    if (segment.id < 0 || ftruncate(segment.id, static_cast<off_t>(segment.bytes)) != 0) {
      return Error{"memfd_create", errno};
    }
  } else {
    const int huge = memory == Memory::kHuge ? SHM_HUGETLB : 0;
    segment.id = shmget(IPC_PRIVATE, segment.bytes, 0600 | huge);
    if (segment.id < 0) return Error{huge != 0 ? "shmget of huge pages" : "shmget", errno};
  }
  void* address = AttachAt(segment, nullptr, false);
  if (address == MAP_FAILED) return Error{"attaching a segment", errno};
  segment.inherited = static_cast<char*>(address);
  return segment;
}

bool RemoveSegment(const Segment& segment) {
  return segment.memory == Memory::kMemfd || shmctl(segment.id, IPC_RMID, nullptr) == 0;
}

Result<View> AttachSegment(const Segment& segment, size_t number, bool read_only, Attach attach) {
  View view;
  const size_t first = 2 * number;
  if (!read_only) {
    if (attach == Attach::kInherited) {
      view.store = segment.inherited;
    } else {
      const auto store = AttachAnew(segment, first, false);
      if (!store.ok()) return store.error();
      view.store = *store;
    }
    view.load = view.store;
  }
  if (!read_only && (attach == Attach::kDifferent || attach == Attach::kInherited)) return view;
  const auto load = AttachAnew(segment, first + 1, read_only || attach == Attach::kReadOnly);
  if (!load.ok()) return load.error();
  view.load = *load;
  return view;
}

}  // namespace ipcrig::litmus
