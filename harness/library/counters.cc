// SPDX-License-Identifier: Apache-2.0
//
// By itself and not instrumented: the compiler declares these symbols in what it instruments.
#include "library/counters.h"

extern "C" {
__attribute__((weak, visibility("hidden"))) extern uint8_t __start___sancov_cntrs;
__attribute__((weak, visibility("hidden"))) extern uint8_t __stop___sancov_cntrs;
}

namespace ipcrig {
inline namespace v0 {
namespace fuzz {

uint8_t* Counters(size_t& size) {
  uint8_t* begin = &__start___sancov_cntrs;
  size = begin == nullptr ? 0 : static_cast<size_t>(&__stop___sancov_cntrs - begin);
  return begin;
}

}  // namespace fuzz
}  // namespace v0
}  // namespace ipcrig
