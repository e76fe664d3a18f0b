// SPDX-License-Identifier: Apache-2.0
//
// Deliveries: who received which message of a race, as far as that can be told: a message counts
// only where it differs from all others of its queue.
//
//   Deliveries deliveries(race, before);
//   // What it sent was received before it returned.
//   if (deliveries.ReceivedBy(send) < call.to) ...
//
// It takes time in proportion to the calls, and keeps views of their texts and of those in the
// queues of `before`, which have to outlive it.
#pragma once

#include <forward_list>
#include <string>
#include <string_view>
#include <vector>

#include "check/linearize.h"

namespace ipcrig {

class Deliveries {
 public:
  struct Sent {
    int queue = 0;
    int64_t type = 0;
    int send = -1;       // call; -1: it was there at first
    int receive = -1;    // call; -1: nobody is known to have received it
    bool surely = true;  // whether it was sent, if nobody received it
  };

  Deliveries(const Race& race, const State& before);
  Deliveries(const Deliveries&) = delete;

  // When what the call sent had been received; INT64_MAX where nobody is known to have received it.
  int64_t ReceivedBy(int call) const { return received_by_[static_cast<size_t>(call)]; }
  // Whether the call sent what nobody is known to have received: it had better come late.
  bool IsLeft(int call) const { return left_[static_cast<size_t>(call)]; }
  // Whether somebody else is known to have received what this call would receive.
  bool IsTaken(int call, const Outcome& outcome) const;

  // Of each queue those that were there at first, in their order; then as the calls are numbered.
  const std::vector<Sent>& messages() const { return messages_; }
  // The queue that the call means; -1 where that cannot be told beforehand.
  int QueueOf(const RacingCall& call) const;

 private:
  // What a message consists of, and how often that was sent and received.
  struct Content {
    int queue = 0;
    int64_t type = 0;
    std::string_view text;
    int sent = 0;
    int received = 0;
    int receive = -1;  // the last call
  };

  void Gather();
  void Send(const Sent& message, std::string_view text);
  void NoteReceives();
  void Tell();
  size_t PlaceOf(int queue, int64_t type, std::string_view text) const;

  const Race& race_;
  const State& before_;
  std::vector<int> assigned_;         // variables, by calls of the race; sorted
  std::vector<int64_t> received_by_;  // by call
  std::vector<bool> left_;            // by call
  std::vector<Sent> messages_;
  std::vector<int> content_of_;  // by message
  std::vector<Content> contents_;
  std::vector<int> table_;  // of contents_, by what they are; -1: none
  std::forward_list<std::string> generated_;
};

}  // namespace ipcrig
