// SPDX-License-Identifier: Apache-2.0
#include "gen/focus.h"

#include <algorithm>
#include <iterator>

#include "gen/draws.h"

namespace ipcrig {
namespace {

using Operations = std::bitset<kOpCount>;

template <typename... Ops>
Operations Set() {
  Operations set;
  (set.set(IndexOf<Ops>()), ...);
  return set;
}

template <typename... Ops>
void SetWeights(OpWeights& weights, uint32_t weight) {
  ((weights[IndexOf<Ops>()] = weight), ...);
}

// Operations that take long (next_second) or that nobody can make up (exec of a program) are never
// drawn.
OpWeights OrdinaryWeights() {
  OpWeights weights;
  weights.fill(2);
  // What everything else is there for.
  SetWeights<Msgsnd, Msgrcv, Semop>(weights, 16);
  SetWeights<Shmat, Shmdt, Store, Load, Write, Read>(weights, 8);
  SetWeights<Semtimedop, SemctlSetval, ShmctlRmid, Fork, Kill, Wait, Exit>(weights, 4);
  // What tells little, or takes the processes apart.
  SetWeights<Ftok, ShmctlIpcInfo, ShmctlShmInfo, ShmctlOther, MsgctlIpcInfo, MsgctlMsgInfo,
             MsgctlOther, SemctlIpcInfo, SemctlSemInfo, SemctlOther, ExecSelf, ThreadExit, Setuid,
             Setgid, Setgroups, Capset, Setrlimit, Unshare, Setns, Sysctl, ReadSysctl>(weights, 1);
  SetWeights<NextSecond, ExecProgram>(weights, 0);
  return weights;
}

// Draws how often each operation comes, and which it is.
struct Part {
  uint32_t weight;
  Operations operations;
};

Operations OfFamilies(uint32_t families) {
  Operations set;
  for (size_t i = 0; i < kOpCount; ++i) set[i] = (families & FamilyBit(FamilyOf(i))) != 0;
  return set;
}

const Part& Pick(Draw& draw, std::span<const Part> parts) {
  uint64_t all = 0;
  for (const Part& part : parts) all += part.weight;
  uint64_t at = draw.Below(all);
  while (at >= parts.front().weight) {
    at -= parts.front().weight;
    parts = parts.subspan(1);
  }
  return parts.front();
}

const Operations& Births() {
  static const Operations set = Set<Fork, Clone, Thread, ThreadExit, ExecSelf, Wait, Exit, Kill>();
  return set;
}
const Operations& Users() {
  static const Operations set = Set<Setuid, Setgid, Setgroups, Capset, Kill>();
  return set;
}

// What the scenario works with.
const Part& PickObjects(Draw& draw) {
  static const auto kOf = [](auto... family) { return OfFamilies((FamilyBit(family) | ...)); };
  static const Part kParts[] = {
      {4, kOf(Family::kMsg)},
      {4, kOf(Family::kSem)},
      {3, kOf(Family::kShm, Family::kMemory)},
      {2, kOf(Family::kShm)},
      {1, kOf(Family::kPipe) | Births()},
      {1, kOf(Family::kShm, Family::kMsg, Family::kSem)},
      {2, OfFamilies(kAllFamilies)},
  };
  return Pick(draw, kParts);
}

// Objects at which processes meet, and what happens to them meanwhile.
const Part& PickRacingObjects(Draw& draw) {
  static const auto kOf = [](auto... family) { return OfFamilies((FamilyBit(family) | ...)); };
  static const Part kParts[] = {
      {4, kOf(Family::kMsg)},
      {4, kOf(Family::kSem)},
      {2, kOf(Family::kShm)},
      {1, kOf(Family::kShm, Family::kMsg, Family::kSem)},
  };
  return Pick(draw, kParts);
}
const Part& PickRacingEvents(Draw& draw) {
  static const Part kParts[] = {
      {4, {}},      {4, Set<Exit, Kill>()}, {3, Set<Sigaction, SignalAction, Kill>()},
      {1, Users()}, {1, Set<Sysctl>()},
  };
  return Pick(draw, kParts);
}

// What happens to those who do.
const Part& PickEvents(Draw& draw) {
  static const Part kParts[] = {
      {10, {}},
      {6, Set<Exit, Kill>()},
      {1, Births() | Set<Unshare>()},
      {1, Set<Sigaction, SignalAction, Kill>()},
      {4, Users()},
      {2, Set<Unshare, Setns, Exit, Kill, Sysctl>()},
      {1, Set<Sysctl, ReadSysctl, Setrlimit>()},
  };
  return Pick(draw, kParts);
}

constexpr uint32_t kFavour = 4;

// Leaves out some operations and favours others, so that scenarios differ more than their lines
// do: what needs many calls of one kind, or none of another, comes up, too.
void Swarm(Draw& draw, OpWeights& weights, uint64_t one_in) {
  for (uint32_t& weight : weights) {
    const uint64_t fate = draw.Below(one_in);
    if (fate == 0) weight = 0;
    if (fate == 1) weight *= kFavour;
  }
}

void FavourEvents(OpWeights& weights, const Operations& events) {
  for (size_t i = 0; i < kOpCount; ++i) {
    if (events[i]) weights[i] *= kFavour;
  }
  // Who may do what is mostly decided by modes.
  if (!events[IndexOf<Setuid>()]) return;
  for (const size_t set : {IndexOf<ShmctlSet>(), IndexOf<MsgctlSet>(), IndexOf<SemctlSet>()}) {
    weights[set] *= kFavour;
  }
}

void Restrict(OpWeights& weights, const Operations& to) {
  for (size_t i = 0; i < kOpCount; ++i) {
    if (!to[i]) weights[i] = 0;
  }
}

bool IsEmpty(const OpWeights& weights) {
  return std::all_of(weights.begin(), weights.end(), [](uint32_t weight) { return weight == 0; });
}

// Objects and, after a second, what is noted of the calls that set times.
Focus FocusOnTimes(const Operations& families, int processes) {
  Focus focus;
  focus.processes = processes;
  focus.permitted = families & OfFamilies(FamilyBit(Family::kShm) | FamilyBit(Family::kMsg) |
                                          FamilyBit(Family::kSem));
  focus.weights = OrdinaryWeights();
  FavourEvents(focus.weights, Set<ShmctlSet, MsgctlSet, SemctlSet, SemctlSetval, SemctlSetall>());
  Restrict(focus.weights, focus.permitted);
  return focus;
}

}  // namespace

bool Focus::Has(Family family) const {
  for (size_t i = 0; i < kOpCount; ++i) {
    if (FamilyOf(i) == family && permitted[i]) return true;
  }
  return false;
}

Focus DrawFocus(Draw& draw, const GenerateOptions& options) {
  static const OpWeights kOrdinary = OrdinaryWeights();
  const Operations families = OfFamilies(options.families);
  if (options.seconds) return FocusOnTimes(families, options.processes);
  Focus focus{.weights = kOrdinary, .permitted = families, .processes = options.processes};
  Restrict(focus.weights, focus.permitted);
  // One number for all of it, so that a fuzzer's input begins with the calls soon; 0 is no swarm.
  const uint64_t seed = options.swarm ? draw.Below(1U << 16) : 0;
  if (seed == 0) return focus;
  SeededDraw each(seed);
  const bool race = options.race;
  const Operations& objects = (race ? PickRacingObjects(each) : PickObjects(each)).operations;
  const Operations& events = (race ? PickRacingEvents(each) : PickEvents(each)).operations;
  const int room = std::max(options.most - options.processes, 0);
  focus.processes += static_cast<int>(each.Below(static_cast<uint64_t>(room) + 1));
  focus.crowded = each.Below(2) == 0;
  focus.edges = each.Below(4) == 0;
  focus.stale = each.Below(3) == 0 ? 3 : 16;
  OpWeights weights = focus.weights;
  FavourEvents(weights, events);
  Restrict(weights, objects | events);
  Swarm(each, weights, objects.all() ? 4 : 8);
  if (IsEmpty(weights)) return focus;
  focus.weights = weights;
  focus.permitted &= objects | events;
  focus.settings = events[IndexOf<Sysctl>()] && focus.permitted[IndexOf<Sysctl>()];
  focus.users = events[IndexOf<Setuid>()] && focus.permitted[IndexOf<Setuid>()];
  return focus;
}

}  // namespace ipcrig
