// SPDX-License-Identifier: Apache-2.0
//
// What the house rules need to know about C++ text, and no more.
//
//   CodeOf("x = \"a{\";  // b")   ->  "x = \"  \";      "
//
// Nothing here parses C++. Comments and literals are blanked, words and braces counted; that is
// exact for the code this project writes, and where it is not, clang-format or a reader will
// object to the code as well.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace ipcrig::tidy {

inline constexpr size_t kNowhere = std::string_view::npos;

// The lines of a text, without their newlines. A final newline does not start another line.
std::vector<std::string_view> Lines(std::string_view text);

// The number, from 1, of the line that holds that byte.
int LineAt(std::string_view text, size_t offset);

// The text with comments and the insides of string and character literals replaced by spaces.
// Every byte that is left keeps its place, so offsets and lines are those of the original.
std::string CodeOf(std::string_view text);

// Where `word` next occurs at or after `from`, not as part of a longer identifier; npos if nowhere.
size_t FindWord(std::string_view text, std::string_view word, size_t from);

// Where the function `name` is called or declared: the word, followed by a parenthesis. A member
// function called by that name, as in app.exit(error), is another function.
std::vector<size_t> FindCalls(std::string_view code, std::string_view name);

struct Function {
  int first_line;  // of its opening brace
  int last_line;   // of its closing brace
};

// The functions with a body in what CodeOf returned, at namespace and class scope, in the order of
// their ends. A lambda or a local class is part of the function it is in.
std::vector<Function> FunctionsIn(std::string_view code);

}  // namespace ipcrig::tidy
