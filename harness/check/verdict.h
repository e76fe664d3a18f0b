// SPDX-License-Identifier: Apache-2.0
//
// Verdict: what ipcrig says about one run of one scenario.
//
//   pass     everything was judged and is right
//   fail     a finding: the kernel, or a written expectation, is wrong
//   broken   ipcrig could not do its work; no statement about the kernel
//   skipped  the scenario cannot run on this machine; the reason says why
//   unknown  a checker ran out of its budget
//
// Only pass is green.
#pragma once

#include <string>
#include <vector>

#include "ops/history.h"
#include "ops/scenario.h"

namespace ipcrig {

enum class Verdict { kPass, kFail, kBroken, kSkipped, kUnknown };

std::string_view VerdictName(Verdict verdict);

// One thing that is wrong. `check` is one of:
//
//   conformance      a call did what no branch of the model allows, lost wake-ups included
//   linearizability  no order of the calls of a race is one that the model allows
//   lost-wakeup      of a race: one would be, if a call that sleeps at its end could sleep on
//   expectation      model and kernel agree, and the scenario's line says something else
//   leak             an object exists that should not
//   missing          an object does not exist that should, or a view shows it twice
//   report           the kernel reports something wrong about an object, or two reports disagree
//   survivor         a process outlived the run
//   hang             a process neither returned nor slept until the time was up
//   unfinished       a call still blocks at the end, and its line does not say "blocks"
struct Finding {
  struct Expected {
    std::string outcome = {};
    std::string rule = {};  // the man page's sentence; may be empty
  };
  struct Before {
    int step = -1;  // it has to be before the next one,
    std::string why = {};
  };

  std::string check = {};
  int step = -1;           // the step that it is about, -1: the end of the run
  int process = -1;        // -1: none
  std::string title = {};  // one sentence, without names or numbers that vary between runs
  std::vector<Expected> expected = {};
  std::string seen = {};

  // Equal for findings of the same kind, in this and in other scenarios: "conformance: msgrcv:
  // EIDRM".
  std::string signature = {};

  // The fields in which an answer of many is wrong: "mode, lrpid".
  std::string differs = {};

  // Of a race: the steps of the calls that an order explains, the longest that was found; and steps
  // that contradict each other, since the last has to be before the first.
  std::vector<int> order = {};
  std::vector<Before> cycle = {};
};

struct Judgement {
  Verdict verdict = Verdict::kPass;
  bool timed_out = false;
  std::string reason = {};  // of broken and skipped: one sentence
  std::vector<Finding> findings = {};
  std::vector<std::string> deviations = {};  // known ones that were accepted: "L2"
  std::vector<std::string> notes = {};       // e.g. a view that this machine does not have

  // Whether the first thing that is wrong is a call that blocks at the end: of a scenario that
  // nobody wrote, no finding.
  bool IsUnfinished() const { return !findings.empty() && findings.front().check == "unfinished"; }
};

}  // namespace ipcrig
