// SPDX-License-Identifier: Apache-2.0
//
// Forced orders: which calls on message queues must come before which, whatever else happened. They
// follow from intervals that do not overlap and from who got which message:
//
//   - a message is sent before it is received;
//   - of one type, messages are received in the order in which they were sent, whatever msgtyp
//     the receivers ask for (msgop(2): the first message that fits);
//   - what is received goes before what is still there at the end, of the same type;
//   - who receives with msgtyp 0 finds nothing that was sent before its message; with msgtyp < 0
//     nothing of a lower type; with ENOMSG nothing at all that fits.
//
// The rules are applied until nothing follows any more. A cycle is a violation, and a short
// explanation of it. Only messages count that can be told from all others of their queue.
//
//   ForcedOrders forced(race, lanes, Deliveries(race, before));
//   if (!forced.cycle().empty()) ...                      // no order at all
//   if (!forced.Ready(call, done)) ...                    // something has to come before it
//
// For each call and process one number is kept: how many calls of that process come before it. So
// it takes memory in proportion to calls times processes, and about as much time for each rule.
// Nothing that it is made from is needed afterwards, but for race and lanes.
#pragma once

#include <map>
#include <tuple>
#include <utility>
#include <vector>

#include "check/deliveries.h"

namespace ipcrig {

class ForcedOrders {
 public:
  // `lanes`: by process, its calls in their order, as indices into race.calls.
  ForcedOrders(const Race& race, const std::vector<std::vector<int>>& lanes,
               const Deliveries& deliveries);

  // Whether all calls that come before this one are over. `done`: by process, how many are.
  bool Ready(int call, const std::vector<int>& done) const {
    if (clocks_.empty()) return true;
    const int* clock = ClockOf(call);
    for (size_t i = 0; i < width_; ++i) {
      if (clock[i] > done[i]) return false;
    }
    return true;
  }
  // Calls, each of which has to be before the next, and the last before the first.
  const std::vector<Violation::Link>& cycle() const { return cycle_; }

 private:
  // Beyond so many types of one queue, rules between types are not applied.
  static constexpr size_t kMostTypes = 16;

  enum class Selects : uint8_t { kOther, kFirst, kLowest };
  struct Sent : Deliveries::Sent {
    int type_index = 0;  // in Queue::types
    Selects selects = Selects::kOther;
  };
  struct Edge {
    int before = -1;
    int after = -1;
    std::string_view why;
  };
  // Something of a type that a call of one process did; sorted by these.
  struct Done {
    int type = 0;
    int place = 0;  // of the call in its lane
    int what = 0;
    bool operator<(const Done& other) const {
      return std::tie(type, place, what) < std::tie(other.type, other.place, other.what);
    }
  };
  using Lists = std::vector<std::vector<Done>>;  // by lane
  struct Queue {
    std::vector<int64_t> types;
    std::map<int64_t, int> type_indices;
    std::vector<bool> taken;  // by type: whether receivers of whom nothing is known may have it
    std::vector<Sent> messages;
    std::vector<std::pair<int, int64_t>> empty;  // calls that failed with ENOMSG, and their msgtyp
    // Messages, by the calls that did this to them; of empties the calls, by each type that fits.
    Lists sends, receives, lowest, empties;
    Lists first;  // received with msgtyp 0; all as of type 0
  };

  const int* ClockOf(int call) const { return &clocks_[static_cast<size_t>(call) * width_]; }
  int* ClockOf(int call) { return &clocks_[static_cast<size_t>(call) * width_]; }
  int LaneOf(int call) const { return race_.calls[static_cast<size_t>(call)].process; }
  int PlaceOf(int call) const { return places_[static_cast<size_t>(call)]; }
  bool IsBefore(int a, int b) const {
    return ClockOf(b)[static_cast<size_t>(LaneOf(a))] > PlaceOf(a);
  }

  // Whether who asks for msgtyp takes a message of this type.
  static bool Fits(int64_t msgtyp, bool except, int64_t type);
  void Gather(const Deliveries& deliveries);
  void MarkTaken(const Deliveries& deliveries);
  static void Take(Queue& queue, const Msgrcv& receive);
  void Index(Queue& queue);
  std::vector<int> ByBeginning() const;
  void StartClocks();
  bool Add(int before, int after, std::string_view why);
  void FindCycle(int from, int to);
  bool Pass(const Queue& queue);
  bool PassMessage(const Queue& queue, const Sent& message);
  bool PassReceived(const Queue& queue, const Sent& message);
  bool PassLeft(const Queue& queue, const Sent& message);
  bool PassEmpty(const Queue& queue);
  // The last of a type among the calls of a lane before `place`; -1 for none.
  static int LastOf(const Lists& lists, size_t lane, int type, int place);
  // The last message of a list among the calls of a lane that come before `call`.
  const Sent* LastBefore(const Queue& queue, const Lists& lists, int call, size_t lane,
                         int type) const;

  const Race& race_;
  const std::vector<std::vector<int>>& lanes_;
  size_t width_;
  std::vector<int> places_;  // by call: its place in its lane
  std::vector<int> clocks_;  // by call and lane
  std::map<int, Queue> queues_;
  std::vector<Edge> edges_;  // that were added
  std::vector<Violation::Link> cycle_;
};

}  // namespace ipcrig
