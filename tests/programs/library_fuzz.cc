// SPDX-License-Identifier: Apache-2.0
//
// A consumer with a planted bug: a message of type 2 that is not short.
#include <cstdlib>

#include <ipcrig/fuzz.h>

namespace {

void Consume(int queue) {
  while (const auto message = ipcrig::Receive(queue)) {
    if (message->type == 2 && message->text.size() >= 3) std::abort();
  }
}

}  // namespace

IPCRIG_FUZZ_CONSUMER(Consume)
