// SPDX-License-Identifier: Apache-2.0
#include "litmus/report.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace ipcrig::litmus {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kMostNeverSeen = 8;  // states that the text lists

std::string_view KindOfTest(const Test& test) {
  switch (test.quantifier) {
    case Quantifier::kExists:
      return "Allowed";
    case Quantifier::kNotExists:
      return "Forbidden";
    case Quantifier::kForall:
      return "Required";
    case Quantifier::kNone:
      break;
  }
  return "Allowed";
}

// As litmus7 counts: of ~exists, what holds is negative.
std::pair<uint64_t, uint64_t> Witnesses(const TestResult& result) {
  const Judgement& judgement = result.judgement;
  if (result.test.quantifier == Quantifier::kNotExists) {
    return {judgement.holds_not, judgement.holds};
  }
  return {judgement.holds, judgement.holds_not};
}

std::string_view ObservationOf(const Judgement& judgement) {
  if (judgement.holds == 0) return "Never";
  return judgement.holds_not == 0 ? "Always" : "Sometimes";
}

uint64_t CountOf(const Observed& observed, const State& wanted) {
  for (const auto& [state, count] : observed.states) {
    if (state == wanted) return count;
  }
  return 0;
}

std::string FindingText(const TestResult& result, const Finding& finding) {
  const Test& test = result.test;
  std::string text = fmt::format("==ipcrig== FAIL: visibility: {}\n", finding.title);
  text += fmt::format("  at        {}:{}  {}\n", result.path, std::max(test.condition_line, 1),
                      test.condition.empty() ? test.name : test.condition);
  for (const State& state : result.allowed.states) {
    text += fmt::format("  expected  {}\n", PrintState(test, state));
  }
  for (const State& state : finding.states) {
    text += fmt::format("  observed  {}  {} times\n", PrintState(test, state),
                        CountOf(result.observed, state));
  }
  text += fmt::format("  again     {}\n", result.again);
  return text + fmt::format("SUMMARY: ipcrig: visibility: {}: {} at {}\n", test.name,
                            finding.signature, result.path);
}

std::string HistogramText(const TestResult& result) {
  const Test& test = result.test;
  std::string text = fmt::format("Test {} {}\nHistogram ({} states)\n", test.name, KindOfTest(test),
                                 result.observed.states.size());
  for (const auto& [state, count] : result.observed.states) {
    const bool marked = test.quantifier != Quantifier::kNone &&
                        Holds(test, state) == (test.quantifier != Quantifier::kForall);
    text += fmt::format("{:<6}{}>{}\n", count, marked ? '*' : ':', PrintState(test, state));
  }
  return text;
}

std::string MachineText(const TestResult& result) {
  const Observed& observed = result.observed;
  const double rate = static_cast<double>(observed.iterations) / std::max(observed.seconds, 1e-9);
  std::string text = fmt::format(
      "Machine {}: {} of {} allowed states seen; {}, {} iterations, {}/s\n",
      MachineName(result.machine),
      result.allowed.states.size() - result.judgement.never_seen.size(),
      result.allowed.states.size(), result.perpetual ? "perpetual" : "gated", observed.iterations,
      rate < 1e6 ? fmt::format("{:.0f}", rate) : fmt::format("{:.1f} M", rate * 1e-6));
  const auto& never_seen = result.judgement.never_seen;
  for (size_t i = 0; i < std::min(never_seen.size(), kMostNeverSeen); ++i) {
    text += fmt::format("Never seen {}\n", PrintState(result.test, never_seen[i]));
  }
  if (never_seen.size() > kMostNeverSeen) {
    text += fmt::format("Never seen {} more\n", never_seen.size() - kMostNeverSeen);
  }
  for (const std::string& note : result.judgement.notes) text += fmt::format("Note {}\n", note);
  return text;
}

Json ResultToJson(const TestResult& result) {
  const Test& test = result.test;
  const Judgement& judgement = result.judgement;
  Json json{{"name", test.name},
            {"path", result.path},
            {"verdict", VerdictOf(judgement.verdict)},
            {"reason", judgement.reason},
            {"machine", std::string(MachineName(result.machine))},
            {"mode", result.perpetual ? "perpetual" : "gated"},
            {"memory", std::string(MemoryName(result.options.memory))},
            {"attach", std::string(AttachName(result.options.attach))},
            {"removed", result.options.removed},
            {"seed", result.options.seed},
            {"processors", result.observed.processors},
            {"iterations", result.observed.iterations},
            {"seconds", result.observed.seconds},
            {"condition", test.condition},
            {"validated", judgement.condition_ok},
            {"observation", std::string(ObservationOf(judgement))},
            {"positive", Witnesses(result).first},
            {"negative", Witnesses(result).second},
            {"states", Json::array()},
            {"never_seen", Json::array()},
            {"findings", Json::array()},
            {"notes", judgement.notes}};
  for (const auto& [state, count] : result.observed.states) {
    json["states"].push_back({{"state", PrintState(test, state)},
                              {"count", count},
                              {"allowed", result.allowed.states.contains(state)},
                              {"holds", Holds(test, state)}});
  }
  for (const State& state : judgement.never_seen) {
    json["never_seen"].push_back(PrintState(test, state));
  }
  for (const Finding& finding : judgement.findings) {
    json["findings"].push_back({{"signature", finding.signature}, {"title", finding.title}});
  }
  return json;
}

}  // namespace

std::string VerdictOf(ExitCode verdict) {
  switch (verdict) {
    case ExitCode::kPass:
      return "pass";
    case ExitCode::kFail:
      return "fail";
    case ExitCode::kUnknown:
      return "unknown";
    case ExitCode::kCannotRun:
      return "skipped";
    case ExitCode::kTimedOut:
      return "timed out";
    default:
      return "broken";
  }
}

std::string TextOf(const TestResult& result) {
  const Test& test = result.test;
  const Judgement& judgement = result.judgement;
  if (result.observed.end != Observed::End::kDone && judgement.findings.empty()) {
    return fmt::format("{}: {}: {}\n", VerdictOf(judgement.verdict), result.path, judgement.reason);
  }
  std::string text;
  if (result.observed.end == Observed::End::kDone) {
    const auto [positive, negative] = Witnesses(result);
    text += HistogramText(result);
    if (test.quantifier != Quantifier::kNone) {
      text += fmt::format("{}\n\nWitnesses\nPositive: {}, Negative: {}\n",
                          judgement.condition_ok ? "Ok" : "No", positive, negative);
      text += fmt::format("Condition {} is {}validated\n", test.condition,
                          judgement.condition_ok ? "" : "NOT ");
      text += fmt::format("Observation {} {} {} {}\n", test.name, ObservationOf(judgement),
                          judgement.holds, judgement.holds_not);
    }
    text += fmt::format("Time {} {:.2f}\n", test.name, result.observed.seconds);
    text += MachineText(result);
  }
  for (const Finding& finding : judgement.findings) text += FindingText(result, finding);
  if (judgement.verdict == ExitCode::kUnknown) {
    text += fmt::format("unknown: {}: {}\n", result.path, judgement.reason);
  }
  return text + "\n";
}

std::string SummaryOf(const std::vector<TestResult>& results, double seconds) {
  std::map<std::string, int> counts;
  for (const TestResult& result : results) ++counts[VerdictOf(result.judgement.verdict)];
  std::string text;
  for (const char* verdict : {"pass", "fail", "broken", "timed out", "skipped", "unknown"}) {
    if (counts[verdict] == 0) continue;
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", counts[verdict], verdict);
  }
  return fmt::format("{} test{}: {} in {:.1f} s\n", results.size(), results.size() == 1 ? "" : "s",
                     text, seconds);
}

std::string JsonOf(const std::vector<TestResult>& results, double seconds) {
  Json json{{"schema", 1}, {"seconds", seconds}, {"tests", Json::array()}};
  for (const TestResult& result : results) json["tests"].push_back(ResultToJson(result));
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace ipcrig::litmus
