// SPDX-License-Identifier: Apache-2.0
#include "gen/situations.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "gen/draws.h"
#include "gen/sensible.h"
#include "model/predict.h"

namespace ipcrig {
namespace {

// Of each <one / another> one is taken; the last may be nothing.
constexpr std::string_view kTexts[] = {
    // Who may do what: the owner, the creator, members of their groups, others.
    R"(
A  s = semget(7, 2, IPC_CREAT|0)
A  semctl(s, 0, IPC_SET, {uid=<0 / 1000>, gid=20, mode=<0444 / 0222 / 0440 / 0040 / 0004>})
B  setgroups([<20 / 1000>])
B  setgid(<20 / 1000 / 0>)
B  setuid(1000)
B  semop(s, [{0, 1, 0}])
B  semop(s, [{1, 0, 0}])
B  semctl(s, 0, GETVAL)
B  semctl(s, 0, SETVAL, 2)
B  semctl(s, 0, SETALL, [1, 1])
B  semctl(s, 0, IPC_STAT)
B  semget(7, 0, 0400)
B  semget(7, 0, 0200)
B  semctl(s, 0, IPC_SET, {uid=0, gid=0, mode=0600})
B  semctl(s, 0, IPC_RMID)
)",
    R"(
A  q = msgget(7, IPC_CREAT|0600)
A  msgsnd(q, 1, "one", 0)
A  msgctl(q, IPC_SET, {uid=<0 / 1000>, gid=20, mode=<0444 / 0222 / 0440 / 0040 / 0004 /
                       0020>, qbytes=16384})
B  setgroups([<20 / 1000>])
B  setgid(<20 / 1000 / 0>)
B  setuid(1000)
B  msgsnd(q, 2, "two", IPC_NOWAIT)
B  msgrcv(q, 10, 0, IPC_NOWAIT|MSG_COPY)
B  msgrcv(q, 10, 0, IPC_NOWAIT)
B  msgctl(q, IPC_STAT)
B  msgget(7, 0400)
B  msgget(7, 0200)
B  msgctl(q, IPC_SET, {uid=1001, gid=0, mode=0600, qbytes=<100 / 65536>})
B  msgctl(q, IPC_RMID)
)",
    R"(
A  m = shmget(7, 4096, IPC_CREAT|0600)
A  shmctl(m, IPC_SET, {uid=<0 / 1000>, gid=20, mode=<0444 / 0222 / 0440 / 0040 / 0004>})
A  shmctl(m, <SHM_LOCK / SHM_UNLOCK>)
B  setgroups([<20 / 1000>])
B  setgid(<20 / 1000 / 0>)
B  setuid(1000)
B  a = shmat(m, NULL, 0)
B  r = shmat(m, NULL, SHM_RDONLY)
B  shmctl(m, IPC_STAT)
B  shmget(7, 0, 0400)
B  shmget(7, 0, 0200)
B  shmctl(m, <SHM_LOCK / SHM_UNLOCK>)
B  shmctl(m, IPC_SET, {uid=1001, gid=0, mode=0600})
B  shmctl(m, IPC_RMID)
)",
    // Adjustments, and what becomes of them.
    R"(
A  s = semget(IPC_PRIVATE, 2, 0600)
A  semctl(s, 0, SETVAL, 2)
B  semop(s, [{0, <1 / -1 / 3 / -2>, SEM_UNDO}<, {1, 1, SEM_UNDO} / >])
<C  semop(s, [{0, -<3 / 2>, 0}]) / C  semop(s, [{0, 0, 0}]) / >
<A  semctl(s, 0, SETVAL, 7) / A  semctl(s, 0, SETALL, [5, 5]) / A  semctl(s, 1, SETVAL, 3) /
    B  fork(D) / >
<B  exit(0) / A  kill(B, SIGKILL) / B  semop(s, [{0, 1, SEM_UNDO}])>
A  semctl(s, 0, GETALL)
A  semctl(s, 0, GETPID)
)",
    R"(
B  s = semget(IPC_PRIVATE, 1, 0600)
B  semop(s, [{0, <32767 / 32766>, SEM_UNDO}])
B  semop(s, [{0, -<32766 / 32767>, 0}])
B  semop(s, [{0, <1 / 2 / 32766>, SEM_UNDO}])
A  semctl(s, 0, GETVAL)
B  exit(0)
A  semctl(s, 0, GETVAL)
)",
    // Two who sleep at a set, and what may let them go, one by the other.
    R"(
A  s = semget(IPC_PRIVATE, 2, 0600)
B  semop(s, [<{1, -1, 0} / {0, -2, 0} / {0, -1, 0}, {1, -1, 0}>])
C  semop(s, [<{0, -1, 0}, {1, 1, 0} / {0, -1, 0} / {1, -1, 0}, {0, 1, 0}>])
A  <semop(s, [{0, 1, 0}]) / semop(s, [{0, 1, 0}, {1, 1, 0}]) / semop(s, [{1, 1, 0}]) /
    semctl(s, 0, SETVAL, 2)>
A  semctl(s, 0, GETALL)
)",
    R"(
A  s = semget(IPC_PRIVATE, 2, 0600)
A  semctl(s, 0, SETALL, [1, <1 / 0>])
B  semop(s, [<{0, 0, 0} / {0, -2, 0} / {0, 0, 0}, {1, 0, 0} / {0, -1, 0}, {1, -2, 0}>])
C  semop(s, [<{1, 0, 0}, {0, 0, 0} / {0, -1, 0}, {1, -2, 0} / {0, 0, 0}, {0, 1, 0}>])
A  semctl(s, 0, <GETNCNT / GETZCNT>)
A  semctl(s, 1, <GETNCNT / GETZCNT>)
A  <semop(s, [{0, -1, 0}]) / semctl(s, 0, SETVAL, <0 / 3>) / semctl(s, 0, SETALL, [0, 2]) /
    semctl(s, 0, IPC_RMID)>
)",
    // Two who sleep at a queue.
    R"(
A  q = msgget(IPC_PRIVATE, 0666)
B  setuid(1000)
B  msgrcv(q, <10 / 1>, <0 / 1 / -2>, <0 / MSG_NOERROR / MSG_EXCEPT>)
C  msgrcv(q, 10, <0 / 2 / -1>, 0)
A  <msgctl(q, IPC_SET, {uid=0, gid=0, mode=0600, qbytes=100}) / msgsnd(q, 2, "two", 0) /
    msgctl(q, IPC_RMID)>
A  msgsnd(q, 1, "one", IPC_NOWAIT)
A  msgctl(q, IPC_STAT)
)",
    R"(
A  q = msgget(IPC_PRIVATE, 0666)
A  msgsnd(q, 1, data(1, 8192), 0)
A  msgsnd(q, 2, data(2, 8192), 0)
B  setuid(1000)
B  msgsnd(q, 3, <"b" / data(3, 8192)>, 0)
C  msgsnd(q, 4, <"c" / data(4, 5000)>, 0)
A  <msgrcv(q, 8192, <0 / 2>, 0) / msgctl(q, IPC_RMID) /
    msgctl(q, IPC_SET, {uid=0, gid=0, mode=<0666 / 0600>, qbytes=<65536 / 10>})>
A  msgrcv(q, 8192, <0 / -9>, IPC_NOWAIT)
A  msgctl(q, IPC_STAT)
)",
    // Attaches, what they allow, and their end.
    R"(
A  m = shmget(IPC_PRIVATE, <4096 / 8192>, 0600)
A  n = shmget(IPC_PRIVATE, 4096, 0600)
A  a = shmat(m, NULL, <0 / SHM_RDONLY>)
A  b = shmat(<m / n>, NULL, SHM_RDONLY)
A  <mprotect(b, 4096, PROT_READ|PROT_WRITE) / mprotect(a, 4096, PROT_READ|PROT_WRITE) /
    madvise(b, 4096, MADV_REMOVE) / shmdt(b - 4096) / shmdt(a - 4096) / shmdt(b + 1) / fork(C)>
A  store(<a / b>, 0, "x")
A  <c = shmat(m, <1 / 4095>, SHM_RND|SHM_REMAP) / c = shmat(n, a, SHM_REMAP) /
    c = shmat(n, a + 1, SHM_RND|SHM_REMAP) / c = shmat(n, a, 0) / shmdt(a) / exit(0)>
B  shmctl(m, <IPC_RMID / IPC_STAT>)
B  shmctl(n, IPC_STAT)
)",
    // What is in a new segment, and in messages of one page and of more.
    R"(
A  m = shmget(IPC_PRIVATE, <1 / 4097 / 8192 / 12288>, 0600)
A  a = shmat(m, NULL, 0)
A  verify(a, 0, <1 / 4096 / 4097 / 8192>, 0)
A  store(a, <0 / 4000>, "abc")
<A  shmdt(a) / A  exit(0) / >
B  b = shmat(m, NULL, SHM_RDONLY)
B  load(b, <0 / 4000>, 3)
)",
    R"(
A  q = msgget(IPC_PRIVATE, 0600)
<B  msgrcv(q, 8192, <2 / -2>, 0) / >
A  msgsnd(q, 2, <data(1, 4048) / data(1, 4049) / data(1, 8192)>, 0)
A  msgsnd(q, 2, "second", 0)
A  msgsnd(q, 1, "first", 0)
A  msgrcv(q, <8192 / 4>, <0 / 2 / -2>, <IPC_NOWAIT / IPC_NOWAIT|MSG_NOERROR>)
A  msgctl(q, IPC_STAT)
A  msgrcv(q, 8192, 2, IPC_NOWAIT)
)",
    // Segments without an owner, and limits.
    R"(
A  sysctl(shm_rmid_forced, 1)
B  m = shmget(8, 4096, IPC_CREAT|0600)
<B  a = shmat(m, NULL, 0) / A  b = shmat(m, NULL, 0) / >
C  unshare(CLONE_NEWIPC)
B  <unshare(CLONE_NEWIPC) / setns(C, CLONE_NEWIPC) / fork(D)>
<B  exit(0) / A  kill(B, SIGKILL)>
A  shmget(8, 0, 0)
ipcs
)",
    R"(
B  m = shmget(8, 4096, IPC_CREAT|0600)
<B  a = shmat(m, NULL, 0) / A  b = shmat(m, NULL, 0) / >
<B  exit(0) / >
A  sysctl(shm_rmid_forced, 1)
A  shmget(8, 0, 0)
<B  exit(0) / >
ipcs
)",
    R"(
A  sysctl(<shmall, 2 / shmmax, 8192 / shmmni, 1 / msgmni, 1 / msgmax, 10 / msgmnb, 12>)
A  m = shmget(IPC_PRIVATE, 8192, 0600)
A  n = shmget(IPC_PRIVATE, <1 / 8193>, 0600)
A  q = msgget(IPC_PRIVATE, 0600)
A  msgsnd(q, 1, <"0123456789" / "0123456789a">, IPC_NOWAIT)
A  msgsnd(q, 1, "abc", IPC_NOWAIT)
A  p = msgget(IPC_PRIVATE, 0600)
ipcs
)",
    // Ids that were given before, and objects that are marked.
    R"(
A  sysctl(<msg / shm / sem>_next_id, 5)
A  q = msgget(IPC_PRIVATE, 0600)
A  m = shmget(9, 4096, IPC_CREAT|0600)
A  s = semget(IPC_PRIVATE, 1, 0600)
<A  a = shmat(m, NULL, 0) / >
B  <shmctl(m, IPC_RMID) / msgctl(q - 32768, IPC_STAT) / msgsnd(q + 32768, 1, "stale", 0) /
    semctl(s + 32768, 0, SETVAL, 1) / shmctl(m + 32768, IPC_RMID)>
B  <shmget(9, 0, 0) / msgrcv(q + 32768, 9, 0, IPC_NOWAIT) / semop(s + 32768, [{0, 1, 0}]) /
    b = shmat(m + 32768, NULL, 0)>
ipcs
)"};

constexpr size_t kOfEach = 40;  // ways, at most

// The texts of all ways to choose.
void Expand(std::string_view text, std::vector<std::string>& all) {
  // The innermost choice: the first > and the last < before it.
  const size_t end = text.find('>');
  if (end == std::string_view::npos) {
    all.emplace_back(text);
    return;
  }
  const size_t begin = text.rfind('<', end);
  std::string_view rest = text.substr(begin + 1, end - begin - 1);
  while (true) {
    const size_t slash = rest.find(" /");
    std::string chosen(text.substr(0, begin));
    chosen += rest.substr(0, slash);
    chosen += text.substr(end + 1);
    Expand(chosen, all);
    if (slash == std::string_view::npos) return;
    rest.remove_prefix(slash + 2);
    rest.remove_prefix(std::min(rest.find_first_not_of(" \n"), rest.size()));
  }
}

// In an order in which each beginning has something of everything: of each text one after the
// other, and its ways shuffled.
std::vector<std::string> AllTexts() {
  std::vector<std::vector<std::string>> ways;
  SeededDraw draw(1);
  for (const std::string_view text : kTexts) {
    std::vector<std::string>& all = ways.emplace_back();
    Expand(text.substr(1), all);  // behind the first line break
    for (size_t i = all.size(); i > 1; --i) std::swap(all[i - 1], all[draw.Below(i)]);
  }
  std::vector<std::string> texts;
  for (size_t i = 0; i < kOfEach; ++i) {
    for (const std::vector<std::string>& all : ways) {
      if (i < all.size()) texts.push_back(all[i]);
    }
  }
  return texts;
}

const std::vector<std::string>& Texts() {
  static const std::vector<std::string> texts = AllTexts();
  return texts;
}

}  // namespace

uint64_t Situations::Size() { return Texts().size(); }

std::optional<Scenario> Situations::At(uint64_t number, const Facts& facts, const Rules& rules) {
  auto parsed = ParseScenario(Texts()[number], "situation");
  auto* scenario = std::get_if<Scenario>(&parsed);
  if (scenario == nullptr) return std::nullopt;
  const auto lacks = [&](const Step& step) {
    return step.kind == Step::Kind::kCall && CannotRun(step.op, facts);
  };
  const bool all_there = std::none_of(scenario->steps.begin(), scenario->steps.end(), lacks);
  if (!all_there || !CanRun(*scenario, facts, rules)) return std::nullopt;
  return std::move(*scenario);
}

bool CanRun(const Scenario& scenario, const Facts& facts, const Rules& rules) {
  State state = InitialState(facts, scenario.names.processes.size(), rules);
  const std::vector<bool> made = MadeByLines(scenario);
  for (size_t i = 0; i < made.size(); ++i) {
    if (!made[i]) StartProcess(state, static_cast<int>(i), 100 + static_cast<int>(i));
  }
  for (size_t i = 0; i < scenario.steps.size(); ++i) {
    const Step& step = scenario.steps[i];
    if (step.kind != Step::Kind::kCall) continue;
    if (!state.process(step.process).CanAct()) return false;
    Predict(state, step.process, step.op, Range::Exactly(static_cast<int64_t>(i)));
  }
  return true;
}

}  // namespace ipcrig
