// SPDX-License-Identifier: Apache-2.0
//
// The calls on semaphore sets.
#include <sys/ipc.h>
#include <sys/sem.h>
#include <sys/syscall.h>

#include "exec/worker.h"

namespace ipcrig {
namespace {

// semctl(2): the caller must define this union.
union semun {
  int val;
  semid_ds* buf;
  uint16_t* array;
};

uint16_t all_values[kMaxReplyNumbers];

int64_t Semctl(Worker& worker, const Id<Kind::kSet>& set, int64_t num, int command,
               semun arg = {}) {
  return semctl(worker.IdOf(set), static_cast<int>(num), command, arg);
}

}  // namespace

void Semget::Call(Worker& worker) const {
  worker.AnswerId(result.slot, semget(worker.KeyOf(key), static_cast<int>(nsems.value),
                                      static_cast<int>(flags.bits)));
}

void Semop::Call(Worker& worker) const {
  sembuf array[kMaxSemOps];
  for (size_t i = 0; i < ops.count; ++i) {
    array[i] = {ops.ops[i].num, ops.ops[i].op, static_cast<short>(ops.ops[i].flags)};
  }
  const int id = worker.IdOf(set);
  // glibc makes semop(2) with this call.
  worker.Answer(worker.Try(SYS_semtimedop, [&] { return semop(id, array, ops.count); }));
}

void SemctlGetval::Call(Worker& worker) const {
  worker.Answer(Semctl(worker, set, num.value, GETVAL));
}
void SemctlGetpid::Call(Worker& worker) const {
  worker.Answer(Semctl(worker, set, num.value, GETPID));
}
void SemctlGetncnt::Call(Worker& worker) const {
  worker.Answer(Semctl(worker, set, num.value, GETNCNT));
}
void SemctlGetzcnt::Call(Worker& worker) const {
  worker.Answer(Semctl(worker, set, num.value, GETZCNT));
}

void SemctlSetval::Call(Worker& worker) const {
  semun arg = {};
  arg.val = static_cast<int>(value.value);
  worker.Answer(Semctl(worker, set, num.value, SETVAL, arg));
}

void SemctlGetall::Call(Worker& worker) const {
  semid_ds ds = {};
  semun arg = {};
  arg.buf = &ds;
  const bool known = Semctl(worker, set, 0, IPC_STAT, arg) == 0;
  arg.array = all_values;
  const int64_t result = Semctl(worker, set, num.value, GETALL, arg);
  worker.Answer(result);
  for (unsigned i = 0; result == 0 && known && i < ds.sem_nsems; ++i) {
    worker.AddNumber(all_values[i]);
  }
}

void SemctlSetall::Call(Worker& worker) const {
  for (uint16_t& value : all_values) value = 0;
  for (size_t i = 0; i < values.count; ++i) all_values[i] = values.values[i];
  semun arg = {};
  arg.array = all_values;
  worker.Answer(Semctl(worker, set, num.value, SETALL, arg));
}

void SemctlStat::Call(Worker& worker) const {
  semid_ds ds = {};
  semun arg = {};
  arg.buf = &ds;
  const int64_t result = Semctl(worker, set, num.value, IPC_STAT, arg);
  worker.Answer(result);
  if (result < 0) return;
  const ipc_perm& perm = ds.sem_perm;
  worker.AddNumbers({perm.__key, perm.uid, perm.gid, perm.cuid, perm.cgid, perm.mode,
                     static_cast<int64_t>(ds.sem_nsems), ds.sem_otime, ds.sem_ctime});
}

void SemctlSet::Call(Worker& worker) const {
  semid_ds ds = {};
  ds.sem_perm.uid = settings.uid;
  ds.sem_perm.gid = settings.gid;
  ds.sem_perm.mode = static_cast<decltype(ds.sem_perm.mode)>(settings.mode);
  semun arg = {};
  arg.buf = &ds;
  worker.Answer(Semctl(worker, set, num.value, IPC_SET, arg));
}

void SemctlRmid::Call(Worker& worker) const {
  worker.Answer(Semctl(worker, set, num.value, IPC_RMID));
}

}  // namespace ipcrig
