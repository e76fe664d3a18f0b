// SPDX-License-Identifier: Apache-2.0
//
// Call logs: calls that somebody else recorded, as JSON lines, to be judged without a kernel. One
// object a line; blank lines are allowed:
//
//   {"queue": "q"}
//   {"set": "s", "values": [1, 0]}
//   {"process": "A", "op": "msgsnd", "args": ["q", 1, "x", 0], "call": 1, "return": 5, "result": 0}
//   {"process": "B", "op": "msgrcv", "args": ["q", 9, 0, 0], "call": 2}
//   {"process": "B", "return": 6, "result": {"type": 1, "text": "x"}}
//   {"process": "A", "op": "semop", "args": ["s", [[1, -1, "IPC_NOWAIT"]]], "call": 7}
//   {"process": "A", "return": 9, "result": "EAGAIN"}
//
// Objects come first: queues are empty and take "qbytes" bytes (without it, all that is sent);
// semaphores have these values. Then each line is a call, or its beginning or its return alone. Of
// one process the lines stand in the order of its calls.
//
//   process   a name, or a number
//   op        an operation on objects whose answer is one of those below, or fork, whose only
//             argument is the name that the child has
//   args      as a scenario has them (scenarios/README.md). A text is a string, the message of
//             msgsnd, or {"hex": "00ff"} where it is not UTF-8; any other string is a word: an
//             object, a flag, a command. A list within the list of semop is
//             {sem_num, sem_op, sem_flg}
//   call      when it began, and "return" when it had returned: whole numbers of any one unit.
//             One call is before another where its "return" is less than the other's "call"
//   result    a number: what it returned. A string: its errno. {"type": t, "text": "..."}: a
//             message. A list: the values of GETALL. An object: the fields of IPC_STAT, all but
//             "stray" (`ipcrig ops`); of times it counts only whether they are 0. "EINTR": a signal
//             came while it slept
//
// A call that has no return took effect at some time after it began, or never:
//
//   {"process": "A", "op": "msgsnd", ..., "call": 50, "killed": 70}     before 70, or never
//   {"process": "A", "op": "msgrcv", ..., "call": 50, "asleep": true}   it sleeps, and has to
//
// What SEM_UNDO undoes when a process is gone is undone by 70 then; of a process that has returned
// from its calls this says so:
//
//   {"process": "A", "ended": 70}
//
// Objects may also be made by the calls: msgget and semget, with ids as the kernel gave them. The
// limits and the user then come first, by the names that a saved run has for them:
//
//   {"facts": {"uid": 1000, "gid": 1000, "cap_ipc_owner": 0, "msgmnb": 16384}}
//   {"process": "A", "op": "msgget", "args": [7, "IPC_CREAT|0600"], "call": 1, "return": 2,
//    "result": 32768, "at": "server.cc:12"}      (in one line; "at" is for readers only)
//   {"process": "A", "op": "msgsnd", "args": [32768, 1, {"hex": "00ff"}, 0], ...}
//
//   Result<SavedRun> run = ReadCallLog(text, "calls.jsonl");
//   Judgement judgement = Judge(run->scenario, run->history);
//
// The first line of a process, which need be no more, may say who it is: what GETPID, shm_lpid and
// their like answer; and of a thread, whose it is: it shares attaches and semaphore adjustments.
// Its "pid" is its thread id, by which Linux knows receivers that slept (L2):
//
//   {"process": "A", "pid": 4711, "op": "shmat", "args": [0, "NULL", 0], ..., "result": 1407374883}
//   {"process": "A_2", "thread": "A", "pid": 4713, "op": "shmdt", "args": [1407374883], ...,
//   "result": 0}
//   {"process": "A", "op": "fork", "args": ["B"], "call": 10, "return": 12, "result": 4712}
//
// It becomes a scenario of one race, whose steps are at the lines of the log. Without facts the
// calls are made by root, and nobody else uses the objects. Long messages are replaced by others,
// of which as many are equal.
#pragma once

#include <string_view>

#include "base/result.h"
#include "ops/saved_run.h"

namespace ipcrig {

// `path` is used in errors only, which name line and column.
Result<SavedRun> ReadCallLog(std::string_view text, std::string_view path);

// Whether a text is a call log rather than anything else that ipcrig reads: it begins with an
// object.
bool IsCallLog(std::string_view text);

}  // namespace ipcrig
