// SPDX-License-Identifier: Apache-2.0
//
// Growth: a scenario while it is generated, and the state that the model predicts after its last
// line. A candidate for the next line can be looked at before it is taken:
//
//   if (auto line = growth.Try({.process = 0, .index = IndexOf<Msgsnd>()})) {
//     if (line->prediction.what == Predicted::kReturns) growth.Take(std::move(*line));
//     else growth.Drop();     // the variable or the process that it would have begun, too
//   }
#pragma once

#include <optional>

#include "gen/focus.h"
#include "model/predict.h"
#include "ops/chooser.h"

namespace ipcrig {

// What is to be drawn.
struct Wish {
  int process = 0;
  size_t index = 0;      // of the operation
  bool sensible = true;  // arguments that fit, objects that exist
  int victim = -1;       // a process that sleeps: the call shall have to do with it
};

struct Candidate {
  int process = 0;
  Op op;
  Prediction prediction;
  bool settled = false;   // it is known what the call lets go on
  std::vector<int> over;  // where settled: whose calls or lives came to their end
};

class Growth {
 public:
  Growth(Draw& draw, const GenerateOptions& options, const Focus& focus);
  Growth(const Growth&) = delete;

  const State& state() const { return state_; }
  const Names& names() const { return scenario_.names; }
  size_t size() const { return scenario_.steps.size(); }
  // Who can make a call now; the last may be a process that has not begun yet.
  std::vector<int> Able() const { return AbleIn(state_); }
  // Who sleeps in a call or is stopped.
  std::vector<int> Stuck() const;
  // Whether one more process may be forked.
  bool MayFork() const;

  // Draws a call; none where its arguments find nothing to refer to, or where nobody could make
  // the next one. What was drawn is to be taken or to be dropped before anything else is tried.
  std::optional<Candidate> Try(const Wish& wish);
  // The same for a call that is given.
  std::optional<Candidate> TryOp(int process, const Op& op);
  // The same for a line of another scenario. Its names mean here what they mean in the lines that
  // were taken so far; none where they mean nothing, or where its process cannot make a call.
  // redraw: one of its arguments is drawn anew.
  std::optional<Candidate> TryStep(const Scenario& from, const Step& step, bool redraw);
  void Settle(Candidate& candidate);
  void Take(Candidate candidate);
  void Drop();
  void Ipcs();
  // A line `race {` or `}`. The calls between them grow as if they were made one after the other.
  void Mark(const Step& step);
  // Kills whoever sleeps, since a call that sleeps at the end would be a finding.
  void EndSleepers();
  bool EndsInIpcs() const {
    return !scenario_.steps.empty() && scenario_.steps.back().kind == Step::Kind::kIpcs;
  }

  Scenario Finish() { return std::move(scenario_); }

 private:
  std::vector<int> AbleIn(const State& state) const;
  bool CanGoOn(const State& state) const;
  bool CutsHugePages(const Op& op, int process) const;
  void Begin(int process, const std::string& name);
  Op Redrawn(int process, const Op& op);
  void OfferVariables(const Wish& wish);
  std::optional<Candidate> Consider(int process, const Op& op);

  Draw& draw_;
  const GenerateOptions& options_;
  const Focus& focus_;
  Scenario scenario_;
  Chooser from_;
  State state_;
  // After the candidate. It is kept, since to assign a state is cheaper than to make one.
  State next_;
  int started_ = 0;  // processes that the engine starts, so far
  int64_t now_ = 0;
  // To go back to when a candidate is dropped.
  size_t variables_ = 0;
  size_t processes_ = 0;
  int started_before_ = 0;
};

}  // namespace ipcrig
