// SPDX-License-Identifier: Apache-2.0
#include "gen/sensible.h"

#include <algorithm>
#include <initializer_list>

#include "ops/needs.h"

namespace ipcrig {
namespace {

constexpr int64_t kPage = 4096;

// Gives an operation its arguments; what is not said here stays as PickOp drew it. A list has
// twice what shall come more often.
class Arguments {
 public:
  explicit Arguments(const Situation& situation)
      : from_(situation.from),
        draw_(situation.from.draw),
        s_(situation.state),
        me_(situation.process),
        sleeper_(situation.victim < 0 ? nullptr : &situation.state.process(situation.victim)),
        users_(situation.users),
        edges_(situation.edges),
        failures_(situation.failures) {}

  template <typename T>
  void operator()(T& op) {
    if constexpr (requires { op.set.slot; }) set_ = FindSet(op.set);
    if constexpr (requires { op.segment.slot; }) MaybeStale(op.segment);
    if constexpr (requires { op.queue.slot; }) MaybeStale(op.queue);
    if constexpr (requires { op.set.slot; }) MaybeStale(op.set);
    if constexpr (requires { op.num.value; }) op.num.value = AnySemaphore();
    if constexpr (requires { op.key.slot; }) Open(op);
    if constexpr (requires {
                    op.address.slot;
                    op.length.value;
                  })
      op.length.value = AnyLength();
    if constexpr (requires { op.offset.value; }) op.offset.value = OneOf({0, 0, 1, 4095, 4096});
    if constexpr (requires { op.byte.value; }) op.byte.value = OneOf({0, 7, 255});
    if constexpr (requires { op.signal.number; }) op.signal.number = AnySignal();
    if constexpr (requires { Shape(op); }) Shape(op);
  }

 private:
  int64_t OneOf(std::initializer_list<int64_t> values) {
    return values.begin()[draw_.Below(values.size())];
  }
  uint32_t OneOfFlags(std::initializer_list<int64_t> values) {
    return static_cast<uint32_t>(OneOf(values));
  }

  template <typename T>
  void Open(T& op) {
    op.flags.bits = AnyMode() | OneOfFlags({abi::kIpcCreat, abi::kIpcCreat, abi::kIpcCreat, 0,
                                            abi::kIpcCreat | abi::kIpcExcl});
    if constexpr (requires { op.size.value; }) op.size.value = OneOf({4096, 1, 10, 4097, 8192, 0});
    if constexpr (requires { op.nsems.value; }) op.nsems.value = OneOf({1, 2, 2, 3, 0});
  }
  // Of each three digits those that let read, write, both or nothing.
  uint32_t AnyMode() {
    if (!users_) return OneOfFlags({0600, 0600, 0666, 0, 0400, 0200});
    return OneOfFlags({0600, 0660, 0666, 0640, 0620, 0444, 0222, 0440, 0220, 0060, 0006, 0004, 0002,
                       0040, 0020, 0400, 0200, 0});
  }
  int64_t AnyUser() { return OneOf({0, 1000, 0, 1001}); }
  int64_t AnyLength() { return OneOf({kPage, 1, 10, kPage - 1, kPage + 1, 2 * kPage, 0}); }
  int8_t AnySignal() {
    return static_cast<int8_t>(OneOf({abi::kSigusr1, abi::kSigkill, abi::kSigusr1, abi::kSigusr2,
                                      abi::kSigterm, abi::kSigstop, abi::kSigcont}));
  }

  // An id of the same index that was given before this one, or will be given after it.
  template <Kind kKind>
  void MaybeStale(Id<kKind>& id) {
    if (id.slot < 0 || draw_.Below(failures_ ? 8 : 64) != 0) return;
    id.number = static_cast<int32_t>(OneOf({-abi::kIpcIndexes, abi::kIpcIndexes}));
  }

  const SemaphoreSet* FindSet(const Id<Kind::kSet>& id) const {
    const auto value = s_.values.find(id.slot);
    if (value == s_.values.end()) return nullptr;
    const auto& sets = s_.space(s_.process(me_).space).sets;
    const auto found = sets.find(static_cast<int>(value->second));
    return found == sets.end() ? nullptr : &found->second;
  }
  uint16_t AnySemaphore() {
    const size_t semaphores = set_ == nullptr ? 2 : set_->semaphores.size();
    return static_cast<uint16_t>(draw_.Below(std::clamp<size_t>(semaphores, 1, 3)));
  }
  SemOps AnySemOps() {
    SemOps ops;
    // What is to be undone grows, and the value does not.
    if (edges_ && draw_.Below(4) == 3) {
      const uint16_t num = AnySemaphore();
      ops.count = 3;
      ops.ops[0] = {num, kSemvmx, abi::kSemUndo};
      ops.ops[1] = {num, -kSemvmx, 0};
      ops.ops[2] = {num, static_cast<int16_t>(OneOf({1, 2, kSemvmx})), abi::kSemUndo};
      return ops;
    }
    ops.count = draw_.Below(2) == 1 ? 2 : 1;
    if (draw_.Below(16) == 15) ops.count = 3;
    for (SemOp& op : std::span(ops.ops.data(), ops.count)) {
      op.num = AnySemaphore();
      op.op = static_cast<int16_t>(OneOf({-1, 1, -1, 1, 0, 2, -2}));
      if (edges_ && draw_.Below(2) == 1) {
        op.op = static_cast<int16_t>(OneOf({kSemvmx, -kSemvmx, kSemvmx - 1, -kSemvmx - 1}));
      }
      op.flags = OneOfFlags({0, abi::kSemUndo, 0, abi::kSemUndo, abi::kSemUndo, abi::kIpcNowait});
    }
    return ops;
  }
  // Sizes that are on both sides of what a page of memory, a slab and a pipe hold.
  Text AnyText(std::initializer_list<int64_t> lengths) {
    Text text;
    text.Pick(from_);
    if (text.generated) text.length = static_cast<uint32_t>(OneOf(lengths));
    return text;
  }

  // The call that shall be let go on, most of the time.
  template <typename T>
  const T* Awaited() {
    const bool sleeps = sleeper_ != nullptr && sleeper_->pending;
    return sleeps && draw_.Below(4) != 3 ? std::get_if<T>(&*sleeper_->pending) : nullptr;
  }
  bool AwaitsSemaphore() {
    return sleeper_ != nullptr && sleeper_->blocked_at.num >= 0 && draw_.Below(4) != 3;
  }

  // Message queues.
  void Shape(Msgsnd& op) {
    const Msgrcv* receive = Awaited<Msgrcv>();
    op.type.value = OneOf({1, 2, 3, 1});
    if (receive != nullptr && receive->type.value > 0) op.type.value = receive->type.value;
    op.text = AnyText({5000, 8192, 4048, 4049, 64});
    op.flags.bits = OneOfFlags({0, 0, 0, abi::kIpcNowait});
  }
  void Shape(Msgrcv& op) {
    op.size.value = OneOf({8192, 100, 100, 1, 0});
    op.type.value = OneOf({0, 1, 0, 2, -2, -3, 3});
    op.flags.bits =
        OneOfFlags({0, 0, 0, abi::kIpcNowait, abi::kMsgNoerror, abi::kMsgExcept,
                    abi::kIpcNowait | abi::kMsgNoerror, abi::kIpcNowait | abi::kMsgCopy});
  }
  void Shape(MsgctlSet& op) {
    op.settings.common = AnySettings();
    op.settings.qbytes = OneOf({16384, 4, 1, 10, 8192, 0});
  }
  Settings AnySettings() {
    if (!users_) {
      return {OneOfFlags({0, 0, 0, 1000}), OneOfFlags({0, 0, 0, 1000}),
              OneOfFlags({0600, 0, 0400, 0200, 0666})};
    }
    const auto uid = static_cast<uint32_t>(AnyUser());
    return {uid, static_cast<uint32_t>(AnyUser()), AnyMode()};
  }
  void Shape(ShmctlSet& op) { op.settings = AnySettings(); }
  void Shape(SemctlSet& op) { op.settings = AnySettings(); }
  void Shape(MsgctlIndex& op) { Index(op.queue); }
  void Shape(SemctlIndex& op) { Index(op.set); }
  void Shape(ShmctlIndex& op) { Index(op.segment); }
  template <Kind kKind>
  void Index(Id<kKind>& id) {
    if (draw_.Below(2) == 0) id = {-1, static_cast<int32_t>(draw_.Below(2))};
  }

  // Semaphore sets.
  void Shape(Semop& op) {
    op.ops = AnySemOps();
    if (!AwaitsSemaphore()) return;
    SemOp& grant = op.ops.ops[draw_.Below(op.ops.count)];
    grant.num = static_cast<uint16_t>(sleeper_->blocked_at.num);
    grant.op = static_cast<int16_t>(sleeper_->blocked_at.for_zero ? -1 : OneOf({1, 2}));
  }
  void Shape(Semtimedop& op) {
    op.ops = AnySemOps();
    using Kind = Timeout::Kind;
    const Timeout timeouts[] = {
        {}, {Kind::kTime, 20, 0}, {Kind::kTime, 0, 0}, {Kind::kTime, 0, 1000000}};
    op.timeout = timeouts[draw_.Below(std::size(timeouts))];
  }
  void Shape(SemctlSetval& op) {
    op.value.value = OneOf({1, 0, 2, 3, kSemvmx, kSemvmx + 1});
    if (!AwaitsSemaphore()) return;
    op.num.value = sleeper_->blocked_at.num;
    op.value.value = sleeper_->blocked_at.for_zero ? 0 : OneOf({1, 2});
  }
  void Shape(SemctlSetall& op) {
    op.values = {};
    op.values.count = static_cast<uint8_t>(
        set_ == nullptr ? 2 : std::min<size_t>(set_->semaphores.size(), kMaxSemValues));
    for (uint16_t& value : std::span(op.values.values.data(), op.values.count)) {
      value = static_cast<uint16_t>(OneOf({1, 0, 2, kSemvmx}));
    }
  }

  // Memory.
  void Shape(Shmdt& op) {
    constexpr uint64_t kBeside = 8;
    if (op.address.slot < 0 || draw_.Below(failures_ ? kBeside / 2 : kBeside) != 0) return;
    op.address.offset = OneOf({-kPage, kPage, -4 * kPage, 1});
  }
  void Shape(Shmat& op) {
    constexpr uint32_t kRnd = abi::kShmRnd;
    const uint64_t where = failures_ ? 3 + draw_.Below(5) : draw_.Below(8);
    if (where < 5) op.address = {};
    if (where == 5) op.address.offset = OneOf({1, kPage - 1, kPage});
    if (where == 6) op.address = {-1, static_cast<int32_t>(OneOf({1, kPage - 1}))};
    op.flags.bits = OneOfFlags({0, 0, abi::kShmRdonly, abi::kShmRdonly, kRnd, abi::kShmRemap,
                                abi::kShmExec, kRnd | abi::kShmRemap,
                                abi::kShmRdonly | abi::kShmRemap, kRnd | abi::kShmRdonly});
    // Linux would attach to the first page where SHM_REMAP did not forbid it.
    if (where == 6 && op.flags.Has(kRnd)) op.flags.bits |= abi::kShmRemap;
  }
  void Shape(Load& op) { op.length.value = OneOf({10, 1, 64, kPage}); }
  void Shape(Mremap& op) {
    op.old_length.value = OneOf({kPage, kPage, 2 * kPage, 0});
    op.flags.bits = OneOfFlags(
        {abi::kMremapMaymove, abi::kMremapMaymove, 0, abi::kMremapMaymove | abi::kMremapFixed});
  }

  // Pipes.
  void Shape(Write& op) { op.text = AnyText({5000, 64, 4096, 4097, 8192, 65536}); }
  void Shape(Read& op) { op.length.value = OneOf({100, 1, 4096, 65536}); }
  void Shape(SetPipeSize& op) { op.size.value = OneOf({4096, 8192, 65536, 0}); }

  // Processes.
  void Shape(Kill& op) {
    const bool stopped = s_.process(op.target.index).stopped;
    if (stopped && draw_.Below(4) != 3) op.signal.number = abi::kSigcont;
    if (stopped || draw_.Below(4) == 3) return;
    // One that interrupts its call, and does not end it.
    for (const auto& [number, handling] : s_.LeaderOf(op.target.index).signals) {
      if (!handling.ignored) op.signal.number = number;
    }
  }
  void Shape(Wait& op) {
    for (size_t i = 0; i < s_.processes.size(); ++i) {
      const ProcessState& other = s_.processes[i];
      const bool child =
          other.parent == s_.process(me_).leader && other.leader == static_cast<int>(i);
      if (child && other.life != ProcessState::Life::kReaped)
        op.target.index = static_cast<int8_t>(i);
    }
  }
  void Shape(Clone& op) {
    op.flags.bits = OneOfFlags(
        {abi::kCloneSysvsem, abi::kCloneSysvsem, 0, abi::kCloneNewipc, abi::kCloneNewpid});
  }
  void Shape(Unshare& op) {
    op.flags.bits = OneOfFlags({abi::kCloneSysvsem, abi::kCloneNewipc, abi::kCloneNewpid});
  }

  // Users and limits.
  void Shape(Setuid& op) { op.uid.value = OneOf({1000, 0, 1001}); }
  void Shape(Setgid& op) { op.gid.value = OneOf({1000, 0, 1001}); }
  void Shape(Setgroups& op) {
    op.groups = {};
    op.groups.count = static_cast<uint8_t>(draw_.Below(2));
    op.groups.ids[0] = static_cast<uint32_t>(op.groups.count == 0 ? 0 : AnyUser());
  }
  void Shape(Setrlimit& op) { op.limit.value = OneOf({0, kPage, 65536, 8 << 20}); }
  void Shape(Sysctl& op) {
    constexpr uint8_t kRmidForced = 3;
    if (draw_.Below(3) == 2) op.name.index = kRmidForced;
    const std::string_view name = op.name.word();
    const bool bytes = name == "shmmax" || name == "msgmnb" || name == "msgmax";
    op.value.slot = -1;
    op.value.number = bytes ? OneOf({16384, 8192, 4096, 10}) : OneOf({2, 1, 3, 0, 500});
    if (name == "shm_rmid_forced") op.value.number = OneOf({1, 0});
  }

  Chooser& from_;
  Draw& draw_;
  const State& s_;
  int me_;
  const ProcessState* sleeper_;
  bool users_;
  bool edges_;
  bool failures_;
  const SemaphoreSet* set_ = nullptr;
};

template <typename Object>
bool Holds(const std::map<int, Object>& objects, int64_t id) {
  return objects.contains(static_cast<int>(id));
}

bool IsLive(const State& state, int process, int slot, Kind kind) {
  const ProcessState& group = state.LeaderOf(process);
  if (kind == Kind::kAddress) {
    const auto found = group.addresses.find(slot);
    return found != group.addresses.end() && found->second != 0;
  }
  if (kind == Kind::kPipe) {
    const auto found = group.pipes.find(slot);
    return found != group.pipes.end() && (found->second[0].open || found->second[1].open);
  }
  const auto value = state.values.find(slot);
  if (value == state.values.end()) return false;
  const IpcNamespace& space = state.space(state.process(process).space);
  if (kind == Kind::kSegment) return Holds(space.segments, value->second);
  if (kind == Kind::kQueue) return Holds(space.queues, value->second);
  return kind != Kind::kSet || Holds(space.sets, value->second);
}

}  // namespace

void MakeSensible(const Situation& situation, Op& op) { std::visit(Arguments(situation), op); }

std::vector<bool> LiveVariables(const Names& names, const State& state, int process) {
  std::vector<bool> live;
  live.reserve(names.variables.size());
  for (size_t i = 0; i < names.variables.size(); ++i) {
    live.push_back(IsLive(state, process, static_cast<int>(i), names.variables[i].kind));
  }
  return live;
}

bool CannotRun(const Op& op, const Facts& facts) {
  return (ChangesUser(op) && facts.cap_setuid == 0) || (UsesSysctl(op) && facts.sysctl == 0) ||
         (UsesRestore(op) && facts.checkpoint_restore == 0);
}

}  // namespace ipcrig
