// SPDX-License-Identifier: Apache-2.0
#include "gen/generate.h"

#include <algorithm>
#include <initializer_list>
#include <span>
#include <utility>

#include "gen/growth.h"

namespace ipcrig {
namespace {

constexpr int kTries = 4;              // candidates for one line, of which the last may be anything
constexpr int kMostMisses = 25;        // lines in a row for which none was found
constexpr int64_t kEndLines = 2;       // that the end of a process takes, with a look at it
constexpr int64_t kAroundRace = 8;     // lines before a race, and after it, at most
constexpr uint64_t kMostRacing = 8;    // calls of a race
constexpr uint32_t kFirstSeed = 1000;  // of texts that are there to fill a queue
constexpr int kCrowd = 44;             // objects: of any kind more than a page of text has room for

// What a line is drawn for.
enum class Aim {
  kEffect,    // anything but a dull failure
  kAnything,  // sensible or not
  kBlock,     // its caller sleeps
  kRelease,   // somebody's sleep is over
};

// Errors that any call has in store for bad arguments, and that say little.
bool IsDull(const Outcome& outcome) {
  static constexpr int64_t kDull[] = {EINVAL, EBADF, ENOENT, EFAULT, ESRCH, ECHILD, EFBIG};
  if (outcome.kind == Outcome::Kind::kFaulted) return true;
  return outcome.kind == Outcome::Kind::kFailed &&
         std::find(std::begin(kDull), std::end(kDull), outcome.value) != std::end(kDull);
}

template <typename... Ops>
std::vector<size_t> Indexes() {
  return {IndexOf<Ops>()...};
}

// The smallest object of its kind.
template <typename Get>
Get Private() {
  Get get;
  get.flags.bits = 0600;
  if constexpr (requires { get.size.value; }) get.size.value = 1;
  if constexpr (requires { get.nsems.value; }) get.nsems.value = 1;
  return get;
}

const std::vector<size_t>& CallsThatBlock() {
  static const auto kCalls =
      Indexes<Msgrcv, Semop, Msgrcv, Semop, Msgsnd, Semtimedop, Read, Write, Wait>();
  return kCalls;
}

// Calls by which a sleeper may be let go; the likely ones stand there more than once.
const std::vector<size_t>& CallsThatRelease(const ProcessState& victim) {
  static const auto kReceiver =
      Indexes<Msgsnd, Msgsnd, Msgsnd, Msgsnd, Msgsnd, MsgctlRmid, MsgctlSet, MsgctlSet, Kill>();
  static const auto kSender =
      Indexes<Msgrcv, Msgrcv, Msgrcv, Msgrcv, Msgrcv, MsgctlRmid, MsgctlSet, Kill>();
  static const auto kSemop = Indexes<Semop, Semop, Semop, SemctlSetval, SemctlSetval, SemctlSetall,
                                     SemctlRmid, SemctlSet, Kill, Exit, Exit>();
  static const auto kReader = Indexes<Write, Write, Write, Write, Write, Close, Kill>();
  static const auto kWriter = Indexes<Read, Read, Read, Read, Read, Close, Kill>();
  static const auto kOther = Indexes<Kill, Kill, Exit>();
  if (!victim.pending || victim.stopped) return kOther;
  const Op& pending = *victim.pending;
  if (std::holds_alternative<Msgrcv>(pending)) return kReceiver;
  if (std::holds_alternative<Msgsnd>(pending)) return kSender;
  if (std::holds_alternative<Read>(pending)) return kReader;
  if (std::holds_alternative<Write>(pending)) return kWriter;
  return std::holds_alternative<Wait>(pending) ? kOther : kSemop;
}

class Generator {
 public:
  Generator(Draw& draw, const GenerateOptions& options)
      : draw_(draw),
        options_(options),
        focus_(DrawFocus(draw, options)),
        growth_(draw, options, focus_) {
    weights_without_forks_ = focus_.weights;
    for (const size_t index : Indexes<Fork, Clone, Thread>()) weights_without_forks_[index] = 0;
  }

  Scenario Run() {
    if (options_.crowd) MakeCrowd();
    if (focus_.settings && draw_.Below(4) != 3) Make(Actor(), IndexOf<Sysctl>());
    MakeObjects();
    if (focus_.users) MakeUsers();
    if (focus_.crowded && draw_.Below(3) == 0) FillQueue();
    if (options_.seconds) {
      AddLines(Room() / 2);
      TakeIf(growth_.TryOp(Actor(), NextSecond{}), Aim::kAnything);
    }
    if (options_.race) {
      for (const int process : growth_.Able()) {
        if (draw_.Below(2) == 0) Make(process, IndexOf<Sigaction>());
      }
      AddSomeLines(kAroundRace);
      AddRace();
      AddSomeLines(kAroundRace);
      LetEverybodyGo();
      return Finish();
    }
    const bool ends = focus_.permitted[IndexOf<Exit>()] && draw_.Below(2) == 1;
    AddLines(ends ? kEndLines : 0);
    LetEverybodyGo();
    if (ends) EndOne();
    return Finish();
  }

 private:
  // Lines that are left, when each sleeper will take one.
  int64_t Room() const {
    return static_cast<int64_t>(options_.steps) -
           static_cast<int64_t>(growth_.size() + growth_.Stuck().size());
  }
  bool Has(Family family) const { return focus_.Has(family); }
  // Until so many are left.
  void AddLines(int64_t left) {
    int misses = 0;
    while (Room() > left && misses < kMostMisses) misses = AddLine() ? 0 : misses + 1;
  }

  void AddSomeLines(int64_t most) {
    AddLines(std::max<int64_t>(
        Room() - static_cast<int64_t>(draw_.Below(static_cast<uint64_t>(most) + 1)), 0));
  }
  Scenario Finish() {
    if (growth_.size() == 0) TakeIf(growth_.TryOp(0, Msgget{}), Aim::kAnything);
    return growth_.Finish();
  }

  int Actor() {
    const std::vector<int> able = growth_.Able();
    return able[draw_.Below(able.size())];
  }

  // Somebody whose end changes semaphores, if there is one.
  int ActorThatUndoes() {
    const auto& processes = growth_.state().processes;
    std::vector<int> able = growth_.Able();
    std::erase_if(able, [&](int process) {
      const auto index = static_cast<size_t>(process);
      return index >= processes.size() || processes[index].undo < 0;
    });
    return able.empty() ? Actor() : able[draw_.Below(able.size())];
  }

  // The scenario begins with something to work with, but not always.
  void MakeObjects() {
    const bool some = options_.seconds || options_.race || draw_.Below(4) != 3;
    const uint64_t which = draw_.Below(3);
    if (some && Has(Family::kMsg) && which != 1) Make(Actor(), IndexOf<Msgget>());
    if (some && Has(Family::kSem) && which != 0) Make(Actor(), IndexOf<Semget>());
    // Without anything attached the memory family has nothing to do.
    if (Has(Family::kShm) ? some && draw_.Below(2) == 0 : Has(Family::kMemory)) {
      const int process = Actor();
      if (Make(process, IndexOf<Shmget>())) Make(process, IndexOf<Shmat>());
    }
    if (!some || !Has(Family::kPipe) || draw_.Below(2) == 1) return;
    const int process = Actor();
    const bool made = Make(process, IndexOf<Pipe>());
    if (made && focus_.permitted[IndexOf<Fork>()] && growth_.MayFork())
      Make(process, IndexOf<Fork>());
  }

  // Two messages that leave no room in a queue: several who send a little sleep then, and one
  // receive lets them all go.
  void FillQueue() {
    constexpr uint32_t kHalf = 8192;
    const auto& variables = growth_.names().variables;
    const auto queue = std::find_if(variables.begin(), variables.end(), [](const auto& variable) {
      return variable.kind == Kind::kQueue;
    });
    if (queue == variables.end() || !focus_.permitted[IndexOf<Msgsnd>()]) return;
    for (uint32_t half = 0; half < 2 && Room() > 0; ++half) {
      Msgsnd send;
      send.queue = {static_cast<int8_t>(queue - variables.begin()), 0};
      send.type.value = 1;
      send.text.generated = true;
      send.text.length = kHalf;
      send.text.seed = kFirstSeed + half;
      auto candidate = growth_.TryOp(Actor(), send);
      const bool fits = candidate && candidate->prediction.what == Predicted::kReturns;
      if (candidate && !fits) growth_.Drop();
      if (!fits) return;
      growth_.Take(std::move(*candidate));
    }
  }

  // Somebody who may not do all, and whose groups are not everybody's.
  void MakeUsers() {
    static const auto kChanges = Indexes<Setgroups, Setgid, Setuid, Capset>();
    const int process = Actor();
    for (const size_t index : kChanges) {
      const bool last = index == IndexOf<Setuid>();
      if (draw_.Below(last ? 4 : 2) != 1) Make(process, index);
    }
  }

  // Objects of one kind that nobody knows the ids of, but for a few.
  void MakeCrowd() {
    std::vector<Op> kinds;
    if (Has(Family::kShm)) kinds.emplace_back(Private<Shmget>());
    if (Has(Family::kMsg)) kinds.emplace_back(Private<Msgget>());
    if (Has(Family::kSem)) kinds.emplace_back(Private<Semget>());
    if (kinds.empty()) return;
    const Op op = kinds[draw_.Below(kinds.size())];
    for (int i = 0; i < kCrowd && Room() > 0; ++i) TakeIf(growth_.TryOp(Actor(), op), Aim::kEffect);
    growth_.Ipcs();
  }

  void AddRace() {
    const auto calls = static_cast<int>(2 + draw_.Below(kMostRacing - 1));
    int racing = 0;
    int last = -1;
    for (int misses = 0; racing < calls && misses < kMostMisses;) {
      const int process = Actor();
      // Of two neighbours that race, each is of another process.
      auto candidate = process == last ? std::nullopt : DrawRacing(process);
      if (candidate) {
        if (racing++ == 0) growth_.Mark(DrawSchedule());
        growth_.Take(std::move(*candidate));
        last = process;
      } else {
        ++misses;
      }
    }
    Step end;
    end.kind = Step::Kind::kEndRace;
    if (racing > 0) growth_.Mark(end);
  }

  Step DrawSchedule() {
    using Kind = Schedule::Kind;
    static constexpr Kind kKinds[] = {Kind::kGate,  Kind::kGate, Kind::kGate, Kind::kDelay,
                                      Kind::kDelay, Kind::kFree, Kind::kPct,  Kind::kStarve};
    Step race;
    race.kind = Step::Kind::kRace;
    race.schedule.kind = kKinds[draw_.Below(std::size(kKinds))];
    race.schedule.seed = static_cast<uint32_t>(draw_.Below(1U << 16));
    return race;
  }

  // A call that may be made in a race, mostly one that has to do with who sleeps.
  std::optional<Candidate> DrawRacing(int process) {
    const std::vector<int> stuck = growth_.Stuck();
    const bool releases = !stuck.empty() && draw_.Below(2) == 0;
    const int victim = releases ? stuck[draw_.Below(stuck.size())] : -1;
    // A signal that it handles, beside what it waits for: which of them ends its sleep?
    const bool signals =
        releases && !growth_.state().LeaderOf(victim).signals.empty() && draw_.Below(3) == 0;
    const auto index = signals    ? std::optional(IndexOf<Kill>())
                       : releases ? AnyOf(CallsThatRelease(growth_.state().process(victim)))
                                  : PickIndex(draw_, Weights());
    if (!index) return std::nullopt;
    auto candidate = growth_.Try({process, *index, draw_.Below(8) != 0, victim});
    // A variable that is assigned may be in use by others.
    if (!candidate || (CanRace(candidate->op) && OpAssigns(candidate->op) < 0)) return candidate;
    growth_.Drop();
    return std::nullopt;
  }

  bool Make(int process, size_t index) {
    for (int i = 0; i < kTries && Room() > 0; ++i) {
      if (TakeIf(growth_.Try({process, index}), Aim::kEffect)) return true;
    }
    return false;
  }

  bool AddLine() {
    constexpr uint64_t kBetweenIpcs = 12;
    if (draw_.Below(kBetweenIpcs) == kBetweenIpcs - 1 && growth_.size() > 0) {
      if (growth_.EndsInIpcs()) return false;
      growth_.Ipcs();
      return true;
    }
    const std::vector<int> stuck = growth_.Stuck();
    const bool waits = focus_.crowded && MayBlock() && draw_.Below(3) != 0;
    if (!stuck.empty() && !waits && draw_.Below(3) != 0) {
      return Release(stuck[draw_.Below(stuck.size())]);
    }
    const uint64_t kBetweenBlocks = focus_.crowded ? 3 : 5;
    if (MayBlock() && draw_.Below(kBetweenBlocks) == kBetweenBlocks - 1) return Block();
    const Aim aim = draw_.Below(4) == 3 ? Aim::kAnything : Aim::kEffect;
    for (int i = 0; i < kTries; ++i) {
      const auto index = PickIndex(draw_, Weights());
      if (!index) return false;
      const bool sensible = aim == Aim::kEffect || draw_.Below(4) != 3;
      const bool last = i == kTries - 1;
      if (TakeIf(growth_.Try({Actor(), *index, sensible}), last ? Aim::kAnything : aim))
        return true;
    }
    return false;
  }

  const OpWeights& Weights() const {
    return growth_.MayFork() ? focus_.weights : weights_without_forks_;
  }
  bool MayBlock() const { return growth_.Able().size() > 1 && Room() > 1; }

  // Sometimes in a call that would let another sleeper go, once it is let go itself.
  bool Block() {
    const std::vector<int> stuck = growth_.Stuck();
    const bool chain = !stuck.empty() && draw_.Below(2) == 0;
    return OneOf(CallsThatBlock(), Aim::kBlock, chain ? stuck[draw_.Below(stuck.size())] : -1);
  }
  bool Release(int victim) {
    return OneOf(CallsThatRelease(growth_.state().process(victim)), Aim::kRelease, victim);
  }
  // One of those that the scenario is about.
  std::optional<size_t> AnyOf(const std::vector<size_t>& indexes) {
    std::vector<size_t> permitted;
    for (const size_t index : indexes) {
      if (focus_.permitted[index]) permitted.push_back(index);
    }
    if (permitted.empty()) return std::nullopt;
    return permitted[draw_.Below(permitted.size())];
  }
  bool OneOf(const std::vector<size_t>& indexes, Aim aim, int victim) {
    for (int i = 0; i < kTries; ++i) {
      const auto index = AnyOf(indexes);
      if (!index) return false;
      const int process = *index == IndexOf<Exit>() ? ActorThatUndoes() : Actor();
      if (TakeIf(growth_.Try({process, *index, true, victim}), aim)) return true;
    }
    return false;
  }

  bool Fits(Candidate& candidate, Aim aim) {
    const Predicted what = candidate.prediction.what;
    if (what == Predicted::kBlocks && !MayBlock()) return false;
    if (aim == Aim::kBlock) return what == Predicted::kBlocks;
    if (aim == Aim::kEffect)
      return focus_.LooksForFailures() || !IsDull(candidate.prediction.outcome);
    if (aim != Aim::kRelease) return true;
    if (what == Predicted::kFails) return false;
    growth_.Settle(candidate);
    return !candidate.over.empty() || std::holds_alternative<Kill>(candidate.op);
  }

  bool TakeIf(std::optional<Candidate> candidate, Aim aim) {
    if (!candidate) return false;
    const bool fits = Fits(*candidate, aim);
    if (fits) {
      growth_.Take(std::move(*candidate));
    } else {
      growth_.Drop();
    }
    return fits;
  }

  // What the end of a process does to semaphores, no view shows.
  void EndOne() {
    static const auto kLook = Indexes<SemctlGetall>();
    if (growth_.Able().size() < 2 || !growth_.Stuck().empty() || Room() < kEndLines) return;
    const int process = Actor();
    if (!TakeIf(growth_.TryOp(process, Exit{}), Aim::kAnything)) return;
    if (focus_.permitted[kLook.front()] && !growth_.Able().empty()) Make(Actor(), kLook.front());
  }

  // A call that sleeps at the end would be a finding.
  void LetEverybodyGo() {
    for (const int victim : growth_.Stuck()) {
      const auto sleeps = [&] { return growth_.state().process(victim).pending.has_value(); };
      for (int i = 0; i < kTries && sleeps(); ++i) Release(victim);
      const std::vector<int> able = growth_.Able();
      for (size_t i = 0; i < able.size() && sleeps(); ++i) {
        Kill kill;
        kill.target.index = static_cast<int8_t>(victim);
        TakeIf(growth_.TryOp(able[i], kill), Aim::kRelease);
      }
    }
  }

  Draw& draw_;
  const GenerateOptions& options_;
  const Focus focus_;
  Growth growth_;
  OpWeights weights_without_forks_;
};

}  // namespace

Scenario Generate(Draw& draw, const GenerateOptions& options) {
  return Generator(draw, options).Run();
}

}  // namespace ipcrig
