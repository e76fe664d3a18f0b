// SPDX-License-Identifier: Apache-2.0
//
// The machine that the simulated kernel runs on.
#include "simulated_kernel.h"

namespace ipcrig {

Facts UnprivilegedFacts() {
  Facts facts = OrdinaryFacts();
  facts.uid = facts.gid = 1000;
  facts.cap_ipc_owner = facts.cap_sys_admin = facts.cap_sys_resource = 0;
  facts.cap_ipc_lock = facts.cap_setuid = facts.sysctl = 0;
  return facts;
}

Scenario ScenarioOf(std::string_view text) {
  auto parsed = ParseScenario(text, "test");
  const auto* error = std::get_if<ParseError>(&parsed);
  if (error != nullptr) RequireFailed(error->Text().c_str(), __FILE__, __LINE__);
  return std::get<Scenario>(std::move(parsed));
}

}  // namespace ipcrig
