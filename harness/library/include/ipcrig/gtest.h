// SPDX-License-Identifier: Apache-2.0
//
// ipcrig for GoogleTest: a fixture, and matchers.
//
//   #include <ipcrig/gtest.h>
//
//   class Server : public ipcrig::IpcTest {};
//
//   TEST_F(Server, SeesTheRemovalOfItsQueue) {
//     const int queue = msgget(IPC_PRIVATE, 0600);           // in a namespace of this test's own
//     auto& server = Fork("server", [&] {
//       char text[16];
//       EXPECT_THAT(msgrcv(queue, text, 8, 0, 0), ipcrig::SyscallFailsWithErrno(EIDRM));
//     });
//     server.AwaitBlocked(ipcrig::Call::kMsgrcv);
//     ASSERT_THAT(msgctl(queue, IPC_RMID, nullptr), ipcrig::SyscallSucceeds());
//     EXPECT_THAT(server.Wait(), ipcrig::Exits(0));
//   }
//
// Leave out the msgctl, and the failure names the line of the msgget:
//
//   server_test.cc:6: Failure
//   Failed
//   left behind: message queue 0, key IPC_PRIVATE, 0 messages (0 bytes)
//     created by the test (pid 4711), in Server_SeesTheRemovalOfItsQueue_Test::TestBody()
//
// Sharding, --gtest_repeat and --gtest_shuffle are as ever, since no test sees what another made.
// In death tests of both styles the child has the namespace of its parent, or one of its own; what
// it leaves in its parent's is the test's. A test that failed fatally (ASSERT_*) or was skipped is
// not asked for what it leaves: it did not come to remove it. Where there is no namespace to be
// had, the tests are skipped with the reason.
//
// A fixture with a SetUp of its own calls IpcTest::SetUp() first. One that has another base holds
// an ipcrig::Rig, and skips where that is not ok(). See <ipcrig/ipcrig.h>.
#pragma once

#include <cerrno>
#include <cstring>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <ipcrig/ipcrig.h>

namespace ipcrig {
inline namespace v0 {

// Each TEST_F in a Rig of its own: Fork(...), Exec(...), Step(...) are to hand.
class IpcTest : public ::testing::Test, public Rig {
 protected:
  IpcTest() = default;
  explicit IpcTest(RigOptions options) : Rig(options) {}
  void SetUp() override {
    if (!ok()) GTEST_SKIP() << "no IPC namespace for this test: " << why();
  }
};

// Private.
namespace gtest {

template <typename T>
bool IsFailure(T result) {
  return result == static_cast<T>(-1);
}
inline bool IsFailure(void* result) { return result == reinterpret_cast<void*>(-1); }

inline std::string ErrnoText(int value) {
  return std::to_string(value) + " (" + std::strerror(value) + ")";
}

class SuccessMatcher {
 public:
  using is_gtest_matcher = void;
  template <typename T>
  bool MatchAndExplain(const T& result, ::testing::MatchResultListener* listener) const {
    const int error = errno;
    if (!IsFailure(result)) return true;
    *listener << "a failure with errno " << ErrnoText(error);
    return false;
  }
  void DescribeTo(std::ostream* out) const { *out << "not -1 (success)"; }
  void DescribeNegationTo(std::ostream* out) const { *out << "-1 (failure)"; }
};

class ErrnoMatcher {
 public:
  using is_gtest_matcher = void;
  explicit ErrnoMatcher(::testing::Matcher<int> expected) : expected_(std::move(expected)) {}
  template <typename T>
  bool MatchAndExplain(const T& result, ::testing::MatchResultListener* listener) const {
    const int error = errno;
    if (!IsFailure(result)) {
      *listener << "a success";
      return false;
    }
    *listener << "a failure with errno " << ErrnoText(error);
    return expected_.Matches(error);
  }
  void DescribeTo(std::ostream* out) const {
    *out << "-1 (failure), with an errno that ";
    expected_.DescribeTo(out);
  }
  void DescribeNegationTo(std::ostream* out) const {
    *out << "success, or an errno that ";
    expected_.DescribeNegationTo(out);
  }

 private:
  ::testing::Matcher<int> expected_;
};

class NoIpcMatcher {
 public:
  using is_gtest_matcher = void;
  template <typename Function>
  bool MatchAndExplain(const Function& function, ::testing::MatchResultListener* listener) const {
    const std::vector<IpcObject> before = IpcObjects();
    function();
    bool nothing = true;
    for (const IpcObject& object : IpcObjects()) {
      bool known = false;
      for (const IpcObject& old : before) known |= old.kind == object.kind && old.id == object.id;
      if (known) continue;
      *listener << (nothing ? "it leaves " : "\n  and ") << object.what << ", created "
                << object.created;
      if (!object.file.empty()) *listener << " at " << object.file << ":" << object.line;
      nothing = false;
    }
    return nothing;
  }
  void DescribeTo(std::ostream* out) const { *out << "leaves no IPC object"; }
  void DescribeNegationTo(std::ostream* out) const { *out << "leaves an IPC object"; }
};

class EndedMatcher {
 public:
  using is_gtest_matcher = void;
  explicit EndedMatcher(Ended expected) : expected_(expected) {}
  bool MatchAndExplain(const Ended& ended, ::testing::MatchResultListener* listener) const {
    *listener << "which " << ended.Text();
    return ended.exited == expected_.exited && ended.code == expected_.code &&
           ended.signal == expected_.signal;
  }
  void DescribeTo(std::ostream* out) const { *out << expected_.Text(); }
  void DescribeNegationTo(std::ostream* out) const { *out << "not " << expected_.Text(); }

 private:
  Ended expected_;
};

// In a child: each failed assertion becomes one of the test.
class ForwardingListener : public ::testing::EmptyTestEventListener {
  void OnTestPartResult(const ::testing::TestPartResult& result) override {
    if (result.failed()) {
      ForwardFailure(result.file_name(), result.line_number(), result.message());
    }
  }
};

inline Hooks Install() {
  Hooks hooks;
  hooks.fail = [](const Failure& failure) {
    ADD_FAILURE_AT(failure.file, failure.line) << failure.text;
  };
  hooks.given_up = [] {
    return ::testing::Test::HasFatalFailure() || ::testing::Test::IsSkipped();
  };
  hooks.run_child = [](const std::function<void()>& body) {
    auto& listeners = ::testing::UnitTest::GetInstance()->listeners();
    delete listeners.Release(listeners.default_result_printer());
    listeners.Append(new ForwardingListener);
    body();
  };
  return SetHooks(hooks);
}
inline const Hooks kInstalled = Install();

}  // namespace gtest

// For what answers -1 and sets errno, also shmat(2). FAIL:
//
//   Value of: msgget(7, 0600)
//   Expected: not -1 (success)
//     Actual: -1 (of type int), a failure with errno 2 (No such file or directory)
inline gtest::SuccessMatcher SyscallSucceeds() { return {}; }

// SyscallFailsWithErrno(EIDRM), SyscallFailsWithErrno(testing::AnyOf(EIDRM, EINVAL)). errno is read
// when the value is matched: write the call itself into EXPECT_THAT. FAIL:
//
//   Value of: msgget(7, 0600)
//   Expected: -1 (failure), with an errno that is equal to 43
//     Actual: -1 (of type int), a failure with errno 2 (No such file or directory)
inline gtest::ErrnoMatcher SyscallFailsWithErrno(::testing::Matcher<int> expected) {
  return gtest::ErrnoMatcher(std::move(expected));
}

// EXPECT_THAT([&] { Use(server); }, LeavesNoIpc()): calls it; no object may exist afterwards that
// did not exist before. Use it in a Rig: elsewhere others create objects, too.
inline gtest::NoIpcMatcher LeavesNoIpc() { return {}; }

// EXPECT_THAT(process.Wait(), Exits(0)).
inline gtest::EndedMatcher Exits(int code) { return gtest::EndedMatcher({true, code, 0}); }
inline gtest::EndedMatcher DiesOf(int signal) { return gtest::EndedMatcher({false, 0, signal}); }

inline void PrintTo(const Ended& ended, std::ostream* out) { *out << ended.Text(); }

}  // namespace v0
}  // namespace ipcrig
