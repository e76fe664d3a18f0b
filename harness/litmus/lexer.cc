// SPDX-License-Identifier: Apache-2.0
#include "litmus/lexer.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <utility>

#include <fmt/format.h>

namespace ipcrig::litmus {
namespace {

bool IsWordChar(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }
bool IsBlank(char c) { return std::isspace(static_cast<unsigned char>(c)) != 0; }

}  // namespace

bool IsNumber(std::string_view token) {
  return !token.empty() && std::isdigit(static_cast<unsigned char>(token.front())) != 0;
}

bool IsName(std::string_view token) {
  return !token.empty() && IsWordChar(token.front()) && !IsNumber(token);
}

Lexer::Lexer(std::string_view text, std::string path) : text_(text), path_(std::move(path)) {
  SkipBlanks();
  token_ = text_.substr(at_, TokenLength());
}

int Lexer::LineOf(size_t offset) const {
  return 1 + static_cast<int>(std::count(text_.begin(), text_.begin() + offset, '\n'));
}

void Lexer::FailAt(size_t offset, const std::string& what) {
  if (!ok()) return;
  const size_t start = offset == 0 ? 0 : text_.rfind('\n', offset - 1) + 1;
  error_ = Error{fmt::format("{}:{}:{}: {}", path_, LineOf(offset), offset - start + 1, what)};
  at_ = text_.size();
  token_ = {};
}

std::string_view Lexer::TextFrom(size_t offset) const {
  return text_.substr(offset, std::max(last_end_, offset) - offset);
}

void Lexer::SkipBlanks() {
  while (at_ < text_.size()) {
    const std::string_view rest = text_.substr(at_);
    const bool c_comment = rest.starts_with("/*");
    if (IsBlank(rest.front())) {
      ++at_;
    } else if (rest.starts_with("//")) {
      at_ = std::min(text_.find('\n', at_), text_.size());
    } else if (c_comment || (!in_code_ && rest.starts_with("(*"))) {
      const size_t end = text_.find(c_comment ? "*/" : "*)", at_ + 2);
      if (end == std::string_view::npos) return Fail("this comment has no end");
      at_ = end + 2;
    } else {
      return;
    }
  }
}

size_t Lexer::TokenLength() const {
  const std::string_view rest = text_.substr(at_);
  if (rest.empty()) return 0;
  if (IsWordChar(rest.front())) {
    const auto end = std::find_if_not(rest.begin(), rest.end(), IsWordChar);
    return static_cast<size_t>(end - rest.begin());
  }
  if (rest.front() == '"') {
    const size_t end = rest.find('"', 1);
    return end == std::string_view::npos ? 1 : end + 1;
  }
  const bool two = rest.starts_with("/\\") || rest.starts_with("\\/") || rest.starts_with("==");
  return two ? 2 : 1;
}

void Lexer::Next() {
  if (!ok()) return;
  at_ += token_.size();
  last_end_ = at_;
  SkipBlanks();
  token_ = text_.substr(at_, TokenLength());
}

bool Lexer::Eat(std::string_view token) {
  if (token_ != token) return false;
  Next();
  return true;
}

void Lexer::Expect(std::string_view token) {
  if (Eat(token)) return;
  Fail(AtEnd() ? fmt::format("expected '{}' before the end", token)
               : fmt::format("expected '{}' before \"{}\"", token, token_));
}

std::string Lexer::Name(std::string_view what) {
  if (!IsName(token_)) {
    Fail(fmt::format("expected {} before {}", what,
                     AtEnd() ? "the end" : fmt::format("\"{}\"", token_)));
    return {};
  }
  std::string name(token_);
  Next();
  return name;
}

int32_t Lexer::Number() {
  const size_t start = at_;
  const bool negative = Eat("-");
  int32_t number = 0;
  const char* end = token_.data() + token_.size();
  const auto parsed = std::from_chars(token_.data(), end, number);
  if (token_.empty() || parsed.ec != std::errc() || parsed.ptr != end) {
    FailAt(start, "expected a decimal number of 32 bits");
    return 0;
  }
  Next();
  return negative ? -number : number;
}

std::string Lexer::RestOfLine() {
  const size_t end = std::min(text_.find('\n', at_), text_.size());
  std::string rest(text_.substr(at_, end - at_));
  while (!rest.empty() && IsBlank(rest.back())) rest.pop_back();
  token_ = text_.substr(at_, end - at_);
  Next();
  return rest;
}

}  // namespace ipcrig::litmus
