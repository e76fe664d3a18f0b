// SPDX-License-Identifier: Apache-2.0
//
// What this machine permits of what `ipcrig check` and `ipcrig sweep` need, found out by trying it.
//
//   for (const Capability& found : ProbeTracing()) ...   // as Probe() of exec/probe.h
//
// Runs true(1) in a namespace of its own; leaves nothing.
#pragma once

#include <vector>

#include "exec/probe.h"

namespace ipcrig {

std::vector<Capability> ProbeTracing();

}  // namespace ipcrig
