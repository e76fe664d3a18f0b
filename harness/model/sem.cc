// SPDX-License-Identifier: Apache-2.0
//
// Semaphore sets: semget(2), semop(2).
//
// A call that waits is tried again after every change, in the order of arrival: that is what
// "atomically" and FIFO service amount to.
#include "model/semaphores.h"
#include "model/turn.h"

namespace ipcrig {
namespace {

constexpr int64_t kNanosecondsOfSecond = 1'000'000'000;

// The caller's adjustments for a set, made where it has none yet.
std::vector<int>& SemadjOf(Turn& turn, int set, size_t semaphores) {
  std::vector<int>& semadj = turn.Undo().semadj[set];
  semadj.resize(semaphores);
  return semadj;
}

bool Invalid(const Timeout& timeout) {
  return timeout.kind == Timeout::Kind::kTime && (timeout.seconds < 0 || timeout.nanoseconds < 0 ||
                                                  timeout.nanoseconds >= kNanosecondsOfSecond);
}

// What is wrong with the call whatever the set is like: a branch.
bool IsWrong(Turn& turn, const SemOps& ops, const Timeout& timeout, const Buffer& buffer, int id) {
  if (timeout.kind == Timeout::Kind::kBad) {
    turn.Fails(EFAULT, "semop(2): the address of timeout isn't accessible");
  } else if (buffer.kind == Buffer::Kind::kNegative || ops.Total() > turn.space().limits.semopm) {
    turn.Fails(E2BIG, "semop(2): nsops is greater than SEMOPM");
  } else if (buffer.unmapped() && ops.count > 0) {
    turn.Fails(EFAULT, "semop(2): the address of sops isn't accessible");
  } else if (ops.count == 0 || id < 0 || Invalid(timeout)) {
    turn.Fails(EINVAL, "semop(2): no operation, no semid, or an invalid timeout");
  }
  return !turn.branches().empty();
}

// The operations cannot proceed now. One that sleeps learns it only where the kernel tried it
// again.
void Sleep(Turn& turn, const SemAttempt& attempt, const Timeout& timeout) {
  const SemOp& stop = *attempt.blocking;
  const bool tried = !turn.slept() || turn.me.blocked_at == SemBlock{stop.num, stop.op == 0};
  if (tried && (stop.flags & abi::kIpcNowait) != 0) {
    turn.Fails(EAGAIN, "semop(2): an operation cannot proceed and has IPC_NOWAIT");
  } else if (timeout.Short()) {
    turn.Fails(EAGAIN, "semop(2): the time limit of semtimedop has expired");
  }
}

void ModelSemop(Turn& turn, int id, const SemOps& ops, const Timeout& timeout,
                const Buffer& buffer) {
  // A sleeper's arguments are not looked at again, whatever the limits are by now.
  if (!turn.slept() && IsWrong(turn, ops, timeout, buffer, id)) return;
  auto& sets = turn.space().sets;
  const auto found = sets.find(id);
  if (found == sets.end()) {
    constexpr std::string_view kRule = "semop(2): EINVAL no such set; EIDRM it was removed";
    if (!turn.slept() || timeout.kind != Timeout::Kind::kTime) {
      return turn.Fails(turn.Missing(), kRule);
    }
    turn.MayFail(turn.Missing(), kRule);
    turn.Deviates(Deviation::kL1);
    return turn.Fails(EINTR, "semop(2): a time limit and IPC_RMID at the same time");
  }
  SemaphoreSet& target = found->second;
  bool alters = false;
  bool undoes = false;
  for (const SemOp& op : ops.view()) undoes = undoes || (op.flags & abi::kSemUndo) != 0;
  // Linux gets the adjustments ready before it looks at anything else.
  if (undoes) SemadjOf(turn, id, target.semaphores.size());
  for (const SemOp& op : ops.view()) {
    if (op.num >= target.semaphores.size()) return turn.Fails(EFBIG, "semop(2): sem_num too large");
    alters = alters || op.op != 0;
  }
  if (!turn.slept() && !turn.Permitted(target.perm, alters ? kWrite : kRead)) {
    return turn.Fails(EACCES, "semop(2): the mode does not permit these operations");
  }
  const std::vector<int>* semadj = undoes ? &SemadjOf(turn, id, target.semaphores.size()) : nullptr;
  SemAttempt attempt = TrySemop(target, ops.view(), semadj);
  if (attempt.blocking != nullptr) return Sleep(turn, attempt, timeout);
  if (attempt.out_of_range) {
    return turn.Fails(ERANGE, "semop(2): semval would exceed SEMVMX, or semadj SEMAEM");
  }
  target.semaphores = std::move(attempt.semaphores);
  for (const SemOp& op : ops.view()) target.semaphores[op.num].pid = turn.Myself();
  if (undoes) SemadjOf(turn, id, target.semaphores.size()) = std::move(attempt.adjustments);
  target.otime = turn.now;
  turn.me.pending.reset();
  if (alters) RefreshSleepers(turn.s, turn.me.space, id, &ops);
  turn.Returns(0, "semop(2): all operations are done, atomically");
}

}  // namespace

void Semget::Model(Turn& turn) const {
  State& s = turn.s;
  auto& sets = turn.space().sets;
  Limits& limits = turn.space().limits;
  if (nsems.value < 0 || nsems.value > limits.semmsl) {
    return turn.Fails(EINVAL, "semget(2): nsems is less than 0 or greater than SEMMSL");
  }
  const int32_t wanted = turn.KeyOf(key);
  const auto found = FindKey(sets, wanted);
  if (found != sets.end()) {
    if (flags.Has(abi::kIpcCreat | abi::kIpcExcl)) {
      return turn.Fails(EEXIST, "semget(2): IPC_CREAT and IPC_EXCL, and a set exists for key");
    }
    if (nsems.value > static_cast<int64_t>(found->second.semaphores.size())) {
      return turn.Fails(EINVAL, "semget(2): nsems is greater than in the set that exists");
    }
    if (!turn.Permitted(found->second.perm, flags.bits)) {
      return turn.Fails(EACCES, "semget(2): the caller has no permission to access the set");
    }
    if (result.slot >= 0) s.values[result.slot] = found->first;
    return turn.Returns(found->first, "semget(2): the identifier of the set with this key");
  }
  if (wanted != abi::kIpcPrivate && !flags.Has(abi::kIpcCreat)) {
    return turn.Fails(ENOENT, "semget(2): no set exists for key, and no IPC_CREAT");
  }
  if (nsems.value == 0) return turn.Fails(EINVAL, "semget(2): nsems is 0 for a new set");
  int64_t used = nsems.value;
  for (const auto& [id, set] : sets) used += static_cast<int64_t>(set.semaphores.size());
  if (used > limits.semmns || static_cast<int64_t>(sets.size()) >= limits.semmni) {
    return turn.Fails(ENOSPC, "semget(2): the limits SEMMNI or SEMMNS");
  }
  const auto id = turn.ChooseNewId(sets, ObjectKind::kSem, limits.sem_next_id);
  if (!id) return;
  SemaphoreSet& set = sets[*id];
  set.perm = turn.NewPermissions(wanted, flags.bits);
  set.semaphores.resize(static_cast<size_t>(nsems.value));
  set.ctime = turn.now;
  if (result.slot >= 0) s.values[result.slot] = *id;
  turn.Returns({.value = *id, .value_name = "a new id"}, "semget(2): a new set is created");
}

void Semop::Model(Turn& turn) const { ModelSemop(turn, turn.IdOf(set), ops, {}, buffer); }

void Semtimedop::Model(Turn& turn) const { ModelSemop(turn, turn.IdOf(set), ops, timeout, buffer); }

}  // namespace ipcrig
