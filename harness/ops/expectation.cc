// SPDX-License-Identifier: Apache-2.0
#include "ops/expectation.h"

#include <algorithm>

#include <fmt/format.h>

namespace ipcrig {
namespace {

using Want = Expectation::Kind;

void ReadText(Reader& in, Expectation& expect) {
  expect.has_text = true;
  expect.text.Read(in);
}

void ReadField(Reader& in, const Op& op, Expectation& expect) {
  const std::string name = in.Word();
  const auto names = OpReplyNames(op);
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) {
    in.Fail(fmt::format("unknown field {}; this call answers {}", name, fmt::join(names, ", ")));
    return;
  }
  Expectation::FieldValue field;
  field.index = static_cast<uint8_t>(found - names.begin());
  in.Expect('=');
  const char c = in.Peek();
  if (c == '-' || (c >= '0' && c <= '9')) {
    field.value = in.Number(INT64_MIN, INT64_MAX);
  } else {
    Process process;
    process.Read(in);
    field.process = process.index;
  }
  expect.fields.push_back(field);
}

void ReadBraces(Reader& in, const Op& op, Expectation& expect) {
  in.Expect('{');
  if (OpReply(op) == Reply::kMessage) {
    expect.kind = Want::kMessage;
    expect.number = in.Number(INT64_MIN, INT64_MAX);
    in.Expect(',');
    ReadText(in, expect);
  } else {
    expect.kind = Want::kFields;
    if (OpReplyNames(op).empty()) in.Fail(fmt::format("{} answers no fields", OpName(op)));
    do {
      ReadField(in, op, expect);
    } while (in.Eat(','));
  }
  in.Expect('}');
}

void ReadNumbers(Reader& in, Expectation& expect) {
  expect.kind = Want::kList;
  in.Expect('[');
  if (in.Peek() != ']') {
    do {
      expect.list.push_back(in.Number(INT64_MIN, INT64_MAX));
    } while (in.Eat(','));
  }
  in.Expect(']');
}

void ReadWord(Reader& in, Expectation& expect) {
  const std::string word = in.Word();
  if (word == "blocks") {
    expect.kind = Want::kBlocks;
  } else if (word == "ok") {
    expect.kind = Want::kOk;
  } else if (word == "exit") {
    expect.kind = Want::kExit;
    expect.number = in.Number(0, 255);
    if (in.Peek() == '"') ReadText(in, expect);
  } else if (const int signal = SignalNumber(word); signal > 0) {
    expect.kind = Want::kSignal;
    expect.number = signal;
  } else if (const int error = ErrnoNumber(word); error > 0) {
    expect.kind = Want::kError;
    expect.number = error;
  } else {
    in.Fail(fmt::format(
        "unknown outcome {}: expected an errno, a signal, a value, ok, exit or blocks", word));
  }
}

void PrintField(Writer& out, const Op& op, const Expectation::FieldValue& field) {
  const auto name = OpReplyNames(op)[field.index];
  out << name << '=';
  if (field.process >= 0) {
    out << out.names.processes[static_cast<size_t>(field.process)];
  } else {
    out << (name == "mode" ? fmt::format("{:#o}", field.value) : std::to_string(field.value));
  }
}

bool FieldsAgree(const Expectation& expect, const Outcome& outcome, std::span<const int> pids) {
  return std::all_of(expect.fields.begin(), expect.fields.end(), [&](const auto& field) {
    const int64_t value =
        field.process < 0 ? field.value : pids[static_cast<size_t>(field.process)];
    return field.index < outcome.numbers.size() && outcome.numbers[field.index] == value;
  });
}

bool EndAgrees(const Expectation& expect, const Op& op, const Outcome& outcome) {
  const bool waited = OpReply(op) == Reply::kStatus && outcome.kind == Outcome::Kind::kReturned &&
                      outcome.numbers.size() == 1;
  const Outcome end = waited ? EndFromStatus(static_cast<int>(outcome.numbers[0])) : outcome;
  const bool killed = end.kind == Outcome::Kind::kKilled || end.kind == Outcome::Kind::kFaulted;
  const bool kind = expect.kind == Want::kSignal ? killed : end.kind == Outcome::Kind::kExited;
  return kind && end.value == expect.number;
}

// Whether a call with this reply can ever have such an outcome.
bool CanBe(Want kind, Reply reply) {
  const bool ends = reply == Reply::kStatus || reply == Reply::kProgram || reply == Reply::kNothing;
  switch (kind) {
    case Want::kExit:
      return ends;
    case Want::kList:
      return reply == Reply::kList;
    case Want::kText:
      return reply == Reply::kText;
    default:
      return true;
  }
}

}  // namespace

Expectation ReadExpectation(Reader& in, const Op& op) {
  Expectation expect;
  const char c = in.Peek();
  if (c == '{') {
    ReadBraces(in, op, expect);
  } else if (c == '[') {
    ReadNumbers(in, expect);
  } else if (c == '"' || in.PeekWord("data")) {
    expect.kind = Want::kText;
    ReadText(in, expect);
  } else if (c == '-' || (c >= '0' && c <= '9')) {
    expect.kind = Want::kNumber;
    expect.number = in.Number(INT64_MIN, INT64_MAX);
  } else {
    ReadWord(in, expect);
  }
  if (!CanBe(expect.kind, OpReply(op))) {
    in.Fail(fmt::format("{} never has such an outcome", OpName(op)));
  }
  return expect;
}

void PrintExpectation(Writer& out, const Op& op, const Expectation& expect) {
  switch (expect.kind) {
    case Want::kNone:
      break;
    case Want::kBlocks:
      out << "blocks";
      break;
    case Want::kOk:
      out << "ok";
      break;
    case Want::kError:
      out << ErrnoName(static_cast<int>(expect.number));
      break;
    case Want::kSignal:
      out << SignalName(static_cast<int>(expect.number));
      break;
    case Want::kExit:
      out << "exit " << expect.number;
      if (expect.has_text) {
        out << ' ';
        expect.text.Print(out);
      }
      break;
    case Want::kNumber:
      out << expect.number;
      break;
    case Want::kText:
      expect.text.Print(out);
      break;
    case Want::kMessage:
      out << '{' << expect.number << ", ";
      expect.text.Print(out);
      out << '}';
      break;
    case Want::kList:
      out << fmt::format("[{}]", fmt::join(expect.list, ", "));
      break;
    case Want::kFields:
      out << '{';
      for (size_t i = 0; i < expect.fields.size(); ++i) {
        out << (i == 0 ? "" : ", ");
        PrintField(out, op, expect.fields[i]);
      }
      out << '}';
      break;
  }
}

bool Agrees(const Expectation& expect, const Op& op, const Outcome& outcome,
            std::span<const int> pids) {
  const bool returned = outcome.kind == Outcome::Kind::kReturned;
  const auto same_bytes = [&] { return expect.text.Bytes() == outcome.bytes; };
  switch (expect.kind) {
    case Want::kNone:
      return true;
    case Want::kBlocks:
      return false;
    case Want::kOk:
      return returned;
    case Want::kError:
      return outcome.kind == Outcome::Kind::kFailed && outcome.value == expect.number;
    case Want::kSignal:
      return EndAgrees(expect, op, outcome);
    case Want::kExit:
      return EndAgrees(expect, op, outcome) && (!expect.has_text || same_bytes());
    case Want::kNumber:
      return returned && outcome.value == expect.number;
    case Want::kText:
      return returned && same_bytes();
    case Want::kMessage:
      return returned && outcome.numbers == std::vector<int64_t>{expect.number} && same_bytes();
    case Want::kList:
      return returned && outcome.numbers == expect.list;
    case Want::kFields:
      return returned && FieldsAgree(expect, outcome, pids);
  }
  return false;
}

}  // namespace ipcrig
