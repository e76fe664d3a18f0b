// SPDX-License-Identifier: Apache-2.0
#include "gen/families.h"

#include <algorithm>
#include <numeric>

#include "gen/draws.h"

namespace ipcrig {
namespace {

constexpr std::string_view kFamilyNames[] = {"shm",  "memory",  "msg",     "sem",
                                             "pipe", "process", "identity"};

// The first operation of each family.
constexpr size_t kFirsts[] = {IndexOf<Ftok>(),   IndexOf<Store>(), IndexOf<Msgget>(),
                              IndexOf<Semget>(), IndexOf<Pipe>(),  IndexOf<Fork>(),
                              IndexOf<Setuid>()};

template <typename... Ops>
void SetWeights(OpWeights& weights, uint32_t weight) {
  ((weights[IndexOf<Ops>()] = weight), ...);
}

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

}  // namespace

std::span<const std::string_view> FamilyNames() { return kFamilyNames; }

Family FamilyOf(size_t index) {
  const auto* after = std::upper_bound(std::begin(kFirsts), std::end(kFirsts), index);
  return static_cast<Family>(after - std::begin(kFirsts) - 1);
}

std::optional<uint32_t> FamiliesOf(std::string_view list) {
  uint32_t families = 0;
  while (true) {
    const std::string_view name = list.substr(0, list.find(','));
    const auto* found = std::find(std::begin(kFamilyNames), std::end(kFamilyNames), name);
    if (found == std::end(kFamilyNames)) return std::nullopt;
    families |= 1U << static_cast<uint32_t>(found - std::begin(kFamilyNames));
    if (name.size() == list.size()) return families;
    list.remove_prefix(name.size() + 1);
  }
}

OpWeights DrawWeights(Draw& draw, const WeightOptions& options) {
  constexpr uint32_t kFavour = 4;
  static const OpWeights kOrdinary = OrdinaryWeights();
  OpWeights weights = kOrdinary;
  // One number for all of them, so that a fuzzer's input begins with the calls soon; 0 is no swarm.
  const uint64_t seed = options.swarm ? draw.Below(1U << 16) : 0;
  SeededDraw each(seed);
  for (size_t i = 0; i < kOpCount; ++i) {
    if ((options.families & FamilyBit(FamilyOf(i))) == 0) weights[i] = 0;
    if (seed == 0) continue;
    const uint64_t fate = each.Below(4);
    if (fate == 0) weights[i] = 0;
    if (fate == 1) weights[i] *= kFavour;
  }
  return weights;
}

std::optional<size_t> PickIndex(Draw& draw, const OpWeights& weights) {
  const uint64_t all = std::accumulate(weights.begin(), weights.end(), uint64_t{0});
  if (all == 0) return std::nullopt;
  uint64_t at = draw.Below(all);
  size_t index = 0;
  while (at >= weights[index]) at -= weights[index++];
  return index;
}

}  // namespace ipcrig
