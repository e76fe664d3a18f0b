// SPDX-License-Identifier: Apache-2.0
//
// What is known of each call of a race before the search: by process, and how firmly.
#include <algorithm>
#include <variant>

#include "check/search.h"

namespace ipcrig {
namespace {

bool Removes(const Op& op) { return IsOneOf<ShmctlRmid, Shmdt, MsgctlRmid, SemctlRmid>(op); }

bool Overlap(const RacingCall& call, int64_t from, int64_t to) {
  return from <= call.to && call.from <= to;
}

bool IsTotal(const Op& op) {
  return IsOneOf<ShmctlIpcInfo, ShmctlShmInfo, MsgctlIpcInfo, MsgctlMsgInfo, SemctlIpcInfo,
                 SemctlSemInfo>(op);
}

// Whether what the call answers may show a moment in the middle of others.
bool IsWeak(const RacingCall& call) {
  return IsTotal(call.op) || IsOneOf<ShmctlStat, ShmctlIndex>(call.op) ||
         (call.outcome && *call.outcome == Outcome::Failed(EIDRM));
}

// `shmats`: in the whole race.
Known KnownOf(const Race& race, const RacingCall& call, bool ends, int shmats) {
  Known known;
  if (call.outcome) {
    known.what = Known::What::kReturned;
    known.outcome = &*call.outcome;
  } else {
    known.what = call.lost || ends ? Known::What::kAnything : Known::What::kAsleep;
  }
  if (!IsWeak(call)) return known;
  for (const RacingCall& other : race.calls) {
    if (&other == &call || !Overlap(call, other.from, other.to)) continue;
    known.atomic = false;
    // A fork attaches for its child all that the caller has attached, one after the other.
    known.attaches += std::holds_alternative<Shmat>(other.op)  ? 1
                      : std::holds_alternative<Fork>(other.op) ? shmats
                                                               : 0;
    known.removal = known.removal || Removes(other.op);
  }
  for (const RacingEnd& end : race.ends) {
    if (!Overlap(call, end.from, end.to)) continue;
    known.atomic = false;
    known.removal = true;
  }
  return known;
}

}  // namespace

RacePlan::RacePlan(const Race& the_race, size_t processes) : race(the_race), lanes(processes) {
  for (size_t i = 0; i < race.ends.size(); ++i) {
    lanes[static_cast<size_t>(race.ends[i].process)].end = static_cast<int>(i);
  }
  known.reserve(race.calls.size());
  heads.reserve(race.calls.size());
  const auto shmats = static_cast<int>(
      std::count_if(race.calls.begin(), race.calls.end(),
                    [](const RacingCall& call) { return std::holds_alternative<Shmat>(call.op); }));
  for (size_t i = 0; i < race.calls.size(); ++i) {
    const RacingCall& call = race.calls[i];
    Lane& lane = lanes[static_cast<size_t>(call.process)];
    lane.calls.push_back(static_cast<int>(i));
    known.push_back(KnownOf(race, call, lane.end >= 0, shmats));
    heads.push_back({static_cast<int>(i), call.outcome.has_value(), call.from,
                     call.outcome ? call.to : INT64_MAX});
    bounded = bounded || (call.lost && call.to != INT64_MAX);
  }
}

std::vector<std::vector<int>> RacePlan::Calls() const {
  std::vector<std::vector<int>> calls;
  for (const Lane& lane : lanes) calls.push_back(lane.calls);
  return calls;
}

}  // namespace ipcrig
