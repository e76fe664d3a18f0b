// SPDX-License-Identifier: Apache-2.0
//
// Where a key comes from: from the text of the program, or from ftok(3).
//
//   NoteKey(process, still, call);     // fills call.fixed_key and call.same_key
//
// A fixed key is found as the four bytes of a constant in the executable or a library that is not
// the system's, or as a number in a script that is named on the command line. A random key or one
// of ftok is there only by chance, once in some thousand programs.
//
// A key of ftok(3) has the number of a device and 16 bits of an inode in it: the files that fit are
// looked for in the working directory, beside the executable, and beside the files of the command
// line.
#pragma once

#include "trace/record.h"
#include "trace/still.h"

namespace ipcrig {

void NoteKey(const TracedProcess& process, const Still& still, TracedCall& call);

}  // namespace ipcrig
