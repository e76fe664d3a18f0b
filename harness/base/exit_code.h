// SPDX-License-Identifier: Apache-2.0
//
// The exit statuses of every ipcrig command: the one place that defines them.
//
//   0 pass       everything that was asked for was judged, and is right
//   1 fail       a finding: the kernel (or a written expectation) is wrong
//   2 broken     ipcrig could not do its work; no statement about the kernel
//   3 unknown    a checker ran out of its budget; no statement about the kernel
//  64 usage      a bad command line (EX_USAGE of sysexits.h)
//  65 bad input  a file that cannot be read as what it should be (EX_DATAERR)
//  69 cannot run this machine does not permit it, and the output says why (EX_UNAVAILABLE)
// 124 timed out  as timeout(1)
//
// When several apply, the first of this order wins: broken, timed out, fail, unknown, cannot run.
#pragma once

namespace ipcrig {

enum class ExitCode {
  kPass = 0,
  kFail = 1,
  kBroken = 2,
  kUnknown = 3,
  kUsage = 64,
  kBadInput = 65,
  kCannotRun = 69,
  kTimedOut = 124,
};

}  // namespace ipcrig
