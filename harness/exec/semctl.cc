// SPDX-License-Identifier: Apache-2.0
//
// The calls that inspect and control semaphore sets.
#include <sys/ipc.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/require.h"
#include "exec/buffers.h"
#include "exec/semun.h"

namespace ipcrig {
namespace {

// Past libc, and past a sanitizer that looks at the buffer, where that is not to be touched.
int64_t Semctl(int id, int64_t num, int command, void* buf = nullptr, const Buffer& buffer = {}) {
  if (buffer.unmapped()) return syscall(SYS_semctl, id, static_cast<int>(num), command, buf);
  semun arg = {};
  arg.buf = buf;
  return semctl(id, static_cast<int>(num), command, arg);
}

// The number of semaphores of a set, -1 where the caller may not know.
int64_t SizeOf(int id) {
  semid_ds ds = {};
  if (Semctl(id, 0, IPC_STAT, &ds) != 0) return -1;
  IPC_REQUIRE(ds.sem_nsems <= kMaxReplyNumbers, "a set has more values than a reply can hold");
  return static_cast<int64_t>(ds.sem_nsems);
}

void AddStat(Worker& worker, Filled<semid_ds>& ds) {
  const ipc_perm& perm = ds->sem_perm;
  const int64_t stray =
      CountStray(ds, {perm.__key, perm.uid, perm.gid, perm.cuid, perm.cgid, perm.mode, perm.__seq,
                      ds->sem_nsems, ds->sem_otime, ds->sem_ctime});
  worker.AddNumbers({perm.__key, perm.uid, perm.gid, perm.cuid, perm.cgid, perm.mode,
                     static_cast<int64_t>(ds->sem_nsems), ds->sem_otime, ds->sem_ctime, stray});
}

}  // namespace

void SemctlGetval::Call(Worker& worker) const {
  worker.Answer(Semctl(worker.IdOf(set), num.value, GETVAL));
}

void SemctlGetpid::Call(Worker& worker) const {
  worker.Answer(Semctl(worker.IdOf(set), num.value, GETPID));
}

void SemctlGetncnt::Call(Worker& worker) const {
  worker.Answer(Semctl(worker.IdOf(set), num.value, GETNCNT));
}

void SemctlGetzcnt::Call(Worker& worker) const {
  worker.Answer(Semctl(worker.IdOf(set), num.value, GETZCNT));
}

void SemctlSetval::Call(Worker& worker) const {
  semun arg = {};
  arg.val = static_cast<int>(value.value);
  worker.Answer(semctl(worker.IdOf(set), static_cast<int>(num.value), SETVAL, arg));
}

void SemctlGetall::Call(Worker& worker) const {
  const int id = worker.IdOf(set);
  const int64_t count = SizeOf(id);
  auto* values = reinterpret_cast<uint16_t*>(worker.scratch());
  const size_t size = count < 0 ? 0 : static_cast<size_t>(count) * sizeof(*values);
  void* place = PlaceOutput(worker, buffer, values, size);
  const int64_t result = Semctl(id, num.value, GETALL, place, buffer);
  worker.Answer(result);
  for (int64_t i = 0; result == 0 && i < count; ++i) worker.AddNumber(values[i]);
}

void SemctlSetall::Call(Worker& worker) const {
  const int id = worker.IdOf(set);
  auto* all = reinterpret_cast<uint16_t*>(worker.scratch());
  memset(all, 0, kScratchBytes);
  for (size_t i = 0; i < values.count; ++i) all[i] = values.values[i];
  const int64_t count = buffer.unmapped() ? SizeOf(id) : 0;
  const size_t size = count < 0 ? 0 : static_cast<size_t>(count) * sizeof(*all);
  worker.Answer(Semctl(id, num.value, SETALL, PlaceInput(worker, buffer, all, size), buffer));
}

void SemctlStat::Call(Worker& worker) const {
  Filled<semid_ds> ds(worker);
  const int64_t value = Semctl(worker.IdOf(set), num.value, IPC_STAT, ds.In(buffer), buffer);
  worker.Answer(value);
  if (value >= 0) AddStat(worker, ds);
}

void SemctlIndex::Call(Worker& worker) const {
  Filled<semid_ds> ds(worker);
  const int number = command.Is("SEM_STAT") ? SEM_STAT : abi::kSemStatAny;
  const int64_t value = Semctl(worker.IdOf(set), num.value, number, ds.In(buffer), buffer);
  worker.Answer(value);
  if (value < 0) return;
  worker.AddNumber(value);
  AddStat(worker, ds);
}

void SemctlSet::Call(Worker& worker) const {
  semid_ds ds = {};
  ds.sem_perm.uid = settings.uid;
  ds.sem_perm.gid = settings.gid;
  ds.sem_perm.mode = settings.mode;
  void* place = PlaceInput(worker, buffer, &ds, sizeof(ds));
  worker.Answer(Semctl(worker.IdOf(set), num.value, IPC_SET, place, buffer));
}

void SemctlRmid::Call(Worker& worker) const {
  worker.Answer(Semctl(worker.IdOf(set), num.value, IPC_RMID));
}

void SemctlIpcInfo::Call(Worker& worker) const {
  Filled<seminfo> info(worker);
  const int64_t value = Semctl(worker.IdOf(set), num.value, IPC_INFO, info.In(buffer), buffer);
  worker.Answer(value);
  if (value < 0) return;
  worker.AddNumbers({value, info->semmni, info->semmns, info->semmsl, info->semopm, info->semvmx});
}

void SemctlSemInfo::Call(Worker& worker) const {
  Filled<seminfo> info(worker);
  const int64_t value = Semctl(worker.IdOf(set), num.value, SEM_INFO, info.In(buffer), buffer);
  worker.Answer(value);
  if (value < 0) return;
  worker.AddNumbers({value, info->semusz, info->semaem});
}

void SemctlOther::Call(Worker& worker) const {
  Filled<semid_ds> ds(worker);
  worker.Answer(
      syscall(SYS_semctl, worker.IdOf(set), static_cast<int>(num.value), command.number, ds.get()));
}

}  // namespace ipcrig
