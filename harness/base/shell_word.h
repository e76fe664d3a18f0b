// SPDX-License-Identifier: Apache-2.0
//
// A word as sh(1) reads it: in quotes where it needs them, so that a command can be copied.
//
//   ShellWord("a.txt")      a.txt
//   ShellWord("it's $5")    'it'\''s $5'
//   ShellWords({"sh", "-c", "exit 1"})    sh -c 'exit 1'
#pragma once

#include <string>
#include <vector>

namespace ipcrig {

inline std::string ShellWord(const std::string& word) {
  const bool plain =
      !word.empty() && word.find_first_of(" \t\n\"'\\$`;&|<>()*?[]{}#~!") == std::string::npos;
  if (plain) return word;
  std::string quoted = "'";
  for (const char c : word) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

inline std::string ShellWords(const std::vector<std::string>& words) {
  std::string line;
  for (const std::string& word : words) line += (line.empty() ? "" : " ") + ShellWord(word);
  return line;
}

}  // namespace ipcrig
