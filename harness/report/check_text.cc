// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstring>

#include <fmt/format.h>

#include "report/check_report.h"

namespace ipcrig {
namespace {

std::string Painted(std::string_view text, std::string_view code, const TextStyle& style) {
  return style.color ? fmt::format("\x1b[{}m{}\x1b[0m", code, text) : std::string(text);
}

std::string FileName(const std::string& path) { return path.substr(path.rfind('/') + 1); }

std::string FrameText(const Frame& frame) {
  std::string function = frame.function;
  if (function.empty()) {
    function = frame.module.empty() ? fmt::format("{:#x}, in no file", frame.address)
                                    : fmt::format("{:#x}", frame.address);
  }
  if (HasSource(frame)) return fmt::format("{}  {}:{}", function, frame.file, frame.line);
  return frame.module.empty() ? function
                              : fmt::format("{}  ({})", function, FileName(frame.module));
}

std::string_view Word(FindingKind kind) {
  static constexpr std::string_view kWords[] = {"LEAK", "IN USE", "SURVIVOR", "POSIX", "RISK"};
  return kWords[static_cast<size_t>(kind)];
}

std::string_view ColorOf(FindingKind kind) {
  if (kind == FindingKind::kLeak || kind == FindingKind::kSurvivor) return "31;1";
  return "33;1";
}

std::string FindingBlock(const TraceFinding& finding, const TextStyle& style) {
  std::string text =
      fmt::format("{} {}: {}{}\n", Painted("==ipcrig==", "1", style),
                  Painted(Word(finding.kind), ColorOf(finding.kind), style),
                  finding.kind == FindingKind::kRisk ? finding.rule + ": " : "", finding.title);
  if (finding.objects.size() > 1) {
    text += fmt::format("  and       {} more from the same place{}\n", finding.objects.size() - 1,
                        finding.bytes > 0 ? fmt::format(", {} bytes in all", finding.bytes) : "");
  }
  for (const auto& [label, line] : finding.lines) text += fmt::format("  {:<8}  {}\n", label, line);
  if (finding.has_stack) text += StackText(finding.stack, "    ");
  if (!finding.help.empty()) text += fmt::format("  help      {}\n", finding.help);
  return text;
}

std::string Plural(size_t count, const char* word) {
  return fmt::format("{} {}{}", count, word, count == 1 ? "" : "s");
}

struct Counts {
  size_t leaks = 0;
  size_t of_kind[kObjectKinds] = {};
  int64_t bytes = 0;
  size_t in_use = 0;
  size_t survivors = 0;
  size_t posix = 0;
  size_t risks = 0;
  size_t suppressed = 0;
};

Counts Count(const CheckResult& result) {
  Counts counts;
  for (const TraceFinding& finding : result.findings) {
    const size_t times = std::max<size_t>(finding.objects.size(), 1);
    if (finding.suppressed) {
      counts.suppressed += times;
      continue;
    }
    switch (finding.kind) {
      case FindingKind::kLeak:
        counts.leaks += times;
        counts.bytes += finding.bytes;
        for (const int object : finding.objects) {
          const ObjectRow& row = result.record.objects[static_cast<size_t>(object)].row;
          ++counts.of_kind[static_cast<size_t>(row.kind)];
        }
        break;
      case FindingKind::kInUse:
        counts.in_use += times;
        break;
      case FindingKind::kSurvivor:
        ++counts.survivors;
        break;
      case FindingKind::kPosix:
        ++counts.posix;
        break;
      case FindingKind::kRisk:
        ++counts.risks;
        break;
    }
  }
  return counts;
}

}  // namespace

std::string StackText(const Stack& stack, const std::string& indent) {
  std::string text;
  for (size_t i = 0; i < stack.frames.size(); ++i) {
    text += fmt::format("{}#{} {}\n", indent, i, FrameText(stack.frames[i]));
  }
  const char* what = stack.frames.empty() ? "no stack" : "no more";
  if (!stack.missing.empty()) text += fmt::format("{}{}: {}\n", indent, what, stack.missing);
  if (!stack.doubt.empty()) text += fmt::format("{}note: {}\n", indent, stack.doubt);
  return text;
}

std::string CheckText(const CheckResult& result, const TextStyle& style) {
  std::string text;
  for (const TraceFinding& finding : result.findings) {
    if (!finding.suppressed) text += FindingBlock(finding, style);
  }
  return text;
}

std::string CheckSummary(const CheckResult& result) {
  const Counts counts = Count(result);
  std::vector<std::string> parts;
  if (result.record.timed_out) parts.emplace_back("timed out");
  if (counts.leaks > 0) {
    std::vector<std::string> kinds;
    for (int i = 0; i < kObjectKinds; ++i) {
      if (counts.of_kind[i] == 0) continue;
      kinds.push_back(
          fmt::format("{} {}", counts.of_kind[i], ObjectKindName(static_cast<ObjectKind>(i))));
    }
    if (counts.bytes > 0) kinds.push_back(fmt::format("{} bytes", counts.bytes));
    parts.push_back(fmt::format("{} ({})", Plural(counts.leaks, "leak"), fmt::join(kinds, ", ")));
  }
  if (counts.in_use > 0) parts.push_back(Plural(counts.in_use, "object") + " in use");
  if (counts.survivors > 0) parts.push_back(Plural(counts.survivors, "survivor"));
  if (counts.posix > 0) parts.push_back(Plural(counts.posix, "POSIX name"));
  if (counts.risks > 0) parts.push_back(Plural(counts.risks, "risk"));
  if (parts.empty()) parts.emplace_back("clean");
  if (counts.suppressed > 0) parts.push_back(fmt::format("{} suppressed", counts.suppressed));
  return fmt::format("SUMMARY: ipcrig: {}\n", fmt::join(parts, ", "));
}

std::string CheckTrace(const CheckResult& result) {
  std::string text;
  for (const TracedCall& call : result.record.calls) {
    const int pid = result.record.processes[static_cast<size_t>(call.process)].pid;
    std::string outcome = "?";
    if (call.result) {
      outcome = *call.result < 0
                    ? fmt::format("-1 {}", strerrorname_np(static_cast<int>(-*call.result)))
                    : std::to_string(*call.result);
    } else if (!call.unseen) {
      outcome = "never returned";
    }
    text += fmt::format("{:>10.6f}  {}.{:<4} {:>7}  {} = {}\n",
                        static_cast<double>(call.began_us) * 1e-6, call.ordinal, call.number, pid,
                        PrintCall(call.call, call.operations), outcome);
  }
  return text;
}

}  // namespace ipcrig
