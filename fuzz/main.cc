// SPDX-License-Identifier: Apache-2.0
//
// A main() for fuzz targets where no fuzzing engine is: it runs each file once, directories with
// all that is below them.
//
//   parse_fuzz FILE-OR-DIRECTORY...
//
// Exit codes: base/exit_code.h; a finding is a signal, as with any engine.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "base/exit_code.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);
extern "C" int LLVMFuzzerInitialize(int* argc, char*** argv) __attribute__((weak));

namespace {

namespace fs = std::filesystem;

std::vector<fs::path> FilesOf(const fs::path& path) {
  if (!fs::is_directory(path)) return {path};
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(path)) {
    if (entry.is_regular_file()) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace

int main(int argc, char** argv) {
  if (LLVMFuzzerInitialize != nullptr) LLVMFuzzerInitialize(&argc, &argv);
  int ran = 0;
  for (int i = 1; i < argc; ++i) {
    if (argv[i][0] == '-') continue;  // a flag of an engine
    for (const fs::path& file : FilesOf(argv[i])) {
      std::ifstream in(file, std::ios::binary);
      if (!in) {
        fprintf(stderr, "%s: cannot read %s\n", argv[0], file.c_str());
        return static_cast<int>(ipcrig::ExitCode::kBadInput);
      }
      const std::string bytes{std::istreambuf_iterator<char>(in), {}};
      LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
      ++ran;
    }
  }
  if (argc < 2) fprintf(stderr, "usage: %s FILE-OR-DIRECTORY...\n", argv[0]);
  if (argc > 1) printf("%d inputs\n", ran);
  return static_cast<int>(argc > 1 ? ipcrig::ExitCode::kPass : ipcrig::ExitCode::kUsage);
}
