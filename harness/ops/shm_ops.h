// SPDX-License-Identifier: Apache-2.0
//
// Operations on shared memory segments: shmget(2), shmop(2), shmctl(2), ftok(3), and plain
// accesses to attached memory.
//
//   A  seg = shmget(1234, 10, IPC_CREAT|0644)
//   A  at = shmat(seg, NULL, 0)
//   A  store(at, 0, "Hello Parent!")
//   A  load(at, 0, 5)                  -> "Hello"
#pragma once

#include "ops/op_base.h"

namespace ipcrig {

inline constexpr int64_t kMaxSegmentSize = int64_t{1} << 40;
using MemoryOffset = Number<0, kMaxSegmentSize>;
// What one call may touch, so that no scenario can use up the machine's memory.
using MemoryLength = Number<0, (1 << 26)>;

// ftok(3): the key is made of the low 8 bits of the id, of st_dev and the low 16 of st_ino.
struct Ftok {
  static constexpr std::string_view kName = "ftok";
  static constexpr std::string_view kManual = "ftok(3)";
  static constexpr Reply kReply = Reply::kNumber;
  Assigns<Kind::kKey> result;
  QuotedName path;
  Number<INT32_MIN, INT32_MAX> id;
  static constexpr auto kFields = std::tuple{Field{"path", &Ftok::path}, Field{"id", &Ftok::id}};
  bool operator==(const Ftok&) const = default;
  void Model(Turn& turn) const;
  void Call(Worker& worker) const;
};

struct Shmget {
  static constexpr std::string_view kName = "shmget";
  static constexpr std::string_view kManual = "shmget(2)";
  static constexpr Reply kReply = Reply::kNumber;
  Assigns<Kind::kSegment> result;
  Key key;
  Number<0, INT64_MAX> size;
  GetFlags flags;
  static constexpr auto kFields = std::tuple{
      Field{"key", &Shmget::key}, Field{"size", &Shmget::size}, Field{"flags", &Shmget::flags}};
  bool operator==(const Shmget&) const = default;
  void Model(Turn& turn) const;
  void Call(Worker& worker) const;
};

struct Shmat {
  static constexpr std::string_view kName = "shmat";
  static constexpr std::string_view kManual = "shmop(2)";
  static constexpr Reply kReply = Reply::kNumber;
  Assigns<Kind::kAddress> result;
  Id<Kind::kSegment> segment;
  Address address;
  ShmatFlags flags;
  static constexpr auto kFields =
      std::tuple{Field{"shmid", &Shmat::segment}, Field{"shmaddr", &Shmat::address},
                 Field{"flags", &Shmat::flags}};
  bool operator==(const Shmat&) const = default;
  void Model(Turn& turn) const;
  void Call(Worker& worker) const;
};

struct Shmdt {
  static constexpr std::string_view kName = "shmdt";
  static constexpr std::string_view kManual = "shmop(2)";
  static constexpr Reply kReply = Reply::kNumber;
  Address address;
  static constexpr auto kFields = std::tuple{Field{"shmaddr", &Shmdt::address}};
  bool operator==(const Shmdt&) const = default;
  void Model(Turn& turn) const;
  void Call(Worker& worker) const;
};

struct ShmctlStat {
  static constexpr std::string_view kName = "shmctl";
  static constexpr std::string_view kManual = "shmctl(2)";
  static constexpr Reply kReply = Reply::kFields;
  static constexpr std::string_view kReplyNames[] = {"key",   "uid",   "gid",  "cuid", "cgid",
                                                     "mode",  "segsz", "cpid", "lpid", "nattch",
                                                     "atime", "dtime", "ctime"};
  Id<Kind::kSegment> segment;
  Word<"IPC_STAT"> command;
  static constexpr auto kFields =
      std::tuple{Field{"shmid", &ShmctlStat::segment}, Field{"cmd", &ShmctlStat::command}};
  bool operator==(const ShmctlStat&) const = default;
  void Model(Turn& turn) const;
  void Call(Worker& worker) const;
};

struct ShmctlSet {
  static constexpr std::string_view kName = "shmctl";
  static constexpr std::string_view kManual = "shmctl(2)";
  static constexpr Reply kReply = Reply::kNumber;
  Id<Kind::kSegment> segment;
  Word<"IPC_SET"> command;
  Settings settings;
  static constexpr auto kFields =
      std::tuple{Field{"shmid", &ShmctlSet::segment}, Field{"cmd", &ShmctlSet::command},
                 Field{"buf", &ShmctlSet::settings}};
  bool operator==(const ShmctlSet&) const = default;
  void Model(Turn& turn) const;
  void Call(Worker& worker) const;
};

struct ShmctlRmid {
  static constexpr std::string_view kName = "shmctl";
  static constexpr std::string_view kManual = "shmctl(2)";
  static constexpr Reply kReply = Reply::kNumber;
  Id<Kind::kSegment> segment;
  Word<"IPC_RMID"> command;
  static constexpr auto kFields =
      std::tuple{Field{"shmid", &ShmctlRmid::segment}, Field{"cmd", &ShmctlRmid::command}};
  bool operator==(const ShmctlRmid&) const = default;
  void Model(Turn& turn) const;
  void Call(Worker& worker) const;
};

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

}  // namespace ipcrig
