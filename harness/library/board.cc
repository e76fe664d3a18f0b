// SPDX-License-Identifier: Apache-2.0
#include "library/board.h"

#include <fcntl.h>
#include <linux/futex.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "library/record.h"

namespace ipcrig {
inline namespace v0 {
namespace {

std::atomic<SharedBoard*> current_board{nullptr};
std::atomic<int> current_slot{0};

void CopyText(char* to, size_t size, const char* from) {
  size_t i = 0;
  for (; from != nullptr && i + 1 < size && from[i] != '\0'; ++i) to[i] = from[i];
  to[i] = '\0';
}

// Null where it is not a file of ours.
void* MapShared(const char* path, size_t size) {
  const int fd = open(path, O_RDWR | O_CLOEXEC);
  if (fd < 0) return nullptr;
  struct stat status = {};
  const bool whole = fstat(fd, &status) == 0 && status.st_size == static_cast<off_t>(size);
  void* memory =
      whole ? mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) : MAP_FAILED;
  close(fd);
  if (memory == MAP_FAILED) return nullptr;
  uint32_t magic = 0;
  memcpy(&magic, memory, sizeof(magic));
  return magic == kBoardMagic ? memory : nullptr;
}

long Futex(std::atomic<uint32_t>& word, int operation, uint32_t value) {
  return syscall(SYS_futex, &word, operation, value, nullptr, nullptr, 0);
}

}  // namespace

SharedBoard* CurrentBoard() { return current_board.load(std::memory_order_acquire); }
void SetCurrentBoard(SharedBoard* board) { current_board.store(board, std::memory_order_release); }
int CurrentSlot() { return current_slot.load(std::memory_order_relaxed); }
void SetCurrentSlot(int slot) { current_slot.store(slot, std::memory_order_relaxed); }

void AttachBoard() {
  const char* place = getenv(kBoardVariable);
  char path[64] = {};
  char records_path[64] = {};
  int slot = 0;
  if (place == nullptr || sscanf(place, "%63s %d %63s", path, &slot, records_path) < 2) return;
  auto* board = static_cast<SharedBoard*>(MapShared(path, sizeof(SharedBoard)));
  if (board == nullptr || slot <= 0 || slot >= kSlotsMax) return;
  SetCurrentSlot(slot);
  SetCurrentBoard(board);
  SetCurrentRecords(static_cast<CallRecords*>(MapShared(records_path, sizeof(CallRecords))));
  RecordImage();
}

void AwaitChange(std::atomic<uint32_t>& word, uint32_t value) {
  const int before = errno;
  Futex(word, FUTEX_WAIT, value);
  errno = before;
}

void WakeAll(std::atomic<uint32_t>& word) { Futex(word, FUTEX_WAKE, INT32_MAX); }

void ForwardFailure(const char* file, int line, const char* text) {
  SharedBoard* board = CurrentBoard();
  if (board == nullptr) return;
  const uint32_t index = board->failures_count.fetch_add(1);
  board->slots[CurrentSlot()].failures.fetch_add(1);
  if (index >= kFailuresMax) return;
  FailureEntry& entry = board->failures[index];
  entry.line = line;
  entry.slot = CurrentSlot();
  entry.pid = getpid();
  CopyText(entry.file, sizeof(entry.file), file);
  CopyText(entry.text, sizeof(entry.text), text);
  entry.state.store(1, std::memory_order_release);
}

void ForwardFailureAndEnd(const char* file, int line, const char* text, int errno_value) {
  char message[1000];
  CopyText(message, sizeof(message) - 100, text);
  const char* name = strerrorname_np(errno_value);
  size_t length = strlen(message);
  CopyText(message + length, sizeof(message) - length, " does not hold; errno is ");
  length = strlen(message);
  CopyText(message + length, sizeof(message) - length, errno_value == 0 ? "0" : name);
  ForwardFailure(file, line, message);
  if (CurrentSlot() != 0) _exit(1);
  (void)!write(STDERR_FILENO, message, strlen(message));
  (void)!write(STDERR_FILENO, "\n", 1);
  abort();
}

}  // namespace v0
}  // namespace ipcrig
