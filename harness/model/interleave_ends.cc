// SPDX-License-Identifier: Apache-2.0
//
// The part of the interleaving that is about ends of processes, which come in pieces.
#include <algorithm>
#include <utility>

#include "model/accept.h"
#include "model/interleave.h"
#include "model/mappings.h"
#include "model/progress.h"
#include "model/semaphores.h"
#include "model/signals.h"

namespace ipcrig {

bool Points::End(Interleaving& at, int process) {
  Racer& racer = at.racers[static_cast<size_t>(process)];
  ProcessState& me = at.state.process(process);
  if (!me.fate || racer.ended) return false;
  if (!std::exchange(racer.leaving, true) && me.pending) {
    ClearPending(me);
    me.progress = 0;
    return true;
  }
  if (EndPiece(at, process)) return Grant(at);
  const Outcome end = *me.fate;
  EndThread(at.state, process, end, now_);
  racer.ended = true;
  answers_.push_back({process, &examples_.emplace_front(end)});
  return Grant(at);
}

// What goes before the process itself: do_exit() of Linux.
bool Points::EndPiece(Interleaving& at, int process) {
  State& state = at.state;
  if (state.HasOtherThreads(process)) return false;
  const int leader = state.process(process).leader;
  if (const auto& attaches = state.process(leader).attaches; !attaches.empty()) {
    const Attach first = attaches.front();
    RemoveMappings(state, leader, first.address, first.End(), now_);
    return true;
  }
  return UndoOneSet(at, process) || CloseOneEnd(at, leader);
}

bool Points::UndoOneSet(Interleaving& at, int process) {
  State& state = at.state;
  const int list = state.process(process).undo;
  if (list < 0) return false;
  const bool shared =
      std::any_of(state.processes.begin(), state.processes.end(), [&](const ProcessState& other) {
        return &other != &state.process(process) && other.life == ProcessState::Life::kAlive &&
               other.undo == list;
      });
  UndoList& undo = state.undo_lists[list];
  if (shared || undo.semadj.empty()) return false;
  auto rest = std::move(undo.semadj);
  const auto sets = static_cast<int>(rest.size());
  auto one = rest.begin();
  std::advance(one, sets > 1 ? choose_(sets) : 0);
  undo.semadj = {*one};
  rest.erase(one);
  const int space = undo.space;
  LeaveUndoList(state, process, now_);
  if (rest.empty()) return true;
  const int id = static_cast<int>(state.clock++);
  state.undo_lists[id] = {space, std::move(rest)};
  state.process(process).undo = id;
  return true;
}

bool Points::CloseOneEnd(Interleaving& at, int process) {
  ProcessState& me = at.state.process(process);
  std::vector<PipeHold*> open;
  const auto add = [&](std::array<PipeHold, 2>& ends) {
    for (PipeHold& end : ends) {
      if (end.open) open.push_back(&end);
    }
  };
  for (auto& [slot, ends] : me.pipes) add(ends);
  for (auto& ends : me.forgotten) add(ends);
  if (open.empty()) return false;
  const auto count = static_cast<int>(open.size());
  open[static_cast<size_t>(count > 1 ? choose_(count) : 0)]->open = false;
  return true;
}

}  // namespace ipcrig
