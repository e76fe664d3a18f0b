// SPDX-License-Identifier: Apache-2.0
#include "litmus/body.h"

#include <array>
#include <atomic>

namespace ipcrig::litmus {
namespace {

using Word = uint32_t;

template <std::memory_order kOrder>
Word LoadAs(const char* address) {
  auto& word = *reinterpret_cast<const std::atomic<Word>*>(address);
  return word.load(kOrder);
}

template <std::memory_order kOrder>
void StoreAs(char* address, Word value) {
  reinterpret_cast<std::atomic<Word>*>(address)->store(value, kOrder);
}

Word LoadPlain(const char* address) { return *reinterpret_cast<const volatile Word*>(address); }
void StorePlain(char* address, Word value) { *reinterpret_cast<volatile Word*>(address) = value; }

}  // namespace

static_assert(std::atomic<Word>::is_always_lock_free && sizeof(std::atomic<Word>) == sizeof(Word));

Body::Kind Body::KindOf(const Statement& one) {
  switch (one.action) {
    case Action::kLoad:
      switch (one.order) {
        case Order::kPlain:
          return Kind::kLoadPlain;
        case Order::kRelaxed:
          return Kind::kLoadRelaxed;
        case Order::kSeqCst:
          return Kind::kLoadSeqCst;
        default:
          return Kind::kLoadAcquire;
      }
    case Action::kStore:
      switch (one.order) {
        case Order::kPlain:
          return Kind::kStorePlain;
        case Order::kRelaxed:
          return Kind::kStoreRelaxed;
        case Order::kSeqCst:
          return Kind::kStoreSeqCst;
        default:
          return Kind::kStoreRelease;
      }
    case Action::kFence:
      if (one.pairs == 0) return Kind::kNothing;
      if ((one.pairs & kStoreLoad) != 0) return Kind::kFenceSeqCst;
      if ((one.pairs & kStoreStore) == 0) return Kind::kFenceAcquire;
      return (one.pairs & kLoadLoad) != 0 ? Kind::kFenceAcqRel : Kind::kFenceRelease;
    case Action::kPost:
      return Kind::kPost;
    case Action::kWait:
      return Kind::kWait;
  }
  return Kind::kNothing;
}

Body::Body(const Test& test, size_t process, const std::vector<View>& views,
           const std::vector<IpcHandle>& handles)
    : handles_(handles) {
  for (const Statement& one : test.processes[process].body) {
    Step step{KindOf(one), one.reg, nullptr, one.value, nullptr};
    const auto object = static_cast<size_t>(one.object);
    if (one.action == Action::kLoad) step.address = views[object].load;
    if (one.action == Action::kStore) step.address = views[object].store;
    if (one.action == Action::kPost || one.action == Action::kWait) {
      step.handle = &handles_[object];
    }
    steps_.push_back(step);
  }
}

bool Body::Call(const Step& step, Place& place) const {
  place.statement.store(static_cast<int32_t>(&step - steps_.data()));
  const int error = step.kind == Kind::kPost ? Post(*step.handle) : Wait(*step.handle);
  place.error.store(error);
  if (error != 0) return false;
  place.statement.store(-1);
  return true;
}

bool Body::RunGated(uint32_t n, int32_t* registers, Place& place) const {
  const size_t offset = n * kLine;
  const auto put = [&](const Step& step, Word value) {
    registers[step.reg] = static_cast<int32_t>(value);
  };
  const auto value = [&](const Step& step) {
    const auto constant = static_cast<Word>(step.value);
    return step.reg < 0 ? constant : constant + static_cast<Word>(registers[step.reg]);
  };
  for (const Step& step : steps_) {
    char* at = step.address == nullptr ? nullptr : step.address + offset;
    using enum std::memory_order;
    switch (step.kind) {
      case Kind::kLoadPlain:
        put(step, LoadPlain(at));
        break;
      case Kind::kLoadRelaxed:
        put(step, LoadAs<relaxed>(at));
        break;
      case Kind::kLoadAcquire:
        put(step, LoadAs<acquire>(at));
        break;
      case Kind::kLoadSeqCst:
        put(step, LoadAs<seq_cst>(at));
        break;
      case Kind::kStorePlain:
        StorePlain(at, value(step));
        break;
      case Kind::kStoreRelaxed:
        StoreAs<relaxed>(at, value(step));
        break;
      case Kind::kStoreRelease:
        StoreAs<release>(at, value(step));
        break;
      case Kind::kStoreSeqCst:
        StoreAs<seq_cst>(at, value(step));
        break;
      case Kind::kFenceAcquire:
        std::atomic_thread_fence(acquire);
        break;
      case Kind::kFenceRelease:
        std::atomic_thread_fence(release);
        break;
      case Kind::kFenceAcqRel:
        std::atomic_thread_fence(acq_rel);
        break;
      case Kind::kFenceSeqCst:
        std::atomic_thread_fence(seq_cst);
        break;
      case Kind::kNothing:
        break;
      case Kind::kPost:
      case Kind::kWait:
        if (!Call(step, place)) return false;
        break;
    }
  }
  return true;
}

void Body::RunPerpetual(uint32_t size, uint32_t* const* log) const {
  struct Access {
    Kind kind;
    char* at;
    uint32_t* log;
  };
  std::array<Access, kMaxStatements> accesses{};
  size_t count = 0;
  for (const Step& step : steps_) {
    accesses[count++] = {step.kind, step.address,
                         step.kind <= Kind::kLoadSeqCst ? *log++ : nullptr};
  }
  const Access* const begin = accesses.data();
  const Access* const end = begin + count;
  for (uint32_t n = 0; n < size; ++n) {
    for (const Access* one = begin; one != end; ++one) {
      using enum std::memory_order;
      switch (one->kind) {
        case Kind::kLoadPlain:
          one->log[n] = LoadPlain(one->at);
          break;
        case Kind::kLoadRelaxed:
          one->log[n] = LoadAs<relaxed>(one->at);
          break;
        case Kind::kLoadAcquire:
          one->log[n] = LoadAs<acquire>(one->at);
          break;
        case Kind::kLoadSeqCst:
          one->log[n] = LoadAs<seq_cst>(one->at);
          break;
        case Kind::kStorePlain:
          StorePlain(one->at, n + 1);
          break;
        case Kind::kStoreRelaxed:
          StoreAs<relaxed>(one->at, n + 1);
          break;
        case Kind::kStoreRelease:
          StoreAs<release>(one->at, n + 1);
          break;
        case Kind::kStoreSeqCst:
          StoreAs<seq_cst>(one->at, n + 1);
          break;
        case Kind::kFenceAcquire:
          std::atomic_thread_fence(acquire);
          break;
        case Kind::kFenceRelease:
          std::atomic_thread_fence(release);
          break;
        case Kind::kFenceAcqRel:
          std::atomic_thread_fence(acq_rel);
          break;
        case Kind::kFenceSeqCst:
          std::atomic_thread_fence(seq_cst);
          break;
        default:
          break;
      }
    }
  }
}

}  // namespace ipcrig::litmus
