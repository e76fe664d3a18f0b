// SPDX-License-Identifier: Apache-2.0
//
// Probe(): what this machine permits, found out by trying it, and what follows where it does not.
//
//   for (const Capability& found : Probe()) {
//     if (!found.present) Print(found.name, found.detail, found.consequence);
//   }
//
// Forks short-lived children and reaps them; leaves nothing.
#pragma once

#include <string>
#include <vector>

namespace ipcrig {

struct Capability {
  std::string name;
  bool present = false;
  std::string detail;       // how, how much, or why not
  std::string consequence;  // of its absence
  bool needed = false;      // without it nothing can run
};

std::vector<Capability> Probe();

}  // namespace ipcrig
