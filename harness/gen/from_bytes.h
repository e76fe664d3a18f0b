// SPDX-License-Identifier: Apache-2.0
//
// ScenarioFromBytes(): any bytes are some scenario, as a fuzzer wants it.
//
//   const Scenario scenario = ScenarioFromBytes(data, size);
//
// Bytes that are the text of a scenario are that scenario, so a corpus is a directory of `.ipc`
// files that people can read. All others are choices: the generator takes what it asks for from
// them, byte by byte (gen/draws.h), and from a hash of all when they are used up. What they become
// depends on no machine: `ipcrig convert FILE` prints it.
#pragma once

#include <cstddef>
#include <cstdint>

#include "gen/generate.h"

namespace ipcrig {

// How scenarios are drawn from bytes, and mutated by fuzz targets.
GenerateOptions FuzzOptions();

Scenario ScenarioFromBytes(const uint8_t* data, size_t size,
                           const GenerateOptions& options = FuzzOptions());

// The same for race_fuzz: a text without a race is taken for choices, too.
GenerateOptions RaceOptions();
Scenario RaceFromBytes(const uint8_t* data, size_t size);

}  // namespace ipcrig
