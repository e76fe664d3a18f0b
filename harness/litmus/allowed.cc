// SPDX-License-Identifier: Apache-2.0
#include "litmus/allowed.h"

#include <algorithm>
#include <array>
#include <bit>
#include <utility>

namespace ipcrig::litmus {
namespace {

constexpr std::array<std::pair<std::string_view, Machine>, 3> kMachines = {
    {{"sc", Machine::kSc}, {"tso", Machine::kTso}, {"omca", Machine::kOmca}}};

// A store or a post that waits in the queue of its process.
struct Queued {
  bool post;
  int object;
  int32_t value;
  auto operator<=>(const Queued&) const = default;
};

struct Core {
  uint32_t done = 0;  // a bit for each statement
  std::vector<int32_t> registers;
  std::vector<Queued> queue;  // kTso; the oldest first
  auto operator<=>(const Core&) const = default;
};

struct Moment {
  std::vector<int32_t> memory;
  std::vector<int32_t> counts;  // of the IPC objects
  std::vector<Core> cores;
  auto operator<=>(const Moment&) const = default;
};

bool IsAccess(const Statement& one) {
  return one.action == Action::kLoad || one.action == Action::kStore;
}

int32_t StoredValue(const Statement& one, const Core& core) {
  const auto base = one.reg < 0 ? 0U : static_cast<uint32_t>(core.registers[one.reg]);
  return static_cast<int32_t>(base + static_cast<uint32_t>(one.value));  // wraps, as the store does
}

class Search {
 public:
  Search(const Test& test, Machine machine) : test_(test), machine_(machine) {
    if (machine_ == Machine::kOmca) FindOrders();
  }

  Allowed Run() {
    Visit(Begin());
    while (!open_.empty() && result_.complete) {
      const Moment now = *open_.back();
      open_.pop_back();
      moved_ = false;
      for (size_t p = 0; p < test_.processes.size(); ++p) {
        if (machine_ == Machine::kOmca) {
          StepsInAnyOrder(now, p);
        } else {
          StepInOrder(now, p);
          Drain(now, p);
        }
      }
      if (!moved_) End(now);
    }
    return std::move(result_);
  }

 private:
  Moment Begin() const {
    Moment first;
    for (const Location& location : test_.locations) first.memory.push_back(location.initial);
    for (const IpcObject& object : test_.ipc) first.counts.push_back(object.initial);
    for (const Process& process : test_.processes) {
      first.cores.emplace_back().registers.resize(process.registers.size());
    }
    return first;
  }

  void Visit(Moment next) {
    moved_ = true;
    const auto [place, is_new] = seen_.insert(std::move(next));
    if (!is_new) return;
    if (seen_.size() > kMaxSearch) result_.complete = false;
    open_.push_back(&*place);
  }

  void End(const Moment& last) {
    for (size_t p = 0; p < test_.processes.size(); ++p) {
      if (last.cores[p].done == All(p)) continue;
      result_.may_block = true;
      return;
    }
    State state;
    for (const Observable& seen : test_.observed) {
      const auto index = static_cast<size_t>(seen.index);
      state.push_back(seen.process < 0
                          ? last.memory[index]
                          : last.cores[static_cast<size_t>(seen.process)].registers[index]);
    }
    result_.states.insert(state);
  }

  uint32_t All(size_t process) const {
    return (uint32_t{1} << test_.processes[process].body.size()) - 1;
  }

  // kSc and kTso: the next statement in program order.
  void StepInOrder(const Moment& now, size_t p) {
    const auto& body = test_.processes[p].body;
    const uint32_t done = now.cores[p].done;
    if (done == All(p)) return;
    const auto at = static_cast<size_t>(std::countr_one(done));
    const Statement& one = body[at];
    Moment next = now;
    Core& core = next.cores[p];
    core.done |= uint32_t{1} << at;
    const bool queues = machine_ == Machine::kTso;
    const bool full_fence = one.action == Action::kFence && (one.pairs & kStoreLoad) != 0;
    const bool full_store = one.action == Action::kStore && one.order == Order::kSeqCst;
    if ((full_fence || full_store) && !core.queue.empty()) return;
    switch (one.action) {
      case Action::kLoad:
        core.registers[one.reg] = Seen(now, p, one.object);
        break;
      case Action::kStore:
        if (queues && !full_store) {
          core.queue.push_back({false, one.object, StoredValue(one, core)});
        } else {
          next.memory[one.object] = StoredValue(one, core);
        }
        break;
      case Action::kFence:
        break;
      case Action::kPost:
        if (queues) {
          core.queue.push_back({true, one.object, 1});
        } else {
          ++next.counts[one.object];
        }
        break;
      case Action::kWait:
        if (next.counts[one.object] == 0) return;
        --next.counts[one.object];
        break;
    }
    Visit(std::move(next));
  }

  // What a load of this process sees: its own newest store that waits, or memory.
  static int32_t Seen(const Moment& now, size_t p, int object) {
    const auto& queue = now.cores[p].queue;
    const auto own = std::find_if(queue.rbegin(), queue.rend(), [&](const Queued& queued) {
      return !queued.post && queued.object == object;
    });
    return own != queue.rend() ? own->value : now.memory[object];
  }

  void Drain(const Moment& now, size_t p) {
    if (now.cores[p].queue.empty()) return;
    Moment next = now;
    auto& queue = next.cores[p].queue;
    const Queued oldest = queue.front();
    queue.erase(queue.begin());
    if (oldest.post) {
      ++next.counts[oldest.object];
    } else {
      next.memory[oldest.object] = oldest.value;
    }
    Visit(std::move(next));
  }

  // kOmca: before_[p][j] has a bit for each statement that must be done before j.
  void FindOrders() {
    for (const Process& process : test_.processes) {
      auto& before = before_.emplace_back(process.body.size());
      for (size_t j = 0; j < process.body.size(); ++j) {
        for (size_t i = 0; i < j; ++i) {
          if (MustPrecede(process.body, i, j)) before[j] |= uint32_t{1} << i;
        }
      }
    }
  }

  static bool MustPrecede(const std::vector<Statement>& body, size_t i, size_t j) {
    const Statement& a = body[i];
    const Statement& b = body[j];
    if (a.action == Action::kFence || b.action == Action::kFence) return false;
    if (!IsAccess(a) && !IsAccess(b)) return true;  // a process makes its calls one by one
    if (a.action == Action::kWait || b.action == Action::kPost) return true;
    if (!IsAccess(a) || !IsAccess(b)) return false;
    const bool forwards = a.action == Action::kStore && b.action == Action::kLoad;
    if (a.object == b.object && !forwards) return true;
    if (a.action == Action::kLoad && a.order != Order::kPlain && a.order != Order::kRelaxed) {
      return true;
    }
    if (b.action == Action::kStore && b.order != Order::kPlain && b.order != Order::kRelaxed) {
      return true;
    }
    if (a.order == Order::kSeqCst && b.order == Order::kSeqCst) return true;
    if (b.action == Action::kStore && b.reg >= 0 && a.action == Action::kLoad && a.reg == b.reg) {
      return true;  // the value depends on it
    }
    const unsigned pair = a.action == Action::kLoad
                              ? (b.action == Action::kLoad ? kLoadLoad : kLoadStore)
                              : (b.action == Action::kLoad ? kStoreLoad : kStoreStore);
    return std::any_of(body.begin() + static_cast<std::ptrdiff_t>(i),
                       body.begin() + static_cast<std::ptrdiff_t>(j), [&](const Statement& fence) {
                         return fence.action == Action::kFence && (fence.pairs & pair) != 0;
                       });
  }

  void StepsInAnyOrder(const Moment& now, size_t p) {
    const auto& body = test_.processes[p].body;
    for (size_t j = 0; j < body.size(); ++j) {
      const uint32_t done = now.cores[p].done;
      if ((done >> j & 1) != 0 || (before_[p][j] & ~done) != 0) continue;
      const Statement& one = body[j];
      Moment next = now;
      Core& core = next.cores[p];
      core.done |= uint32_t{1} << j;
      switch (one.action) {
        case Action::kLoad:
          if (!Forwarded(now, p, j, core.registers[one.reg])) continue;
          break;
        case Action::kStore:
          next.memory[one.object] = StoredValue(one, core);
          break;
        case Action::kFence:
          break;
        case Action::kPost:
          ++next.counts[one.object];
          break;
        case Action::kWait:
          if (next.counts[one.object] == 0) continue;
          --next.counts[one.object];
          break;
      }
      Visit(std::move(next));
    }
  }

  // The value of the newest earlier store of the process to this location, if others do not see it
  // yet; or what is in memory. False while that value is not known.
  bool Forwarded(const Moment& now, size_t p, size_t j, int32_t& value) const {
    const auto& body = test_.processes[p].body;
    const Core& core = now.cores[p];
    value = now.memory[body[j].object];
    for (size_t i = j; i-- > 0;) {
      if (body[i].action != Action::kStore || body[i].object != body[j].object) continue;
      if ((core.done >> i & 1) != 0) return true;
      value = StoredValue(body[i], core);
      return Loaded(body, core, body[i].reg);
    }
    return true;
  }

  static bool Loaded(const std::vector<Statement>& body, const Core& core, int reg) {
    if (reg < 0) return true;
    const auto load = std::find_if(body.begin(), body.end(), [&](const Statement& one) {
      return one.action == Action::kLoad && one.reg == reg;
    });
    return (core.done >> (load - body.begin()) & 1) != 0;
  }

  const Test& test_;
  Machine machine_;
  std::vector<std::vector<uint32_t>> before_;
  std::set<Moment> seen_;
  std::vector<const Moment*> open_;
  bool moved_ = false;
  Allowed result_;
};

}  // namespace

std::string_view MachineName(Machine machine) {
  return kMachines[static_cast<size_t>(machine)].first;
}

std::optional<Machine> MachineNamed(std::string_view name) {
  for (const auto& [one, machine] : kMachines) {
    if (one == name) return machine;
  }
  return std::nullopt;
}

std::optional<Machine> NativeMachine() {
#if defined(__x86_64__) || defined(__i386__) || defined(__s390x__)
  return Machine::kTso;
#elif defined(__aarch64__) || (defined(__arm__) && __ARM_ARCH >= 8) || defined(__riscv)
  return Machine::kOmca;
#else
  return std::nullopt;
#endif
}

Allowed AllowedStates(const Test& test, Machine machine) { return Search(test, machine).Run(); }

}  // namespace ipcrig::litmus
