// SPDX-License-Identifier: Apache-2.0
//
// Accesses to attached memory, and what mprotect(2), munmap(2), mremap(2), mlock(2), madvise(2) and
// proc(5) do to a mapping and say of it.
#include <algorithm>

#include "model/mappings.h"
#include "model/turn.h"

namespace ipcrig {
namespace {

constexpr uint32_t kProtAny = abi::kProtRead | abi::kProtWrite | abi::kProtExec;

// How an access went: 0, or the signal of its first byte that is not accessible.
template <typename Function>
int ForEachPiece(Turn& turn, int64_t address, int64_t length, bool write, Function f) {
  for (int64_t done = 0; done < length;) {
    const Attach* attach = FindMapping(turn.group, address + done);
    const uint32_t enough = write ? abi::kProtWrite : kProtAny;
    if (attach == nullptr || (attach->protection & enough) == 0) return abi::kSigsegv;
    Segment& segment = SegmentOf(turn.s, *attach);
    const int64_t at = address + done - attach->address + attach->offset;
    const int64_t size = turn.s.PagesOf(segment.size) * turn.s.facts.page_size;
    if (at >= size && segment.huge == 0) return abi::kSigbus;
    const int64_t end =
        segment.huge != 0 ? attach->End() : std::min(attach->End(), address + done + size - at);
    const int64_t part = std::min(length - done, end - (address + done));
    f(segment, at, done, part);
    done += part;
  }
  return 0;
}

// The branch of an access. A huge page may be missing when it is touched.
void Answer(Turn& turn, int signal, Expected expected) {
  const auto& attaches = turn.group.attaches;
  const bool huge = std::any_of(attaches.begin(), attaches.end(), [&](const Attach& attach) {
    return SegmentOf(turn.s, attach).huge != 0;
  });
  if (huge) turn.MayFault(abi::kSigbus, "mmap(2): MAP_HUGETLB: no huge page is free");
  if (signal == 0) {
    turn.Returns(std::move(expected), "shmop(2): attached memory is ordinary memory");
  } else {
    turn.Faults(signal, signal == abi::kSigbus ? "mmap(2): beyond the end of the segment"
                                               : "shmop(2): no attach permits this access");
  }
}

// A read of what may only be executed: processors with protection keys refuse it, others cannot.
void MayRefuseToRead(Turn& turn, int64_t from, int64_t length) {
  const auto& attaches = turn.group.attaches;
  const bool refused = std::any_of(attaches.begin(), attaches.end(), [&](const Attach& attach) {
    return attach.address < from + length && from < attach.End() &&
           attach.protection == abi::kProtExec;
  });
  if (refused) turn.MayFault(abi::kSigsegv, "mprotect(2): PROT_EXEC alone may forbid to read");
}

// Whole pages from an address on; false and a branch where ipcrig keeps away.
bool Harmless(Turn& turn, int64_t from, int64_t length) {
  if (Covered(turn.group.covered, from, length)) return true;
  turn.Fails(EFAULT, "ipcrig touches only what attaches have covered");
  return false;
}

int64_t Aligned(const Turn& turn, int64_t length) {
  return turn.s.PagesOf(length) * turn.s.facts.page_size;
}

// Whether the mapped pages of [from, to) can be brought in: readable, and within their segments.
bool Present(Turn& turn, int64_t from, int64_t to) {
  const auto& attaches = turn.group.attaches;
  return std::none_of(attaches.begin(), attaches.end(), [&](const Attach& attach) {
    const int64_t end = std::min(attach.End(), to);
    if (attach.address >= to || attach.End() <= from) return false;
    const Segment& segment = SegmentOf(turn.s, attach);
    const int64_t size = turn.s.PagesOf(segment.size) * turn.s.facts.page_size;
    const bool beyond = segment.huge == 0 && end - attach.address + attach.offset > size;
    return beyond || attach.protection == 0;
  });
}

// Whether mappings cover all of [from, to).
bool Mapped(const Turn& turn, int64_t from, int64_t to) {
  for (int64_t at = from; at < to;) {
    const Attach* attach = FindMapping(turn.group, at);
    if (attach == nullptr) return false;
    at = attach->End();
  }
  return true;
}

}  // namespace

void Store::Model(Turn& turn) const {
  const std::string bytes = text.Bytes();
  const int signal = ForEachPiece(
      turn, turn.AddressOf(address) + offset.value, static_cast<int64_t>(bytes.size()), true,
      [&](Segment& target, int64_t at, int64_t from, int64_t length) {
        target.memory.Write(at, std::string_view(bytes).substr(static_cast<size_t>(from),
                                                               static_cast<size_t>(length)));
      });
  Answer(turn, signal, {});
}

void Load::Model(Turn& turn) const {
  std::string bytes;
  const int signal = ForEachPiece(turn, turn.AddressOf(address) + offset.value, length.value, false,
                                  [&](Segment& target, int64_t at, int64_t, int64_t part) {
                                    bytes += target.memory.Read(at, part);
                                  });
  MayRefuseToRead(turn, turn.AddressOf(address) + offset.value, length.value);
  Answer(turn, signal, {.value = length.value, .bytes = bytes});
}

void Fill::Model(Turn& turn) const {
  const int signal = ForEachPiece(turn, turn.AddressOf(address) + offset.value, length.value, true,
                                  [&](Segment& target, int64_t at, int64_t, int64_t part) {
                                    target.memory.Fill(at, part, static_cast<char>(byte.value));
                                  });
  Answer(turn, signal, {});
}

void Verify::Model(Turn& turn) const {
  int64_t other = 0;
  const int signal =
      ForEachPiece(turn, turn.AddressOf(address) + offset.value, length.value, false,
                   [&](Segment& target, int64_t at, int64_t, int64_t part) {
                     other += target.memory.CountOther(at, part, static_cast<char>(byte.value));
                   });
  MayRefuseToRead(turn, turn.AddressOf(address) + offset.value, length.value);
  Answer(turn, signal, {.value = other});
}

void Mprotect::Model(Turn& turn) const {
  const int64_t from = turn.AddressOf(address);
  if (!Harmless(turn, from, length.value)) return;
  if (from % turn.s.facts.page_size != 0) return turn.Fails(EINVAL, "mprotect(2): unaligned addr");
  const int64_t to = from + Aligned(turn, length.value);
  const bool permitted =
      ChangeMappings(turn.s, turn.self(), from, to, turn.now, [&](Attach& attach) {
        if (attach.readonly && protection.Has(abi::kProtWrite)) return false;
        attach.protection = protection.bits;
        return true;
      });
  if (!permitted) {
    return turn.Fails(EACCES, "mprotect(2): PROT_WRITE of a segment attached with SHM_RDONLY");
  }
  if (!Mapped(turn, from, to)) return turn.Fails(ENOMEM, "mprotect(2): pages that are not mapped");
  turn.Returns(0, "mprotect(2): the protection of the pages is changed");
}

void Munmap::Model(Turn& turn) const {
  const int64_t from = turn.AddressOf(address);
  if (!Harmless(turn, from, length.value)) return;
  if (from % turn.s.facts.page_size != 0 || length.value == 0) {
    return turn.Fails(EINVAL, "mmap(2): unaligned addr, or length 0");
  }
  RemoveMappings(turn.s, turn.self(), from, from + Aligned(turn, length.value), turn.now);
  turn.Returns(0, "mmap(2): munmap deletes the mappings of the range");
}

namespace {

constexpr std::string_view kNotOneMapping = "mremap(2): the range is not one mapping";

// mremap(2): which errors the arguments have by themselves.
bool IsWrongRemap(const Turn& turn, const Mremap& call, int64_t from, int64_t to) {
  const int64_t page = turn.s.facts.page_size;
  const bool moves = call.flags.Has(abi::kMremapMaymove);
  const bool fixed = call.flags.Has(abi::kMremapFixed);
  const bool keeps = call.flags.Has(abi::kMremapDontunmap);
  const int64_t old_length = Aligned(turn, call.old_length.value);
  const int64_t length = Aligned(turn, call.length.value);
  if (from % page != 0 || length == 0 || (fixed && !moves) || (keeps && !moves)) return true;
  if (keeps && old_length != length) return true;
  if (!fixed && !keeps) return false;
  return to % page != 0 || (from < to + length && to < from + old_length);
}

// The part that is moved or copied becomes a mapping at `to`.
void Move(Turn& turn, const Mremap& call, const Attach& from_piece, int64_t from, int64_t to) {
  const int64_t old_length = Aligned(turn, call.old_length.value);
  Attach piece = from_piece;
  piece.offset += from - piece.address;
  piece.address = to;
  piece.length = Aligned(turn, call.length.value);
  AddMapping(turn.s, turn.self(), piece, turn.now);
  const bool keeps = call.flags.Has(abi::kMremapDontunmap) || old_length == 0;
  if (!keeps) RemoveMappings(turn.s, turn.self(), from, from + old_length, turn.now);
  if (keeps && old_length != 0) {
    ChangeMappings(turn.s, turn.self(), from, from + old_length, turn.now, [](Attach& attach) {
      attach.locked = false;
      return true;
    });
  }
}

// The mapping is at `at` now.
void Note(Turn& turn, const Mremap& call, int64_t at) {
  if (call.result.slot >= 0) turn.group.addresses[call.result.slot] = at;
  turn.group.covered.push_back({at, Aligned(turn, call.length.value)});
}

// MREMAP_FIXED. What it would move may have lain where it goes.
void MoveTo(Turn& turn, const Mremap& call, int64_t from, int64_t to) {
  const int64_t old_length = Aligned(turn, call.old_length.value);
  const int64_t length = Aligned(turn, call.length.value);
  constexpr std::string_view kNoMemory = "mremap(2): RLIMIT_AS";
  if (turn.group.memory_limited) turn.MayFail(ENOMEM, kNoMemory);
  RemoveMappings(turn.s, turn.self(), to, to + length, turn.now);
  if (turn.group.memory_limited) turn.MayFail(ENOMEM, kNoMemory);
  // What it shrinks by is unmapped before, whatever lies there.
  RemoveMappings(turn.s, turn.self(), from + length, from + old_length, turn.now);
  const Attach* left = FindMapping(turn.group, from);
  if (left == nullptr) return turn.Fails(EFAULT, kNotOneMapping);
  Move(turn, call, Attach(*left), from, to);
  Note(turn, call, to);
  turn.Returns(to, "mremap(2): MREMAP_FIXED: the mapping moves to new_address");
}

// What lies behind the mapping is known where it is an attach.
void MayGrow(Turn& turn, const Mremap& call, const Attach& old, int64_t from) {
  const int64_t more = Aligned(turn, call.length.value) - Aligned(turn, call.old_length.value);
  if (Overlaps(turn.group.attaches, old.End(), more)) return;
  const State before = turn.s;
  for (Attach& attach : turn.group.attaches) {
    if (attach.address == old.address) attach.length += more;
  }
  Note(turn, call, from);
  turn.MayReturn({.value = from}, "mremap(2): the mapping grows where it is");
  turn.s = before;
}

void MoveAnywhere(Turn& turn, const Mremap& call, const Attach& old, int64_t from) {
  const int64_t page = turn.s.facts.page_size;
  const int64_t length = Aligned(turn, call.length.value);
  const int64_t invented = int64_t{1} << 46 | (turn.s.clock++ << 30);
  const int64_t at = turn.Choose(invented, [&](int64_t seen) {
    return seen > 0 && seen % page == 0 && seen != from &&
           !Overlaps(turn.group.attaches, seen, length);
  });
  Move(turn, call, old, from, at);
  Note(turn, call, at);
  turn.Returns({.value = at, .value_name = "a free address"},
               "mremap(2): MREMAP_MAYMOVE: the mapping moves");
}

}  // namespace

void Mremap::Model(Turn& turn) const {
  const int64_t from = turn.AddressOf(this->address);
  const int64_t to = turn.AddressOf(target);
  const int64_t old_aligned = Aligned(turn, old_length.value);
  const int64_t aligned = Aligned(turn, length.value);
  const bool fixed = flags.Has(abi::kMremapFixed);
  if (!Harmless(turn, from, std::max<int64_t>(old_length.value, 1))) return;
  if (fixed && !Harmless(turn, to, length.value)) return;
  const Attach* piece = FindMapping(turn.group, from);
  if (IsWrongRemap(turn, *this, from, to)) {
    // Linux looks at the arguments after the mapping, or before: since 6.17.
    const bool one = piece != nullptr && from + old_aligned <= piece->End();
    if (!one) turn.MayFail(EFAULT, kNotOneMapping);
    return turn.Fails(EINVAL, "mremap(2): invalid argument");
  }
  if (flags.Has(abi::kMremapDontunmap) && old_length.value != length.value) {
    turn.MayFail(EINVAL, "mremap(2): MREMAP_DONTUNMAP with two sizes, compared before rounding");
  }
  const bool stays = !fixed && !flags.Has(abi::kMremapDontunmap);
  // Where it shrinks, only what is left has to be one mapping, if it moves.
  const int64_t one = fixed ? std::min(aligned, old_aligned) : old_aligned;
  if (piece == nullptr || (from + one > piece->End() && !(stays && aligned <= old_aligned))) {
    return turn.Fails(EFAULT, kNotOneMapping);
  }
  if (stays && old_aligned != 0 && aligned <= old_aligned) {
    RemoveMappings(turn.s, turn.self(), from + aligned, from + old_aligned, turn.now);
    Note(turn, *this, from);
    return turn.Returns(from, "mremap(2): the mapping shrinks");
  }
  if (fixed) return MoveTo(turn, *this, from, to);
  const Attach old = *piece;
  turn.MayFail(ENOMEM, "mremap(2): the area cannot be expanded here, or a limit");
  const bool to_the_end = old_aligned != 0 && from + old_aligned == old.End();
  if (stays && to_the_end) MayGrow(turn, *this, old, from);
  if (flags.Has(abi::kMremapMaymove)) MoveAnywhere(turn, *this, old, from);
}

namespace {

// The pages that a range touches.
Span TouchedPages(const Turn& turn, int64_t at, int64_t length) {
  const int64_t page = turn.s.facts.page_size;
  const int64_t from = at / page * page;
  return {from, Aligned(turn, length + at - from)};
}

}  // namespace

void Mlock::Model(Turn& turn) const {
  const int64_t at = turn.AddressOf(address);
  if (!Harmless(turn, at, length.value)) return;
  const Span pages = TouchedPages(turn, at, length.value);
  const bool limited = !turn.MayLockAnything();
  if (limited && turn.group.memlock == 0) return turn.Fails(EPERM, "mlock(2): RLIMIT_MEMLOCK is 0");
  if (limited && length.value > 0) {
    turn.MayFail(ENOMEM, "mlock(2): more than RLIMIT_MEMLOCK would be locked");
    if (pages.length > turn.group.memlock) return;
  }
  ChangeMappings(turn.s, turn.self(), pages.address, pages.End(), turn.now, [](Attach& attach) {
    attach.locked = true;
    return true;
  });
  if (!Mapped(turn, pages.address, pages.End())) {
    return turn.Fails(ENOMEM, "mlock(2): pages that are not mapped");
  }
  if (!Present(turn, pages.address, pages.End())) {
    return turn.Fails(ENOMEM, "mlock(2): pages that cannot be read");
  }
  turn.Returns(0, "mlock(2): the pages are locked");
}

void Munlock::Model(Turn& turn) const {
  const int64_t at = turn.AddressOf(address);
  if (!Harmless(turn, at, length.value)) return;
  const Span pages = TouchedPages(turn, at, length.value);
  ChangeMappings(turn.s, turn.self(), pages.address, pages.End(), turn.now, [](Attach& attach) {
    attach.locked = false;
    return true;
  });
  if (!Mapped(turn, pages.address, pages.End())) {
    return turn.Fails(ENOMEM, "mlock(2): pages that are not mapped");
  }
  turn.Returns(0, "mlock(2): the pages are unlocked");
}

void Madvise::Model(Turn& turn) const {
  const int64_t from = turn.AddressOf(address);
  if (!Harmless(turn, from, length.value)) return;
  if (from % turn.s.facts.page_size != 0) return turn.Fails(EINVAL, "madvise(2): unaligned addr");
  const int64_t to = from + Aligned(turn, length.value);
  int error = 0;
  const auto change = [&](Attach& attach) {
    const bool removes = advice.Is("MADV_REMOVE");
    const bool drops = removes || advice.Is("MADV_DONTNEED");
    if (drops && attach.locked) error = EINVAL;
    if (removes && error == 0 && attach.readonly) error = EACCES;
    if (error != 0) return false;
    if (!drops) attach.dontfork = advice.Is("MADV_DONTFORK");
    if (removes) {
      const int64_t begin = std::max(from, attach.address);
      const int64_t end = std::min(to, attach.End());
      SegmentOf(turn.s, attach).memory.Punch(begin - attach.address + attach.offset, end - begin);
    }
    return true;
  };
  // Unlike the others it goes on behind a hole.
  for (int64_t at = from; at < to && error == 0;) {
    const Attach* attach = FindMapping(turn.group, at);
    const int64_t end = attach == nullptr ? at + turn.s.facts.page_size : attach->End();
    ChangeMappings(turn.s, turn.self(), at, std::min(end, to), turn.now, change);
    at = end;
  }
  if (error != 0) {
    return turn.Fails(error, "madvise(2): EINVAL: locked pages; EACCES: not a writable mapping");
  }
  if (!Mapped(turn, from, to)) return turn.Fails(ENOMEM, "madvise(2): pages that are not mapped");
  turn.Returns(0, "madvise(2)");
}

void Maps::Model(Turn& turn) const {
  const Attach* attach = FindMapping(turn.group, turn.AddressOf(address));
  if (attach == nullptr) return turn.Fails(ENOENT, "proc(5): no segment is mapped here");
  const Segment& segment = SegmentOf(turn.s, *attach);
  Expected expected =
      Turn::InfoOf({0, attach->segment, attach->offset, attach->length, attach->protection});
  // The name keeps the key with which the segment was created.
  expected.numbers[0] = Range::Exactly(segment.name_key);
  turn.Returns(std::move(expected),
               "proc(5): /proc/PID/maps: SYSV and the key; the inode is the id");
}

}  // namespace ipcrig
