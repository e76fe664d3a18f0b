// SPDX-License-Identifier: Apache-2.0
#include "check/catalogue.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>

namespace ipcrig {
namespace {

constexpr std::string_view kBlanks = " \t\r";
constexpr std::string_view kReason = "[needs:";
constexpr std::string_view kCovers = "covers:";
constexpr size_t kMaxTitleColumns = 100;

std::string_view Trim(std::string_view text) {
  const size_t start = text.find_first_not_of(kBlanks);
  if (start == std::string_view::npos) return {};
  return text.substr(start, text.find_last_not_of(kBlanks) - start + 1);
}

// Takes the first line off a text, without its newline.
std::string_view TakeLine(std::string_view& text) {
  const std::string_view line = text.substr(0, text.find('\n'));
  text.remove_prefix(std::min(line.size() + 1, text.size()));
  return line;
}

// Takes the first word off a line that may begin with blanks.
std::string_view TakeWord(std::string_view& line) {
  line = Trim(line);
  const std::string_view word = line.substr(0, line.find_first_of(kBlanks));
  line.remove_prefix(word.size());
  return word;
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsLower(char c) { return c >= 'a' && c <= 'z'; }

bool IsId(std::string_view word) {
  const bool kind = word.starts_with('B') || word.starts_with('X');
  return kind && word.size() == 4 && std::all_of(word.begin() + 1, word.end(), IsDigit);
}

// Characters, not bytes: whatever continues a UTF-8 sequence takes no column.
size_t Columns(std::string_view text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
  }));
}

// Splits "title [needs: reason]"; false where the reason is not whole.
bool TakeReason(std::string_view rest, Behaviour& row) {
  const size_t at = rest.find(kReason);
  row.title = Trim(rest.substr(0, at));
  if (at == std::string_view::npos) return true;
  std::string_view reason = rest.substr(at + kReason.size());
  if (!reason.ends_with(']')) return false;
  reason.remove_suffix(1);
  row.needs = Trim(reason);
  return !row.needs.empty();
}

// Reads one row; what is wrong with it, or nothing.
std::string ReadRow(std::string_view line, Behaviour& row) {
  row.id = TakeWord(line);
  if (!IsId(row.id)) return fmt::format("\"{}\" is no id such as B001 or X001", row.id);
  row.object = TakeWord(line);
  if (row.object.empty()) return "no object after the id";
  if (!std::all_of(row.object.begin(), row.object.end(), IsLower)) {
    return fmt::format("the object \"{}\" is not in lower-case letters", row.object);
  }
  if (!TakeReason(Trim(line), row)) return "a reason is [needs: text] at the end of the line";
  if (row.title.empty()) return "no title after the object";
  const size_t columns = Columns(row.title);
  if (columns > kMaxTitleColumns) {
    return fmt::format("the title has {} columns, {} are allowed", columns, kMaxTitleColumns);
  }
  return "";
}

std::string_view Extension(std::string_view path) {
  const size_t dot = path.substr(path.rfind('/') + 1).rfind('.');
  return dot == std::string_view::npos ? std::string_view() : path.substr(path.rfind('.'));
}

// Takes the marks of a comment off a line; false where the line is not one whole comment.
bool TakeComment(bool scenario, std::string_view& line) {
  line = Trim(line);
  if (scenario) {
    if (!line.starts_with('#')) return false;
    line.remove_prefix(1);
  } else if (line.starts_with("//")) {
    line.remove_prefix(2);
  } else if (line.starts_with("/*") && line.ends_with("*/") && line.size() >= 4) {
    line = line.substr(2, line.size() - 4);
  } else {
    return false;
  }
  line = Trim(line);
  return true;
}

// Reads the files into a coverage whose rows are there already.
class SourceReader {
 public:
  explicit SourceReader(Coverage& coverage) : coverage_(coverage) {
    for (CoverageRow& row : coverage.rows) rows_[row.behaviour.id] = &row;
  }

  void Read(const SourceText& file) {
    const bool scenario = Extension(file.path) == ".ipc";
    std::string_view text = file.text;
    for (int number = 1; !text.empty(); ++number) {
      std::string_view line = TakeLine(text);
      if (!TakeComment(scenario, line) || !line.starts_with(kCovers)) continue;
      line.remove_prefix(kCovers.size());
      ReadIds({file.path, number}, line);
    }
  }

 private:
  void ReadIds(const Place& place, std::string_view line) {
    if (Trim(line).empty()) Fail(place, "\"covers:\" names no behaviour");
    while (!Trim(line).empty()) {
      const std::string_view id = TakeWord(line);
      const auto found = rows_.find(id);
      if (found == rows_.end()) {
        Fail(place, fmt::format("unknown behaviour {}", id));
        continue;
      }
      std::vector<Place>& places = found->second->places;
      if (places.empty() || places.back().path != place.path) places.push_back(place);
    }
  }

  void Fail(const Place& place, const std::string& what) {
    coverage_.errors.push_back(fmt::format("{}:{}: {}", place.path, place.line, what));
  }

  Coverage& coverage_;
  std::map<std::string, CoverageRow*, std::less<>> rows_;
};

}  // namespace

Result<Catalogue> ParseCatalogue(std::string_view text, const std::string& path) {
  Catalogue catalogue;
  std::map<std::string, int> lines;
  for (int number = 1; !text.empty(); ++number) {
    const std::string_view line = Trim(TakeLine(text));
    if (line.empty() || line.starts_with('#')) continue;
    Behaviour row;
    row.line = number;
    std::string fault = ReadRow(line, row);
    if (const auto [first, added] = lines.emplace(row.id, number); fault.empty() && !added) {
      fault = fmt::format("{} is in line {} already", row.id, first->second);
    }
    if (!fault.empty()) return Error{fmt::format("{}:{}: {}", path, number, fault)};
    catalogue.push_back(std::move(row));
  }
  if (catalogue.empty()) return Error{path + ":1: no behaviour"};
  return catalogue;
}

bool CanCover(std::string_view path) {
  const std::string_view extension = Extension(path);
  return extension == ".ipc" || extension == ".c" || extension == ".cc";
}

size_t Coverage::Runnable() const {
  return static_cast<size_t>(
      std::count_if(rows.begin(), rows.end(), [](const auto& row) { return row.runnable(); }));
}

size_t Coverage::Covered() const {
  return static_cast<size_t>(std::count_if(
      rows.begin(), rows.end(), [](const auto& row) { return row.runnable() && row.covered(); }));
}

double Coverage::Percent() const {
  const size_t runnable = Runnable();
  if (runnable == 0) return 100;
  return 100.0 * static_cast<double>(Covered()) / static_cast<double>(runnable);
}

Coverage Cover(const Catalogue& catalogue, const std::vector<SourceText>& files) {
  Coverage coverage;
  for (const Behaviour& behaviour : catalogue) coverage.rows.push_back({behaviour});
  SourceReader reader(coverage);
  for (const SourceText& file : files) reader.Read(file);
  return coverage;
}

}  // namespace ipcrig
