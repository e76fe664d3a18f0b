// SPDX-License-Identifier: Apache-2.0
//
// Whole texts through pipes.
//
//   if (!WriteAll(fd, text)) ...              // nobody reads any more
//   finished = !ReadAvailable(fd, text);      // what there is now; it never waits
#pragma once

#include <string>
#include <string_view>

namespace ipcrig {

// Blocks until all of it is written; false where it cannot be. Async-signal-safe.
bool WriteAll(int fd, std::string_view text);

// Appends what can be read without waiting; false at the end of the file.
bool ReadAvailable(int fd, std::string& text);

}  // namespace ipcrig
