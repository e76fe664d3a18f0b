// SPDX-License-Identifier: Apache-2.0
//
// Reports: results as text for people, as JUnit XML and as JSON for machines.
//
// A text report of a finding says what, where, what was expected and observed, draws what happened,
// and ends with the next thing to type and one SUMMARY line:
//
//   ==ipcrig== FAIL: conformance: msgrcv has an outcome that the model does not allow
//     at        lowest.ipc:5  B  msgrcv(q, 100, -2, 0)
//     expected  {1, "one"}    msgop(2): msgtyp < 0: the first message of the lowest type ...
//     observed  {2, "two"}
//   ...
//   SUMMARY: ipcrig: conformance: msgrcv: value at lowest.ipc:5
//
// All functions are pure.
#pragma once

#include <string>
#include <vector>

#include "check/verdict.h"
#include "model/rules.h"

namespace ipcrig {

// One scenario's outcome, with everything that a report needs.
struct ScenarioResult {
  std::string path;
  Scenario scenario;
  History history = {};
  Judgement judgement = {};
  double seconds = 0;
  std::string again = "replay";  // the command that tells the same
  Rules rules = {};              // that it was judged by
};

struct TextStyle {
  bool color = false;
  size_t width = 100;     // columns
  size_t most_rows = 40;  // of the picture
};

// The block of a result that did not pass; one line for skipped and broken ones.
std::string TextReport(const ScenarioResult& result, const TextStyle& style);
// What happened, whatever the verdict: for replay.
std::string TextPicture(const ScenarioResult& result, const TextStyle& style);
// "PASS", coloured where the style says so.
std::string VerdictWord(Verdict verdict, const TextStyle& style);
// "42 scenarios: 40 pass, 1 fail, 1 skipped in 1.2 s"
std::string SummaryLine(const std::vector<ScenarioResult>& results, double seconds);

// "known deviation L2 in 3 scenarios: msg_lrpid is a thread id ...", a line for each that was
// accepted; empty where none was.
std::string DeviationLines(const std::vector<ScenarioResult>& results);

// JUnit XML: a test case per scenario; broken is an <error>, unknown too.
std::string JUnitReport(const std::vector<ScenarioResult>& results, double seconds);
// KTAP (report/ktap.h): a test for each scenario; broken and unknown are "not ok".
std::string KtapReport(const std::vector<ScenarioResult>& results);
// {"schema": 1, "scenarios": [...]}; each with its verdict, findings, source and history.
std::string JsonReport(const std::vector<ScenarioResult>& results, double seconds);

}  // namespace ipcrig
