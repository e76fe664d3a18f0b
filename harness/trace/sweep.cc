// SPDX-License-Identifier: Apache-2.0
#include "trace/sweep.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <set>

#include <fmt/format.h>

#include "trace/findings.h"

namespace ipcrig {
namespace {

int CountLeft(const Record& record) {
  return static_cast<int>(std::count_if(record.objects.begin(), record.objects.end(),
                                        [](const TracedObject& object) { return object.left; }));
}

const TracedCall* CallOf(const Record& record, const CallIdentity& identity) {
  for (const TracedCall& call : record.calls) {
    if (IdentityOf(record, call) == identity) return &call;
  }
  return nullptr;
}

bool SleepsInIpc(const std::string& doing) {
  return doing.ends_with("semop") || doing.ends_with("msgrcv") || doing.ends_with("msgsnd");
}

// The first that hangs in an IPC call.
std::string HangingPeer(const Record& record) {
  for (const Survivor& survivor : record.survivors) {
    if (!SleepsInIpc(survivor.doing)) continue;
    return fmt::format("{} is {}", ProcessText(record, survivor.process), survivor.doing);
  }
  return "";
}

std::string LeftText(const Record& record) {
  int kinds[kObjectKinds] = {};
  for (const TracedObject& object : record.objects) {
    if (object.left) ++kinds[static_cast<size_t>(object.row.kind)];
  }
  std::string text;
  for (int i = 0; i < kObjectKinds; ++i) {
    if (kinds[i] == 0) continue;
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", kinds[i],
                        ObjectKindName(static_cast<ObjectKind>(i)));
  }
  return text.empty() ? "nothing" : text;
}

}  // namespace

std::string_view SweepVerdictName(SweepVerdict verdict) {
  static constexpr std::string_view kNames[] = {"hangs peer", "blocks restart", "leak",
                                                "recovered",  "clean",          "not reached"};
  return kNames[static_cast<size_t>(verdict)];
}

bool IsBad(SweepVerdict verdict) { return verdict <= SweepVerdict::kLeak; }

std::vector<SweepPoint> PointsOf(const Record& recording, int signal, bool tree) {
  std::vector<SweepPoint> points;
  for (size_t i = 0; i < recording.calls.size(); ++i) {
    const TracedCall& call = recording.calls[i];
    for (const bool after : {false, true}) {
      // A call that did not return has no time after it.
      if (after && !call.result) continue;
      points.push_back(
          {static_cast<int>(i),
           {call.ordinal, call.number, after, signal, tree, IdentityOf(recording, call)}});
    }
  }
  return points;
}

// Calls that are made once, such as those that create and remove, are not lost among thousands of
// others: each kind of point has the same share, and what a small one leaves goes to the larger.
std::vector<SweepPoint> Sample(const std::vector<SweepPoint>& points, size_t most) {
  if (most == 0 || points.size() <= most) return points;
  std::map<std::pair<CallName, bool>, std::vector<size_t>> of_kind;
  for (size_t i = 0; i < points.size(); ++i) {
    const CrashPoint& crash = points[i].crash;
    of_kind[{crash.identity.name, crash.after}].push_back(i);
  }
  std::vector<std::vector<size_t>> kinds;
  kinds.reserve(of_kind.size());
  for (auto& [kind, indices] : of_kind) kinds.push_back(std::move(indices));
  std::stable_sort(kinds.begin(), kinds.end(),
                   [](const auto& a, const auto& b) { return a.size() < b.size(); });
  std::set<size_t> chosen;
  for (size_t i = 0; i < kinds.size(); ++i) {
    const size_t others = kinds.size() - i;
    const size_t share = std::min(kinds[i].size(), (most - chosen.size() + others - 1) / others);
    for (size_t j = 0; j < share; ++j) chosen.insert(kinds[i][j * kinds[i].size() / share]);
  }
  std::vector<SweepPoint> sample;
  sample.reserve(chosen.size());
  for (const size_t index : chosen) sample.push_back(points[index]);
  return sample;
}

SweepResult JudgePoint(const Record& recording, const SweepPoint& point, const Record& record,
                       int expected_status) {
  SweepResult result{point};
  result.seconds = static_cast<double>(record.settled_us) * 1e-6;
  const TracedCall& expected = recording.calls[static_cast<size_t>(point.call)];
  const TracedCall* call = CallOf(record, point.crash.identity);
  if (!record.killed_at_point || call == nullptr) {
    result.detail = "the program did not make this call this time: it is not deterministic";
    return result;
  }
  result.moved = call->ordinal != expected.ordinal || call->number != expected.number;
  result.left = CountLeft(record);
  const int usual = CountLeft(recording);
  const std::string hanging = HangingPeer(record);
  const Recovery& next = record.recovery;
  if (!hanging.empty()) {
    result.verdict = SweepVerdict::kHangsPeer;
    result.detail = hanging;
  } else if (next.timed_out) {
    result.verdict = SweepVerdict::kBlocksRestart;
    result.detail = fmt::format("the next start does not end: {}", next.doing);
  } else if (next.status != expected_status) {
    result.verdict = SweepVerdict::kBlocksRestart;
    result.detail =
        fmt::format("the next start ends with {}, not {}", next.status, expected_status);
  } else if (next.objects > usual) {
    result.verdict = SweepVerdict::kLeak;
    result.detail = fmt::format("left {}; {} after the next start", LeftText(record), next.objects);
  } else if (result.left > usual) {
    result.verdict = SweepVerdict::kRecovered;
    result.detail = fmt::format("left {}", LeftText(record));
  } else {
    result.verdict = SweepVerdict::kClean;
  }
  return result;
}

std::string PointText(const CrashPoint& point) {
  return fmt::format("{}.{}:{}", point.process, point.number, point.after ? "after" : "before");
}

std::string StablePointText(const CrashPoint& point) {
  const CallIdentity& call = point.identity;
  const std::string file = call.executable.substr(call.executable.rfind('/') + 1);
  const std::string rank = call.rank > 1 ? fmt::format(".{}", call.rank) : "";
  const std::string nth = call.nth > 1 ? fmt::format(".{}", call.nth) : "";
  return fmt::format("{}{}/{}{}:{}", file, rank, CallText(call.name), nth,
                     point.after ? "after" : "before");
}

bool ParsePoint(const std::string& text, CrashPoint& point) {
  const char* end = text.data() + text.size();
  const auto process = std::from_chars(text.data(), end, point.process);
  if (process.ec != std::errc() || process.ptr == end || *process.ptr != '.') return false;
  const auto number = std::from_chars(process.ptr + 1, end, point.number);
  if (number.ec != std::errc()) return false;
  const std::string side(number.ptr, end);
  point.after = side == ":after";
  return point.process > 0 && point.number > 0 && (point.after || side == ":before");
}

}  // namespace ipcrig
