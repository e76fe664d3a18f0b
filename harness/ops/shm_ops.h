// SPDX-License-Identifier: Apache-2.0
//
// Operations on shared memory segments: ftok(3), shmget(2), shmop(2). shmctl(2) is in shmctl_ops.h,
// accesses to attached memory are in memory_ops.h.
//
//   A  seg = shmget(1234, 10, IPC_CREAT|0644)
//   A  at = shmat(seg, NULL, 0)
//   A  shmdt(at)
#pragma once

#include "ops/op_base.h"

namespace ipcrig {

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
  Number<INT64_MIN, INT64_MAX> size;
  ShmgetFlags flags;
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

}  // namespace ipcrig
