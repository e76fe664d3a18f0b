// SPDX-License-Identifier: Apache-2.0
//
// Runs as pictures, for --html and --trace.
//
// PageHtml() is one page that needs nothing else, neither network nor other files: a space-time
// diagram of each run, to be stepped through with the arrow keys. What it shows is one block of
// JSON in it; how, are the files of report/page. Failures come first.
//
// TraceJson() is the trace-event format of Chrome, for Perfetto: a process for each run, a thread
// for each of its processes, a slice for each call, a flow for each message and wake-up. A stepped
// call has no length and gets a millisecond; calls of races have the times that they took.
//
//   WriteReport("run.html", PageHtml(results));
//   WriteReport("run.json", TraceJson(results));
//
// Both are pure.
#pragma once

#include <string>
#include <vector>

#include "report/report.h"

namespace ipcrig {

std::string PageHtml(const std::vector<ScenarioResult>& results);
std::string TraceJson(const std::vector<ScenarioResult>& results);

}  // namespace ipcrig
