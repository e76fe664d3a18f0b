// SPDX-License-Identifier: Apache-2.0
//
// Turn: one call of one process, before the model. The bodies in msg.cc, sem.cc, shm.cc, pipe.cc
// and process.cc read the state, change it, and say what the call answers:
//
//   void Msgget::Model(Turn& turn) const {
//     ...
//     if (!flags.Has(abi::kIpcCreat)) return turn.Fails(ENOENT, "msgget(2): no queue exists...");
//     ...
//     turn.Returns(id, "msgget(2): ...");
//   }
//
// Each of these is a branch: one way the call may go, with the state as the body has left it by
// then. Others may follow MayFail() and its like; Fails() and its like are the last, after which a
// body changes nothing. So errors come first, as in the kernel. Several branches: the kernel may
// choose. None: the call blocks.
//
// A body works on the state that it is given, which is what makes a turn cheap: the state after the
// last branch is there already, and others are copied only where they agree with what was seen.
//
// A body is called again with slept() when something that its call waits for may have changed.
#pragma once

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <memory_resource>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/state.h"

namespace ipcrig {

// sysvipc(7): the bits of a mode, of all three classes. semop(2) says alter for write.
inline constexpr uint32_t kRead = 0444;
inline constexpr uint32_t kWrite = 0222;
inline constexpr uint32_t kExecute = 0111;

// What a branch answers. Numbers are ranges, since times are known to the second only.
struct Expected {
  Outcome::Kind kind = Outcome::Kind::kReturned;
  int64_t value = 0;
  bool any_value = false;            // value and bytes are the kernel's or the program's choice
  std::string_view value_name = {};  // "a new id", where no number can be foretold
  std::vector<Range> numbers = {};
  std::string bytes = {};

  bool Matches(const Outcome& seen) const;
  // The outcome itself, for printing and for the simulated kernel; of a range, its beginning.
  Outcome Example() const;
};

struct Branch {
  Branch(Expected&& what, std::string_view why, Deviation how)
      : expected(std::move(what)), rule(why), deviation(how) {}

  Expected expected;
  std::string_view rule;  // the sentence of the man page
  Deviation deviation = Deviation::kNone;
  std::unique_ptr<State> next = nullptr;  // of one that is not the last, where it was kept
};

using Branches = std::pmr::vector<Branch>;

class Turn {
 public:
  enum class Keep {
    kAgreeing,  // the states of those branches that agree with what was seen
    kAll,
  };

  // `state` becomes what the body leaves. `seen` is what was observed, if the call has returned,
  // for choices that are the kernel's.
  Turn(State& state, int self, const Outcome* seen, Range when, bool slept,
       Keep keep = Keep::kAgreeing)
      : s(state),
        me(s.process(self)),
        group(s.LeaderOf(self)),
        now(when),
        self_(self),
        seen_(seen),
        slept_(slept),
        keep_(keep) {
    branches_.reserve(kUsualBranches);
  }
  Turn(const Turn&) = delete;

  State& s;             // the state; bodies change it
  ProcessState& me;     // the calling thread, in s
  ProcessState& group;  // its process: the leader, in s
  const Range now;      // when the call takes effect

  int self() const { return self_; }
  // The caller's IPC namespace, in s.
  IpcNamespace& space() { return s.space(me.space); }
  const IpcNamespace& space() const { return s.space(me.space); }
  // The caller as the kernel notes it in an object, and the number that it reads for a note.
  PidRef Myself() const { return {me.leader}; }
  int Number(const PidRef& who) const { return s.PidIn(me.pid_space, who); }
  bool posix() const { return s.rules.profile == Profile::kPosix; }
  bool strict() const { return s.rules.strict; }
  bool slept() const { return slept_; }
  // Another call hands a sleeper what it waits for: its permission was asked for when it began, and
  // is asked for again only when it looks by itself.
  void HandOver() { handed_over_ = true; }
  bool handed_over() const { return handed_over_; }
  const Outcome* seen() const { return seen_; }

  // Branches that others may follow.
  void MayFail(int error, std::string_view rule);
  void MayFault(int signal, std::string_view rule);
  void MayReturn(Expected&& expected, std::string_view rule);

  // The last branch.
  void Fails(int error, std::string_view rule);
  void Faults(int signal, std::string_view rule);
  void Returns(int64_t value, std::string_view rule);
  void Returns(Expected&& expected, std::string_view rule);

  // The next branch is a known deviation of Linux from its documents.
  void Deviates(Deviation deviation) { deviation_ = deviation; }

  // The call goes on blocking, and has changed the state by now: a write of which a part fits.
  void BlocksAfter();

  // Whether a last branch that answers this cannot be what was seen, and nobody wants its state. A
  // body may then leave out what it would change, and say the branch.
  bool RulesOut(const Expected& expected);
  // A branch was ruled out before the body had changed anything.
  bool untouched() const { return untouched_; }

  // What a known deviation would have answered, where strict rules do not accept it.
  const Branches& refused() const { return refused_; }
  const Branches& branches() const { return branches_; }
  Branches& branches() { return branches_; }
  // The state after a branch, which must have been kept; moved out of the turn.
  State After(Branch& branch) { return std::move(branch.next != nullptr ? *branch.next : s); }
  bool progressed() const { return progressed_; }

  // The caller ends so by its own call: with it, its whole process.
  void Ends(const Outcome& end, std::string_view rule);

  // Lookups.
  // The object with this id, or nullptr and a branch.
  template <typename Object>
  Object* Find(std::map<int, Object>& objects, int id, std::string_view rule) {
    const auto found = objects.find(id);
    if (found != objects.end()) return &found->second;
    Fails(EINVAL, rule);
    return nullptr;
  }
  // Whether the caller's buffer cannot be accessed, with a branch.
  bool IsBad(const Buffer& buffer, std::string_view rule);
  template <Kind kKind>
  int IdOf(const Id<kKind>& id) const {
    return id.slot < 0 ? id.number : static_cast<int>(ValueOf(id.slot)) + id.number;
  }
  int64_t ValueOf(int slot) const;  // -1 where no call succeeded in assigning it
  int32_t KeyOf(const Key& key) const;
  int64_t AddressOf(const Address& address) const;  // 0 for NULL
  // EINVAL: no such object; EIDRM: it is gone while the call slept.
  int Missing() const { return slept_ ? EIDRM : EINVAL; }

  // A number that the kernel chooses: what was seen if `legal(seen)`, else `invented`.
  template <typename Legal>
  int64_t Choose(int64_t invented, Legal legal) const {
    const bool usable = seen_ != nullptr && seen_->kind == Outcome::Kind::kReturned;
    return usable && legal(seen_->value) ? seen_->value : invented;
  }
  template <typename Object>
  static bool IndexIsFree(const std::map<int, Object>& objects, int64_t id) {
    return std::none_of(objects.begin(), objects.end(), [&](const auto& entry) {
      return entry.first % abi::kIpcIndexes == id % abi::kIpcIndexes;
    });
  }
  // The id of a new object. Ids of objects have different indexes, and no id comes back; *_next_id
  // of proc(5) asks for one, once, and that one may be given again later. None, and a branch, where
  // it asks for an index behind which none is free.
  template <typename Object>
  std::optional<int> ChooseNewId(const std::map<int, Object>& objects, ObjectKind kind,
                                 int64_t& next_id) {
    if (const int64_t wanted = std::exchange(next_id, -1); wanted >= 0) {
      const int64_t end = wanted - wanted % abi::kIpcIndexes + abi::kIpcIndexes;
      int64_t id = wanted;
      while (id < end && !IndexIsFree(objects, id)) ++id;
      if (id < end) return static_cast<int>(id);
      Fails(ENOSPC, "proc(5): no index is free behind the one that *_next_id asks for");
      return std::nullopt;
    }
    auto& used = space().used_ids[static_cast<size_t>(kind)];
    int64_t id = used.empty() ? 0 : *used.rbegin() + int64_t{1};
    while (!IndexIsFree(objects, id)) ++id;
    id = Choose(id, [&](int64_t seen) {
      return seen >= 0 && seen <= INT32_MAX && IndexIsFree(objects, seen) &&
             !used.contains(static_cast<int>(seen));
    });
    used.insert(static_cast<int>(id));
    return static_cast<int>(id);
  }

  // capabilities(7)
  bool Has(uint32_t capability) const { return (me.who.capabilities & capability) != 0; }
  // CAP_IPC_LOCK lifts the limits on locked memory and huge pages, in the initial user namespace.
  bool MayLockAnything() const { return Has(abi::kCapIpcLock) && s.facts.user_namespace == 0; }
  // The caller's semaphore adjustments, a list of its own where it has none yet.
  UndoList& Undo();
  // sysvipc(7): whether the mode grants these bits, e.g. 0444 to read, 0222 to write.
  bool Permitted(const Permissions& perm, uint32_t bits) const;
  // shmctl(2), msgctl(2), semctl(2): owner, creator or CAP_SYS_ADMIN may set and remove.
  bool MayChange(const Permissions& perm) const;
  // IPC_SET: 0 or EINVAL for an id that is not mapped.
  int Change(Permissions& perm, const Settings& settings) const;
  Permissions NewPermissions(int32_t key, uint32_t flags) const;

  // The *_STAT and *_INFO commands: the object with an index (Linux takes the index out of any id),
  // the highest index in use, and an answer whose value is its first number.
  template <typename Object>
  std::optional<int> FindIndex(const std::map<int, Object>& objects, int index) {
    for (const auto& [id, object] : objects) {
      if (index < 0 || id % abi::kIpcIndexes != index % abi::kIpcIndexes) continue;
      if (index >= abi::kIpcIndexes) {
        if (strict()) return std::nullopt;
        s.deviations |= DeviationBit(Deviation::kL6);
      }
      return id;
    }
    return std::nullopt;
  }
  template <typename Object>
  static int64_t HighestIndex(const std::map<int, Object>& objects) {
    int64_t highest = 0;
    for (const auto& [id, object] : objects) {
      highest = std::max<int64_t>(highest, id % abi::kIpcIndexes);
    }
    return highest;
  }
  static Expected InfoOf(std::initializer_list<int64_t> numbers);

  // The first numbers of IPC_STAT: key, uid, gid, cuid, cgid, mode.
  static std::vector<Range> StatOf(const Permissions& perm, uint32_t mode_bits = 0);

 private:
  Branch& Add(Expected&& expected, std::string_view rule);

  int self_;
  const Outcome* seen_;
  bool slept_;
  bool handed_over_ = false;
  Keep keep_;
  bool progressed_ = false;
  bool untouched_ = false;
  bool over_ = false;  // the last branch is there
  Deviation deviation_ = Deviation::kNone;
  // Few calls have more; these need no other memory.
  static constexpr size_t kUsualBranches = 3;
  alignas(Branch) std::array<std::byte, kUsualBranches * sizeof(Branch)> memory_;
  std::pmr::monotonic_buffer_resource room_{memory_.data(), memory_.size()};
  Branches branches_{&room_};
  Branches refused_;
};

// Finds the object with this key in a map of objects with a `perm`, or end().
template <typename Object>
auto FindKey(std::map<int, Object>& objects, int32_t key) {
  auto it = objects.begin();
  while (it != objects.end() && (it->second.perm.key != key || key == abi::kIpcPrivate)) ++it;
  return it;
}

}  // namespace ipcrig
