// SPDX-License-Identifier: Apache-2.0
//
// Planted bugs of message queues, semaphore sets and shared memory segments.
#include <algorithm>

#include "model/mappings.h"
#include "model/semaphores.h"
#include "planted_bugs.h"

namespace ipcrig {

void Bug::CorruptReceive(Deed& deed, const Msgrcv& op) {
  if (Is(PlantedBug::kMessageLostOnSignal) && deed.Failed(EINTR)) message_is_lost_ = true;
  const bool slept = deed.Caller().pending.has_value();
  if (Is(PlantedBug::kSetKeepsReceivers) && slept && deed.Failed(EACCES)) deed.Blocks();
  const auto& signals = deed.before.LeaderOf(deed.self).signals;
  const auto handling = signals.find(deed.Caller().interrupted);
  if (Is(PlantedBug::kReceiveRestarts) && deed.Failed(EINTR) && handling != signals.end() &&
      handling->second.restarts) {
    deed.SleepsOn();
  }
  Queue* queue = FindIn(deed.Space().queues, IdIn(deed.after, op.queue));
  if (queue == nullptr) return;
  const Queue& old = deed.OldSpace().queues.at(IdIn(deed.after, op.queue));
  if (Is(PlantedBug::kTooBigIsConsumed) && deed.Failed(E2BIG)) {
    queue->messages.erase(queue->messages.begin());
  }
  if (!deed.Returned()) return;
  if (Is(PlantedBug::kCopyConsumes) && op.flags.Has(abi::kMsgCopy)) {
    queue->messages.erase(queue->messages.begin() + op.type.value);
  }
  const int64_t full = old.Cbytes() - queue->Cbytes();
  if (Is(PlantedBug::kCbytesDrift)) cbytes_drift_ += full - deed.outcome->value;
  if (Is(PlantedBug::kNoerrorReportsFull)) deed.outcome->value = full;
  if (Is(PlantedBug::kLrpidZero)) queue->lrpid = {};
  if (Is(PlantedBug::kReceiveKills)) {
    deed.outcome = Outcome{Outcome::Kind::kKilled, abi::kSigsegv};
    Doom(deed.after, deed.self, *deed.outcome);
    EndThread(deed.after, deed.self, *deed.outcome, deed.now);
  }
}

void Bug::CorruptSend(Deed& deed, const Msgsnd& op) {
  Queue* queue = FindIn(deed.Space().queues, IdIn(deed.after, op.queue));
  if (queue == nullptr) return;
  if (message_is_lost_ && deed.Returned()) {
    queue->messages.pop_back();
    message_is_lost_ = false;
  }
  if (Is(PlantedBug::kLspidStale)) {
    queue->lspid = deed.OldSpace().queues.at(IdIn(deed.after, op.queue)).lspid;
  }
  if (Is(PlantedBug::kFullQueueAccepts) && (!deed.outcome || deed.Failed(EAGAIN))) {
    queue->messages.push_back({op.type.value, op.text.Bytes()});
    deed.outcome = Outcome::Returned(0);
  }
  const ProcessState& me = deed.Caller();
  const auto stands_before_me = [&](const ProcessState& other) {
    return other.pending && std::holds_alternative<Msgsnd>(*other.pending) &&
           (!me.pending || other.since < me.since);
  };
  const auto& processes = deed.before.processes;
  if (Is(PlantedBug::kSmallSenderWaits) && deed.Returned() &&
      std::any_of(processes.begin(), processes.end(), stands_before_me)) {
    deed.Blocks();
  }
}

void Bug::CorruptQueues(Deed& deed, const Op& op) {
  if (const auto* receive = std::get_if<Msgrcv>(&op)) CorruptReceive(deed, *receive);
  if (const auto* send = std::get_if<Msgsnd>(&op)) CorruptSend(deed, *send);
  if (Is(PlantedBug::kQueueSurvivesRemoval) && std::holds_alternative<MsgctlRmid>(op)) {
    deed.after = deed.before;
  }
  for (auto& [id, queue] : deed.Space().queues) {
    const auto old = deed.OldSpace().queues.find(id);
    if (old == deed.OldSpace().queues.end()) {
      if (Is(PlantedBug::kMsgmnbIgnored)) queue.qbytes = deed.after.initial_limits.msgmnb;
    } else if (Is(PlantedBug::kCtimeNotAtSet)) {
      queue.ctime = old->second.ctime;
    }
  }
}

void Bug::CorruptSemop(Deed& deed, int id, const SemOps& call) const {
  if (Is(PlantedBug::kSemopSleepsOnAfterStop) && deed.Failed(EINTR) &&
      deed.Caller().interrupted == abi::kSigcont) {
    deed.SleepsOn();
  }
  SemaphoreSet* set = FindIn(deed.Space().sets, id);
  if (set == nullptr) return;
  const SemaphoreSet& old = deed.OldSpace().sets.at(id);
  const auto ops = call.view();
  if (Is(PlantedBug::kSempidNotSet)) {
    for (size_t i = 0; i < old.semaphores.size(); ++i) {
      set->semaphores[i].pid = old.semaphores[i].pid;
    }
  }
  if (Is(PlantedBug::kZeroWaitPassesAtOne) && !deed.outcome && ops.size() == 1 && ops[0].op == 0 &&
      old.semaphores[ops[0].num].value == 1) {
    deed.outcome = Outcome::Returned(0);
  }
  if (Is(PlantedBug::kTornSemop) && deed.Failed(EAGAIN)) {
    for (const SemOp& one : ops) {
      int& value = set->semaphores[one.num].value;
      if (value + one.op < 0 || (one.op == 0 && value != 0)) break;
      value += one.op;
    }
  }
  if (Is(PlantedBug::kUndoRangeUnchecked) && deed.Failed(ERANGE)) {
    for (const SemOp& one : ops) set->semaphores[one.num].value += one.op;
    deed.outcome = Outcome::Returned(0);
  }
  if (Is(PlantedBug::kZeroWaitLeavesOtime) && OnlyWaitsForZero(call)) set->otime = old.otime;
}

// SETVAL
void Bug::CorruptSetval(Deed& deed) const {
  if (Is(PlantedBug::kSetvalKeepsUndo)) deed.after.undo_lists = deed.before.undo_lists;
  if (!Is(PlantedBug::kNegativeUndoKept)) return;
  for (const auto& [list, undo] : deed.before.undo_lists) {
    for (const auto& [id, semadj] : undo.semadj) {
      for (size_t i = 0; i < semadj.size(); ++i) {
        if (semadj[i] < 0) deed.after.undo_lists[list].semadj[id][i] = semadj[i];
      }
    }
  }
}

void Bug::CorruptSets(Deed& deed, const Op& op) const {
  if (const auto semop = SemopOf(deed.before, op)) CorruptSemop(deed, semop->first, semop->second);
  if (std::holds_alternative<SemctlSetval>(op)) CorruptSetval(deed);
  const bool sets_all = std::holds_alternative<SemctlSetall>(op);
  for (auto& [id, set] : deed.Space().sets) {
    const auto old = deed.OldSpace().sets.find(id);
    if (old == deed.OldSpace().sets.end()) continue;
    if (Is(PlantedBug::kCtimeNotAtSet) && std::holds_alternative<SemctlSet>(op)) {
      set.ctime = old->second.ctime;
    }
    for (size_t i = 0; i < set.semaphores.size() && sets_all; ++i) {
      if (Is(PlantedBug::kSetallLeavesSempid)) {
        set.semaphores[i].pid = old->second.semaphores[i].pid;
      }
    }
  }
  if (Is(PlantedBug::kNcntCountsAll) && std::holds_alternative<SemctlGetncnt>(op)) {
    const auto& processes = deed.before.processes;
    deed.outcome->value = std::count_if(processes.begin(), processes.end(), [](const auto& one) {
      return one.pending && std::holds_alternative<Semop>(*one.pending);
    });
  }
}

void Bug::CorruptSegment(Deed& deed, const Op& op, int id, Segment& segment) const {
  const auto found = deed.OldSpace().segments.find(id);
  const bool removes = std::holds_alternative<ShmctlRmid>(op);
  const bool detaches = std::holds_alternative<Shmdt>(op);
  if (found == deed.OldSpace().segments.end()) {
    if (Is(PlantedBug::kTailNotZero)) segment.memory.Write(segment.size, "old");
    if (Is(PlantedBug::kCreatorPidWrong)) segment.cpid = {};
    return;
  }
  const Segment& old = found->second;
  if (Is(PlantedBug::kKeyAfterRemoval) && removes) segment.perm.key = old.perm.key;
  if (Is(PlantedBug::kDtimeNotSet) && detaches) segment.dtime = old.dtime;
  if (Is(PlantedBug::kCtimeNotAtSet)) segment.ctime = old.ctime;
  if (Is(PlantedBug::kContentsLost) && detaches && segment.nattch < old.nattch) {
    segment.memory = {};
  }
  if (Is(PlantedBug::kNattchNotAtFork) && std::holds_alternative<Fork>(op)) {
    segment.nattch = old.nattch;
  }
}

void Bug::CorruptSegments(Deed& deed, const Op& op) const {
  for (auto& [id, segment] : deed.Space().segments) CorruptSegment(deed, op, id, segment);
  const auto* lock = std::get_if<ShmctlLock>(&op);
  if (Is(PlantedBug::kLockByAnyone) && lock != nullptr && deed.Failed(EPERM)) {
    deed.Space().segments.at(IdIn(deed.before, lock->segment)).locked =
        lock->command.Is("SHM_LOCK");
    deed.outcome = Outcome::Returned(0);
  }
  if (!Is(PlantedBug::kMarkedNotDestroyed)) return;
  for (const auto& [id, segment] : deed.OldSpace().segments) {
    if (segment.dest && deed.Space().segments.emplace(id, segment).second) {
      deed.Space().segments[id].nattch = 0;
    }
  }
}

void Bug::CorruptMappings(Deed& deed, const Op& op) const {
  if (!Is(PlantedBug::kShmdtTakesNext) || !std::holds_alternative<Shmdt>(op)) return;
  const auto& old = deed.before.LeaderOf(deed.self).attaches;
  const auto& left = deed.after.LeaderOf(deed.self).attaches;
  if (left.size() == old.size()) return;
  // Where the lists begin to differ the attach that is gone was, and now the next one is.
  const auto next = std::mismatch(left.begin(), left.end(), old.begin()).first;
  if (next == left.end()) return;
  const Attach gone = *next;
  RemoveMappings(deed.after, deed.self, gone.address, gone.End(), deed.now);
}

}  // namespace ipcrig
