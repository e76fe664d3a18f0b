// SPDX-License-Identifier: Apache-2.0
//
// ipcrig convert FILE
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>

#include <fmt/format.h>

#include "cli/cli.h"
#include "gen/from_bytes.h"

namespace ipcrig {
namespace {

struct ConvertCommand {
  std::vector<std::string> paths;
  bool race = false;
};

ExitCode Convert(const ConvertCommand& command) {
  for (const std::string& path : command.paths) {
    std::ifstream in(path, std::ios::binary);
    const bool is_directory = std::filesystem::is_directory(path);
    if (!in || is_directory) {
      fmt::print(stderr, "ipcrig: {}: {}\n", path,
                 is_directory ? "is a directory" : strerror(errno));
      return ExitCode::kBadInput;
    }
    const std::string bytes{std::istreambuf_iterator<char>(in), {}};
    const auto* data = reinterpret_cast<const uint8_t*>(bytes.data());
    fmt::print("{}", PrintScenario(command.race ? RaceFromBytes(data, bytes.size())
                                                : ScenarioFromBytes(data, bytes.size())));
  }
  return ExitCode::kPass;
}

}  // namespace

void AddConvertCommand(CLI::App& app, ExitCode& exit_code) {
  auto command = std::make_shared<ConvertCommand>();
  CLI::App* convert =
      app.add_subcommand("convert", "print the scenario that a fuzzer's input means");
  convert->add_option("files", command->paths, "inputs of fuzz targets")->required();
  convert->add_flag("--race", command->race, "as race_fuzz takes them");
  convert->callback([command, &exit_code] { exit_code = Convert(*command); });
}

}  // namespace ipcrig
