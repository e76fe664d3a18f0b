// SPDX-License-Identifier: Apache-2.0
#include "ops/reader.h"

#include <cctype>
#include <charconv>

#include <fmt/format.h>

namespace ipcrig {
namespace {

bool IsBlank(char c) { return c == ' ' || c == '\t'; }
bool IsNameStart(char c) { return isalpha(static_cast<unsigned char>(c)) != 0 || c == '_'; }
bool IsNamePart(char c) { return isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// The value of the escape sequence that starts after the backslash at `at`, or -1.
int Unescape(std::string_view line, size_t& at) {
  if (at >= line.size()) return -1;
  const char c = line[at++];
  switch (c) {
    case 'n':
      return '\n';
    case 't':
      return '\t';
    case '\\':
    case '"':
      return c;
    case 'x': {
      if (at + 2 > line.size()) return -1;
      const int high = HexDigit(line[at]);
      const int low = HexDigit(line[at + 1]);
      at += 2;
      return high < 0 || low < 0 ? -1 : high * 16 + low;
    }
    default:
      return -1;
  }
}

// Decimal, 0x hexadecimal or 0 octal, as in C.
std::from_chars_result ParseDigits(std::string_view digits, uint64_t& value) {
  int base = 10;
  if (digits.size() > 1 && digits[0] == '0') {
    const bool hex = digits[1] == 'x' || digits[1] == 'X';
    base = hex ? 16 : 8;
    digits.remove_prefix(hex ? 2 : 1);
  }
  return std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
}

}  // namespace

void Reader::SkipBlanks() {
  while (at_ < line_.size() && IsBlank(line_[at_])) ++at_;
}

void Reader::FailAt(size_t offset, std::string message) {
  if (ok()) error_ = SyntaxError{static_cast<int>(offset) + 1, std::move(message)};
}

void Reader::FailHere(std::string message) {
  SkipBlanks();
  FailAt(at_, std::move(message));
}

bool Reader::AtEnd() {
  SkipBlanks();
  return !ok() || at_ >= line_.size();
}

char Reader::Peek() {
  SkipBlanks();
  return ok() && at_ < line_.size() ? line_[at_] : '\0';
}

std::string_view Reader::Rest() {
  SkipBlanks();
  return line_.substr(at_);
}

bool Reader::PeekWord(std::string_view word) {
  const std::string_view rest = Rest();
  return ok() && rest.substr(0, word.size()) == word &&
         (rest.size() == word.size() || !IsNamePart(rest[word.size()]));
}

bool Reader::Eat(char c) {
  if (Peek() != c) return false;
  token_ = at_++;
  return true;
}

bool Reader::EatArrow() {
  if (Rest().substr(0, 2) != "->" || !ok()) return false;
  token_ = at_;
  at_ += 2;
  return true;
}

bool Reader::EatWord(std::string_view word) {
  if (!PeekWord(word)) return false;
  token_ = at_;
  at_ += word.size();
  return true;
}

void Reader::Expect(char c) {
  if (Eat(c)) return;
  FailHere(AtEnd() ? fmt::format("expected '{}' before the end of the line", c)
                   : fmt::format("expected '{}'", c));
}

std::string Reader::Word() {
  if (!IsNameStart(Peek())) {
    FailHere("expected a name");
    return "";
  }
  token_ = at_;
  while (at_ < line_.size() && IsNamePart(line_[at_])) ++at_;
  return std::string(line_.substr(token_, at_ - token_));
}

int64_t Reader::Number(int64_t least, int64_t most) {
  SkipBlanks();
  const size_t start = at_;
  const bool negative = Eat('-');
  size_t end = at_;
  while (end < line_.size() && IsNamePart(line_[end])) ++end;
  uint64_t magnitude = 0;
  const auto digits = line_.substr(at_, end - at_);
  const auto parsed = ParseDigits(digits, magnitude);
  token_ = start;
  if (!ok()) return 0;
  if (parsed.ec == std::errc::invalid_argument || parsed.ptr != digits.data() + digits.size()) {
    Fail("expected a number");
    return 0;
  }
  at_ = end;
  const auto limit = static_cast<uint64_t>(INT64_MAX) + (negative ? 1 : 0);
  const bool fits = parsed.ec == std::errc() && magnitude <= limit;
  const auto value = static_cast<int64_t>(negative ? 0 - magnitude : magnitude);
  if (!fits || value < least || value > most) {
    Fail(fmt::format("number out of range: {}{} is not in {} .. {}", negative ? "-" : "", digits,
                     least, most));
    return 0;
  }
  return value;
}

std::string Reader::Quoted(size_t most_bytes) {
  std::string bytes;
  if (!Eat('"')) {
    FailHere("expected a text in double quotes");
    return bytes;
  }
  const size_t start = token_;
  while (at_ < line_.size() && line_[at_] != '"') {
    const size_t here = at_;
    int c = static_cast<unsigned char>(line_[at_++]);
    if (c == '\\') c = Unescape(line_, at_);
    if (c < 0) {
      FailAt(here, "unknown escape: use \\n, \\t, \\\\, \\\" or \\xNN");
      return "";
    }
    bytes.push_back(static_cast<char>(c));
  }
  if (at_ >= line_.size()) {
    FailAt(start, "text without its closing quote");
    return "";
  }
  ++at_;
  if (bytes.size() > most_bytes) {
    FailAt(start, fmt::format("text longer than {} bytes; data(SEED, LENGTH) makes long ones",
                              most_bytes));
  }
  return bytes;
}

std::string_view Reader::NthArgument(int n) {
  int depth = 0;
  bool quoted = false;
  size_t start = at_;
  for (size_t i = at_; i <= line_.size(); ++i) {
    const char c = i < line_.size() ? line_[i] : ')';
    if (quoted) {
      if (c == '\\') ++i;
      if (c == '"') quoted = false;
      continue;
    }
    if (c == '"') quoted = true;
    if (c == '(' || c == '{' || c == '[') ++depth;
    const bool closes = c == ')' || c == '}' || c == ']';
    if (depth == 0 && (c == ',' || closes)) {
      if (n-- == 0) {
        std::string_view argument = line_.substr(start, i - start);
        while (!argument.empty() && IsBlank(argument.front())) argument.remove_prefix(1);
        while (!argument.empty() && IsBlank(argument.back())) argument.remove_suffix(1);
        return argument;
      }
      if (closes) return {};
      start = i + 1;
    }
    if (closes) --depth;
  }
  return {};
}

Writer& Writer::operator<<(int64_t number) {
  out += std::to_string(number);
  return *this;
}

void Writer::Quote(std::string_view bytes) { out += Quoted(bytes); }

std::string Quoted(std::string_view bytes) {
  std::string out = "\"";
  for (const char c : bytes) {
    if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c >= ' ' && c <= '~') {
      out += c;
    } else {
      out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    }
  }
  return out + '"';
}

}  // namespace ipcrig
