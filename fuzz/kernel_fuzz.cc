// SPDX-License-Identifier: Apache-2.0
//
// The kernel: a scenario is run by real processes, one call after the other, and judged by the
// model. The fuzzer itself never forks (exec/server.h).
//
// Where no namespace can be had, every input is skipped, and that is said once.
#include <cstdio>
#include <optional>

#include "check/features.h"
#include "exec/run.h"
#include "exec/server.h"
#include "exec/worker.h"
#include "gen/from_bytes.h"
#include "oracle.h"
#include "report/report.h"

namespace {

using namespace ipcrig;

constexpr int64_t kScenarioMs = 5000;
constexpr unsigned kThoroughEvery = 64;  // runs, of which one ends with all its processes

std::optional<Server> server;

}  // namespace

extern "C" int LLVMFuzzerInitialize(int* argc, char*** argv) {
  BecomeWorkerIfAsked(*argc, *argv);
  auto started = Server::Start(
      {.timeout_ms = kScenarioMs, .ipcs_program = false, .programs = DefaultPrograms()});
  if (started.ok()) {
    server.emplace(std::move(*started));
  } else {
    fprintf(stderr, "kernel_fuzz: skipped: %s\n", started.error().Text().c_str());
  }
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static unsigned runs = 0;
  if (!server) return 0;
  ScenarioResult result{.path = "input.ipc", .scenario = ScenarioFromBytes(data, size)};
  // What a file expects of indexes is true of a namespace that nobody has used before.
  for (Step& step : result.scenario.steps) step.expect = {};
  auto history =
      server->Run(result.scenario, ++runs % kThoroughEvery == 0 ? Ending::kAll : Ending::kKeep);
  if (!history.ok()) FailWith("broken: " + history.error().Text(), "");
  result.history = std::move(*history);
  FeatureCounter counter(CountFeature);
  result.judgement = Judge(result.scenario, result.history, {}, counter.Watch());
  if (const auto signature = FindingOf(result.judgement)) {
    FailWith(*signature, TextReport(result, {}) + "\n" + PrintScenario(result.scenario));
  }
  return 0;
}
