// SPDX-License-Identifier: Apache-2.0
//
// Operations on message queues: msgget(2), msgop(2). msgctl(2) is in msgctl_ops.h.
//
//   A  q = msgget(IPC_PRIVATE, 0600)
//   A  msgsnd(q, 2, "two", 0)
//   B  msgrcv(q, 100, -2, 0)          -> {2, "two"}
#pragma once

#include "ops/choice.h"
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
  Buffer buffer;
  static constexpr auto kFields = std::tuple{
      Field{"msqid", &Msgsnd::queue}, Field{"mtype", &Msgsnd::type}, Field{"mtext", &Msgsnd::text},
      Field{"flags", &Msgsnd::flags}, Field{"buffer", &Msgsnd::buffer}};
  bool operator==(const Msgsnd&) const = default;
  void Model(Turn& turn) const;
  void Call(Worker& worker) const;
};

struct Msgrcv {
  static constexpr std::string_view kName = "msgrcv";
  static constexpr std::string_view kManual = "msgop(2)";
  static constexpr Reply kReply = Reply::kMessage;
  Id<Kind::kQueue> queue;
  Number<-1, kMaxTextLength> size;
  Number<INT64_MIN, INT64_MAX> type;
  MsgrcvFlags flags;
  Buffer buffer;
  static constexpr auto kFields = std::tuple{
      Field{"msqid", &Msgrcv::queue}, Field{"msgsz", &Msgrcv::size}, Field{"msgtyp", &Msgrcv::type},
      Field{"flags", &Msgrcv::flags}, Field{"buffer", &Msgrcv::buffer}};
  bool operator==(const Msgrcv&) const = default;
  void Model(Turn& turn) const;
  void Call(Worker& worker) const;
};

}  // namespace ipcrig
