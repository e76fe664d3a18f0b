// SPDX-License-Identifier: Apache-2.0
//
// SourceLines: where in the source an address of a file is (elfutils, libdwfl).
//
//   SourceLines lines;
//   SourcePlace place = lines.Of("/usr/bin/x", 0x1139);   // as the file counts: from its own zero
//
// Lines need debug information (-g), functions a symbol table; without them, and in a library that
// was built without elfutils, the fields stay empty. Files are opened as they are asked for.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

namespace ipcrig {
inline namespace v0 {

struct SourcePlace {
  std::string function = {};
  std::string file = {};
  int line = 0;
};

class SourceLines {
 public:
  SourceLines();
  ~SourceLines();
  SourceLines(const SourceLines&) = delete;
  SourceLines& operator=(const SourceLines&) = delete;

  SourcePlace Of(const std::string& module, uint64_t address);

 private:
  struct Files;
  std::unique_ptr<Files> files_;
};

}  // namespace v0
}  // namespace ipcrig
