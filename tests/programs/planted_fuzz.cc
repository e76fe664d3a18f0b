// SPDX-License-Identifier: Apache-2.0
//
// A fuzz target with two planted bugs, each with a report as those of fuzz/ have it. It has a
// helper process, as kernel_fuzz has an engine.
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
  if (size >= 1 && data[0] == 'l') Fail("leak: sem");
  if (size >= 2 && data[0] == 'm' && data[1] == 's') Fail("conformance: msgrcv: EIDRM");
  return 0;
}
