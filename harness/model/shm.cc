// SPDX-License-Identifier: Apache-2.0
//
// Shared memory: ftok(3), shmget(2), shmop(2), shmctl(2), and accesses to what is attached.
#include <algorithm>

#include "model/turn.h"

namespace ipcrig {
namespace {

constexpr uint32_t kRead = 0444;
constexpr uint32_t kReadWrite = 0666;
// Creating a larger one may fail for want of memory, whatever the limits say.
constexpr int64_t kSurelyAvailable = int64_t{64} << 20;

int64_t TotalPages(const State& s) {
  int64_t pages = 0;
  for (const auto& [id, segment] : s.segments) pages += s.PagesOf(segment.size);
  return pages;
}

bool Overlaps(const std::vector<Attach>& ranges, int64_t address, int64_t length) {
  return std::any_of(ranges.begin(), ranges.end(), [&](const Attach& range) {
    return address < range.address + range.length && range.address < address + length;
  });
}

bool LiesIn(const std::vector<Attach>& ranges, int64_t address, int64_t length) {
  return std::any_of(ranges.begin(), ranges.end(), [&](const Attach& range) {
    return range.address <= address && address + length <= range.address + range.length;
  });
}

// Calls f(segment, offset in the segment, offset in the access, length) for each attached piece of
// an access, in the order of addresses. False at the first byte that may not be accessed: the
// pieces before it have been accessed by then.
template <typename Function>
bool ForEachPiece(Turn& turn, int64_t address, int64_t length, bool write, Function f) {
  int64_t done = 0;
  while (done < length) {
    const auto& attaches = turn.me.attaches;
    const auto it = std::find_if(attaches.begin(), attaches.end(), [&](const Attach& attach) {
      return attach.address <= address + done && address + done < attach.address + attach.length;
    });
    if (it == attaches.end() || (write && it->readonly)) return false;
    const int64_t at = address + done - it->address;
    const int64_t part = std::min(length - done, it->length - at);
    f(turn.s.segments.at(it->segment), at, done, part);
    done += part;
  }
  return true;
}

// The branch of an access that was (not) possible.
void Answer(Turn& turn, bool possible, Expected expected) {
  if (possible) {
    turn.Returns(std::move(expected), "shmop(2): attached memory is ordinary memory");
  } else {
    turn.Faults(abi::kSigsegv, "shmop(2): no attach permits this access");
  }
}

bool ReadonlyOf(const ShmatFlags& flags) { return flags.Has(abi::kShmRdonly); }

}  // namespace

void Ftok::Model(Turn& turn) const {
  // The outcome carries what stat(2) said of the path: an error, or st_dev and st_ino.
  const Outcome* seen = turn.seen();
  const bool known = seen != nullptr && seen->numbers.size() == 3;
  const int64_t error = known ? seen->numbers[0] : 0;
  const int64_t dev = known ? seen->numbers[1] : 0;
  const int64_t ino = known ? seen->numbers[2] : 0;
  const auto key = static_cast<int32_t>(static_cast<uint32_t>(id.value & 0xff) << 24 |
                                        static_cast<uint32_t>(dev & 0xff) << 16 |
                                        static_cast<uint32_t>(ino & 0xffff));
  if (result.slot >= 0) turn.s.values[result.slot] = error != 0 ? -1 : key;
  const std::vector<Range> numbers{Range::Exactly(error), Range::Exactly(dev), Range::Exactly(ino)};
  if (error != 0) {
    Expected failed{.kind = Outcome::Kind::kFailed, .value = error, .numbers = numbers};
    return turn.Returns(std::move(failed), "ftok(3): errno is as for stat(2)");
  }
  turn.Returns({.value = key, .numbers = numbers},
               "ftok(3): the low bits of id, st_dev and st_ino");
}

void Shmget::Model(Turn& turn) const {
  State& s = turn.s;
  const int32_t wanted = turn.KeyOf(key);
  const auto found = FindKey(s.segments, wanted);
  if (found != s.segments.end()) {
    if (flags.Has(abi::kIpcCreat | abi::kIpcExcl)) {
      return turn.Fails(EEXIST, "shmget(2): IPC_CREAT and IPC_EXCL, and a segment exists for key");
    }
    if (size.value > found->second.size) {
      return turn.Fails(EINVAL, "shmget(2): size is greater than the segment that exists");
    }
    if (!turn.Permitted(found->second.perm, flags.bits)) {
      return turn.Fails(EACCES, "shmget(2): the caller has no permission to access the segment");
    }
    if (result.slot >= 0) s.values[result.slot] = found->first;
    return turn.Returns(found->first, "shmget(2): the identifier of the segment with this key");
  }
  if (wanted != abi::kIpcPrivate && !flags.Has(abi::kIpcCreat)) {
    return turn.Fails(ENOENT, "shmget(2): no segment exists for key, and no IPC_CREAT");
  }
  if (size.value < 1 || size.value > s.facts.shmmax) {
    return turn.Fails(EINVAL, "shmget(2): size is less than SHMMIN or greater than SHMMAX");
  }
  if (static_cast<int64_t>(s.segments.size()) >= s.facts.shmmni ||
      TotalPages(s) > s.facts.shmall - s.PagesOf(size.value)) {
    return turn.Fails(ENOSPC, "shmget(2): the limits SHMMNI or SHMALL");
  }
  if (size.value > kSurelyAvailable) {
    turn.Fails(ENOMEM, "shmget(2): no memory could be allocated");
  }
  const int id = turn.ChooseNewId(s.segments);
  Segment& segment = s.segments[id];
  segment.perm = turn.NewPermissions(wanted, flags.bits);
  segment.size = size.value;
  segment.cpid = turn.me.pid;
  segment.ctime = turn.now;
  if (result.slot >= 0) s.values[result.slot] = id;
  turn.Returns({.value = id, .value_name = "a new id"}, "shmget(2): a new segment is created");
}

void Shmat::Model(Turn& turn) const {
  State& s = turn.s;
  const int64_t page = s.facts.page_size;
  const int id = turn.IdOf(segment);
  int64_t wanted = turn.AddressOf(address);
  if (wanted % page != 0 && flags.Has(abi::kShmRnd)) wanted -= wanted % page;
  if (id < 0 || wanted % page != 0) {
    return turn.Fails(EINVAL, "shmop(2): invalid shmid, or unaligned shmaddr without SHM_RND");
  }
  const auto found = s.segments.find(id);
  if (found == s.segments.end()) return turn.Fails(EINVAL, "shmop(2): invalid shmid");
  Segment& target = found->second;
  if (!turn.Permitted(target.perm, ReadonlyOf(flags) ? kRead : kReadWrite)) {
    return turn.Fails(EACCES, "shmop(2): the caller has no permission for this kind of attach");
  }
  const int64_t length = s.PagesOf(target.size) * page;
  if (wanted != 0) {
    const bool taken = Overlaps(turn.me.attaches, wanted, length);
    const bool free = !taken && LiesIn(turn.me.holes, wanted, length);
    if (!free) turn.Fails(EINVAL, "shmop(2): shmaddr is in use, and no SHM_REMAP");
    if (taken) return;
  }
  const int64_t invented = int64_t{1} << 45 | (s.clock++ << 30);
  const int64_t at = wanted != 0 ? wanted : turn.Choose(invented, [&](int64_t chosen) {
    return chosen > 0 && chosen % page == 0 && !Overlaps(turn.me.attaches, chosen, length);
  });
  turn.me.attaches.push_back({at, length, id, ReadonlyOf(flags)});
  target.atime = turn.now;
  target.lpid = turn.me.pid;
  ++target.nattch;
  if (result.slot >= 0) turn.me.addresses[result.slot] = at;
  turn.Returns({.value = at, .value_name = wanted == 0 ? "a free address" : ""},
               "shmop(2): the segment is attached; shm_atime, shm_lpid and shm_nattch are updated");
}

void Shmdt::Model(Turn& turn) const {
  const int64_t at = turn.AddressOf(address);
  auto& attaches = turn.me.attaches;
  const auto found = std::find_if(attaches.begin(), attaches.end(),
                                  [&](const Attach& attach) { return attach.address == at; });
  if (found == attaches.end()) {
    return turn.Fails(EINVAL, "shmop(2): no segment is attached at shmaddr");
  }
  const Attach attach = *found;
  attaches.erase(found);
  turn.me.holes.push_back(attach);
  Detach(turn.s, turn.self(), attach, turn.now);
  turn.Returns(0, "shmop(2): the segment is detached; the last detach of a marked one destroys it");
}

void ShmctlStat::Model(Turn& turn) const {
  const auto found = turn.s.segments.find(turn.IdOf(segment));
  if (found == turn.s.segments.end()) return turn.Fails(EINVAL, "shmctl(2): invalid shmid");
  const Segment& target = found->second;
  if (!turn.Permitted(target.perm, kRead)) {
    return turn.Fails(EACCES, "shmctl(2): IPC_STAT needs read permission");
  }
  Expected expected{.numbers = Turn::StatOf(target.perm, target.dest ? abi::kShmDest : 0)};
  for (const int64_t number :
       {target.size, int64_t{target.cpid}, int64_t{target.lpid}, target.nattch}) {
    expected.numbers.push_back(Range::Exactly(number));
  }
  for (const Range& time : {target.atime, target.dtime, target.ctime}) {
    expected.numbers.push_back(time);
  }
  turn.Returns(std::move(expected), "shmctl(2): IPC_STAT copies the shmid_ds");
}

void ShmctlSet::Model(Turn& turn) const {
  const auto found = turn.s.segments.find(turn.IdOf(segment));
  if (found == turn.s.segments.end()) return turn.Fails(EINVAL, "shmctl(2): invalid shmid");
  if (!turn.MayChange(found->second.perm)) {
    return turn.Fails(EPERM, "shmctl(2): IPC_SET needs the owner, the creator or CAP_SYS_ADMIN");
  }
  if (turn.Change(found->second.perm, settings) != 0) {
    return turn.Fails(EINVAL, "shmctl(2): a user or group id that does not exist here");
  }
  found->second.ctime = turn.now;
  turn.Returns(0, "shmctl(2): IPC_SET");
}

void ShmctlRmid::Model(Turn& turn) const {
  const auto found = turn.s.segments.find(turn.IdOf(segment));
  if (found == turn.s.segments.end()) return turn.Fails(EINVAL, "shmctl(2): invalid shmid");
  Segment& target = found->second;
  if (!turn.MayChange(target.perm)) {
    return turn.Fails(EPERM, "shmctl(2): IPC_RMID needs the owner, the creator or CAP_SYS_ADMIN");
  }
  if (target.nattch == 0) {
    turn.s.segments.erase(found);
  } else {
    target.dest = true;
    target.perm.key = abi::kIpcPrivate;
  }
  turn.Returns(0, "shmctl(2): IPC_RMID; destroyed after the last process detaches it");
}

void Store::Model(Turn& turn) const {
  const std::string bytes = text.Bytes();
  const bool possible = ForEachPiece(
      turn, turn.AddressOf(address) + offset.value, static_cast<int64_t>(bytes.size()), true,
      [&](Segment& target, int64_t at, int64_t from, int64_t length) {
        target.memory.Write(at, std::string_view(bytes).substr(static_cast<size_t>(from),
                                                               static_cast<size_t>(length)));
      });
  Answer(turn, possible, {});
}

void Load::Model(Turn& turn) const {
  std::string bytes;
  const bool possible =
      ForEachPiece(turn, turn.AddressOf(address) + offset.value, length.value, false,
                   [&](Segment& target, int64_t at, int64_t, int64_t part) {
                     bytes += target.memory.Read(at, part);
                   });
  Answer(turn, possible, {.value = length.value, .bytes = bytes});
}

void Fill::Model(Turn& turn) const {
  const bool possible = ForEachPiece(turn, turn.AddressOf(address) + offset.value, length.value,
                                     true, [&](Segment& target, int64_t at, int64_t, int64_t part) {
                                       target.memory.Fill(at, part, static_cast<char>(byte.value));
                                     });
  Answer(turn, possible, {});
}

void Verify::Model(Turn& turn) const {
  int64_t other = 0;
  const bool possible =
      ForEachPiece(turn, turn.AddressOf(address) + offset.value, length.value, false,
                   [&](Segment& target, int64_t at, int64_t, int64_t part) {
                     other += target.memory.CountOther(at, part, static_cast<char>(byte.value));
                   });
  Answer(turn, possible, {.value = other});
}

}  // namespace ipcrig
