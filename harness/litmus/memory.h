// SPDX-License-Identifier: Apache-2.0
//
// The memory under test: one segment for each location, and how each process has attached it.
//
//   auto segment = MakeSegment(Memory::kSysV, bytes);
//   auto view = AttachSegment(*segment, process, read_only, Attach::kDifferent);
//
// Segments are private ones (IPC_PRIVATE) of the caller's IPC namespace, which should be a
// sandbox's. Everything here may be used after fork(2).
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "base/result.h"

namespace ipcrig::litmus {

enum class Memory {
  kSysV,   // shmget(2)
  kHuge,   // with SHM_HUGETLB
  kMemfd,  // memfd_create(2) and mmap(2), to compare with
};

enum class Attach {
  kDifferent,  // each process at an address of its own
  kInherited,  // attached before fork(2), so at the same address
  kTwice,      // loads and stores through two attaches of one process
  kReadOnly,   // and that for loads is SHM_RDONLY
};

std::optional<Memory> MemoryNamed(std::string_view name);
std::string_view MemoryName(Memory memory);
std::optional<Attach> AttachNamed(std::string_view name);
std::string_view AttachName(Attach attach);

struct Segment {
  Memory memory = Memory::kSysV;
  int id = -1;  // of the segment; of kMemfd its descriptor
  size_t bytes = 0;
  char* inherited = nullptr;  // where its creator has it
};

// Creates and attaches it. The error is the reason why this machine cannot.
Result<Segment> MakeSegment(Memory memory, size_t bytes);
// IPC_RMID: attaches stay, and it goes with the last of them.
bool RemoveSegment(const Segment& segment);

struct View {
  char* store = nullptr;  // nullptr where it may only be read
  char* load = nullptr;
};

// `number` tells attaches apart, so that they get different addresses.
Result<View> AttachSegment(const Segment& segment, size_t number, bool read_only, Attach attach);

}  // namespace ipcrig::litmus
