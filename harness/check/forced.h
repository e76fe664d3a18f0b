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
//   ForcedOrders forced(race, lanes, before);
//   if (!forced.cycle().empty()) ...                      // no order at all
//   if (!forced.Ready(call, done)) ...                    // something has to come before it
//
// For each call and process one number is kept: how many calls of that process come before it. So
// it takes memory in proportion to calls times processes, and about as much time for each rule.
#pragma once

#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "check/linearize.h"

namespace ipcrig {

class ForcedOrders {
 public:
  // `lanes`: by process, its calls in their order, as indices into race.calls.
  ForcedOrders(const Race& race, const std::vector<std::vector<int>>& lanes, const State& before);

  // Whether all calls that come before this one are over. `done`: by process, how many are.
  bool Ready(int call, const std::vector<int>& done) const {
    if (clocks_.empty()) return true;
    const int* clock = ClockOf(call);
    for (size_t i = 0; i < width_; ++i) {
      if (clock[i] > done[i]) return false;
    }
    return true;
  }
  // When the call has to have taken effect: what it sends may have been received by then.
  int64_t DueOf(int call) const { return due_[static_cast<size_t>(call)]; }
  // Whether the call sent what nobody is known to have received: it had better come late.
  bool IsLeft(int call) const { return left_[static_cast<size_t>(call)]; }
  // Whether somebody else is known to have received what this call would receive.
  bool IsTaken(int call, const Outcome& outcome) const;
  // Calls, each of which has to be before the next, and the last before the first.
  const std::vector<Violation::Link>& cycle() const { return cycle_; }

 private:
  enum class Selects : uint8_t { kOther, kFirst, kLowest };
  struct Sent {
    int type = 0;        // of Queue::types
    int send = -1;       // call; -1: it was there at first
    int receive = -1;    // call; -1: nobody is known to have received it
    bool surely = true;  // whether it was sent, if nobody received it
    Selects selects = Selects::kOther;
  };
  struct Edge {
    int before = -1;
    int after = -1;
    std::string_view why;
  };
  // The last of something among the first i calls of a process: of_[i], -1 for none.
  using Last = std::vector<int>;
  struct Queue {
    int id = 0;
    std::vector<int64_t> types;
    std::vector<bool> taken;  // by type: whether receivers of whom nothing is known may have it
    std::vector<Sent> messages;
    std::vector<std::pair<int, int64_t>> empty;  // calls that failed with ENOMSG, and their msgtyp
    // By lane and type: messages; of empties the calls.
    std::vector<std::vector<Last>> sends, receives, lowest, empties;
    std::vector<std::vector<Last>> first;  // by lane: received with msgtyp 0
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
  void Gather(const State& before);
  void GatherCall(int index, const State& before);
  Queue& QueueOf(int id, const State& before);
  static int TypeOf(Queue& queue, int64_t type);
  void Match(Queue& queue, const State& before);
  void NoteReceived(const Queue& queue, Sent& message, int index);
  void MarkTaken(Queue& queue);
  void Index(Queue& queue);
  void StartClocks();
  bool Add(int before, int after, std::string_view why);
  void FindCycle(int from, int to);
  bool Pass(const Queue& queue);
  bool PassMessage(const Queue& queue, const Sent& message);
  bool PassReceived(const Queue& queue, const Sent& message);
  bool PassLeft(const Queue& queue, const Sent& message);
  bool PassEmpty(const Queue& queue);
  // The last message of a list among the calls of a lane that come before `call`.
  const Sent* LastBefore(const Queue& queue, const std::vector<std::vector<Last>>& lists, int call,
                         size_t lane, int type) const;

  const Race& race_;
  const std::vector<std::vector<int>>& lanes_;
  size_t width_;
  std::vector<int> places_;    // by call: its place in its lane
  std::vector<int> clocks_;    // by call and lane
  std::vector<int64_t> due_;   // by call
  std::vector<bool> left_;     // by call
  std::vector<int> queue_of_;  // by call, of lost receives: the id of its queue, or -1
  std::set<std::tuple<int, int64_t, std::string>> received_;  // queue, type and bytes
  std::vector<Queue> queues_;
  std::vector<Edge> edges_;  // that were added
  std::vector<Violation::Link> cycle_;
};

}  // namespace ipcrig
