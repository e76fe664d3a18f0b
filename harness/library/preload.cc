// SPDX-License-Identifier: Apache-2.0
//
// What makes the interposed calls a library for LD_PRELOAD: see interpose.cc.
#include <dlfcn.h>
#include <sys/msg.h>

#include "library/board.h"

namespace ipcrig {
inline namespace v0 {
namespace {

// A program that links the library has its calls already: they are counted once.
__attribute__((constructor)) void AttachPreloaded() {
  if (dlsym(RTLD_DEFAULT, "msgget") == reinterpret_cast<void*>(&msgget)) AttachBoard();
}

}  // namespace
}  // namespace v0
}  // namespace ipcrig
