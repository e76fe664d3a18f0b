// SPDX-License-Identifier: Apache-2.0
//
// Plain accesses to attached memory that survive a fault.
//
// A scenario may access memory after shmdt(2), or write to a read-only attach: the result is
// SIGSEGV and the worker lives on. To keep a stray access from damaging the worker itself, only
// addresses that some attach of this image has covered are really accessed; elsewhere the answer is
// SIGSEGV at once.
#pragma once

#include <cstdint>

#include "exec/board.h"

namespace ipcrig {

// The address as a pointer, whatever is there.
inline void* Pointer(uint64_t address) {
  return reinterpret_cast<void*>(address);  // NOLINT(performance-no-int-to-ptr)
}

// Catches SIGSEGV and SIGBUS for the functions below. Once in each process image.
void InstallFaultHandler();

// Remembers that an attach covers [from, from + length).
void RememberRange(Lane& lane, uint64_t from, uint64_t length);
// Forgets all of [from, from + length): the worker put something of its own there.
void ForgetRange(Lane& lane, uint64_t from, uint64_t length);
// Whether attaches have covered any of [from, from + length).
bool OverlapsRange(const Lane& lane, uint64_t from, uint64_t length);
// Whether attaches have covered all of [from, from + length).
bool IsCovered(const Lane& lane, uint64_t from, uint64_t length);

// In all of these, `lane` is that of the process.
//
// Each returns 0, or the signal of the first byte that could not be accessed; bytes before it have
// been accessed, in the order of addresses.
int StoreText(const Lane& lane, uint64_t address, const Text& text);
int StoreByte(const Lane& lane, uint64_t address, uint64_t length, char byte);
int LoadBytes(const Lane& lane, uint64_t address, uint64_t length, char* target);
int CountOther(const Lane& lane, uint64_t address, uint64_t length, char byte, int64_t* other);

}  // namespace ipcrig
