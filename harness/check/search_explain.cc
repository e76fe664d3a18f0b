// SPDX-License-Identifier: Apache-2.0
//
// Of a race that has no order: who is to blame, and what it could have answered.
#include "check/search.h"

namespace ipcrig {

int Search::Blamed() {
  int blamed = -1;
  int64_t least = INT64_MAX;
  for (int i = 0; i < plan_.processes(); ++i) {
    const int64_t due = Due(i);
    const bool open = EndOf(i) != nullptr || NextOf(i) >= 0;
    const bool asleep = known_[static_cast<size_t>(i)].what == Known::What::kAsleep &&
                        config_.at.state.process(i).pending;
    if (!open || (asleep && EndOf(i) == nullptr)) continue;
    if (blamed < 0 || due < least) {
      blamed = i;
      least = due;
    }
  }
  return blamed;
}

Points::Misfit Search::Probe(const State& before, int process) {
  Follow(before, [](const Interleaving&, Point, const Points&) {});
  points_.Explain();
  const ProcessState& self = config_.at.state.process(process);
  Trail trail;
  const Point::Kind kind = self.pending ? Point::Kind::kLook : Point::Kind::kAttempt;
  if (NextOf(process) < 0) return {};
  const bool fits = Make({kind, process}, trail);
  return fits ? Points::Misfit{} : points_.misfit();
}

int Search::CanGoOn(const Interleaving& at, Points::Misfit& how) {
  Interleaving copy = at;
  points_.Explain();
  const int process = points_.CanGoOn(
      copy, [&](int i) { return known_[static_cast<size_t>(i)].what != Known::What::kAsleep; });
  how = points_.misfit();
  return process;
}

}  // namespace ipcrig
