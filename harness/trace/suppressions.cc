// SPDX-License-Identifier: Apache-2.0
#include "trace/suppressions.h"

#include <fnmatch.h>

#include <algorithm>
#include <array>
#include <sstream>

#include <fmt/format.h>

namespace ipcrig {
namespace {

constexpr std::array<std::string_view, 9> kTerms = {"kind", "object", "key",     "rule", "fun",
                                                    "file", "module", "command", "path"};

bool Matches(const std::string& pattern, const std::string& text) {
  return fnmatch(pattern.c_str(), text.c_str(), 0) == 0;
}

// A path fits where its end does.
bool MatchesPath(const std::string& pattern, const std::string& path) {
  return Matches(pattern, path) || Matches("*/" + pattern, path);
}

std::string KeyOf(const Record& record, const TraceFinding& finding) {
  if (finding.objects.empty()) return "";
  const TracedObject& object = record.objects[static_cast<size_t>(finding.objects.front())];
  const auto key = static_cast<uint32_t>(object.row[Column::kKey].value_or(0));
  return key == 0 ? "IPC_PRIVATE" : fmt::format("{:#010x}", key);
}

std::string ObjectOf(const Record& record, const TraceFinding& finding) {
  if (finding.objects.empty()) return "";
  const TracedObject& object = record.objects[static_cast<size_t>(finding.objects.front())];
  return std::string(ObjectKindName(object.row.kind));
}

std::string KindWord(const TraceFinding& finding) {
  const std::string name(FindingKindName(finding.kind));
  return name == "in use" ? "in-use" : name;
}

bool Fits(const Record& record, const TraceFinding& finding, const std::string& term,
          const std::string& pattern) {
  const auto& frames = finding.stack.frames;
  const auto any = [&](auto is) { return std::any_of(frames.begin(), frames.end(), is); };
  if (term == "kind") {
    return Matches(pattern, KindWord(finding)) || Matches(pattern, ObjectOf(record, finding));
  }
  if (term == "object") return Matches(pattern, ObjectOf(record, finding));
  if (term == "key") return Matches(pattern, KeyOf(record, finding));
  if (term == "rule") return Matches(pattern, finding.rule);
  if (term == "path") return Matches(pattern, finding.path);
  if (term == "fun") return any([&](const Frame& f) { return Matches(pattern, f.function); });
  if (term == "file") return any([&](const Frame& f) { return MatchesPath(pattern, f.file); });
  if (term == "module") return any([&](const Frame& f) { return MatchesPath(pattern, f.module); });
  if (finding.process < 0) return false;
  return Matches(pattern, record.processes[static_cast<size_t>(finding.process)].command);
}

// Whether the next run has the same key: not where it was made up, as ipcmk(1) does.
bool KeyIsTheSameAgain(const Record& record, const TraceFinding& finding) {
  if (finding.objects.empty()) return false;
  const TracedObject& object = record.objects[static_cast<size_t>(finding.objects.front())];
  if (object.row[Column::kKey].value_or(0) == 0) return false;
  if (object.created_by < 0) return true;  // there is nothing else to tell it by
  const TracedCall& call = record.calls[static_cast<size_t>(object.created_by)];
  return call.fixed_key || !call.same_key.empty();
}

std::string BaseName(const std::string& path) { return path.substr(path.rfind('/') + 1); }

}  // namespace

Result<Suppressions> ParseSuppressions(const std::string& text, const std::string& path) {
  Suppressions suppressions{path, {}};
  std::istringstream lines(text);
  int number = 0;
  for (std::string line; std::getline(lines, line);) {
    Suppression one{++number, {}, 0};
    std::istringstream words(line.substr(0, line.find('#')));
    for (std::string word; words >> word;) {
      const size_t colon = word.find(':');
      const std::string term = word.substr(0, colon);
      const bool known = std::find(kTerms.begin(), kTerms.end(), term) != kTerms.end();
      if (colon == std::string::npos || !known || colon + 1 == word.size()) {
        return Error{fmt::format("{}:{}: \"{}\" is not TERM:PATTERN with a TERM of {}", path,
                                 number, word, fmt::join(kTerms, ", "))};
      }
      one.terms.emplace_back(term, word.substr(colon + 1));
    }
    if (!one.terms.empty()) suppressions.all.push_back(std::move(one));
  }
  return suppressions;
}

void Suppressions::Apply(const Record& record, std::vector<TraceFinding>& findings) {
  for (TraceFinding& finding : findings) {
    for (Suppression& one : all) {
      const bool fits = std::all_of(one.terms.begin(), one.terms.end(), [&](const auto& term) {
        return Fits(record, finding, term.first, term.second);
      });
      if (!fits) continue;
      ++one.used;
      finding.suppressed = true;
      break;
    }
  }
}

std::string SuppressionFor(const Record& record, const TraceFinding& finding) {
  std::string line = "kind:" + KindWord(finding);
  if (finding.kind == FindingKind::kRisk) line += " rule:" + finding.rule;
  if (finding.kind == FindingKind::kPosix) return line + " path:" + finding.path;
  if (!finding.objects.empty()) line += " object:" + ObjectOf(record, finding);
  for (const Frame& frame : finding.stack.frames) {
    if (!HasSource(frame) || frame.function.find(' ') != std::string::npos) continue;
    return line + fmt::format(" fun:{} file:{}", frame.function, BaseName(frame.file));
  }
  if (KeyIsTheSameAgain(record, finding)) line += " key:" + KeyOf(record, finding);
  if (finding.process < 0) return line;
  const std::string& program = record.processes[static_cast<size_t>(finding.process)].executable;
  return line + fmt::format(" command:*{}*", BaseName(program));
}

}  // namespace ipcrig
