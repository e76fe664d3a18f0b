// SPDX-License-Identifier: Apache-2.0
#include "tidy_rules.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <span>

#include "tidy_text.h"

namespace ipcrig::tidy {
namespace {

enum class Kind {
  kCode,      // C and C++
  kScenario,  // scenarios/**/*.ipc
  kBuild,     // CMake
  kScript,    // ci/ and .ci/
  kProse,     // Markdown
  kOther,     // recorded outputs, corpora, licence text: not written by hand for a reader
};

std::string_view FileName(std::string_view path) { return path.substr(path.rfind('/') + 1); }

std::string_view Extension(std::string_view path) {
  const std::string_view name = FileName(path);
  const size_t dot = name.rfind('.');
  return dot == kNowhere ? std::string_view() : name.substr(dot);
}

Kind KindOf(std::string_view path) {
  const std::string_view extension = Extension(path);
  if (extension == ".h" || extension == ".cc" || extension == ".c") return Kind::kCode;
  if (extension == ".ipc" && path.starts_with("scenarios/")) return Kind::kScenario;
  if (extension == ".cmake" || FileName(path) == "CMakeLists.txt") return Kind::kBuild;
  if (extension == ".md") return Kind::kProse;
  const bool script = path.starts_with("ci/") || path.starts_with(".ci/");
  return script && extension.empty() ? Kind::kScript : Kind::kOther;
}

bool IsIn(std::string_view path, std::string_view folder) {
  return path.starts_with(folder) && path.substr(folder.size()).starts_with('/');
}

bool Contains(std::span<const std::string_view> words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

std::string Quoted(std::string_view text) { return '"' + std::string(text) + '"'; }

struct Layer {
  std::string_view folder;
  std::array<std::string_view, 7> may_include;
  bool pure;  // has no business with the operating system
};

constexpr Layer kLayers[] = {
    {"base", {"base"}, false},
    {"ops", {"base", "ops"}, true},
    {"model", {"base", "ops", "model"}, true},
    {"exec", {"base", "ops", "exec"}, false},
    {"gen", {"base", "ops", "model", "gen"}, false},
    {"check", {"base", "ops", "model", "check"}, true},
    {"explore", {"base", "ops", "model", "exec", "check", "gen", "explore"}, false},
    {"trace", {"base", "ops", "exec", "trace"}, false},
    {"library", {"base", "library"}, false},
    {"report", {"base", "ops", "model", "check", "trace", "report"}, false},
    {"litmus", {"base", "exec", "litmus"}, false},
    {"observe", {"base", "ops", "model", "check", "report", "observe"}, false},
};

const Layer* LayerOf(std::string_view path) {
  const auto* layer =
      std::find_if(std::begin(kLayers), std::end(kLayers), [&](const Layer& candidate) {
        return IsIn(path, "harness/" + std::string(candidate.folder));
      });
  return layer == std::end(kLayers) ? nullptr : layer;
}

constexpr std::array<std::string_view, 5> kSystemFolders = {"arpa", "asm", "linux", "net", "sys"};

// errno.h is not among them: the model speaks of errors by their names.
constexpr std::array<std::string_view, 14> kSystemHeaders = {
    "csignal", "dirent.h", "fcntl.h", "grp.h",  "poll.h",   "pthread.h", "pwd.h",
    "sched.h", "signal.h", "spawn.h", "thread", "unistd.h", "wait.h",    "mqueue.h"};

struct Include {
  int line;
  std::string_view target;
  bool quoted;
};

std::vector<Include> IncludesOf(std::string_view contents) {
  std::vector<Include> includes;
  const std::string code = CodeOf(contents);
  const std::vector<std::string_view> original = Lines(contents);
  const std::vector<std::string_view> blanked = Lines(code);
  for (size_t i = 0; i < blanked.size(); ++i) {
    const size_t hash = blanked[i].find_first_not_of(' ');
    if (hash == kNowhere || blanked[i][hash] != '#') continue;
    if (FindWord(blanked[i], "include", hash) == kNowhere) continue;
    const size_t open = original[i].find_first_of("\"<");
    if (open == kNowhere) continue;
    const bool quoted = original[i][open] == '"';
    const size_t close = original[i].find(quoted ? '"' : '>', open + 1);
    if (close == kNowhere) continue;
    includes.push_back(
        {static_cast<int>(i) + 1, original[i].substr(open + 1, close - open - 1), quoted});
  }
  return includes;
}

bool IsSystemHeader(std::string_view target) {
  const size_t slash = target.find('/');
  return slash == kNowhere ? Contains(kSystemHeaders, target)
                           : Contains(kSystemFolders, target.substr(0, slash));
}

// Characters, not bytes: whatever continues a UTF-8 sequence takes no column.
size_t Columns(std::string_view line) {
  return static_cast<size_t>(std::count_if(line.begin(), line.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
  }));
}

// Adds a violation for each call of one of `names`.
void RejectCalls(std::string_view code, std::span<const std::string_view> names,
                 Violations& violations) {
  for (const std::string_view name : names) {
    for (const size_t at : FindCalls(code, name)) {
      violations.push_back({LineAt(code, at), "calls " + std::string(name)});
    }
  }
}

// Adds a violation for each use of one of `words`.
void RejectWords(std::string_view text, std::span<const std::string_view> words,
                 Violations& violations) {
  for (const std::string_view word : words) {
    for (size_t at = FindWord(text, word, 0); at != kNowhere; at = FindWord(text, word, at + 1)) {
      violations.push_back({LineAt(text, at), "uses " + std::string(word)});
    }
  }
}

// Whether a comment of at least three lines, other than the licence line, starts near the top.
bool HasManual(const std::vector<std::string_view>& lines) {
  constexpr size_t kNearTop = 15;
  constexpr int kManualLines = 3;
  int words = 0;
  for (size_t i = 1; i < lines.size(); ++i) {
    if (!lines[i].starts_with("//")) {
      if (i >= kNearTop) return false;
      words = 0;
    } else if (lines[i].find_first_not_of("/ ") != kNowhere && ++words == kManualLines) {
      return true;
    }
  }
  return false;
}

bool IsLowerSnakeCase(std::string_view name) {
  if (name.empty() || std::islower(static_cast<unsigned char>(name.front())) == 0) return false;
  return std::all_of(name.begin(), name.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return std::islower(byte) != 0 || std::isdigit(byte) != 0 || c == '_';
  });
}

}  // namespace

Violations Layering(std::string_view path, std::string_view contents) {
  const Layer* layer = LayerOf(path);
  if (layer == nullptr || KindOf(path) != Kind::kCode) return {};
  Violations violations;
  const std::string folder(layer->folder);
  for (const Include& include : IncludesOf(contents)) {
    const std::string target(include.target);
    const std::string_view first = include.target.substr(0, include.target.find('/'));
    if (include.quoted && !Contains(layer->may_include, first)) {
      violations.push_back({include.line, folder + " may not include " + target});
    }
    if (!include.quoted && layer->pure && IsSystemHeader(include.target)) {
      violations.push_back({include.line, folder + " is pure and may not include " + target});
    }
  }
  return violations;
}

Violations FileSize(std::string_view path, std::string_view contents) {
  constexpr size_t kMaxColumns = 100;
  const size_t max_lines = IsIn(path, "tests") ? 600 : 400;
  const Kind kind = KindOf(path);
  if (kind == Kind::kProse || kind == Kind::kOther) return {};
  Violations violations;
  const std::vector<std::string_view> lines = Lines(contents);
  for (size_t i = 0; i < lines.size(); ++i) {
    const size_t columns = Columns(lines[i]);
    if (columns <= kMaxColumns) continue;
    violations.push_back({static_cast<int>(i) + 1, std::to_string(columns) + " columns"});
  }
  if (lines.size() > max_lines) {
    const int line = static_cast<int>(max_lines) + 1;
    violations.push_back({line, "the file has " + std::to_string(lines.size()) + " lines"});
  }
  return violations;
}

Violations FunctionSize(std::string_view path, std::string_view contents) {
  constexpr int kMaxLines = 60;
  if (KindOf(path) != Kind::kCode) return {};
  Violations violations;
  for (const Function& function : FunctionsIn(CodeOf(contents))) {
    const int lines = function.last_line - function.first_line + 1;
    if (lines <= kMaxLines) continue;
    violations.push_back(
        {function.first_line, "the function has " + std::to_string(lines) + " lines"});
  }
  return violations;
}

Violations NoSleep(std::string_view path, std::string_view contents) {
  constexpr std::array<std::string_view, 6> kCalls = {"clock_nanosleep", "nanosleep",   "sleep",
                                                      "sleep_for",       "sleep_until", "usleep"};
  const bool ours = IsIn(path, "harness") || IsIn(path, "tests") || IsIn(path, "fuzz");
  if (!ours || KindOf(path) != Kind::kCode) return {};
  Violations violations;
  RejectCalls(CodeOf(contents), kCalls, violations);
  return violations;
}

Violations FileHead(std::string_view path, std::string_view contents) {
  if (KindOf(path) != Kind::kCode) return {};
  Violations violations;
  const std::vector<std::string_view> lines = Lines(contents);
  if (lines.empty() || lines.front() != "// SPDX-License-Identifier: Apache-2.0") {
    violations.push_back({1, "the first line is not the licence line"});
  }
  if (Extension(path) != ".h") return violations;
  if (!Contains(lines, "#pragma once")) violations.push_back({1, "no #pragma once"});
  if (!HasManual(lines)) violations.push_back({1, "no manual: a comment of three lines or more"});
  return violations;
}

Violations Whitespace(std::string_view path, std::string_view contents) {
  if (KindOf(path) == Kind::kOther) return {};
  Violations violations;
  const std::vector<std::string_view> lines = Lines(contents);
  for (size_t i = 0; i < lines.size(); ++i) {
    const int line = static_cast<int>(i) + 1;
    if (lines[i].find('\t') != kNowhere) violations.push_back({line, "tab"});
    const bool trailing =
        !lines[i].empty() && std::isspace(static_cast<unsigned char>(lines[i].back())) != 0;
    if (trailing) violations.push_back({line, "trailing whitespace"});
  }
  const bool one_newline = contents.ends_with('\n') && !contents.ends_with("\n\n");
  if (!one_newline || contents == "\n") {
    const int line = std::max(1, static_cast<int>(lines.size()));
    violations.push_back({line, "the file does not end in exactly one newline"});
  }
  return violations;
}

Violations NoMarkers(std::string_view path, std::string_view contents) {
  // In halves, since this file is checked too.
  constexpr std::array<std::string_view, 3> kMarkers = {
      "TO"
      "DO",
      "FIX"
      "ME",
      "XX"
      "X"};
  if (KindOf(path) == Kind::kOther) return {};
  Violations violations;
  RejectWords(contents, kMarkers, violations);
  return violations;
}

Violations NoBannedCalls(std::string_view path, std::string_view contents) {
  constexpr std::array<std::string_view, 4> kCalls = {"assert", "exit", "popen", "system"};
  constexpr std::array<std::string_view, 3> kNames = {"std::jthread", "std::regex", "std::thread"};
  if (!IsIn(path, "harness") || KindOf(path) != Kind::kCode) return {};
  Violations violations;
  const std::string code = CodeOf(contents);
  RejectCalls(code, kCalls, violations);
  RejectWords(code, kNames, violations);
  return violations;
}

Violations NoMachinePaths(std::string_view, std::string_view contents) {
  // In halves, since this file is checked too.
  constexpr std::array<std::string_view, 2> kRoots = {
      "/wo"
      "rk/",
      "/fa"
      "rm/"};
  Violations violations;
  for (const std::string_view root : kRoots) {
    for (size_t at = contents.find(root); at != kNowhere; at = contents.find(root, at + 1)) {
      // Part of a longer path, it is nobody's root.
      constexpr std::string_view kPathChars = "_-.}";
      const char before = at == 0 ? ' ' : contents[at - 1];
      const bool inside = std::isalnum(static_cast<unsigned char>(before)) != 0 ||
                          kPathChars.find(before) != kNowhere;
      if (inside) continue;
      violations.push_back({LineAt(contents, at), "names " + Quoted(root)});
    }
  }
  return violations;
}

Violations ScenarioFile(std::string_view path, std::string_view contents) {
  constexpr size_t kFewestLetters = 10;
  if (KindOf(path) != Kind::kScenario) return {};
  Violations violations;
  const std::string_view name = FileName(path);
  if (!IsLowerSnakeCase(name.substr(0, name.rfind('.')))) {
    violations.push_back({1, "the name " + Quoted(name) + " is not lower_snake_case"});
  }
  const std::vector<std::string_view> lines = Lines(contents);
  const bool comment = !lines.empty() && lines.front().starts_with("# ");
  if (!comment || lines.front().size() < kFewestLetters) {
    violations.push_back({1, "the first line is not a comment that says what is shown"});
  }
  return violations;
}

}  // namespace ipcrig::tidy
