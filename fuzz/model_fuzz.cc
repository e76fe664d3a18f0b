// SPDX-License-Identifier: Apache-2.0
//
// The model: it agrees with a kernel that is made of it, says the same each time, and its states
// are possible ones. No process is started.
#include <algorithm>
#include <string>

#include "check/features.h"
#include "gen/from_bytes.h"
#include "oracle.h"
#include "report/report.h"
#include "simulated_kernel.h"

namespace {

using namespace ipcrig;

// What is wrong in a state, or nothing.
std::string Impossible(const State& state) {
  for (const IpcNamespace& space : state.spaces) {
    for (const auto& [id, set] : space.sets) {
      const auto wrong = [](const Semaphore& one) { return one.value < 0 || one.value > kSemvmx; };
      if (std::any_of(set.semaphores.begin(), set.semaphores.end(), wrong)) {
        return "a semaphore's value is out of range";
      }
    }
    for (const auto& [id, segment] : space.segments) {
      if (segment.nattch < 0) return "a segment has fewer than no attaches";
      if (segment.dest && segment.nattch == 0) return "a removed segment outlives its last attach";
    }
    for (const auto& [id, queue] : space.queues) {
      const auto wrong = [](const Message& one) { return one.type < 1; };
      if (std::any_of(queue.messages.begin(), queue.messages.end(), wrong)) {
        return "a message has a type below 1";
      }
    }
  }
  for (const auto& [index, list] : state.undo_lists) {
    for (const auto& [id, adjustments] : list.semadj) {
      const auto wrong = [](int value) { return value < -kSemaem - 1 || value > kSemaem; };
      if (std::any_of(adjustments.begin(), adjustments.end(), wrong)) {
        return "an adjustment is out of range";
      }
    }
  }
  return "";
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  ScenarioResult result{.path = "input.ipc", .scenario = ScenarioFromBytes(data, size)};
  Scenario& scenario = result.scenario;
  for (Step& step : scenario.steps) step.expect = {};
  result.history = Simulate(scenario, {});
  FeatureCounter counter(CountFeature);
  const auto watch = [&](const State& before, int process, const Op& op,
                         const std::vector<Seen>& seen) {
    const std::string wrong = Impossible(before);
    if (!wrong.empty()) FailWith("invariant: " + wrong, PrintScenario(scenario));
    counter.Step(before, process, op, seen);
  };
  result.judgement = Judge(scenario, result.history, {}, watch);
  if (const auto signature = FindingOf(result.judgement)) {
    FailWith(*signature, TextReport(result, {}) + "\n" + PrintScenario(scenario));
  }
  if (Simulate(scenario, {}) != result.history) {
    FailWith("invariant: the model says something else the second time", PrintScenario(scenario));
  }
  return 0;
}
