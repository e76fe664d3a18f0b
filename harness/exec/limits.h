// SPDX-License-Identifier: Apache-2.0
//
// Limits of the IPC namespace as they were before a scenario that changes them: proc(5),
// /proc/sys/kernel.
//
//   SavedLimits limits = SavedLimits::Of(scenario);   // of those that its lines name
//   ... it runs ...
//   if (!limits.PutBack()) Renew();                   // not all of them could be
#pragma once

#include <string>
#include <vector>

#include "ops/scenario.h"

namespace ipcrig {

class SavedLimits {
 public:
  static SavedLimits Of(const Scenario& scenario);

  // Writes what has changed. False where one is not as it was then: *_next_id cannot be unset.
  bool PutBack() const;

 private:
  struct File {
    std::string path;
    std::string text;
  };
  std::vector<File> files_;
};

}  // namespace ipcrig
