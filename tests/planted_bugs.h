// SPDX-License-Identifier: Apache-2.0
//
// Bug: what a planted bug does to the simulated kernel (simulated_kernel.h lists them).
//
//   bug.Prepare(state, self, op);               // changes what the kernel looks at
//   std::visit(..., bug.Disguise(state, self, op));  // what it takes the call for
//   bug.Corrupt({before, after, self, now, outcome}, op);  // what it did, and what it answers
//   bug.Report(view);                           // what it reports of objects
//
// Each does nothing unless its bug is planted. What Prepare() lends to a call Corrupt() takes back.
// planted_bugs.cc has what concerns every kind of object; planted_ipc.cc queues, sets and segments.
#pragma once

#include <optional>

#include "model/state.h"
#include "simulated_kernel.h"

namespace ipcrig {

// What a step of the kernel did, for a bug to change.
struct Deed {
  const State& before;
  State& after;
  int self;
  Range now;
  std::optional<Outcome>& outcome;  // none: it blocks

  const ProcessState& Caller() const { return before.process(self); }
  // The namespace in which it happened.
  IpcNamespace& Space() { return after.space(Caller().space); }
  const IpcNamespace& OldSpace() const { return before.space(Caller().space); }

  bool Returned() const { return outcome && outcome->kind == Outcome::Kind::kReturned; }
  bool Failed(int error) const { return outcome == Outcome::Failed(error); }
  // As if nothing had happened yet.
  void Blocks() {
    outcome.reset();
    after = before;
  }
  // As if the signal that interrupts it had not come.
  void SleepsOn() {
    Blocks();
    after.process(self).interrupted = 0;
  }
};

class Bug {
 public:
  explicit Bug(std::optional<PlantedBug> planted) : planted_(planted) {}

  bool Is(PlantedBug bug) const { return planted_ == bug; }

  Op Disguise(const State& state, int self, Op op) const;
  // Before a call, or before a thread is killed (op: a Kill).
  void Prepare(State& state, int self, const Op& op) const;
  bool Oversleeps(const State& state, int self, const Op& op) const;
  // After a call went on, or blocked; also after a thread was killed.
  void Corrupt(Deed deed, const Op& op);
  void Report(View& view) const;

 private:
  void LendCredentials(State& state, int self, const Op& op) const;
  void LendModes(State& state, int self, const Op& op) const;
  void PrepareEnd(State& state, int self) const;
  void PrepareNewObject(State& state, int self) const;
  void TakeBack(Deed& deed, const Op& op) const;
  void CorruptBirth(Deed& deed, const Op& op) const;
  void CorruptEnd(Deed& deed) const;
  void CorruptPipe(Deed& deed, const Op& op) const;
  void CorruptAnswer(Deed& deed, const Op& op) const;

  // planted_ipc.cc
  void CorruptQueues(Deed& deed, const Op& op);
  void CorruptReceive(Deed& deed, const Msgrcv& op);
  void CorruptSend(Deed& deed, const Msgsnd& op);
  void CorruptSets(Deed& deed, const Op& op) const;
  void CorruptSemop(Deed& deed, int set, const SemOps& ops) const;
  void CorruptSetval(Deed& deed) const;
  void CorruptSegments(Deed& deed, const Op& op) const;
  void CorruptSegment(Deed& deed, const Op& op, int id, Segment& segment) const;
  void CorruptMappings(Deed& deed, const Op& op) const;

  std::optional<PlantedBug> planted_;
  int64_t cbytes_drift_ = 0;
  bool message_is_lost_ = false;
};

template <Kind kKind>
int IdIn(const State& state, const Id<kKind>& id) {
  if (id.slot < 0) return id.number;
  const auto found = state.values.find(id.slot);
  return (found == state.values.end() ? -1 : static_cast<int>(found->second)) + id.number;
}

template <typename Object>
Object* FindIn(std::map<int, Object>& objects, int id) {
  const auto found = objects.find(id);
  return found == objects.end() ? nullptr : &found->second;
}

// A semop or semtimedop: its set and its operations.
std::optional<std::pair<int, SemOps>> SemopOf(const State& state, const Op& op);

}  // namespace ipcrig
