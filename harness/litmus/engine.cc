// SPDX-License-Identifier: Apache-2.0
#include "litmus/engine.h"

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <set>

#include <fmt/format.h>

#include "base/clock.h"
#include "exec/sandbox.h"

namespace ipcrig::litmus {
namespace {

constexpr uint32_t kSpins = 4000;          // at a barrier, before sleeping
constexpr uint32_t kFirstRound = 1 << 16;  // iterations of a perpetual test
constexpr uint32_t kFirstGatedRound = 64;
constexpr double kLongRound = 0.02;  // seconds; rounds of that length grow no more
constexpr int64_t kLookMs = 100;     // between two looks at who is still alive

int ProcessorsOf(const std::vector<int>& chosen) {
  const auto permitted = PermittedProcessors(0).size();
  if (chosen.empty()) return static_cast<int>(permitted);
  std::set<size_t> different;
  for (const int one : chosen) different.insert(static_cast<size_t>(one) % permitted);
  return static_cast<int>(different.size());
}

// Marsaglia's xorshift: a few instructions, between a barrier and the first statement.
uint64_t NextRandom(uint64_t& state) {
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return state;
}

// None in half of the iterations.
void Delay(uint64_t& random) {
  const uint64_t drawn = NextRandom(random);
  if ((drawn & 64) != 0) return;
  for (uint64_t spin = drawn & 63; spin > 0; --spin) {
    std::atomic_signal_fence(std::memory_order_seq_cst);
  }
}

// The share of iterations that one of the processes compares.
void Compare(const Perpetual& plan, Control& control, size_t process, uint32_t size) {
  const auto share = static_cast<uint32_t>((size + plan.processes - 1) / plan.processes);
  const uint32_t from = std::min(static_cast<uint32_t>(process) * share, size);
  const uint32_t to = std::min(from + share, size);
  const uint32_t* log[kMaxPerpetualLoads] = {};
  uint64_t impossible = 0;
  for (size_t i = 0; i < plan.loads.size(); ++i) {
    log[i] = control.perpetual_log[i];
    uint32_t most = 0;
    for (uint32_t n = from; n < to; ++n) most = std::max(most, log[i][n]);
    if (most > size) ++impossible;
  }
  if (impossible != 0) control.impossible.fetch_add(impossible);
  CountPerpetual(plan, log, size, from, to, control.counts[process]);
}

}  // namespace

Engine::Engine(const Test& test, const std::optional<Perpetual>& plan, const RunOptions& options,
               Control& control)
    : test_(test),
      plan_(plan),
      options_(options),
      control_(control),
      parties_(static_cast<uint32_t>(test.processes.size())),
      processors_(ProcessorsOf(options.processors)) {}

bool Engine::Fail(const char* how, const std::string& why) {
  if (failure_.empty()) failure_ = fmt::format("{} {}\n", how, why);
  return false;
}

std::string Engine::Run() {
  if (!MakeObjects() || !StartProcesses()) return failure_;
  uint32_t size = plan_ ? kFirstRound : kFirstGatedRound;
  for (;;) {
    const uint64_t done = control_.iterations.load();
    if (options_.iterations != 0) {
      if (done >= options_.iterations) break;
      size = static_cast<uint32_t>(std::min<uint64_t>(size, options_.iterations - done));
    }
    if (options_.seconds > 0 && seconds_ >= options_.seconds) break;
    const double before = seconds_;
    if (!Round(size)) return failure_;
    size = NextSize(size, seconds_ - before);
  }
  return Answer();
}

bool Engine::MakeObjects() {
  const size_t bytes = plan_ ? kLine : kLine * kMaxGatedRound;
  for (size_t i = 0; i <= test_.locations.size(); ++i) {
    auto segment = MakeSegment(options_.memory, bytes);
    if (!segment.ok()) return Fail("skipped", segment.error().Text());
    segments_.push_back(*segment);
  }
  size_t futexes = 0;
  for (const IpcObject& object : test_.ipc) {
    auto* word =
        reinterpret_cast<std::atomic<uint32_t>*>(segments_.back().inherited + kLine * futexes);
    if (object.kind == IpcKind::kFutex) ++futexes;
    auto handle = MakeIpcObject(object, word);
    if (!handle.ok()) return Fail("skipped", handle.error().Text());
    handles_.push_back(*handle);
  }
  return true;
}

bool Engine::StartProcesses() {
  control_.finished.store(0);
  for (size_t p = 0; p < parties_; ++p) {
    const pid_t pid = fork();
    if (pid < 0) return Fail("broken", fmt::format("fork: {}", strerror(errno)));
    if (pid == 0) RunProcess(p);
    pids_.push_back(pid);
  }
  // Each says so when it has attached.
  if (!LooksEnded(MonotonicSeconds() + options_.timeout_s)) return false;
  for (const Segment& segment : segments_) {
    if (options_.removed && !RemoveSegment(segment)) {
      return Fail("broken", fmt::format("IPC_RMID: {}", strerror(errno)));
    }
  }
  return true;
}

void Engine::RunProcess(size_t process) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  prctl(PR_SET_NAME, fmt::format("ipcrig-P{}", process).c_str());
  const auto& chosen = options_.processors;
  const int index = chosen.empty() ? static_cast<int>(process) : chosen[process % chosen.size()];
  PinTo(0, PermittedProcessors(index).front());
  Place& place = control_.places[process];
  place.statement.store(-1);
  std::vector<View> views(test_.locations.size());
  const auto attach = [&](size_t i, bool read_only) {
    auto view = AttachSegment(segments_[i], process, read_only, options_.attach);
    if (!view.ok()) {
      place.error.store(view.error().errno_value);
      _exit(1);
    }
    return *view;
  };
  const Process& mine = test_.processes[process];
  for (size_t i = 0; i < views.size(); ++i) {
    if (mine.attached[i]) views[i] = attach(i, mine.read_only[i]);
  }
  std::vector<IpcHandle> handles = handles_;
  const View words = attach(test_.locations.size(), false);
  for (IpcHandle& handle : handles) {
    const auto offset = reinterpret_cast<char*>(handle.word) - segments_.back().inherited;
    handle.word = reinterpret_cast<std::atomic<uint32_t>*>(words.store + offset);
  }
  if (options_.attached) options_.attached(process, views);
  const Body body(test_, process, views, handles);
  uint32_t* log[kMaxPerpetualLoads] = {};
  size_t loads = 0;
  for (size_t i = 0; plan_ && i < plan_->loads.size(); ++i) {
    if (plan_->loads[i].process == process) log[loads++] = control_.perpetual_log[i];
  }
  const uint32_t spins = processors_ >= static_cast<int>(parties_) ? kSpins : 0;
  uint64_t random = (options_.seed + process) * 0x9e3779b97f4a7c15U | 1;
  for (uint32_t round = 0;; ++round) {
    if (control_.finished.fetch_add(1) + 1 == parties_) FutexWakeUp(control_.finished, 1);
    while (control_.round.load() == round) FutexSleep(control_.round, round, -1);
    const uint32_t size = control_.size;
    if (plan_) {
      Arrive(control_, parties_, spins);
      body.RunPerpetual(size, log);
      Arrive(control_, parties_, spins);
      Compare(*plan_, control_, process, size);
      continue;
    }
    for (uint32_t n = 0; n < size; ++n) {
      int32_t registers[kMaxRegisters] = {};
      Arrive(control_, parties_, spins);
      if (spins != 0) Delay(random);
      if (!body.RunGated(n, registers, place)) _exit(1);
      for (size_t r = 0; r < mine.registers.size(); ++r) {
        control_.gated_log[process][r][n] = static_cast<uint32_t>(registers[r]);
      }
    }
  }
}

// Waits until all processes have come to the end of the round.
bool Engine::LooksEnded(double deadline) {
  for (uint32_t seen = control_.finished.load(); seen < parties_; seen = control_.finished.load()) {
    FutexSleep(control_.finished, seen, kLookMs);
    int status = 0;
    const pid_t dead = waitpid(-1, &status, WNOHANG);
    if (dead > 0) {
      const auto p =
          static_cast<size_t>(std::find(pids_.begin(), pids_.end(), dead) - pids_.begin());
      if (WIFSIGNALED(status)) {
        return Fail("died", fmt::format("P{} was ended by {}", p, strsignal(WTERMSIG(status))));
      }
      return Fail("broken", fmt::format("P{}: {}", p, strerror(control_.places[p].error.load())));
    }
    if (MonotonicSeconds() < deadline) continue;
    std::string why;
    for (size_t p = 0; p < parties_; ++p) {
      const int32_t at = control_.places[p].statement.load();
      if (at < 0) continue;
      const Statement& one = test_.processes[p].body[static_cast<size_t>(at)];
      why += fmt::format("{}P{} is still in {} (line {})", why.empty() ? "" : ", ", p, one.text,
                         one.line);
    }
    return Fail("stuck", why.empty() ? "the processes did not end their round" : why);
  }
  return true;
}

bool Engine::Round(uint32_t size) {
  ResetLocations(size);
  control_.size = size;
  control_.finished.store(0);
  const double start = MonotonicSeconds();
  control_.round.fetch_add(1);
  FutexWakeUp(control_.round, static_cast<int>(parties_));
  if (!LooksEnded(start + options_.timeout_s)) return false;
  if (!plan_) CountGated(size);
  seconds_ += MonotonicSeconds() - start;
  control_.iterations.fetch_add(size);
  return true;
}

void Engine::ResetLocations(uint32_t size) {
  const uint32_t cells = plan_ ? 1 : size;
  for (size_t i = 0; i < test_.locations.size(); ++i) {
    for (uint32_t n = 0; n < cells; ++n) {
      memcpy(segments_[i].inherited + n * kLine, &test_.locations[i].initial, sizeof(int32_t));
    }
  }
}

void Engine::CountGated(uint32_t size) {
  State state(test_.observed.size());
  for (uint32_t n = 0; n < size; ++n) {
    for (size_t i = 0; i < state.size(); ++i) {
      const Observable& seen = test_.observed[i];
      const auto index = static_cast<size_t>(seen.index);
      if (seen.process < 0) {
        memcpy(&state[i], segments_[index].inherited + n * kLine, sizeof(int32_t));
      } else {
        state[i] =
            static_cast<int32_t>(control_.gated_log[static_cast<size_t>(seen.process)][index][n]);
      }
    }
    const auto known = std::find_if(states_.begin(), states_.end(),
                                    [&](const auto& one) { return one.first == state; });
    if (known == states_.end()) {
      states_.emplace_back(state, 1);
    } else {
      ++known->second;
    }
  }
}

uint32_t Engine::NextSize(uint32_t size, double round_seconds) const {
  return round_seconds < kLongRound ? std::min(2 * size, plan_ ? kMaxRound : kMaxGatedRound) : size;
}

std::string Engine::Answer() const {
  auto states = states_;
  for (size_t number = 0; plan_ && number < plan_->states(); ++number) {
    uint64_t count = 0;
    for (size_t p = 0; p < parties_; ++p) count += control_.counts[p][number];
    if (count != 0) states.emplace_back(PerpetualState(test_, *plan_, number), count);
  }
  std::string text;
  for (const auto& [state, count] : states) {
    text += fmt::format("state {} {}\n", count, fmt::join(state, " "));
  }
  return text + fmt::format("done {} {} {} {}\n", control_.iterations.load(),
                            static_cast<int64_t>(seconds_ * 1e9), processors_,
                            control_.impossible.load());
}

}  // namespace ipcrig::litmus
