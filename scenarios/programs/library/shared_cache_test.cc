// SPDX-License-Identifier: Apache-2.0
//
// A cached value in shared memory: readers take no lock, and look at a generation that is odd while
// somebody writes. Writers take a semaphore, with SEM_UNDO, so that the next one can repair what a
// writer left half-way. The broken twin reads without looking at the generation.
#include <sys/ipc.h>
#include <sys/sem.h>
#include <sys/shm.h>

#include <atomic>
#include <functional>
#include <optional>
#include <string>

#include <ipcrig/gtest.h>

namespace {

struct Value {
  int first;
  int second;
};

class Cache {
 public:
  explicit Cache(bool looks)
      : looks_(looks),
        segment_(shmget(IPC_PRIVATE, sizeof(Shared), IPC_CREAT | 0600)),
        lock_(semget(IPC_PRIVATE, 1, IPC_CREAT | 0600)),
        shared_(static_cast<Shared*>(shmat(segment_, nullptr, 0))) {
    semctl(lock_, 0, SETVAL, 1);
  }
  ~Cache() {
    shmdt(shared_);
    shmctl(segment_, IPC_RMID, nullptr);
    semctl(lock_, 0, IPC_RMID);
  }

  // `half_way` is for tests: called between the two stores.
  void Write(
      Value value, const std::function<void()>& half_way = [] {}) {
    Lock(-1);
    // Odd already where the last writer died: the value is not valid until it is whole.
    if (shared_->generation % 2 == 0) ++shared_->generation;
    shared_->first = value.first;
    half_way();
    shared_->second = value.second;
    ++shared_->generation;
    Lock(1);
  }

  // Nothing while it is being written.
  std::optional<Value> TryRead() const {
    const unsigned before = shared_->generation;
    const Value value = {shared_->first, shared_->second};
    const bool whole = before % 2 == 0 && before == shared_->generation;
    if (looks_ && !whole) return std::nullopt;
    return value;
  }

 private:
  struct Shared {
    std::atomic<unsigned> generation;
    std::atomic<int> first;
    std::atomic<int> second;
  };
  void Lock(short step) {
    sembuf operation = {0, step, SEM_UNDO};
    semop(lock_, &operation, 1);
  }
  bool looks_;
  int segment_;
  int lock_;
  Shared* shared_;
};

std::string Describe(const std::optional<Value>& value) {
  if (!value) return "nothing";
  return value->first == value->second ? "whole" : "half old, half new";
}

// A reader comes when a writer is half-way.
void ReadHalfWay(ipcrig::Rig& rig, bool looks) {
  Cache cache(looks);
  cache.Write({1, 1});
  auto& writer = rig.Fork("writer", [&] {
    ipcrig::Rig::Step(1, [] {});
    cache.Write({2, 2}, [] {
      ipcrig::Rig::Step(2, [] {});  // the first half is written
      ipcrig::Rig::Step(4, [] {});  // and the second not before it was read
    });
  });
  rig.Fork("reader", [&] {
    ipcrig::Rig::Step(3, [&] { EXPECT_NE(Describe(cache.TryRead()), "half old, half new"); });
  });
  EXPECT_THAT(writer.Wait(), ipcrig::Exits(0));
  EXPECT_EQ(Describe(cache.TryRead()), "whole");
}

class SharedCache : public ipcrig::IpcTest {};
class BrokenSharedCache : public ipcrig::IpcTest {};

TEST_F(SharedCache, IsNeverReadHalfWay) { ReadHalfWay(*this, true); }

TEST_F(SharedCache, IsRepairedAfterAWriterThatDied) {
  Cache cache(true);
  cache.Write({1, 1});
  auto& writer = Fork("writer", [&] { cache.Write({2, 2}, [] { raise(SIGKILL); }); });
  EXPECT_THAT(writer.Wait(), ipcrig::DiesOf(SIGKILL));
  EXPECT_EQ(Describe(cache.TryRead()), "nothing");
  cache.Write({3, 3});
  EXPECT_EQ(Describe(cache.TryRead()), "whole");
}

TEST_F(BrokenSharedCache, IsReadHalfWay) { ReadHalfWay(*this, false); }

}  // namespace
