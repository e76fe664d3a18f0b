// SPDX-License-Identifier: Apache-2.0
//
// The calls that inspect and control message queues.
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "exec/buffers.h"

namespace ipcrig {
namespace {

// Past libc, and past a sanitizer that looks at the buffer, where that is not to be touched.
int64_t Msgctl(int id, int command, void* buf, const Buffer& buffer = {}) {
  if (buffer.unmapped()) return syscall(SYS_msgctl, id, command, buf);
  return msgctl(id, command, static_cast<msqid_ds*>(buf));
}

void AddStat(Worker& worker, Filled<msqid_ds>& ds) {
  const ipc_perm& perm = ds->msg_perm;
  const int64_t stray =
      CountStray(ds, {perm.__key, perm.uid, perm.gid, perm.cuid, perm.cgid, perm.mode, perm.__seq,
                      ds->msg_stime, ds->msg_rtime, ds->msg_ctime, ds->__msg_cbytes, ds->msg_qnum,
                      ds->msg_qbytes, ds->msg_lspid, ds->msg_lrpid});
  worker.AddNumbers({perm.__key, perm.uid, perm.gid, perm.cuid, perm.cgid, perm.mode,
                     static_cast<int64_t>(ds->__msg_cbytes), static_cast<int64_t>(ds->msg_qnum),
                     static_cast<int64_t>(ds->msg_qbytes), ds->msg_lspid, ds->msg_lrpid,
                     ds->msg_stime, ds->msg_rtime, ds->msg_ctime, stray});
}

}  // namespace

void MsgctlStat::Call(Worker& worker) const {
  Filled<msqid_ds> ds(worker);
  const int64_t value = Msgctl(worker.IdOf(queue), IPC_STAT, ds.In(buffer), buffer);
  worker.Answer(value);
  if (value >= 0) AddStat(worker, ds);
}

void MsgctlIndex::Call(Worker& worker) const {
  Filled<msqid_ds> ds(worker);
  const int number = command.Is("MSG_STAT") ? MSG_STAT : abi::kMsgStatAny;
  const int64_t value = Msgctl(worker.IdOf(queue), number, ds.In(buffer), buffer);
  worker.Answer(value);
  if (value < 0) return;
  worker.AddNumber(value);
  AddStat(worker, ds);
}

void MsgctlSet::Call(Worker& worker) const {
  msqid_ds ds = {};
  ds.msg_perm.uid = settings.common.uid;
  ds.msg_perm.gid = settings.common.gid;
  ds.msg_perm.mode = settings.common.mode;
  ds.msg_qbytes = static_cast<msglen_t>(settings.qbytes);
  void* place = PlaceInput(worker, buffer, &ds, sizeof(ds));
  worker.Answer(Msgctl(worker.IdOf(queue), IPC_SET, place, buffer));
}

void MsgctlRmid::Call(Worker& worker) const {
  worker.Answer(Msgctl(worker.IdOf(queue), IPC_RMID, nullptr));
}

void MsgctlIpcInfo::Call(Worker& worker) const {
  Filled<msginfo> info(worker);
  const int64_t value = Msgctl(worker.IdOf(queue), IPC_INFO, info.In(buffer), buffer);
  worker.Answer(value);
  if (value < 0) return;
  worker.AddNumbers({value, info->msgmax, info->msgmnb, info->msgmni, info->msgssz});
}

void MsgctlMsgInfo::Call(Worker& worker) const {
  Filled<msginfo> info(worker);
  const int64_t value = Msgctl(worker.IdOf(queue), MSG_INFO, info.In(buffer), buffer);
  worker.Answer(value);
  if (value < 0) return;
  worker.AddNumbers({value, info->msgpool, info->msgmap, info->msgtql});
}

void MsgctlOther::Call(Worker& worker) const {
  Filled<msqid_ds> ds(worker);
  worker.Answer(syscall(SYS_msgctl, worker.IdOf(queue), command.number, ds.get()));
}

}  // namespace ipcrig
