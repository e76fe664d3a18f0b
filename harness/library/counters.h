// SPDX-License-Identifier: Apache-2.0
//
// The counters of -fsanitize=fuzzer in this program, one an edge; none where it has none.
//
//   size_t size = 0;
//   uint8_t* counters = fuzz::Counters(size);
#pragma once

#include <cstddef>
#include <cstdint>

namespace ipcrig {
inline namespace v0 {
namespace fuzz {

uint8_t* Counters(size_t& size);

}  // namespace fuzz
}  // namespace v0
}  // namespace ipcrig
