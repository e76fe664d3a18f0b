// SPDX-License-Identifier: Apache-2.0
#include "on_kernel.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "check/features.h"
#include "exec/race_plan.h"
#include "exec/run.h"
#include "exec/server.h"
#include "exec/worker.h"
#include "explore/trials.h"
#include "oracle.h"
#include "report/report.h"

// What has been freed is kept for less long: an input uses far less, and a fork copies what is
// kept.
extern "C" const char* __asan_default_options();
extern "C" const char* __asan_default_options() { return "quarantine_size_mb=1"; }

namespace ipcrig {
namespace {

constexpr int64_t kScenarioMs = 20000;   // a fleet gives 25 s, the server adds 3
constexpr unsigned kThoroughEvery = 64;  // runs, of which one ends with all its processes
constexpr uint32_t kRepeats = 40;        // of a race that failed

std::optional<Server> server;
std::optional<Kcov> kcov;
__attribute__((section("__libfuzzer_extra_counters"))) uint8_t places[Kcov::kPlaces];

void OpenKcov(const char* target) {
  const char* wish = getenv("IPCRIG_KCOV");
  if (wish != nullptr && wish[0] == '0') return;
  auto opened = Kcov::Open();
  if (opened.ok()) {
    kcov.emplace(std::move(*opened));
  } else {
    fprintf(stderr, "%s: without coverage of the kernel: %s\n", target,
            opened.error().Text().c_str());
  }
}

ScenarioResult RunOnce(const Scenario& scenario, Ending ending, const StepWatcher& watch) {
  ScenarioResult result{.path = "input.ipc", .scenario = scenario};
  auto history = server->Run(scenario, ending);
  if (!history.ok()) FailWith("broken: " + history.error().Text(), "");
  if (kcov) kcov->Take(places);
  result.history = std::move(*history);
  result.judgement = Judge(scenario, result.history, {}, watch);
  return result;
}

// In how many of so many runs it fails.
uint32_t CountFailures(const Scenario& scenario, const std::string& signature,
                       uint32_t runs = kRepeats) {
  uint32_t failed = 0;
  for (uint32_t n = 0; n < runs; ++n) {
    const ScenarioResult again = RunOnce(WithSeeds(scenario, n), Ending::kAll, {});
    failed += FindingOf(again.judgement) == signature ? 1 : 0;
  }
  return failed;
}

// Whether the programs that it wants are where they are looked for: in a fleet there are none.
bool HasPrograms(const Scenario& scenario) {
  static const std::string directory = DefaultPrograms();
  return std::all_of(scenario.steps.begin(), scenario.steps.end(), [](const Step& step) {
    const auto* exec = std::get_if<ExecProgram>(&step.op);
    return exec == nullptr ||
           access(fmt::format("{}/{}", directory, exec->program.view()).c_str(), X_OK) == 0;
  });
}

// The death of a process that comes once and never again was the work of somebody who does not
// belong to the scenario: of who runs out of memory, or of an administrator.
bool WasKilledFromOutside(const Scenario& scenario, const std::string& signature) {
  constexpr uint32_t kRuns = 10;
  if (!signature.ends_with(": SIGKILL") || CountFailures(scenario, signature, kRuns) > 0)
    return false;
  fprintf(stderr, "a process was killed from outside\n");
  return true;
}

}  // namespace

int StartOnKernel(const char* target, int argc, char** argv) {
  BecomeWorkerIfAsked(argc, argv);
  OpenKcov(target);
  auto started = Server::Start({.timeout_ms = kScenarioMs,
                                .ipcs_program = false,
                                .programs = DefaultPrograms(),
                                .kcov = kcov ? &*kcov : nullptr});
  if (started.ok()) {
    server.emplace(std::move(*started));
  } else {
    fprintf(stderr, "%s: skipped: %s\n", target, started.error().Text().c_str());
  }
  return 0;
}

void RunOnKernel(Scenario scenario) {
  static unsigned runs = 0;
  if (!server || !HasPrograms(scenario)) return;
  // What a file expects of indexes is true of a namespace that nobody has used before.
  for (Step& step : scenario.steps) step.expect = {};
  FeatureCounter counter(CountFeature);
  const ScenarioResult result = RunOnce(
      scenario, ++runs % kThoroughEvery == 0 ? Ending::kAll : Ending::kKeep, counter.Watch());
  const auto signature = FindingOf(result.judgement);
  if (!signature || WasKilledFromOutside(scenario, *signature)) return;
  std::string report = TextReport(result, {}) + "\n" + PrintScenario(scenario);
  if (Races(scenario)) {
    report += fmt::format("# fails {} of {}\n", CountFailures(scenario, *signature), kRepeats);
  }
  FailWith(*signature, report);
}

}  // namespace ipcrig
