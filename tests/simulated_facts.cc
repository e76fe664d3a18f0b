// SPDX-License-Identifier: Apache-2.0
//
// The machine that the simulated kernel runs on.
#include "simulated_kernel.h"

namespace ipcrig {

Facts UnprivilegedFacts() {
  return {.private_namespace = 1,
          .uid = 1000,
          .gid = 1000,
          .checkpoint_restore = 1,
          .memlock = 8 << 20,
          .shmmax = INT64_MAX,
          .shmmni = 4096,
          .shmall = INT64_MAX / 4096,
          .msgmax = 8192,
          .msgmnb = 16384,
          .msgmni = 32000,
          .semmsl = 32000,
          .semmns = 1024000000,
          .semopm = 500,
          .semmni = 32000};
}

Facts OrdinaryFacts() {
  Facts facts = UnprivilegedFacts();
  facts.uid = facts.gid = 0;
  facts.cap_ipc_owner = facts.cap_sys_admin = facts.cap_sys_resource = 1;
  facts.cap_ipc_lock = facts.cap_setuid = facts.sysctl = 1;
  return facts;
}

Scenario ScenarioOf(std::string_view text) {
  auto parsed = ParseScenario(text, "test");
  const auto* error = std::get_if<ParseError>(&parsed);
  if (error != nullptr) RequireFailed(error->Text().c_str(), __FILE__, __LINE__);
  return std::get<Scenario>(std::move(parsed));
}

}  // namespace ipcrig
