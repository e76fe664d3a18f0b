// SPDX-License-Identifier: Apache-2.0
#include "exec/worker.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "base/require.h"
#include "exec/kcov.h"
#include "exec/memory_access.h"
#include "exec/racer.h"
#include "exec/sandbox.h"

namespace ipcrig {
namespace {

// The name of this thread in the /proc that is mounted here, whatever PID namespace that shows.
int NameInProc() {
  char text[64] = {};  // PID/task/TID
  const ssize_t length = readlink("/proc/thread-self", text, sizeof(text) - 1);
  const char* last = strrchr(text, '/');
  return length <= 0 || last == nullptr ? gettid() : atoi(last + 1);
}

// A worker handles no signal, whatever the engine or its caller does with them.
void ResetSignals() {
  for (const int number : {SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2, SIGALRM, SIGCONT}) {
    (void)signal(number, SIG_DFL);
  }
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
}

void IgnoreBrokenPipes(Lane& lane) {
  (void)signal(SIGPIPE, SIG_IGN);
  lane.ignored |= SignalBit(SIGPIPE);
}

}  // namespace

void Worker::Announce() {
  Lane& mine = lane();
  prctl(PR_SET_NAME, "ipcrig-worker");
  if (board_->realtime != 0) SetPriority(0, kWorkerPriority);
  InstallFaultHandler();
  Kcov::Record(board_->kcov[index_]);
  mine.proc_pid = NameInProc();
  mine.tid.store(static_cast<uint32_t>(gettid()));
  mine.init = mine.nested != 0 && getpid() == 1 ? 1 : 0;
  mine.syscall.store(-1);
  mine.ready.store(1, std::memory_order_release);
  CountAnswer(*board_);
}

void Worker::RunFirst() {
  ResetSignals();
  IgnoreBrokenPipes(lane());
  Run();
}

void Worker::Run() {
  Announce();
  for (;;) {
    const uint32_t done = lane().reply.load(std::memory_order_relaxed);
    while (lane().command.load(std::memory_order_acquire) == done) {
      FutexWait(lane().command, done, -1);
    }
    Lane& mine = lane();
    switch (std::exchange(mine.task, Task::kCall)) {
      case Task::kCall:
        MakeCall(mine.op);
        break;
      case Task::kTidy:
        TidyUp(false);
        break;
      case Task::kReset:
        TidyUp(true);
        break;
      case Task::kRace:
        RunRace(*this);
        break;
    }
    if (&lane() != &mine) continue;  // the child of a fork: it has answered nothing yet
    mine.returned = IsRaceOpen(board_->race.number) ? FencedNs() : 0;
    mine.reply.fetch_add(1, std::memory_order_release);
    CountAnswer(*board_);
  }
}

void Worker::MakeCall(const Op& op) {
  lane().number_count = 0;
  lane().byte_count = 0;
  const Op copy = op;  // the engine may not change what a child of fork(2) still reads
  std::visit([&](const auto& call) { call.Call(*this); }, copy);
}

void Worker::Answer(int64_t value) {
  Lane& mine = lane();
  const int error = errno;
  mine.kind = value == -1 ? Outcome::Kind::kFailed : Outcome::Kind::kReturned;
  mine.value = value == -1 ? error : value;
}

void Worker::AnswerId(int slot, int64_t id) {
  Answer(id);
  if (slot >= 0) board_->ids[slot] = static_cast<int32_t>(id);
}

void Worker::AnswerError(int error) {
  errno = error;
  Answer(-1);
}

void Worker::AnswerFault(int signal) {
  lane().kind = Outcome::Kind::kFaulted;
  lane().value = signal;
}

void Worker::AnswerSuccess(int64_t value) {
  lane().kind = Outcome::Kind::kReturned;
  lane().value = value;
}

// As RunFirst() leaves them.
void Worker::ForgetSignals() {
  Lane& mine = lane();
  for (int number = 1; number < 32; ++number) {
    if (((mine.handled | mine.ignored) & SignalBit(number)) != 0) (void)signal(number, SIG_DFL);
  }
  mine.handled = mine.ignored = 0;
  IgnoreBrokenPipes(mine);
  InstallFaultHandler();
}

// Those of the engine, which is the parent, and the first process of the sandbox.
bool Worker::PutBackSettings() {
  ForgetSignals();
  for (const auto resource : {RLIMIT_MEMLOCK, RLIMIT_AS}) {
    rlimit both = {};
    if (prlimit(getppid(), resource, nullptr, &both) != 0) return false;
    if (setrlimit(resource, &both) != 0) return false;
  }
  const int fd = open("/proc/1/ns/ipc", O_RDONLY | O_CLOEXEC);
  const bool back = fd >= 0 && setns(fd, CLONE_NEWIPC) == 0;
  if (fd >= 0) close(fd);
  return back;
}

void Worker::TidyUp(bool settings) {
  Lane& mine = lane();
  for (int i = 0; i < mine.range_count; ++i) {
    const AddressRange& range = mine.ranges[i];
    munmap(Pointer(range.from), range.to - range.from);
  }
  mine.range_count = 0;
  for (uint64_t& address : mine.addresses) address = 0;
  for (auto& ends : mine.pipes) {
    for (int& end : ends) {
      if (end >= 0) close(end);
      end = -1;
    }
  }
  Answer(settings && !PutBackSettings() ? -1 : 0);
}

void Worker::AddNumber(int64_t number) {
  Lane& mine = lane();
  IPC_REQUIRE(mine.number_count < kMaxReplyNumbers, "too many numbers in a reply");
  mine.numbers[mine.number_count++] = number;
}

void Worker::AddNumbers(std::initializer_list<int64_t> numbers) {
  for (const int64_t number : numbers) AddNumber(number);
}

uint64_t Worker::AddressOf(const Address& address) {
  const auto offset = static_cast<uint64_t>(address.offset);
  if (address.slot < 0) return offset;
  const uint64_t base = home().addresses[address.slot];
  return base == 0 ? 0 : base + offset;
}

void BecomeWorkerIfAsked(int argc, char** argv) {
  if (argc == 2 && argv[1] == kWorkerFlag) _exit(0);  // it was to be seen whether this can be
  if (argc != 4 || argv[1] != kWorkerFlag) return;
  Board* board = MapBoard(atoi(argv[2]));
  const int index = atoi(argv[3]);
  IPC_REQUIRE(board != nullptr && index >= 0 && index < kMaxProcesses, "a worker without a board");
  Worker worker(*board, index);
  Lane& lane = worker.lane();
  lane.number_count = 0;
  lane.byte_count = 0;
  lane.handled = 0;
  IgnoreBrokenPipes(lane);
  for (int i = 0; i < kMaxProcesses; ++i) {
    Lane& other = board->lanes[i];
    if (i != index && other.leader == index) other.reaped.store(1);
  }
  worker.Answer(0);  // to the exec that brought us here
  lane.reply.fetch_add(1, std::memory_order_release);
  worker.Run();
}

}  // namespace ipcrig
