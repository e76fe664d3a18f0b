// SPDX-License-Identifier: Apache-2.0
//
// Operations on semaphore sets: semget(2), semop(2). semctl(2) is in semctl_ops.h.
//
//   A  s = semget(IPC_PRIVATE, 2, 0600)
//   B  semop(s, [{0, -1, SEM_UNDO}])  -> blocks
//   A  semctl(s, 0, SETVAL, 1)
//   B  returns                        -> 0
#pragma once

#include "ops/choice.h"
#include "ops/op_base.h"

namespace ipcrig {

struct Semget {
  static constexpr std::string_view kName = "semget";
  static constexpr std::string_view kManual = "semget(2)";
  static constexpr Reply kReply = Reply::kNumber;
  Assigns<Kind::kSet> result;
  Key key;
  Number<INT32_MIN, INT32_MAX> nsems;
  GetFlags flags;
  static constexpr auto kFields = std::tuple{
      Field{"key", &Semget::key}, Field{"nsems", &Semget::nsems}, Field{"flags", &Semget::flags}};
  bool operator==(const Semget&) const = default;
  void Model(Turn& turn) const;
  void Call(Worker& worker) const;
};

struct Semop {
  static constexpr std::string_view kName = "semop";
  static constexpr std::string_view kManual = "semop(2)";
  static constexpr Reply kReply = Reply::kNumber;
  Id<Kind::kSet> set;
  SemOps ops;
  Buffer buffer;
  static constexpr auto kFields = std::tuple{
      Field{"semid", &Semop::set}, Field{"sops", &Semop::ops}, Field{"buffer", &Semop::buffer}};
  bool operator==(const Semop&) const = default;
  void Model(Turn& turn) const;
  void Call(Worker& worker) const;
};

// With a timeout below two seconds the step lasts until the call has returned; with a longer one it
// blocks like semop.
struct Semtimedop {
  static constexpr std::string_view kName = "semtimedop";
  static constexpr std::string_view kManual = "semop(2)";
  static constexpr Reply kReply = Reply::kNumber;
  Id<Kind::kSet> set;
  SemOps ops;
  Timeout timeout;
  Buffer buffer;
  static constexpr auto kFields =
      std::tuple{Field{"semid", &Semtimedop::set}, Field{"sops", &Semtimedop::ops},
                 Field{"timeout", &Semtimedop::timeout}, Field{"buffer", &Semtimedop::buffer}};
  bool operator==(const Semtimedop&) const = default;
  void Model(Turn& turn) const;
  void Call(Worker& worker) const;
};

}  // namespace ipcrig
