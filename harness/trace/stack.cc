// SPDX-License-Identifier: Apache-2.0
#include "trace/stack.h"

#if IPCRIG_HAVE_LIBDW

#include <cxxabi.h>
#include <dwarf.h>
#include <elfutils/libdwfl.h>
#include <libelf.h>
#include <sys/user.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iterator>
#include <list>
#include <map>

#include <fmt/format.h>

#include "trace/still.h"

namespace ipcrig {

struct DwflDeleter {
  void operator()(Dwfl* dwfl) const { dwfl_end(dwfl); }
};
using DwflPtr = std::unique_ptr<Dwfl, DwflDeleter>;

namespace {

constexpr size_t kMostFrames = 64;
constexpr size_t kMostProcesses = 8;  // whose modules are kept

char* debuginfo_path = nullptr;  // the default: beside the file, .debug, /usr/lib/debug

constexpr const char* kVdso = "[vdso]";

// The vdso is in no file: it is the text that its module was given.
int FindElf(Dwfl_Module* module, void** userdata, const char* name, Dwarf_Addr base, char** file,
            Elf** elf) {
  if (strcmp(name, kVdso) != 0) {
    return dwfl_linux_proc_find_elf(module, userdata, name, base, file, elf);
  }
  auto& image = *static_cast<std::string*>(*userdata);
  *elf = elf_memory(image.data(), image.size());
  return -1;
}

constexpr Dwfl_Callbacks kProcessCallbacks = {.find_elf = FindElf,
                                              .find_debuginfo = dwfl_standard_find_debuginfo,
                                              .section_address = nullptr,
                                              .debuginfo_path = &debuginfo_path};
constexpr Dwfl_Callbacks kFileCallbacks = {.find_elf = dwfl_build_id_find_elf,
                                           .find_debuginfo = dwfl_standard_find_debuginfo,
                                           .section_address = dwfl_offline_section_address,
                                           .debuginfo_path = &debuginfo_path};

struct Walk {
  Dwfl* dwfl;
  bool& cut;  // the memory that tells the next frame was not kept
  Stack stack = {};
  std::string guessed = {};  // what the next frame would be guessed from
};

// Whether there is unwind information for an address. Where there is none, the frame pointer is
// believed.
bool IsDescribed(Dwfl_Module* module, Dwarf_Addr address) {
  const auto covers = [address](Dwarf_CFI* table, Dwarf_Addr bias) {
    Dwarf_Frame* frame = nullptr;
    const bool found = table != nullptr && dwarf_cfi_addrframe(table, address - bias, &frame) == 0;
    free(frame);
    return found;
  };
  Dwarf_Addr bias = 0;
  Dwarf_CFI* loaded = dwfl_module_eh_cfi(module, &bias);
  if (covers(loaded, bias)) return true;
  Dwarf_CFI* debug = dwfl_module_dwarf_cfi(module, &bias);
  return covers(debug, bias);
}

std::string CodeText(const Frame& frame) {
  return frame.module.empty() ? "code that is in no file" : frame.module;
}

int AddFrame(Dwfl_Frame* state, void* argument) {
  Walk& walk = *static_cast<Walk*>(argument);
  walk.cut = false;
  if (!walk.guessed.empty() && walk.stack.doubt.empty()) {
    walk.stack.doubt =
        fmt::format("{} does not tell who called it: a frame may be missing", walk.guessed);
  }
  Dwarf_Addr pc = 0;
  bool is_activation = false;
  if (!dwfl_frame_pc(state, &pc, &is_activation)) return DWARF_CB_ABORT;
  // The return address may be that of the next line, or of the next function.
  const bool innermost = walk.stack.frames.empty();
  const Dwarf_Addr inside = is_activation && !innermost ? pc : pc - 1;
  Frame frame;
  frame.address = inside;
  Dwfl_Module* module = dwfl_addrmodule(walk.dwfl, inside);
  if (module != nullptr) {
    Dwarf_Addr bias = 0;
    const char* path = nullptr;
    const char* name =
        dwfl_module_info(module, nullptr, nullptr, nullptr, nullptr, nullptr, &path, nullptr);
    if (dwfl_module_getelf(module, &bias) != nullptr) frame.address = inside - bias;
    frame.module = path != nullptr ? path : name != nullptr ? name : "";
  }
  const bool described = module != nullptr && IsDescribed(module, inside);
  walk.guessed = described ? "" : CodeText(frame);
  walk.stack.frames.push_back(std::move(frame));
  return walk.stack.frames.size() < kMostFrames ? DWARF_CB_OK : DWARF_CB_ABORT;
}

// A function of C that is called t is no unsigned short.
std::string Demangled(const char* name) {
  if (strncmp(name, "_Z", 2) != 0) return name;
  int status = -1;
  char* text = __cxxabiv1::__cxa_demangle(name, nullptr, nullptr, &status);
  std::string demangled = status == 0 && text != nullptr ? text : name;
  free(text);
  return demangled;
}

// The registers of a thread in the order of DWARF, which each machine's ABI gives.
bool GiveRegisters(Dwfl_Thread* thread, const std::string& raw) {
#if defined(__x86_64__)
  user_regs_struct r = {};
  if (raw.size() !=
      sizeof(r)) {  // i386: ebx, ecx, edx, esi, edi, ebp, eax, ..., eip, cs, flags, esp
    uint32_t n[17] = {};
    if (raw.size() != sizeof(n)) return false;
    memcpy(n, raw.data(), sizeof(n));
    const Dwarf_Word narrow[] = {n[6], n[1], n[2], n[0], n[15], n[5], n[3], n[4], n[12]};
    return dwfl_thread_state_registers(thread, 0, std::size(narrow), narrow);
  }
  memcpy(&r, raw.data(), sizeof(r));
  const Dwarf_Word words[] = {r.rax, r.rdx, r.rcx, r.rbx, r.rsi, r.rdi, r.rbp, r.rsp, r.r8,
                              r.r9,  r.r10, r.r11, r.r12, r.r13, r.r14, r.r15, r.rip};
  return dwfl_thread_state_registers(thread, 0, std::size(words), words);
#else
  user_regs_struct r = {};
  if (raw.size() != sizeof(r)) return false;
  memcpy(&r, raw.data(), sizeof(r));
  Dwarf_Word words[32];
  std::copy(std::begin(r.regs), std::end(r.regs), words);
  words[31] = r.sp;
  dwfl_thread_state_register_pc(thread, r.pc);
  return dwfl_thread_state_registers(thread, 0, std::size(words), words);
#endif
}

// What calls main() is the same in every program, but for those that have no libc.
bool IsBeforeMain(const Frame& frame) {
  const bool own = frame.file.starts_with("/");
  return frame.function.starts_with("__libc_start_") || (frame.function == "_start" && !own);
}

}  // namespace

// A Dwfl is made for what is mapped, and shared by all processes where that is the same. What is
// unwound is the current still.
struct Unwinder::Cache {
  struct Entry {
    std::string maps;
    std::string vdso;
    DwflPtr dwfl;
    const Still* current = nullptr;
    bool cut = false;  // the current frame goes on where nothing was kept
  };
  std::list<Entry> entries;

  Entry* Of(const Still& still);
};

namespace {

using Entry = Unwinder::Cache::Entry;

// There is one thread, and the entry is its argument, too.
pid_t NextThread(Dwfl*, void* argument, void** thread) {
  if (*thread != nullptr) return 0;
  *thread = argument;
  return 1;
}

bool GetThread(Dwfl*, pid_t, void* argument, void** thread) {
  *thread = argument;
  return true;
}

bool ReadWord(Dwfl*, Dwarf_Addr address, Dwarf_Word* word, void* argument) {
  Entry& entry = *static_cast<Entry*>(argument);
  const Still& still = *entry.current;
  const size_t size = still.IsNarrow() ? sizeof(uint32_t) : sizeof(*word);
  const uint64_t offset = address - still.stack_at;
  if (address < still.stack_at || offset + size > still.stack.size()) {
    entry.cut = true;
    return false;
  }
  *word = 0;
  memcpy(word, still.stack.data() + offset, size);
  return true;
}

bool SetRegisters(Dwfl_Thread* thread, void* argument) {
  return GiveRegisters(thread, static_cast<Entry*>(argument)->current->registers);
}

constexpr Dwfl_Thread_Callbacks kThreadCallbacks = {.next_thread = NextThread,
                                                    .get_thread = GetThread,
                                                    .memory_read = ReadWord,
                                                    .set_initial_registers = SetRegisters,
                                                    .detach = nullptr,
                                                    .thread_detach = nullptr};

}  // namespace

// Tells the library what is mapped where.
static bool Report(const Still& still, Unwinder::Cache::Entry& entry) {
  std::string maps = still.maps;
  const std::unique_ptr<FILE, int (*)(FILE*)> file(fmemopen(maps.data(), maps.size(), "r"), fclose);
  Dwfl* dwfl = entry.dwfl.get();
  if (dwfl == nullptr || file == nullptr) return false;
  dwfl_report_begin(dwfl);
  if (dwfl_linux_proc_maps_report(dwfl, file.get()) != 0) return false;
  const uint64_t end = still.vdso_at + entry.vdso.size();
  if (Dwfl_Module* vdso =
          entry.vdso.empty() ? nullptr : dwfl_report_module(dwfl, kVdso, still.vdso_at, end)) {
    void** userdata = nullptr;
    dwfl_module_info(vdso, &userdata, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr);
    *userdata = &entry.vdso;
  }
  dwfl_report_end(dwfl, nullptr, nullptr);
  return true;
}

Unwinder::Cache::Entry* Unwinder::Cache::Of(const Still& still) {
  const std::string code = CodeLines(still.maps);
  for (auto it = entries.begin(); it != entries.end(); ++it) {
    if (it->maps != code) continue;
    entries.splice(entries.begin(), entries, it);
    return &entries.front();
  }
  entries.push_front({code, still.vdso, DwflPtr(dwfl_begin(&kProcessCallbacks))});
  Entry* entry = &entries.front();
  if (!Report(still, *entry) ||
      !dwfl_attach_state(entry->dwfl.get(), nullptr, 1, &kThreadCallbacks, entry)) {
    entries.pop_front();
    return nullptr;
  }
  if (entries.size() > kMostProcesses) entries.pop_back();
  return entry;
}

bool CanUnwind() { return true; }

// Empty where the stack is whole.
static std::string WhyNoMore(const Stack& stack, int ended, bool cut, const Still& still) {
  const char* error = dwfl_errmsg(-1);
  const std::string why = error == nullptr ? "?" : error;
  if (stack.frames.empty()) return "the stack cannot be read: " + why;
  if (stack.frames.size() >= kMostFrames) {
    return fmt::format("only the innermost {} are kept", kMostFrames);
  }
  if (cut && still.stack.size() >= kMostStack) return "the stack is larger than what is kept of it";
  if (cut) return "the stack goes on elsewhere, as below a sigaltstack(2), and that was not kept";
  if (ended >= 0) return "";
  return fmt::format("{} does not tell who called it ({})", CodeText(stack.frames.back()), why);
}

Unwinder::Unwinder() : cache_(std::make_unique<Cache>()) {}
Unwinder::~Unwinder() = default;

Stack Unwinder::Unwind(const Still& still) {
  if (still.registers.empty()) return {{}, "the registers of the thread could not be read"};
  Cache::Entry* entry = cache_->Of(still);
  if (entry == nullptr) return {{}, "what the process has mapped could not be read"};
  entry->current = &still;
  Walk walk{entry->dwfl.get(), entry->cut};
  const int ended = dwfl_getthread_frames(entry->dwfl.get(), 1, AddFrame, &walk);
  walk.stack.missing = WhyNoMore(walk.stack, ended, entry->cut, still);
  return std::move(walk.stack);
}

struct Symbolizer::Modules {
  struct Place {
    std::string function;
    std::string file;
    int line = 0;
  };
  DwflPtr dwfl{dwfl_begin(&kFileCallbacks)};
  std::map<std::string, Dwfl_Module*> modules;
  std::map<std::pair<std::string, uint64_t>, Place> places;

  Dwfl_Module* Of(const std::string& path) {
    const auto known = modules.find(path);
    if (known != modules.end()) return known->second;
    dwfl_report_begin_add(dwfl.get());
    Dwfl_Module* module = dwfl_report_offline(dwfl.get(), path.c_str(), path.c_str(), -1);
    dwfl_report_end(dwfl.get(), nullptr, nullptr);
    return modules[path] = module;
  }

  // The compilation unit of an address. What says so, .debug_aranges, is not written by Clang: then
  // each unit is asked.
  static Dwarf_Die* UnitOf(Dwfl_Module* module, Dwarf_Addr address, Dwarf_Addr& bias) {
    if (Dwarf_Die* unit = dwfl_module_addrdie(module, address, &bias)) return unit;
    Dwarf_Die* unit = nullptr;
    while ((unit = dwfl_module_nextcu(module, unit, &bias)) != nullptr) {
      if (dwarf_haspc(unit, address - bias) == 1) return unit;
    }
    return nullptr;
  }

  Place Look(const Frame& frame) {
    Place place;
    Dwfl_Module* module = Of(frame.module);
    Dwarf_Addr bias = 0;
    if (module == nullptr || dwfl_module_getelf(module, &bias) == nullptr) return place;
    const Dwarf_Addr address = frame.address + bias;
    GElf_Off offset = 0;
    GElf_Sym symbol;
    if (const char* name =
            dwfl_module_addrinfo(module, address, &offset, &symbol, nullptr, nullptr, nullptr)) {
      place.function = Demangled(name);
    }
    Dwarf_Addr line_bias = 0;
    Dwarf_Die* unit = UnitOf(module, address, line_bias);
    Dwarf_Line* line = unit == nullptr ? nullptr : dwarf_getsrc_die(unit, address - line_bias);
    if (line != nullptr) {
      const char* file = dwarf_linesrc(line, nullptr, nullptr);
      place.file = file == nullptr ? "" : file;
      dwarf_lineno(line, &place.line);
    }
    return place;
  }
};

Symbolizer::Symbolizer() : modules_(std::make_unique<Modules>()) {}
Symbolizer::~Symbolizer() = default;

void Symbolizer::Name(Stack& stack) {
  for (size_t i = 0; i < stack.frames.size(); ++i) {
    Frame& frame = stack.frames[i];
    if (frame.module.empty()) continue;
    const auto key = std::pair(frame.module, frame.address);
    auto known = modules_->places.find(key);
    if (known == modules_->places.end()) {
      known = modules_->places.emplace(key, modules_->Look(frame)).first;
    }
    frame.function = known->second.function;
    frame.file = known->second.file;
    frame.line = known->second.line;
    const bool is_main = frame.function == "main";
    if (!is_main && (i == 0 || !IsBeforeMain(frame))) continue;
    stack.frames.resize(is_main ? i + 1 : i);
    stack.missing.clear();
  }
}

}  // namespace ipcrig

#else

namespace ipcrig {

struct Unwinder::Cache {};
struct Symbolizer::Modules {};

bool CanUnwind() { return false; }

Unwinder::Unwinder() = default;
Unwinder::~Unwinder() = default;
Stack Unwinder::Unwind(const Still&) { return {{}, "this ipcrig was built without elfutils"}; }

Symbolizer::Symbolizer() = default;
Symbolizer::~Symbolizer() = default;
void Symbolizer::Name(Stack&) {}

}  // namespace ipcrig

#endif
