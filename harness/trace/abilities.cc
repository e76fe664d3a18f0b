// SPDX-License-Identifier: Apache-2.0
#include "trace/abilities.h"

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstring>

#include "trace/attach.h"
#include "trace/launch.h"
#include "trace/stack.h"

namespace ipcrig {
namespace {

Capability ProbeListener() {
  Capability found{"seccomp listener", false, "", ""};
  found.consequence =
      "check cannot tell where objects came from, and sweep has no calls to kill at";
  TraceOptions options;
  options.command = {"true"};
  options.foreground = false;
  auto run = TracedRun::Start(options);
  const auto record = run.ok() ? run->Wait() : Result<Record>(run.error());
  if (!record.ok()) {
    found.detail = record.error().Text();
  } else if (!record->notes.empty()) {
    found.detail = record->notes.front();
  } else {
    found.present = true;
    found.detail = "calls are seen before they are made";
  }
  return found;
}

Capability ProbePtrace() {
  Capability found{"ptrace(2)", false, "", "results of calls and call stacks are missing"};
  const pid_t pid = _Fork();
  if (pid == 0) {
    for (;;) pause();
  }
  const int error = Attach(pid);
  found.present = error == 0;
  found.detail = error == 0 ? "of a child" : strerror(error);
  kill(pid, SIGKILL);
  int status = 0;
  while (waitpid(pid, &status, __WALL) == pid && WIFSTOPPED(status)) {
  }
  return found;
}

}  // namespace

std::vector<Capability> ProbeTracing() {
  const char* without = "call stacks are missing; install libdw-dev and build again";
  return {ProbeListener(),
          ProbePtrace(),
          {"elfutils", CanUnwind(), CanUnwind() ? "stacks with lines" : "built without", without}};
}

}  // namespace ipcrig
