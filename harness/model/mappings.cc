// SPDX-License-Identifier: Apache-2.0
#include "model/mappings.h"

#include <algorithm>
#include <set>
#include <tuple>

namespace ipcrig {
namespace {

void NoteOpen(State& state, int process, const Attach& attach, Range now) {
  Segment& segment = SegmentOf(state, attach);
  ++segment.nattch;
  segment.atime = now;
  segment.lpid = {state.process(process).leader};
}

void NoteClose(State& state, int process, const Attach& attach, Range now) {
  Segment& segment = SegmentOf(state, attach);
  --segment.nattch;
  segment.dtime = now;
  segment.lpid = {state.process(process).leader};
  DestroyIfUnused(state, attach.space, attach.segment);
}

void Sort(std::vector<Attach>& attaches) {
  std::sort(attaches.begin(), attaches.end(),
            [](const Attach& a, const Attach& b) { return a.address < b.address; });
}

// Cuts the mapping that has the address inside, in two.
void SplitAt(State& state, int process, int64_t address, Range now) {
  auto& attaches = state.LeaderOf(process).attaches;
  const auto it = std::find_if(attaches.begin(), attaches.end(), [&](const Attach& attach) {
    return attach.address < address && address < attach.End();
  });
  if (it == attaches.end()) return;
  Attach second = *it;
  it->length = address - it->address;
  second.address = address;
  second.length -= it->length;
  second.offset += it->length;
  if (!state.rules.strict) state.deviations |= DeviationBit(Deviation::kL7);
  attaches.insert(it + 1, second);
  NoteOpen(state, process, second, now);
}

bool SameButForPlace(const Attach& a, const Attach& b) {
  const auto of = [](const Attach& x) {
    return std::tuple(x.space, x.segment, x.serial, x.protection, x.readonly, x.locked, x.dontfork,
                      x.address - x.offset);
  };
  return of(a) == of(b);
}

// What lies beside a mapping that it belongs to grows by it, the left one first.
bool Join(std::vector<Attach>& attaches, const Attach& part) {
  for (Attach& left : attaches) {
    if (left.End() != part.address || !SameButForPlace(left, part)) continue;
    left.length += part.length;
    return true;
  }
  for (Attach& right : attaches) {
    if (part.End() != right.address || !SameButForPlace(part, right)) continue;
    right.address = part.address;
    right.offset = part.offset;
    right.length += part.length;
    return true;
  }
  return false;
}

}  // namespace

Segment& SegmentOf(State& state, const Attach& attach) {
  return state.space(attach.space).segments.at(attach.segment);
}

void DestroyIfUnused(State& state, int space, int segment) {
  IpcNamespace& in = state.space(space);
  const auto found = in.segments.find(segment);
  if (found == in.segments.end() || found->second.nattch > 0) return;
  if (found->second.dest || in.limits.shm_rmid_forced != 0) in.segments.erase(found);
}

void AddMapping(State& state, int process, const Attach& attach, Range now) {
  auto& attaches = state.LeaderOf(process).attaches;
  if (Join(attaches, attach)) return;
  attaches.push_back(attach);
  Sort(attaches);
  NoteOpen(state, process, attach, now);
}

void SplitMappings(State& state, int process, int64_t from, int64_t to, Range now) {
  SplitAt(state, process, from, now);
  SplitAt(state, process, to, now);
}

void RemoveMappings(State& state, int process, int64_t from, int64_t to, Range now) {
  if (from >= to) return;
  SplitMappings(state, process, from, to, now);
  ProcessState& self = state.LeaderOf(process);
  std::vector<Attach> gone;
  std::erase_if(self.attaches, [&](const Attach& attach) {
    const bool inside = from <= attach.address && attach.End() <= to;
    if (inside) gone.push_back(attach);
    return inside;
  });
  for (const Attach& attach : gone) {
    self.holes.push_back({attach.address, attach.length});
    NoteClose(state, process, attach, now);
  }
}

void RemoveAllMappings(State& state, int process, Range now) {
  ProcessState& self = state.LeaderOf(process);
  for (const Attach& attach : std::exchange(self.attaches, {})) {
    NoteClose(state, process, attach, now);
  }
  self.addresses.clear();
  self.holes.clear();
  self.covered.clear();
}

bool ChangeMappings(State& state, int process, int64_t from, int64_t to, Range now,
                    const std::function<bool(Attach&)>& change) {
  auto& attaches = state.LeaderOf(process).attaches;
  for (int64_t at = from; at < to;) {
    const auto it = std::find_if(attaches.begin(), attaches.end(), [&](const Attach& attach) {
      return attach.address <= at && at < attach.End();
    });
    if (it == attaches.end()) return true;
    const int64_t end = std::min(it->End(), to);
    Attach changed = *it;
    if (!change(changed)) return false;
    const size_t index = static_cast<size_t>(it - attaches.begin());
    const bool begins = it->address == at;
    const bool ends = it->End() == end;
    if (changed == *it) {
      at = end;
      continue;
    }
    const bool joins_last = begins && !ends && index > 0 && attaches[index - 1].End() == at &&
                            SameButForPlace(attaches[index - 1], changed);
    const bool joins_next = ends && !begins && index + 1 < attaches.size() &&
                            attaches[index + 1].address == end &&
                            SameButForPlace(attaches[index + 1], changed);
    if (joins_last || joins_next) {
      Attach& grows = attaches[joins_last ? index - 1 : index + 1];
      const int64_t part = end - at;
      grows.length += part;
      it->length -= part;
      if (joins_last) {
        it->address += part;
        it->offset += part;
      } else {
        grows.address -= part;
        grows.offset -= part;
      }
    } else {
      SplitMappings(state, process, at, end, now);
      for (Attach& attach : attaches) {
        if (attach.address == at) (void)change(attach);
      }
    }
    at = end;
  }
  return true;
}

int64_t AttachesOf(const State& state, int space, int segment) {
  int64_t count = 0;
  for (const ProcessState& process : state.processes) {
    std::set<int64_t> serials;
    for (const Attach& attach : process.attaches) {
      if (attach.space == space && attach.segment == segment) serials.insert(attach.serial);
    }
    count += static_cast<int64_t>(serials.size());
  }
  return count;
}

const Attach* FindMapping(const ProcessState& process, int64_t address) {
  for (const Attach& attach : process.attaches) {
    if (attach.address <= address && address < attach.End()) return &attach;
  }
  return nullptr;
}

bool Overlaps(const std::vector<Attach>& attaches, int64_t address, int64_t length) {
  return std::any_of(attaches.begin(), attaches.end(), [&](const Attach& attach) {
    return address < attach.End() && attach.address < address + length;
  });
}

bool Covered(const std::vector<Span>& spans, int64_t address, int64_t length) {
  int64_t end = address;
  for (bool grown = true; grown && end < address + length;) {
    grown = false;
    for (const Span& span : spans) {
      if (span.address > end || end >= span.address + span.length) continue;
      end = span.address + span.length;
      grown = true;
    }
  }
  return end >= address + length;
}

}  // namespace ipcrig
