// SPDX-License-Identifier: Apache-2.0
//
// Who gave what to whom. A message is known by its queue, its type and its bytes; of several that
// are alike the one that was sent first is taken.
#include <algorithm>

#include "report/diagram_builder.h"

namespace ipcrig {
namespace {

constexpr double kBeforeReturn = 0.2;

// Where it is known; else just before the call returns.
double EffectOf(const Diagram::Call& call) {
  if (call.effect >= 0) return call.effect;
  return call.asleep_to >= 0 ? call.asleep_to : std::max(call.from, call.to - kBeforeReturn);
}

}  // namespace

int64_t DiagramBuilder::QueueOf(int slot, int number) const {
  const auto held = values_.find(slot);
  return number + (slot >= 0 && held != values_.end() ? held->second : 0);
}

void DiagramBuilder::NoteSend(int call, const Outcome& outcome) {
  const auto* send = std::get_if<Msgsnd>(&OpOf(call));
  if (send == nullptr || outcome.kind != Outcome::Kind::kReturned) return;
  sent_.push_back(
      {call, QueueOf(send->queue.slot, send->queue.number), send->type.value, send->text.Bytes()});
}

void DiagramBuilder::NoteReceive(int call, const Outcome& outcome) {
  const auto* receive = std::get_if<Msgrcv>(&OpOf(call));
  if (receive == nullptr || outcome.numbers.empty()) return;
  const int64_t queue = QueueOf(receive->queue.slot, receive->queue.number);
  const auto found = std::find_if(sent_.begin(), sent_.end(), [&](const SentMessage& message) {
    return message.queue == queue && message.type == outcome.numbers[0] &&
           message.bytes.starts_with(outcome.bytes);
  });
  if (found == sent_.end()) return;
  const Diagram::Call& from = CallAt(found->call);
  const Diagram::Call& to = CallAt(call);
  const double sent_at = EffectOf(from);
  const double at = EffectOf(to);
  const bool wakes = to.asleep_to >= 0;
  out_.arrows.push_back({Diagram::Arrow::Kind::kMessage, found->call, call, to.lane, sent_at,
                         std::max(at, sent_at), wakes});
  if (!receive->flags.Has(abi::kMsgCopy)) sent_.erase(found);
}

// `process` slept, and goes on, or ends, because of a call.
void DiagramBuilder::AddWake(int from_call, int process, const Outcome& outcome, double from,
                             double to) {
  const int woken = OpenOf(process);
  const bool message = woken >= 0 && outcome.kind == Outcome::Kind::kReturned &&
                       std::holds_alternative<Msgrcv>(OpOf(woken));
  if (message) return;  // its message's arrow says so
  const auto kind = outcome.Ended() ? Diagram::Arrow::Kind::kKill : Diagram::Arrow::Kind::kWake;
  out_.arrows.push_back({kind, from_call, woken, process, from, to});
}

}  // namespace ipcrig
