// SPDX-License-Identifier: Apache-2.0
//
// DiagramBuilder: follows a history, and with it the states that the model allows, and writes down
// what is to be drawn. An implementation detail of diagram.h.
//
//   Diagram diagram = DiagramBuilder(result).Run();
//
// Where the model allows no state any more, the rest is drawn without states.
#pragma once

#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "check/race.h"
#include "check/steps.h"
#include "report/diagram.h"

namespace ipcrig {

class DiagramBuilder {
 public:
  explicit DiagramBuilder(const ScenarioResult& result);
  Diagram Run();

 private:
  // A message that was sent and that nobody is known to have received.
  struct SentMessage {
    int call;
    int64_t queue;
    int64_t type;
    std::string bytes;
  };

  // diagram.cc
  void Add(const ObservedStep& step);
  void AddStep(const ObservedStep& step);
  void AddClose(const ObservedStep& step);
  void AddMark(std::string text);
  void Place();
  int CallOfFinding(const Finding& finding) const;
  int CallOfStep(int step) const;
  int NewCall(int step, int process, double at);
  void Return(int process, const Outcome& outcome, double at);
  void EndLane(int process, const Outcome& outcome, double at);
  int& OpenOf(int process) { return open_[static_cast<size_t>(process)]; }
  Diagram::Call& CallAt(int call) { return out_.calls[static_cast<size_t>(call)]; }
  Diagram::Lane& LaneAt(int lane) { return out_.lanes[static_cast<size_t>(lane)]; }
  const Op& OpOf(int call) const {
    return result_.scenario.steps[static_cast<size_t>(out_.calls[static_cast<size_t>(call)].step)]
        .op;
  }

  // diagram_race.cc
  void AddRace(const ObservedStep& step);
  std::vector<int> AddRacingCalls(const Race& race, const Diagram::Race& drawn);
  void AddRacingEnds(const Race& race, const std::vector<int>& calls, const Diagram::Race& drawn);
  void AddOrder(const Race& race, const std::vector<int>& calls, const Diagram::Race& drawn);

  // diagram_arrows.cc
  int64_t QueueOf(int slot, int number) const;
  void NoteSend(int call, const Outcome& outcome);
  void NoteReceive(int call, const Outcome& outcome);
  void AddWake(int from_call, int process, const Outcome& outcome, double from, double to);

  // diagram_states.cc
  int StateIndex(const State& state);
  int NowIndex() { return states_.empty() ? -1 : StateIndex(states_.front()); }
  void NoteObjects(const State& state, double at);

  const ScenarioResult& result_;
  Diagram out_;
  double now_ = 0;
  std::vector<State> states_;  // that may hold
  std::vector<int> lines_;     // by process: the step of its last call
  std::vector<int> open_;      // by process: the call in which it is, or -1
  std::map<int, int64_t> values_;
  std::vector<SentMessage> sent_;
  std::map<Diagram::StateLines, int> state_indices_;
  std::map<std::tuple<int, int, int>, int> living_;  // kind, space, id: index of the object
  std::map<std::tuple<int, int, int>, bool> seen_;   // those that the last state had
};

}  // namespace ipcrig
