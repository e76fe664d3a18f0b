// SPDX-License-Identifier: Apache-2.0
#include "gen/enumerate.h"

#include <variant>

#include "base/require.h"
#include "gen/situations.h"

namespace ipcrig {
namespace {

// The lines that come first, an empty line, and the calls; in a call @ is who makes it and % is the
// other one.
constexpr std::string_view kShm = R"(A  m = shmget(IPC_PRIVATE, 4097, 0600)
A  atA = shmat(m, NULL, 0)
B  atB = shmat(m, NULL, 0)

more@ = shmat(m, NULL, SHM_RDONLY)
shmat(m, at@, SHM_REMAP)
shmat(m, at@ + 1, SHM_RND|SHM_REMAP|SHM_RDONLY)
shmdt(at@)
shmdt(more@)
shmctl(m, IPC_RMID)
shmctl(m, IPC_STAT)
shmctl(m, IPC_SET, {uid=0, gid=0, mode=0})
shmctl(m, SHM_LOCK)
shmget(7, 1, IPC_CREAT|0600)
shmctl(0, SHM_INFO)
exit(0)
kill(%, SIGKILL)
)";

constexpr std::string_view kMemory = R"(A  m = shmget(IPC_PRIVATE, 8192, 0600)
A  atA = shmat(m, NULL, 0)
B  atB = shmat(m, NULL, SHM_RDONLY)

store(at@, 4095, "ab")
store(at@, 8191, "c")
load(at@, 4095, 2)
verify(at@, 0, 8192, 0)
mprotect(at@, 4096, PROT_READ)
mprotect(at@, 8192, PROT_READ|PROT_WRITE)
munmap(at@, 4096)
mremap(at@, 8192, 4096, 0)
to@ = mremap(at@, 8192, 8192, MREMAP_MAYMOVE|MREMAP_DONTUNMAP, NULL)
mlock(at@, 4096)
shmdt(at@)
shmctl(m, IPC_STAT)
shmctl(m, IPC_RMID)
)";

constexpr std::string_view kMsg = R"(A  q = msgget(IPC_PRIVATE, 0600)
B  msgsnd(q, 2, "first", 0)

msgsnd(q, 1, "a", 0)
msgsnd(q, 3, "", IPC_NOWAIT)
msgrcv(q, 10, 0, 0)
msgrcv(q, 10, 2, 0)
msgrcv(q, 10, -2, 0)
msgrcv(q, 10, 2, MSG_EXCEPT)
msgrcv(q, 1, 0, 0)
msgrcv(q, 1, 0, IPC_NOWAIT|MSG_NOERROR)
msgrcv(q, 10, 0, IPC_NOWAIT|MSG_COPY)
msgctl(q, IPC_SET, {uid=0, gid=0, mode=0600, qbytes=5})
msgctl(q, IPC_SET, {uid=0, gid=0, mode=0, qbytes=16384})
msgctl(q, IPC_STAT)
msgctl(q, IPC_RMID)
msgctl(0, MSG_INFO)
kill(%, SIGKILL)
)";

constexpr std::string_view kSem = R"(A  s = semget(IPC_PRIVATE, 2, 0600)
B  semop(s, [{0, 1, SEM_UNDO}])

semop(s, [{0, 1, 0}])
semop(s, [{0, -2, 0}])
semop(s, [{0, -1, SEM_UNDO}])
semop(s, [{0, 0, 0}])
semop(s, [{0, 1, 0}, {1, -1, IPC_NOWAIT}])
semop(s, [{0, -1, SEM_UNDO}, {1, 1, SEM_UNDO}])
semop(s, [{1, -1, 0}, {0, 1, 0}])
semctl(s, 0, SETVAL, 2)
semctl(s, 0, SETALL, [0, 1])
semctl(s, 0, GETALL)
semctl(s, 0, GETPID)
semctl(s, 0, GETNCNT)
semctl(s, 0, GETZCNT)
semctl(s, 0, IPC_STAT)
semctl(s, 0, IPC_RMID)
exit(0)
kill(%, SIGKILL)
)";

constexpr std::string_view kPipe = R"(A  p = pipe()
A  fork(B)
A  fcntl(p.w, F_SETPIPE_SZ, 4096)

write(p.w, "abc")
write(p.w, data(1, 4096))
write(p.w, data(2, 5000))
read(p.r, 2)
read(p.r, 8192)
close(p.r)
close(p.w)
fcntl(p.w, F_SETPIPE_SZ, 8192)
signal(SIGPIPE, SIG_DFL)
exit(0)
kill(%, SIGKILL)
)";

constexpr std::string_view kProcess = R"(A  m = shmget(IPC_PRIVATE, 1, 0600)
A  s = semget(IPC_PRIVATE, 1, 0600)
A  at = shmat(m, NULL, 0)
A  fork(B)
B  semop(s, [{0, 1, SEM_UNDO}])

fork(C)
clone(C, CLONE_SYSVSEM)
thread(C)
exec(self)
exit(3)
wait(%)
kill(%, SIGKILL)
kill(%, SIGSTOP)
kill(%, SIGCONT)
kill(%, SIGUSR1)
sigaction(SIGUSR1, 0)
unshare(CLONE_SYSVSEM)
unshare(CLONE_NEWIPC)
semop(s, [{0, -1, SEM_UNDO}])
semop(s, [{0, 0, 0}])
shmctl(m, IPC_RMID)
)";

constexpr std::string_view kIdentity = R"(A  m = shmget(7, 1, IPC_CREAT|0640)
B  setgid(20)
B  q = msgget(7, IPC_CREAT|0604)

setuid(1000)
setgid(20)
setgroups([20])
capset(0)
capset(CAP_IPC_OWNER)
shmget(7, 1, 0400)
shmat(m, NULL, SHM_RDONLY)
shmctl(m, IPC_SET, {uid=1000, gid=20, mode=0440})
shmctl(m, IPC_RMID)
msgget(7, 0004)
msgrcv(q, 1, 0, IPC_NOWAIT)
msgctl(q, IPC_STAT)
msgctl(q, IPC_SET, {uid=1000, gid=20, mode=0040, qbytes=1})
kill(%, SIGTERM)
)";

constexpr std::string_view kTexts[] = {kShm, kMemory, kMsg, kSem, kPipe, kProcess, kIdentity};

constexpr uint64_t kProcesses = 2;

void AddLine(std::string& text, bool second, std::string_view call) {
  const char names[] = {'A', 'B'};
  text += names[second ? 1 : 0];
  text += "  ";
  for (const char c : call) {
    text += c == '@' ? names[second ? 1 : 0] : c == '%' ? names[second ? 0 : 1] : c;
  }
  text += '\n';
}

}  // namespace

Enumeration::Enumeration(Family family, const Facts& facts, const Rules& rules)
    : facts_(facts), rules_(rules) {
  const std::string_view text = kTexts[static_cast<size_t>(family)];
  const size_t end = text.find("\n\n");
  beginning_ = text.substr(0, end + 1);
  for (std::string_view rest = text.substr(end + 2); !rest.empty();) {
    calls_.push_back(rest.substr(0, rest.find('\n')));
    rest.remove_prefix(calls_.back().size() + 1);
  }
}

uint64_t Enumeration::size() const {
  uint64_t all = 0;
  uint64_t of_length = calls_.size();
  for (int length = 1; length <= kCalls; ++length) {
    all += of_length;
    of_length *= calls_.size() * kProcesses;
  }
  return all;
}

std::optional<Scenario> Enumeration::At(uint64_t number) const {
  IPC_REQUIRE(number < size(), "there is no such number");
  uint64_t of_length = calls_.size();
  for (; number >= of_length; of_length *= calls_.size() * kProcesses) number -= of_length;
  std::string text(beginning_);
  AddLine(text, false, calls_[number % calls_.size()]);
  number /= calls_.size();
  for (of_length /= calls_.size(); of_length > 1; of_length /= calls_.size() * kProcesses) {
    AddLine(text, number % kProcesses == 1, calls_[number / kProcesses % calls_.size()]);
    number /= calls_.size() * kProcesses;
  }
  auto parsed = ParseScenario(text, "enumerated");
  auto* scenario = std::get_if<Scenario>(&parsed);
  if (scenario == nullptr || !CanRun(*scenario, facts_, rules_)) return std::nullopt;
  return std::move(*scenario);
}

}  // namespace ipcrig
