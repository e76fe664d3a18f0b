// SPDX-License-Identifier: Apache-2.0
//
// A ring buffer in shared memory for one reader and many writers, that outlives a writer which is
// killed at any point.
//
// All that has to change together is in one semaphore set, and changes in one semop(2): the lock,
// the free and the filled places, and where to write next. The slot itself is written before; until
// the semop says so nobody reads it. SEM_UNDO takes back the lock and the place of a writer that
// died in between.
#include <sys/ipc.h>
#include <sys/sem.h>
#include <sys/shm.h>

#include <optional>
#include <string>
#include <vector>

#include <ipcrig/gtest.h>

namespace {

template <short kUndo>  // SEM_UNDO; 0 in the broken twin
class Ring {
 public:
  static constexpr int kPlaces = 4;

  Ring()
      : segment_(shmget(IPC_PRIVATE, kPlaces * sizeof(int), IPC_CREAT | 0600)),
        set_(semget(IPC_PRIVATE, 4, IPC_CREAT | 0600)),
        places_(static_cast<int*>(shmat(segment_, nullptr, 0))) {
    unsigned short values[] = {1, kPlaces, 0, 0};  // kLock, kFree, kFilled, kNext
    semctl(set_, 0, SETALL, values);
  }
  ~Ring() {
    shmdt(places_);
    shmctl(segment_, IPC_RMID, nullptr);
    semctl(set_, 0, IPC_RMID);
  }

  void Put(int value) {
    sembuf take[] = {{kFree, -1, kUndo}, {kLock, -1, kUndo}};
    semop(set_, take, 2);
    const int next = semctl(set_, kNext, GETVAL);
    places_[next] = value;
    // The place stays taken: +1 without and -1 with the undo that was noted for it.
    const auto step = static_cast<short>(next + 1 < kPlaces ? 1 : -next);
    sembuf commit[] = {
        {kFree, 1, kUndo}, {kFree, -1, 0}, {kNext, step, 0}, {kFilled, 1, 0}, {kLock, 1, kUndo}};
    semop(set_, commit, step == 0 ? 4 : 5);
  }

  // The reader's own position; nothing where it is empty.
  std::optional<int> Get() {
    sembuf take = {kFilled, -1, IPC_NOWAIT};
    if (semop(set_, &take, 1) != 0) return std::nullopt;
    const int value = places_[read_++ % kPlaces];
    sembuf give = {kFree, 1, 0};
    semop(set_, &give, 1);
    return value;
  }

  std::vector<int> Drain() {
    std::vector<int> values;
    while (const auto value = Get()) values.push_back(*value);
    return values;
  }

 private:
  enum : unsigned short { kLock, kFree, kFilled, kNext };
  int segment_;
  int set_;
  int* places_;
  int read_ = 0;
};

// Kills a writer at its n-th semop; another must go on, and what the first one committed is read.
template <typename RingOf>
void KillWriterAt(ipcrig::Rig& rig, int n, ipcrig::When when) {
  SCOPED_TRACE("killed " + std::string(when == ipcrig::When::kBefore ? "before" : "after") +
               " semop " + std::to_string(n));
  RingOf ring;
  auto& writer = rig.Fork(
      "writer",
      [&] {
        for (int value = 1; value <= 3; ++value) ring.Put(value);
      },
      ipcrig::KillAt{ipcrig::Call::kSemop, n, when});
  EXPECT_THAT(writer.Wait(), ipcrig::DiesOf(SIGKILL));
  auto& next = rig.Fork("next writer", [&] { ring.Put(9); });
  EXPECT_THAT(next.Wait(), ipcrig::Exits(0));

  std::vector<int> committed;
  for (int value = 1; value <= (n - (when == ipcrig::When::kBefore)) / 2; ++value) {
    committed.push_back(value);
  }
  committed.push_back(9);
  EXPECT_EQ(ring.Drain(), committed);
}

class RingBuffer : public ipcrig::IpcTest {};
class BrokenRingBuffer : public ipcrig::IpcTest {};

TEST_F(RingBuffer, PassesValuesInTheirOrderRoundAndRound) {
  Ring<SEM_UNDO> ring;
  constexpr int kValues = 100;
  Fork("writer", [&] {
    for (int i = 0; i < kValues; ++i) ring.Put(i);
  });
  for (int i = 0; i < kValues;) {
    if (const auto value = ring.Get()) ASSERT_EQ(*value, i++);
  }
}

TEST_F(RingBuffer, OutlivesAWriterThatIsKilledAnywhere) {
  for (int n = 1; n <= 6; ++n) {
    KillWriterAt<Ring<SEM_UNDO>>(*this, n, ipcrig::When::kBefore);
    KillWriterAt<Ring<SEM_UNDO>>(*this, n, ipcrig::When::kAfter);
  }
}

TEST_F(BrokenRingBuffer, HangsAfterAWriterThatIsKilledWithTheLock) {
  KillWriterAt<Ring<0>>(*this, 1, ipcrig::When::kAfter);
}

}  // namespace
