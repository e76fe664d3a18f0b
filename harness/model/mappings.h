// SPDX-License-Identifier: Apache-2.0
//
// Mappings: what a process sees of segments in its address space, and what splits and joins it.
//
// shm_nattch counts mappings. mprotect(2), mlock(2), madvise(2) and munmap(2) of a part split one
// mapping into several, and each new piece counts; where a change only moves the border between two
// pieces of one attach, no piece is made. A piece that goes away detaches; with the last one of a
// segment that is marked for removal goes the segment.
#pragma once

#include <functional>

#include "model/state.h"

namespace ipcrig {

// The segment of a mapping; it exists as long as the mapping does.
Segment& SegmentOf(State& state, const Attach& attach);

// A new mapping: shm_nattch, shm_atime, shm_lpid. A piece that comes back to the attach that it is
// of joins the piece beside it, and is not counted.
void AddMapping(State& state, int process, const Attach& attach, Range now);

// Makes `from` and `to` borders of mappings, where they are inside of one.
void SplitMappings(State& state, int process, int64_t from, int64_t to, Range now);

// Removes what lies in [from, to) of the process: shm_nattch, shm_dtime, shm_lpid.
void RemoveMappings(State& state, int process, int64_t from, int64_t to, Range now);

// Everything: exit(2), execve(2).
void RemoveAllMappings(State& state, int process, Range now);

// Applies `change` to what lies in [from, to), splitting where the border is inside a mapping. The
// change answers false where it is not permitted; then nothing behind it is changed either.
bool ChangeMappings(State& state, int process, int64_t from, int64_t to, Range now,
                    const std::function<bool(Attach&)>& change);

// Destroys the segment if nothing maps it and it is marked for removal, or shm_rmid_forced is set.
void DestroyIfUnused(State& state, int space, int segment);

// How many attaches there are of a segment, not counting pieces.
int64_t AttachesOf(const State& state, int space, int segment);

// The mapping that covers an address, or nullptr.
const Attach* FindMapping(const ProcessState& process, int64_t address);

bool Overlaps(const std::vector<Attach>& attaches, int64_t address, int64_t length);

// Whether the spans together cover a piece of address space.
bool Covered(const std::vector<Span>& spans, int64_t address, int64_t length);

}  // namespace ipcrig
