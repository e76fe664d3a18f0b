// SPDX-License-Identifier: Apache-2.0
//
// Operations that inspect and control semaphore sets: semctl(2).
//
//   A  semctl(s, 0, SETVAL, 3)
//   A  semctl(s, 0, GETNCNT)           -> 1
//   A  semctl(0, 0, SEM_STAT_ANY)      the set with index 0, whoever may read it
//
// "stray" counts bytes that the kernel wrote around the structure or into its unused members.
#pragma once

#include "ops/choice.h"
#include "ops/op_base.h"

namespace ipcrig {

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
  Buffer buffer;
  static constexpr auto kFields =
      std::tuple{Field{"semid", &SemctlGetall::set}, Field{"semnum", &SemctlGetall::num},
                 Field{"cmd", &SemctlGetall::command}, Field{"buffer", &SemctlGetall::buffer}};
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
  Buffer buffer;
  static constexpr auto kFields =
      std::tuple{Field{"semid", &SemctlSetall::set}, Field{"semnum", &SemctlSetall::num},
                 Field{"cmd", &SemctlSetall::command}, Field{"array", &SemctlSetall::values},
                 Field{"buffer", &SemctlSetall::buffer}};
  bool operator==(const SemctlSetall&) const = default;
  void Model(Turn& turn) const;
  void Call(Worker& worker) const;
};

struct SemctlStat {
  static constexpr std::string_view kName = "semctl";
  static constexpr std::string_view kManual = "semctl(2)";
  static constexpr Reply kReply = Reply::kFields;
  static constexpr std::string_view kReplyNames[] = {"key",  "uid",   "gid",   "cuid",  "cgid",
                                                     "mode", "nsems", "otime", "ctime", "stray"};
  Id<Kind::kSet> set;
  Number<0, 65535> num;
  Word<"IPC_STAT"> command;
  Buffer buffer;
  static constexpr auto kFields =
      std::tuple{Field{"semid", &SemctlStat::set}, Field{"semnum", &SemctlStat::num},
                 Field{"cmd", &SemctlStat::command}, Field{"buffer", &SemctlStat::buffer}};
  bool operator==(const SemctlStat&) const = default;
  void Model(Turn& turn) const;
  void Call(Worker& worker) const;
};

// By index in the table of sets. Linux takes the index out of whatever id it is given.
struct SemctlIndex {
  static constexpr std::string_view kName = "semctl";
  static constexpr std::string_view kManual = "semctl(2)";
  static constexpr Reply kReply = Reply::kFields;
  static constexpr std::string_view kReplyNames[] = {
      "id", "key", "uid", "gid", "cuid", "cgid", "mode", "nsems", "otime", "ctime", "stray"};
  Id<Kind::kSet> set;
  Number<0, 65535> num;
  Choice<"SEM_STAT", "SEM_STAT_ANY"> command;
  Buffer buffer;
  static constexpr auto kFields =
      std::tuple{Field{"index", &SemctlIndex::set}, Field{"semnum", &SemctlIndex::num},
                 Field{"cmd", &SemctlIndex::command}, Field{"buffer", &SemctlIndex::buffer}};
  bool operator==(const SemctlIndex&) const = default;
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
  Buffer buffer;
  static constexpr auto kFields =
      std::tuple{Field{"semid", &SemctlSet::set}, Field{"semnum", &SemctlSet::num},
                 Field{"cmd", &SemctlSet::command}, Field{"buf", &SemctlSet::settings},
                 Field{"buffer", &SemctlSet::buffer}};
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

// highest: the return value, the highest index in use.
struct SemctlIpcInfo {
  static constexpr std::string_view kName = "semctl";
  static constexpr std::string_view kManual = "semctl(2)";
  static constexpr Reply kReply = Reply::kFields;
  static constexpr std::string_view kReplyNames[] = {"highest", "semmni", "semmns",
                                                     "semmsl",  "semopm", "semvmx"};
  Id<Kind::kSet> set;
  Number<0, 65535> num;
  Word<"IPC_INFO"> command;
  Buffer buffer;
  static constexpr auto kFields =
      std::tuple{Field{"semid", &SemctlIpcInfo::set}, Field{"semnum", &SemctlIpcInfo::num},
                 Field{"cmd", &SemctlIpcInfo::command}, Field{"buffer", &SemctlIpcInfo::buffer}};
  bool operator==(const SemctlIpcInfo&) const = default;
  void Model(Turn& turn) const;
  void Call(Worker& worker) const;
};

// semusz, semaem: how many sets and semaphores there are.
struct SemctlSemInfo {
  static constexpr std::string_view kName = "semctl";
  static constexpr std::string_view kManual = "semctl(2)";
  static constexpr Reply kReply = Reply::kFields;
  static constexpr std::string_view kReplyNames[] = {"highest", "semusz", "semaem"};
  Id<Kind::kSet> set;
  Number<0, 65535> num;
  Word<"SEM_INFO"> command;
  Buffer buffer;
  static constexpr auto kFields =
      std::tuple{Field{"semid", &SemctlSemInfo::set}, Field{"semnum", &SemctlSemInfo::num},
                 Field{"cmd", &SemctlSemInfo::command}, Field{"buffer", &SemctlSemInfo::buffer}};
  bool operator==(const SemctlSemInfo&) const = default;
  void Model(Turn& turn) const;
  void Call(Worker& worker) const;
};

struct SemctlOther {
  static constexpr std::string_view kName = "semctl";
  static constexpr std::string_view kManual = "semctl(2)";
  static constexpr Reply kReply = Reply::kNumber;
  Id<Kind::kSet> set;
  Number<0, 65535> num;
  UnknownCommand command;
  static constexpr auto kFields =
      std::tuple{Field{"semid", &SemctlOther::set}, Field{"semnum", &SemctlOther::num},
                 Field{"cmd", &SemctlOther::command}};
  bool operator==(const SemctlOther&) const = default;
  void Model(Turn& turn) const;
  void Call(Worker& worker) const;
};

}  // namespace ipcrig
