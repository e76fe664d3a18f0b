// SPDX-License-Identifier: Apache-2.0
#include "exec/kcov.h"

#include <fcntl.h>
#include <linux/kcov.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>

namespace ipcrig {
namespace {

constexpr const char* kPath = "/sys/kernel/debug/kcov";
constexpr size_t kWords = 1U << 16;  // of an area: places that are recorded in one run
constexpr size_t kAreaBytes = kWords * sizeof(unsigned long);

void Add(uint8_t& counter, unsigned amount) {
  counter = static_cast<uint8_t>(std::min<unsigned>(counter + amount, UINT8_MAX));
}

}  // namespace

Result<Kcov> Kcov::Open() {
  Kcov kcov;
  for (UniqueFd& fd : kcov.fds_) {
    fd.Reset(open(kPath, O_RDWR | O_CLOEXEC));
    if (!fd.ok()) return Error{std::string("cannot open ") + kPath, errno};
    if (ioctl(fd.get(), KCOV_INIT_TRACE, kWords) != 0) return Error{"KCOV_INIT_TRACE", errno};
  }
  void* memory = mmap(nullptr, kPlaces, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return Error{"mmap", errno};
  kcov.reached_ = static_cast<uint8_t*>(memory);
  return kcov;
}

void Kcov::Map() {
  for (int lane = 0; lane < kMaxProcesses; ++lane) {
    void* area = mmap(nullptr, kAreaBytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd(lane), 0);
    if (area == MAP_FAILED) continue;
    madvise(area, kAreaBytes, MADV_DONTFORK);
    areas_[lane] = static_cast<unsigned long*>(area);
    areas_[lane][0] = 0;
  }
}

void Kcov::Record(int fd) {
  if (fd >= 0) (void)ioctl(fd, KCOV_ENABLE, KCOV_TRACE_PC);
}

void Kcov::Collect() {
  for (unsigned long* area : areas_) {
    if (area != nullptr) CountPlaces(area, reached_);
  }
}

void Kcov::Take(uint8_t* counters) {
  for (size_t i = 0; i < kPlaces; i += sizeof(uint64_t)) {
    uint64_t some = 0;
    memcpy(&some, reached_ + i, sizeof(some));
    if (some == 0) continue;
    for (size_t k = i; k < i + sizeof(some); ++k) Add(counters[k], reached_[k]);
    memset(reached_ + i, 0, sizeof(some));
  }
}

void CountPlaces(unsigned long* area, uint8_t* counters) {
  std::atomic_ref<unsigned long> count(area[0]);
  const unsigned long places = std::min<unsigned long>(count.load(), kWords - 1);
  for (unsigned long i = 1; i <= places; ++i) {
    const uint64_t hash = area[i] * uint64_t{0x9e3779b97f4a7c15U};
    Add(counters[hash >> 50], 1);
  }
  count.store(0);
}

}  // namespace ipcrig
