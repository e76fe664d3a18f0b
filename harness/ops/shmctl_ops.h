// SPDX-License-Identifier: Apache-2.0
//
// Operations that inspect and control shared memory segments: shmctl(2).
//
//   A  shmctl(seg, IPC_STAT)           -> {nattch=1, lpid=A}
//   A  shmctl(0, SHM_STAT_ANY)         the segment with index 0, whoever may read it
//   A  shmctl(seg, SHM_LOCK)
//
// "stray" counts bytes that the kernel wrote around the structure or into its unused members.
#pragma once

#include "ops/choice.h"
#include "ops/op_base.h"

namespace ipcrig {

struct ShmctlStat {
  static constexpr std::string_view kName = "shmctl";
  static constexpr std::string_view kManual = "shmctl(2)";
  static constexpr Reply kReply = Reply::kFields;
  static constexpr std::string_view kReplyNames[] = {"key",   "uid",   "gid",   "cuid", "cgid",
                                                     "mode",  "segsz", "cpid",  "lpid", "nattch",
                                                     "atime", "dtime", "ctime", "stray"};
  Id<Kind::kSegment> segment;
  Word<"IPC_STAT"> command;
  Buffer buffer;
  static constexpr auto kFields =
      std::tuple{Field{"shmid", &ShmctlStat::segment}, Field{"cmd", &ShmctlStat::command},
                 Field{"buffer", &ShmctlStat::buffer}};
  bool operator==(const ShmctlStat&) const = default;
  void Model(Turn& turn) const;
  void Call(Worker& worker) const;
};

// By index in the table of segments. Linux takes the index out of whatever id it is given.
struct ShmctlIndex {
  static constexpr std::string_view kName = "shmctl";
  static constexpr std::string_view kManual = "shmctl(2)";
  static constexpr Reply kReply = Reply::kFields;
  static constexpr std::string_view kReplyNames[] = {"id",     "key",   "uid",   "gid",   "cuid",
                                                     "cgid",   "mode",  "segsz", "cpid",  "lpid",
                                                     "nattch", "atime", "dtime", "ctime", "stray"};
  Id<Kind::kSegment> segment;
  Choice<"SHM_STAT", "SHM_STAT_ANY"> command;
  Buffer buffer;
  static constexpr auto kFields =
      std::tuple{Field{"index", &ShmctlIndex::segment}, Field{"cmd", &ShmctlIndex::command},
                 Field{"buffer", &ShmctlIndex::buffer}};
  bool operator==(const ShmctlIndex&) const = default;
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
  Buffer buffer;
  static constexpr auto kFields =
      std::tuple{Field{"shmid", &ShmctlSet::segment}, Field{"cmd", &ShmctlSet::command},
                 Field{"buf", &ShmctlSet::settings}, Field{"buffer", &ShmctlSet::buffer}};
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

struct ShmctlLock {
  static constexpr std::string_view kName = "shmctl";
  static constexpr std::string_view kManual = "shmctl(2)";
  static constexpr Reply kReply = Reply::kNumber;
  Id<Kind::kSegment> segment;
  Choice<"SHM_LOCK", "SHM_UNLOCK"> command;
  static constexpr auto kFields =
      std::tuple{Field{"shmid", &ShmctlLock::segment}, Field{"cmd", &ShmctlLock::command}};
  bool operator==(const ShmctlLock&) const = default;
  void Model(Turn& turn) const;
  void Call(Worker& worker) const;
};

// highest: the return value, the highest index in use.
struct ShmctlIpcInfo {
  static constexpr std::string_view kName = "shmctl";
  static constexpr std::string_view kManual = "shmctl(2)";
  static constexpr Reply kReply = Reply::kFields;
  static constexpr std::string_view kReplyNames[] = {"highest", "shmmax", "shmmin",
                                                     "shmmni",  "shmseg", "shmall"};
  Id<Kind::kSegment> segment;
  Word<"IPC_INFO"> command;
  Buffer buffer;
  static constexpr auto kFields =
      std::tuple{Field{"shmid", &ShmctlIpcInfo::segment}, Field{"cmd", &ShmctlIpcInfo::command},
                 Field{"buffer", &ShmctlIpcInfo::buffer}};
  bool operator==(const ShmctlIpcInfo&) const = default;
  void Model(Turn& turn) const;
  void Call(Worker& worker) const;
};

struct ShmctlShmInfo {
  static constexpr std::string_view kName = "shmctl";
  static constexpr std::string_view kManual = "shmctl(2)";
  static constexpr Reply kReply = Reply::kFields;
  static constexpr std::string_view kReplyNames[] = {"highest", "used_ids", "shm_tot", "shm_rss",
                                                     "shm_swp"};
  Id<Kind::kSegment> segment;
  Word<"SHM_INFO"> command;
  Buffer buffer;
  static constexpr auto kFields =
      std::tuple{Field{"shmid", &ShmctlShmInfo::segment}, Field{"cmd", &ShmctlShmInfo::command},
                 Field{"buffer", &ShmctlShmInfo::buffer}};
  bool operator==(const ShmctlShmInfo&) const = default;
  void Model(Turn& turn) const;
  void Call(Worker& worker) const;
};

struct ShmctlOther {
  static constexpr std::string_view kName = "shmctl";
  static constexpr std::string_view kManual = "shmctl(2)";
  static constexpr Reply kReply = Reply::kNumber;
  Id<Kind::kSegment> segment;
  UnknownCommand command;
  static constexpr auto kFields =
      std::tuple{Field{"shmid", &ShmctlOther::segment}, Field{"cmd", &ShmctlOther::command}};
  bool operator==(const ShmctlOther&) const = default;
  void Model(Turn& turn) const;
  void Call(Worker& worker) const;
};

}  // namespace ipcrig
