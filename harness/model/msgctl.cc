// SPDX-License-Identifier: Apache-2.0
//
// msgctl(2).
#include "model/turn.h"

namespace ipcrig {
namespace {

constexpr std::string_view kInvalidMsqid = "msgctl(2): invalid msqid";
constexpr std::string_view kBadMsgBuffer = "msgctl(2): the address of buf isn't accessible";

void Describe(const Turn& turn, const Queue& q, Expected& expected) {
  for (const Range& number : Turn::StatOf(q.perm)) expected.numbers.push_back(number);
  for (const int64_t number : {q.Cbytes(), static_cast<int64_t>(q.messages.size()), q.qbytes,
                               int64_t{turn.Number(q.lspid)}, int64_t{turn.Number(q.lrpid)}}) {
    expected.numbers.push_back(Range::Exactly(number));
  }
  for (const Range& time : {q.stime, q.rtime, q.ctime}) expected.numbers.push_back(time);
  expected.numbers.push_back(Range::Exactly(0));
}

}  // namespace

void MsgctlStat::Model(Turn& turn) const {
  const Queue* q = turn.Find(turn.space().queues, turn.IdOf(queue), kInvalidMsqid);
  if (q == nullptr) return;
  if (!turn.Permitted(q->perm, kRead)) {
    return turn.Fails(EACCES, "msgctl(2): IPC_STAT needs read permission");
  }
  if (turn.IsBad(buffer, kBadMsgBuffer)) return;
  Expected expected;
  Describe(turn, *q, expected);
  turn.Returns(std::move(expected), "msgctl(2): IPC_STAT copies the msqid_ds");
}

void MsgctlIndex::Model(Turn& turn) const {
  const auto id = turn.FindIndex(turn.space().queues, turn.IdOf(queue));
  if (!id) return turn.Fails(EINVAL, "msgctl(2): no queue has this index");
  const Queue& q = turn.space().queues.at(*id);
  if (command.Is("MSG_STAT") && !turn.Permitted(q.perm, kRead)) {
    return turn.Fails(EACCES, "msgctl(2): MSG_STAT needs read permission");
  }
  if (turn.IsBad(buffer, kBadMsgBuffer)) return;
  Expected expected{.value = *id, .numbers = {Range::Exactly(*id)}};
  Describe(turn, q, expected);
  turn.Returns(std::move(expected), "msgctl(2): MSG_STAT describes the queue with this index");
}

void MsgctlSet::Model(Turn& turn) const {
  State& s = turn.s;
  const int id = turn.IdOf(queue);
  if (id < 0) return turn.Fails(EINVAL, kInvalidMsqid);
  if (turn.IsBad(buffer, kBadMsgBuffer)) return;
  Queue* target = turn.Find(turn.space().queues, id, kInvalidMsqid);
  if (target == nullptr) return;
  if (!turn.MayChange(target->perm)) {
    return turn.Fails(EPERM, "msgctl(2): IPC_SET needs the owner, the creator or CAP_SYS_ADMIN");
  }
  // Linux keeps the low 32 bits, with their sign.
  const int64_t kept = static_cast<int32_t>(static_cast<uint32_t>(settings.qbytes));
  const bool cut = kept != settings.qbytes;
  const auto too_many = [&](int64_t bytes) {
    const bool beyond = bytes < 0 || bytes > turn.space().limits.msgmnb;  // it is unsigned
    return beyond && !turn.Has(abi::kCapSysResource);
  };
  if (too_many(settings.qbytes)) {
    turn.MayFail(EPERM, "msgctl(2): msg_qbytes beyond MSGMNB needs CAP_SYS_RESOURCE");
    if (!cut || too_many(kept)) return;
  }
  if (turn.Change(target->perm, settings.common) != 0) {
    return turn.Fails(EINVAL, "msgctl(2): a user or group id that does not exist here");
  }
  target->qbytes = settings.qbytes;
  target->ctime = turn.now;
  // The kernel wakes all receivers and lets them look and queue again, in any order.
  const int64_t again = s.clock++;
  int receivers = 0;
  for (ProcessState& process : s.processes) {
    const auto* receive = process.pending ? std::get_if<Msgrcv>(&*process.pending) : nullptr;
    const bool waits = receive != nullptr && receive->queue.number == id &&
                       process.space == turn.me.space && !process.stopped;
    if (!waits) continue;
    ++receivers;
    if (turn.strict()) continue;
    process.since = again;
    process.roused = true;
  }
  if (cut) {
    if (turn.branches().empty()) turn.MayReturn({}, "msgctl(2): IPC_SET");
    target->qbytes = kept;
    turn.Deviates(Deviation::kL3);
  } else if (receivers > 1 && !turn.strict()) {
    turn.Deviates(Deviation::kL9);
  }
  turn.Returns(0, "msgctl(2): IPC_SET");
}

void MsgctlRmid::Model(Turn& turn) const {
  const int id = turn.IdOf(queue);
  const Queue* target = turn.Find(turn.space().queues, id, kInvalidMsqid);
  if (target == nullptr) return;
  if (!turn.MayChange(target->perm)) {
    return turn.Fails(EPERM, "msgctl(2): IPC_RMID needs the owner, the creator or CAP_SYS_ADMIN");
  }
  turn.space().queues.erase(id);
  turn.Returns(0, "msgctl(2): IPC_RMID removes the queue and wakes everybody who waits");
}

void MsgctlIpcInfo::Model(Turn& turn) const {
  if (turn.IdOf(queue) < 0) return turn.Fails(EINVAL, kInvalidMsqid);
  if (turn.IsBad(buffer, kBadMsgBuffer)) return;
  const Limits& limits = turn.space().limits;
  const int64_t highest = turn.HighestIndex(turn.space().queues);
  turn.Returns(turn.InfoOf({highest, limits.msgmax, limits.msgmnb, limits.msgmni, 16}),
               "msgctl(2): IPC_INFO: the limits; the highest index in use");
}

void MsgctlMsgInfo::Model(Turn& turn) const {
  if (turn.IdOf(queue) < 0) return turn.Fails(EINVAL, kInvalidMsqid);
  if (turn.IsBad(buffer, kBadMsgBuffer)) return;
  int64_t messages = 0;
  int64_t bytes = 0;
  for (const auto& [id, q] : turn.space().queues) {
    messages += static_cast<int64_t>(q.messages.size());
    bytes += q.Cbytes();
  }
  const auto queues = static_cast<int64_t>(turn.space().queues.size());
  turn.Returns(turn.InfoOf({turn.HighestIndex(turn.space().queues), queues, messages, bytes}),
               "msgctl(2): MSG_INFO: how many queues, messages and bytes there are");
}

void MsgctlOther::Model(Turn& turn) const { turn.Fails(EINVAL, "msgctl(2): invalid cmd"); }

}  // namespace ipcrig
