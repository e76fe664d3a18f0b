// SPDX-License-Identifier: Apache-2.0
//
// shmctl(2).
#include "model/mappings.h"
#include "model/turn.h"

namespace ipcrig {
namespace {

constexpr std::string_view kInvalidShmid = "shmctl(2): invalid shmid";
constexpr std::string_view kBadShmBuffer = "shmctl(2): the address of buf isn't accessible";

void Describe(Turn& turn, int id, const Segment& segment, Expected& expected) {
  const uint32_t status =
      (segment.dest ? abi::kShmDest : 0) | (segment.locked ? abi::kShmLocked : 0);
  for (const Range& number : Turn::StatOf(segment.perm, status)) expected.numbers.push_back(number);
  const int64_t attaches = AttachesOf(turn.s, turn.me.space, id);
  const int64_t nattch = turn.strict() ? attaches : segment.nattch;
  if (nattch != attaches) turn.s.deviations |= DeviationBit(Deviation::kL7);
  for (const int64_t number : {segment.size, int64_t{turn.Number(segment.cpid)},
                               int64_t{turn.Number(segment.lpid)}, nattch}) {
    expected.numbers.push_back(Range::Exactly(number));
  }
  for (const Range& time : {segment.atime, segment.dtime, segment.ctime}) {
    expected.numbers.push_back(time);
  }
  expected.numbers.push_back(Range::Exactly(0));
}

}  // namespace

void ShmctlStat::Model(Turn& turn) const {
  const int id = turn.IdOf(segment);
  const Segment* target = turn.Find(turn.space().segments, id, kInvalidShmid);
  if (target == nullptr) return;
  if (!turn.Permitted(target->perm, kRead)) {
    return turn.Fails(EACCES, "shmctl(2): IPC_STAT needs read permission");
  }
  if (turn.IsBad(buffer, kBadShmBuffer)) return;
  Expected expected;
  Describe(turn, id, *target, expected);
  turn.Returns(std::move(expected), "shmctl(2): IPC_STAT copies the shmid_ds");
}

void ShmctlIndex::Model(Turn& turn) const {
  const auto id = turn.FindIndex(turn.space().segments, turn.IdOf(segment));
  if (!id) return turn.Fails(EINVAL, "shmctl(2): no segment has this index");
  const Segment& target = turn.space().segments.at(*id);
  if (command.Is("SHM_STAT") && !turn.Permitted(target.perm, kRead)) {
    return turn.Fails(EACCES, "shmctl(2): SHM_STAT needs read permission");
  }
  if (turn.IsBad(buffer, kBadShmBuffer)) return;
  Expected expected{.value = *id, .numbers = {Range::Exactly(*id)}};
  Describe(turn, *id, target, expected);
  turn.Returns(std::move(expected), "shmctl(2): SHM_STAT describes the segment with this index");
}

void ShmctlSet::Model(Turn& turn) const {
  const int id = turn.IdOf(segment);
  if (id < 0) return turn.Fails(EINVAL, kInvalidShmid);
  if (turn.IsBad(buffer, kBadShmBuffer)) return;
  Segment* target = turn.Find(turn.space().segments, id, kInvalidShmid);
  if (target == nullptr) return;
  if (!turn.MayChange(target->perm)) {
    return turn.Fails(EPERM, "shmctl(2): IPC_SET needs the owner, the creator or CAP_SYS_ADMIN");
  }
  if (turn.Change(target->perm, settings) != 0) {
    return turn.Fails(EINVAL, "shmctl(2): a user or group id that does not exist here");
  }
  target->ctime = turn.now;
  turn.Returns(0, "shmctl(2): IPC_SET");
}

void ShmctlRmid::Model(Turn& turn) const {
  const int id = turn.IdOf(segment);
  Segment* target = turn.Find(turn.space().segments, id, kInvalidShmid);
  if (target == nullptr) return;
  if (!turn.MayChange(target->perm)) {
    return turn.Fails(EPERM, "shmctl(2): IPC_RMID needs the owner, the creator or CAP_SYS_ADMIN");
  }
  target->dest = true;
  target->perm.key = abi::kIpcPrivate;
  DestroyIfUnused(turn.s, turn.me.space, id);
  turn.Returns(0, "shmctl(2): IPC_RMID; destroyed after the last process detaches it");
}

void ShmctlLock::Model(Turn& turn) const {
  Segment* target = turn.Find(turn.space().segments, turn.IdOf(segment), kInvalidShmid);
  if (target == nullptr) return;
  const bool lock = command.Is("SHM_LOCK");
  if (!turn.Has(abi::kCapIpcLock)) {
    const bool owns = turn.me.who.uid == target->perm.uid || turn.me.who.uid == target->perm.cuid;
    if (!owns || (lock && turn.group.memlock == 0)) {
      return turn.Fails(EPERM, "shmctl(2): SHM_LOCK needs the owner or the creator, and a limit");
    }
  }
  // RLIMIT_MEMLOCK counts what all processes of the user have locked.
  if (lock && !turn.MayLockAnything() && !target->locked && target->huge == 0) {
    turn.MayFail(ENOMEM, "shmctl(2): more than RLIMIT_MEMLOCK of the user would be locked");
    const int64_t page = turn.s.facts.page_size;
    if (turn.s.PagesOf(target->size) > turn.group.memlock / page) return;
  }
  target->locked = lock && target->huge == 0;
  turn.Returns(0, lock ? "shmctl(2): SHM_LOCK" : "shmctl(2): SHM_UNLOCK");
}

void ShmctlIpcInfo::Model(Turn& turn) const {
  if (turn.IdOf(segment) < 0) return turn.Fails(EINVAL, kInvalidShmid);
  if (turn.IsBad(buffer, kBadShmBuffer)) return;
  const Limits& limits = turn.space().limits;
  turn.Returns(Turn::InfoOf({Turn::HighestIndex(turn.space().segments), limits.shmmax, 1,
                             limits.shmmni, limits.shmmni, limits.shmall}),
               "shmctl(2): IPC_INFO: the limits; the highest index in use");
}

void ShmctlShmInfo::Model(Turn& turn) const {
  if (turn.IdOf(segment) < 0) return turn.Fails(EINVAL, kInvalidShmid);
  if (turn.IsBad(buffer, kBadShmBuffer)) return;
  const auto& segments = turn.space().segments;
  int64_t pages = 0;
  int64_t touched = 0;
  bool huge = false;
  for (const auto& [id, one] : segments) {
    pages += turn.s.PagesOf(one.size);
    touched += one.memory.PageCount();
    huge = huge || one.huge != 0;
  }
  Expected expected =
      Turn::InfoOf({Turn::HighestIndex(segments), static_cast<int64_t>(segments.size()), pages});
  const bool swaps = turn.s.facts.swap > 0;
  expected.numbers.push_back({swaps || huge ? 0 : touched, huge ? INT64_MAX : pages});
  expected.numbers.push_back({0, swaps ? pages : 0});
  turn.Returns(std::move(expected), "shmctl(2): SHM_INFO: how many segments and pages there are");
}

void ShmctlOther::Model(Turn& turn) const { turn.Fails(EINVAL, "shmctl(2): invalid cmd"); }

}  // namespace ipcrig
