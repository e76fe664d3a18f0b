// SPDX-License-Identifier: Apache-2.0
//
// ipcrig for what is there already: the calls of producers and consumers that know nothing of it,
// written down as they are made, and judged by a model of System V IPC.
//
//   #include <ipcrig/gtest.h>
//   #include <ipcrig/observe.h>
//
//   TEST_F(Orders, ReachTheKitchen) {
//     ipcrig::History history;
//     Observe(history);                                  // first of all: before objects, processes
//     auto& kitchen = Fork("kitchen", RunKitchen);       // code as it is: msgget, msgrcv, semop...
//     auto& waiter = Exec("waiter", {"./waiter"});       // programs, too
//     EXPECT_THAT(waiter.Wait(), ipcrig::Exits(0));
//     EXPECT_THAT(kitchen.Wait(), ipcrig::Exits(0));
//     EXPECT_THAT(history, ipcrig::ConformsToSysV());
//   }
//
// It holds if all calls can be put in one order, each at a moment between its beginning and its
// return, in which every one of them may have the result that it had: nothing lost, delivered
// twice, overtaken, invented or cut, nobody asleep who could go on. A process may have been killed
// at any point: its last call took effect or did not, and what SEM_UNDO undoes was undone then.
// FAIL:
//
//   Value of: history
//   Expected: conforms to System V IPC
//     Actual: 4 calls of 2 processes (of type ipcrig::v0::History),
//   ==ipcrig== FAIL: linearizability: no order of the racing calls explains msgrcv
//     at        /tmp/ipcrig-Xq2fQz.jsonl:4  kitchen  msgrcv(0, 64, 0, 0)
//     made at   kitchen.cc:31
//     expected  {1, "soup"}
//                 msgop(2): msgtyp = 0: the first message in the queue
//     observed  {1, "fish"}
//   ...
//     again     ipcrig check-history /tmp/ipcrig-Xq2fQz.jsonl
//
// The file stays. The kernel conforms, as far as is known: what fails is what stands between it and
// the code, say a wrapper, an emulation of IPC, or another kernel.
//
// Judged are all calls of shmget(2), shmop(2), msgget(2), msgop(2), semget(2) and semop(2), also
// those that a signal has interrupted: they had to sleep; and IPC_STAT, IPC_SET, IPC_RMID, GETVAL,
// GETPID, GETNCNT, GETZCNT, GETALL, SETVAL and SETALL. Of times it is judged whether they are 0. Of
// shared memory that is who has it attached, by shmat(2), fork(2), execve(2) and the ends of
// processes, not what is in it.
//
// Not judged, but counted in CallLog::not_judged and said on standard error when the rest conforms,
// are the *_INFO commands and SHM_STAT and its like; and all calls on shared memory, with the
// reason, where it is not known who has it attached: with SHM_REMAP, SHM_HUGETLB or SHM_LOCK, with
// children that were not seen and programs that are still running and make no calls that the
// library sees. munmap(2), mremap(2), and mprotect(2) or mlock(2) of a part change shm_nattch, and
// are not seen.
//
// What cannot be judged fails with the reason: where nothing was recorded, where more than 16
// processes and threads made calls or were killed in them, where one changed its user, where the
// log is full (131,072 calls, 64 MiB), and where 5 seconds are not enough. Calls that the library
// does not see (<ipcrig/ipcrig.h>) are not there, and their effects cannot be explained.
//
// A call that is recorded takes some 4 us more, 20,000 are judged in a second. Link
// ipcrig::observe; History::Log() is in ipcrig::ipcrig, for those who judge with the tool.
#pragma once

#include <memory>
#include <ostream>
#include <string>

#include <ipcrig/ipcrig.h>

namespace ipcrig {
inline namespace v0 {

struct CallRecords;

// What was recorded so far.
struct CallLog {
  std::string text;        // a line of JSON for each call: a file for `ipcrig check-history`
  int calls = 0;           // that are in it
  int processes = 0;       // and threads, that made them
  std::string not_judged;  // what is not in it: "1 semctl, 2 shmctl (SHM_LOCK)"
  std::string problem;     // why nothing can be said of it, as a sentence; empty: it can
};

// Filled by Rig::Observe(), from then on. It may outlive the Rig.
class History {
 public:
  // Waits until each process has returned from its call, or is seen asleep in it: so no process may
  // be busy with calls, or that is a problem.
  CallLog Log() const;

 private:
  friend class Rig;
  std::shared_ptr<CallRecords> records_;
  std::string facts_;  // what the machine is like: the first line of the log
  std::string problem_ = "nothing is observed: call Observe(history) first";
  unsigned uid_ = 0;
  unsigned gid_ = 0;
};

// What the model says of a log; `report` is what went wrong, with the next thing to type. For those
// without GoogleTest: if (!Judge(history.Log()).conforms) ...
struct Conformance {
  bool conforms = false;
  std::string report;
};
Conformance Judge(const CallLog& log);
// As that, and what went wrong is not asked for: nothing is saved.
bool Conforms(const CallLog& log);

// Private.
class ConformanceMatcher {
 public:
  using is_gtest_matcher = void;
  bool MatchAndExplain(const History& history, std::ostream* out) const {
    if (out == nullptr) return Conforms(history.Log());
    const Conformance judged = Judge(history.Log());
    *out << "\n" << judged.report;
    return judged.conforms;
  }
  void DescribeTo(std::ostream* out) const { *out << "conforms to System V IPC"; }
  void DescribeNegationTo(std::ostream* out) const { *out << "does not conform to System V IPC"; }
};

// EXPECT_THAT(history, ConformsToSysV()): see above.
inline ConformanceMatcher ConformsToSysV() { return {}; }

inline void PrintTo(const History& history, std::ostream* out) {
  const CallLog log = history.Log();
  *out << log.calls << (log.calls == 1 ? " call of " : " calls of ") << log.processes
       << (log.processes == 1 ? " process" : " processes");
  if (!log.not_judged.empty()) *out << "; not judged: " << log.not_judged;
}

}  // namespace v0
}  // namespace ipcrig
