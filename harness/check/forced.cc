// SPDX-License-Identifier: Apache-2.0
#include "check/forced.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

namespace ipcrig {
namespace {

bool Assigned(const Race& race, int slot) {
  return std::any_of(race.calls.begin(), race.calls.end(),
                     [&](const RacingCall& call) { return OpAssigns(call.op) == slot; });
}

// The queue that a call means; -1 where that cannot be told beforehand.
int IdOf(const Race& race, const State& before, const Id<Kind::kQueue>& id) {
  if (id.slot < 0) return id.number;
  const auto found = before.values.find(id.slot);
  if (found == before.values.end() || Assigned(race, id.slot)) return -1;
  return static_cast<int>(found->second) + id.number;
}

bool Returned(const RacingCall& call) {
  return call.outcome && call.outcome->kind == Outcome::Kind::kReturned;
}

}  // namespace

bool ForcedOrders::Fits(int64_t msgtyp, bool except, int64_t type) {
  if (msgtyp == 0) return true;
  if (msgtyp > 0) return (type == msgtyp) != except;
  return msgtyp == INT64_MIN || type <= -msgtyp;
}

ForcedOrders::ForcedOrders(const Race& race, const std::vector<std::vector<int>>& lanes,
                           const State& before)
    : race_(race),
      lanes_(lanes),
      width_(lanes.size()),
      places_(race.calls.size()),
      left_(race.calls.size()),
      queue_of_(race.calls.size(), -1) {
  due_.reserve(race.calls.size());
  for (const RacingCall& call : race.calls) due_.push_back(call.to);
  for (const auto& lane : lanes_) {
    for (size_t i = 0; i < lane.size(); ++i) {
      places_[static_cast<size_t>(lane[i])] = static_cast<int>(i);
    }
  }
  Gather(before);
  if (queues_.empty()) return;
  StartClocks();
  for (Queue& queue : queues_) {
    Match(queue, before);
    MarkTaken(queue);
    Index(queue);
  }
  bool added = true;
  while (added && cycle_.empty()) {
    added = false;
    for (const Queue& queue : queues_) added = Pass(queue) || added;
  }
}

ForcedOrders::Queue& ForcedOrders::QueueOf(int id, const State& before) {
  for (Queue& queue : queues_) {
    if (queue.id == id) return queue;
  }
  Queue& queue = queues_.emplace_back();
  queue.id = id;
  const auto& known = before.space(0).queues;
  if (const auto found = known.find(id); found != known.end()) {
    for (const Message& message : found->second.messages) {
      queue.messages.push_back({.type = TypeOf(queue, message.type)});
    }
  }
  return queue;
}

int ForcedOrders::TypeOf(Queue& queue, int64_t type) {
  const auto found = std::find(queue.types.begin(), queue.types.end(), type);
  const auto index = static_cast<int>(found - queue.types.begin());
  if (found == queue.types.end()) queue.types.push_back(type);
  return index;
}

void ForcedOrders::Gather(const State& before) {
  for (int i = 0; i < std::ssize(race_.calls); ++i) GatherCall(i, before);
}

void ForcedOrders::GatherCall(int index, const State& before) {
  const RacingCall& call = race_.calls[static_cast<size_t>(index)];
  if (before.process(call.process).space != 0) return;
  if (const auto* send = std::get_if<Msgsnd>(&call.op)) {
    const bool failed = call.outcome && !Returned(call);
    const int id = IdOf(race_, before, send->queue);
    if (failed || id < 0) return;
    Queue& queue = QueueOf(id, before);
    queue.messages.push_back({.type = TypeOf(queue, send->type.value),
                              .send = index,
                              .surely = call.outcome.has_value()});
  }
  const auto* receive = std::get_if<Msgrcv>(&call.op);
  if (receive == nullptr) return;
  const int id = IdOf(race_, before, receive->queue);
  queue_of_[static_cast<size_t>(index)] = id;
  if (!call.outcome) return;
  const bool copies = receive->flags.Has(abi::kMsgCopy);
  if (id < 0 || copies || *call.outcome != Outcome::Failed(ENOMSG)) return;
  if (!receive->flags.Has(abi::kMsgExcept)) {
    QueueOf(id, before).empty.emplace_back(index, receive->type.value);
  }
}

void ForcedOrders::NoteReceived(const Queue& queue, Sent& message, int index) {
  const RacingCall& call = race_.calls[static_cast<size_t>(index)];
  const int64_t msgtyp = std::get<Msgrcv>(call.op).type.value;
  message.receive = index;
  message.selects = msgtyp == 0 ? Selects::kFirst : msgtyp < 0 ? Selects::kLowest : Selects::kOther;
  received_.emplace(queue.id, call.outcome->numbers[0], call.outcome->bytes);
  if (message.send < 0) return;
  int64_t& due = due_[static_cast<size_t>(message.send)];
  due = std::min(due, call.to);
}

// Who received what, as far as a message cannot be taken for another.
void ForcedOrders::Match(Queue& queue, const State& before) {
  struct Content {
    int message = -1;
    int sent = 0;
    int received = 0;
  };
  std::map<std::pair<int64_t, std::string>, Content> contents;
  const auto& known = before.space(0).queues;
  const auto found = known.find(queue.id);
  const auto key_of = [&](size_t i) {
    const Sent& message = queue.messages[i];
    const int64_t type = queue.types[static_cast<size_t>(message.type)];
    if (message.send < 0) return std::pair(type, found->second.messages[i].text);
    const Op& op = race_.calls[static_cast<size_t>(message.send)].op;
    return std::pair(type, std::get<Msgsnd>(op).text.Bytes());
  };
  std::vector<const Content*> of_messages;
  for (size_t i = 0; i < queue.messages.size(); ++i) {
    Content& content = contents[key_of(i)];
    content.message = static_cast<int>(i);
    ++content.sent;
    of_messages.push_back(&content);
  }
  const auto content_of = [&](const RacingCall& call) -> Content* {
    const auto* receive = std::get_if<Msgrcv>(&call.op);
    if (receive == nullptr || !Returned(call) || receive->flags.Has(abi::kMsgCopy)) return nullptr;
    if (call.outcome->numbers.size() != 1) return nullptr;
    // What was cut off does not tell.
    const auto length = static_cast<int64_t>(call.outcome->bytes.size());
    if (receive->flags.Has(abi::kMsgNoerror) && length >= receive->size.value) return nullptr;
    if (IdOf(race_, before, receive->queue) != queue.id) return nullptr;
    const auto content = contents.find({call.outcome->numbers[0], call.outcome->bytes});
    return content == contents.end() ? nullptr : &content->second;
  };
  std::vector<std::pair<int, const Content*>> receives;
  for (int i = 0; i < std::ssize(race_.calls); ++i) {
    Content* content = content_of(race_.calls[static_cast<size_t>(i)]);
    if (content == nullptr) continue;
    ++content->received;
    receives.emplace_back(i, content);
  }
  for (const auto& [call, content] : receives) {
    if (content->sent != 1 || content->received != 1) continue;
    NoteReceived(queue, queue.messages[static_cast<size_t>(content->message)], call);
  }
  // Of messages that look alike nothing is known.
  std::vector<Sent> told;
  for (size_t i = 0; i < queue.messages.size(); ++i) {
    const Content& content = *of_messages[i];
    if (content.sent != 1 || content.received > 1) continue;
    told.push_back(queue.messages[i]);
    const Sent& message = told.back();
    if (message.send >= 0) left_[static_cast<size_t>(message.send)] = message.receive < 0;
  }
  queue.messages = std::move(told);
}

bool ForcedOrders::IsTaken(int call, const Outcome& outcome) const {
  if (received_.empty() || outcome.numbers.size() != 1) return false;
  const int queue = queue_of_[static_cast<size_t>(call)];
  return received_.contains({queue, outcome.numbers[0], outcome.bytes});
}

// Receivers that may have taken something unseen: lost ones, and those whose answer does not tell.
void ForcedOrders::MarkTaken(Queue& queue) {
  queue.taken.assign(queue.types.size(), false);
  std::vector<bool> tells(race_.calls.size());
  for (const Sent& message : queue.messages) {
    if (message.receive >= 0) tells[static_cast<size_t>(message.receive)] = true;
  }
  for (size_t i = 0; i < race_.calls.size(); ++i) {
    const RacingCall& call = race_.calls[i];
    if (std::holds_alternative<MsgctlRmid>(call.op)) {
      queue.taken.assign(queue.types.size(), true);
      return;
    }
    const auto* receive = std::get_if<Msgrcv>(&call.op);
    if (receive == nullptr || tells[i] || receive->flags.Has(abi::kMsgCopy)) continue;
    const bool failed = call.outcome && !Returned(call);
    if (failed && *call.outcome != Outcome::Failed(EFAULT)) continue;
    for (size_t t = 0; t < queue.types.size(); ++t) {
      if (Fits(receive->type.value, receive->flags.Has(abi::kMsgExcept), queue.types[t])) {
        queue.taken[t] = true;
      }
    }
  }
}

void ForcedOrders::Index(Queue& queue) {
  const size_t types = queue.types.size();
  const auto fresh = [&](size_t kinds) {
    std::vector<std::vector<Last>> lists(width_);
    for (size_t lane = 0; lane < width_; ++lane) {
      lists[lane].assign(kinds, Last(lanes_[lane].size() + 1, -1));
    }
    return lists;
  };
  queue.sends = queue.receives = queue.lowest = queue.empties = fresh(types);
  queue.first = fresh(1);
  const auto note = [&](std::vector<std::vector<Last>>& lists, int call, size_t type, int value) {
    const auto lane = static_cast<size_t>(LaneOf(call));
    lists[lane][type][static_cast<size_t>(PlaceOf(call)) + 1] = value;
  };
  for (int i = 0; i < std::ssize(queue.messages); ++i) {
    const Sent& message = queue.messages[static_cast<size_t>(i)];
    const auto type = static_cast<size_t>(message.type);
    if (message.receive < 0) continue;
    if (message.send >= 0) note(queue.sends, message.send, type, i);
    note(queue.receives, message.receive, type, i);
    if (message.selects == Selects::kLowest) note(queue.lowest, message.receive, type, i);
    if (message.selects == Selects::kFirst) note(queue.first, message.receive, 0, i);
  }
  for (const auto& [call, msgtyp] : queue.empty) {
    for (size_t t = 0; t < types; ++t) {
      if (Fits(msgtyp, false, queue.types[t])) note(queue.empties, call, t, call);
    }
  }
  for (auto* lists : {&queue.sends, &queue.receives, &queue.lowest, &queue.empties, &queue.first}) {
    for (auto& lane : *lists) {
      for (Last& last : lane) {
        for (size_t i = 1; i < last.size(); ++i) {
          if (last[i] < 0) last[i] = last[i - 1];
        }
      }
    }
  }
}

// What follows from the intervals alone.
void ForcedOrders::StartClocks() {
  clocks_.assign(race_.calls.size() * width_, 0);
  std::vector<int> order(race_.calls.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = static_cast<int>(i);
  const auto call_of = [&](int i) -> const RacingCall& {
    return race_.calls[static_cast<size_t>(i)];
  };
  std::sort(order.begin(), order.end(),
            [&](int a, int b) { return call_of(a).from < call_of(b).from; });
  std::vector<int> over(width_);
  for (const int index : order) {
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
  std::vector<Violation::Link> came(count);
  std::vector<int> wave = {from};
  came[static_cast<size_t>(from)].call = from;
  for (size_t i = 0; i < wave.size() && wave[i] != to; ++i) {
    const int at = wave[i];
    const RacingCall& call = race_.calls[static_cast<size_t>(at)];
    const auto reach = [&](int other, std::string_view why) {
      Violation::Link& by = came[static_cast<size_t>(other)];
      if (by.call >= 0) return;
      by = {at, why};
      wave.push_back(other);
    };
    for (const Violation::Link& link : next[static_cast<size_t>(at)]) reach(link.call, link.why);
    for (int other = 0; other < static_cast<int>(count) && call.outcome; ++other) {
      if (call.to < race_.calls[static_cast<size_t>(other)].from) {
        reach(other, "it had returned when the next one began");
      }
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
