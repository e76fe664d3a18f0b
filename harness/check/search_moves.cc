// SPDX-License-Identifier: Apache-2.0
//
// The part of the search that lists what may come next, the most urgent first.
#include <algorithm>
#include <utility>
#include <variant>

#include "check/search.h"

namespace ipcrig {
namespace {

using Life = ProcessState::Life;
using What = Known::What;

constexpr int kOnlyToSleep = 3;  // the least urgent

// Of those that forced orders are about.
bool MaySleep(const Op& op) {
  if (const auto* send = std::get_if<Msgsnd>(&op)) return !send->flags.Has(abi::kIpcNowait);
  const auto* receive = std::get_if<Msgrcv>(&op);
  return receive == nullptr || !receive->flags.Has(abi::kIpcNowait);
}

}  // namespace

// When the process has to come to its next point that is known, at the latest.
int64_t Search::Due(int process) const {
  const RacePlan::Head& head = heads_[static_cast<size_t>(process)];
  if (head.returned) return head.due;
  const RacingEnd* end = EndOf(process);
  return end != nullptr ? end->to : INT64_MAX;
}

void Search::Add(Point::Kind kind, int process, int urgency, int64_t due) {
  // The most urgent first; there are too few of them to sort them afterwards.
  const Move move{{kind, process}, urgency, due};
  listing_.insert(std::upper_bound(listing_.begin(), listing_.end(), move,
                                   [](const Move& a, const Move& b) {
                                     return std::pair(a.urgency, a.due) <
                                            std::pair(b.urgency, b.due);
                                   }),
                  move);
}

void Search::ListOf(int process, int64_t bound) {
  const Racer& racer = config_.at.racers[static_cast<size_t>(process)];
  const ProcessState& self = config_.at.state.process(process);
  const RacePlan::Head& head = heads_[static_cast<size_t>(process)];
  const RacingEnd* end = EndOf(process);
  if (head.from > bound && end == nullptr) return;  // nor is it asleep
  if (racer.ended || self.life == Life::kUnborn) return;
  const bool returns = head.returned;
  const int urgency =
      returns                                                                          ? 0
      : head.call >= 0 && known_[static_cast<size_t>(process)].what == What::kAnything ? 2
                                                                                       : 1;
  const int64_t due = head.due;
  if (self.pending) {
    if (self.interrupted != 0) Add(Point::Kind::kInterrupt, process, urgency, due);
    if (racer.times_out) Add(Point::Kind::kTimeOut, process, urgency, due);
    if (racer.loose || !IsGranted(config_.at.state, process)) {
      Add(Point::Kind::kLook, process, urgency, due);
    }
  } else if (head.from <= bound && head.call >= 0 && !racer.exiting && !racer.leaving) {
    AddAttempt(process, urgency, due);
  }
  const bool dies = end != nullptr && self.fate && *self.fate == end->outcome && !returns;
  if (dies && (racer.leaving || end->from <= bound)) Add(Point::Kind::kEnd, process, 0, end->to);
}

bool Search::Ready(int process) const {
  const int call = NextOf(process);
  return hints_.forced == nullptr || call < 0 || hints_.forced->Ready(call, config_.done);
}

void Search::AddAttempt(int process, int urgency, int64_t due) {
  if (hints_.deliveries == nullptr) return Add(Point::Kind::kAttempt, process, urgency, due);
  const int call = NextOf(process);
  const int64_t received = hints_.deliveries->ReceivedBy(call);
  const int64_t wanted = std::min(plan_.Call(call).to, received);  // never later than due
  // One that was received was sent, whether or not its sender lived to tell.
  if (wanted != INT64_MAX) urgency = 0;
  if (hints_.deliveries->IsLeft(call)) urgency = std::max(urgency, 1);
  if (!Ready(process)) {
    if (!MaySleep(plan_.Call(call).op)) return;
    urgency = kOnlyToSleep;
  }
  Add(Point::Kind::kAttempt, process, urgency,
      hints_.forced != nullptr ? wanted
      : received == INT64_MAX  ? due
                               : received);
}

void Search::List(Frame& frame) {
  int64_t bound = INT64_MAX;
  for (int i = 0; i < plan_.processes(); ++i) bound = std::min(bound, Due(i));
  listing_.clear();
  for (int i = 0; i < plan_.processes(); ++i) ListOf(i, bound);
  frame.moves = frame.next = moves_.size();
  for (const Move& move : listing_) moves_.push_back(move.point);
  frame.listed = true;
}

// A receive found something that nobody received: lost ones, which may have, come next.
void Search::PreferLostReceives(Frame& frame) {
  if (hints_.deliveries == nullptr || std::exchange(frame.reordered, true)) return;
  std::stable_partition(
      moves_.begin() + static_cast<ptrdiff_t>(frame.next), moves_.end(), [&](const Point& point) {
        const RacingCall* call = Current(point.process);
        return call != nullptr && !call->outcome && std::holds_alternative<Msgrcv>(call->op);
      });
}

}  // namespace ipcrig
