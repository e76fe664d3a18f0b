// SPDX-License-Identifier: Apache-2.0
//
// Shared memory: ftok(3), shmget(2), shmop(2).
#include <algorithm>

#include "model/mappings.h"
#include "model/turn.h"

namespace ipcrig {
namespace {

constexpr uint32_t kSizeCode = 63U << 26;
// Creating a larger one may fail for want of memory, whatever the limits say.
constexpr int64_t kSurelyAvailable = int64_t{64} << 20;
// More than a process can map on any machine; more than it can on some.
constexpr int64_t kAddressSpace = int64_t{1} << 48;
constexpr int64_t kSmallAddressSpace = int64_t{1} << 32;
// Below, an ordinary user may not map, and a privileged one may: mmap(2), vm.mmap_min_addr.
constexpr int64_t kLowAddress = 65536;

int64_t TotalPages(const State& s, const IpcNamespace& space) {
  int64_t pages = 0;
  for (const auto& [id, segment] : space.segments) pages += s.PagesOf(segment.size);
  return pages;
}

bool LiesIn(const std::vector<Span>& spans, int64_t address, int64_t length) {
  return std::any_of(spans.begin(), spans.end(), [&](const Span& span) {
    return span.address <= address && address + length <= span.address + span.length;
  });
}

bool ReadonlyOf(const ShmatFlags& flags) { return flags.Has(abi::kShmRdonly); }

// shmget(2), SHM_HUGETLB: whether it fails, or may fail, is a matter of the machine. True where it
// cannot succeed.
bool HugePagesFail(Turn& turn, const ShmgetFlags& flags, int64_t size) {
  const Facts& facts = turn.s.facts;
  const bool nobody_has = (flags.bits & kSizeCode) == abi::kShmHugeNone;
  if (nobody_has || facts.huge_page_size == 0) {
    turn.Fails(EINVAL, "shmget(2): SHM_HUGETLB with a size of pages that this machine has not");
    return true;
  }
  if (!turn.MayLockAnything()) {
    turn.MayFail(EPERM, "shmget(2): SHM_HUGETLB needs CAP_IPC_LOCK or a group");
  }
  turn.MayFail(ENOMEM, "shmget(2): not enough huge pages");
  const bool other_size = (flags.bits & kSizeCode) != 0;
  if (other_size) turn.MayFail(EINVAL, "shmget(2): a size of pages that this machine has not");
  const bool reserves = !flags.Has(abi::kShmNoreserve);
  return reserves && !other_size && facts.huge_pages * facts.huge_page_size < size;
}

// The bytes of an attach, which is nowhere longer than the address space.
int64_t LengthOf(const State& s, const Segment& segment) {
  const int64_t page = segment.huge != 0 ? segment.huge : s.facts.page_size;
  return std::min((segment.size - 1) / page + 1, kAddressSpace / page) * page;
}

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
  auto& segments = turn.space().segments;
  Limits& limits = turn.space().limits;
  const bool huge = flags.Has(abi::kShmHugetlb);
  if (huge && size.value < 0) return turn.Fails(EINVAL, "ipcrig makes no segment of such a size");
  const int32_t wanted = turn.KeyOf(key);
  const auto found = FindKey(segments, wanted);
  if (found != segments.end()) {
    if (flags.Has(abi::kIpcCreat | abi::kIpcExcl)) {
      return turn.Fails(EEXIST, "shmget(2): IPC_CREAT and IPC_EXCL, and a segment exists for key");
    }
    if (size.value < 0 || size.value > found->second.size) {
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
  if (size.value < 1 || size.value > limits.shmmax) {
    // As an unsigned number a negative size may be below SHMMAX.
    if (size.value < 0 && limits.shmall < INT64_MAX / turn.s.facts.page_size) {
      turn.MayFail(ENOSPC, "shmget(2): the limit SHMALL");
    }
    return turn.Fails(EINVAL, "shmget(2): size is less than SHMMIN or greater than SHMMAX");
  }
  if (TotalPages(s, turn.space()) > limits.shmall - s.PagesOf(size.value)) {
    return turn.Fails(ENOSPC, "shmget(2): the limit SHMALL");
  }
  if (huge && HugePagesFail(turn, flags, size.value)) return;
  if (size.value > kSurelyAvailable) {
    turn.MayFail(ENOMEM, "shmget(2): no memory could be allocated");
  }
  if (static_cast<int64_t>(segments.size()) >= limits.shmmni) {
    return turn.Fails(ENOSPC, "shmget(2): the limit SHMMNI");
  }
  const auto id = turn.ChooseNewId(segments, ObjectKind::kShm, limits.shm_next_id);
  if (!id) return;
  Segment& segment = segments[*id];
  segment.perm = turn.NewPermissions(wanted, flags.bits);
  segment.size = size.value;
  if (huge) segment.huge = abi::HugePageSize(flags.bits, turn.s.facts.huge_page_size);
  segment.name_key = wanted;
  segment.creator = turn.self();
  segment.cpid = turn.Myself();
  segment.ctime = turn.now;
  if (result.slot >= 0) s.values[result.slot] = *id;
  turn.Returns({.value = *id, .value_name = "a new id"}, "shmget(2): a new segment is created");
}

namespace {

// The attach itself, all being well.
void AttachAt(Turn& turn, const Shmat& call, int id, int64_t wanted, bool anywhere) {
  State& s = turn.s;
  const int64_t page = s.facts.page_size;
  Segment& target = turn.space().segments.at(id);
  const int64_t length = LengthOf(s, target);
  const int64_t serial = s.clock++;
  const int64_t invented = int64_t{1} << 45 | (serial << 30);
  const int64_t at = !anywhere ? wanted : turn.Choose(invented, [&](int64_t chosen) {
    const bool is_address = chosen > 0 && chosen <= INT64_MAX - length && chosen % page == 0;
    return is_address && !Overlaps(turn.group.attaches, chosen, length);
  });
  ++target.nattch;  // while the call lasts, the segment stays
  if (!anywhere) RemoveMappings(s, turn.self(), at, at + length, turn.now);
  --target.nattch;
  const bool readonly = ReadonlyOf(call.flags);
  const uint32_t protection = abi::kProtRead | (readonly ? 0 : abi::kProtWrite) |
                              (call.flags.Has(abi::kShmExec) ? abi::kProtExec : 0);
  const bool marked = target.dest;
  AddMapping(s, turn.self(),
             {.address = at,
              .length = length,
              .space = turn.me.space,
              .segment = id,
              .serial = serial,
              .protection = protection,
              .readonly = readonly},
             turn.now);
  turn.group.covered.push_back({at, length});
  if (call.result.slot >= 0) turn.group.addresses[call.result.slot] = at;
  if (marked) turn.Deviates(Deviation::kL8);
  turn.Returns({.value = at, .value_name = anywhere ? "a free address" : ""},
               "shmop(2): the segment is attached; shm_atime, shm_lpid and shm_nattch are updated");
}

// A shmat that fails so late has been an attach for a moment: if nothing else holds the segment and
// it need not stay, it goes.
void FailLate(Turn& turn, int id, int error, std::string_view rule) {
  const State before = turn.s;
  DestroyIfUnused(turn.s, turn.me.space, id);
  turn.MayFail(error, rule);
  turn.s = before;
}

// A failure to make room for a SHM_REMAP. Some kernels have split by then what lies across its
// borders `at` and `to`, and leave it so.
void FailToMakeRoom(Turn& turn, int id, int error, std::string_view rule, int64_t at, int64_t to) {
  FailLate(turn, id, error, rule);
  const State before = turn.s;
  SplitMappings(turn.s, turn.self(), at, to, turn.now);
  if (turn.group.attaches.size() != before.LeaderOf(turn.self()).attaches.size()) {
    FailLate(turn, id, error, rule);
  }
  turn.s = before;
}

void FailForRoom(Turn& turn, int id, int64_t at, int64_t length, bool remap) {
  constexpr std::string_view kRule = "shmop(2): no room in the address space, or RLIMIT_AS";
  if (!remap) return FailLate(turn, id, ENOMEM, kRule);
  FailToMakeRoom(turn, id, ENOMEM, kRule, at, at + length);
}

// Whether it lies within a huge page.
bool CutsHugePage(const Turn& turn, int64_t address) {
  const Attach* attach = FindMapping(turn.group, address);
  if (attach == nullptr) return false;
  const int64_t huge = SegmentOf(turn.s, *attach).huge;
  return huge != 0 && (address - attach->address) % huge != 0;
}

}  // namespace

void Shmat::Model(Turn& turn) const {
  State& s = turn.s;
  const int64_t page = s.facts.page_size;
  const int id = turn.IdOf(segment);
  int64_t wanted = turn.AddressOf(address);
  const bool anywhere = wanted == 0;
  if (wanted % page != 0 && flags.Has(abi::kShmRnd)) wanted -= wanted % page;
  const bool remap = flags.Has(abi::kShmRemap);
  if (id < 0 || wanted % page != 0 || (remap && wanted == 0)) {
    return turn.Fails(EINVAL,
                      "shmop(2): invalid shmid; unaligned shmaddr without SHM_RND; SHM_REMAP of "
                      "NULL");
  }
  auto& segments = turn.space().segments;
  const auto found = segments.find(id);
  if (found == segments.end()) return turn.Fails(EINVAL, "shmop(2): invalid shmid");
  const Segment& target = found->second;
  const int64_t length = LengthOf(s, target);
  if (remap && wanted >= kLowAddress && turn.Permitted(target.perm, kRead) &&
      !Covered(turn.group.covered, wanted, length)) {
    return turn.Fails(EFAULT, "ipcrig remaps only what attaches have covered");
  }
  const uint32_t bits =
      (ReadonlyOf(flags) ? kRead : kRead | kWrite) | (flags.Has(abi::kShmExec) ? kExecute : 0);
  if (!turn.Permitted(target.perm, bits)) {
    return turn.Fails(EACCES, "shmop(2): the caller has no permission for this kind of attach");
  }
  if (target.dest && (turn.posix() || turn.strict())) {
    turn.MayFail(EINVAL, "shmop(2): the segment is being removed");
  }
  if (length >= kSmallAddressSpace || turn.group.memory_limited) {
    FailForRoom(turn, id, wanted, length, remap);
  }
  if (anywhere && length >= kAddressSpace) return;
  if (anywhere) return AttachAt(turn, *this, id, wanted, true);
  if (target.huge != 0 && wanted % target.huge != 0) {
    return FailLate(turn, id, EINVAL, "mmap(2): MAP_HUGETLB: addr is no multiple of the page size");
  }
  constexpr std::string_view kParts = "mmap(2): no part of a huge page can be unmapped";
  if (remap && CutsHugePage(turn, wanted)) return FailLate(turn, id, EINVAL, kParts);
  if (remap && CutsHugePage(turn, wanted + length)) {
    return FailToMakeRoom(turn, id, EINVAL, kParts, wanted, wanted);
  }
  const bool taken = !remap && Overlaps(turn.group.attaches, wanted, length);
  if (wanted < kLowAddress) FailLate(turn, id, EPERM, "mmap(2): below vm.mmap_min_addr");
  if (taken && wanted == 0 && !turn.strict()) {
    turn.Deviates(Deviation::kL10);
    return AttachAt(turn, *this, id, wanted, false);
  }
  if (!remap && (taken || !LiesIn(turn.group.holes, wanted, length))) {
    FailLate(turn, id, EINVAL, "shmop(2): shmaddr is in use, and no SHM_REMAP");
  }
  if (!taken) AttachAt(turn, *this, id, wanted, false);
}

void Shmdt::Model(Turn& turn) const {
  const int64_t at = turn.AddressOf(address);
  const std::vector<Attach> attaches = turn.group.attaches;
  // Pieces of one attach lie where the whole of it would: mprotect(2) and munmap(2) leave such.
  const auto belongs = [&](const Attach& attach) { return attach.address - at == attach.offset; };
  const auto first = std::find_if(attaches.begin(), attaches.end(), [&](const Attach& attach) {
    return attach.End() > at && belongs(attach);
  });
  if (at % turn.s.facts.page_size != 0 || first == attaches.end()) {
    return turn.Fails(EINVAL, "shmop(2): no segment is attached at shmaddr");
  }
  const int64_t length = LengthOf(turn.s, SegmentOf(turn.s, *first));
  const int64_t serial = first->serial;
  for (const Attach& attach : attaches) {
    const bool later = attach.address > first->address && attach.End() - at <= length;
    const bool piece =
        attach.address == first->address || (later && belongs(attach) && attach.serial == serial);
    if (piece) RemoveMappings(turn.s, turn.self(), attach.address, attach.End(), turn.now);
  }
  turn.Returns(0, "shmop(2): the segment is detached; the last detach of a marked one destroys it");
}

}  // namespace ipcrig
