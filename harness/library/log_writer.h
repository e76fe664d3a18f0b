// SPDX-License-Identifier: Apache-2.0
//
// LogWriter: records of calls as the lines of a call log (the form is that of
// harness/ops/call_log.h).
//
//   LogWriter writer(records, start, memory);
//   for (...) writer.Add(index, Standing::kReturned, now);
//   writer.End(pid, when);
//   CallLog log = writer.Finish();
//
// Each thread has a lane of the log. What it calls while a call of its own has not returned, in a
// signal handler, is in another one: which of the two came first is not known.
#pragma once

#include <map>
#include <string>
#include <vector>

#include <ipcrig/observe.h>

#include "library/log_memory.h"
#include "library/record.h"
#include "library/symbols.h"

namespace ipcrig {
inline namespace v0 {

// The operation and its arguments as JSON: "\"op\": \"semctl\", \"args\": [0, 0, \"GETVAL\"]".
// Empty: a log has no words for them. `asleep`: the call sleeps, so its time is not up.
std::string CallText(const CallRecords& all, const CallRecord& record, bool asleep);
// Of one that has returned.
std::string ResultText(const CallRecords& all, const CallRecord& record);
// Whether it is IPC_STAT.
bool IsStatus(const CallRecord& record);
// Whether it only looks, so that nobody misses it where it is left out.
bool OnlyLooks(const CallRecord& record);

// What is known of a call that has not returned.
enum class Standing { kReturned, kAsleep, kDead, kUnknown };

class LogWriter {
 public:
  // `start`: what becomes 0 in the log. `memory`: not owned.
  LogWriter(const CallRecords& all, int64_t start, const MemoryPlan& memory)
      : all_(all), start_(start), memory_(memory) {}

  // The record with this index, of one thread in the order in which it made them. `now`: when the
  // standing was seen.
  void Add(uint32_t index, Standing standing, int64_t now);
  // The process was gone by then.
  void End(pid_t pid, int64_t when);
  CallLog Finish();

 private:
  struct Lane {
    std::string name;
    pid_t pid = 0;
    pid_t tid = 0;
    int64_t free = 0;     // its last call had returned
    int image = 0;        // the how manieth program of its process
    bool nested = false;  // in a signal handler, whose thread has another lane
    bool named = false;   // the log says who it is
    bool over = false;
  };
  Lane& LaneFor(const CallRecord& record);
  std::string NameFor(int slot) const;
  std::string PlaceText(const CallRecord& record);
  bool LeaveOut(uint32_t index, Standing standing, const std::string& text);
  // "process": "...", and what is said of it once.
  std::string Introduce(Lane& lane);
  void AddCall(const CallRecord& record, Standing standing, int64_t now, const std::string& text);
  void AddFork(const CallRecord& record, int64_t now);

  const CallRecords& all_;
  const int64_t start_;
  const MemoryPlan& memory_;
  CallLog log_;
  std::map<pid_t, int> images_;
  bool nested_receive_ = false;  // whom Linux notes as the receiver then, nobody knows: L2
  std::vector<Lane> lanes_;
  std::map<std::string, int> left_out_;
  std::map<std::pair<uint32_t, uint64_t>, std::string> places_;
  SourceLines lines_;
};

}  // namespace v0
}  // namespace ipcrig
