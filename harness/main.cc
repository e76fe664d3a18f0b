// SPDX-License-Identifier: Apache-2.0
//
// ipcrig: a test harness for System V IPC. See README.md.
#include <fmt/format.h>

#include "cli/cli.h"
#include "cli/trace_options.h"
#include "exec/worker.h"

int main(int argc, char** argv) {
  using namespace ipcrig;
  BecomeWorkerIfAsked(argc, argv);
  CLI::App app{"Runs System V IPC scenarios in real processes and judges them against a model."};
  app.set_version_flag("--version", "ipcrig " IPCRIG_VERSION);
  app.require_subcommand(1);
  app.footer(
      "Examples:\n"
      "  ipcrig run scenarios                          judge this kernel\n"
      "  ipcrig explore --time 30                      judge it by scenarios that nobody wrote\n"
      "  ipcrig replay scenarios/shm/hello_parent.ipc  draw one run\n"
      "  ipcrig check -- ./server --test               what does a program leave?\n"
      "  ipcrig doctor                                 what can run here\n"
      "\n"
      "Exit codes: 0 pass, 1 fail, 2 broken, 3 unknown, 64 usage, 65 bad input,\n"
      "            69 cannot run here, 124 timed out\n");
  ExitCode exit_code = ExitCode::kPass;
  AddRunCommand(app, exit_code);
  AddExploreCommand(app, exit_code);
  AddFuzzCommand(app, exit_code);
  AddConvertCommand(app, exit_code);
  AddShrinkCommand(app, exit_code);
  AddReplayCommand(app, exit_code);
  AddCheckHistoryCommand(app, exit_code);
  AddFormatCommand(app, exit_code);
  AddOpsCommand(app, exit_code);
  AddCatalogueCommand(app, exit_code);
  AddLitmusCommand(app, exit_code);
  AddDoctorCommand(app, exit_code);
  AddManualCommand(app, exit_code);
  AddCompletionCommand(app);
  int status = -1;  // of the commands whose exit status may be another program's
  AddCheckCommand(app, status);
  AddSweepCommand(app, status);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : static_cast<int>(ExitCode::kUsage);
  }
  return status >= 0 ? status : static_cast<int>(exit_code);
}
