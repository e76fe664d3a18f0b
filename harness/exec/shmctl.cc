// SPDX-License-Identifier: Apache-2.0
//
// The calls that inspect and control shared memory.
#include <sys/ipc.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "exec/buffers.h"
#include "exec/clamp.h"

namespace ipcrig {
namespace {

// Past libc, and past a sanitizer that looks at the buffer, where that is not to be touched.
int64_t Shmctl(int id, int command, void* buf, const Buffer& buffer = {}) {
  if (buffer.unmapped()) return syscall(SYS_shmctl, id, command, buf);
  return shmctl(id, command, static_cast<shmid_ds*>(buf));
}

void AddStat(Worker& worker, Filled<shmid_ds>& ds) {
  const ipc_perm& perm = ds->shm_perm;
  const int64_t stray =
      CountStray(ds, {perm.__key, perm.uid, perm.gid, perm.cuid, perm.cgid, perm.mode, perm.__seq,
                      ds->shm_segsz, ds->shm_atime, ds->shm_dtime, ds->shm_ctime, ds->shm_cpid,
                      ds->shm_lpid, ds->shm_nattch});
  worker.AddNumbers({perm.__key, perm.uid, perm.gid, perm.cuid, perm.cgid, perm.mode,
                     static_cast<int64_t>(ds->shm_segsz), ds->shm_cpid, ds->shm_lpid,
                     static_cast<int64_t>(ds->shm_nattch), ds->shm_atime, ds->shm_dtime,
                     ds->shm_ctime, stray});
}

}  // namespace

void ShmctlStat::Call(Worker& worker) const {
  Filled<shmid_ds> ds(worker);
  const int64_t value = Shmctl(worker.IdOf(segment), IPC_STAT, ds.In(buffer), buffer);
  worker.Answer(value);
  if (value >= 0) AddStat(worker, ds);
}

void ShmctlIndex::Call(Worker& worker) const {
  Filled<shmid_ds> ds(worker);
  const int number = command.Is("SHM_STAT") ? SHM_STAT : abi::kShmStatAny;
  const int64_t value = Shmctl(worker.IdOf(segment), number, ds.In(buffer), buffer);
  worker.Answer(value);
  if (value < 0) return;
  worker.AddNumber(value);
  AddStat(worker, ds);
}

void ShmctlSet::Call(Worker& worker) const {
  shmid_ds ds = {};
  ds.shm_perm.uid = settings.uid;
  ds.shm_perm.gid = settings.gid;
  ds.shm_perm.mode = settings.mode;
  void* place = PlaceInput(worker, buffer, &ds, sizeof(ds));
  worker.Answer(Shmctl(worker.IdOf(segment), IPC_SET, place, buffer));
}

void ShmctlRmid::Call(Worker& worker) const {
  worker.Answer(Shmctl(worker.IdOf(segment), IPC_RMID, nullptr));
}

void ShmctlLock::Call(Worker& worker) const {
  const int number = command.Is("SHM_LOCK") ? SHM_LOCK : SHM_UNLOCK;
  worker.Answer(Shmctl(worker.IdOf(segment), number, nullptr));
}

void ShmctlIpcInfo::Call(Worker& worker) const {
  Filled<shminfo> info(worker);
  const int64_t value = Shmctl(worker.IdOf(segment), IPC_INFO, info.In(buffer), buffer);
  worker.Answer(value);
  if (value < 0) return;
  worker.AddNumbers({value, Clamp(info->shmmax), Clamp(info->shmmin), Clamp(info->shmmni),
                     Clamp(info->shmseg), Clamp(info->shmall)});
}

void ShmctlShmInfo::Call(Worker& worker) const {
  Filled<shm_info> info(worker);
  const int64_t value = Shmctl(worker.IdOf(segment), SHM_INFO, info.In(buffer), buffer);
  worker.Answer(value);
  if (value < 0) return;
  worker.AddNumbers({value, info->used_ids, static_cast<int64_t>(info->shm_tot),
                     static_cast<int64_t>(info->shm_rss), static_cast<int64_t>(info->shm_swp)});
}

void ShmctlOther::Call(Worker& worker) const {
  Filled<shmid_ds> ds(worker);
  worker.Answer(syscall(SYS_shmctl, worker.IdOf(segment), command.number, ds.get()));
}

}  // namespace ipcrig
