// SPDX-License-Identifier: Apache-2.0
//
// The calls that make, attach and detach shared memory.
#include <sys/ipc.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "exec/memory_access.h"
#include "exec/worker.h"

namespace ipcrig {
namespace {

constexpr uint64_t kLowAddress = 65536;  // nothing of the worker's is mapped below

// The size of the segment's pages.
int64_t PageOf(const Board& board, int id) {
  const int count = std::min(static_cast<int>(board.huge.load()), kMaxHuge);
  const auto* found = std::find(board.huge_ids, board.huge_ids + count, id);
  if (found == board.huge_ids + count) return sysconf(_SC_PAGESIZE);
  return board.huge_sizes[found - board.huge_ids];
}

void RememberHuge(Board& board, int id, int64_t page) {
  const uint32_t index = board.huge.load() % kMaxHuge;
  board.huge_ids[index] = id;
  board.huge_sizes[index] = page;
  board.huge.fetch_add(1);
}

// The bytes that an attach of the segment covers: whole pages. 0 where the caller may not know.
uint64_t AttachLength(const Board& board, int id) {
  shmid_ds ds = {};
  if (shmctl(id, IPC_STAT, &ds) != 0) return 0;
  const auto page = static_cast<uint64_t>(PageOf(board, id));
  return (ds.shm_segsz + page - 1) / page * page;
}

// Whether this attach would replace memory that is the worker's own.
bool IsHarmful(Worker& worker, const Shmat& call, uint64_t length) {
  uint64_t at = worker.AddressOf(call.address);
  if (!call.flags.Has(abi::kShmRemap) || at == 0 || length == 0) return false;
  const auto page = static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
  if (at % page != 0 && !call.flags.Has(abi::kShmRnd)) return false;
  at -= at % page;
  return at >= kLowAddress && !IsCovered(worker.home(), at, length);
}

}  // namespace

void Ftok::Call(Worker& worker) const {
  struct stat st = {};
  const int64_t error = stat(path.text.data(), &st) == 0 ? 0 : errno;
  worker.AnswerId(result.slot, ftok(path.text.data(), static_cast<int>(id.value)));
  // A key of -1 is indistinguishable from a failure, except here.
  if (error == 0 && worker.lane().kind == Outcome::Kind::kFailed) worker.AnswerSuccess(-1);
  worker.AddNumbers({error, static_cast<int64_t>(error == 0 ? st.st_dev : 0),
                     static_cast<int64_t>(error == 0 ? st.st_ino : 0)});
}

void Shmget::Call(Worker& worker) const {
  const key_t wanted = worker.KeyOf(key);
  const bool huge = flags.Has(abi::kShmHugetlb);
  const bool exists = huge && wanted != IPC_PRIVATE && shmget(wanted, 0, 0) >= 0;
  // Without memory there may be such a segment, whose size no report could tell.
  int id = -1;
  errno = EINVAL;
  if (size.value >= 0 || !huge) {
    id = shmget(wanted, static_cast<size_t>(size.value), static_cast<int>(flags.bits));
  }
  worker.AnswerId(result.slot, id);
  if (id < 0 || !huge || exists) return;
  Board& board = worker.board();
  RememberHuge(board, id, abi::HugePageSize(flags.bits, board.huge_page_size));
}

void Shmat::Call(Worker& worker) const {
  const int id = worker.IdOf(segment);
  const uint64_t length = AttachLength(worker.board(), id);
  if (IsHarmful(worker, *this, length)) {
    worker.AnswerError(EFAULT);
    if (result.slot >= 0) worker.home().addresses[result.slot] = 0;
    return;
  }
  errno = 0;
  const void* at = shmat(id, Pointer(worker.AddressOf(address)), static_cast<int>(flags.bits));
  const auto value = reinterpret_cast<int64_t>(at);
  worker.Answer(value);
  if (result.slot >= 0) {
    worker.home().addresses[result.slot] = value == -1 ? 0 : static_cast<uint64_t>(value);
  }
  if (value != -1) RememberRange(worker.home(), static_cast<uint64_t>(value), length);
}

void Shmdt::Call(Worker& worker) const { worker.Answer(shmdt(Pointer(worker.AddressOf(address)))); }

}  // namespace ipcrig
