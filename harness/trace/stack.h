// SPDX-License-Identifier: Apache-2.0
//
// Call stacks of traced threads, and their names (elfutils, libdwfl).
//
//   Still still = TakeStill(thread);  // the thread is in a ptrace-stop of ours
//
//   Unwinder unwinder;                      // later, in the same place: addresses only
//   Stack stack = unwinder.Unwind(still);
//
//   Symbolizer symbolizer;                  // afterwards, anywhere: functions and lines
//   symbolizer.Name(stack);
//
// They are three because most stacks are never looked at: what is taken while the thread stands
// still is its registers, what is mapped where, and a piece of its stack. Unwinding goes by
// .eh_frame, which every program has; lines need DWARF (-g), functions a symbol table.
//
// A tool that was built without elfutils answers stacks with `missing` set.
#pragma once

#include <sys/types.h>

#include <memory>

#include "trace/record.h"
#include "trace/still.h"

namespace ipcrig {

bool CanUnwind();

class Unwinder {
 public:
  Unwinder();
  ~Unwinder();
  Unwinder(const Unwinder&) = delete;
  Unwinder& operator=(const Unwinder&) = delete;

  Stack Unwind(const Still& still);

  struct Cache;

 private:
  std::unique_ptr<Cache> cache_;
};

class Symbolizer {
 public:
  Symbolizer();
  ~Symbolizer();
  Symbolizer(const Symbolizer&) = delete;
  Symbolizer& operator=(const Symbolizer&) = delete;

  // Fills function, file and line of each frame where they can be had, and leaves out what called
  // main().
  void Name(Stack& stack);

 private:
  struct Modules;
  std::unique_ptr<Modules> modules_;
};

}  // namespace ipcrig
