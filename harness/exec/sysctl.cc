// SPDX-License-Identifier: Apache-2.0
//
// The limits of an IPC namespace: files of /proc/sys/kernel. Four of them share the file `sem`.
#include <fcntl.h>
#include <unistd.h>

#include <charconv>
#include <cstring>

#include "exec/clamp.h"
#include "exec/worker.h"

namespace ipcrig {
namespace {

constexpr int kSemValues = 4;
constexpr size_t kMostText = 128;

// Where a limit is: its file, and which of the numbers there it is.
struct Place {
  char path[64];
  int index;
  int count;  // of numbers in the file
};

Place PlaceOf(const SysctlName& name) {
  static constexpr std::string_view kInSem[kSemValues] = {"semmsl", "semmns", "semopm", "semmni"};
  Place place = {"/proc/sys/kernel/", 0, 1};
  std::string_view file = name.word();
  for (int i = 0; i < kSemValues; ++i) {
    if (kInSem[i] != name.word()) continue;
    place.index = i;
    place.count = kSemValues;
    file = "sem";
  }
  const size_t length = strlen(place.path);
  memcpy(place.path + length, file.data(), file.size());
  place.path[length + file.size()] = '\0';
  return place;
}

const char* TakeNumber(const char* at, const char* end, int64_t& number) {
  if (at < end && *at == '-') return std::from_chars(at, end, number).ptr;
  uint64_t large = 0;
  at = std::from_chars(at, end, large).ptr;
  number = Clamp(large);
  return at;
}

// Reads as many numbers as the file has; false with errno where it cannot be read.
bool ReadNumbers(const Place& place, int64_t (&numbers)[kSemValues]) {
  char text[kMostText];
  const int fd = open(place.path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return false;
  const ssize_t length = read(fd, text, sizeof(text));
  const int error = errno;
  close(fd);
  errno = error;
  if (length < 0) return false;
  const char* at = text;
  const char* const end = text + length;
  for (int i = 0; i < place.count; ++i) {
    while (at < end && (*at == ' ' || *at == '\t')) ++at;
    at = TakeNumber(at, end, numbers[i]);
  }
  return true;
}

// Answers 0 or the error of the open or the write.
int WriteNumbers(const Place& place, const int64_t (&numbers)[kSemValues]) {
  char text[kMostText];
  char* at = text;
  for (int i = 0; i < place.count; ++i) {
    if (i > 0) *at++ = ' ';
    at = std::to_chars(at, text + sizeof(text), numbers[i]).ptr;
  }
  const int fd = open(place.path, O_WRONLY | O_CLOEXEC);
  if (fd < 0) return errno;
  const int error = write(fd, text, static_cast<size_t>(at - text)) < 0 ? errno : 0;
  close(fd);
  return error;
}

}  // namespace

void Sysctl::Call(Worker& worker) const {
  const Place place = PlaceOf(name);
  int64_t numbers[kSemValues] = {};
  if (place.count > 1 && !ReadNumbers(place, numbers)) return worker.Answer(-1);
  numbers[place.index] = worker.ValueOf(value.slot, value.number);
  const int error = WriteNumbers(place, numbers);
  if (error != 0) return worker.AnswerError(error);
  worker.Answer(0);
}

void ReadSysctl::Call(Worker& worker) const {
  const Place place = PlaceOf(name);
  int64_t numbers[kSemValues] = {};
  if (!ReadNumbers(place, numbers)) return worker.Answer(-1);
  worker.AnswerSuccess(numbers[place.index]);  // -1 is what *_next_id says when it is not set
}

}  // namespace ipcrig
