// SPDX-License-Identifier: Apache-2.0
//
// Body: the statements of one process of a litmus test, made ready to run, and the two ways to do
// so. Nothing is compiled: each statement becomes the one access that the compiler made for it
// here, so a seq_cst store is xchg on x86 and stlr on ARMv8, and a plain access is a volatile one.
//
//   Body body(test, process, views, handles);
//   body.RunGated(...)       // one iteration, on locations of its own
//   body.RunPerpetual(...)   // all iterations of a round, one after the other
//
// Async-signal-safe once it is made.
#pragma once

#include <cstdint>
#include <vector>

#include "litmus/control.h"
#include "litmus/ipc_calls.h"
#include "litmus/memory.h"
#include "litmus/test.h"

namespace ipcrig::litmus {

class Body {
 public:
  // `views` and `handles`: of this process, for each location and IPC object of the test.
  Body(const Test& test, size_t process, const std::vector<View>& views,
       const std::vector<IpcHandle>& handles);

  // Iteration n, whose locations lie n * kLine bytes into each segment; loaded values by register.
  // Where the process is and what went wrong goes to `place`; false: a call failed.
  bool RunGated(uint32_t n, int32_t* registers, Place& place) const;

  // `log`: for each load, in program order.
  void RunPerpetual(uint32_t size, uint32_t* const* log) const;

 private:
  enum class Kind : uint32_t {
    kLoadPlain,
    kLoadRelaxed,
    kLoadAcquire,
    kLoadSeqCst,
    kStorePlain,
    kStoreRelaxed,
    kStoreRelease,
    kStoreSeqCst,
    kFenceAcquire,
    kFenceRelease,
    kFenceAcqRel,
    kFenceSeqCst,
    kNothing,
    kPost,
    kWait,
  };
  struct Step {
    Kind kind = Kind::kNothing;
    int reg = -1;
    char* address = nullptr;
    int32_t value = 0;
    const IpcHandle* handle = nullptr;
  };

  bool Call(const Step& step, Place& place) const;
  static Kind KindOf(const Statement& one);

  std::vector<Step> steps_;
  std::vector<IpcHandle> handles_;
};

}  // namespace ipcrig::litmus
