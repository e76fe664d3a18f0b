// SPDX-License-Identifier: Apache-2.0
#include "check/forced.h"

#include <algorithm>
#include <climits>
#include <utility>

namespace ipcrig {

bool ForcedOrders::Fits(int64_t msgtyp, bool except, int64_t type) {
  if (msgtyp == 0) return true;
  if (msgtyp > 0) return (type == msgtyp) != except;
  return msgtyp == INT64_MIN || type <= -msgtyp;
}

ForcedOrders::ForcedOrders(const Race& race, const std::vector<std::vector<int>>& lanes,
                           const Deliveries& deliveries)
    : race_(race), lanes_(lanes), width_(lanes.size()), places_(race.calls.size()) {
  for (const auto& lane : lanes_) {
    for (size_t i = 0; i < lane.size(); ++i) {
      places_[static_cast<size_t>(lane[i])] = static_cast<int>(i);
    }
  }
  Gather(deliveries);
  if (queues_.empty()) return;
  StartClocks();
  MarkTaken(deliveries);
  for (auto& [id, queue] : queues_) Index(queue);
  bool added = true;
  while (added && cycle_.empty()) {
    added = false;
    for (const auto& [id, queue] : queues_) added = Pass(queue) || added;
  }
}

void ForcedOrders::Gather(const Deliveries& deliveries) {
  for (const Deliveries::Sent& sent : deliveries.messages()) {
    Queue& queue = queues_[sent.queue];
    const auto [found, fresh] =
        queue.type_indices.try_emplace(sent.type, static_cast<int>(queue.types.size()));
    if (fresh) queue.types.push_back(sent.type);
    Sent& message = queue.messages.emplace_back(Sent{sent, found->second});
    if (sent.receive < 0) continue;
    const Op& op = race_.calls[static_cast<size_t>(sent.receive)].op;
    const int64_t msgtyp = std::get<Msgrcv>(op).type.value;
    message.selects = msgtyp == 0  ? Selects::kFirst
                      : msgtyp < 0 ? Selects::kLowest
                                   : Selects::kOther;
  }
  for (int i = 0; i < std::ssize(race_.calls); ++i) {
    const RacingCall& call = race_.calls[static_cast<size_t>(i)];
    const auto* receive = std::get_if<Msgrcv>(&call.op);
    if (receive == nullptr || !call.outcome || *call.outcome != Outcome::Failed(ENOMSG)) continue;
    if (receive->flags.Has(abi::kMsgCopy) || receive->flags.Has(abi::kMsgExcept)) continue;
    const auto queue = queues_.find(deliveries.QueueOf(call));
    if (queue != queues_.end()) queue->second.empty.emplace_back(i, receive->type.value);
  }
}

// Receivers that may have taken something unseen: lost ones, and those whose answer does not tell.
void ForcedOrders::MarkTaken(const Deliveries& deliveries) {
  std::vector<bool> tells(race_.calls.size());
  for (auto& [id, queue] : queues_) {
    queue.taken.assign(queue.types.size(), false);
    for (const Sent& message : queue.messages) {
      if (message.receive >= 0) tells[static_cast<size_t>(message.receive)] = true;
    }
  }
  for (size_t i = 0; i < race_.calls.size(); ++i) {
    const RacingCall& call = race_.calls[i];
    if (std::holds_alternative<MsgctlRmid>(call.op)) {
      for (auto& [id, queue] : queues_) queue.taken.assign(queue.types.size(), true);
      return;
    }
    const auto* receive = std::get_if<Msgrcv>(&call.op);
    if (receive == nullptr || tells[i] || receive->flags.Has(abi::kMsgCopy)) continue;
    const bool failed = call.outcome && call.outcome->kind != Outcome::Kind::kReturned;
    if (failed && *call.outcome != Outcome::Failed(EFAULT)) continue;
    const int of = deliveries.QueueOf(call);
    for (auto& [id, queue] : queues_) {
      if (of < 0 || of == id) Take(queue, *receive);
    }
  }
}

void ForcedOrders::Take(Queue& queue, const Msgrcv& receive) {
  const int64_t msgtyp = receive.type.value;
  const bool except = receive.flags.Has(abi::kMsgExcept);
  if (msgtyp > 0 && !except) {
    const auto found = queue.type_indices.find(msgtyp);
    if (found != queue.type_indices.end()) queue.taken[static_cast<size_t>(found->second)] = true;
    return;
  }
  for (size_t t = 0; t < queue.types.size(); ++t) {
    if (Fits(msgtyp, except, queue.types[t])) queue.taken[t] = true;
  }
}

void ForcedOrders::Index(Queue& queue) {
  Lists* const all[] = {&queue.sends, &queue.receives, &queue.lowest, &queue.empties, &queue.first};
  for (Lists* lists : all) lists->resize(width_);
  const auto note = [&](Lists& lists, int call, int type, int what) {
    lists[static_cast<size_t>(LaneOf(call))].push_back({type, PlaceOf(call), what});
  };
  for (int i = 0; i < std::ssize(queue.messages); ++i) {
    const Sent& message = queue.messages[static_cast<size_t>(i)];
    const int type = message.type_index;
    if (message.receive < 0) continue;
    if (message.send >= 0) note(queue.sends, message.send, type, i);
    note(queue.receives, message.receive, type, i);
    if (message.selects == Selects::kLowest) note(queue.lowest, message.receive, type, i);
    if (message.selects == Selects::kFirst) note(queue.first, message.receive, 0, i);
  }
  for (const auto& [call, msgtyp] : queue.empty) {
    if (queue.types.size() > kMostTypes) break;
    for (int t = 0; t < std::ssize(queue.types); ++t) {
      if (Fits(msgtyp, false, queue.types[static_cast<size_t>(t)])) {
        note(queue.empties, call, t, call);
      }
    }
  }
  for (Lists* lists : all) {
    for (auto& list : *lists) std::sort(list.begin(), list.end());
  }
}

int ForcedOrders::LastOf(const Lists& lists, size_t lane, int type, int place) {
  const auto& list = lists[lane];
  const auto next = std::lower_bound(list.begin(), list.end(), Done{type, place, INT_MIN});
  return next == list.begin() || next[-1].type != type ? -1 : next[-1].what;
}

std::vector<int> ForcedOrders::ByBeginning() const {
  std::vector<int> order(race_.calls.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = static_cast<int>(i);
  const auto begin = [&](int i) { return race_.calls[static_cast<size_t>(i)].from; };
  std::sort(order.begin(), order.end(), [&](int a, int b) { return begin(a) < begin(b); });
  return order;
}

// What follows from the intervals alone.
void ForcedOrders::StartClocks() {
  clocks_.assign(race_.calls.size() * width_, 0);
  const auto call_of = [&](int i) -> const RacingCall& {
    return race_.calls[static_cast<size_t>(i)];
  };
  std::vector<int> over(width_);
  for (const int index : ByBeginning()) {
    for (size_t lane = 0; lane < width_; ++lane) {
      const auto& calls = lanes_[lane];
      auto& count = over[lane];
      while (count < std::ssize(calls)) {
        const RacingCall& next = call_of(calls[static_cast<size_t>(count)]);
        if (!next.outcome || next.to >= call_of(index).from) break;
        ++count;
      }
      ClockOf(index)[lane] = count;
    }
    int& own = ClockOf(index)[static_cast<size_t>(LaneOf(index))];
    own = std::max(own, PlaceOf(index));
  }
}

// One call before another, and before all that the other is before. Whether that is new.
bool ForcedOrders::Add(int before, int after, std::string_view why) {
  if (before < 0 || after < 0 || !cycle_.empty()) return false;
  if (before == after || IsBefore(after, before)) {
    edges_.push_back({before, after, why});
    FindCycle(after, before);
    return false;
  }
  if (IsBefore(before, after)) return false;
  edges_.push_back({before, after, why});
  const auto merge = [&](int call, const int* clock) {
    bool changed = false;
    int* own = ClockOf(call);
    for (size_t i = 0; i < width_; ++i) {
      changed = changed || clock[i] > own[i];
      own[i] = std::max(own[i], clock[i]);
    }
    return changed;
  };
  merge(after, ClockOf(before));
  int& reached = ClockOf(after)[static_cast<size_t>(LaneOf(before))];
  reached = std::max(reached, PlaceOf(before) + 1);
  for (const auto& lane : lanes_) {
    auto next = std::partition_point(lane.begin(), lane.end(),
                                     [&](int call) { return !IsBefore(after, call); });
    while (next != lane.end() && merge(*next, ClockOf(after))) ++next;
  }
  return true;
}

// The shortest way from one call to another along what is known, which an edge back closes: the
// last of edges_.
void ForcedOrders::FindCycle(int from, int to) {
  const auto count = race_.calls.size();
  std::vector<std::vector<Violation::Link>> next(count);
  for (const Edge& edge : edges_) {
    next[static_cast<size_t>(edge.before)].push_back({edge.after, edge.why});
  }
  const auto call_of = [&](int i) -> const RacingCall& {
    return race_.calls[static_cast<size_t>(i)];
  };
  const std::vector<int> order = ByBeginning();
  size_t late = count;  // those of `order` from here on are reached
  std::vector<Violation::Link> came(count);
  std::vector<int> wave = {from};
  came[static_cast<size_t>(from)].call = from;
  for (size_t i = 0; i < wave.size() && wave[i] != to; ++i) {
    const int at = wave[i];
    const auto reach = [&](int other, std::string_view why) {
      Violation::Link& by = came[static_cast<size_t>(other)];
      if (by.call >= 0) return;
      by = {at, why};
      wave.push_back(other);
    };
    for (const Violation::Link& link : next[static_cast<size_t>(at)]) reach(link.call, link.why);
    const RacingCall& call = call_of(at);
    while (call.outcome && late > 0 && call.to < call_of(order[late - 1]).from) {
      reach(order[--late], "it had returned when the next one began");
    }
  }
  cycle_ = {{to, edges_.back().why}};
  while (cycle_.back().call != from) {
    const Violation::Link& by = came[static_cast<size_t>(cycle_.back().call)];
    if (by.call < 0) break;
    cycle_.push_back(by);
  }
  std::reverse(cycle_.begin(), cycle_.end());
}

}  // namespace ipcrig
