// SPDX-License-Identifier: Apache-2.0
//
// What is known of each call of a race before the search: by process, and how firmly.
#include <algorithm>
#include <variant>

#include "check/search.h"

namespace ipcrig {
namespace {

bool Removes(const Op& op) { return IsOneOf<ShmctlRmid, Shmdt, MsgctlRmid, SemctlRmid>(op); }

bool IsTotal(const Op& op) {
  return IsOneOf<ShmctlIpcInfo, ShmctlShmInfo, MsgctlIpcInfo, MsgctlMsgInfo, SemctlIpcInfo,
                 SemctlSemInfo>(op);
}

// Whether what the call answers may show a moment in the middle of others.
bool IsWeak(const RacingCall& call) {
  return IsTotal(call.op) || IsOneOf<ShmctlStat, ShmctlIndex>(call.op) ||
         (call.outcome && *call.outcome == Outcome::Failed(EIDRM));
}

Known KnownOf(const RacingCall& call, bool ends) {
  if (call.outcome) return {.what = Known::What::kReturned, .outcome = &*call.outcome};
  return {.what = call.lost || ends ? Known::What::kAnything : Known::What::kAsleep};
}

}  // namespace

RacePlan::RacePlan(const Race& the_race, size_t processes) : race(the_race), lanes(processes) {
  for (size_t i = 0; i < race.ends.size(); ++i) {
    lanes[static_cast<size_t>(race.ends[i].process)].end = static_cast<int>(i);
  }
  known.reserve(race.calls.size());
  heads.reserve(race.calls.size());
  for (Lane& lane : lanes) lane.calls.reserve(race.calls.size() / lanes.size() + 8);
  std::vector<int> weak;
  int shmats = 0;
  for (int i = 0; i < std::ssize(race.calls); ++i) {
    const RacingCall& call = Call(i);
    Lane& lane = lanes[static_cast<size_t>(call.process)];
    lane.calls.push_back(i);
    known.push_back(KnownOf(call, lane.end >= 0));
    const bool returned = call.outcome.has_value();
    heads.push_back({i, returned, call.from, returned ? call.to : INT64_MAX});
    bounded = bounded || (call.lost && call.to != INT64_MAX);
    if (IsWeak(call)) weak.push_back(i);
    if (std::holds_alternative<Shmat>(call.op)) ++shmats;
  }
  for (const int call : weak) Weaken(call, shmats);
}

// `shmats`: in the whole race.
void RacePlan::Weaken(int index, int shmats) {
  const RacingCall& call = Call(index);
  Known& what = known[static_cast<size_t>(index)];
  for (const Lane& lane : lanes) {
    auto next = std::partition_point(lane.calls.begin(), lane.calls.end(),
                                     [&](int other) { return Call(other).to < call.from; });
    for (; next != lane.calls.end() && Call(*next).from <= call.to; ++next) {
      if (*next == index) continue;
      const Op& op = Call(*next).op;
      what.atomic = false;
      // A fork attaches for its child all that the caller has attached, one after the other.
      what.attaches += std::holds_alternative<Shmat>(op)  ? 1
                       : std::holds_alternative<Fork>(op) ? shmats
                                                          : 0;
      what.removal = what.removal || Removes(op);
    }
  }
  for (const RacingEnd& end : race.ends) {
    if (end.from > call.to || end.to < call.from) continue;
    what.atomic = false;
    what.removal = true;
  }
}

std::vector<std::vector<int>> RacePlan::Calls() const {
  std::vector<std::vector<int>> calls;
  for (const Lane& lane : lanes) calls.push_back(lane.calls);
  return calls;
}

}  // namespace ipcrig
