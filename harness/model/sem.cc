// SPDX-License-Identifier: Apache-2.0
//
// Semaphore sets: semget(2), semop(2), semctl(2).
//
// A call that waits is tried again after every change, in the order of arrival: that is what
// "atomically" and FIFO service amount to.
#include <algorithm>
#include <optional>

#include "model/semaphores.h"
#include "model/turn.h"

namespace ipcrig {
namespace {

constexpr uint32_t kRead = 0444;
constexpr uint32_t kAlter = 0222;

// The set of a semctl that needs `bits` of its mode, or nullptr and a branch that says why not.
SemaphoreSet* FindSet(Turn& turn, const Id<Kind::kSet>& id, uint32_t bits) {
  const auto found = turn.s.sets.find(turn.IdOf(id));
  if (found == turn.s.sets.end()) {
    turn.Fails(EINVAL, "semctl(2): invalid semid");
    return nullptr;
  }
  if (!turn.Permitted(found->second.perm, bits)) {
    turn.Fails(EACCES, "semctl(2): the mode does not permit this command");
    return nullptr;
  }
  return &found->second;
}

// One semaphore of a set, or nullptr and a branch.
Semaphore* FindSemaphore(Turn& turn, const Id<Kind::kSet>& id, int64_t num) {
  SemaphoreSet* set = FindSet(turn, id, kRead);
  if (set == nullptr) return nullptr;
  if (num >= static_cast<int64_t>(set->semaphores.size())) {
    turn.Fails(EINVAL, "semctl(2): invalid semnum");
    return nullptr;
  }
  return &set->semaphores[static_cast<size_t>(num)];
}

// SETVAL and SETALL clear the adjustments of all processes: of one semaphore, or of the set.
void ClearUndo(State& state, int id, std::optional<size_t> num) {
  for (ProcessState& process : state.processes) {
    const auto undo = process.undo.find(id);
    if (undo == process.undo.end()) continue;
    for (size_t i = 0; i < undo->second.size(); ++i) {
      if (!num || *num == i) undo->second[i] = 0;
    }
  }
}

// How many processes sleep in a semop whose blocking operation is on this semaphore.
int64_t CountWaiters(Turn& turn, const Id<Kind::kSet>& id, int64_t num, bool for_zero) {
  const int set_id = turn.IdOf(id);
  const SemaphoreSet& set = turn.s.sets.at(set_id);
  int64_t waiters = 0;
  for (const ProcessState& process : turn.s.processes) {
    const auto* call = process.pending ? std::get_if<Semop>(&*process.pending) : nullptr;
    if (call == nullptr || turn.IdOf(call->set) != set_id) continue;
    const SemAttempt attempt = TrySemop(set, call->ops.view(), nullptr);
    if (attempt.blocking == nullptr || attempt.blocking->num != num) continue;
    if ((attempt.blocking->op == 0) == for_zero) ++waiters;
  }
  return waiters;
}

}  // namespace

SemAttempt TrySemop(const SemaphoreSet& set, std::span<const SemOp> ops,
                    const std::vector<int>* adjustments) {
  SemAttempt attempt;
  attempt.semaphores = set.semaphores;
  attempt.adjustments = adjustments != nullptr ? *adjustments : std::vector<int>();
  attempt.adjustments.resize(set.semaphores.size());
  for (const SemOp& op : ops) {
    int& value = attempt.semaphores[op.num].value;
    if ((op.op == 0 && value != 0) || value + op.op < 0) {
      attempt.blocking = &op;
      return attempt;
    }
    int& adjustment = attempt.adjustments[op.num];
    const bool undo = (op.flags & abi::kSemUndo) != 0;
    const int adjusted = adjustment - (undo ? op.op : 0);
    if (value + op.op > kSemvmx || adjusted < -kSemaem - 1 || adjusted > kSemaem) {
      attempt.out_of_range = true;
      return attempt;
    }
    value += op.op;
    adjustment = adjusted;
  }
  return attempt;
}

void Semget::Model(Turn& turn) const {
  State& s = turn.s;
  if (nsems.value < 0 || nsems.value > s.facts.semmsl) {
    return turn.Fails(EINVAL, "semget(2): nsems is less than 0 or greater than SEMMSL");
  }
  const int32_t wanted = turn.KeyOf(key);
  const auto found = FindKey(s.sets, wanted);
  if (found != s.sets.end()) {
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
  for (const auto& [id, set] : s.sets) used += static_cast<int64_t>(set.semaphores.size());
  if (used > s.facts.semmns || static_cast<int64_t>(s.sets.size()) >= s.facts.semmni) {
    return turn.Fails(ENOSPC, "semget(2): the limits SEMMNI or SEMMNS");
  }
  const int id = turn.ChooseNewId(s.sets);
  SemaphoreSet& set = s.sets[id];
  set.perm = turn.NewPermissions(wanted, flags.bits);
  set.semaphores.resize(static_cast<size_t>(nsems.value));
  set.ctime = turn.now;
  if (result.slot >= 0) s.values[result.slot] = id;
  turn.Returns({.value = id, .value_name = "a new id"}, "semget(2): a new set is created");
}

void Semop::Model(Turn& turn) const {
  State& s = turn.s;
  const int id = turn.IdOf(set);
  if (ops.count == 0 || id < 0) return turn.Fails(EINVAL, "semop(2): no operation, or no semid");
  if (ops.count > s.facts.semopm) return turn.Fails(E2BIG, "semop(2): more than SEMOPM");
  const auto found = s.sets.find(id);
  if (found == s.sets.end()) {
    return turn.Fails(turn.Missing(), "semop(2): EINVAL no such set; EIDRM it was removed");
  }
  SemaphoreSet& target = found->second;
  bool alters = false;
  // Linux gets the adjustments ready before it looks at anything else.
  for (const SemOp& op : ops.view()) {
    if ((op.flags & abi::kSemUndo) != 0) turn.me.undo[id].resize(target.semaphores.size());
  }
  for (const SemOp& op : ops.view()) {
    if (op.num >= target.semaphores.size()) return turn.Fails(EFBIG, "semop(2): sem_num too large");
    alters = alters || op.op != 0;
  }
  if (!turn.slept() && !turn.Permitted(target.perm, alters ? kAlter : kRead)) {
    return turn.Fails(EACCES, "semop(2): the mode does not permit these operations");
  }
  const auto undo = turn.me.undo.find(id);
  SemAttempt attempt =
      TrySemop(target, ops.view(), undo == turn.me.undo.end() ? nullptr : &undo->second);
  if (attempt.blocking != nullptr) {
    if ((attempt.blocking->flags & abi::kIpcNowait) != 0) {
      turn.Fails(EAGAIN, "semop(2): an operation cannot proceed and has IPC_NOWAIT");
    }
    return;
  }
  if (attempt.out_of_range) {
    return turn.Fails(ERANGE, "semop(2): semval would exceed SEMVMX, or semadj SEMAEM");
  }
  target.semaphores = std::move(attempt.semaphores);
  for (const SemOp& op : ops.view()) {
    target.semaphores[op.num].pid = turn.me.pid;
    if ((op.flags & abi::kSemUndo) != 0) turn.me.undo[id] = attempt.adjustments;
  }
  target.otime = turn.now;
  turn.Returns(0, "semop(2): all operations are done at once");
}

void SemctlGetval::Model(Turn& turn) const {
  const Semaphore* semaphore = FindSemaphore(turn, set, num.value);
  if (semaphore != nullptr) turn.Returns(semaphore->value, "semctl(2): GETVAL is semval");
}

void SemctlGetpid::Model(Turn& turn) const {
  const Semaphore* semaphore = FindSemaphore(turn, set, num.value);
  if (semaphore != nullptr) {
    turn.Returns(semaphore->pid, "semctl(2): GETPID is sempid, who last operated on it");
  }
}

void SemctlGetncnt::Model(Turn& turn) const {
  if (FindSemaphore(turn, set, num.value) == nullptr) return;
  turn.Returns(CountWaiters(turn, set, num.value, false),
               "semctl(2): GETNCNT is semncnt, who waits for an increase");
}

void SemctlGetzcnt::Model(Turn& turn) const {
  if (FindSemaphore(turn, set, num.value) == nullptr) return;
  turn.Returns(CountWaiters(turn, set, num.value, true),
               "semctl(2): GETZCNT is semzcnt, who waits for zero");
}

void SemctlSetval::Model(Turn& turn) const {
  if (turn.IdOf(set) < 0) return turn.Fails(EINVAL, "semctl(2): invalid semid");
  if (value.value < 0 || value.value > kSemvmx) {
    return turn.Fails(ERANGE, "semctl(2): SETVAL to less than 0 or more than SEMVMX");
  }
  const auto found = turn.s.sets.find(turn.IdOf(set));
  if (found == turn.s.sets.end()) return turn.Fails(EINVAL, "semctl(2): invalid semid");
  SemaphoreSet& target = found->second;
  const auto index = static_cast<size_t>(num.value);
  if (index >= target.semaphores.size()) return turn.Fails(EINVAL, "semctl(2): invalid semnum");
  if (!turn.Permitted(target.perm, kAlter)) {
    return turn.Fails(EACCES, "semctl(2): SETVAL needs alter permission");
  }
  target.semaphores[index] = {static_cast<int>(value.value), turn.me.pid};
  target.ctime = turn.now;
  ClearUndo(turn.s, found->first, index);
  turn.Returns(0, "semctl(2): SETVAL sets semval and clears the undo entries of the semaphore");
}

void SemctlGetall::Model(Turn& turn) const {
  const SemaphoreSet* target = FindSet(turn, set, kRead);
  if (target == nullptr) return;
  Expected expected;
  for (const Semaphore& semaphore : target->semaphores) {
    expected.numbers.push_back(Range::Exactly(semaphore.value));
  }
  turn.Returns(std::move(expected), "semctl(2): GETALL");
}

void SemctlSetall::Model(Turn& turn) const {
  SemaphoreSet* target = FindSet(turn, set, kAlter);
  if (target == nullptr) return;
  const auto value_of = [&](size_t i) { return i < values.count ? values.values[i] : 0; };
  for (size_t i = 0; i < target->semaphores.size(); ++i) {
    if (value_of(i) > kSemvmx) return turn.Fails(ERANGE, "semctl(2): SETALL beyond SEMVMX");
  }
  for (size_t i = 0; i < target->semaphores.size(); ++i) {
    target->semaphores[i] = {value_of(i), turn.me.pid};
  }
  target->ctime = turn.now;
  ClearUndo(turn.s, turn.IdOf(set), std::nullopt);
  turn.Returns(0, "semctl(2): SETALL sets all values and clears the undo entries of the set");
}

void SemctlStat::Model(Turn& turn) const {
  const SemaphoreSet* target = FindSet(turn, set, kRead);
  if (target == nullptr) return;
  Expected expected{.numbers = Turn::StatOf(target->perm)};
  expected.numbers.push_back(Range::Exactly(static_cast<int64_t>(target->semaphores.size())));
  expected.numbers.push_back(target->otime);
  expected.numbers.push_back(target->ctime);
  turn.Returns(std::move(expected), "semctl(2): IPC_STAT copies the semid_ds");
}

void SemctlSet::Model(Turn& turn) const {
  const auto found = turn.s.sets.find(turn.IdOf(set));
  if (found == turn.s.sets.end()) return turn.Fails(EINVAL, "semctl(2): invalid semid");
  if (!turn.MayChange(found->second.perm)) {
    return turn.Fails(EPERM, "semctl(2): IPC_SET needs the owner, the creator or CAP_SYS_ADMIN");
  }
  if (turn.Change(found->second.perm, settings) != 0) {
    return turn.Fails(EINVAL, "semctl(2): a user or group id that does not exist here");
  }
  found->second.ctime = turn.now;
  turn.Returns(0, "semctl(2): IPC_SET");
}

void SemctlRmid::Model(Turn& turn) const {
  const auto found = turn.s.sets.find(turn.IdOf(set));
  if (found == turn.s.sets.end()) return turn.Fails(EINVAL, "semctl(2): invalid semid");
  if (!turn.MayChange(found->second.perm)) {
    return turn.Fails(EPERM, "semctl(2): IPC_RMID needs the owner, the creator or CAP_SYS_ADMIN");
  }
  const int id = found->first;
  turn.s.sets.erase(found);
  for (ProcessState& process : turn.s.processes) process.undo.erase(id);
  turn.Returns(0, "semctl(2): IPC_RMID removes the set and wakes everybody who waits");
}

}  // namespace ipcrig
