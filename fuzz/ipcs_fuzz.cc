// SPDX-License-Identifier: Apache-2.0
//
// The readers of /proc/sysvipc, ipcs(1) and lsipc(1): they take whatever text they get. The first
// byte says which of them reads the rest.
#include <string_view>

#include "exec/views.h"

using namespace ipcrig;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  constexpr const char* kOptions[] = {"", "-c", "-t", "-p"};
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const unsigned which = data[0] % 10;
  View view;
  if (which < 3) {
    (void)ParseSysvipc(static_cast<ObjectKind>(which), text);
  } else if (which < 6) {
    (void)ParseLsipc(static_cast<ObjectKind>(which - 3), text, view);
  } else {
    const auto id_of = [](const std::string& name, bool) { return name.empty() ? -1 : 0; };
    (void)ParseIpcs({.option = kOptions[which - 6], .id_of = id_of, .now = 1'700'000'000}, text,
                    view);
  }
  return 0;
}
