// SPDX-License-Identifier: Apache-2.0
//
// Message queues: msgget(2), msgop(2), msgctl(2).
//
// A message that is sent while a receiver waits is queued and then taken by the first waiter whose
// type fits; whether the kernel hands it over directly cannot be told apart.
#include <algorithm>
#include <climits>

#include "model/turn.h"

namespace ipcrig {
namespace {

// msgop(2): the message that msgrcv with this msgtyp takes, or end().
std::vector<Message>::iterator FindMessage(std::vector<Message>& messages, int64_t type,
                                           const MsgrcvFlags& flags) {
  if (flags.Has(abi::kMsgCopy)) {
    const bool there = type >= 0 && type < static_cast<int64_t>(messages.size());
    return there ? messages.begin() + type : messages.end();
  }
  if (type == 0) return messages.begin();
  if (type > 0) {
    const bool except = flags.Has(abi::kMsgExcept);
    return std::find_if(messages.begin(), messages.end(),
                        [&](const Message& message) { return (message.type == type) != except; });
  }
  const int64_t most = type == INT64_MIN ? INT64_MAX : -type;
  auto best = messages.end();
  for (auto it = messages.begin(); it != messages.end(); ++it) {
    if (it->type <= most && (best == messages.end() || it->type < best->type)) best = it;
  }
  return best;
}

// msg_qbytes is unsigned: below 0 it is without limit.
bool HasRoom(const Queue& queue, size_t size) {
  const auto most = static_cast<uint64_t>(queue.qbytes);
  return static_cast<uint64_t>(queue.Cbytes()) + size <= most && 1 + queue.messages.size() <= most;
}

}  // namespace

void Msgget::Model(Turn& turn) const {
  State& s = turn.s;
  auto& queues = turn.space().queues;
  Limits& limits = turn.space().limits;
  const int32_t wanted = turn.KeyOf(key);
  const auto found = FindKey(queues, wanted);
  if (found != queues.end()) {
    if (flags.Has(abi::kIpcCreat | abi::kIpcExcl)) {
      return turn.Fails(EEXIST, "msgget(2): IPC_CREAT and IPC_EXCL, and a queue exists for key");
    }
    if (!turn.Permitted(found->second.perm, flags.bits)) {
      return turn.Fails(EACCES, "msgget(2): the caller has no permission to access the queue");
    }
    if (result.slot >= 0) s.values[result.slot] = found->first;
    return turn.Returns(found->first, "msgget(2): the identifier of the queue with this key");
  }
  if (wanted != abi::kIpcPrivate && !flags.Has(abi::kIpcCreat)) {
    return turn.Fails(ENOENT, "msgget(2): no queue exists for key, and no IPC_CREAT");
  }
  if (static_cast<int64_t>(queues.size()) >= limits.msgmni) {
    return turn.Fails(ENOSPC, "msgget(2): the maximum number of message queues, MSGMNI");
  }
  const auto id = turn.ChooseNewId(queues, ObjectKind::kMsg, limits.msg_next_id);
  if (!id) return;
  Queue& queue = queues[*id];
  queue.perm = turn.NewPermissions(wanted, flags.bits);
  queue.qbytes = limits.msgmnb;
  queue.ctime = turn.now;
  if (result.slot >= 0) s.values[result.slot] = *id;
  turn.Returns({.value = *id, .value_name = "a new id"}, "msgget(2): a new queue is created");
}

void Msgsnd::Model(Turn& turn) const {
  const auto size = static_cast<int64_t>(text.Length());
  const int id = turn.IdOf(queue);
  const bool edge = buffer.kind == Buffer::Kind::kEdge;
  if (buffer.kind == Buffer::Kind::kBad || (edge && size == 0)) {
    return turn.Fails(EFAULT, "msgop(2): the address pointed to by msgp isn't accessible");
  }
  // A sleeper's size is not looked at again, whatever the limit is by now.
  const bool too_long = !turn.slept() && size > turn.space().limits.msgmax;
  if (too_long || buffer.kind == Buffer::Kind::kNegative || id < 0 || type.value < 1) {
    return turn.Fails(EINVAL, "msgop(2): invalid msqid, mtype less than 1, or msgsz above MSGMAX");
  }
  if (edge) return turn.Fails(EFAULT, "msgop(2): the text isn't accessible");
  auto& queues = turn.space().queues;
  const auto found = queues.find(id);
  if (found == queues.end()) {
    return turn.Fails(turn.Missing(), "msgop(2): EINVAL no such queue; EIDRM it was removed");
  }
  Queue& target = found->second;
  // A sender without room is not woken, not even to learn that it lost its permission.
  if (turn.slept() && !HasRoom(target, text.Length())) return;
  if (!turn.Permitted(target.perm, kWrite)) {
    return turn.Fails(EACCES, "msgop(2): the caller has no write permission on the queue");
  }
  if (!HasRoom(target, text.Length())) {
    if (flags.Has(abi::kIpcNowait)) {
      turn.Fails(EAGAIN, "msgop(2): no room because of msg_qbytes, and IPC_NOWAIT");
    }
    return;
  }
  target.messages.push_back({type.value, text.Bytes()});
  target.lspid = turn.Myself();
  target.stime = turn.now;
  turn.Returns(0, "msgop(2): the message is appended to the queue");
}

namespace {

std::string_view RuleOf(int64_t type, const MsgrcvFlags& flags) {
  if (flags.Has(abi::kMsgCopy)) return "msgop(2): MSG_COPY: a copy of the message with this number";
  if (type < 0) {
    return "msgop(2): msgtyp < 0: the first message of the lowest type that is less than or equal "
           "to |msgtyp|";
  }
  if (type == 0) return "msgop(2): msgtyp 0: the first message of the queue";
  return flags.Has(abi::kMsgExcept) ? "msgop(2): MSG_EXCEPT: the first message of another type"
                                    : "msgop(2): msgtyp > 0: the first message of this type";
}

// The message goes from the queue to the caller, or a copy of it.
void Deliver(Turn& turn, const Msgrcv& call, Queue& source,
             std::vector<Message>::iterator message) {
  const auto full = static_cast<int64_t>(message->text.size());
  const int64_t size = call.size.value;
  Expected expected{.value = std::min(full, size),
                    .numbers = {Range::Exactly(message->type)},
                    .bytes = message->text.substr(0, static_cast<size_t>(size))};
  // What does not arrive is gone all the same.
  const bool lost = call.buffer.kind == Buffer::Kind::kBad ||
                    (call.buffer.kind == Buffer::Kind::kEdge && full >= size);
  if (lost) expected = {Outcome::Kind::kFailed, EFAULT};
  const std::string_view rule = lost ? "msgop(2): the address pointed to by msgp isn't accessible"
                                     : RuleOf(call.type.value, call.flags);
  if (turn.RulesOut(expected)) return turn.Returns(std::move(expected), rule);
  if (!call.flags.Has(abi::kMsgCopy)) {
    source.messages.erase(message);
    source.lrpid = turn.Myself();
    source.rtime = turn.now;
  }
  if (turn.slept() && turn.me.leader != turn.self() && !call.flags.Has(abi::kMsgCopy)) {
    turn.MayReturn(Expected(expected), rule);
    source.lrpid = {turn.self(), true};
    turn.Deviates(Deviation::kL2);
  }
  turn.Returns(std::move(expected), rule);
}

}  // namespace

void Msgrcv::Model(Turn& turn) const {
  const int id = turn.IdOf(queue);
  const bool copy = flags.Has(abi::kMsgCopy);
  if (id < 0 || size.value < 0 || buffer.kind == Buffer::Kind::kNegative) {
    return turn.Fails(EINVAL, "msgop(2): invalid msqid, or msgsz less than 0");
  }
  if (copy && (flags.Has(abi::kMsgExcept) || !flags.Has(abi::kIpcNowait))) {
    return turn.Fails(EINVAL, "msgop(2): MSG_COPY without IPC_NOWAIT, or with MSG_EXCEPT");
  }
  // It reads the buffer first, but not its last bytes.
  if (copy && buffer.kind == Buffer::Kind::kBad && size.value > 0 &&
      turn.space().limits.msgmax > 0) {
    return turn.Fails(EFAULT, "msgop(2): the address pointed to by msgp isn't accessible");
  }
  auto& queues = turn.space().queues;
  const auto found = queues.find(id);
  if (found == queues.end()) {
    return turn.Fails(turn.Missing(), "msgop(2): EINVAL no such queue; EIDRM it was removed");
  }
  Queue& source = found->second;
  if (!turn.handed_over() && !turn.Permitted(source.perm, kRead)) {
    return turn.Fails(EACCES, "msgop(2): the caller has no read permission on the queue");
  }
  const auto message = FindMessage(source.messages, type.value, flags);
  if (message == source.messages.end()) {
    if (flags.Has(abi::kIpcNowait)) {
      turn.Fails(ENOMSG, "msgop(2): no message of the requested type, and IPC_NOWAIT");
    }
    return;
  }
  const auto full = static_cast<int64_t>(message->text.size());
  if (full > size.value && !flags.Has(abi::kMsgNoerror)) {
    return turn.Fails(E2BIG, "msgop(2): the text is longer than msgsz, and no MSG_NOERROR");
  }
  if (copy && full > std::min(size.value, turn.space().limits.msgmax)) {
    turn.Deviates(Deviation::kL5);
    turn.MayFail(EINVAL, "msgop(2): MSG_COPY does not truncate, MSG_NOERROR or not");
    if (!turn.branches().empty() && !turn.posix()) return;
  }
  Deliver(turn, *this, source, message);
}

}  // namespace ipcrig
