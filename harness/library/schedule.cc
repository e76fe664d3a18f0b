// SPDX-License-Identifier: Apache-2.0
#include <sched.h>
#include <unistd.h>

#include <atomic>

#include <fmt/format.h>
#include <ipcrig/schedule.h>

#include "library/rig_state.h"

namespace ipcrig {
inline namespace v0 {
namespace {

// How many steps a process may do, and has done.
struct Seat {
  std::atomic<uint32_t> allowed;
  std::atomic<uint32_t> done;
};

void GoThrough(const std::vector<std::function<void()>>& steps, Seat& seat) {
  for (uint32_t i = 0; i < steps.size(); ++i) {
    while (seat.allowed <= i) AwaitChange(seat.allowed, i);
    steps[i]();
    seat.done = i + 1;
  }
}

class Scheduler {
 public:
  Scheduler(Rig& rig, const Program& program) : rig_(rig), program_(program) {
    for (const Program::Part& part : program_.processes) {
      Seat& seat = rig_.Shared<Seat>();
      Process& process = rig_.Fork(part.name, [&part, &seat] { GoThrough(part.steps, seat); });
      players_.push_back({part, seat, process});
    }
  }

  void Play(const std::vector<unsigned>& choices) {
    for (size_t turn = 0; !rig_.expired(); ++turn) {
      const std::vector<size_t> able = Able();
      if (able.empty()) return;
      const unsigned choice = turn < choices.size() ? choices[turn] : 0;
      Player& player = players_[able[choice % able.size()]];
      const uint32_t step = player.seat.allowed.fetch_add(1) + 1;
      WakeAll(player.seat.allowed);
      Settle();
      turns_ += fmt::format("{}{}{}{}", turns_.empty() ? "" : " ", player.part.name, step,
                            IsIdle(player) ? "" : "...");
    }
  }

  const std::string& turns() const { return turns_; }

 private:
  struct Player {
    const Program::Part& part;
    Seat& seat;
    Process& process;
  };

  static bool IsIdle(const Player& player) { return player.seat.done == player.seat.allowed; }

  std::vector<size_t> Able() const {
    std::vector<size_t> able;
    for (size_t i = 0; i < players_.size(); ++i) {
      const Player& player = players_[i];
      const bool steps_left = player.seat.done < player.part.steps.size();
      if (steps_left && IsIdle(player) && !player.process.HasEnded()) able.push_back(i);
    }
    return able;
  }

  // Until nobody runs: two looks at those who are not done, between which none of them has.
  void Settle() const {
    std::string before = "none yet";
    for (bool settled = false; !settled && !rig_.expired(); sched_yield()) {
      std::string now;
      settled = true;
      for (const Player& player : players_) {
        if (IsIdle(player) || player.process.HasEnded()) continue;
        const ProcessLook look = LookAt(player.process.pid(), Depth::kAll);
        settled = settled && !look.calls.empty();
        now += look.switches + ";";
      }
      settled = settled && (now.empty() || now == before);
      before = now;
    }
  }

  Rig& rig_;
  const Program& program_;
  std::vector<Player> players_;
  std::string turns_;
};

}  // namespace

std::string RunInOrder(Rig& rig, const Program& program, const std::vector<unsigned>& choices) {
  Scheduler scheduler(rig, program);
  scheduler.Play(choices);
  rig.AwaitProcesses();
  program.at_end();
  return scheduler.turns();
}

}  // namespace v0
}  // namespace ipcrig
