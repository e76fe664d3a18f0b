// SPDX-License-Identifier: Apache-2.0
//
// The views of a snapshot (ops/snapshot.h): three independent ways to see what exists.
//
//   View stat = StatView();
//   View proc = ProcView();   // the same rows, or one of the two lies
//
// The parsers are pure functions of text, so that they can be tested and fuzzed without a kernel.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "ops/snapshot.h"

namespace ipcrig {

// *_INFO and *_STAT_ANY.
View StatView();
// Whether there is no object at all, as far as SHM_INFO, MSG_INFO and SEM_INFO count.
bool IsNamespaceEmpty();

// /proc/sysvipc/{shm,msg,sem} of the caller's IPC namespace.
View ProcView();

// The program ipcs(1), run once for each option: "" (what exists), "-c" (creators), "-t" (times),
// "-p" (pids). Each takes about a millisecond; thirty in an emulated kernel.
View IpcsView(const std::vector<std::string>& options = {"", "-c", "-t", "-p"});

// The program lsipc(1), run three times: -m, -q, -s.
View LsipcView();

// What the programs say, in turns, so that a snapshot costs two or three program runs and not
// seven: each turn is another part. turn < 0: all of it.
std::vector<View> ProgramViews(int turn);

// The rows of one file of /proc/sysvipc. The first line names the columns.
Result<std::vector<ObjectRow>> ParseSysvipc(ObjectKind kind, std::string_view text);

// Adds to `view` what one run of ipcs printed. `option` is "", "-c", "-t" or "-p"; `id_of` turns a
// user's or a group's printed name into its id (-1: unknown). ipcs prints most times without a
// year; one that would lie after `now` is of the year before.
struct IpcsContext {
  std::string option;
  std::function<int64_t(const std::string& name, bool group)> id_of;
  int64_t now = 0;
};
Result<bool> ParseIpcs(const IpcsContext& context, std::string_view text, View& view);

// Adds to `view` the objects of one kind that `lsipc --export` printed.
Result<bool> ParseLsipc(ObjectKind kind, std::string_view text, View& view);

}  // namespace ipcrig
