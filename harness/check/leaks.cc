// SPDX-License-Identifier: Apache-2.0
#include "check/leaks.h"

#include <algorithm>

#include <fmt/format.h>

#include "model/inventory.h"

namespace ipcrig {
namespace {

std::string CellText(Column column, int64_t value) {
  if (column == Column::kMode || column == Column::kStatus) return fmt::format("{:#o}", value);
  return std::to_string(value);
}

std::string RangeText(Column column, const Range& range) {
  if (range.from == range.to) return CellText(column, range.from);
  return fmt::format("{} .. {}", range.from, range.to);
}

// Where in a run the snapshot was taken: "here", "at the end", "after removal".
std::string MomentOf(const Event& event) {
  if (event.step >= 0) return "here";
  return event.text == "end" ? "at the end" : event.text;
}

class Comparison {
 public:
  Comparison(const State& state, const Event& event)
      : event_(event),
        shared_(state.facts.private_namespace == 0),
        rows_(Inventory(state)),
        totals_(InventoryTotals(state)) {}

  std::vector<Finding> Findings() {
    for (const View& view : event_.snapshot) {
      if (!view.unavailable.empty()) continue;
      CompareRows(view);
      if (!shared_ && findings_.empty()) CompareTotals(view);
    }
    return std::move(findings_);
  }

 private:
  // One finding for each signature: the same object in another view is the same finding.
  void Add(std::string check, std::string title, std::string expected, std::string seen,
           const std::string& signature) {
    Finding finding{std::move(check), event_.step};
    finding.title = std::move(title);
    finding.expected.push_back({std::move(expected), ""});
    finding.seen = std::move(seen);
    finding.signature = finding.check + ": " + signature;
    const bool known = std::any_of(findings_.begin(), findings_.end(), [&](const Finding& other) {
      return other.signature == finding.signature;
    });
    if (!known) findings_.push_back(std::move(finding));
  }

  void CompareRows(const View& view) {
    for (const ObjectRow& row : view.rows) {
      const auto found = std::find_if(rows_.begin(), rows_.end(), [&](const InventoryRow& model) {
        return model.kind == row.kind && model.id == row.id;
      });
      if (found != rows_.end()) {
        CompareCells(view, *found, row);
      } else if (!shared_) {
        const auto kind = ObjectKindName(row.kind);
        Add("leak", fmt::format("a {} object is left over {}", kind, MomentOf(event_)),
            "no such object", fmt::format("{} in view {}", RowText(row), view.name),
            fmt::format("{} left over {}", kind, MomentOf(event_)));
      }
    }
    for (const InventoryRow& model : rows_) {
      const auto count = std::count_if(view.rows.begin(), view.rows.end(), [&](const auto& row) {
        return model.kind == row.kind && model.id == row.id;
      });
      if (count == 1) continue;
      const auto kind = ObjectKindName(model.kind);
      Add("missing",
          fmt::format("view {} shows a {} object {} times {}", view.name, kind, count,
                      MomentOf(event_)),
          fmt::format("{} {} once", kind, model.id), fmt::format("{} rows", count),
          fmt::format("{} shown {} times by {}", kind, count, view.name));
    }
  }

  static std::string RowText(const ObjectRow& row) {
    std::string text = fmt::format("{} id {}", ObjectKindName(row.kind), row.id);
    for (int i = 0; i < kColumns; ++i) {
      const auto column = static_cast<Column>(i);
      if (const auto cell = row[column]; cell && !IsTime(column)) {
        text += fmt::format(" {}={}", ColumnName(column), CellText(column, *cell));
      }
    }
    return text;
  }

  void CompareCells(const View& view, const InventoryRow& model, const ObjectRow& row) {
    for (int i = 0; i < kColumns; ++i) {
      const auto column = static_cast<Column>(i);
      const auto& expected = model.cells[static_cast<size_t>(i)];
      const auto& seen = row[column];
      if (!expected || !seen || expected->Contains(*seen)) continue;
      const auto kind = ObjectKindName(row.kind);
      Add("report",
          fmt::format("view {} shows a wrong {} of a {} object {}", view.name, ColumnName(column),
                      kind, MomentOf(event_)),
          fmt::format("{} {}: {}={}", kind, row.id, ColumnName(column),
                      RangeText(column, *expected)),
          fmt::format("{}={}", ColumnName(column), CellText(column, *seen)),
          fmt::format("{} {} in {}", kind, ColumnName(column), view.name));
    }
  }

  void CompareTotals(const View& view) {
    for (size_t i = 0; i < totals_.size(); ++i) {
      const Totals& seen = view.totals[i];
      const Totals& model = totals_[i];
      const auto kind = ObjectKindName(static_cast<ObjectKind>(i));
      const auto compare = [&](const char* what, int64_t expected, int64_t got) {
        if (expected < 0 || got < 0 || expected == got) return;
        Add("report", fmt::format("{}_INFO counts wrong {} {}", kind, what, MomentOf(event_)),
            fmt::format("{} {}", expected, what), fmt::format("{}", got),
            fmt::format("{}_INFO {}", kind, what));
      };
      static constexpr const char* kUnits[] = {"pages", "messages", "semaphores"};
      compare("objects", model.objects, seen.objects);
      compare(kUnits[i], model.units, seen.units);
      compare("bytes", model.bytes, seen.bytes);
    }
  }

  const Event& event_;
  bool shared_;
  std::vector<InventoryRow> rows_;
  std::array<Totals, kObjectKinds> totals_;
  std::vector<Finding> findings_;
};

}  // namespace

std::vector<Finding> CheckSnapshot(std::vector<State>& states, const Event& snapshot) {
  std::vector<State> explaining;
  std::vector<Finding> fewest;
  for (const State& state : states) {
    std::vector<Finding> findings = Comparison(state, snapshot).Findings();
    if (findings.empty()) {
      explaining.push_back(state);
    } else if (fewest.empty() || findings.size() < fewest.size()) {
      fewest = std::move(findings);
    }
  }
  if (explaining.empty()) return fewest;
  states = std::move(explaining);
  return {};
}

}  // namespace ipcrig
