// SPDX-License-Identifier: Apache-2.0
//
// Operations on semaphore sets: semget(2), semop(2), semctl(2).
//
//   A  s = semget(IPC_PRIVATE, 2, 0600)
//   B  semop(s, [{0, -1, SEM_UNDO}])  -> blocks
//   A  semctl(s, 0, SETVAL, 1)
//   B  returns                        -> 0
#pragma once

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
  static constexpr auto kFields =
      std::tuple{Field{"semid", &Semop::set}, Field{"sops", &Semop::ops}};
  bool operator==(const Semop&) const = default;
  void Model(Turn& turn) const;
  void Call(Worker& worker) const;
};

struct SemctlGetval {
  static constexpr std::string_view kName = "semctl";
  static constexpr std::string_view kManual = "semctl(2)";
  static constexpr Reply kReply = Reply::kNumber;
  Id<Kind::kSet> set;
  Number<0, 65535> num;
  Word<"GETVAL"> command;
  static constexpr auto kFields =
      std::tuple{Field{"semid", &SemctlGetval::set}, Field{"semnum", &SemctlGetval::num},
                 Field{"cmd", &SemctlGetval::command}};
  bool operator==(const SemctlGetval&) const = default;
  void Model(Turn& turn) const;
  void Call(Worker& worker) const;
};

struct SemctlGetpid {
  static constexpr std::string_view kName = "semctl";
  static constexpr std::string_view kManual = "semctl(2)";
  static constexpr Reply kReply = Reply::kNumber;
  Id<Kind::kSet> set;
  Number<0, 65535> num;
  Word<"GETPID"> command;
  static constexpr auto kFields =
      std::tuple{Field{"semid", &SemctlGetpid::set}, Field{"semnum", &SemctlGetpid::num},
                 Field{"cmd", &SemctlGetpid::command}};
  bool operator==(const SemctlGetpid&) const = default;
  void Model(Turn& turn) const;
  void Call(Worker& worker) const;
};

struct SemctlGetncnt {
  static constexpr std::string_view kName = "semctl";
  static constexpr std::string_view kManual = "semctl(2)";
  static constexpr Reply kReply = Reply::kNumber;
  Id<Kind::kSet> set;
  Number<0, 65535> num;
  Word<"GETNCNT"> command;
  static constexpr auto kFields =
      std::tuple{Field{"semid", &SemctlGetncnt::set}, Field{"semnum", &SemctlGetncnt::num},
                 Field{"cmd", &SemctlGetncnt::command}};
  bool operator==(const SemctlGetncnt&) const = default;
  void Model(Turn& turn) const;
  void Call(Worker& worker) const;
};

struct SemctlGetzcnt {
  static constexpr std::string_view kName = "semctl";
  static constexpr std::string_view kManual = "semctl(2)";
  static constexpr Reply kReply = Reply::kNumber;
  Id<Kind::kSet> set;
  Number<0, 65535> num;
  Word<"GETZCNT"> command;
  static constexpr auto kFields =
      std::tuple{Field{"semid", &SemctlGetzcnt::set}, Field{"semnum", &SemctlGetzcnt::num},
                 Field{"cmd", &SemctlGetzcnt::command}};
  bool operator==(const SemctlGetzcnt&) const = default;
  void Model(Turn& turn) const;
  void Call(Worker& worker) const;
};

struct SemctlSetval {
  static constexpr std::string_view kName = "semctl";
  static constexpr std::string_view kManual = "semctl(2)";
  static constexpr Reply kReply = Reply::kNumber;
  Id<Kind::kSet> set;
  Number<0, 65535> num;
  Word<"SETVAL"> command;
  Number<INT32_MIN, INT32_MAX> value;
  static constexpr auto kFields =
      std::tuple{Field{"semid", &SemctlSetval::set}, Field{"semnum", &SemctlSetval::num},
                 Field{"cmd", &SemctlSetval::command}, Field{"val", &SemctlSetval::value}};
  bool operator==(const SemctlSetval&) const = default;
  void Model(Turn& turn) const;
  void Call(Worker& worker) const;
};

struct SemctlGetall {
  static constexpr std::string_view kName = "semctl";
  static constexpr std::string_view kManual = "semctl(2)";
  static constexpr Reply kReply = Reply::kList;
  Id<Kind::kSet> set;
  Number<0, 65535> num;
  Word<"GETALL"> command;
  static constexpr auto kFields =
      std::tuple{Field{"semid", &SemctlGetall::set}, Field{"semnum", &SemctlGetall::num},
                 Field{"cmd", &SemctlGetall::command}};
  bool operator==(const SemctlGetall&) const = default;
  void Model(Turn& turn) const;
  void Call(Worker& worker) const;
};

// The array needs one value for each semaphore of the set, as in C; further ones are ignored, and
// missing ones are zeros.
struct SemctlSetall {
  static constexpr std::string_view kName = "semctl";
  static constexpr std::string_view kManual = "semctl(2)";
  static constexpr Reply kReply = Reply::kNumber;
  Id<Kind::kSet> set;
  Number<0, 65535> num;
  Word<"SETALL"> command;
  SemValues values;
  static constexpr auto kFields =
      std::tuple{Field{"semid", &SemctlSetall::set}, Field{"semnum", &SemctlSetall::num},
                 Field{"cmd", &SemctlSetall::command}, Field{"array", &SemctlSetall::values}};
  bool operator==(const SemctlSetall&) const = default;
  void Model(Turn& turn) const;
  void Call(Worker& worker) const;
};

struct SemctlStat {
  static constexpr std::string_view kName = "semctl";
  static constexpr std::string_view kManual = "semctl(2)";
  static constexpr Reply kReply = Reply::kFields;
  static constexpr std::string_view kReplyNames[] = {"key",  "uid",   "gid",   "cuid", "cgid",
                                                     "mode", "nsems", "otime", "ctime"};
  Id<Kind::kSet> set;
  Number<0, 65535> num;
  Word<"IPC_STAT"> command;
  static constexpr auto kFields =
      std::tuple{Field{"semid", &SemctlStat::set}, Field{"semnum", &SemctlStat::num},
                 Field{"cmd", &SemctlStat::command}};
  bool operator==(const SemctlStat&) const = default;
  void Model(Turn& turn) const;
  void Call(Worker& worker) const;
};

struct SemctlSet {
  static constexpr std::string_view kName = "semctl";
  static constexpr std::string_view kManual = "semctl(2)";
  static constexpr Reply kReply = Reply::kNumber;
  Id<Kind::kSet> set;
  Number<0, 65535> num;
  Word<"IPC_SET"> command;
  Settings settings;
  static constexpr auto kFields =
      std::tuple{Field{"semid", &SemctlSet::set}, Field{"semnum", &SemctlSet::num},
                 Field{"cmd", &SemctlSet::command}, Field{"buf", &SemctlSet::settings}};
  bool operator==(const SemctlSet&) const = default;
  void Model(Turn& turn) const;
  void Call(Worker& worker) const;
};

struct SemctlRmid {
  static constexpr std::string_view kName = "semctl";
  static constexpr std::string_view kManual = "semctl(2)";
  static constexpr Reply kReply = Reply::kNumber;
  Id<Kind::kSet> set;
  Number<0, 65535> num;
  Word<"IPC_RMID"> command;
  static constexpr auto kFields =
      std::tuple{Field{"semid", &SemctlRmid::set}, Field{"semnum", &SemctlRmid::num},
                 Field{"cmd", &SemctlRmid::command}};
  bool operator==(const SemctlRmid&) const = default;
  void Model(Turn& turn) const;
  void Call(Worker& worker) const;
};

}  // namespace ipcrig
