// SPDX-License-Identifier: Apache-2.0
#include "model/accept.h"

#include <algorithm>

#include "model/progress.h"

namespace ipcrig {
namespace {

using Life = ProcessState::Life;

const Outcome kKilled{Outcome::Kind::kKilled, abi::kSigkill};

const Outcome* FindSeen(const std::vector<Seen>& seen, int process) {
  for (const Seen& one : seen) {
    if (one.process == process) return &one.outcome;
  }
  return nullptr;
}

std::vector<Seen> Without(std::vector<Seen> seen, int process) {
  std::erase_if(seen, [&](const Seen& one) { return one.process == process; });
  return seen;
}

class Search {
 public:
  explicit Search(const Observation& observation) : observation_(observation) {}

  void Begin(const State& state) {
    const int caller = observation_.process;
    if (!observation_.op) {
      State next = state;
      if (next.process(caller).life == Life::kAlive) Doom(next, caller, kKilled);
      return Settle(std::move(next), observation_.seen);
    }
    const Op& op = *observation_.op;
    const Outcome* seen = FindSeen(observation_.seen, caller);
    Turn turn(state, caller, seen, observation_.now, false);
    std::visit([&](const auto& call) { call.Model(turn); }, op);
    if (turn.branches().empty()) {
      if (seen != nullptr && !turn.progressed())
        return Miss(MissKind(seen, Mismatch::Kind::kNotBlocked), caller, op, {}, seen);
      FallAsleep(turn.s, caller, Resolved(turn, op));
      return Settle(std::move(turn.s), observation_.seen);
    }
    Take(turn, caller, op, seen, observation_.seen, Mismatch::Kind::kBlocked);
  }

  Acceptance Finish() {
    if (orders_ > kMaxOrders) return {{}, {}, true};
    if (!found_.empty()) return {std::move(found_), {}};
    return {{}, std::move(mismatch_)};
  }

 private:
  // Follows each branch that agrees with what was seen of the process.
  void Take(Turn& turn, int process, const Op& op, const Outcome* seen,
            const std::vector<Seen>& left, Mismatch::Kind if_unseen) {
    bool agreed = false;
    for (Branch& branch : turn.branches()) {
      if (seen == nullptr || !branch.expected.Matches(*seen)) continue;
      agreed = true;
      if (branch.expected.kind == Outcome::Kind::kFailed) ForgetResult(branch.next, process, op);
      Settle(std::move(branch.next), Without(left, process));
    }
    if (agreed) return;
    Miss(seen == nullptr ? if_unseen : MissKind(seen, Mismatch::Kind::kWrongOutcome), process, op,
         turn.branches(), seen, left.size());
    for (const Branch& branch : turn.refused()) {
      if (seen != nullptr && branch.expected.Matches(*seen)) {
        mismatch_.seen += " (known deviation " + std::string(NameOf(branch.deviation)) + ")";
        break;
      }
    }
  }

  // Lets everybody go on who can, one after the other, until nobody can.
  void Settle(State state, const std::vector<Seen>& left) {
    if (++orders_ > kMaxOrders) return;
    const auto key = [&](int i) { return OrderKey(state.process(i), state.rules); };
    std::optional<int64_t> went;
    for (const int process : Waiting(state)) {
      if (went && key(process) != *went) break;
      if (!GoOn(state, process, left)) continue;
      went = key(process);
      if (alone_) break;
    }
    if (went) return;
    if (left.empty()) {
      if (std::find(found_.begin(), found_.end(), state) == found_.end()) {
        found_.push_back(std::move(state));
      }
      return;
    }
    const auto& early = left.front();
    const auto& pending = state.processes[static_cast<size_t>(early.process)].pending;
    Miss(MissKind(&early.outcome, Mismatch::Kind::kNotBlocked), early.process, pending, {},
         &early.outcome, left.size());
  }

  // Whether the process can go on in this state; if so, follows all ways in which it may.
  bool GoOn(const State& state, int process, const std::vector<Seen>& left) {
    alone_ = false;
    const ProcessState& self = state.processes[static_cast<size_t>(process)];
    const Outcome* seen = FindSeen(left, process);
    if (self.fate) {
      const Outcome end = *self.fate;
      if (seen == nullptr || *seen != end) {
        Miss(Mismatch::Kind::kWrongOutcome, process, self.pending, {}, seen, left.size());
        mismatch_.expected = {{EndText(end), "signal(7), exit(2): the end of a process"}};
        return true;
      }
      State next = state;
      EndThread(next, process, end, observation_.now);
      Settle(std::move(next), Without(left, process));
      alone_ = false;
      return true;
    }
    if (self.stopped) return false;
    const Op op = *self.pending;
    Turn turn(state, process, seen, observation_.now, SleptOn(self));
    Proceed(turn, op);
    if (turn.branches().empty()) {
      if (!turn.progressed() && !self.restarted) return false;
      Settle(std::move(turn.s), left);
      alone_ = false;
      return true;
    }
    for (Branch& branch : turn.branches()) ClearPending(branch.next.process(process));
    // A branch that changes nothing for others may be taken at any time: no other order need be
    // tried. E2BIG is different: after another receiver there is no message to be too big.
    const Branch& first = turn.branches().front();
    State others = first.next;
    others.processes[static_cast<size_t>(process)] = self;
    const bool alone =
        turn.branches().size() == 1 && first.expected.value != E2BIG && others == state;
    Take(turn, process, op, seen, left, Mismatch::Kind::kLostWakeup);
    alone_ = alone;
    return true;
  }

  static Mismatch::Kind MissKind(const Outcome* seen, Mismatch::Kind otherwise) {
    return seen != nullptr && seen->Ended() ? Mismatch::Kind::kUnexpectedEnd : otherwise;
  }

  // Keeps the mismatch of the order that explained most.
  void Miss(Mismatch::Kind kind, int process, const std::optional<Op>& op,
            const std::vector<Branch>& branches, const Outcome* seen, size_t left = SIZE_MAX - 1) {
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
  size_t least_left_ = SIZE_MAX;
  Mismatch mismatch_;
};

}  // namespace

std::string ExpectedText(const Op& op, const Expected& expected) {
  if (!expected.value_name.empty()) return expected.value_name;
  return OutcomeText(op, expected.Example());
}

Acceptance Accept(const std::vector<State>& states, const Observation& observation) {
  Search search(observation);
  for (const State& state : states) search.Begin(state);
  return search.Finish();
}

}  // namespace ipcrig
