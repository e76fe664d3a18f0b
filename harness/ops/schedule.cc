// SPDX-License-Identifier: Apache-2.0
#include "ops/schedule.h"

#include <array>

namespace ipcrig {
namespace {

constexpr std::array<std::string_view, 5> kNames = {"gate", "free", "delay", "pct", "starve"};

}  // namespace

std::string_view ScheduleName(Schedule::Kind kind) { return kNames[static_cast<size_t>(kind)]; }

Schedule ReadSchedule(Reader& in) {
  Schedule schedule;
  for (size_t i = 0; i < kNames.size(); ++i) {
    if (!in.EatWord(kNames[i])) continue;
    schedule.kind = static_cast<Schedule::Kind>(i);
    break;
  }
  if (in.EatWord("seed")) {
    in.Expect('=');
    schedule.seed = static_cast<uint32_t>(in.Number(0, UINT32_MAX));
  }
  if (in.EatWord("times")) {
    in.Expect('=');
    schedule.times = static_cast<uint32_t>(in.Number(1, kMaxTimes));
  }
  return schedule;
}

void PrintSchedule(Writer& out, const Schedule& schedule) {
  if (schedule.kind != Schedule::Kind::kGate) out << " " << ScheduleName(schedule.kind);
  if (schedule.seed != 0) out << " seed=" << int64_t{schedule.seed};
  if (schedule.times != 1) out << " times=" << int64_t{schedule.times};
}

}  // namespace ipcrig
