// SPDX-License-Identifier: Apache-2.0
//
// The calls on shared memory, and accesses to it.
#include <sys/ipc.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <unistd.h>

#include "exec/memory_access.h"
#include "exec/worker.h"

namespace ipcrig {
namespace {

void* Pointer(uint64_t address) {
  return reinterpret_cast<void*>(address);  // NOLINT(performance-no-int-to-ptr)
}

// The bytes that an attach of the segment covers: whole pages. 0 where the caller may not know.
uint64_t AttachLength(int id) {
  shmid_ds ds = {};
  if (shmctl(id, IPC_STAT, &ds) != 0) return 0;
  const auto page = static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
  return (ds.shm_segsz + page - 1) / page * page;
}

void AnswerAccess(Worker& worker, int signal, int64_t value) {
  if (signal != 0) {
    worker.AnswerFault(signal);
  } else {
    worker.Answer(value);
  }
}

}  // namespace

void Ftok::Call(Worker& worker) const {
  struct stat st = {};
  const int64_t error = stat(path.text.data(), &st) == 0 ? 0 : errno;
  worker.AnswerId(result.slot, ftok(path.text.data(), static_cast<int>(id.value)));
  if (error == 0 && worker.lane().kind == Outcome::Kind::kFailed) {
    // A key of -1 is indistinguishable from a failure, except here.
    worker.lane().kind = Outcome::Kind::kReturned;
    worker.lane().value = -1;
  }
  worker.AddNumbers({error, static_cast<int64_t>(error == 0 ? st.st_dev : 0),
                     static_cast<int64_t>(error == 0 ? st.st_ino : 0)});
}

void Shmget::Call(Worker& worker) const {
  worker.AnswerId(result.slot, shmget(worker.KeyOf(key), static_cast<size_t>(size.value),
                                      static_cast<int>(flags.bits)));
}

void Shmat::Call(Worker& worker) const {
  const int id = worker.IdOf(segment);
  const uint64_t length = AttachLength(id);
  errno = 0;
  const void* at = shmat(id, Pointer(worker.AddressOf(address)), static_cast<int>(flags.bits));
  const auto value = reinterpret_cast<int64_t>(at);
  worker.Answer(value);
  if (result.slot >= 0)
    worker.lane().addresses[result.slot] = value == -1 ? 0 : static_cast<uint64_t>(value);
  if (value != -1) RememberRange(worker.lane(), static_cast<uint64_t>(value), length);
}

void Shmdt::Call(Worker& worker) const { worker.Answer(shmdt(Pointer(worker.AddressOf(address)))); }

void ShmctlStat::Call(Worker& worker) const {
  shmid_ds ds = {};
  const int64_t value = shmctl(worker.IdOf(segment), IPC_STAT, &ds);
  worker.Answer(value);
  if (value < 0) return;
  const ipc_perm& perm = ds.shm_perm;
  worker.AddNumbers({perm.__key, perm.uid, perm.gid, perm.cuid, perm.cgid, perm.mode,
                     static_cast<int64_t>(ds.shm_segsz), ds.shm_cpid, ds.shm_lpid,
                     static_cast<int64_t>(ds.shm_nattch), ds.shm_atime, ds.shm_dtime,
                     ds.shm_ctime});
}

void ShmctlSet::Call(Worker& worker) const {
  shmid_ds ds = {};
  ds.shm_perm.uid = settings.uid;
  ds.shm_perm.gid = settings.gid;
  ds.shm_perm.mode = static_cast<decltype(ds.shm_perm.mode)>(settings.mode);
  worker.Answer(shmctl(worker.IdOf(segment), IPC_SET, &ds));
}

void ShmctlRmid::Call(Worker& worker) const {
  worker.Answer(shmctl(worker.IdOf(segment), IPC_RMID, nullptr));
}

void Store::Call(Worker& worker) const {
  const uint64_t at = worker.AddressOf(address) + static_cast<uint64_t>(offset.value);
  AnswerAccess(worker, StoreText(worker.lane(), at, text), 0);
}

void Load::Call(Worker& worker) const {
  const uint64_t at = worker.AddressOf(address) + static_cast<uint64_t>(offset.value);
  const auto count = static_cast<uint64_t>(length.value);
  const int signal = LoadBytes(worker.lane(), at, count, worker.bytes());
  AnswerAccess(worker, signal, length.value);
  worker.SetByteCount(signal == 0 ? length.value : 0);
}

void Fill::Call(Worker& worker) const {
  const uint64_t at = worker.AddressOf(address) + static_cast<uint64_t>(offset.value);
  const auto count = static_cast<uint64_t>(length.value);
  AnswerAccess(worker, StoreByte(worker.lane(), at, count, static_cast<char>(byte.value)), 0);
}

void Verify::Call(Worker& worker) const {
  const uint64_t at = worker.AddressOf(address) + static_cast<uint64_t>(offset.value);
  const auto count = static_cast<uint64_t>(length.value);
  int64_t other = 0;
  const int signal = CountOther(worker.lane(), at, count, static_cast<char>(byte.value), &other);
  AnswerAccess(worker, signal, other);
}

}  // namespace ipcrig
