// SPDX-License-Identifier: Apache-2.0
#include "queue_histories.h"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <sstream>
#include <unordered_set>
#include <utility>

#include "base/clock.h"
#include "base/require.h"
#include "ops/history.h"

namespace ipcrig {
namespace {

constexpr int kQueue = 0;  // its id

// A typed queue of numbers: the textbook's sequential specification.
using Messages = std::vector<std::pair<int64_t, int64_t>>;

Messages::iterator Selected(Messages& queue, int64_t selector) {
  if (selector >= 0) {
    return std::find_if(queue.begin(), queue.end(), [&](const auto& message) {
      return selector == 0 || message.first == selector;
    });
  }
  auto best = queue.end();
  for (auto it = queue.begin(); it != queue.end(); ++it) {
    if (it->first <= -selector && (best == queue.end() || it->first < best->first)) best = it;
  }
  return best;
}

// What the call did, so that it can be undone.
struct Effect {
  bool happened = false;
  ptrdiff_t at = 0;  // of a receive: where the message was
  std::pair<int64_t, int64_t> message = {};
};

Effect Do(Messages& queue, const QueueCall& call) {
  if (call.send) {
    queue.emplace_back(call.selector, call.value);
    return {true};
  }
  const auto found = Selected(queue, call.selector);
  if (found == queue.end()) return {};
  if (!call.pending && *found != std::pair(call.got_type, call.got_value)) return {};
  const Effect effect{true, found - queue.begin(), *found};
  queue.erase(found);
  return effect;
}

void Undo(Messages& queue, const QueueCall& call, const Effect& effect) {
  if (call.send) {
    queue.pop_back();
  } else {
    queue.insert(queue.begin() + effect.at, effect.message);
  }
}

uint64_t Mix(uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9U;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebU;
  return x ^ (x >> 31);
}

class Plain {
 public:
  Plain(const QueueHistory& history, double seconds)
      : calls_(history.calls),
        done_(history.calls.size()),
        deadline_us_(MonotonicUs() + static_cast<int64_t>(seconds * 1e6)) {
    for (size_t i = 0; i < calls_.size(); ++i) left_ += calls_[i].pending ? 0 : 1;
    // A doubly linked list of beginnings and ends in the order of time.
    std::vector<std::pair<std::pair<int64_t, int>, int>> moments;
    const auto count = static_cast<int>(calls_.size());
    for (int i = 0; i < count; ++i) {
      const QueueCall& call = calls_[static_cast<size_t>(i)];
      moments.push_back({{call.from, 0}, i});
      moments.push_back({{call.pending ? INT64_MAX : call.to, 1}, i});
    }
    std::sort(moments.begin(), moments.end());
    next_.assign(moments.size() + 1, 0);
    last_ = next_;
    begin_.resize(calls_.size());
    end_ = begin_;
    for (size_t i = 0; i < moments.size(); ++i) {
      next_[i] = i + 1;
      last_[i + 1] = i;
      auto& place = moments[i].first.second == 0 ? begin_ : end_;
      place[static_cast<size_t>(moments[i].second)] = i + 1;
      call_of_.push_back({moments[i].second, moments[i].first.second == 0});
    }
    next_[moments.size()] = 0;
    last_[0] = moments.size();
  }

  Explained Run() {
    size_t at = next_[0];
    while (left_ > 0) {
      if (++nodes_ % 256 == 0 && MonotonicUs() > deadline_us_) return Explained::kUnknown;
      const auto [call, begins] = at == 0 ? std::pair(0, false) : call_of_[at - 1];
      if (begins) {
        at = Try(call) ? next_[0] : next_[at];
        continue;
      }
      // No candidate is left before this end: back.
      if (stack_.empty()) return Explained::kNo;
      at = next_[begin_[static_cast<size_t>(Back())]];
    }
    return Explained::kYes;
  }

 private:
  bool Try(int index) {
    const QueueCall& call = calls_[static_cast<size_t>(index)];
    const int64_t reached = stack_.empty() ? INT64_MIN : stack_.back().reached;
    if (call.to < reached) return false;
    const Effect effect = Do(queue_, call);
    if (!effect.happened) return false;
    done_[static_cast<size_t>(index)] = true;
    const uint64_t set = set_ ^ Mix(static_cast<uint64_t>(index) + 1);
    uint64_t state = set;
    for (const auto& [type, value] : queue_) {
      state = Mix(state + static_cast<uint64_t>(type) * 31 + static_cast<uint64_t>(value) + 7);
    }
    if (!seen_.insert(state).second) {
      Undo(queue_, call, effect);
      done_[static_cast<size_t>(index)] = false;
      return false;
    }
    stack_.push_back({index, effect, std::max(reached, call.from)});
    set_ = set;
    left_ -= call.pending ? 0 : 1;
    for (const size_t place :
         {begin_[static_cast<size_t>(index)], end_[static_cast<size_t>(index)]}) {
      next_[last_[place]] = next_[place];
      last_[next_[place]] = last_[place];
    }
    return true;
  }

  int Back() {
    const auto [index, effect, reached] = stack_.back();
    stack_.pop_back();
    const QueueCall& call = calls_[static_cast<size_t>(index)];
    Undo(queue_, call, effect);
    set_ ^= Mix(static_cast<uint64_t>(index) + 1);
    left_ += call.pending ? 0 : 1;
    done_[static_cast<size_t>(index)] = false;
    for (const size_t place :
         {end_[static_cast<size_t>(index)], begin_[static_cast<size_t>(index)]}) {
      next_[last_[place]] = place;
      last_[next_[place]] = place;
    }
    return index;
  }

  const std::vector<QueueCall>& calls_;
  std::vector<bool> done_;
  int64_t deadline_us_;
  int64_t nodes_ = 0;
  int64_t left_ = 0;  // calls that returned and have no place
  Messages queue_;
  uint64_t set_ = 0;
  struct Done {
    int call;
    Effect effect;
    int64_t reached;  // the latest beginning of what is done
  };
  std::vector<Done> stack_;
  std::unordered_set<uint64_t> seen_;
  std::vector<size_t> next_, last_, begin_, end_;  // moments are counted from 1; 0 is the head
  std::vector<std::pair<int, bool>> call_of_;
};

bool AnyOrder(const std::vector<QueueCall>& calls, std::vector<bool>& done, Messages& queue) {
  int64_t bound = INT64_MAX;
  int64_t reached = INT64_MIN;
  for (size_t i = 0; i < calls.size(); ++i) {
    if (done[i]) reached = std::max(reached, calls[i].from);
    if (!done[i] && !calls[i].pending) bound = std::min(bound, calls[i].to);
  }
  if (bound == INT64_MAX) return true;
  for (size_t i = 0; i < calls.size(); ++i) {
    if (done[i] || calls[i].from > bound || calls[i].to < reached) continue;
    const Effect effect = Do(queue, calls[i]);
    if (!effect.happened) continue;
    done[i] = true;
    if (AnyOrder(calls, done, queue)) return true;
    done[i] = false;
    Undo(queue, calls[i], effect);
  }
  return false;
}

int64_t TakeNumber(std::string_view& line) {
  line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
  int64_t number = 0;
  const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), number);
  IPC_REQUIRE(error == std::errc(), "a number is missing in a queue history");
  line.remove_prefix(static_cast<size_t>(end - line.data()));
  return number;
}

QueueCall ReadCall(std::string_view line) {
  QueueCall call;
  call.from = TakeNumber(line);
  call.to = TakeNumber(line);
  call.send = TakeNumber(line) != 0;
  call.pending = TakeNumber(line) != 0;
  call.selector = TakeNumber(line);
  call.value = TakeNumber(line);
  call.got_type = TakeNumber(line);
  call.got_value = TakeNumber(line);
  return call;
}

}  // namespace

std::vector<QueueHistory> LoadQueueHistories(const std::string& path) {
  std::vector<QueueHistory> histories;
  FILE* unpacked = popen(("gzip -dc '" + path + "'").c_str(), "r");
  IPC_REQUIRE(unpacked != nullptr, "gzip cannot be run");
  char buffer[256];
  while (fgets(buffer, sizeof(buffer), unpacked) != nullptr) {
    std::string_view line(buffer);
    if (line.starts_with("H ")) {
      line.remove_prefix(2);
      histories.push_back({std::string(line.substr(0, line.find(' '))), {}});
    } else {
      IPC_REQUIRE(!histories.empty(), "a queue history begins with H");
      histories.back().calls.push_back(ReadCall(line));
    }
  }
  IPC_REQUIRE(pclose(unpacked) == 0, "a file of queue histories cannot be read");
  return histories;
}

std::string QueueHistoryText(const QueueHistory& history) {
  std::ostringstream text;
  for (const QueueCall& call : history.calls) {
    text << call.from << ' ' << call.to << ' ' << call.send << ' ' << call.pending << ' '
         << call.selector << ' ' << call.value << ' ' << call.got_type << ' ' << call.got_value
         << '\n';
  }
  return text.str();
}

QueueHistory SmallQueueHistory(Draw& draw) {
  QueueHistory history;
  const auto count = 2 + draw.Below(6);
  std::vector<QueueCall> sends;
  for (size_t i = 0; i < count; ++i) {
    QueueCall call;
    call.from = static_cast<int64_t>(draw.Below(12));
    call.to = call.from + 1 + static_cast<int64_t>(draw.Below(6));
    call.pending = draw.Below(8) == 0;
    if (call.pending && draw.Below(2) == 0) call.to = INT64_MAX;
    call.send = sends.empty() || draw.Below(2) == 0;
    if (call.send) {
      call.selector = 1 + static_cast<int64_t>(draw.Below(2));
      call.value = static_cast<int64_t>(i) + 1;
      sends.push_back(call);
    } else {
      const QueueCall& sent = sends[draw.Below(sends.size())];
      call.got_type = sent.selector;
      call.got_value = sent.value;
      const int64_t selectors[] = {0, sent.selector, -sent.selector, -2};
      call.selector = selectors[draw.Below(4)];
    }
    history.calls.push_back(call);
  }
  return history;
}

QueueHistory Corrupted(const QueueHistory& history, Draw& draw) {
  QueueHistory corrupted = history;
  std::vector<QueueCall*> receives;
  for (QueueCall& call : corrupted.calls) {
    if (!call.send && !call.pending) receives.push_back(&call);
  }
  if (receives.size() < 2) return corrupted;
  enum Damage : uint64_t { kDoubled, kNeverSent, kSentLate, kOtherType, kSwapped, kKinds = 8 };
  const uint64_t kind = draw.Below(kKinds);
  const auto pick = [&] {
    const size_t first = draw.Below(receives.size() - 1);
    // Mistakes of neighbours are harder to see.
    const size_t reach = draw.Below(2) == 0 ? 4 : receives.size();
    const size_t most = std::min(reach, receives.size() - 1 - first);
    return std::pair(receives[first], receives[first + 1 + draw.Below(most)]);
  };
  auto two = pick();
  for (int i = 0; i < 50 && two.first->got_type != two.second->got_type; ++i) two = pick();
  QueueCall& a = *two.first;
  QueueCall& b = *two.second;
  const auto send =
      std::find_if(corrupted.calls.begin(), corrupted.calls.end(),
                   [&](const QueueCall& call) { return call.send && call.value == a.got_value; });
  IPC_REQUIRE(send != corrupted.calls.end(), "a message was received that nobody sent");
  if (kind == kDoubled) {
    b.got_type = a.got_type;
    b.got_value = a.got_value;
  } else if (kind == kNeverSent) {
    corrupted.calls.erase(send);
  } else if (kind == kSentLate) {
    const int64_t length = std::min<int64_t>(send->to - send->from, 1000);
    send->from = a.to + 1;
    send->to = send->from + length;
  } else if (kind == kOtherType) {
    a.selector = a.got_type + 1;
  } else {
    std::swap(a.got_value, b.got_value);
    std::swap(a.got_type, b.got_type);
  }
  return corrupted;
}

QueueRace::QueueRace(const QueueHistory& history) {
  race.now = {1, 1};
  std::vector<size_t> order(history.calls.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::sort(order.begin(), order.end(),
            [&](size_t a, size_t b) { return history.calls[a].from < history.calls[b].from; });
  std::vector<int64_t> busy_until;
  for (const size_t index : order) {
    const QueueCall& call = history.calls[index];
    size_t lane = 0;
    while (lane < busy_until.size() && busy_until[lane] >= call.from) ++lane;
    if (lane == busy_until.size()) busy_until.push_back(0);
    busy_until[lane] = call.pending ? INT64_MAX : call.to;
    RacingCall racing{.step = static_cast<int>(index),
                      .process = static_cast<int>(lane),
                      .op = Exit{},
                      .from = call.from,
                      .lost = call.pending};
    if (call.send) {
      Msgsnd send;
      send.queue.number = kQueue;
      send.type.value = call.selector;
      send.text = Text::Of(std::to_string(call.value));
      racing.op = send;
    } else {
      Msgrcv receive;
      receive.queue.number = kQueue;
      receive.size.value = 64;
      receive.type.value = call.selector;
      racing.op = receive;
    }
    racing.to = call.to;
    if (!call.pending) {
      const std::string bytes = std::to_string(call.got_value);
      racing.outcome = call.send ? Outcome::Returned(0)
                                 : Outcome{Outcome::Kind::kReturned,
                                           static_cast<int64_t>(bytes.size()),
                                           {call.got_type},
                                           bytes};
    }
    race.calls.push_back(std::move(racing));
  }
  State& first = before.emplace_back(InitialState(OrdinaryFacts(), busy_until.size()));
  for (int i = 0; i < std::ssize(busy_until); ++i) StartProcess(first, i, 100 + i);
  Queue& queue = first.space(0).queues[kQueue];
  queue.qbytes = int64_t{1} << 40;
  queue.perm.mode = 0600;
}

Explained ModelSearch(const QueueHistory& history, const LinearizeOptions& options) {
  return ModelSearch(QueueRace(history), options);
}

Explained ModelSearch(const QueueRace& queue, const LinearizeOptions& options) {
  const Linearization result = Linearize(queue.before, queue.race, options);
  if (!result.states.empty()) return Explained::kYes;
  return result.exhausted ? Explained::kUnknown : Explained::kNo;
}

Explained PlainSearch(const QueueHistory& history, double seconds) {
  return Plain(history, seconds).Run();
}

bool SomeOrderExplains(const QueueHistory& history) {
  std::vector<bool> done(history.calls.size());
  Messages queue;
  return AnyOrder(history.calls, done, queue);
}

}  // namespace ipcrig
