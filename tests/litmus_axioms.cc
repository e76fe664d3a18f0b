// SPDX-License-Identifier: Apache-2.0
#include "litmus_axioms.h"

#include <algorithm>
#include <optional>

namespace ipcrig {
namespace {

using litmus::Action;
using litmus::Machine;
using litmus::Order;
using litmus::Statement;

struct AnEvent {
  int process;  // -1: the initial store of a location
  int index;    // in program order
  const Statement* what;
  int location;
  bool store;
};

using Relation = std::vector<std::vector<bool>>;

class Axioms {
 public:
  Axioms(const litmus::Test& test, Machine machine) : test_(test), machine_(machine) {
    for (size_t i = 0; i < test.locations.size(); ++i) {
      events_.push_back({-1, 0, nullptr, static_cast<int>(i), true});
    }
    for (size_t p = 0; p < test.processes.size(); ++p) {
      const auto& body = test.processes[p].body;
      for (size_t i = 0; i < body.size(); ++i) {
        if (body[i].action == Action::kFence) continue;
        events_.push_back({static_cast<int>(p), static_cast<int>(i), &body[i], body[i].object,
                           body[i].action == Action::kStore});
      }
    }
    reads_.resize(events_.size());
    place_.resize(events_.size());
  }

  std::set<litmus::State> Run() {
    ChooseReads(0);
    return states_;
  }

 private:
  size_t size() const { return events_.size(); }

  void ChooseReads(size_t load) {
    while (load < size() && events_[load].store) ++load;
    if (load == size()) return ChooseOrder(0);
    for (size_t store = 0; store < size(); ++store) {
      if (!events_[store].store || events_[store].location != events_[load].location) continue;
      reads_[load] = store;
      ChooseReads(load + 1);
    }
  }

  void ChooseOrder(size_t location) {
    if (location == test_.locations.size()) return Check();
    std::vector<size_t> stores;
    for (size_t i = test_.locations.size(); i < size(); ++i) {
      if (events_[i].store && events_[i].location == static_cast<int>(location))
        stores.push_back(i);
    }
    do {
      place_[location] = 0;
      for (size_t i = 0; i < stores.size(); ++i) place_[stores[i]] = i + 1;
      ChooseOrder(location + 1);
    } while (std::next_permutation(stores.begin(), stores.end()));
  }

  bool SamePlace(size_t a, size_t b) const { return events_[a].location == events_[b].location; }
  bool Before(size_t a, size_t b) const {  // program order
    return events_[a].process == events_[b].process && events_[a].process >= 0 &&
           events_[a].index < events_[b].index;
  }
  bool External(size_t a, size_t b) const { return events_[a].process != events_[b].process; }
  bool Rf(size_t a, size_t b) const { return !events_[b].store && reads_[b] == a; }
  bool Co(size_t a, size_t b) const {
    return events_[a].store && events_[b].store && SamePlace(a, b) && place_[a] < place_[b];
  }
  bool Fr(size_t a, size_t b) const { return !events_[a].store && Co(reads_[a], b); }

  template <typename Holds>
  bool Acyclic(Holds holds) const {
    Relation reach(size(), std::vector<bool>(size()));
    for (size_t a = 0; a < size(); ++a) {
      for (size_t b = 0; b < size(); ++b) reach[a][b] = a != b && holds(a, b);
    }
    for (size_t k = 0; k < size(); ++k) {
      for (size_t a = 0; a < size(); ++a) {
        for (size_t b = 0; reach[a][k] && b < size(); ++b) {
          if (reach[k][b]) reach[a][b] = true;
        }
      }
    }
    for (size_t a = 0; a < size(); ++a) {
      if (reach[a][a]) return false;
    }
    return true;
  }

  bool Fenced(size_t a, size_t b) const {
    const unsigned pair = events_[a].store
                              ? (events_[b].store ? litmus::kStoreStore : litmus::kStoreLoad)
                              : (events_[b].store ? litmus::kLoadStore : litmus::kLoadLoad);
    const auto& body = test_.processes[static_cast<size_t>(events_[a].process)].body;
    return std::any_of(body.begin() + events_[a].index, body.begin() + events_[b].index,
                       [&](const Statement& one) {
                         return one.action == Action::kFence && (one.pairs & pair) != 0;
                       });
  }

  bool Data(size_t a, size_t b) const {
    return Before(a, b) && !events_[a].store && events_[b].store && events_[b].what->reg >= 0 &&
           events_[a].what->reg == events_[b].what->reg;
  }

  // What of program order the machine keeps.
  bool Kept(size_t a, size_t b) const {
    if (!Before(a, b)) return false;
    if (machine_ == Machine::kSc) return true;
    const Order first = events_[a].what->order;
    const Order second = events_[b].what->order;
    if (machine_ == Machine::kTso) {
      const bool overtakes = events_[a].store && !events_[b].store;
      return !overtakes || first == Order::kSeqCst || Fenced(a, b);
    }
    if (Fenced(a, b) || Data(a, b) || (SamePlace(a, b) && events_[b].store)) return true;
    const bool acquires = first == Order::kAcquire || first == Order::kSeqCst;
    const bool releases = second == Order::kRelease || second == Order::kSeqCst;
    if ((acquires && !events_[a].store) || (releases && events_[b].store)) return true;
    if (first == Order::kSeqCst && second == Order::kSeqCst) return true;
    for (size_t store = 0; store < size(); ++store) {  // a value that is passed on within a process
      if (Data(a, store) && Before(store, b) && Rf(store, b)) return true;
    }
    return false;
  }

  void Check() {
    const bool coherent = Acyclic([&](size_t a, size_t b) {
      return (Before(a, b) && SamePlace(a, b)) || Rf(a, b) || Co(a, b) || Fr(a, b);
    });
    if (!coherent) return;
    const bool omca = machine_ == Machine::kOmca;
    const bool sc = machine_ == Machine::kSc;
    const bool allowed = Acyclic([&](size_t a, size_t b) {
      if (Kept(a, b)) return true;
      if (Rf(a, b)) return sc || External(a, b);
      return (Co(a, b) || Fr(a, b)) && (!omca || External(a, b));
    });
    if (!allowed) return;
    litmus::State state;
    for (const litmus::Observable& seen : test_.observed) {
      const auto value = seen.process < 0 ? LastValue(seen.index) : Loaded(seen);
      if (!value) return;
      state.push_back(*value);
    }
    states_.insert(state);
  }

  // Nothing where a value depends on itself.
  std::optional<int32_t> ValueOf(size_t event, size_t depth = 0) const {
    const AnEvent& one = events_[event];
    if (depth > 2 * size()) return std::nullopt;
    if (!one.store) return ValueOf(reads_[event], depth + 1);
    if (one.process < 0) return test_.locations[static_cast<size_t>(one.location)].initial;
    if (one.what->reg < 0) return one.what->value;
    for (size_t load = 0; load < size(); ++load) {
      if (!Data(load, event)) continue;
      const auto value = ValueOf(load, depth + 1);
      if (!value) return std::nullopt;
      return *value + one.what->value;
    }
    return one.what->value;
  }

  std::optional<int32_t> LastValue(int location) const {
    size_t last = static_cast<size_t>(location);
    for (size_t i = 0; i < size(); ++i) {
      if (Co(last, i)) last = i;
    }
    return ValueOf(last);
  }

  std::optional<int32_t> Loaded(const litmus::Observable& seen) const {
    for (size_t i = 0; i < size(); ++i) {
      const AnEvent& one = events_[i];
      if (!one.store && one.process == seen.process && one.what->reg == seen.index) {
        return ValueOf(i);
      }
    }
    return 0;
  }

  const litmus::Test& test_;
  Machine machine_;
  std::vector<AnEvent> events_;
  std::vector<size_t> reads_;  // of a load: the store it reads
  std::vector<size_t> place_;  // of a store: in the order of its location
  std::set<litmus::State> states_;
};

}  // namespace

std::set<litmus::State> StatesByAxioms(const litmus::Test& test, Machine machine) {
  return Axioms(test, machine).Run();
}

}  // namespace ipcrig
