// SPDX-License-Identifier: Apache-2.0
//
// The calls on message queues.
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/syscall.h>

#include "exec/worker.h"

namespace ipcrig {
namespace {

struct MessageBuffer {
  long type;
  char text[kMaxTextLength];
};
MessageBuffer buffer;

}  // namespace

void Msgget::Call(Worker& worker) const {
  worker.AnswerId(result.slot, msgget(worker.KeyOf(key), static_cast<int>(flags.bits)));
}

void Msgsnd::Call(Worker& worker) const {
  buffer.type = type.value;
  text.CopyTo(buffer.text);
  const int id = worker.IdOf(queue);
  worker.Answer(worker.Try(SYS_msgsnd, [&] {
    return msgsnd(id, &buffer, text.Length(), static_cast<int>(flags.bits));
  }));
}

void Msgrcv::Call(Worker& worker) const {
  const int id = worker.IdOf(queue);
  const int64_t length = worker.Try(SYS_msgrcv, [&] {
    return msgrcv(id, &buffer, static_cast<size_t>(size.value), type.value,
                  static_cast<int>(flags.bits));
  });
  worker.Answer(length);
  if (length < 0) return;
  worker.AddNumber(buffer.type);
  for (int64_t i = 0; i < length; ++i) worker.bytes()[i] = buffer.text[i];
  worker.SetByteCount(length);
}

void MsgctlStat::Call(Worker& worker) const {
  msqid_ds ds = {};
  const int64_t value = msgctl(worker.IdOf(queue), IPC_STAT, &ds);
  worker.Answer(value);
  if (value < 0) return;
  const ipc_perm& perm = ds.msg_perm;
  worker.AddNumbers({perm.__key, perm.uid, perm.gid, perm.cuid, perm.cgid, perm.mode,
                     static_cast<int64_t>(ds.__msg_cbytes), static_cast<int64_t>(ds.msg_qnum),
                     static_cast<int64_t>(ds.msg_qbytes), ds.msg_lspid, ds.msg_lrpid, ds.msg_stime,
                     ds.msg_rtime, ds.msg_ctime});
}

void MsgctlSet::Call(Worker& worker) const {
  msqid_ds ds = {};
  ds.msg_perm.uid = settings.common.uid;
  ds.msg_perm.gid = settings.common.gid;
  ds.msg_perm.mode = static_cast<decltype(ds.msg_perm.mode)>(settings.common.mode);
  ds.msg_qbytes = static_cast<msglen_t>(settings.qbytes);
  worker.Answer(msgctl(worker.IdOf(queue), IPC_SET, &ds));
}

void MsgctlRmid::Call(Worker& worker) const {
  worker.Answer(msgctl(worker.IdOf(queue), IPC_RMID, nullptr));
}

}  // namespace ipcrig
