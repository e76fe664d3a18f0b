// SPDX-License-Identifier: Apache-2.0
//
// Operations on message queues: msgget(2), msgop(2), msgctl(2).
//
//   A  q = msgget(IPC_PRIVATE, 0600)
//   A  msgsnd(q, 2, "two", 0)
//   B  msgrcv(q, 100, -2, 0)          -> {2, "two"}
#pragma once

#include "ops/op_base.h"

namespace ipcrig {

struct Msgget {
  static constexpr std::string_view kName = "msgget";
  static constexpr std::string_view kManual = "msgget(2)";
  static constexpr Reply kReply = Reply::kNumber;
  Assigns<Kind::kQueue> result;
  Key key;
  GetFlags flags;
  static constexpr auto kFields =
      std::tuple{Field{"key", &Msgget::key}, Field{"flags", &Msgget::flags}};
  bool operator==(const Msgget&) const = default;
  void Model(Turn& turn) const;
  void Call(Worker& worker) const;
};

// The message stands where msgop(2) has a pointer to it and its size.
struct Msgsnd {
  static constexpr std::string_view kName = "msgsnd";
  static constexpr std::string_view kManual = "msgop(2)";
  static constexpr Reply kReply = Reply::kNumber;
  Id<Kind::kQueue> queue;
  Number<INT64_MIN, INT64_MAX> type;
  Text text;
  MsgsndFlags flags;
  static constexpr auto kFields =
      std::tuple{Field{"msqid", &Msgsnd::queue}, Field{"mtype", &Msgsnd::type},
                 Field{"mtext", &Msgsnd::text}, Field{"flags", &Msgsnd::flags}};
  bool operator==(const Msgsnd&) const = default;
  void Model(Turn& turn) const;
  void Call(Worker& worker) const;
};

struct Msgrcv {
  static constexpr std::string_view kName = "msgrcv";
  static constexpr std::string_view kManual = "msgop(2)";
  static constexpr Reply kReply = Reply::kMessage;
  Id<Kind::kQueue> queue;
  Number<0, kMaxTextLength> size;
  Number<INT64_MIN, INT64_MAX> type;
  MsgrcvFlags flags;
  static constexpr auto kFields =
      std::tuple{Field{"msqid", &Msgrcv::queue}, Field{"msgsz", &Msgrcv::size},
                 Field{"msgtyp", &Msgrcv::type}, Field{"flags", &Msgrcv::flags}};
  bool operator==(const Msgrcv&) const = default;
  void Model(Turn& turn) const;
  void Call(Worker& worker) const;
};

struct MsgctlStat {
  static constexpr std::string_view kName = "msgctl";
  static constexpr std::string_view kManual = "msgctl(2)";
  static constexpr Reply kReply = Reply::kFields;
  static constexpr std::string_view kReplyNames[] = {"key",   "uid",    "gid",   "cuid",   "cgid",
                                                     "mode",  "cbytes", "qnum",  "qbytes", "lspid",
                                                     "lrpid", "stime",  "rtime", "ctime"};
  Id<Kind::kQueue> queue;
  Word<"IPC_STAT"> command;
  static constexpr auto kFields =
      std::tuple{Field{"msqid", &MsgctlStat::queue}, Field{"cmd", &MsgctlStat::command}};
  bool operator==(const MsgctlStat&) const = default;
  void Model(Turn& turn) const;
  void Call(Worker& worker) const;
};

struct MsgctlSet {
  static constexpr std::string_view kName = "msgctl";
  static constexpr std::string_view kManual = "msgctl(2)";
  static constexpr Reply kReply = Reply::kNumber;
  Id<Kind::kQueue> queue;
  Word<"IPC_SET"> command;
  QueueSettings settings;
  static constexpr auto kFields =
      std::tuple{Field{"msqid", &MsgctlSet::queue}, Field{"cmd", &MsgctlSet::command},
                 Field{"buf", &MsgctlSet::settings}};
  bool operator==(const MsgctlSet&) const = default;
  void Model(Turn& turn) const;
  void Call(Worker& worker) const;
};

struct MsgctlRmid {
  static constexpr std::string_view kName = "msgctl";
  static constexpr std::string_view kManual = "msgctl(2)";
  static constexpr Reply kReply = Reply::kNumber;
  Id<Kind::kQueue> queue;
  Word<"IPC_RMID"> command;
  static constexpr auto kFields =
      std::tuple{Field{"msqid", &MsgctlRmid::queue}, Field{"cmd", &MsgctlRmid::command}};
  bool operator==(const MsgctlRmid&) const = default;
  void Model(Turn& turn) const;
  void Call(Worker& worker) const;
};

}  // namespace ipcrig
