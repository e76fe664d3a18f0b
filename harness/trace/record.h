// SPDX-License-Identifier: Apache-2.0
//
// Record: what a traced program did with System V IPC, and what it left. It is written by the
// supervisor inside the sandbox and read by everything that judges or reports: they are pure
// functions of it.
//
//   Record record = ...;
//   for (const TracedObject& object : record.objects) {
//     if (object.left) ... record.calls[object.created_by].stack ...
//   }
//
// Times are microseconds since the program started.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "ops/snapshot.h"
#include "trace/calls.h"
#include "trace/options.h"

namespace ipcrig {

struct Frame {
  std::string module =
      {};                // the file that holds the code; empty: none, such as compiled at run time
  uint64_t address = 0;  // as the module counts
  std::string function = {};  // from here on: filled by Symbolizer
  std::string file = {};
  int line = 0;
  bool operator==(const Frame&) const = default;
};

struct Stack {
  std::vector<Frame> frames = {};  // the innermost first
  std::string missing = {};        // why there are none, or no more
  std::string doubt = {};          // why one might be missing between them
};

struct TracedProcess {
  int pid = 0;
  int parent = 0;
  std::string command = {};     // its command line when it was last seen
  std::string executable = {};  // a path
  bool set_id = false;          // the executable is set-user-ID or set-group-ID
};

struct TracedCall {
  int process = -1;  // index
  int thread = 0;    // its id; that of the process for the first
  int ordinal = 0;   // of the process, from 1 in the order of first calls
  int number = 0;    // of the call in its process, from 1
  int rank = 0;      // of the process among those that execute the same file, from 1
  int nth = 0;       // of the call among those of its name in its process, from 1
  IpcCall call = {};
  std::vector<SemOperation> operations = {};
  std::optional<int64_t> result = {};  // negative: -errno; none: not seen to return
  int64_t began_us = 0;
  int64_t ended_us = -1;                   // -1: not seen to return
  bool creates = false;                    // it made a new object
  bool fixed_key = false;                  // ... with a key that stands in the program
  std::vector<std::string> same_key = {};  // files nearby of which ftok(3) makes its key
  bool unseen = false;                     // the result could not be had; `stack.missing` says why
  Stack stack = {};
};

struct TracedObject {
  ObjectRow row = {};        // as last seen: at the end, or just before it was removed
  int created_by = -1;       // index of a call; -1: nobody was seen to
  int removed_by = -1;       // index of a call
  bool left = false;         // it existed when the program had ended
  bool held = false;         // ... and it went away when the survivors were ended
  std::string content = {};  // "3 messages, 120 bytes", "values 0 1"
};

// When it was last looked at: somebody was attached, had left messages in it or waited for it.
bool WasInUse(const TracedObject& object);

struct Survivor {
  int process = -1;        // index
  std::string doing = {};  // "asleep in msgrcv"
  int signal = 0;          // that ended it
};

// What the command that is run after a crash did.
struct Recovery {
  int status = -1;  // as ExitStatus(); -1: it was not run
  bool timed_out = false;
  std::string doing = {};  // "asleep in semop", where it timed out
  int objects = 0;         // that exist after it
};

struct Record {
  std::vector<TracedProcess> processes = {};
  std::vector<TracedCall> calls = {};
  std::vector<TracedObject> objects = {};
  std::vector<Survivor> survivors = {};
  std::vector<int> half_initialised = {};  // calls that opened a set before it had values
  std::vector<std::string> posix = {};     // paths of POSIX objects that are new
  std::vector<std::string> notes = {};     // what could not be done, as sentences
  int pid = 0;                             // of the program
  int wait_status = 0;                     // of the program, as wait(2) gives it
  int exec_error = 0;                      // errno of execvp(3); 0: it was executed
  bool timed_out = false;
  bool user_namespace = false;
  bool killed_at_point = false;  // a crash point was reached
  int64_t crashed_us = 0;        // ... then
  Recovery recovery = {};
  int64_t ended_us = 0;    // when the program ended
  int64_t settled_us = 0;  // when it was looked at
};

CallIdentity IdentityOf(const Record& record, const TracedCall& call);

// How the program ended: its exit status, 128 + n where a signal ended it, as a shell says it; and
// that signal, or 0.
int ExitStatus(const Record& record);
int EndSignal(const Record& record);

// As one line of JSON, and back.
std::string PrintRecord(const Record& record);
Result<Record> ParseRecord(const std::string& text);

}  // namespace ipcrig
