// SPDX-License-Identifier: Apache-2.0
#include "model/progress.h"

#include <algorithm>
#include <utility>

#include "model/semaphores.h"
#include "model/signals.h"

namespace ipcrig {
namespace {

constexpr int64_t kLooksByItself = INT64_MAX;

}  // namespace

Op Resolved(const Turn& turn, const Op& op) {
  Op resolved = op;
  std::visit(
      [&]<typename T>(T& call) {
        if constexpr (requires { call.queue.slot; }) call.queue = {-1, turn.IdOf(call.queue)};
        if constexpr (requires { call.set.slot; }) call.set = {-1, turn.IdOf(call.set)};
      },
      resolved);
  return resolved;
}

void FallAsleep(State& state, int process, const Op& pending) {
  ProcessState& sleeper = state.process(process);
  sleeper.pending = pending;
  sleeper.since = state.clock++;
  NoteSleep(state, process);
}

int64_t OrderKey(const ProcessState& process, const Rules& rules) {
  if (process.fate || process.interrupted != 0 || rules.profile == Profile::kPosix) return -1;
  if (const auto sleep = SemSleepOf(*process.pending)) {
    return OnlyWaitsForZero(*sleep->ops) ? -1 : process.since;
  }
  const bool queued = std::holds_alternative<Msgrcv>(*process.pending) && !process.roused;
  return queued ? process.since : kLooksByItself;
}

std::vector<int> Waiting(const State& state) {
  std::vector<int> order;
  for (size_t i = 0; i < state.processes.size(); ++i) {
    const ProcessState& process = state.processes[i];
    if (process.fate || process.pending) order.push_back(static_cast<int>(i));
  }
  // Of those without an order, who came first is the likeliest to look first.
  const auto key = [&](int i) {
    const ProcessState& process = state.process(i);
    return std::pair(OrderKey(process, state.rules), process.since);
  };
  std::stable_sort(order.begin(), order.end(), [&](int a, int b) { return key(a) < key(b); });
  return order;
}

void ComeToRest(State& state) {
  for (ProcessState& process : state.processes) process.roused = false;
}

void Proceed(Turn& turn, const Op& op) {
  turn.me.restarted = false;
  if (turn.me.interrupted != 0) return InterruptCall(turn, op);
  std::visit([&](const auto& call) { call.Model(turn); }, op);
}

void ClearPending(ProcessState& process) {
  process.pending.reset();
  process.blocked_at = {};
  process.in_use = {};
}

void ForgetResult(State& state, int process, const Op& op) {
  const int slot = OpAssigns(op);
  if (slot < 0) return;
  state.values.erase(slot);
  state.LeaderOf(process).addresses.erase(slot);
}

}  // namespace ipcrig
