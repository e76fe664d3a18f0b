// SPDX-License-Identifier: Apache-2.0
#include "gen/generate.h"

#include <algorithm>
#include <initializer_list>
#include <span>
#include <utility>

#include "gen/growth.h"

namespace ipcrig {
namespace {

constexpr int kTries = 4;        // candidates for one line, of which the last may be anything
constexpr int kMostMisses = 25;  // lines in a row for which none was found

// What a line is drawn for.
enum class Aim {
  kEffect,    // anything but a dull failure
  kAnything,  // sensible or not
  kBlock,     // its caller sleeps
  kRelease,   // somebody's sleep is over
};

// Errors that any call has in store for bad arguments, and that say little.
bool IsDull(const Outcome& outcome) {
  static constexpr int64_t kDull[] = {EINVAL, EBADF, ENOENT, EFAULT, EACCES,
                                      EPERM,  ESRCH, ECHILD, EFBIG};
  if (outcome.kind == Outcome::Kind::kFaulted) return true;
  return outcome.kind == Outcome::Kind::kFailed &&
         std::find(std::begin(kDull), std::end(kDull), outcome.value) != std::end(kDull);
}

template <typename... Ops>
std::vector<size_t> Indexes() {
  return {IndexOf<Ops>()...};
}

const std::vector<size_t>& CallsThatBlock() {
  static const auto kCalls =
      Indexes<Msgrcv, Semop, Msgrcv, Semop, Msgsnd, Semtimedop, Read, Write, Wait>();
  return kCalls;
}

// Calls by which a sleeper may be let go; the likely ones stand there more than once.
const std::vector<size_t>& CallsThatRelease(const ProcessState& victim) {
  static const auto kReceiver =
      Indexes<Msgsnd, Msgsnd, Msgsnd, Msgsnd, Msgsnd, MsgctlRmid, MsgctlSet, Kill>();
  static const auto kSender =
      Indexes<Msgrcv, Msgrcv, Msgrcv, Msgrcv, Msgrcv, MsgctlRmid, MsgctlSet, Kill>();
  static const auto kSemop = Indexes<Semop, Semop, Semop, SemctlSetval, SemctlSetval, SemctlSetall,
                                     SemctlRmid, SemctlSet, Kill, Exit>();
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
      : draw_(draw), options_(options), growth_(draw, options) {
    weights_ = DrawWeights(draw, {options.families, options.swarm});
    weights_without_forks_ = weights_;
    for (const size_t index : Indexes<Fork, Clone, Thread>()) weights_without_forks_[index] = 0;
  }

  Scenario Run() {
    MakeObjects();
    int misses = 0;
    while (Room() > 0 && misses < kMostMisses) misses = AddLine() ? 0 : misses + 1;
    LetEverybodyGo();
    if (growth_.size() == 0) TakeIf(growth_.TryOp(0, Msgget{}), Aim::kAnything);
    return growth_.Finish();
  }

 private:
  // Lines that are left, when each sleeper will take one.
  int64_t Room() const {
    return static_cast<int64_t>(options_.steps) -
           static_cast<int64_t>(growth_.size() + growth_.Stuck().size());
  }
  bool Has(Family family) const { return (options_.families & FamilyBit(family)) != 0; }

  int Actor() {
    const std::vector<int> able = growth_.Able();
    return able[draw_.Below(able.size())];
  }

  // The scenario begins with something to work with, but not always.
  void MakeObjects() {
    const bool some = draw_.Below(4) != 3;
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
    if (made && Has(Family::kProcess) && growth_.MayFork()) Make(process, IndexOf<Fork>());
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
    if (!stuck.empty() && draw_.Below(3) != 0) return Release(stuck[draw_.Below(stuck.size())]);
    if (MayBlock() && draw_.Below(8) == 7) return Block();
    const Aim aim = draw_.Below(5) == 4 ? Aim::kAnything : Aim::kEffect;
    for (int i = 0; i < kTries; ++i) {
      const auto index = PickIndex(draw_, growth_.MayFork() ? weights_ : weights_without_forks_);
      if (!index) return false;
      const bool sensible = aim == Aim::kEffect || draw_.Below(2) == 0;
      const bool last = i == kTries - 1;
      if (TakeIf(growth_.Try({Actor(), *index, sensible}), last ? Aim::kAnything : aim))
        return true;
    }
    return false;
  }

  bool MayBlock() const { return growth_.Able().size() > 1 && Room() > 1; }

  bool Block() { return OneOf(CallsThatBlock(), Aim::kBlock, -1); }
  bool Release(int victim) {
    return OneOf(CallsThatRelease(growth_.state().process(victim)), Aim::kRelease, victim);
  }
  bool OneOf(const std::vector<size_t>& indexes, Aim aim, int victim) {
    for (int i = 0; i < kTries; ++i) {
      const size_t index = indexes[draw_.Below(indexes.size())];
      if ((options_.families & FamilyBit(FamilyOf(index))) == 0) continue;
      const int process = Actor();
      if (TakeIf(growth_.Try({process, index, true, victim}), aim)) return true;
    }
    return false;
  }

  bool Fits(Candidate& candidate, Aim aim) {
    const Predicted what = candidate.prediction.what;
    if (what == Predicted::kBlocks && !MayBlock()) return false;
    if (aim == Aim::kBlock) return what == Predicted::kBlocks;
    if (aim == Aim::kEffect) return !IsDull(candidate.prediction.outcome);
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

  // A call that sleeps at the end would be a finding.
  void LetEverybodyGo() {
    for (const int victim : growth_.Stuck()) {
      const auto sleeps = [&] { return growth_.state().process(victim).pending.has_value(); };
      if (sleeps() && draw_.Below(4) != 3) Release(victim);
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
  Growth growth_;
  OpWeights weights_;
  OpWeights weights_without_forks_;
};

}  // namespace

Scenario Generate(Draw& draw, const GenerateOptions& options) {
  return Generator(draw, options).Run();
}

}  // namespace ipcrig
