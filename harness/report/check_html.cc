// SPDX-License-Identifier: Apache-2.0
#include <map>

#include <fmt/format.h>

#include "report/check_report.h"
#include "report/timeline.h"

namespace ipcrig {
namespace {

std::string LookOf(const TracedCall& call) {
  if (call.result.value_or(0) < 0) return "fail";
  if (call.creates) return "make";
  if (call.call.IsRemoval()) return "remove";
  return call.call.MaySleep() ? "wait" : "call";
}

std::string BarText(const TracedCall& call) {
  std::string text =
      fmt::format("{}.{}  {}", call.ordinal, call.number, PrintCall(call.call, call.operations));
  text += call.result ? fmt::format(" = {}\n", *call.result) : " did not return\n";
  text += fmt::format("after {:.6f} s", static_cast<double>(call.began_us) * 1e-6);
  if (call.ended_us >= 0) text += fmt::format(", took {} us", call.ended_us - call.began_us);
  return text + "\n" + StackText(call.stack, "");
}

}  // namespace

std::string CheckHtml(const CheckResult& result) {
  Timeline timeline{fmt::format("ipcrig check -- {}", fmt::join(result.command, " "))};
  std::map<int, int> lanes;  // of pids: a process keeps its lane when it executes another program
  for (const TracedCall& call : result.record.calls) {
    const TracedProcess& process = result.record.processes[static_cast<size_t>(call.process)];
    const auto [lane, first] = lanes.emplace(process.pid, static_cast<int>(lanes.size()));
    if (first) timeline.lanes.push_back(ProcessText(result.record, call.process));
    timeline.bars.push_back(
        {lane->second, call.began_us, call.ended_us, BarText(call), LookOf(call)});
  }
  timeline.report = CheckText(result, {}) + CheckSummary(result);
  return TimelineHtml(timeline);
}

}  // namespace ipcrig
