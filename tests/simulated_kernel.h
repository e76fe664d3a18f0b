// SPDX-License-Identifier: Apache-2.0
//
// SimulatedKernel: a kernel made of the model, with or without one planted bug.
//
//   History history = Simulate(ScenarioOf("A  q = msgget(IPC_PRIVATE, 0600)\n"), {});
//   Judge(scenario, history).verdict   // pass: without a bug the model agrees with itself
//
//   SimulationOptions options{.bug = PlantedBug::kNegativeTypeTakesFirst};
//   Judge(scenario, Simulate(scenario, options)).findings   // and with one it must not
//
// Simulate() runs a scenario as the engine does (exec/engine.cc) and writes the same events: facts,
// starts, calls, returns, ends, sleepers, snapshots in three views, closes, removals. No system
// call is made and no clock is read: each step is ten seconds after the one before it.
//
// Where the model allows several ways the one that the line expects is taken, else the last, which
// is the call's success, and what Linux does where it is known to deviate. A program ends as its
// line expects. A planted bug changes what the kernel was asked to do, what it does, or what it
// reports; it is local enough that a scenario which does not touch it still passes.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/require.h"
#include "check/judge.h"
#include "ops/history.h"
#include "ops/scenario.h"
#include "simulated_race.h"

namespace ipcrig {

enum class PlantedBug : uint8_t {
  // message queues
  kNegativeTypeTakesFirst,  // msgtyp < 0: the first message that fits, not the lowest type
  kTypeTakesNewest,         // msgtyp > 0: the newest message of the type
  kNoerrorReportsFull,      // a truncated text is reported with its full length
  kTooBigIsConsumed,        // E2BIG, and the message is gone
  kNowaitBlocks,            // IPC_NOWAIT is ignored
  kCbytesDrift,             // what a truncation cut off stays in msg_cbytes
  kLspidStale,              // msgsnd does not set msg_lspid
  kLrpidZero,               // msgrcv sets msg_lrpid to 0
  kRemovedIsInvalid,        // sleepers of a removed object get EINVAL
  kReceiverNotWoken,        // lost wake-up
  kSenderNotWoken,          // lost wake-up
  kNewestReceiverFirst,     // the last receiver to arrive is served first
  kSmallSenderWaits,        // a sender with room waits for a bigger one that came first
  kFullQueueAccepts,        // msg_qbytes is not looked at
  kPermissionIgnored,       // the mode is not looked at
  kQueueSurvivesRemoval,    // IPC_RMID answers 0 and does nothing
  kQueueDiesWithCreator,    // exit removes all queues
  kExclusiveIgnored,        // IPC_EXCL
  // semaphore sets
  kSemopNotWoken,        // lost wake-up
  kZeroWaitNotWoken,     // lost wake-up of those who wait for zero
  kNewestSemopFirst,     // the last to arrive is served first
  kZeroWaitPassesAtOne,  // waiting for zero is over at 1
  kSetvalKeepsUndo,      // SETVAL leaves semadj alone
  kUndoNotAtExit,        // SEM_UNDO
  kUndoNotAtKill,        // SEM_UNDO, after SIGKILL
  kUndoInherited,        // fork copies semadj
  kUndoBelowZero,        // an adjustment is not clamped
  kSempidNotSet,         // by semop
  kNcntCountsAll,        // GETNCNT counts those who wait for zero, too
  kDuplicatesReordered,  // within one semop, decrements go first
  kTornSemop,            // EAGAIN, and what stood before the operation that failed is done
  kZeroWaitLeavesOtime,  // a semop that changes no value does not set sem_otime
  // shared memory
  kReadonlyIsWritable,  // SHM_RDONLY is ignored
  kTailNotZero,         // what follows shm_segsz in the last page is somebody's old data
  kContentsLost,        // shmdt clears the segment
  kNattchKeptAtExit,    // exit does not count down
  kNattchNotAtFork,     // fork does not count up
  kMarkedNotDestroyed,  // the last detach of an SHM_DEST segment leaves it
  kKeyAfterRemoval,     // a marked segment keeps its key
  kDtimeNotSet,         // by shmdt
  kCreatorPidWrong,     // shm_cpid is that of the reader's parent: 1
  kExecKeepsAttaches,   // execve
  kBigSegmentRefused,   // not a bug: the kernel may say ENOMEM
  // pipes and processes
  kEndOfFileMissing,   // the last writer is gone and the reader sleeps on
  kPipeReordersBytes,  // a read of several bytes gives them backwards
  kBrokenPipeIgnored,  // a write without readers succeeds
  kReaderNotWoken,     // lost wake-up
  kWaitStatusZero,     // waitpid
  kWaitNotWoken,       // lost wake-up
  kReceiveKills,       // msgrcv ends with SIGSEGV
  kOtherSenderFirst,   // not a bug: the order of senders is free
  // mappings
  kLockByAnyone,            // SHM_LOCK and SHM_UNLOCK ask for nothing
  kMprotectMakesWritable,   // a SHM_RDONLY attach can be made writable
  kRemoveOfReadonly,        // MADV_REMOVE on a SHM_RDONLY attach clears the pages
  kPiecesNotCounted,        // shm_nattch counts attaches in place of mappings
  kShmdtTakesNext,          // shmdt detaches what comes behind, too
  kDtimeNotAtExit,          // exit leaves shm_dtime
  kCtimeNotAtSet,           // IPC_SET leaves the ctime
  kForcedForgetsNamespace,  // shm_rmid_forced spares what was made in a namespace that was left
  kShmallOverrun,           // SHMALL is not looked at
  kRemapOfNull,             // SHM_REMAP without an address
  kDontforkIgnored,         // the child has the mapping all the same
  // message queues, limits and flags
  kMsgmnbIgnored,        // a new queue has the msg_qbytes of the first day
  kCopyConsumes,         // MSG_COPY takes the message
  kExceptIgnored,        // MSG_EXCEPT
  kSetKeepsReceivers,    // IPC_SET does not make sleeping receivers look at the mode again
  kMessageLostOnSignal,  // after a receiver was interrupted the next message is gone
  kReceiveRestarts,      // SA_RESTART restarts msgrcv
  kSendNeedsReadOnly,    // msgsnd asks for read permission
  // semaphore sets, signals and adjustments
  kSemopSleepsOnAfterStop,  // SIGCONT does not interrupt semop
  kUndoSharedAfterFork,     // parent and child have one list of adjustments
  kSysvsemNotShared,        // CLONE_SYSVSEM
  kUndoDroppedAtUnshare,    // the adjustments are lost
  kNegativeUndoKept,        // SETVAL clears adjustments above 0 only
  kThreadExitUndoes,        // the end of a thread undoes what its process did
  kUndoRangeUnchecked,      // an adjustment beyond SEMAEM is accepted
  kTimeoutNever,            // semtimedop sleeps for ever
  kSetallLeavesSempid,      // SETALL
  kRemovalForgetsZeroWait,  // IPC_RMID leaves those asleep who wait for zero
  kHandlerKills,            // a signal with a handler ends the process
  kStoppedIsServed,         // a stopped receiver gets messages
  // identity, namespaces and ids
  kGroupIgnored,          // members of the group are others
  kSupplementaryIgnored,  // only the first group counts
  kCreatorGroupIgnored,   // the group of the creator is not looked at
  kAnyClassGrants,        // the owner gets what others are granted
  kOthersMayRemove,       // IPC_RMID
  kStaleIdAccepted,       // the sequence number is not looked at
  kNextIdIgnored,         // *_next_id
  kIdComesBack,           // the id of a removed object is given again at once
  kPidNotTranslated,      // a pid is the same in all PID namespaces
  kNamespaceNotNew,       // CLONE_NEWIPC
  kStatAnyNeedsRead,      // *_STAT_ANY looks at the mode
  kHighestIndexIsCount,   // *_INFO answers how many objects there are
  kStrayBytes,            // IPC_STAT writes behind the structure
  // what is reported of objects, and the end of the run
  kProcDropsRow,     // /proc/sysvipc does not show the last object
  kProcDoublesRow,   // /proc/sysvipc shows the first object twice
  kIpcsNattchWrong,  // ipcs(1) shows one attach more
  kInfoCountsWrong,  // MSG_INFO counts one message more
  kRemovalRefused,   // nobody can remove what is left at the end
  kProcessOutlives,  // a process that no line accounts for
  kSemopSpins,       // semop neither returns nor sleeps
  kEngineDies,       // in the middle of the scenario
  kMachineRefuses,   // the scenario cannot run here
};
inline constexpr int kPlantedBugs = static_cast<int>(PlantedBug::kMachineRefuses) + 1;

// OrdinaryFacts() for user 1000, without a capability.
Facts UnprivilegedFacts();

struct SimulationOptions {
  std::optional<PlantedBug> bug = {};
  Facts facts = OrdinaryFacts();
  Rules rules = {};  // that the kernel keeps; with `strict` it deviates nowhere
  SimulatedRaceOptions race = {};
};

inline SimulationOptions Unprivileged() { return {.facts = UnprivilegedFacts()}; }

History Simulate(const Scenario& scenario, const SimulationOptions& options);

// The scenario of a text that is one; anything else ends the test program.
Scenario ScenarioOf(std::string_view text);

// A judgement in full, for the message of a failed test.
inline std::string JudgementText(const Judgement& judgement) {
  std::string text = std::string(VerdictName(judgement.verdict)) + ": " + judgement.reason;
  for (const Finding& finding : judgement.findings) {
    text += "\n  " + finding.signature + ": " + finding.title + "; seen: " + finding.seen;
    for (const auto& expected : finding.expected) text += "; expected: " + expected.outcome;
  }
  return text;
}

// A simulated run, in which a test may change what was observed before it is judged:
//
//   Observed run("A  q = ...");
//   run.OutcomeOf("B").bytes = "another";
//   EXPECT_EQ(run.Verdict(), "conformance");
class Observed {
 public:
  explicit Observed(std::string_view text, const SimulationOptions& options = {})
      : scenario(ScenarioOf(text)), history(Simulate(scenario, options)) {}

  // "pass", the check of the first finding, or the verdict that is neither.
  std::string Verdict() const {
    const Judgement judgement = Judge(scenario, history, rules);
    return judgement.findings.empty() ? std::string(VerdictName(judgement.verdict))
                                      : judgement.findings[0].check;
  }
  std::string Text() const { return JudgementText(Judge(scenario, history, rules)); }
  std::vector<std::string> Deviations() const { return Judge(scenario, history, rules).deviations; }

  // The last return or end of the process before the run was closed.
  Event& LastOf(std::string_view process) {
    const int index = scenario.names.FindProcess(process);
    const auto end =
        std::find_if(history.events.begin(), history.events.end(),
                     [](const Event& event) { return event.kind == Event::Kind::kClose; });
    const auto last = std::find_if(
        std::make_reverse_iterator(end), history.events.rend(), [&](const Event& event) {
          const bool of_call =
              event.kind == Event::Kind::kReturn || event.kind == Event::Kind::kEnded;
          return of_call && event.process == index;
        });
    IPC_REQUIRE(last != history.events.rend(), "nothing is known of this process");
    return *last;
  }
  Outcome& OutcomeOf(std::string_view process) { return LastOf(process).outcome; }
  // As if each of the two had returned where the other did, with the outcome of the other.
  void Swap(std::string_view a, std::string_view b) {
    Event& of_a = LastOf(a);
    Event& of_b = LastOf(b);
    std::swap(of_a.process, of_b.process);
    std::swap(of_a.step, of_b.step);
  }
  // As if the process had slept on.
  void Forget(std::string_view process) {
    history.events.erase(history.events.begin() + (&LastOf(process) - history.events.data()));
  }
  // As if `to` had returned where `from` did.
  void Instead(std::string_view from, std::string_view to) {
    Event& event = LastOf(from);
    event.process = scenario.names.FindProcess(to);
    event.step = LastCallOf(event.process);
  }
  // As if `process` had returned, or ended, in the same step as `other`.
  void AlsoReturns(std::string_view other, std::string_view process, Outcome outcome) {
    Event event = LastOf(other);
    event.kind = outcome.Ended() ? Event::Kind::kEnded : Event::Kind::kReturn;
    event.process = scenario.names.FindProcess(process);
    event.step = LastCallOf(event.process);
    event.outcome = std::move(outcome);
    const auto at = &LastOf(other) - history.events.data();
    history.events.insert(history.events.begin() + at, std::move(event));
  }
  // Snapshots tell more of what happened than the outcomes do.
  void DropSnapshots() {
    std::erase_if(history.events,
                  [](const Event& event) { return event.kind == Event::Kind::kSnapshot; });
  }

  Scenario scenario;
  History history;
  Rules rules = {};  // that it is judged by

 private:
  int LastCallOf(int process) const {
    int step = -1;
    for (const Event& event : history.events) {
      if (event.kind == Event::Kind::kCall && event.process == process) step = event.step;
    }
    return step;
  }
};

// The verdict of a run of which nothing is changed: "pass" where all lines are as the model says.
inline std::string VerdictOf(std::string_view text, const SimulationOptions& options = {},
                             const Rules& rules = {}) {
  Observed run(text, options);
  run.rules = rules;
  return run.Verdict() == "pass" ? "pass" : run.Text();
}

}  // namespace ipcrig
