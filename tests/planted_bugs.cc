// SPDX-License-Identifier: Apache-2.0
//
// Planted bugs of identity, processes, pipes, reports, and of what all kinds of object share.
#include "planted_bugs.h"

#include <algorithm>
#include <string>

#include "model/mappings.h"
#include "model/semaphores.h"

namespace ipcrig {
namespace {

bool LooksAtMode(const Op& op) {
  return IsOneOf<Shmat, Msgsnd, Msgrcv, Semop, SemctlGetval, ShmctlStat>(op);
}

bool Removes(const Op& op) { return IsOneOf<ShmctlRmid, MsgctlRmid, SemctlRmid>(op); }

void DropFlag(auto* call, uint32_t flag) {
  if (call != nullptr) call->flags.bits &= ~flag;
}

// The id of the object that has the index of this one.
template <typename Object>
int SameIndex(const std::map<int, Object>& objects, int id) {
  if (id < 0 || objects.contains(id)) return id;
  for (const auto& [other, object] : objects) {
    if (other % abi::kIpcIndexes == id % abi::kIpcIndexes) return other;
  }
  return id;
}

// The call with the object that has the same index, whatever the rest of its id.
Op WithoutSequence(const State& state, int self, Op op) {
  const IpcNamespace& space = state.space(state.process(self).space);
  std::visit(
      [&]<typename T>(T& call) {
        if constexpr (requires { call.segment.slot; }) {
          call.segment = {-1, SameIndex(space.segments, IdIn(state, call.segment))};
        }
        if constexpr (requires { call.queue.slot; }) {
          call.queue = {-1, SameIndex(space.queues, IdIn(state, call.queue))};
        }
        if constexpr (requires { call.set.slot; }) {
          call.set = {-1, SameIndex(space.sets, IdIn(state, call.set))};
        }
      },
      op);
  return op;
}

// The first message that fits a negative type, in place of the one of the lowest type.
void TakeFirst(const State& state, int self, Msgrcv& call) {
  const auto& queues = state.space(state.process(self).space).queues;
  const auto queue = queues.find(IdIn(state, call.queue));
  if (queue == queues.end()) return;
  for (const Message& message : queue->second.messages) {
    if (message.type > -call.type.value) continue;
    call.type.value = message.type;
    return;
  }
}

void ForEachMode(IpcNamespace& space, auto change) {
  for (auto& [id, segment] : space.segments) change(id, segment.perm);
  for (auto& [id, queue] : space.queues) change(id, queue.perm);
  for (auto& [id, set] : space.sets) change(id, set.perm);
}

}  // namespace

std::optional<std::pair<int, SemOps>> SemopOf(const State& state, const Op& op) {
  if (const auto* call = std::get_if<Semop>(&op)) return {{IdIn(state, call->set), call->ops}};
  const auto* timed = std::get_if<Semtimedop>(&op);
  if (timed == nullptr) return std::nullopt;
  return {{IdIn(state, timed->set), timed->ops}};
}

// What the kernel takes the call for.
Op Bug::Disguise(const State& state, int self, Op op) const {
  auto* receive = std::get_if<Msgrcv>(&op);
  if (Is(PlantedBug::kNegativeTypeTakesFirst) && receive != nullptr && receive->type.value < 0) {
    TakeFirst(state, self, *receive);
  }
  if (Is(PlantedBug::kNowaitBlocks)) {
    DropFlag(receive, abi::kIpcNowait);
    DropFlag(std::get_if<Msgsnd>(&op), abi::kIpcNowait);
  }
  if (Is(PlantedBug::kExclusiveIgnored)) {
    DropFlag(std::get_if<Msgget>(&op), abi::kIpcExcl);
    DropFlag(std::get_if<Semget>(&op), abi::kIpcExcl);
    DropFlag(std::get_if<Shmget>(&op), abi::kIpcExcl);
  }
  if (Is(PlantedBug::kExceptIgnored)) DropFlag(receive, abi::kMsgExcept);
  auto* attach = std::get_if<Shmat>(&op);
  if (Is(PlantedBug::kReadonlyIsWritable)) DropFlag(attach, abi::kShmRdonly);
  if (Is(PlantedBug::kRemapOfNull)) DropFlag(attach, abi::kShmRemap);
  if (Is(PlantedBug::kNamespaceNotNew)) {
    DropFlag(std::get_if<Clone>(&op), abi::kCloneNewipc);
    DropFlag(std::get_if<Unshare>(&op), abi::kCloneNewipc);
  }
  if (Is(PlantedBug::kStatAnyNeedsRead)) {
    if (auto* call = std::get_if<ShmctlIndex>(&op)) call->command.index = 0;
    if (auto* call = std::get_if<MsgctlIndex>(&op)) call->command.index = 0;
    if (auto* call = std::get_if<SemctlIndex>(&op)) call->command.index = 0;
  }
  if (auto* timed = std::get_if<Semtimedop>(&op); timed != nullptr && Is(PlantedBug::kTimeoutNever))
    timed->timeout = {};
  if (auto* semop = std::get_if<Semop>(&op);
      semop != nullptr && Is(PlantedBug::kDuplicatesReordered)) {
    std::stable_sort(semop->ops.ops.begin(), semop->ops.ops.begin() + semop->ops.count,
                     [](const SemOp& a, const SemOp& b) { return a.op < b.op; });
  }
  return Is(PlantedBug::kStaleIdAccepted) ? WithoutSequence(state, self, op) : op;
}

void Bug::LendCredentials(State& state, int self, const Op& op) const {
  ProcessState& me = state.process(self);
  if (Is(PlantedBug::kOthersMayRemove) && Removes(op)) me.who.capabilities |= abi::kCapSysAdmin;
  if (Is(PlantedBug::kPidNotTranslated) && IsOneOf<ShmctlStat, MsgctlStat, SemctlGetpid>(op)) {
    me.pid_space = 0;
  }
  if (!LooksAtMode(op)) return;
  if (Is(PlantedBug::kGroupIgnored)) me.who.gid = -2;
  if (Is(PlantedBug::kGroupIgnored) || Is(PlantedBug::kSupplementaryIgnored)) me.who.groups = {};
}

void Bug::LendModes(State& state, int self, const Op& op) const {
  IpcNamespace& space = state.space(state.process(self).space);
  ForEachMode(space, [&](int, Permissions& perm) {
    if (Is(PlantedBug::kCreatorGroupIgnored) && LooksAtMode(op)) perm.cgid = perm.gid;
    if (Is(PlantedBug::kAnyClassGrants) && LooksAtMode(op)) {
      perm.mode |= (perm.mode | perm.mode >> 3 | perm.mode >> 6) % 8 * 0111;
    }
    if (Is(PlantedBug::kSendNeedsReadOnly) && std::holds_alternative<Msgsnd>(op)) {
      perm.mode |= (perm.mode & 0444) >> 1;
    }
  });
  if (Is(PlantedBug::kShmallOverrun) && std::holds_alternative<Shmget>(op)) {
    space.limits.shmall = INT64_MAX;
  }
}

// Before a process exits or is killed.
void Bug::PrepareEnd(State& state, int self) const {
  if (!Is(PlantedBug::kForcedForgetsNamespace)) return;
  for (size_t i = 0; i < state.spaces.size(); ++i) {
    if (static_cast<int>(i) == state.process(self).space) continue;
    for (auto& [id, segment] : state.spaces[i].segments) {
      if (segment.creator == self) segment.creator = -1;
    }
  }
}

void Bug::PrepareNewObject(State& state, int self) const {
  IpcNamespace& space = state.space(state.process(self).space);
  if (Is(PlantedBug::kNextIdIgnored)) {
    space.limits.shm_next_id = space.limits.msg_next_id = space.limits.sem_next_id = -1;
  }
  if (Is(PlantedBug::kIdComesBack)) space.used_ids = {};
}

void Bug::Prepare(State& state, int self, const Op& op) const {
  if (!planted_) return;
  LendCredentials(state, self, op);
  LendModes(state, self, op);
  if (IsOneOf<Shmget, Msgget, Semget>(op)) PrepareNewObject(state, self);
  const auto forget_undo = [&] {
    const int list = state.process(self).undo;
    if (list >= 0) state.undo_lists[list].semadj.clear();
  };
  if (Is(PlantedBug::kUndoNotAtExit) && std::holds_alternative<Exit>(op)) forget_undo();
  if (Is(PlantedBug::kUndoNotAtKill) && std::holds_alternative<Kill>(op)) forget_undo();
  if (Is(PlantedBug::kUndoDroppedAtUnshare) && std::holds_alternative<Unshare>(op)) forget_undo();
  if (IsOneOf<Exit, Kill>(op)) PrepareEnd(state, self);
  const auto* kill = std::get_if<Kill>(&op);
  if (Is(PlantedBug::kHandlerKills) && kill != nullptr) {
    state.LeaderOf(kill->target.index).signals.erase(kill->signal.number);
  }
  for (Attach& attach : state.LeaderOf(self).attaches) {
    if (Is(PlantedBug::kMprotectMakesWritable) && std::holds_alternative<Mprotect>(op)) {
      attach.readonly = false;
    }
    if (Is(PlantedBug::kRemoveOfReadonly) && std::holds_alternative<Madvise>(op)) {
      attach.readonly = false;
    }
    if (Is(PlantedBug::kDontforkIgnored) && std::holds_alternative<Fork>(op)) {
      attach.dontfork = false;
    }
  }
  const auto* receive = std::get_if<Msgrcv>(&op);
  if (Is(PlantedBug::kTypeTakesNewest) && receive != nullptr && receive->type.value > 0) {
    Queue* queue =
        FindIn(state.space(state.process(self).space).queues, IdIn(state, receive->queue));
    if (queue == nullptr) return;
    auto& messages = queue->messages;
    const auto newest = std::find_if(messages.rbegin(), messages.rend(), [&](const Message& one) {
      return one.type == receive->type.value;
    });
    if (newest != messages.rend()) std::rotate(messages.begin(), newest.base() - 1, newest.base());
  }
}

bool Bug::Oversleeps(const State& state, int self, const Op& op) const {
  const auto semop = SemopOf(state, op);
  const bool for_zero = semop && OnlyWaitsForZero(semop->second);
  const auto& sets = state.space(state.process(self).space).sets;
  return (Is(PlantedBug::kReceiverNotWoken) && std::holds_alternative<Msgrcv>(op)) ||
         (Is(PlantedBug::kSenderNotWoken) && std::holds_alternative<Msgsnd>(op)) ||
         (Is(PlantedBug::kSemopNotWoken) && semop && !for_zero) ||
         (Is(PlantedBug::kZeroWaitNotWoken) && for_zero) ||
         (Is(PlantedBug::kRemovalForgetsZeroWait) && for_zero && !sets.contains(semop->first)) ||
         (Is(PlantedBug::kReaderNotWoken) && std::holds_alternative<Read>(op)) ||
         (Is(PlantedBug::kWaitNotWoken) && std::holds_alternative<Wait>(op));
}

// What was lent to the call.
void Bug::TakeBack(Deed& deed, const Op& op) const {
  ProcessState& me = deed.after.process(deed.self);
  if (LooksAtMode(op) || Removes(op)) me.who = deed.Caller().who;
  me.pid_space = deed.Caller().pid_space;
  const bool modes = Is(PlantedBug::kCreatorGroupIgnored) || Is(PlantedBug::kAnyClassGrants) ||
                     Is(PlantedBug::kSendNeedsReadOnly);
  IpcNamespace old = deed.OldSpace();
  if (modes && (LooksAtMode(op) || std::holds_alternative<Msgsnd>(op))) {
    for (auto& [id, segment] : deed.Space().segments) segment.perm = old.segments[id].perm;
    for (auto& [id, queue] : deed.Space().queues) queue.perm = old.queues[id].perm;
    for (auto& [id, set] : deed.Space().sets) set.perm = old.sets[id].perm;
  }
  if (Is(PlantedBug::kShmallOverrun) && std::holds_alternative<Shmget>(op)) {
    deed.Space().limits.shmall = old.limits.shmall;
  }
}

// fork and clone
void Bug::CorruptBirth(Deed& deed, const Op& op) const {
  const int child = ChildOf(op);
  if (child < 0 || !deed.Returned()) return;
  State& s = deed.after;
  const int parents = deed.Caller().undo;
  if (Is(PlantedBug::kUndoInherited) && parents >= 0) {
    s.process(child).undo = static_cast<int>(s.clock++);
    s.undo_lists[s.process(child).undo] = s.undo_lists[parents];
  }
  if (Is(PlantedBug::kUndoSharedAfterFork)) s.process(child).undo = parents;
  if (Is(PlantedBug::kSysvsemNotShared)) s.process(child).undo = -1;
}

void Bug::CorruptEnd(Deed& deed) const {
  if (Is(PlantedBug::kQueueDiesWithCreator)) deed.Space().queues.clear();
  for (auto& [id, segment] : deed.Space().segments) {
    const Segment& old = deed.OldSpace().segments.at(id);
    if (Is(PlantedBug::kNattchKeptAtExit)) segment.nattch = old.nattch;
    if (Is(PlantedBug::kDtimeNotAtExit)) segment.dtime = old.dtime;
  }
  if (!Is(PlantedBug::kUndoBelowZero) || deed.Caller().undo < 0) return;
  for (const auto& [id, undo] : deed.before.undo_lists.at(deed.Caller().undo).semadj) {
    for (size_t i = 0; i < undo.size(); ++i) {
      const int value = deed.OldSpace().sets.at(id).semaphores[i].value + undo[i];
      if (value < 0) deed.Space().sets[id].semaphores[i].value = value;
    }
  }
}

void Bug::CorruptPipe(Deed& deed, const Op& op) const {
  const auto* write = std::get_if<Write>(&op);
  const bool reads = std::holds_alternative<Read>(op);
  if (Is(PlantedBug::kEndOfFileMissing) && reads && deed.outcome == Outcome::Returned(0)) {
    deed.Blocks();
  }
  if (Is(PlantedBug::kPipeReordersBytes) && reads && deed.outcome) {
    std::reverse(deed.outcome->bytes.begin(), deed.outcome->bytes.end());
  }
  if (Is(PlantedBug::kBrokenPipeIgnored) && write != nullptr && deed.Failed(EPIPE)) {
    deed.outcome = Outcome::Returned(static_cast<int64_t>(write->text.Length()));
  }
}

// What *ctl answers.
void Bug::CorruptAnswer(Deed& deed, const Op& op) const {
  if (!deed.Returned() || deed.outcome->numbers.empty()) return;
  const IpcNamespace& space = deed.OldSpace();
  const bool of_shm = IsOneOf<ShmctlIpcInfo, ShmctlShmInfo>(op);
  const bool of_msg = IsOneOf<MsgctlIpcInfo, MsgctlMsgInfo>(op);
  const bool of_sem = IsOneOf<SemctlIpcInfo, SemctlSemInfo>(op);
  if (Is(PlantedBug::kHighestIndexIsCount) && (of_shm || of_msg || of_sem)) {
    const size_t count = of_shm   ? space.segments.size()
                         : of_msg ? space.queues.size()
                                  : space.sets.size();
    deed.outcome->value = deed.outcome->numbers[0] = static_cast<int64_t>(count);
  }
  if (Is(PlantedBug::kStrayBytes) && IsOneOf<ShmctlStat, MsgctlStat, SemctlStat>(op)) {
    deed.outcome->numbers.back() = 4;
  }
  if (Is(PlantedBug::kWaitStatusZero) && std::holds_alternative<Wait>(op)) {
    deed.outcome->numbers = {0};
  }
  const auto* stat = std::get_if<ShmctlStat>(&op);
  if (Is(PlantedBug::kPiecesNotCounted) && stat != nullptr) {
    const int id = IdIn(deed.before, stat->segment);
    deed.outcome->numbers[9] = AttachesOf(deed.before, deed.Caller().space, id);
  }
  if (std::holds_alternative<MsgctlStat>(op)) deed.outcome->numbers[6] += cbytes_drift_;
}

void Bug::Corrupt(Deed deed, const Op& op) {
  if (!planted_) return;
  TakeBack(deed, op);
  if (Is(PlantedBug::kRemovedIsInvalid) && deed.Failed(EIDRM)) {
    deed.outcome = Outcome::Failed(EINVAL);
  }
  CorruptQueues(deed, op);
  CorruptSets(deed, op);
  CorruptSegments(deed, op);
  CorruptMappings(deed, op);
  CorruptPipe(deed, op);
  CorruptBirth(deed, op);
  CorruptAnswer(deed, op);
  const bool killed = std::holds_alternative<Kill>(op) && deed.outcome->Ended();
  if (std::holds_alternative<Exit>(op) || killed) CorruptEnd(deed);
  if (Is(PlantedBug::kThreadExitUndoes) && std::holds_alternative<ThreadExit>(op)) {
    for (ProcessState& thread : deed.after.processes) thread.undo = -1;
    deed.after.process(deed.self).undo = deed.Caller().undo;
    LeaveUndoList(deed.after, deed.self, deed.now);
  }
  if (Is(PlantedBug::kExecKeepsAttaches) && std::holds_alternative<ExecSelf>(op)) {
    deed.after = deed.before;
  }
}

void Bug::Report(View& view) const {
  const bool proc = view.name == "proc" && !view.rows.empty();
  if (Is(PlantedBug::kProcDropsRow) && proc) view.rows.pop_back();
  if (Is(PlantedBug::kProcDoublesRow) && proc) view.rows.push_back(view.rows.front());
  if (Is(PlantedBug::kInfoCountsWrong) && view.name == "stat") ++view.totals[1].units;
  for (ObjectRow& row : view.rows) {
    if (auto& cell = row[Column::kCbytes]) *cell += cbytes_drift_;
    if (auto& cell = row[Column::kNattch]; cell && view.name == "ipcs") {
      *cell += Is(PlantedBug::kIpcsNattchWrong) ? 1 : 0;
    }
  }
}

}  // namespace ipcrig
