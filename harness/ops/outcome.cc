// SPDX-License-Identifier: Apache-2.0
#include "ops/outcome.h"

#include <fmt/format.h>

namespace ipcrig {
namespace {

constexpr size_t kShownBytes = 60;

std::string ShortQuoted(const std::string& bytes) {
  if (bytes.size() <= kShownBytes) return Quoted(bytes);
  return fmt::format("{}... ({} bytes)", Quoted(bytes.substr(0, kShownBytes)), bytes.size());
}

std::string FieldsText(const Op& op, const Outcome& outcome) {
  const auto names = OpReplyNames(op);
  std::string text;
  for (size_t i = 0; i < names.size() && i < outcome.numbers.size(); ++i) {
    const auto number = names[i] == "mode" ? fmt::format("{:#o}", outcome.numbers[i])
                                           : std::to_string(outcome.numbers[i]);
    text += fmt::format("{}{}={}", i == 0 ? "" : ", ", names[i], number);
  }
  return "{" + text + "}";
}

std::string ReplyText(const Op& op, const Outcome& outcome) {
  const int64_t first = outcome.numbers.empty() ? 0 : outcome.numbers[0];
  switch (OpReply(op)) {
    case Reply::kText:
      return ShortQuoted(outcome.bytes);
    case Reply::kMessage:
      return fmt::format("{{{}, {}}}", first, ShortQuoted(outcome.bytes));
    case Reply::kList:
      return fmt::format("[{}]", fmt::join(outcome.numbers, ", "));
    case Reply::kFields:
      return FieldsText(op, outcome);
    case Reply::kStatus:
      return EndText(EndFromStatus(static_cast<int>(first)));
    case Reply::kProgram:
    case Reply::kNumber:
    case Reply::kNothing:
      break;
  }
  const bool address = outcome.value > UINT32_MAX;
  return address ? fmt::format("{:#x}", outcome.value) : std::to_string(outcome.value);
}

}  // namespace

Outcome EndFromStatus(int status) {
  const int signal = status & 0x7f;
  if (signal != 0) return {Outcome::Kind::kKilled, signal};
  return {Outcome::Kind::kExited, (status >> 8) & 0xff};
}

std::string EndText(const Outcome& end) {
  return end.kind == Outcome::Kind::kKilled ? SignalName(static_cast<int>(end.value))
                                            : fmt::format("exit {}", end.value);
}

std::string OutcomeText(const Op& op, const Outcome& outcome) {
  switch (outcome.kind) {
    case Outcome::Kind::kFailed:
      return ErrnoName(static_cast<int>(outcome.value));
    case Outcome::Kind::kFaulted:
      return SignalName(static_cast<int>(outcome.value));
    case Outcome::Kind::kExited:
    case Outcome::Kind::kKilled:
      return OpReply(op) == Reply::kProgram ? EndText(outcome) + " " + ShortQuoted(outcome.bytes)
                                            : EndText(outcome);
    case Outcome::Kind::kReturned:
      return ReplyText(op, outcome);
  }
  return "";
}

}  // namespace ipcrig
