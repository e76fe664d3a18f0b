// SPDX-License-Identifier: Apache-2.0
//
// KTAP: what the tests of the Linux kernel print (Documentation/dev-tools/ktap.rst), which readers
// of TAP take, too. A result that is not known is never ok.
//
//   KTAP version 1
//   1..2
//   ok 1 scenarios/shm/attach.ipc
//   ok 2 scenarios/shm/huge.ipc # SKIP no huge pages here
#pragma once

#include <string>
#include <vector>

namespace ipcrig {

struct KtapCase {
  std::string name;
  bool ok = true;
  std::string directive = {};  // "SKIP no huge pages here"; empty: none
  std::string detail = {};     // lines that are told before the result
};
std::string KtapText(const std::vector<KtapCase>& cases);

}  // namespace ipcrig
