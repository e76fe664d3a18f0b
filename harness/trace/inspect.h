// SPDX-License-Identifier: Apache-2.0
//
// Looking at processes and objects from outside: what /proc tells of a process, and what an object
// holds.
//
//   std::optional<TracedProcess> process = LookAtProcess(pid);
//   for (pid_t pid : Descendants()) kill(pid, SIGTERM);
//   std::string content = ContentOf(row);   // "3 messages, 120 bytes"
//
// Objects are those of the caller's IPC namespace.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "trace/record.h"

namespace ipcrig {

// The process that a thread belongs to; nothing where it is gone.
std::optional<pid_t> ProcessOf(pid_t thread);
std::optional<TracedProcess> LookAtProcess(pid_t process);
// Different for each execve(2): its file, and where its arguments are.
std::string ImageOf(pid_t thread);
// A number for each IPC namespace; 0 where it cannot be told.
uint64_t IpcNamespaceOf(pid_t thread);
// Who traces it with ptrace(2): 0 where nobody does.
pid_t TracerOf(pid_t thread);
// "asleep in msgrcv": its first thread, or the first that sleeps in a call of System V IPC. Empty
// where it cannot be told.
std::string WhatItDoes(pid_t process);

// All living processes below this one, as far as the chain of parents goes; those of orphans end
// here where this process is their reaper (PR_SET_CHILD_SUBREAPER).
std::vector<pid_t> Descendants();

// Whether a signal would do nothing to the process: it is ignored, or that is its default.
bool Ignores(pid_t process, int signal);
bool HasHandler(pid_t process, int signal);

// What is in an object, in words. Empty where there is nothing to say.
std::string ContentOf(const ObjectRow& row);
// The object as *ctl(IPC_STAT) sees it now; nothing where there is none.
std::optional<ObjectRow> LookAtObject(ObjectKind kind, int id);

// Reads memory of another process; false where it cannot be.
bool ReadMemory(pid_t process, uint64_t address, void* to, size_t size);

}  // namespace ipcrig
