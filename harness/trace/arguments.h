// SPDX-License-Identifier: Apache-2.0
//
// What the arguments of a call point to, read from the thread that is about to make it.
//
//   ReadIndirect(thread, call);                       // now args[3] of a msgrcv is its type
//   call.operations = ReadOperations(thread, call);   // of a semop; empty where there are none
#pragma once

#include <sys/types.h>

#include <vector>

#include "trace/calls.h"

namespace ipcrig {

// 32-bit programs that receive by ipc(2) have the address of their buffer, and the type, in memory.
void ReadIndirect(pid_t thread, IpcCall& call);

std::vector<SemOperation> ReadOperations(pid_t thread, const IpcCall& call);

}  // namespace ipcrig
