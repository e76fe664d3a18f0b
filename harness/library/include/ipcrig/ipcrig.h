// SPDX-License-Identifier: Apache-2.0
//
// ipcrig: System V IPC in tests, with real processes.
//
//   ipcrig::Rig rig;                                   // a new, empty IPC namespace
//   if (!rig.ok()) return Skip(rig.why());
//
//   const int queue = msgget(IPC_PRIVATE, 0600);
//   ipcrig::Process& reader = rig.Fork("reader", [&] {
//     char text[16];
//     IPCRIG_CHECK(msgrcv(queue, text, 8, 0, 0) == -1 && errno == EIDRM);
//   });
//   reader.AwaitBlocked(ipcrig::Call::kMsgrcv);        // seen asleep: nothing is ever slept for
//   msgctl(queue, IPC_RMID, nullptr);
//   reader.Wait();                                     // "exited with 0"
//
// With GoogleTest the same is a fixture: see <ipcrig/gtest.h>. RapidCheck: <ipcrig/rapidcheck.h>.
// libFuzzer: <ipcrig/fuzz.h>.
//
// Namespaces. A Rig puts the thread that makes it into an IPC namespace of its own
// (ipc_namespaces(7)) and brings it back when it goes; other threads stay where they are. A process
// without CAP_SYS_ADMIN first enters a user namespace (user_namespaces(7)), in which it stays the
// user that it was, without a privilege that it had not; that is possible only while the process
// has one thread (unshare(2), EINVAL), and it is for good: between Rigs it is then in an empty IPC
// namespace. Where neither is permitted ok() is false, why() says so, and nothing is run. No call
// in a Rig reaches an object of the caller's namespace. Entering undoes the caller's own SEM_UNDO
// adjustments (semop(2)) of the namespace that it leaves: unshare(2), CLONE_SYSVSEM.
//
// Failures. What goes wrong is given to a handler: GoogleTest, where <ipcrig/gtest.h> is included;
// otherwise it is printed, and the process aborts. An object that is left when a Rig goes is a
// failure at the line that created it; so are a process that ended otherwise than it should, one
// that outlived the test, and a test that was not done at its deadline.
//
// How it knows. The library defines shmget, msgsnd and so on itself; each calls libc's. These note
// who created what from where, and kill at a KillAt point. They cost some 20 ns a call, need no
// privilege, and work under valgrind and the sanitizers. Programs that are exec'd get them through
// LD_PRELOAD; they do not see a program that is linked statically or is set-user-ID, nor calls made
// with syscall(2).
//
// Needs Linux 5.4 and glibc 2.35; C++17. Objects here belong to the thread that made the Rig.
#pragma once

#include <signal.h>
#include <sys/types.h>

#include <chrono>
#include <functional>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#ifndef IPCRIG_PRELOAD  // set by ipcrig::ipcrig and ipcrig.pc: the library for exec'd programs
#define IPCRIG_PRELOAD ""
#endif

namespace ipcrig {
inline namespace v0 {

// A place in a source file: by default that of the caller.
struct Where {
  const char* file;
  int line;
  static constexpr Where Here(const char* file = __builtin_FILE(), int line = __builtin_LINE()) {
    return {file, line};
  }
};

// The calls of section 2 of the manual. kSemop is semtimedop(2), too.
enum class Call {
  kNone,
  kShmget,
  kShmat,
  kShmdt,
  kShmctl,
  kMsgget,
  kMsgsnd,
  kMsgrcv,
  kMsgctl,
  kSemget,
  kSemop,
  kSemctl,
};
const char* CallText(Call call);  // "msgrcv"

enum class When { kBefore, kAfter };

// Where a process is to be killed with SIGKILL: just before it makes its n-th call of this name, or
// just after that returned, with its effect done and its result unseen. The first is 1. Calls of
// what the process forks are counted with its own, and whoever makes the n-th dies.
struct KillAt {
  Call call = Call::kNone;
  int n = 1;
  When when = When::kAfter;
};

// How a process ended.
struct Ended {
  bool exited = false;  // with `code`; otherwise `signal` killed it, or it could not be waited for
  int code = 0;
  int signal = 0;
  std::string Text() const;  // "exited with 0", "killed by SIGSEGV"
};

// A process of a Rig. Every one is killed when its parent ends (PR_SET_PDEATHSIG of prctl(2)), and
// killed and reaped when its Rig goes. One that nobody waited for has to exit with 0 by then, or to
// die at its KillAt point: anything else is a failure.
class Process {
 public:
  const std::string& name() const { return name_; }
  pid_t pid() const { return pid_; }

  // Returns when a thread of the process has been seen asleep in this call, in /proc/PID/syscall
  // of proc(5). False, and a failure at the line of the caller: it ended before, or the deadline
  // passed. A call that has been seen asleep has queued: what wakes it comes after.
  bool AwaitBlocked(Call call, Where where = Where::Here());

  // What AwaitBlocked looks for, at this moment.
  bool IsBlocked(Call call) const;
  bool HasEnded();

  // From now on: counts from this call. To have the first call counted, give it to Fork or Exec.
  void Arm(KillAt point);
  // Whether the point was reached; after Wait().
  bool ReachedKillPoint() const;

  // SIGSTOP and SIGCONT of signal(7); Stop returns when the process has stopped.
  void Stop();
  void Continue();
  void Kill(int signal = SIGKILL);

  // Returns when the process has ended, also a second time. How it should have ended is then the
  // caller's to say. A process that nobody is left to wake, since the others of the rig sleep in
  // IPC calls, too, is killed at once, with a failure at the line of the caller.
  Ended Wait(Where where = Where::Here());

 private:
  friend class Rig;
  Process(class Rig& rig, std::string name, int slot, Where where);
  bool AwaitEnd(Where where);
  Rig& rig_;
  std::string name_;
  int slot_;
  Where where_;
  pid_t pid_ = -1;
  bool reaped_ = false;
  bool waited_ = false;
  bool killed_ = false;
  int status_ = 0;
};

// An object that exists in the Rig's namespace.
struct IpcObject {
  enum class Kind { kShm, kMsg, kSem };
  Kind kind;
  int id;
  key_t key;
  std::string what;       // "message queue 0, key IPC_PRIVATE, 1 message (5 bytes)"
  std::string created;    // "by reader (pid 7)", with the function where no line is known
  std::string file = {};  // where it was created; empty: not known
  int line = 0;
};

struct RigOptions {
  // The whole test's. When it passes, everything in the namespace is removed and every process of
  // the rig is killed, so that whoever sleeps wakes; and the test has failed. 0: never. The
  // environment variable IPCRIG_DEADLINE_MS sets it for all, say for a debugger or valgrind.
  std::chrono::milliseconds deadline{10000};
};

class Rig {
 public:
  explicit Rig(RigOptions options = {});
  ~Rig();
  Rig(const Rig&) = delete;
  Rig& operator=(const Rig&) = delete;

  bool ok() const { return why_.empty(); }
  // Why there is no namespace, as a sentence.
  const std::string& why() const { return why_; }

  // A child that runs `body` and exits with 0, without running destructors or atexit handlers. What
  // `body` captured by reference is the child's own copy; what it is to share comes from Shared().
  // Failures of GoogleTest assertions in `body` are failures of the test.
  Process& Fork(const std::string& name, const std::function<void()>& body,
                std::optional<KillAt> kill = std::nullopt, Where where = Where::Here());
  // A child that executes argv[0], looked for in PATH, with the caller's environment and open
  // files.
  Process& Exec(const std::string& name, const std::vector<std::string>& argv,
                std::optional<KillAt> kill = std::nullopt, Where where = Where::Here()) {
    return ExecWith(IPCRIG_PRELOAD, name, argv, kill, where);
  }

  // The same with this library for LD_PRELOAD: Exec's own is that of the package.
  Process& ExecWith(const char* preload, const std::string& name,
                    const std::vector<std::string>& argv, std::optional<KillAt> kill = std::nullopt,
                    Where where = Where::Here());

  // Runs f as the n-th step of the test, whichever processes make the others: waits until n - 1
  // steps have returned. The first is 1. Also in exec'd programs that link the library. False where
  // the deadline passed; f is then not run.
  static bool Step(int n, const std::function<void()>& f);

  // A T, made from these arguments, that all processes forked from now on share with the test. It
  // lives as long as the Rig and is not destroyed; all of them have 1 MiB.
  //
  //   auto& count = rig.Shared<std::atomic<int>>(0);
  template <typename T, typename... Arguments>
  T& Shared(Arguments&&... arguments) {
    static_assert(std::is_trivially_destructible<T>::value, "nobody would destroy it");
    void* place = SharedBytes(sizeof(T), alignof(T));
    return *::new (place) T{std::forward<Arguments>(arguments)...};
  }
  // The same without a type: zeroes.
  void* SharedBytes(size_t size, size_t alignment);

  // Writes down every IPC call of the test and its processes from now on: <ipcrig/observe.h>.
  void Observe(class History& history);

  // Waits until all processes have ended, and judges them now as it would be done at the end.
  void AwaitProcesses() { EndProcesses(false); }

  // What exists now.
  std::vector<IpcObject> Objects() const;
  // What is left at the end is no failure.
  void AllowLeaks() { allow_leaks_ = true; }
  // Whether the deadline has passed.
  bool expired() const;

 private:
  friend class Process;
  friend class Barrier;
  struct State;
  Process& Start(const std::string& name, std::optional<KillAt> kill, Where where,
                 const std::function<void()>& child);
  void PassOnFailures();
  void EndProcesses(bool failed);
  void EndSurvivors();
  void ReportLeaks();

  std::string why_;
  bool allow_leaks_ = false;
  std::unique_ptr<State> state_;
};

// A meeting point of so many processes, the test included if it comes, too. Make it before they are
// forked.
//
//   ipcrig::Barrier start(rig, 3);
//   rig.Fork("a", [&] { start.Wait(); ... });
//
// It may be met at again. Async-signal-safe.
class Barrier {
 public:
  Barrier(Rig& rig, int processes);
  // False where the deadline passed.
  bool Wait();

 private:
  struct Meeting;
  Meeting& meeting_;
};

// What exists in the namespace of the calling thread, with what the Rig it is in knows of it.
std::vector<IpcObject> IpcObjects();

// What went wrong; `file` is null where it is not known.
struct Failure {
  const char* file;
  int line;
  std::string text;
};
// What becomes of failures, and what surrounds the body of a child. Returns what was set before.
struct Hooks {
  void (*fail)(const Failure& failure) = nullptr;
  // Whether the test has been given up: what it leaves is then not told, too.
  bool (*given_up)() = nullptr;
  void (*run_child)(const std::function<void()>& body) = nullptr;
};
Hooks SetHooks(Hooks hooks);

// In a process of a Rig: a failure of the test at this line, which goes on in the parent; the
// process goes on, too. Text that is longer than 1000 bytes is cut. Async-signal-safe.
void ForwardFailure(const char* file, int line, const char* text);

// The same, and the process ends: exits with 1 in a process of a Rig, aborts in the test itself.
// Async-signal-safe. See IPCRIG_CHECK.
[[noreturn]] void ForwardFailureAndEnd(const char* file, int line, const char* text,
                                       int errno_value);

}  // namespace v0
}  // namespace ipcrig

// For processes of a Rig, and their signal handlers: ends the process with a failure of the test at
// this line where the condition does not hold. Tells errno. Async-signal-safe, unlike EXPECT_EQ.
#define IPCRIG_CHECK(condition)       \
  ((condition) ? static_cast<void>(0) \
               : ::ipcrig::ForwardFailureAndEnd(__FILE__, __LINE__, #condition, errno))
