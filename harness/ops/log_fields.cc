// SPDX-License-Identifier: Apache-2.0
#include "ops/log_fields.h"

#include <algorithm>

#include <fmt/format.h>

#include "ops/log_race.h"
#include "ops/log_texts.h"

namespace ipcrig {

bool CanBeLogged(const Op& op) {
  return IsOneOf<Shmget, Shmat, Shmdt, ShmctlStat, ShmctlSet, ShmctlRmid, Fork>(op) ||
         IsOneOf<Msgget, Msgsnd, Msgrcv, MsgctlStat, MsgctlSet, MsgctlRmid>(op) ||
         IsOneOf<Semget, Semop, Semtimedop, SemctlGetval, SemctlGetpid, SemctlGetncnt,
                 SemctlGetzcnt, SemctlSetval, SemctlGetall, SemctlSetall, SemctlStat, SemctlSet,
                 SemctlRmid>(op);
}

bool Undoes(const Op& op) {
  const auto any = [](const SemOps& ops) {
    return std::any_of(ops.view().begin(), ops.view().end(),
                       [](const SemOp& one) { return (one.flags & abi::kSemUndo) != 0; });
  };
  if (const auto* semop = std::get_if<Semop>(&op)) return any(semop->ops);
  const auto* timed = std::get_if<Semtimedop>(&op);
  return timed != nullptr && any(timed->ops);
}

std::optional<std::string> BytesOf(const LogJson& text) {
  if (text.is_string()) return text.get<std::string>();
  const bool hex = text.is_object() && text.size() == 1 && text.contains("hex");
  return hex && text["hex"].is_string() ? BytesOfHex(text["hex"].get<std::string>()) : std::nullopt;
}

std::string ArgumentText(const LogJson& argument, int depth) {
  if (argument.is_string()) return argument.get<std::string>();
  if (!argument.is_array() || depth > 1) return argument.dump();
  std::string list;
  for (const LogJson& one : argument) {
    list += (list.empty() ? "" : ", ") + ArgumentText(one, depth + 1);
  }
  return depth == 0 ? "[" + list + "]" : "{" + list + "}";
}

namespace {

// {"nattch": 1, ...}: every field by its name. Of a time only whether it is 0 is kept.
std::string ReadFields(const Op& op, const LogJson& result, Outcome& outcome) {
  if (!result.is_object()) return "expected the fields by their names, or an errno";
  size_t known = 0;
  for (const std::string_view name : OpReplyNames(op)) {
    const LogJson field = result.value(std::string(name), name == "stray" ? LogJson(0) : LogJson());
    known += result.contains(std::string(name)) ? 1 : 0;
    if (!field.is_number_integer()) return fmt::format("expected a number as {}", name);
    const auto value = field.get<int64_t>();
    outcome.numbers.push_back(name.ends_with("time") && value != 0 ? kLogSecond : value);
  }
  return known == result.size() ? "" : "an unknown field is among them";
}

}  // namespace

std::string ReadLoggedResult(const Op& op, const LogJson& line, Outcome& outcome) {
  const LogJson result = line.value("result", LogJson());
  if (result.is_string()) {
    const int number = ErrnoNumber(result.get<std::string>());
    outcome = Outcome::Failed(number);
    return number < 0 ? "unknown errno " + result.get<std::string>() : "";
  }
  if (OpReply(op) == Reply::kNumber) {
    const bool number = result.is_number_integer();
    if (number) outcome = Outcome::Returned(result.get<int64_t>());
    return number ? "" : "expected a number or an errno";
  }
  if (OpReply(op) == Reply::kMessage) {
    const LogJson type = result.is_object() ? result.value("type", LogJson()) : LogJson();
    const auto bytes = BytesOf(result.is_object() ? result.value("text", LogJson()) : LogJson());
    if (!type.is_number_integer() || !bytes) {
      return "expected {\"type\": ..., \"text\": ...} or an errno";
    }
    outcome.bytes = *bytes;
    outcome.value = static_cast<int64_t>(bytes->size());
    outcome.numbers = {type.get<int64_t>()};
    return "";
  }
  if (OpReply(op) == Reply::kFields) return ReadFields(op, result, outcome);
  const bool numbers = result.is_array() && std::all_of(result.begin(), result.end(), [](auto& n) {
                         return n.is_number_integer();
                       });
  if (!numbers) return "expected a list of numbers or an errno";
  outcome.numbers = result.get<std::vector<int64_t>>();
  return "";
}

}  // namespace ipcrig
