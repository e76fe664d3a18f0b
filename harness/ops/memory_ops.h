// SPDX-License-Identifier: Apache-2.0
//
// Operations on attached memory: plain accesses, and what a process can do to its mappings:
// mprotect(2), munmap(2), mremap(2), mlock(2), madvise(2), proc(5).
//
//   A  store(at, 0, "Hello Parent!")
//   A  load(at, 0, 5)                  -> "Hello"
//   A  mprotect(at+4096, 4096, PROT_READ)
//   A  shmctl(seg, IPC_STAT)           -> {nattch=3}
#pragma once

#include "ops/choice.h"
#include "ops/op_base.h"

namespace ipcrig {

inline constexpr int64_t kMaxSegmentSize = int64_t{1} << 40;
using MemoryOffset = Number<0, kMaxSegmentSize>;
// What one call may touch, so that no scenario can use up the machine's memory.
using MemoryLength = Number<0, (1 << 26)>;

// Writes bytes into memory, one after the other. An access that no attach permits is SIGSEGV, and
// the process goes on.
struct Store {
  static constexpr std::string_view kName = "store";
  static constexpr std::string_view kManual = "shmop(2)";
  static constexpr Reply kReply = Reply::kNumber;
  Address address;
  MemoryOffset offset;
  Text text;
  static constexpr auto kFields = std::tuple{
      Field{"addr", &Store::address}, Field{"offset", &Store::offset}, Field{"text", &Store::text}};
  bool operator==(const Store&) const = default;
  void Model(Turn& turn) const;
  void Call(Worker& worker) const;
};

// Reads bytes from memory.
struct Load {
  static constexpr std::string_view kName = "load";
  static constexpr std::string_view kManual = "shmop(2)";
  static constexpr Reply kReply = Reply::kText;
  Address address;
  MemoryOffset offset;
  Number<0, kMaxTextLength> length;
  static constexpr auto kFields =
      std::tuple{Field{"addr", &Load::address}, Field{"offset", &Load::offset},
                 Field{"length", &Load::length}};
  bool operator==(const Load&) const = default;
  void Model(Turn& turn) const;
  void Call(Worker& worker) const;
};

// Sets a range of memory to one byte.
struct Fill {
  static constexpr std::string_view kName = "fill";
  static constexpr std::string_view kManual = "shmop(2)";
  static constexpr Reply kReply = Reply::kNumber;
  Address address;
  MemoryOffset offset;
  MemoryLength length;
  Number<0, 255> byte;
  static constexpr auto kFields =
      std::tuple{Field{"addr", &Fill::address}, Field{"offset", &Fill::offset},
                 Field{"length", &Fill::length}, Field{"byte", &Fill::byte}};
  bool operator==(const Fill&) const = default;
  void Model(Turn& turn) const;
  void Call(Worker& worker) const;
};

// Answers how many bytes of a range differ from one byte: 0 where all are equal to it.
struct Verify {
  static constexpr std::string_view kName = "verify";
  static constexpr std::string_view kManual = "shmop(2)";
  static constexpr Reply kReply = Reply::kNumber;
  Address address;
  MemoryOffset offset;
  MemoryLength length;
  Number<0, 255> byte;
  static constexpr auto kFields =
      std::tuple{Field{"addr", &Verify::address}, Field{"offset", &Verify::offset},
                 Field{"length", &Verify::length}, Field{"byte", &Verify::byte}};
  bool operator==(const Verify&) const = default;
  void Model(Turn& turn) const;
  void Call(Worker& worker) const;
};

struct Mprotect {
  static constexpr std::string_view kName = "mprotect";
  static constexpr std::string_view kManual = "mprotect(2)";
  static constexpr Reply kReply = Reply::kNumber;
  Address address;
  MemoryLength length;
  Protection protection;
  static constexpr auto kFields =
      std::tuple{Field{"addr", &Mprotect::address}, Field{"length", &Mprotect::length},
                 Field{"prot", &Mprotect::protection}};
  bool operator==(const Mprotect&) const = default;
  void Model(Turn& turn) const;
  void Call(Worker& worker) const;
};

struct Munmap {
  static constexpr std::string_view kName = "munmap";
  static constexpr std::string_view kManual = "mmap(2)";
  static constexpr Reply kReply = Reply::kNumber;
  Address address;
  MemoryLength length;
  static constexpr auto kFields =
      std::tuple{Field{"addr", &Munmap::address}, Field{"length", &Munmap::length}};
  bool operator==(const Munmap&) const = default;
  void Model(Turn& turn) const;
  void Call(Worker& worker) const;
};

// new_address counts with MREMAP_FIXED and MREMAP_DONTUNMAP only, as in C.
struct Mremap {
  static constexpr std::string_view kName = "mremap";
  static constexpr std::string_view kManual = "mremap(2)";
  static constexpr Reply kReply = Reply::kNumber;
  Assigns<Kind::kAddress> result;
  Address address;
  MemoryLength old_length;
  MemoryLength length;
  MremapFlags flags;
  Address target;
  static constexpr auto kFields =
      std::tuple{Field{"old_address", &Mremap::address}, Field{"old_size", &Mremap::old_length},
                 Field{"new_size", &Mremap::length}, Field{"flags", &Mremap::flags},
                 Field{"new_address", &Mremap::target}};
  bool operator==(const Mremap&) const = default;
  void Model(Turn& turn) const;
  void Call(Worker& worker) const;
};

struct Mlock {
  static constexpr std::string_view kName = "mlock";
  static constexpr std::string_view kManual = "mlock(2)";
  static constexpr Reply kReply = Reply::kNumber;
  Address address;
  MemoryLength length;
  static constexpr auto kFields =
      std::tuple{Field{"addr", &Mlock::address}, Field{"length", &Mlock::length}};
  bool operator==(const Mlock&) const = default;
  void Model(Turn& turn) const;
  void Call(Worker& worker) const;
};

struct Munlock {
  static constexpr std::string_view kName = "munlock";
  static constexpr std::string_view kManual = "mlock(2)";
  static constexpr Reply kReply = Reply::kNumber;
  Address address;
  MemoryLength length;
  static constexpr auto kFields =
      std::tuple{Field{"addr", &Munlock::address}, Field{"length", &Munlock::length}};
  bool operator==(const Munlock&) const = default;
  void Model(Turn& turn) const;
  void Call(Worker& worker) const;
};

struct Madvise {
  static constexpr std::string_view kName = "madvise";
  static constexpr std::string_view kManual = "madvise(2)";
  static constexpr Reply kReply = Reply::kNumber;
  Address address;
  MemoryLength length;
  Choice<"MADV_DONTNEED", "MADV_REMOVE", "MADV_DONTFORK", "MADV_DOFORK"> advice;
  static constexpr auto kFields =
      std::tuple{Field{"addr", &Madvise::address}, Field{"length", &Madvise::length},
                 Field{"advice", &Madvise::advice}};
  bool operator==(const Madvise&) const = default;
  void Model(Turn& turn) const;
  void Call(Worker& worker) const;
};

// The line of /proc/self/maps that covers the address: the key in its name SYSV0000abcd, the
// segment's id, which is its inode, and what part of it is mapped here. ENOENT where no segment is.
struct Maps {
  static constexpr std::string_view kName = "maps";
  static constexpr std::string_view kManual = "proc(5)";
  static constexpr Reply kReply = Reply::kFields;
  static constexpr std::string_view kReplyNames[] = {"key", "id", "offset", "length", "prot"};
  Address address;
  static constexpr auto kFields = std::tuple{Field{"addr", &Maps::address}};
  bool operator==(const Maps&) const = default;
  void Model(Turn& turn) const;
  void Call(Worker& worker) const;
};

}  // namespace ipcrig
