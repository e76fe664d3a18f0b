// SPDX-License-Identifier: Apache-2.0
//
// Lexer: the tokens of a litmus test, one after the other, with their places. Comments are
// /* */, what follows two slashes, and outside of processes (* *): READ_ONCE(*x) begins none.
//
//   Lexer in(text, "sb.litmus");
//   if (in.Eat("exists")) ...
//   const std::string name = in.Name("a location");
//   in.Expect(";");
//   if (!in.ok()) return in.error();   // sb.litmus:3:14: expected ';' before "}"
//
// The first error wins: after it all tokens are empty, so that a parser looks once, at its end.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace ipcrig::litmus {

class Lexer {
 public:
  Lexer(std::string_view text, std::string path);

  bool ok() const { return !error_.has_value(); }
  const Error& error() const { return *error_; }
  // Notes an error at the next token, or at an earlier place.
  void Fail(const std::string& what) { FailAt(at_, what); }
  void FailAt(size_t offset, const std::string& what);

  // The next token; empty at the end of the text.
  std::string_view Peek() const { return token_; }
  bool AtEnd() const { return token_.empty(); }
  size_t offset() const { return at_; }
  int line() const { return LineOf(at_); }
  int LineOf(size_t offset) const;
  std::string_view TextFrom(size_t offset) const;  // up to the next token, blanks trimmed

  // Whether what follows the next token is the C code of a process.
  void SetInCode(bool in_code) { in_code_ = in_code; }
  void Next();
  // Consumes the token if it is this one.
  bool Eat(std::string_view token);
  void Expect(std::string_view token);
  // A name; `what` says of what, for the message.
  std::string Name(std::string_view what);
  int32_t Number();
  // The rest of the current line, which begins with the next token.
  std::string RestOfLine();

 private:
  void SkipBlanks();
  size_t TokenLength() const;

  std::string_view text_;
  std::string path_;
  size_t at_ = 0;
  size_t last_end_ = 0;
  bool in_code_ = false;
  std::string_view token_;
  std::optional<Error> error_;
};

bool IsNumber(std::string_view token);
bool IsName(std::string_view token);

}  // namespace ipcrig::litmus
