// SPDX-License-Identifier: Apache-2.0
//
// Operations that inspect and control message queues: msgctl(2).
//
//   A  msgctl(q, IPC_STAT)             -> {qnum=1, lspid=A}
//   A  msgctl(0, MSG_STAT_ANY)         the queue with index 0, whoever may read it
//
// "stray" counts bytes that the kernel wrote around the structure or into its unused members.
#pragma once

#include "ops/choice.h"
#include "ops/op_base.h"

namespace ipcrig {

struct MsgctlStat {
  static constexpr std::string_view kName = "msgctl";
  static constexpr std::string_view kManual = "msgctl(2)";
  static constexpr Reply kReply = Reply::kFields;
  static constexpr std::string_view kReplyNames[] = {"key",   "uid",    "gid",   "cuid",   "cgid",
                                                     "mode",  "cbytes", "qnum",  "qbytes", "lspid",
                                                     "lrpid", "stime",  "rtime", "ctime",  "stray"};
  Id<Kind::kQueue> queue;
  Word<"IPC_STAT"> command;
  Buffer buffer;
  static constexpr auto kFields =
      std::tuple{Field{"msqid", &MsgctlStat::queue}, Field{"cmd", &MsgctlStat::command},
                 Field{"buffer", &MsgctlStat::buffer}};
  bool operator==(const MsgctlStat&) const = default;
  void Model(Turn& turn) const;
  void Call(Worker& worker) const;
};

// By index in the table of queues. Linux takes the index out of whatever id it is given.
struct MsgctlIndex {
  static constexpr std::string_view kName = "msgctl";
  static constexpr std::string_view kManual = "msgctl(2)";
  static constexpr Reply kReply = Reply::kFields;
  static constexpr std::string_view kReplyNames[] = {
      "id",   "key",    "uid",   "gid",   "cuid",  "cgid",  "mode",  "cbytes",
      "qnum", "qbytes", "lspid", "lrpid", "stime", "rtime", "ctime", "stray"};
  Id<Kind::kQueue> queue;
  Choice<"MSG_STAT", "MSG_STAT_ANY"> command;
  Buffer buffer;
  static constexpr auto kFields =
      std::tuple{Field{"index", &MsgctlIndex::queue}, Field{"cmd", &MsgctlIndex::command},
                 Field{"buffer", &MsgctlIndex::buffer}};
  bool operator==(const MsgctlIndex&) const = default;
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
  Buffer buffer;
  static constexpr auto kFields =
      std::tuple{Field{"msqid", &MsgctlSet::queue}, Field{"cmd", &MsgctlSet::command},
                 Field{"buf", &MsgctlSet::settings}, Field{"buffer", &MsgctlSet::buffer}};
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

// highest: the return value, the highest index in use.
struct MsgctlIpcInfo {
  static constexpr std::string_view kName = "msgctl";
  static constexpr std::string_view kManual = "msgctl(2)";
  static constexpr Reply kReply = Reply::kFields;
  static constexpr std::string_view kReplyNames[] = {"highest", "msgmax", "msgmnb", "msgmni",
                                                     "msgssz"};
  Id<Kind::kQueue> queue;
  Word<"IPC_INFO"> command;
  Buffer buffer;
  static constexpr auto kFields =
      std::tuple{Field{"msqid", &MsgctlIpcInfo::queue}, Field{"cmd", &MsgctlIpcInfo::command},
                 Field{"buffer", &MsgctlIpcInfo::buffer}};
  bool operator==(const MsgctlIpcInfo&) const = default;
  void Model(Turn& turn) const;
  void Call(Worker& worker) const;
};

// msgpool, msgmap, msgtql: how many queues, messages and bytes there are.
struct MsgctlMsgInfo {
  static constexpr std::string_view kName = "msgctl";
  static constexpr std::string_view kManual = "msgctl(2)";
  static constexpr Reply kReply = Reply::kFields;
  static constexpr std::string_view kReplyNames[] = {"highest", "msgpool", "msgmap", "msgtql"};
  Id<Kind::kQueue> queue;
  Word<"MSG_INFO"> command;
  Buffer buffer;
  static constexpr auto kFields =
      std::tuple{Field{"msqid", &MsgctlMsgInfo::queue}, Field{"cmd", &MsgctlMsgInfo::command},
                 Field{"buffer", &MsgctlMsgInfo::buffer}};
  bool operator==(const MsgctlMsgInfo&) const = default;
  void Model(Turn& turn) const;
  void Call(Worker& worker) const;
};

struct MsgctlOther {
  static constexpr std::string_view kName = "msgctl";
  static constexpr std::string_view kManual = "msgctl(2)";
  static constexpr Reply kReply = Reply::kNumber;
  Id<Kind::kQueue> queue;
  UnknownCommand command;
  static constexpr auto kFields =
      std::tuple{Field{"msqid", &MsgctlOther::queue}, Field{"cmd", &MsgctlOther::command}};
  bool operator==(const MsgctlOther&) const = default;
  void Model(Turn& turn) const;
  void Call(Worker& worker) const;
};

}  // namespace ipcrig
