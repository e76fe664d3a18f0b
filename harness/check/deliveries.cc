// SPDX-License-Identifier: Apache-2.0
#include "check/deliveries.h"

#include <algorithm>
#include <bit>
#include <functional>

#include "base/mix.h"

namespace ipcrig {
namespace {

bool Returned(const RacingCall& call) {
  return call.outcome && call.outcome->kind == Outcome::Kind::kReturned;
}

// A msgrcv whose answer is a whole message, and took it.
const Msgrcv* ReceiveOf(const RacingCall& call) {
  const auto* receive = std::get_if<Msgrcv>(&call.op);
  if (receive == nullptr || !Returned(call) || receive->flags.Has(abi::kMsgCopy)) return nullptr;
  if (call.outcome->numbers.size() != 1) return nullptr;
  // What was cut off does not tell.
  const auto length = static_cast<int64_t>(call.outcome->bytes.size());
  const bool cut = receive->flags.Has(abi::kMsgNoerror) && length >= receive->size.value;
  return cut ? nullptr : receive;
}

}  // namespace

Deliveries::Deliveries(const Race& race, const State& before)
    : race_(race),
      before_(before),
      received_by_(race.calls.size(), INT64_MAX),
      left_(race.calls.size()) {
  for (const RacingCall& call : race.calls) {
    if (const int slot = OpAssigns(call.op); slot >= 0) assigned_.push_back(slot);
  }
  std::sort(assigned_.begin(), assigned_.end());
  Gather();
  if (messages_.empty()) return;
  NoteReceives();
  Tell();
}

int Deliveries::QueueOf(const RacingCall& call) const {
  const auto* send = std::get_if<Msgsnd>(&call.op);
  const auto* receive = std::get_if<Msgrcv>(&call.op);
  if (send == nullptr && receive == nullptr) return -1;
  if (before_.process(call.process).space != 0) return -1;
  const Id<Kind::kQueue>& id = send != nullptr ? send->queue : receive->queue;
  if (id.slot < 0) return id.number;
  const auto found = before_.values.find(id.slot);
  const bool changes = std::binary_search(assigned_.begin(), assigned_.end(), id.slot);
  return found == before_.values.end() || changes ? -1
                                                  : static_cast<int>(found->second) + id.number;
}

void Deliveries::Gather() {
  size_t most = race_.calls.size();
  for (const auto& [id, queue] : before_.space(0).queues) most += queue.messages.size();
  table_.assign(std::bit_ceil(2 * most + 1), -1);
  messages_.reserve(most);
  content_of_.reserve(most);
  contents_.reserve(most);
  for (const auto& [id, queue] : before_.space(0).queues) {
    for (const Message& message : queue.messages) {
      Send({.queue = id, .type = message.type}, message.text);
    }
  }
  for (int i = 0; i < std::ssize(race_.calls); ++i) {
    const RacingCall& call = race_.calls[static_cast<size_t>(i)];
    const auto* send = std::get_if<Msgsnd>(&call.op);
    if (send == nullptr || (call.outcome && !Returned(call))) continue;
    const int queue = QueueOf(call);
    if (queue < 0) continue;
    const std::string_view text =
        send->text.generated ? generated_.emplace_front(send->text.Bytes())
                             : std::string_view(send->text.literal.data(), send->text.size);
    Send({.queue = queue, .type = send->type.value, .send = i, .surely = call.outcome.has_value()},
         text);
  }
}

// Where the content is in table_, or would be.
size_t Deliveries::PlaceOf(int queue, int64_t type, std::string_view text) const {
  const uint64_t hash = Mix(std::hash<std::string_view>{}(text), static_cast<uint64_t>(type));
  const size_t mask = table_.size() - 1;
  size_t place = Mix(hash, static_cast<uint64_t>(queue)) & mask;
  for (;; place = (place + 1) & mask) {
    if (table_[place] < 0) return place;
    const Content& content = contents_[static_cast<size_t>(table_[place])];
    if (content.queue == queue && content.type == type && content.text == text) return place;
  }
}

void Deliveries::Send(const Sent& message, std::string_view text) {
  int& found = table_[PlaceOf(message.queue, message.type, text)];
  if (found < 0) {
    found = static_cast<int>(contents_.size());
    contents_.push_back({message.queue, message.type, text});
  }
  ++contents_[static_cast<size_t>(found)].sent;
  messages_.push_back(message);
  content_of_.push_back(found);
}

void Deliveries::NoteReceives() {
  for (int i = 0; i < std::ssize(race_.calls); ++i) {
    const RacingCall& call = race_.calls[static_cast<size_t>(i)];
    if (ReceiveOf(call) == nullptr) continue;
    const Outcome& got = *call.outcome;
    const int found = table_[PlaceOf(QueueOf(call), got.numbers[0], got.bytes)];
    if (found < 0) continue;
    Content& content = contents_[static_cast<size_t>(found)];
    content.receive = i;
    ++content.received;
  }
}

// Of messages that look alike nothing is known.
void Deliveries::Tell() {
  size_t told = 0;
  for (size_t i = 0; i < messages_.size(); ++i) {
    const Content& content = contents_[static_cast<size_t>(content_of_[i])];
    if (content.sent != 1 || content.received > 1) continue;
    if (told != i) messages_[told] = messages_[i];
    Sent& message = messages_[told++];
    message.receive = content.receive;
    if (message.send < 0) continue;
    const auto send = static_cast<size_t>(message.send);
    left_[send] = message.receive < 0;
    if (message.receive < 0) continue;
    received_by_[send] = race_.calls[static_cast<size_t>(message.receive)].to;
  }
  messages_.resize(told);
  content_of_.clear();
}

bool Deliveries::IsTaken(int call, const Outcome& outcome) const {
  if (table_.empty() || outcome.numbers.size() != 1) return false;
  const int queue = QueueOf(race_.calls[static_cast<size_t>(call)]);
  const int found = table_[PlaceOf(queue, outcome.numbers[0], outcome.bytes)];
  if (found < 0) return false;
  const Content& content = contents_[static_cast<size_t>(found)];
  return content.sent == 1 && content.received == 1;
}

}  // namespace ipcrig
