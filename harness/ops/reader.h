// SPDX-License-Identifier: Apache-2.0
//
// Reader and Writer: one line of scenario text, read and written token by token.
//
// The first error wins: after Fail() every further call reads nothing and returns a default, so
// that parsers need no error paths of their own and look once, at the end.
//
//   Reader in("msgrcv(q, 100", names);
//   in.Word();          // "msgrcv"
//   in.Expect('(');
//   ...
//   if (!in.ok()) return in.error();   // column 14: expected ',' before the end of the line
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "ops/names.h"

namespace ipcrig {

// A message and the place it points to; columns count bytes from 1.
struct SyntaxError {
  int column = 0;
  std::string message;
};

class Reader {
 public:
  Reader(std::string_view line, Names& names) : line_(line), names_(names) {}

  bool ok() const { return !error_.has_value(); }
  const SyntaxError& error() const { return *error_; }
  Names& names() { return names_; }

  // Notes an error at the token that was read last (Fail) or at the next one (FailHere).
  void Fail(std::string message) { FailAt(token_, std::move(message)); }
  void FailHere(std::string message);
  void FailAt(size_t offset, std::string message);

  // Look ahead, after blanks.
  bool AtEnd();
  char Peek();
  bool PeekWord(std::string_view word);
  size_t offset() const { return at_; }
  void Seek(size_t offset) { at_ = offset; }
  std::string_view Rest();

  // Consume a token. Eat() returns false and consumes nothing when the character is another one.
  bool Eat(char c);
  bool EatArrow();
  bool EatWord(std::string_view word);
  void Expect(char c);
  std::string Word();
  int64_t Number(int64_t least, int64_t most);
  std::string Quoted(size_t most_bytes);

  // The n-th argument of the list that starts here, blanks trimmed, without consuming anything:
  // for choosing between operations of one name. Empty where there are fewer.
  std::string_view NthArgument(int n);

 private:
  void SkipBlanks();

  std::string_view line_;
  Names& names_;
  size_t at_ = 0;
  size_t token_ = 0;
  std::optional<SyntaxError> error_;
};

struct Writer {
  const Names& names;
  std::string out;

  Writer& operator<<(std::string_view text) {
    out += text;
    return *this;
  }
  Writer& operator<<(char c) {
    out += c;
    return *this;
  }
  Writer& operator<<(int64_t number);
  void Quote(std::string_view bytes);
};

// "text" with \n, \t, \\, \" and \xNN for what is not printable ASCII.
std::string Quoted(std::string_view bytes);

}  // namespace ipcrig
