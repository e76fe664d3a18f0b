// SPDX-License-Identifier: Apache-2.0
#include "ops/choice.h"

#include <fmt/format.h>

namespace ipcrig {

bool UnknownCommand::Accepts(std::string_view text) {
  return !text.empty() && (text[0] == '-' || (text[0] >= '0' && text[0] <= '9'));
}

void UnknownCommand::Read(Reader& in) {
  number = static_cast<int32_t>(in.Number(INT32_MIN, INT32_MAX));
  if (number >= 0 && number < kLeast) in.Fail("a command below 100 has a name");
}

void Buffer::Print(Writer& out) const {
  static constexpr std::string_view kWords[] = {"", "BAD", "EDGE", "NEGATIVE"};
  out << kWords[static_cast<size_t>(kind)];
}

void Buffer::Read(Reader& in) {
  if (in.EatWord("BAD")) {
    kind = Kind::kBad;
  } else if (in.EatWord("EDGE")) {
    kind = Kind::kEdge;
  } else if (in.EatWord("NEGATIVE")) {
    kind = Kind::kNegative;
  } else {
    in.FailHere("expected BAD, EDGE, NEGATIVE or ')'");
  }
}

void Timeout::Print(Writer& out) const {
  switch (kind) {
    case Kind::kNone:
      out << "NULL";
      return;
    case Kind::kBad:
      out << "BAD";
      return;
    case Kind::kTime:
      out << fmt::format("{{{}, {}}}", seconds, nanoseconds);
  }
}

void Timeout::Read(Reader& in) {
  *this = {};
  if (in.EatWord("NULL")) return;
  if (in.EatWord("BAD")) {
    kind = Kind::kBad;
    return;
  }
  kind = Kind::kTime;
  in.Expect('{');
  seconds = in.Number(INT64_MIN, INT64_MAX);
  in.Expect(',');
  nanoseconds = in.Number(INT64_MIN, INT64_MAX);
  in.Expect('}');
}

void Timeout::Pick(Chooser& from) {
  *this = {};
  if (from.draw.Below(2) == 0) return;
  kind = Kind::kTime;
  nanoseconds = from.draw.Below(2) == 0 ? 0 : 1000000;
}

void Amount::Print(Writer& out) const {
  if (slot < 0) {
    out << number;
  } else {
    PrintId(out, slot, static_cast<int32_t>(number));
  }
}

void Amount::Read(Reader& in) {
  *this = {};
  const char c = in.Peek();
  if (c == '-' || (c >= '0' && c <= '9')) {
    number = in.Number(INT64_MIN, INT64_MAX);
    return;
  }
  const std::string word = in.Word();
  slot = static_cast<int8_t>(in.names().FindVariable(word));
  if (slot < 0) {
    in.Fail(fmt::format("{} is used before it exists: no line above assigns it", word));
    return;
  }
  const Kind kind = in.names().variables[static_cast<size_t>(slot)].kind;
  if (kind != Kind::kSegment && kind != Kind::kQueue && kind != Kind::kSet) {
    in.Fail(fmt::format("{} is {}, not an id", word, KindName(kind)));
  }
  number = ReadOffset(in);
}

void Groups::Print(Writer& out) const { out << fmt::format("[{}]", fmt::join(view(), ", ")); }

void Groups::Read(Reader& in) {
  *this = {};
  in.Expect('[');
  while (in.ok() && in.Peek() != ']') {
    if (count == kMost) in.FailHere(fmt::format("more than {} groups", kMost));
    const int64_t id = in.Number(0, UINT32_MAX);
    if (in.ok()) ids[count++] = static_cast<uint32_t>(id);
    if (in.Peek() != ']') in.Expect(',');
  }
  in.Expect(']');
}

}  // namespace ipcrig
