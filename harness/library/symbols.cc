// SPDX-License-Identifier: Apache-2.0
#include "library/symbols.h"

#if IPCRIG_HAVE_LIBDW

#include <cxxabi.h>
#include <elfutils/libdwfl.h>

#include <cstdlib>
#include <map>

namespace ipcrig {
inline namespace v0 {
namespace {

char* debug_path = nullptr;  // the default: beside the file, .debug, /usr/lib/debug

constexpr Dwfl_Callbacks kOfflineCallbacks = {.find_elf = dwfl_build_id_find_elf,
                                              .find_debuginfo = dwfl_standard_find_debuginfo,
                                              .section_address = dwfl_offline_section_address,
                                              .debuginfo_path = &debug_path};

std::string Readable(const char* symbol) {
  int status = -1;
  char* text = abi::__cxa_demangle(symbol, nullptr, nullptr, &status);
  std::string readable = status == 0 && text != nullptr ? text : symbol;
  free(text);
  return readable;
}

// Clang writes no .debug_aranges, by which the unit of an address is found: then each is asked.
Dwarf_Die* UnitAt(Dwfl_Module* module, Dwarf_Addr address, Dwarf_Addr& bias) {
  if (Dwarf_Die* unit = dwfl_module_addrdie(module, address, &bias)) return unit;
  Dwarf_Die* unit = nullptr;
  while ((unit = dwfl_module_nextcu(module, unit, &bias)) != nullptr) {
    if (dwarf_haspc(unit, address - bias) == 1) return unit;
  }
  return nullptr;
}

}  // namespace

struct SourceLines::Files {
  Dwfl* dwfl = dwfl_begin(&kOfflineCallbacks);
  std::map<std::string, Dwfl_Module*> modules;
  ~Files() { dwfl_end(dwfl); }
};

SourceLines::SourceLines() : files_(std::make_unique<Files>()) {}
SourceLines::~SourceLines() = default;

SourcePlace SourceLines::Of(const std::string& module, uint64_t address) {
  const auto [entry, is_new] = files_->modules.try_emplace(module, nullptr);
  Dwfl_Module*& file_module = entry->second;
  if (is_new) {
    dwfl_report_begin_add(files_->dwfl);
    file_module = dwfl_report_offline(files_->dwfl, module.c_str(), module.c_str(), -1);
    dwfl_report_end(files_->dwfl, nullptr, nullptr);
  }
  SourcePlace place;
  GElf_Addr bias = 0;
  if (file_module == nullptr || dwfl_module_getelf(file_module, &bias) == nullptr) return place;
  const Dwarf_Addr at = address + bias;
  if (const char* symbol = dwfl_module_addrname(file_module, at)) place.function = Readable(symbol);
  Dwarf_Addr unit_bias = 0;
  Dwarf_Die* unit = UnitAt(file_module, at, unit_bias);
  Dwarf_Line* line = unit == nullptr ? nullptr : dwarf_getsrc_die(unit, at - unit_bias);
  const char* file = line == nullptr ? nullptr : dwarf_linesrc(line, nullptr, nullptr);
  if (file != nullptr && dwarf_lineno(line, &place.line) == 0) place.file = file;
  return place;
}

}  // namespace v0
}  // namespace ipcrig

#else

namespace ipcrig {
inline namespace v0 {

struct SourceLines::Files {};
SourceLines::SourceLines() = default;
SourceLines::~SourceLines() = default;
SourcePlace SourceLines::Of(const std::string&, uint64_t) { return {}; }

}  // namespace v0
}  // namespace ipcrig

#endif
