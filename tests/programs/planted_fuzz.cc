// SPDX-License-Identifier: Apache-2.0
//
// A fuzz target with two planted bugs, each with a report as those of fuzz/ have it; where PLANTED
// is set they are not there. It has a helper process, as kernel_fuzz has an engine.
#include <sys/prctl.h>
#include <unistd.h>

#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

namespace {

[[noreturn]] void Fail(const char* signature) {
  fprintf(stderr, "what went wrong\nSUMMARY: ipcrig: %s\n", signature);
  abort();
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int* /*argc*/, char*** /*argv*/) {
  if (fork() == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    setpgid(0, 0);
    for (;;) pause();
  }
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const bool is_planted = getenv("PLANTED") == nullptr;
  if (!is_planted) return 0;
  if (size >= 1 && data[0] == 'l') Fail("leak: sem");
  if (size >= 1 && data[0] == 'm') Fail("conformance: msgrcv: EIDRM");
  return 0;
}
