// SPDX-License-Identifier: Apache-2.0
#include "model/accept.h"

#include <algorithm>
#include <bit>
#include <climits>

#include "base/require.h"
#include "model/progress.h"
#include "model/semaphores.h"

namespace ipcrig {
namespace {

using Life = ProcessState::Life;

const Outcome kKilled{Outcome::Kind::kKilled, abi::kSigkill};

// What was seen and is not explained yet: a bit for each of observation.seen.
using Left = uint64_t;

class Search {
 public:
  explicit Search(const Observation& observation) : observation_(observation) {
    IPC_REQUIRE(observation.seen.size() < 64, "more was seen in a step than there are processes");
  }

  void Begin(State state) {
    const int caller = observation_.process;
    if (!observation_.op) {
      if (state.process(caller).life == Life::kAlive) Doom(state, caller, kKilled);
      return Settle(std::move(state), All());
    }
    const Op& op = *observation_.op;
    const Outcome* seen = FindSeen(All(), caller);
    Turn turn(state, caller, seen, observation_.now, false);
    std::visit([&](const auto& call) { call.Model(turn); }, op);
    if (turn.branches().empty()) {
      if (seen != nullptr && !turn.progressed())
        return Miss(MissKind(seen, Mismatch::Kind::kNotBlocked), caller, op, {}, seen);
      FallAsleep(state, caller, Resolved(turn, op));
      return Settle(std::move(state), All());
    }
    Take(turn, caller, op, seen, All(), Mismatch::Kind::kBlocked);
  }

  Acceptance Finish() {
    if (orders_ > kMaxOrders) return {{}, {}, true};
    if (!found_.empty()) return {std::move(found_), {}};
    return {{}, std::move(mismatch_)};
  }

 private:
  Left All() const { return (Left{1} << observation_.seen.size()) - 1; }
  const Outcome* FindSeen(Left left, int process) const {
    for (; left != 0; left &= left - 1) {
      const Seen& one = First(left);
      if (one.process == process) return &one.outcome;
    }
    return nullptr;
  }
  Left Without(Left left, int process) const {
    for (Left rest = left; rest != 0; rest &= rest - 1) {
      if (First(rest).process == process) left &= ~(rest & -rest);
    }
    return left;
  }
  const Seen& First(Left left) const {
    return observation_.seen[static_cast<size_t>(std::countr_zero(left))];
  }

  // Follows each branch that agrees with what was seen of the process.
  void Take(Turn& turn, int process, const Op& op, const Outcome* seen, Left left,
            Mismatch::Kind if_unseen) {
    bool agreed = false;
    for (Branch& branch : turn.branches()) {
      if (seen == nullptr || !branch.expected.Matches(*seen)) continue;
      agreed = true;
      State next = turn.After(branch);
      ClearPending(next.process(process));
      if (branch.expected.kind == Outcome::Kind::kFailed) ForgetResult(next, process, op);
      Settle(std::move(next), Without(left, process));
    }
    if (agreed) return;
    Miss(seen == nullptr ? if_unseen : MissKind(seen, Mismatch::Kind::kWrongOutcome), process, op,
         turn.branches(), seen, std::popcount(left));
    for (const Branch& branch : turn.refused()) {
      if (seen != nullptr && branch.expected.Matches(*seen)) {
        mismatch_.seen += " (known deviation " + std::string(NameOf(branch.deviation)) + ")";
        break;
      }
    }
  }

  // Lets everybody go on who can, one after the other, until nobody can.
  void Settle(State state, Left left) {
    if (++orders_ > kMaxOrders) return;
    const auto key = [&](int i) { return OrderKey(state.process(i), state.rules); };
    std::optional<int64_t> went;
    const std::vector<int> waiting = Waiting(state);
    for (const int process : waiting) {
      if (went && key(process) != *went) break;
      if (!GoOn(state, process, left, waiting.size() > 1)) continue;
      went = key(process);
      if (alone_) break;
    }
    if (went) return;
    if (left == 0) {
      ComeToRest(state);
      if (std::find(found_.begin(), found_.end(), state) == found_.end()) {
        found_.push_back(std::move(state));
      }
      return;
    }
    const Seen& early = First(left);
    const auto& pending = state.processes[static_cast<size_t>(early.process)].pending;
    Miss(MissKind(&early.outcome, Mismatch::Kind::kNotBlocked), early.process, pending, {},
         &early.outcome, std::popcount(left));
  }

  // Whether the process can go on in this state; if so, follows all ways in which it may.
  // `contested`: others wait, too.
  bool GoOn(const State& state, int process, Left left, bool contested) {
    alone_ = false;
    const ProcessState& self = state.processes[static_cast<size_t>(process)];
    const Outcome* seen = FindSeen(left, process);
    if (self.fate) {
      const Outcome end = *self.fate;
      if (seen == nullptr || *seen != end) {
        Miss(Mismatch::Kind::kWrongOutcome, process, self.pending, {}, seen, std::popcount(left));
        mismatch_.expected = {{EndText(end), "signal(7), exit(2): the end of a process"}};
        return true;
      }
      State next = state;
      EndThread(next, process, end, observation_.now);
      Settle(std::move(next), Without(left, process));
      GrantToTheDoomed(state, process, left);
      alone_ = false;
      return true;
    }
    if (self.stopped) return false;
    const Op op = *self.pending;
    State next = state;
    Turn turn(next, process, seen, observation_.now, SleptOn(self));
    Proceed(turn, op);
    if (turn.branches().empty()) {
      if (!turn.progressed() && !self.restarted) return false;
      Settle(std::move(next), left);
      alone_ = false;
      return true;
    }
    // A branch that changes nothing for others may be taken at any time: no other order need be
    // tried. E2BIG is different: after another receiver there is no message to be too big.
    const Branch& first = turn.branches().front();
    const bool alone = contested && turn.branches().size() == 1 && first.next == nullptr &&
                       first.expected.value != E2BIG && DiffersOnlyIn(process, next, state);
    Take(turn, process, op, seen, left, Mismatch::Kind::kLostWakeup);
    alone_ = alone;
    return true;
  }

  // Linux: what the end of one thread undoes is given to others that wait for it, also to one that
  // is to end with it and has not left the queue yet.
  void GrantToTheDoomed(const State& state, int process, Left left) {
    const ProcessState& self = state.processes[static_cast<size_t>(process)];
    if (!self.pending || !SemSleepOf(*self.pending)) return;
    const Op op = *self.pending;
    State next = state;
    Turn turn(next, process, nullptr, observation_.now, true);
    std::visit([&](const auto& call) { call.Model(turn); }, op);
    for (Branch& branch : turn.branches()) {
      if (branch.expected.kind != Outcome::Kind::kReturned) continue;
      State granted = turn.After(branch);
      ClearPending(granted.process(process));
      Settle(std::move(granted), left);
    }
  }

  static bool DiffersOnlyIn(int process, const State& next, const State& state) {
    State others = next;
    others.process(process) = state.process(process);
    return others == state;
  }

  static Mismatch::Kind MissKind(const Outcome* seen, Mismatch::Kind otherwise) {
    return seen != nullptr && seen->Ended() ? Mismatch::Kind::kUnexpectedEnd : otherwise;
  }

  // Keeps the mismatch of the order that explained most.
  void Miss(Mismatch::Kind kind, int process, const std::optional<Op>& op, const Branches& branches,
            const Outcome* seen, int left = INT_MAX - 1) {
    if (left >= least_left_) return;
    least_left_ = left;
    mismatch_ = {kind, process, op, {}, seen == nullptr ? "it sleeps" : ""};
    const Op printed = op ? *op : Op(Exit{});
    if (seen != nullptr) {
      mismatch_.seen = seen->Ended() ? EndText(*seen) : OutcomeText(printed, *seen);
    }
    for (const Branch& branch : branches) {
      mismatch_.expected.push_back(
          {ExpectedText(printed, branch.expected), std::string(branch.rule)});
    }
  }

  const Observation& observation_;
  int orders_ = 0;
  bool alone_ = false;  // of the last GoOn(): the process went, and its turn was indifferent to all
  std::vector<State> found_;
  int least_left_ = INT_MAX;  // what the best order so far has not explained
  Mismatch mismatch_;
};

}  // namespace

std::string ExpectedText(const Op& op, const Expected& expected) {
  if (!expected.value_name.empty()) return std::string(expected.value_name);
  return OutcomeText(op, expected.Example());
}

Acceptance Accept(std::vector<State> states, const Observation& observation) {
  Search search(observation);
  for (State& state : states) search.Begin(std::move(state));
  return search.Finish();
}

}  // namespace ipcrig
