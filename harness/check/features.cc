// SPDX-License-Identifier: Apache-2.0
#include "check/features.h"

#include <algorithm>

#include "base/mix.h"

namespace ipcrig {
namespace {

// none, one, few, many
uint64_t Bucket(int64_t amount) { return amount <= 1 ? amount > 0 : amount <= 3 ? 2 : 3; }

uint64_t HowItEnded(const Outcome* outcome) {
  if (outcome == nullptr) return 1;
  const bool returned = outcome->kind == Outcome::Kind::kReturned;
  const auto value = static_cast<uint64_t>(returned ? outcome->value > 0 : outcome->value);
  return 2 + (static_cast<uint64_t>(outcome->kind) << 32 | value);
}

struct Object {
  ObjectKind kind = ObjectKind::kShm;
  int id = -1;
};

// The object that a call names, with a variable's value in place of the variable.
Object ObjectOf(const State& state, const Op& op) {
  Object object;
  const auto id_of = [&](ObjectKind kind, int slot, int number) {
    int64_t id = number;
    if (const auto held = state.values.find(slot); held != state.values.end()) id += held->second;
    object = {kind, static_cast<int>(id)};
  };
  std::visit(
      [&](const auto& call) {
        if constexpr (requires { call.queue.slot; }) {
          id_of(ObjectKind::kMsg, call.queue.slot, call.queue.number);
        }
        if constexpr (requires { call.set.slot; }) {
          id_of(ObjectKind::kSem, call.set.slot, call.set.number);
        }
        if constexpr (requires { call.segment.slot; }) {
          id_of(ObjectKind::kShm, call.segment.slot, call.segment.number);
        }
      },
      op);
  return object;
}

uint64_t Sleepers(const State& state, const Object& object) {
  uint64_t hash = 0;
  for (const ProcessState& process : state.processes) {
    if (!process.pending) continue;
    const Object at = ObjectOf(state, *process.pending);
    if (at.kind == object.kind && at.id == object.id) hash += 1 + process.pending->index();
  }
  return hash;
}

uint64_t Abstract(const Permissions& perm, const ProcessState& caller) {
  return (perm.uid == caller.who.uid ? 1U : 0U) | (perm.cuid == caller.who.uid ? 2U : 0U) |
         (perm.mode & 0777U) << 2;
}

uint64_t AbstractQueue(const Queue& queue) {
  uint64_t hash = Bucket(static_cast<int64_t>(queue.messages.size()));
  const int64_t bytes = queue.Cbytes();
  hash = Mix(hash, bytes == 0 ? 0 : bytes * 2 < queue.qbytes ? 1 : 2);
  return Mix(hash, queue.messages.empty() ? 0 : Bucket(queue.messages.front().type));
}

uint64_t AbstractSet(const State& state, const ProcessState& caller, int id,
                     const SemaphoreSet& set) {
  uint64_t hash = 0;
  for (size_t i = 0; i < std::min<size_t>(set.semaphores.size(), 4); ++i) {
    hash = Mix(hash, Bucket(set.semaphores[i].value));
  }
  const auto undo = state.undo_lists.find(caller.undo);
  const bool adjusts = undo != state.undo_lists.end() && undo->second.semadj.contains(id);
  return Mix(hash, adjusts ? 1 : 0);
}

uint64_t AbstractSegment(const State& state, int process, int id, const Segment& segment) {
  const auto& attaches = state.LeaderOf(process).attaches;
  const auto mine = std::count_if(attaches.begin(), attaches.end(),
                                  [&](const Attach& attach) { return attach.segment == id; });
  const uint64_t flags =
      (segment.dest ? 1U : 0U) | (segment.locked ? 2U : 0U) | (segment.huge != 0 ? 4U : 0U);
  return Mix(Mix(Bucket(segment.nattch), Bucket(mine)), flags);
}

// The state of the object as far as it decides what a call does.
uint64_t Abstract(const State& state, int process, const Object& object) {
  const ProcessState& caller = state.process(process);
  const IpcNamespace& space = state.space(caller.space);
  uint64_t hash = Sleepers(state, object);
  if (object.kind == ObjectKind::kMsg) {
    const auto found = space.queues.find(object.id);
    if (found == space.queues.end()) return 0;
    return Mix(Mix(hash, Abstract(found->second.perm, caller)), AbstractQueue(found->second));
  }
  if (object.kind == ObjectKind::kSem) {
    const auto found = space.sets.find(object.id);
    if (found == space.sets.end()) return 0;
    hash = Mix(hash, Abstract(found->second.perm, caller));
    return Mix(hash, AbstractSet(state, caller, object.id, found->second));
  }
  const auto found = space.segments.find(object.id);
  if (found == space.segments.end()) return Mix(hash, state.LeaderOf(process).attaches.size());
  hash = Mix(hash, Abstract(found->second.perm, caller));
  return Mix(hash, AbstractSegment(state, process, object.id, found->second));
}

}  // namespace

void FeatureCounter::Step(const State& before, int process, const Op& op,
                          const std::vector<Seen>& seen) {
  const auto count = [&](uint64_t hash) {
    sink_(static_cast<uint32_t>(hash >> 32) % kFeatureCount);
  };
  const Object object = ObjectOf(before, op);
  const auto own = std::find_if(seen.begin(), seen.end(),
                                [&](const Seen& one) { return one.process == process; });
  const uint64_t how = Mix(op.index() + 1, HowItEnded(own == seen.end() ? nullptr : &own->outcome));
  count(Mix(Mix(1, how), Abstract(before, process, object)));
  if (object.id >= 0) {
    uint64_t& last = last_[static_cast<int64_t>(object.kind) << 32 | object.id];
    count(Mix(Mix(2, how), last));
    last = how;
  }
  for (const Seen& woken : seen) {
    const auto& pending = before.process(woken.process).pending;
    if (woken.process == process || !pending) continue;
    count(Mix(Mix(Mix(3, how), pending->index()), HowItEnded(&woken.outcome)));
  }
}

}  // namespace ipcrig
