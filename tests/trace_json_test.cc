// SPDX-License-Identifier: Apache-2.0
//
// The trace of --trace, held to what the trace-event format demands; and --html and --trace as
// options.
#include <unistd.h>

#include <filesystem>
#include <map>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "command.h"
#include "pictured_runs.h"
#include "report/page.h"

namespace ipcrig {
namespace {

using nlohmann::json;
using testing::HasSubstr;

using ThreadKey = std::pair<int, int>;

struct Slice {
  double from;
  double to;
};

// What is known of a trace when all of it has been read.
struct TraceContents {
  std::map<ThreadKey, std::string> threads;
  std::map<ThreadKey, std::vector<Slice>> slices;
  std::map<int, std::vector<json>> flows;
  std::map<std::string, int> asyncs;  // that are open
};

bool IsInSlice(const TraceContents& trace, const json& event) {
  const auto slices = trace.slices.find({event["pid"], event["tid"]});
  if (slices == trace.slices.end()) return false;
  const double at = event["ts"];
  return std::any_of(slices->second.begin(), slices->second.end(), [&](const Slice& slice) {
    return slice.from - 1e-6 <= at && at <= slice.to + 1e-6;
  });
}

std::string ReadTraceEvent(const json& event, TraceContents& trace) {
  for (const char* field : {"ph", "name", "pid", "tid", "ts"}) {
    if (!event.contains(field)) return "an event without " + std::string(field);
  }
  const std::string phase = event["ph"];
  const ThreadKey thread{event["pid"], event["tid"]};
  if (phase == "M" && event["name"] == "thread_name") trace.threads[thread] = event["args"]["name"];
  if (phase == "X") {
    if (!event.contains("dur") || event["dur"] < 0) return "a slice without a length";
    const double from = event["ts"];
    trace.slices[thread].push_back({from, from + event["dur"].get<double>()});
  }
  if (phase == "s" || phase == "f") trace.flows[event["id"]].push_back(event);
  if (phase == "b") ++trace.asyncs[event["id"]];
  if (phase == "e" && --trace.asyncs[event["id"]] < 0) return "an end without a beginning";
  if (phase == "B" || phase == "E") return "a slice in two parts";
  if (std::string("MXsfbei").find(phase) == std::string::npos) return "a phase " + phase;
  return "";
}

// Why a text is no trace; empty where it is one.
std::string WhyNoTrace(const std::string& text) {
  const json root = json::parse(text, nullptr, false);
  if (root.is_discarded() || !root.contains("traceEvents")) return "no JSON with traceEvents";
  TraceContents trace;
  for (const json& event : root["traceEvents"]) {
    if (std::string why = ReadTraceEvent(event, trace); !why.empty()) return why;
  }
  for (const auto& [thread, slices] : trace.slices) {
    if (!trace.threads.contains(thread)) return "a thread without a name";
    for (const Slice& a : slices) {
      for (const Slice& b : slices) {
        if (a.from < b.from && b.from < a.to - 1e-6 && a.to < b.to - 1e-6) return "slices overlap";
      }
    }
  }
  for (const auto& [id, ends] : trace.flows) {
    if (ends.size() != 2 || ends[0]["ph"] != "s" || ends[1]["ph"] != "f") return "half a flow";
    if (ends[0]["ts"] > ends[1]["ts"]) return "a flow back in time";
    if (!IsInSlice(trace, ends[0]) || !IsInSlice(trace, ends[1])) return "a flow outside of slices";
  }
  for (const auto& [id, open] : trace.asyncs) {
    if (open != 0) return "a beginning without an end";
  }
  return "";
}

TEST(TraceJson, IsWhatPerfettoReads) {
  for (const ScenarioResult& result : {FewCalls(), ManyCalls(), PassingRace(), FailingRace()}) {
    EXPECT_EQ(WhyNoTrace(TraceJson({result})), "") << result.path;
  }
  EXPECT_EQ(WhyNoTrace(TraceJson({FewCalls(), PassingRace()})), "");
  EXPECT_EQ(WhyNoTrace(TraceJson({})), "");
}

TEST(TraceJson, HasTheCallsTheMessagesAndTheFinding) {
  const std::string trace = TraceJson({FewCalls()});
  EXPECT_THAT(trace, HasSubstr("\"msgrcv(q, 100, -3, IPC_NOWAIT)\""));
  EXPECT_THAT(trace, HasSubstr("\"asleep\""));
  EXPECT_THAT(trace, HasSubstr("\"message\""));
  EXPECT_THAT(trace, HasSubstr("\"wake-up\""));
  EXPECT_THAT(trace, HasSubstr("\"msg q\""));
  EXPECT_THAT(trace, HasSubstr("\"expectation: model and kernel agree"));
}

// What the tests above would say of a trace that is wrong.
TEST(TraceJson, IsRefusedWhereItIsWrong) {
  const json right = json::parse(TraceJson({FewCalls()}));
  const auto without = [&](const std::string& phase, const std::string& field) {
    json wrong = right;
    auto& events = wrong["traceEvents"];
    for (size_t i = 0; i < events.size(); ++i) {
      if (events[i]["ph"] != phase) continue;
      field.empty() ? events.erase(i) : void(events[i].erase(field));
      if (phase != "M") break;
      --i;
    }
    return WhyNoTrace(wrong.dump());
  };
  EXPECT_EQ(without("X", "dur"), "a slice without a length");
  EXPECT_EQ(without("X", "ts"), "an event without ts");
  EXPECT_EQ(without("f", ""), "half a flow");
  EXPECT_EQ(without("e", ""), "a beginning without an end");
  EXPECT_EQ(without("M", ""), "a thread without a name");
  EXPECT_EQ(WhyNoTrace("{"), "no JSON with traceEvents");
}

constexpr const char* kScenario = "# A queue.\nA  q = msgget(IPC_PRIVATE, 0600)\n";

TEST(PictureOptions, WritePageAndTrace) {
  const ScratchDirectory scratch;
  const std::string scenario = scratch.Write("a.ipc", kScenario);
  for (const char* command : {"run", "replay"}) {
    const std::string html = scratch.path() + "/" + command + ".html";
    const std::string trace = scratch.path() + "/" + command + ".json";
    const CommandResult result = RunIpcrig({command, scenario, "--html", html, "--trace", trace});
    if (result.exit_code == 69) GTEST_SKIP() << result.output;
    EXPECT_EQ(result.exit_code, 0) << result.output;
    EXPECT_THAT(Contents(html), HasSubstr("\"text\":\"q = msgget(IPC_PRIVATE, 0600)\""));
    EXPECT_EQ(WhyNoTrace(Contents(trace)), "");
  }
  const std::string html = scratch.path() + "/found.html";
  const CommandResult result = RunIpcrig(
      {"explore", "--runs", "5", "--seed", "1", "--html", html, "--out", scratch.path() + "/out"});
  EXPECT_EQ(result.exit_code, 0) << result.output;
  EXPECT_THAT(Contents(html), HasSubstr(">[]</script>"));
}

TEST(PictureOptions, LeaveNothingHalfWritten) {
  const ScratchDirectory scratch;
  const std::string scenario = scratch.Write("a.ipc", kScenario);
  const std::string nowhere = scratch.path() + "/no/where.html";
  for (const char* command : {"run", "replay"}) {
    CommandResult result = RunIpcrig({command, scenario, "--html", nowhere});
    EXPECT_EQ(result.exit_code, 64);
    EXPECT_EQ(result.output,
              "ipcrig: cannot write " + nowhere + ": its directory does not exist\n");
    result = RunIpcrig({command, scenario, "--trace", scratch.path()});
    EXPECT_EQ(result.exit_code, 64);
    EXPECT_THAT(result.output, HasSubstr("it is a directory"));
  }
  EXPECT_EQ(RunIpcrig({"explore", "--runs", "1", "--html", nowhere}).exit_code, 64);
  const CommandResult full = RunIpcrig({"run", scenario, "--html", "/dev/full"});
  if (full.exit_code == 69) GTEST_SKIP() << full.output;
  EXPECT_EQ(full.exit_code, 2);
  EXPECT_THAT(full.output, HasSubstr("ipcrig: cannot write /dev/full: No space left on device\n"));
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(scratch.path())) {
    EXPECT_EQ(entry.path().filename(), "a.ipc");
    ++files;
  }
  EXPECT_EQ(files, 1);
}

}  // namespace
}  // namespace ipcrig
