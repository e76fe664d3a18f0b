// SPDX-License-Identifier: Apache-2.0
#include "exec/board.h"

#include <linux/futex.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <ctime>

namespace ipcrig {

Result<Board*> CreateBoard() {
  UniqueFd fd(memfd_create("ipcrig-board", 0));
  if (!fd.ok()) return Error{"memfd_create", errno};
  if (ftruncate(fd.get(), sizeof(Board)) != 0) return Error{"ftruncate of the board", errno};
  Board* board = MapBoard(fd.get());
  if (board == nullptr) return Error{"mmap of the board", errno};
  board->board_fd = fd.Release();
  return board;
}

Board* MapBoard(int fd) {
  void* memory = mmap(nullptr, sizeof(Board), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  return memory == MAP_FAILED ? nullptr : static_cast<Board*>(memory);
}

void FutexWait(std::atomic<uint32_t>& counter, uint32_t seen, int64_t timeout_us) {
  const timespec limit{timeout_us / 1000000, (timeout_us % 1000000) * 1000};
  syscall(SYS_futex, &counter, FUTEX_WAIT, seen, timeout_us < 0 ? nullptr : &limit, nullptr, 0);
}

void FutexWake(std::atomic<uint32_t>& counter) {
  syscall(SYS_futex, &counter, FUTEX_WAKE, INT_MAX, nullptr, nullptr, 0);
}

void WaitForAnswer(Board& board, uint32_t seen, int64_t timeout_us) {
  board.waits.store(1);
  FutexWait(board.answers, seen, timeout_us);
  board.waits.store(0);
}

void CountAnswer(Board& board) {
  board.answers.fetch_add(1);
  if (board.waits.load() != 0) FutexWake(board.answers);
}

}  // namespace ipcrig
