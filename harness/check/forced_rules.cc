// SPDX-License-Identifier: Apache-2.0
//
// The rules of message queues that force orders, each applied to what is known so far.
#include <climits>

#include "check/forced.h"

namespace ipcrig {
namespace {

// Why one call has to be before the next.
constexpr std::string_view kSent = "it sent what the next one received";
constexpr std::string_view kFifo =
    "its message was sent before that of the next one, which has its type";
constexpr std::string_view kOrder =
    "its message was received before that of the next one, which has its type";
constexpr std::string_view kWasThere = "its message was in the queue before that of the next one";
constexpr std::string_view kStays =
    "its message was received, that of the next one, which has its type, is still there";
constexpr std::string_view kFirst =
    "its message was received as the first of all, while that of the next one was not";
constexpr std::string_view kGone =
    "its message was sent before the one that the next one received as the first of all";
constexpr std::string_view kLower =
    "its message was sent before the next one looked for the lowest type, and found a higher one";
constexpr std::string_view kNoLower =
    "it looked for the lowest type, and found a higher one than the next one sent";
constexpr std::string_view kEmpty = "it found nothing that fits, and the next one sent what does";
constexpr std::string_view kTaken = "its message was sent before the next one found none that fits";

}  // namespace

const ForcedOrders::Sent* ForcedOrders::LastBefore(const Queue& queue, const Lists& lists, int call,
                                                   size_t lane, int type) const {
  if (call < 0) return nullptr;
  const int found = LastOf(lists, lane, type, ClockOf(call)[lane]);
  return found < 0 ? nullptr : &queue.messages[static_cast<size_t>(found)];
}

bool ForcedOrders::Pass(const Queue& queue) {
  bool added = false;
  std::vector<const Sent*> there(queue.types.size(), nullptr);  // at first; by type, the last one
  for (const Sent& message : queue.messages) {
    if (!cycle_.empty()) return false;
    const auto type = static_cast<size_t>(message.type_index);
    if (message.receive >= 0 && there[type] != nullptr) {
      added = Add(there[type]->receive, message.receive, kWasThere) || added;
    }
    if (message.receive >= 0 && message.send < 0) there[type] = &message;
    added = PassMessage(queue, message) || added;
  }
  return PassEmpty(queue) || added;
}

bool ForcedOrders::PassMessage(const Queue& queue, const Sent& message) {
  if (message.receive < 0) return PassLeft(queue, message);
  bool added = Add(message.send, message.receive, kSent);
  for (size_t lane = 0; lane < width_; ++lane) {
    // First in, first out, of one type.
    if (const Sent* a = LastBefore(queue, queue.sends, message.send, lane, message.type_index)) {
      added = Add(a->receive, message.receive, kFifo) || added;
    }
    if (const Sent* a =
            LastBefore(queue, queue.receives, message.receive, lane, message.type_index)) {
      added = Add(a->send, message.send, kOrder) || added;
    }
  }
  return (queue.types.size() <= kMostTypes && PassReceived(queue, message)) || added;
}

// Rules between types.
bool ForcedOrders::PassReceived(const Queue& queue, const Sent& message) {
  bool added = false;
  const int64_t own = message.type;
  for (size_t lane = 0; lane < width_; ++lane) {
    // Who received the first message before this one was received found it not yet there.
    if (const Sent* b = LastBefore(queue, queue.first, message.receive, lane, 0)) {
      added = Add(b->send, message.send, kFirst) || added;
    }
    for (int t = 0; t < std::ssize(queue.types); ++t) {
      const int64_t type = queue.types[static_cast<size_t>(t)];
      if (message.selects == Selects::kFirst) {
        if (const Sent* a = LastBefore(queue, queue.sends, message.send, lane, t)) {
          added = Add(a->receive, message.receive, kGone) || added;
        }
      }
      if (message.selects == Selects::kLowest && type < own) {
        if (const Sent* a = LastBefore(queue, queue.sends, message.receive, lane, t)) {
          added = Add(a->receive, message.receive, kLower) || added;
        }
      }
      if (type > own) {
        if (const Sent* b = LastBefore(queue, queue.lowest, message.receive, lane, t)) {
          added = Add(b->receive, message.send, kNoLower) || added;
        }
      }
    }
    const int empty =
        LastOf(queue.empties, lane, message.type_index, ClockOf(message.receive)[lane]);
    if (empty >= 0) added = Add(empty, message.send, kEmpty) || added;
  }
  return added;
}

// What was sent and nobody received is still there: it came behind all that was received.
bool ForcedOrders::PassLeft(const Queue& queue, const Sent& message) {
  if (!message.surely || queue.taken[static_cast<size_t>(message.type_index)]) return false;
  bool added = false;
  const int64_t own = message.type;
  const auto last_of = [&](const Lists& lists, size_t lane, int type) {
    const int found = LastOf(lists, lane, type, INT_MAX);
    return found < 0 ? nullptr : &queue.messages[static_cast<size_t>(found)];
  };
  for (size_t lane = 0; lane < width_; ++lane) {
    const int type = message.type_index;
    if (const Sent* a = last_of(queue.sends, lane, type)) {
      added = Add(a->send, message.send, kStays) || added;
    }
    if (queue.types.size() > kMostTypes) continue;
    if (const Sent* b = last_of(queue.first, lane, 0))
      added = Add(b->send, message.send, kFirst) || added;
    for (int t = 0; t < std::ssize(queue.types); ++t) {
      if (queue.types[static_cast<size_t>(t)] <= own) continue;
      if (const Sent* b = last_of(queue.lowest, lane, t)) {
        added = Add(b->receive, message.send, kNoLower) || added;
      }
    }
    if (const int empty = LastOf(queue.empties, lane, type, INT_MAX); empty >= 0) {
      added = Add(empty, message.send, kEmpty) || added;
    }
  }
  return added;
}

// Who found nothing that fits: all that was sent before is gone.
bool ForcedOrders::PassEmpty(const Queue& queue) {
  bool added = false;
  if (queue.types.size() > kMostTypes) return false;
  for (const auto& [call, msgtyp] : queue.empty) {
    for (size_t lane = 0; lane < width_; ++lane) {
      for (int t = 0; t < std::ssize(queue.types); ++t) {
        if (!Fits(msgtyp, false, queue.types[static_cast<size_t>(t)])) continue;
        if (const Sent* a = LastBefore(queue, queue.sends, call, lane, t)) {
          added = Add(a->receive, call, kTaken) || added;
        }
      }
    }
  }
  return added;
}

}  // namespace ipcrig
