// SPDX-License-Identifier: Apache-2.0
#include "tidy_text.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace ipcrig::tidy {
namespace {

bool IsWordChar(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

bool IsSpace(char c) { return std::isspace(static_cast<unsigned char>(c)) != 0; }

std::string_view Trim(std::string_view text) {
  while (!text.empty() && IsSpace(text.front())) text.remove_prefix(1);
  while (!text.empty() && IsSpace(text.back())) text.remove_suffix(1);
  return text;
}

// The identifier or number that ends just before `end`.
std::string_view WordBefore(std::string_view text, size_t end) {
  size_t begin = end;
  while (begin > 0 && IsWordChar(text[begin - 1])) --begin;
  return text.substr(begin, end - begin);
}

// Blanks one comment or literal after the other.
class Blanker {
 public:
  explicit Blanker(std::string_view text) : text_(text), code_(text) {}

  std::string Run() {
    while (at_ < text_.size()) Step();
    return std::move(code_);
  }

 private:
  void Step() {
    const std::string_view rest = text_.substr(at_);
    if (rest.starts_with("//")) {
      BlankUpTo(text_.find('\n', at_));
    } else if (rest.starts_with("/*")) {
      const size_t end = text_.find("*/", at_ + 2);
      BlankUpTo(end == kNowhere ? end : end + 2);
    } else if (rest.front() == '"') {
      WordBefore(text_, at_).ends_with('R') ? RawString() : Literal('"');
    } else if (rest.front() == '\'' && !IsDigitSeparator()) {
      Literal('\'');
    } else {
      ++at_;
    }
  }

  // In 1'000 the quote stands inside a number; in u8'x' it follows a prefix.
  bool IsDigitSeparator() const {
    const std::string_view word = WordBefore(text_, at_);
    return !word.empty() && std::isdigit(static_cast<unsigned char>(word.front())) != 0;
  }

  void Literal(char quote) {
    size_t end = at_ + 1;
    while (end < text_.size() && text_[end] != quote && text_[end] != '\n') {
      end += text_[end] == '\\' ? 2 : 1;
    }
    ++at_;
    BlankUpTo(end);
    if (at_ < text_.size() && text_[at_] == quote) ++at_;
  }

  void RawString() {
    const size_t open = text_.find('(', at_);
    if (open == kNowhere) return Literal('"');
    std::string close = ")";
    close += text_.substr(at_ + 1, open - at_ - 1);
    close += '"';
    ++at_;
    const size_t end = text_.find(close, open);
    BlankUpTo(end == kNowhere ? end : end + close.size() - 1);
    if (at_ < text_.size()) ++at_;
  }

  void BlankUpTo(size_t end) {
    for (end = std::min(end, text_.size()); at_ < end; ++at_) {
      if (code_[at_] != '\n') code_[at_] = ' ';
    }
  }

  std::string_view text_;
  std::string code_;
  size_t at_ = 0;
};

// What an opening brace opens, to be told from the text before it.
enum class Scope {
  kOuter,       // a namespace, a class or the like: functions may follow
  kFunction,    // a function's body
  kExpression,  // an initialiser, or a block within a function
};

// The text between the last declaration's end and an opening brace, taken apart.
struct Head {
  std::string_view text;  // trimmed
  std::string outside;    // the same without what stands within parentheses
  bool has_parentheses = false;
  bool assigns = false;      // has an '=' of its own
  bool initialises = false;  // has the ':' of a constructor's initialisers
};

// Without leading `template <...>` and access labels.
std::string_view WithoutPrefixes(std::string_view text) {
  for (const std::string_view label : {"public:", "protected:", "private:"}) {
    if (text.starts_with(label)) return WithoutPrefixes(Trim(text.substr(label.size())));
  }
  const size_t open = text.find('<');
  if (!text.starts_with("template") || open == kNowhere) return text;
  int depth = 0;
  for (size_t i = open; i < text.size(); ++i) {
    if (text[i] == '<') ++depth;
    if (text[i] == '>' && --depth == 0) return WithoutPrefixes(Trim(text.substr(i + 1)));
  }
  return text;
}

bool IsAssignment(std::string_view text, size_t at) {
  constexpr std::string_view kOperators = "=<>!+-*/%&|^";
  if (text[at] != '=' || text.substr(0, at).ends_with("operator")) return false;
  const bool after = at > 0 && kOperators.find(text[at - 1]) != kNowhere;
  const bool before = at + 1 < text.size() && text[at + 1] == '=';
  return !after && !before;
}

bool IsSingleColon(std::string_view text, size_t at) {
  if (text[at] != ':' || (at > 0 && text[at - 1] == ':')) return false;
  return at + 1 == text.size() || text[at + 1] != ':';
}

Head TakeApart(std::string_view text) {
  Head head;
  head.text = WithoutPrefixes(Trim(text));
  int depth = 0;
  for (size_t i = 0; i < head.text.size(); ++i) {
    const char c = head.text[i];
    if (c == ')') --depth;
    if (depth == 0) {
      head.outside += c;
      if (IsAssignment(head.text, i)) head.assigns = true;
      if (head.has_parentheses && IsSingleColon(head.text, i)) head.initialises = true;
    }
    if (c == '(') {
      ++depth;
      head.has_parentheses = true;
    }
  }
  return head;
}

bool NamesType(const Head& head) {
  constexpr std::array<std::string_view, 4> kKeywords = {"class", "struct", "union", "enum"};
  return std::any_of(kKeywords.begin(), kKeywords.end(), [&](std::string_view keyword) {
    return FindWord(head.outside, keyword, 0) != kNowhere;
  });
}

Scope Classify(std::string_view text) {
  const Head head = TakeApart(text);
  const bool linkage = head.text.starts_with("extern") && head.text.ends_with('"');
  if (linkage || FindWord(head.outside, "namespace", 0) != kNowhere) return Scope::kOuter;
  if (head.assigns) return Scope::kExpression;
  const char last = head.text.empty() ? '\0' : head.text.back();
  if (NamesType(head) && (!head.has_parentheses || last != ')')) return Scope::kOuter;
  if (!head.has_parentheses) return Scope::kExpression;
  // In `X() : a_{1} {` the first brace follows a name and initialises, the second is the body.
  if (head.initialises && (IsWordChar(last) || last == '>')) return Scope::kExpression;
  return Scope::kFunction;
}

class FunctionFinder {
 public:
  explicit FunctionFinder(std::string_view code) : code_(code) {}

  std::vector<Function> Run() {
    for (const std::string_view line : Lines(code_)) {
      ++line_;
      // A macro's braces belong to wherever it is used.
      const bool directive = continued_ || Trim(line).starts_with('#');
      continued_ = directive && line.ends_with('\\');
      if (directive) continue;
      for (const char c : line) Step(c);
      Step('\n');
    }
    return std::move(found_);
  }

 private:
  struct Open {
    Scope scope;
    int line;
  };

  bool AtOuterScope() const { return open_.empty() || open_.back().scope == Scope::kOuter; }

  void Step(char c) {
    if (c == '{') return OpenBrace();
    if (c == '}') return CloseBrace();
    if (!AtOuterScope()) return;
    if (c == '(') ++parentheses_;
    if (c == ')') --parentheses_;
    if (c == ';' && parentheses_ == 0) return head_.clear();
    head_ += c;
  }

  void OpenBrace() {
    const bool inside = !AtOuterScope() || parentheses_ > 0;
    const Scope scope = inside ? Scope::kExpression : Classify(head_);
    open_.push_back({scope, line_});
    if (scope != Scope::kExpression) head_.clear();
  }

  void CloseBrace() {
    if (open_.empty()) return;
    const Open open = open_.back();
    open_.pop_back();
    if (open.scope == Scope::kFunction) found_.push_back({open.line, line_});
    if (open.scope != Scope::kExpression) return head_.clear();
    if (AtOuterScope()) head_ += '}';
  }

  std::string_view code_;
  std::vector<Function> found_;
  std::vector<Open> open_;
  std::string head_;
  int parentheses_ = 0;
  int line_ = 0;
  bool continued_ = false;
};

}  // namespace

std::vector<std::string_view> Lines(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    lines.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

int LineAt(std::string_view text, size_t offset) {
  return 1 + static_cast<int>(std::count(text.begin(), text.begin() + offset, '\n'));
}

std::string CodeOf(std::string_view text) { return Blanker(text).Run(); }

size_t FindWord(std::string_view text, std::string_view word, size_t from) {
  for (size_t at = text.find(word, from); at != kNowhere; at = text.find(word, at + 1)) {
    const size_t end = at + word.size();
    const bool starts = at == 0 || !IsWordChar(text[at - 1]);
    const bool ends = end == text.size() || !IsWordChar(text[end]);
    if (starts && ends) return at;
  }
  return kNowhere;
}

std::vector<size_t> FindCalls(std::string_view code, std::string_view name) {
  std::vector<size_t> calls;
  for (size_t at = FindWord(code, name, 0); at != kNowhere; at = FindWord(code, name, at + 1)) {
    const std::string_view before = code.substr(0, at);
    if (before.ends_with('.') || before.ends_with("->")) continue;
    const size_t next = code.find_first_not_of(" \n", at + name.size());
    if (next != kNowhere && code[next] == '(') calls.push_back(at);
  }
  return calls;
}

std::vector<Function> FunctionsIn(std::string_view code) { return FunctionFinder(code).Run(); }

}  // namespace ipcrig::tidy
