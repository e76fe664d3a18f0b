// SPDX-License-Identifier: Apache-2.0
#include "exec/probe.h"

#include <sched.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include <fmt/format.h>

#include "exec/proc.h"
#include "exec/run.h"
#include "exec/sandbox.h"
#include "exec/views.h"

namespace ipcrig {
namespace {

// Runs a check in a child, which may change itself for it.
bool InChild(bool (*check)()) {
  const pid_t pid = _Fork();
  if (pid == 0) _exit(check() ? 0 : 1);
  int status = 1;
  waitpid(pid, &status, 0);
  return status == 0;
}

Capability ProbeNamespaces() {
  Capability found{"private IPC namespace", false, "", "", true};
  found.consequence = "nothing runs, but in the caller's own namespace with --shared-namespace";
  const auto child = ForkIntoSandbox({});
  if (!child.ok()) {
    found.detail = child.error().Text();
    return found;
  }
  if (child->pid == 0) _exit(0);
  waitpid(child->pid, nullptr, 0);
  found.present = true;
  found.detail = child->isolation == Isolation::kPrivate ? "with the caller's privilege"
                                                         : "inside a new user namespace";
  return found;
}

// Looks at a child that sleeps in pause(2).
Capability ProbeSleepers() {
  Capability found{"/proc/PID/syscall", false, "", ""};
  found.consequence = "that a call sleeps is told from its state alone";
  const pid_t pid = _Fork();
  if (pid == 0) {
    for (;;) pause();
  }
  const ProcWatch watch(pid);
  ProcLook look;
  for (int i = 0; i < 100000 && look.state != 'S'; ++i) look = watch.Look();
  found.present = look.syscall >= 0;
  found.detail =
      fmt::format("a sleeping child shows state {}, system call {}", look.state, look.syscall);
  kill(pid, SIGKILL);
  waitpid(pid, nullptr, 0);
  return found;
}

Capability ProbeView(const char* name, const View& view, const char* consequence) {
  return {name, view.unavailable.empty(), view.unavailable, consequence};
}

std::string Limits() {
  const Facts facts = CollectFacts(Isolation::kShared);
  return fmt::format("SHMMNI {} MSGMNI {} MSGMNB {} SEMMSL {} SEMOPM {} SEMMNI {}", facts.shmmni,
                     facts.msgmni, facts.msgmnb, facts.semmsl, facts.semopm, facts.semmni);
}

}  // namespace

std::vector<Capability> Probe() {
  utsname system = {};
  uname(&system);
  std::vector<Capability> found;
  found.push_back({"kernel", true,
                   fmt::format("{} {} {}", system.sysname, system.release, system.machine), ""});
  const Facts facts = CollectFacts(Isolation::kShared);
  found.push_back({"System V IPC", facts.msgmni > 0 && facts.semmni > 0 && facts.shmmni > 0,
                   Limits(), "nothing runs", true});
  found.push_back(ProbeNamespaces());
  found.push_back(ProbeSleepers());
  found.push_back({"SCHED_FIFO", InChild(EnterRealtime), "", "steps are slower"});
  found.push_back(ProbeView("/proc/sysvipc", ProcView(), "this view is not compared"));
  found.push_back(ProbeView("ipcs(1)", IpcsView(), "this view is not compared"));
  found.push_back(ProbeView("lsipc(1)", LsipcView(), "this view is not compared"));
  const std::string programs = DefaultPrograms();
  const bool readable = access(programs.c_str(), R_OK | X_OK) == 0;
  found.push_back({"programs", readable, programs, "scenarios that exec a program are refused"});
  cpu_set_t allowed;
  const bool known = sched_getaffinity(0, sizeof(allowed), &allowed) == 0;
  found.push_back({"processors", known, fmt::format("{}", known ? CPU_COUNT(&allowed) : 0),
                   "--jobs does not help"});
  return found;
}

}  // namespace ipcrig
