// SPDX-License-Identifier: Apache-2.0
#include "litmus/perpetual.h"

#include <algorithm>
#include <array>

namespace ipcrig::litmus {
namespace {

// The process and constant of the only store to each location; false where there is another.
struct Source {
  int process = -1;
  int32_t stored = 0;
};

bool FindSources(const Test& test, std::vector<Source>& sources, std::string& why_not) {
  sources.resize(test.locations.size());
  for (size_t p = 0; p < test.processes.size(); ++p) {
    for (const Statement& one : test.processes[p].body) {
      if (one.action == Action::kPost || one.action == Action::kWait) {
        why_not = "it makes IPC calls";
        return false;
      }
      if (one.action != Action::kStore) continue;
      Source& source = sources[static_cast<size_t>(one.object)];
      if (source.process >= 0 || one.reg >= 0 || one.value == 0) {
        why_not = source.process >= 0 ? "two statements store to one location"
                                      : "a store is not of a constant other than 0";
        return false;
      }
      source = {static_cast<int>(p), one.value};
    }
  }
  return true;
}

int BitOf(const Test& test, size_t process, int reg) {
  const Observable seen{static_cast<int>(process), reg};
  const auto found = std::find(test.observed.begin(), test.observed.end(), seen);
  return found == test.observed.end() ? -1 : static_cast<int>(found - test.observed.begin());
}

void FindLoads(const Test& test, const std::vector<Source>& sources, Perpetual& plan) {
  for (size_t p = 0; p < test.processes.size(); ++p) {
    for (const Statement& one : test.processes[p].body) {
      if (one.action != Action::kLoad) continue;
      const Source& source = sources[static_cast<size_t>(one.object)];
      plan.loads.push_back({p, static_cast<size_t>(one.reg), source.process,
                            BitOf(test, p, one.reg), source.stored});
    }
  }
}

// The process with the most loads comes first; then whoever a known one saw, or saw a known one.
void FindPartners(Perpetual& plan) {
  std::vector<int> loads(plan.processes);
  for (const PerpetualLoad& load : plan.loads) ++loads[load.process];
  plan.reference =
      static_cast<size_t>(std::max_element(loads.begin(), loads.end()) - loads.begin());
  std::vector<bool> known(plan.processes);
  known[plan.reference] = true;
  const auto find = [&](Partner::How how) -> std::optional<Partner> {
    for (size_t i = 0; i < plan.loads.size(); ++i) {
      const PerpetualLoad& load = plan.loads[i];
      if (load.source < 0) continue;
      const auto source = static_cast<size_t>(load.source);
      const bool seen = how == Partner::How::kSeen;
      const size_t process = seen ? source : load.process;
      const size_t other = seen ? load.process : source;
      if (known[other] && !known[process]) return Partner{process, how, other, i};
    }
    return std::nullopt;
  };
  for (size_t left = plan.processes; --left > 0;) {
    auto next = find(Partner::How::kSeen);
    if (!next) next = find(Partner::How::kSaw);
    if (!next) {
      const auto unknown = std::find(known.begin(), known.end(), false);
      next = Partner{static_cast<size_t>(unknown - known.begin()), Partner::How::kSame, 0, 0};
    }
    known[next->process] = true;
    plan.partners.push_back(*next);
  }
}

// Whether some interesting state has the values that these choices imply.
bool MayInterest(const Test& test, const Perpetual& plan, uint32_t choice,
                 const std::function<bool(const State&)>& interesting) {
  uint32_t fixed = 0;
  uint32_t values = 0;
  for (size_t k = 0; k < plan.partners.size(); ++k) {
    const Partner& partner = plan.partners[k];
    if (partner.how == Partner::How::kSame || plan.loads[partner.load].bit < 0) continue;
    const uint32_t bit = uint32_t{1} << plan.loads[partner.load].bit;
    const bool later = (choice >> k & 1) != 0;
    const bool saw = later == (partner.how == Partner::How::kSaw);
    fixed |= bit;
    if (saw) values |= bit;
  }
  for (uint32_t state = 0; state < plan.states(); ++state) {
    if ((state & fixed) == values && interesting(PerpetualState(test, plan, state))) return true;
  }
  return false;
}

// The iteration of a partner, `size` or more where there is none.
uint32_t Find(const Partner& partner, bool later, const Perpetual& plan, const uint32_t* const* log,
              uint32_t size, const uint32_t* iteration, uint32_t& cursor) {
  const uint32_t of_other = iteration[partner.other];
  switch (partner.how) {
    case Partner::How::kSeen:
      return log[partner.load][of_other] - (later ? 0 : 1);
    case Partner::How::kSaw: {
      const uint32_t* saw = log[partner.load];
      while (cursor > 0 && saw[cursor - 1] > of_other) --cursor;
      while (cursor < size && saw[cursor] <= of_other) ++cursor;
      return cursor - (later ? 0 : 1);
    }
    case Partner::How::kSame:
      break;
  }
  return iteration[plan.reference] + (later ? 1 : 0);
}

// A load whose register is part of the state.
struct Compared {
  const uint32_t* log;
  size_t process;
  size_t source;
  uint32_t any;  // nobody stores: whatever is not 0 was seen
  int bit;
};

struct Comparison {
  std::array<Compared, kMaxPerpetualLoads> loads;
  size_t count = 0;
};

Comparison PrepareComparison(const Perpetual& plan, const uint32_t* const* log) {
  Comparison comparison;
  for (size_t i = 0; i < plan.loads.size(); ++i) {
    const PerpetualLoad& load = plan.loads[i];
    if (load.bit < 0) continue;
    const bool stored = load.source >= 0;
    comparison.loads[comparison.count++] = {log[i], load.process,
                                            stored ? static_cast<size_t>(load.source) : 0,
                                            stored ? UINT32_MAX : 0, load.bit};
  }
  return comparison;
}

// Two processes, the other found by what the reference saw: most tests, so this loop is tight. Two
// sets of counts, since an addition right after another to the same number waits for it.
void CountPairs(const Perpetual& plan, bool later, const uint32_t* const* log, uint32_t size,
                uint32_t from, uint32_t to, uint32_t step, uint64_t* counts) {
  const Comparison comparison = PrepareComparison(plan, log);
  const uint32_t* saw = log[plan.partners.front().load];
  const uint32_t before = later ? 0 : 1;
  const size_t reference = plan.reference;
  std::array<std::array<uint64_t, size_t{1} << kMaxPerpetualLoads>, 2> sums{};
  size_t turn = 0;
  for (uint32_t n = from; n < to; n += step) {
    const uint32_t other = saw[n] - before;
    if (other >= size) continue;
    const uint32_t iteration[2] = {reference == 0 ? n : other, reference == 0 ? other : n};
    size_t state = 0;
    for (size_t i = 0; i < comparison.count; ++i) {
      const Compared& load = comparison.loads[i];
      const uint32_t value = load.log[iteration[load.process]];
      const bool did = value > (iteration[load.source] & load.any);
      state |= static_cast<size_t>(did) << load.bit;
    }
    ++sums[turn][state];
    turn ^= 1;
  }
  for (size_t state = 0; state < plan.states(); ++state) {
    counts[state] += sums[0][state] + sums[1][state];
  }
}

void CountChoice(const Perpetual& plan, uint32_t choice, const uint32_t* const* log, uint32_t size,
                 uint32_t from, uint32_t to, uint32_t step, uint64_t* counts) {
  if (plan.processes == 2 && plan.partners.front().how == Partner::How::kSeen) {
    return CountPairs(plan, choice != 0, log, size, from, to, step, counts);
  }
  const Comparison comparison = PrepareComparison(plan, log);
  const Partner* partners = plan.partners.data();
  const size_t partner_count = plan.partners.size();
  std::array<uint32_t, kMaxProcesses> iteration{};
  std::array<uint32_t, kMaxProcesses> cursor{};
  cursor.fill(from);
  for (uint32_t n = from; n < to; n += step) {
    iteration[plan.reference] = n;
    bool all = true;
    for (size_t k = 0; k < partner_count && all; ++k) {
      const uint32_t found =
          Find(partners[k], (choice >> k & 1) != 0, plan, log, size, iteration.data(), cursor[k]);
      iteration[partners[k].process] = found;
      all = found < size;
    }
    if (!all) continue;
    size_t state = 0;
    for (size_t i = 0; i < comparison.count; ++i) {
      const Compared& load = comparison.loads[i];
      const uint32_t value = load.log[iteration[load.process]];
      const bool saw = value > (iteration[load.source] & load.any);
      state |= static_cast<size_t>(saw) << load.bit;
    }
    ++counts[state];
  }
}

}  // namespace

size_t Perpetual::states() const {
  const auto observed =
      std::count_if(loads.begin(), loads.end(), [](const auto& load) { return load.bit >= 0; });
  return size_t{1} << observed;
}

std::optional<Perpetual> PlanPerpetual(const Test& test,
                                       const std::function<bool(const State&)>& interesting,
                                       std::string& why_not) {
  std::vector<Source> sources;
  if (!FindSources(test, sources, why_not)) return std::nullopt;
  const bool memory = std::any_of(test.observed.begin(), test.observed.end(),
                                  [](const Observable& seen) { return seen.process < 0; });
  const bool begins_as_0 = std::all_of(test.locations.begin(), test.locations.end(),
                                       [](const Location& one) { return one.initial == 0; });
  Perpetual plan;
  plan.processes = test.processes.size();
  FindLoads(test, sources, plan);
  if (memory || !begins_as_0 || plan.loads.empty() || plan.loads.size() > kMaxPerpetualLoads) {
    why_not = memory         ? "its condition asks for a location"
              : !begins_as_0 ? "a location does not begin as 0"
                             : "it has no load, or too many";
    return std::nullopt;
  }
  FindPartners(plan);
  for (uint32_t choice = 0; choice < uint32_t{1} << plan.partners.size(); ++choice) {
    (MayInterest(test, plan, choice, interesting) ? plan.often : plan.seldom).push_back(choice);
  }
  return plan;
}

State PerpetualState(const Test& test, const Perpetual& plan, size_t number) {
  State state(test.observed.size());
  for (const PerpetualLoad& load : plan.loads) {
    if (load.bit < 0 || (number >> load.bit & 1) == 0) continue;
    state[static_cast<size_t>(load.bit)] = load.source < 0 ? -1 : load.stored;
  }
  return state;
}

void CountPerpetual(const Perpetual& plan, const uint32_t* const* log, uint32_t size, uint32_t from,
                    uint32_t to, uint64_t* counts) {
  for (const uint32_t choice : plan.often) {
    CountChoice(plan, choice, log, size, from, to, 1, counts);
  }
  for (const uint32_t choice : plan.seldom) {
    CountChoice(plan, choice, log, size, from, to, kSeldom, counts);
  }
}

}  // namespace ipcrig::litmus
