// SPDX-License-Identifier: Apache-2.0
#include "model/semaphores.h"

#include <algorithm>

namespace ipcrig {
namespace {

void Note(State& state, ProcessState& sleeper, const SemSleep& sleep) {
  const auto& sets = state.space(sleeper.space).sets;
  const auto set = sets.find(sleep.set);
  if (set == sets.end()) return;
  const SemAttempt attempt = TrySemop(set->second, sleep.ops->view(), nullptr);
  if (attempt.blocking == nullptr) return;
  sleeper.blocked_at = {attempt.blocking->num, attempt.blocking->op == 0};
}

bool LeavesAZero(const SemaphoreSet& set, const SemOps* changed) {
  const auto& semaphores = set.semaphores;
  if (changed == nullptr) {
    return std::any_of(semaphores.begin(), semaphores.end(),
                       [](const Semaphore& semaphore) { return semaphore.value == 0; });
  }
  return std::any_of(changed->view().begin(), changed->view().end(),
                     [&](const SemOp& op) { return semaphores[op.num].value == 0; });
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
    int& adjustment = attempt.adjustments[op.num];
    for (int i = 0; i < op.times; ++i) {
      if ((op.op == 0 && value != 0) || value + op.op < 0) {
        attempt.blocking = &op;
        return attempt;
      }
      const bool undo = (op.flags & abi::kSemUndo) != 0;
      const int adjusted = adjustment - (undo ? op.op : 0);
      if (value + op.op > kSemvmx || adjusted < -kSemaem - 1 || adjusted > kSemaem) {
        attempt.out_of_range = true;
        return attempt;
      }
      value += op.op;
      adjustment = adjusted;
    }
  }
  return attempt;
}

std::optional<SemSleep> SemSleepOf(const Op& pending) {
  if (const auto* call = std::get_if<Semop>(&pending))
    return SemSleep{call->set.number, &call->ops};
  if (const auto* call = std::get_if<Semtimedop>(&pending)) {
    return SemSleep{call->set.number, &call->ops};
  }
  return std::nullopt;
}

bool OnlyWaitsForZero(const SemOps& ops) {
  return std::all_of(ops.view().begin(), ops.view().end(),
                     [](const SemOp& op) { return op.op == 0; });
}

void NoteSleep(State& state, int process) {
  ProcessState& sleeper = state.process(process);
  if (const auto sleep = SemSleepOf(*sleeper.pending)) Note(state, sleeper, *sleep);
}

void RefreshSleepers(State& state, int space, int set, const SemOps* changed) {
  const auto& sets = state.space(space).sets;
  const auto found = sets.find(set);
  if (found == sets.end()) return;
  const bool zero = LeavesAZero(found->second, changed);
  for (ProcessState& process : state.processes) {
    if (!process.pending || process.space != space || process.stopped) continue;
    const auto sleep = SemSleepOf(*process.pending);
    if (!sleep || sleep->set != set) continue;
    if (!OnlyWaitsForZero(*sleep->ops) || zero) Note(state, process, *sleep);
  }
}

}  // namespace ipcrig
