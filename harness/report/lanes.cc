// SPDX-License-Identifier: Apache-2.0
#include "report/lanes.h"

#include <algorithm>
#include <numeric>

#include <fmt/format.h>

#include "check/steps.h"

namespace ipcrig {
namespace {

constexpr size_t kLabelWidth = 8;  // "> 1234  "
constexpr size_t kGap = 2;
constexpr size_t kLeastColumn = 30;

enum class Lane { kAbsent, kIdle, kAsleep };

struct Row {
  int line = 0;  // 0: none
  bool marked = false;
  std::vector<std::string> cells;
};

std::string Cut(const std::string& text, size_t width) {
  return text.size() <= width ? text : text.substr(0, width - 2) + "..";
}

class Picture {
 public:
  Picture(const Scenario& scenario, const std::vector<Finding>& findings)
      : scenario_(scenario),
        findings_(findings),
        lanes_(std::max<size_t>(scenario.names.processes.size(), 1), Lane::kAbsent) {}

  std::vector<Row> Rows(const History& history) {
    for (const ObservedStep& step : GatherSteps(history)) Add(step);
    return std::move(rows_);
  }

 private:
  Lane& LaneOf(int process) { return lanes_[static_cast<size_t>(process)]; }

  Row& NewRow(int step) {
    Row row;
    if (step >= 0) {
      row.line = scenario_.LineOf(static_cast<size_t>(step));
      row.marked = std::any_of(findings_.begin(), findings_.end(),
                               [&](const Finding& finding) { return finding.step == step; });
    }
    for (const Lane lane : lanes_) {
      row.cells.emplace_back(lane == Lane::kAbsent ? "" : lane == Lane::kIdle ? "|" : ":");
    }
    rows_.push_back(std::move(row));
    return rows_.back();
  }

  void Add(const ObservedStep& step) {
    const Event& event = *step.event;
    const auto process = static_cast<size_t>(std::max(event.process, 0));
    switch (event.kind) {
      case Event::Kind::kStart:
        LaneOf(event.process) = Lane::kIdle;
        return;
      case Event::Kind::kCall: {
        const Op& op = scenario_.steps[static_cast<size_t>(event.step)].op;
        Writer text{scenario_.names, ""};
        PrintOp(text, op);
        std::string& cell = NewRow(event.step).cells[process];
        cell = text.out;
        LaneOf(event.process) = Lane::kAsleep;
        ops_[event.process] = op;
        if (const auto* fork = std::get_if<Fork>(&op); fork != nullptr && Succeeded(step)) {
          LaneOf(fork->child.index) = Lane::kIdle;
        }
        const bool alone = step.seen.size() == 1 && step.busy.empty() &&
                           step.seen.front().process == event.process;
        if (!alone) return AddOutcomes(step);
        cell += "  = " + OutcomeText(op, step.seen.front().outcome);
        return NoteEnds(step);
      }
      case Event::Kind::kClose:
        // Only where the death of a process set another one free.
        if (std::any_of(step.seen.begin(), step.seen.end(),
                        [](const Seen& seen) { return !seen.outcome.Ended(); })) {
          AddOutcomes(step);
        }
        return;
      case Event::Kind::kRace:
        return AddRace(step);
      case Event::Kind::kSnapshot:
        if (event.step >= 0) NewRow(event.step).cells[0] = "ipcs";
        return;
      case Event::Kind::kNotRun:
        NewRow(event.step).cells[process] = event.text;
        return;
      default:
        return;
    }
  }

  // One end of a call of a race, or of what else happened in it.
  struct Moment {
    int64_t at = 0;
    bool begins = false;
    const Event* event = nullptr;
  };

  // What has no nanoseconds of its own may have happened at any time: it is drawn at the end.
  static std::vector<Moment> MomentsOf(const ObservedStep& race) {
    std::vector<Moment> moments;
    for (const Event* event : race.racing) {
      const bool raced = event->kind == Event::Kind::kRaced;
      if (raced || event->kind == Event::Kind::kPending) {
        moments.push_back({event->from, true, event});
      }
      if (raced || event->kind == Event::Kind::kGone) moments.push_back({event->to, false, event});
      if (event->kind == Event::Kind::kReturn || event->kind == Event::Kind::kEnded) {
        moments.push_back({INT64_MAX, false, event});
      }
    }
    // Where two are at one moment, calls overlap: beginnings come first.
    std::stable_sort(moments.begin(), moments.end(), [](const Moment& a, const Moment& b) {
      return std::pair(a.at, !a.begins) < std::pair(b.at, !b.begins);
    });
    return moments;
  }

  // A row for each moment; one for both where nothing comes between.
  void AddRace(const ObservedStep& step) {
    NewRow(step.event->step).cells[0] = "race {";
    const std::vector<Moment> moments = MomentsOf(step);
    for (size_t i = 0; i < moments.size(); ++i) {
      const Event& event = *moments[i].event;
      const auto process = static_cast<size_t>(event.process);
      if (moments[i].begins) {
        const Op& op = scenario_.steps[static_cast<size_t>(event.step)].op;
        Writer text{scenario_.names, ""};
        PrintOp(text, op);
        NewRow(event.step).cells[process] = text.out;
        LaneOf(event.process) = Lane::kAsleep;
        ops_[event.process] = op;
        if (i + 1 == moments.size() || moments[i + 1].event != &event) continue;
        ++i;
      } else {
        NewRow(-1);
      }
      const auto op = ops_.find(event.process);
      const bool ended = event.outcome.Ended() || op == ops_.end();
      std::string& cell = rows_.back().cells[process];
      if (cell.size() <= 1) cell.clear();
      cell += (cell.empty() ? "= " : "  = ") +
              (ended ? EndText(event.outcome) : OutcomeText(op->second, event.outcome));
      LaneOf(event.process) = event.outcome.Ended() ? Lane::kAbsent : Lane::kIdle;
    }
    NewRow(-1).cells[0] = "}";
  }

  static bool Succeeded(const ObservedStep& step) {
    return std::any_of(step.seen.begin(), step.seen.end(), [&](const Seen& seen) {
      return seen.process == step.event->process && seen.outcome.kind == Outcome::Kind::kReturned;
    });
  }

  void NoteEnds(const ObservedStep& step) {
    for (const Seen& seen : step.seen) {
      LaneOf(seen.process) = seen.outcome.Ended() ? Lane::kAbsent : Lane::kIdle;
    }
  }

  void AddOutcomes(const ObservedStep& step) {
    if (step.seen.empty() && step.busy.empty()) return;
    NoteEnds(step);
    Row& row = NewRow(-1);
    for (const Seen& seen : step.seen) {
      const auto op = ops_.find(seen.process);
      const std::string text =
          op == ops_.end() ? EndText(seen.outcome) : OutcomeText(op->second, seen.outcome);
      row.cells[static_cast<size_t>(seen.process)] = "= " + text;
    }
    for (const Event* busy : step.busy) {
      row.cells[static_cast<size_t>(busy->process)] = "busy until the time was up";
    }
  }

  const Scenario& scenario_;
  const std::vector<Finding>& findings_;
  std::vector<Lane> lanes_;
  std::map<int, Op> ops_;
  std::vector<Row> rows_;
};

// How wide each column is: as wide as its cells, and where that is too much, the widest give way.
std::vector<size_t> Widths(const std::vector<Row>& rows, size_t width) {
  std::vector<size_t> widths;
  for (const Row& row : rows) {
    widths.resize(row.cells.size());
    for (size_t i = 0; i < widths.size(); ++i) widths[i] = std::max(widths[i], row.cells[i].size());
  }
  const size_t gaps = kGap * (widths.size() - 1);
  const size_t room = width - std::min(width, kLabelWidth + gaps);
  while (std::accumulate(widths.begin(), widths.end(), size_t{0}) > room) {
    const auto widest = std::max_element(widths.begin(), widths.end());
    if (*widest <= kLeastColumn / 2) break;
    --*widest;
  }
  return widths;
}

// Several processes do not fit beside each other: what they did, with their names, in one column.
void Fold(const Names& names, std::vector<Row>& rows) {
  for (Row& row : rows) {
    std::string text;
    for (size_t i = 0; i < row.cells.size(); ++i) {
      if (row.cells[i].size() <= 1) continue;
      text += fmt::format("{}{}: {}", text.empty() ? "" : "   ", names.processes[i], row.cells[i]);
    }
    row.cells = {text};
  }
}

// A call and its outcome that do not fit beside each other stand below each other.
std::vector<Row> Unfold(const std::vector<Row>& rows, const std::vector<size_t>& widths) {
  std::vector<Row> unfolded;
  for (const Row& row : rows) {
    unfolded.push_back(row);
    Row below;
    for (size_t i = 0; i < row.cells.size(); ++i) {
      const std::string& cell = row.cells[i];
      const size_t outcome = cell.rfind("  = ");
      const bool split = cell.size() > widths[i] && outcome != std::string::npos;
      below.cells.push_back(split ? cell.substr(outcome + 2) : cell.size() == 1 ? cell : "");
      if (!split) continue;
      unfolded.back().cells[i] = cell.substr(0, outcome);
      below.line = -1;
    }
    if (below.line < 0) unfolded.push_back(std::move(below));
  }
  return unfolded;
}

std::string RowText(const Row& row, const std::vector<size_t>& widths, std::string label = "") {
  if (row.line > 0) label = std::to_string(row.line);
  std::string text = fmt::format("{} {:>4}  ", row.marked ? '>' : ' ', label);
  for (size_t i = 0; i < row.cells.size(); ++i) {
    text += fmt::format("{:<{}}", Cut(row.cells[i], widths[i]), widths[i] + kGap);
  }
  text.erase(text.find_last_not_of(' ') + 1);
  return text;
}

}  // namespace

std::vector<std::string> DrawLanes(const Scenario& scenario, const History& history,
                                   const std::vector<Finding>& findings, size_t width,
                                   size_t most_rows) {
  std::vector<Row> rows = Picture(scenario, findings).Rows(history);
  Row head;
  head.cells = scenario.names.processes;
  if (head.cells.empty()) head.cells = {""};
  const bool folded = head.cells.size() * kLeastColumn + kLabelWidth > width;
  if (folded) {
    Fold(scenario.names, rows);
    head.cells = {""};
  }
  rows.insert(rows.begin(), head);
  const std::vector<size_t> widths = Widths(rows, width);
  std::vector<std::string> lines;
  lines.push_back(RowText(head, widths, "line"));
  rows.erase(rows.begin());
  if (!folded) rows = Unfold(rows, widths);
  if (rows.size() > most_rows) {
    lines.push_back(fmt::format("    ... {} rows before", rows.size() - most_rows));
    rows.erase(rows.begin(), rows.end() - static_cast<ptrdiff_t>(most_rows));
  }
  for (const Row& row : rows) lines.push_back(RowText(row, widths));
  return lines;
}

}  // namespace ipcrig
