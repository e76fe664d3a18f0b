// SPDX-License-Identifier: Apache-2.0
//
// ipcrig catalogue [DIR...]
#include "report/catalogue.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <sstream>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/cli.h"

namespace ipcrig {
namespace {

namespace fs = std::filesystem;

constexpr const char* kListName = "catalogue.txt";

struct CatalogueCommand {
  std::vector<std::string> directories = {"scenarios", "tests"};
  bool missing = false;
  bool json = false;
  double require = 0;
};

ExitCode Complain(ExitCode code, const std::string& what) {
  fmt::print(stderr, "ipcrig: {}\n", what);
  return code;
}

std::optional<std::string> ReadText(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  // An empty file makes << fail, a directory makes the file bad.
  if (!file.is_open() || file.bad()) return std::nullopt;
  return text.str();
}

// The files below a directory that can cover something are added to `paths`.
ExitCode FindSources(const std::string& directory, std::vector<std::string>& paths) {
  std::error_code error;
  for (fs::recursive_directory_iterator it(directory, error), end; !error && it != end;
       it.increment(error)) {
    const std::string path = it->path().lexically_normal().string();
    if (CanCover(path) && it->is_regular_file()) paths.push_back(path);
  }
  if (!error) return ExitCode::kPass;
  return Complain(ExitCode::kUsage, fmt::format("{}: {}", directory, error.message()));
}

// The one list in the given directories.
ExitCode FindList(const std::vector<std::string>& directories, std::string& found) {
  std::vector<std::string> lists;
  for (const std::string& directory : directories) {
    const fs::path path = (fs::path(directory) / kListName).lexically_normal();
    std::error_code error;
    if (fs::exists(path, error)) lists.push_back(path.string());
  }
  std::sort(lists.begin(), lists.end());
  lists.erase(std::unique(lists.begin(), lists.end()), lists.end());
  if (lists.size() == 1) {
    found = lists.front();
    return ExitCode::kPass;
  }
  const std::string where = fmt::format("{}", fmt::join(directories, ", "));
  return Complain(ExitCode::kUsage,
                  lists.empty() ? fmt::format("no {} in {}", kListName, where)
                                : fmt::format("more than one list: {}", fmt::join(lists, ", ")));
}

ExitCode ReadSources(const std::vector<std::string>& directories, std::vector<SourceText>& files) {
  std::vector<std::string> paths;
  for (const std::string& directory : directories) {
    const ExitCode code = FindSources(directory, paths);
    if (code != ExitCode::kPass) return code;
  }
  std::sort(paths.begin(), paths.end());
  paths.erase(std::unique(paths.begin(), paths.end()), paths.end());
  for (const std::string& path : paths) {
    const auto text = ReadText(path);
    if (!text) return Complain(ExitCode::kBadInput, path + ": cannot read this file");
    files.push_back({path, *text});
  }
  return ExitCode::kPass;
}

ExitCode LoadCoverage(const CatalogueCommand& command, Coverage& coverage) {
  std::vector<SourceText> files;
  std::string list;
  ExitCode code = ReadSources(command.directories, files);
  if (code == ExitCode::kPass) code = FindList(command.directories, list);
  if (code != ExitCode::kPass) return code;
  const auto text = ReadText(list);
  if (!text) return Complain(ExitCode::kBadInput, list + ": cannot read this file");
  const auto catalogue = ParseCatalogue(*text, list);
  if (!catalogue.ok()) return Complain(ExitCode::kBadInput, catalogue.error().Text());
  coverage = Cover(*catalogue, files);
  for (const std::string& error : coverage.errors) code = Complain(ExitCode::kBadInput, error);
  return code;
}

ExitCode ShowCatalogue(const CatalogueCommand& command) {
  Coverage coverage;
  const ExitCode code = LoadCoverage(command, coverage);
  if (code != ExitCode::kPass) return code;
  fmt::print("{}", command.json ? CatalogueJson(coverage, command.missing)
                                : CatalogueText(coverage, command.missing));
  if (coverage.Percent() >= command.require) return ExitCode::kPass;
  return Complain(ExitCode::kFail, fmt::format("less than {}% is covered", command.require));
}

}  // namespace

void AddCatalogueCommand(CLI::App& app, ExitCode& exit_code) {
  auto command = std::make_shared<CatalogueCommand>();
  CLI::App* catalogue =
      app.add_subcommand("catalogue", "tell which behaviours are covered by which files");
  catalogue->footer(
      "One of the directories has catalogue.txt, the list of behaviours with its grammar in its\n"
      "head. Files (*.ipc, *.c, *.cc) say what they cover in comments: `# covers: B001 X020`.\n"
      "Exit codes: 0, whatever is covered; with --require 1 below it; 65 for an unknown id or a\n"
      "bad list; 64 where a directory or the list is missing.\n"
      "Examples:\n"
      "  ipcrig catalogue --missing             what nobody covers, and why\n"
      "  ipcrig catalogue --require 95          fail below 95% of the rows that can run\n");
  catalogue->add_option("directories", command->directories, "where the files are")
      ->capture_default_str();
  catalogue->add_flag("--missing", command->missing, "only the rows that no file covers");
  catalogue->add_flag("--json", command->json, "print JSON");
  catalogue->add_option("--require", command->require, "percent that must be covered")
      ->check(CLI::Range(0.0, 100.0));
  catalogue->callback([command, &exit_code] { exit_code = ShowCatalogue(*command); });
}

}  // namespace ipcrig
