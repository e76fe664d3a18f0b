// SPDX-License-Identifier: Apache-2.0
//
// semctl(2).
#include <algorithm>
#include <optional>

#include "model/semaphores.h"
#include "model/turn.h"

namespace ipcrig {
namespace {

constexpr std::string_view kInvalidSemid = "semctl(2): invalid semid";
constexpr std::string_view kBadSemBuffer = "semctl(2): the address of arg isn't accessible";

// The set of a semctl that needs `bits` of its mode, or nullptr and a branch that says why not.
SemaphoreSet* FindSet(Turn& turn, const Id<Kind::kSet>& id, uint32_t bits) {
  SemaphoreSet* set = turn.Find(turn.space().sets, turn.IdOf(id), kInvalidSemid);
  if (set == nullptr || turn.Permitted(set->perm, bits)) return set;
  turn.Fails(EACCES, "semctl(2): the mode does not permit this command");
  return nullptr;
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
void ClearUndo(Turn& turn, int id, std::optional<size_t> num) {
  for (auto& [list, undo] : turn.s.undo_lists) {
    const auto found = undo.semadj.find(id);
    if (undo.space != turn.me.space || found == undo.semadj.end()) continue;
    for (size_t i = 0; i < found->second.size(); ++i) {
      if (!num || *num == i) found->second[i] = 0;
    }
  }
}

// GETNCNT and GETZCNT: who sleeps in a semop that cannot proceed at an operation on this semaphore;
// and as Linux counts them, where the kernel last saw them stop.
void CountWaiters(Turn& turn, const Id<Kind::kSet>& id, int64_t num, bool for_zero,
                  std::string_view rule) {
  const int set_id = turn.IdOf(id);
  const SemaphoreSet& set = turn.space().sets.at(set_id);
  int64_t waiters = 0;
  int64_t counted = 0;
  for (const ProcessState& process : turn.s.processes) {
    if (!process.pending || process.space != turn.me.space || process.stopped) continue;
    const auto sleep = SemSleepOf(*process.pending);
    if (!sleep || sleep->set != set_id) continue;
    const SemAttempt attempt = TrySemop(set, sleep->ops->view(), nullptr);
    const bool here = attempt.blocking != nullptr && attempt.blocking->num == num &&
                      (attempt.blocking->op == 0) == for_zero;
    waiters += here ? 1 : 0;
    counted += process.blocked_at == SemBlock{static_cast<int>(num), for_zero} ? 1 : 0;
  }
  if (counted == waiters) return turn.Returns(waiters, rule);
  turn.MayReturn({.value = waiters}, rule);
  turn.Deviates(Deviation::kL4);
  turn.Returns(counted, rule);
}

void Describe(const SemaphoreSet& set, Expected& expected) {
  for (const Range& number : Turn::StatOf(set.perm)) expected.numbers.push_back(number);
  expected.numbers.push_back(Range::Exactly(static_cast<int64_t>(set.semaphores.size())));
  expected.numbers.push_back(set.otime);
  expected.numbers.push_back(set.ctime);
  expected.numbers.push_back(Range::Exactly(0));
}

}  // namespace

void SemctlGetval::Model(Turn& turn) const {
  const Semaphore* semaphore = FindSemaphore(turn, set, num.value);
  if (semaphore != nullptr) turn.Returns(semaphore->value, "semctl(2): GETVAL is semval");
}

void SemctlGetpid::Model(Turn& turn) const {
  const Semaphore* semaphore = FindSemaphore(turn, set, num.value);
  if (semaphore != nullptr) {
    turn.Returns(turn.Number(semaphore->pid),
                 "semctl(2): GETPID is sempid, who last operated on it");
  }
}

void SemctlGetncnt::Model(Turn& turn) const {
  if (FindSemaphore(turn, set, num.value) == nullptr) return;
  CountWaiters(turn, set, num.value, false,
               "semctl(2): GETNCNT is semncnt, who waits for an increase");
}

void SemctlGetzcnt::Model(Turn& turn) const {
  if (FindSemaphore(turn, set, num.value) == nullptr) return;
  CountWaiters(turn, set, num.value, true, "semctl(2): GETZCNT is semzcnt, who waits for zero");
}

void SemctlSetval::Model(Turn& turn) const {
  if (turn.IdOf(set) < 0) return turn.Fails(EINVAL, kInvalidSemid);
  if (value.value < 0 || value.value > kSemvmx) {
    return turn.Fails(ERANGE, "semctl(2): SETVAL to less than 0 or more than SEMVMX");
  }
  const int id = turn.IdOf(set);
  SemaphoreSet* target = turn.Find(turn.space().sets, id, kInvalidSemid);
  if (target == nullptr) return;
  const auto index = static_cast<size_t>(num.value);
  if (index >= target->semaphores.size()) return turn.Fails(EINVAL, "semctl(2): invalid semnum");
  if (!turn.Permitted(target->perm, kWrite)) {
    return turn.Fails(EACCES, "semctl(2): SETVAL needs alter permission");
  }
  target->semaphores[index] = {static_cast<int>(value.value), turn.Myself()};
  target->ctime = turn.now;
  ClearUndo(turn, id, index);
  RefreshSleepers(turn.s, turn.me.space, id, nullptr);
  turn.Returns(0, "semctl(2): SETVAL sets semval and clears the undo entries of the semaphore");
}

void SemctlGetall::Model(Turn& turn) const {
  const SemaphoreSet* target = FindSet(turn, set, kRead);
  if (target == nullptr) return;
  if (turn.IsBad(buffer, kBadSemBuffer)) return;
  Expected expected;
  for (const Semaphore& semaphore : target->semaphores) {
    expected.numbers.push_back(Range::Exactly(semaphore.value));
  }
  turn.Returns(std::move(expected), "semctl(2): GETALL");
}

void SemctlSetall::Model(Turn& turn) const {
  SemaphoreSet* target = FindSet(turn, set, kWrite);
  if (target == nullptr) return;
  if (turn.IsBad(buffer, kBadSemBuffer)) return;
  const auto value_of = [&](size_t i) { return i < values.count ? values.values[i] : 0; };
  for (size_t i = 0; i < target->semaphores.size(); ++i) {
    if (value_of(i) > kSemvmx) return turn.Fails(ERANGE, "semctl(2): SETALL beyond SEMVMX");
  }
  for (size_t i = 0; i < target->semaphores.size(); ++i) {
    target->semaphores[i] = {value_of(i), turn.Myself()};
  }
  target->ctime = turn.now;
  ClearUndo(turn, turn.IdOf(set), std::nullopt);
  RefreshSleepers(turn.s, turn.me.space, turn.IdOf(set), nullptr);
  turn.Returns(0, "semctl(2): SETALL sets all values and clears the undo entries of the set");
}

void SemctlStat::Model(Turn& turn) const {
  const SemaphoreSet* target = FindSet(turn, set, kRead);
  if (target == nullptr) return;
  if (turn.IsBad(buffer, kBadSemBuffer)) return;
  Expected expected;
  Describe(*target, expected);
  turn.Returns(std::move(expected), "semctl(2): IPC_STAT copies the semid_ds");
}

void SemctlIndex::Model(Turn& turn) const {
  const auto id = turn.FindIndex(turn.space().sets, turn.IdOf(set));
  if (!id) return turn.Fails(EINVAL, "semctl(2): no set has this index");
  const SemaphoreSet& target = turn.space().sets.at(*id);
  if (command.Is("SEM_STAT") && !turn.Permitted(target.perm, kRead)) {
    return turn.Fails(EACCES, "semctl(2): SEM_STAT needs read permission");
  }
  if (turn.IsBad(buffer, kBadSemBuffer)) return;
  Expected expected{.value = *id, .numbers = {Range::Exactly(*id)}};
  Describe(target, expected);
  turn.Returns(std::move(expected), "semctl(2): SEM_STAT describes the set with this index");
}

void SemctlSet::Model(Turn& turn) const {
  if (turn.IdOf(set) < 0) return turn.Fails(EINVAL, kInvalidSemid);
  if (turn.IsBad(buffer, kBadSemBuffer)) return;
  SemaphoreSet* target = turn.Find(turn.space().sets, turn.IdOf(set), kInvalidSemid);
  if (target == nullptr) return;
  if (!turn.MayChange(target->perm)) {
    return turn.Fails(EPERM, "semctl(2): IPC_SET needs the owner, the creator or CAP_SYS_ADMIN");
  }
  if (turn.Change(target->perm, settings) != 0) {
    return turn.Fails(EINVAL, "semctl(2): a user or group id that does not exist here");
  }
  target->ctime = turn.now;
  turn.Returns(0, "semctl(2): IPC_SET");
}

void SemctlRmid::Model(Turn& turn) const {
  const int id = turn.IdOf(set);
  const SemaphoreSet* target = turn.Find(turn.space().sets, id, kInvalidSemid);
  if (target == nullptr) return;
  if (!turn.MayChange(target->perm)) {
    return turn.Fails(EPERM, "semctl(2): IPC_RMID needs the owner, the creator or CAP_SYS_ADMIN");
  }
  turn.space().sets.erase(id);
  for (auto& [list, undo] : turn.s.undo_lists) {
    if (undo.space == turn.me.space) undo.semadj.erase(id);
  }
  turn.Returns(0, "semctl(2): IPC_RMID removes the set and wakes everybody who waits");
}

void SemctlIpcInfo::Model(Turn& turn) const {
  if (turn.IdOf(set) < 0) return turn.Fails(EINVAL, kInvalidSemid);
  if (turn.IsBad(buffer, kBadSemBuffer)) return;
  const Limits& limits = turn.space().limits;
  turn.Returns(Turn::InfoOf({Turn::HighestIndex(turn.space().sets), limits.semmni, limits.semmns,
                             limits.semmsl, limits.semopm, kSemvmx}),
               "semctl(2): IPC_INFO: the limits; the highest index in use");
}

void SemctlSemInfo::Model(Turn& turn) const {
  if (turn.IdOf(set) < 0) return turn.Fails(EINVAL, kInvalidSemid);
  if (turn.IsBad(buffer, kBadSemBuffer)) return;
  const auto& sets = turn.space().sets;
  int64_t semaphores = 0;
  for (const auto& [id, one] : sets) semaphores += static_cast<int64_t>(one.semaphores.size());
  turn.Returns(
      Turn::InfoOf({Turn::HighestIndex(sets), static_cast<int64_t>(sets.size()), semaphores}),
      "semctl(2): SEM_INFO: how many sets and semaphores there are");
}

void SemctlOther::Model(Turn& turn) const { turn.Fails(EINVAL, "semctl(2): invalid cmd"); }

}  // namespace ipcrig
