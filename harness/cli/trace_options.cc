// SPDX-License-Identifier: Apache-2.0
#include "cli/trace_options.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>

#include <fmt/format.h>

namespace ipcrig {
namespace {

constexpr std::array<std::string_view, 10> kLimits = {"shmmax", "shmall", "shmmni", "msgmax",
                                                      "msgmnb", "msgmni", "semmsl", "semmns",
                                                      "semopm", "semmni"};

}  // namespace

void TakeProgram(CLI::App& command, std::vector<std::string>& program) {
  command.positionals_at_end();
  command.add_option("program", program, "the program and its arguments, after --")->required();
}

std::string ParseLimits(const std::vector<std::string>& words,
                        std::vector<std::pair<std::string, int64_t>>& limits) {
  for (const std::string& word : words) {
    const size_t equals = word.find('=');
    const std::string name = word.substr(0, equals);
    if (std::find(kLimits.begin(), kLimits.end(), name) == kLimits.end()) {
      return fmt::format("--limits: no limit \"{}\"; there are {}", name, fmt::join(kLimits, ", "));
    }
    int64_t value = -1;
    const char* end = word.data() + word.size();
    const char* from = equals == std::string::npos ? end : word.data() + equals + 1;
    const auto parsed = std::from_chars(from, end, value);
    if (parsed.ec != std::errc() || parsed.ptr != end || value < 0) {
      return fmt::format("--limits: \"{}\" is not NAME=NUMBER, such as {}=4", word, name);
    }
    limits.emplace_back(name, value);
  }
  return "";
}

bool WantsColorOn(const std::string& when, int descriptor) {
  if (when != "auto") return when == "always";
  const char* term = getenv("TERM");
  const char* no_color = getenv("NO_COLOR");
  const bool dumb = term != nullptr && std::string_view(term) == "dumb";
  const bool unwanted = no_color != nullptr && *no_color != '\0';
  return !unwanted && !dumb && isatty(descriptor) != 0;
}

}  // namespace ipcrig
