// SPDX-License-Identifier: Apache-2.0
#include "report/catalogue.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace ipcrig {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kIndent = "            ";  // as wide as id and object

std::string RowText(const CoverageRow& row) {
  const Behaviour& behaviour = row.behaviour;
  std::string text =
      fmt::format("{}  {:<4}  {}\n", behaviour.id, behaviour.object, behaviour.title);
  if (!row.runnable()) text += fmt::format("{}needs {}\n", kIndent, behaviour.needs);
  for (const Place& place : row.places) text += fmt::format("{}{}\n", kIndent, place.path);
  return text;
}

// Those rows below a heading; nothing where there is none.
template <typename Wanted>
std::string Block(const Coverage& coverage, std::string_view heading, Wanted wanted) {
  std::string text;
  for (const CoverageRow& row : coverage.rows) {
    if (wanted(row)) text += RowText(row);
  }
  return text.empty() ? "" : fmt::format("{}{}\n", heading, text);
}

std::string SummaryOf(const Coverage& coverage) {
  const size_t runnable = coverage.Runnable();
  const size_t covered = coverage.Covered();
  const size_t others = coverage.rows.size() - runnable;
  // 100.0 is said only where nothing is missing.
  const double percent =
      covered == runnable ? coverage.Percent() : std::min(coverage.Percent(), 99.9);
  return fmt::format("coverage: {} of {} runnable row{} ({:.1f}%), {} row{} not runnable\n",
                     covered, runnable, runnable == 1 ? "" : "s", percent, others,
                     others == 1 ? "" : "s");
}

Json RowJson(const CoverageRow& row) {
  const Behaviour& behaviour = row.behaviour;
  Json json{{"id", behaviour.id},
            {"object", behaviour.object},
            {"title", behaviour.title},
            {"needs", row.runnable() ? Json() : Json(behaviour.needs)},
            {"places", Json::array()}};
  for (const Place& place : row.places) {
    json["places"].push_back({{"path", place.path}, {"line", place.line}});
  }
  return json;
}

}  // namespace

std::string CatalogueText(const Coverage& coverage, bool missing) {
  std::string text;
  if (!missing) text += Block(coverage, "", [](const auto& row) { return row.covered(); });
  text += Block(coverage, "not covered:\n",
                [](const auto& row) { return !row.covered() && row.runnable(); });
  text += Block(coverage, "cannot run:\n",
                [](const auto& row) { return !row.covered() && !row.runnable(); });
  return text + SummaryOf(coverage);
}

std::string CatalogueJson(const Coverage& coverage, bool missing) {
  Json json{{"schema", 1},
            {"runnable", coverage.Runnable()},
            {"covered", coverage.Covered()},
            {"rows", Json::array()}};
  for (const CoverageRow& row : coverage.rows) {
    if (!missing || !row.covered()) json["rows"].push_back(RowJson(row));
  }
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace ipcrig
