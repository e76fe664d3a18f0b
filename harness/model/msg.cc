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

constexpr uint32_t kRead = 0444;
constexpr uint32_t kWrite = 0222;

// msgop(2): the message that msgrcv with this msgtyp takes, or end().
std::vector<Message>::iterator FindMessage(std::vector<Message>& messages, int64_t type) {
  if (type == 0) return messages.begin();
  if (type > 0) {
    return std::find_if(messages.begin(), messages.end(),
                        [&](const Message& message) { return message.type == type; });
  }
  const int64_t most = type == INT64_MIN ? INT64_MAX : -type;
  auto best = messages.end();
  for (auto it = messages.begin(); it != messages.end(); ++it) {
    if (it->type <= most && (best == messages.end() || it->type < best->type)) best = it;
  }
  return best;
}

bool HasRoom(const Queue& queue, size_t size) {
  return queue.Cbytes() + static_cast<int64_t>(size) <= queue.qbytes &&
         1 + static_cast<int64_t>(queue.messages.size()) <= queue.qbytes;
}

}  // namespace

void Msgget::Model(Turn& turn) const {
  State& s = turn.s;
  const int32_t wanted = turn.KeyOf(key);
  const auto found = FindKey(s.queues, wanted);
  if (found != s.queues.end()) {
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
  if (static_cast<int64_t>(s.queues.size()) >= s.facts.msgmni) {
    return turn.Fails(ENOSPC, "msgget(2): the maximum number of message queues, MSGMNI");
  }
  const int id = turn.ChooseNewId(s.queues);
  Queue& queue = s.queues[id];
  queue.perm = turn.NewPermissions(wanted, flags.bits);
  queue.qbytes = s.facts.msgmnb;
  queue.ctime = turn.now;
  if (result.slot >= 0) s.values[result.slot] = id;
  turn.Returns({.value = id, .value_name = "a new id"}, "msgget(2): a new queue is created");
}

void Msgsnd::Model(Turn& turn) const {
  State& s = turn.s;
  const auto size = static_cast<int64_t>(text.Length());
  const int id = turn.IdOf(queue);
  if (size > s.facts.msgmax || id < 0 || type.value < 1) {
    return turn.Fails(EINVAL, "msgop(2): invalid msqid, mtype less than 1, or msgsz above MSGMAX");
  }
  const auto found = s.queues.find(id);
  if (found == s.queues.end()) {
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
  target.lspid = turn.me.pid;
  target.stime = turn.now;
  turn.Returns(0, "msgop(2): the message is appended to the queue");
}

void Msgrcv::Model(Turn& turn) const {
  State& s = turn.s;
  const int id = turn.IdOf(queue);
  const auto found = s.queues.find(id);
  if (found == s.queues.end()) {
    return turn.Fails(id < 0 ? EINVAL : turn.Missing(),
                      "msgop(2): EINVAL no such queue; EIDRM it was removed");
  }
  Queue& source = found->second;
  if (!turn.Permitted(source.perm, kRead)) {
    return turn.Fails(EACCES, "msgop(2): the caller has no read permission on the queue");
  }
  const auto message = FindMessage(source.messages, type.value);
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
  Expected expected{.value = std::min(full, size.value),
                    .numbers = {Range::Exactly(message->type)},
                    .bytes = message->text.substr(0, static_cast<size_t>(size.value))};
  source.messages.erase(message);
  source.lrpid = turn.me.pid;
  source.rtime = turn.now;
  turn.Returns(std::move(expected),
               type.value < 0
                   ? "msgop(2): msgtyp < 0: the first message of the lowest type that is "
                     "less than or equal to |msgtyp|"
               : type.value > 0 ? "msgop(2): msgtyp > 0: the first message of this type"
                                : "msgop(2): msgtyp 0: the first message of the queue");
}

void MsgctlStat::Model(Turn& turn) const {
  const auto found = turn.s.queues.find(turn.IdOf(queue));
  if (found == turn.s.queues.end()) return turn.Fails(EINVAL, "msgctl(2): invalid msqid");
  const Queue& q = found->second;
  if (!turn.Permitted(q.perm, kRead)) {
    return turn.Fails(EACCES, "msgctl(2): IPC_STAT needs read permission");
  }
  Expected expected{.numbers = Turn::StatOf(q.perm)};
  for (const int64_t number : {q.Cbytes(), static_cast<int64_t>(q.messages.size()), q.qbytes,
                               int64_t{q.lspid}, int64_t{q.lrpid}}) {
    expected.numbers.push_back(Range::Exactly(number));
  }
  for (const Range& time : {q.stime, q.rtime, q.ctime}) expected.numbers.push_back(time);
  turn.Returns(std::move(expected), "msgctl(2): IPC_STAT copies the msqid_ds");
}

void MsgctlSet::Model(Turn& turn) const {
  State& s = turn.s;
  const int id = turn.IdOf(queue);
  const auto found = s.queues.find(id);
  if (found == s.queues.end()) return turn.Fails(EINVAL, "msgctl(2): invalid msqid");
  Queue& target = found->second;
  if (!turn.MayChange(target.perm)) {
    return turn.Fails(EPERM, "msgctl(2): IPC_SET needs the owner, the creator or CAP_SYS_ADMIN");
  }
  if (settings.qbytes > s.facts.msgmnb && s.facts.cap_sys_resource == 0) {
    return turn.Fails(EPERM, "msgctl(2): msg_qbytes beyond MSGMNB needs CAP_SYS_RESOURCE");
  }
  if (turn.Change(target.perm, settings.common) != 0) {
    return turn.Fails(EINVAL, "msgctl(2): a user or group id that does not exist here");
  }
  target.qbytes = settings.qbytes;
  target.ctime = turn.now;
  // The kernel wakes all receivers and lets them queue again, in any order.
  const int64_t again = s.clock++;
  for (ProcessState& process : s.processes) {
    const auto* receive = process.pending ? std::get_if<Msgrcv>(&*process.pending) : nullptr;
    if (receive != nullptr && turn.IdOf(receive->queue) == id) process.since = again;
  }
  turn.Returns(0, "msgctl(2): IPC_SET");
}

void MsgctlRmid::Model(Turn& turn) const {
  const auto found = turn.s.queues.find(turn.IdOf(queue));
  if (found == turn.s.queues.end()) return turn.Fails(EINVAL, "msgctl(2): invalid msqid");
  if (!turn.MayChange(found->second.perm)) {
    return turn.Fails(EPERM, "msgctl(2): IPC_RMID needs the owner, the creator or CAP_SYS_ADMIN");
  }
  turn.s.queues.erase(found);
  turn.Returns(0, "msgctl(2): IPC_RMID removes the queue and wakes everybody who waits");
}

}  // namespace ipcrig
