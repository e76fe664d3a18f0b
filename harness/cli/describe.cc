// SPDX-License-Identifier: Apache-2.0
//
// ipcrig manual [COMMAND] and ipcrig completion SHELL
//
// Both say what the parser of the command line says of itself, so they cannot tell anything else
// than --help does.
#include <cctype>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "cli/cli.h"

namespace ipcrig {
namespace {

std::string Replaced(std::string text, const std::string& what, const std::string& with) {
  for (size_t at = text.find(what); at != std::string::npos;
       at = text.find(what, at + with.size())) {
    text.replace(at, what.size(), with);
  }
  return text;
}

std::vector<const CLI::App*> CommandsOf(const CLI::App& app) {
  return app.get_subcommands([](const CLI::App*) { return true; });
}

std::vector<const CLI::Option*> OptionsOf(const CLI::App& command, bool positional) {
  return command.get_options([positional](const CLI::Option* option) {
    return option->get_positional() == positional && !option->get_group().empty();
  });
}

// "-j", "--jobs"
std::vector<std::string> SpellingsOf(const CLI::Option& option) {
  std::vector<std::string> spellings;
  for (const std::string& name : option.get_snames()) spellings.push_back("-" + name);
  for (const std::string& name : option.get_lnames()) spellings.push_back("--" + name);
  return spellings;
}

bool TakesValue(const CLI::Option& option) { return option.get_items_expected_max() > 0; }

// "auto always never" of the type "TEXT:{auto,always,never}"
std::string ChoicesOf(const CLI::Option& option) {
  const std::string type = option.get_type_name();
  const size_t open = type.find('{');
  const size_t close = type.find('}');
  if (open == std::string::npos || close == std::string::npos) return "";
  return Replaced(type.substr(open + 1, close - open - 1), ",", " ");
}

std::string Joined(const std::vector<std::string>& words, const char* between) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : between) + word;
  return text;
}

// groff_man(7). A hyphen is written as one, and no line begins with a request by chance.
std::string Roff(const std::string& text) {
  return Replaced(Replaced(Replaced(text, "\\", "\\e"), "-", "\\-"), "\n.", "\n\\&.");
}

std::string OptionsPart(const CLI::App& command, const char* heading, bool positional) {
  std::string page;
  for (const CLI::Option* option : OptionsOf(command, positional)) {
    const std::string names =
        positional ? option->get_name(true) : Joined(SpellingsOf(*option), ", ");
    const std::string value = !positional && TakesValue(*option) ? option->get_type_name() : "";
    const std::string text = option->get_default_str();
    page += fmt::format(".TP\n.BR {}{}\n{}{}\n", Roff("\"" + names + "\""),
                        value.empty() ? "" : Roff(" \" " + value + "\""),
                        Roff(option->get_description()),
                        text.empty() ? "" : Roff(" (default: " + text + ")"));
  }
  return page.empty() ? "" : fmt::format(".SH {}\n{}", heading, page);
}

std::string PageName(const CLI::App& app, const CLI::App& command) {
  return &app == &command ? "ipcrig" : "ipcrig-" + command.get_name();
}

std::string ManualOf(const CLI::App& app, const CLI::App& command) {
  const bool whole = &app == &command;
  const std::string name = PageName(app, command);
  std::string upper = name;
  for (char& c : upper) c = static_cast<char>(toupper(c));
  std::string page = fmt::format(
      ".TH {} 1 \"\" \"ipcrig {}\" \"User Commands\"\n.SH NAME\n{} \\- {}\n.SH SYNOPSIS\n"
      ".B ipcrig{}\n[options]{}\n",
      Roff(upper), IPCRIG_VERSION, Roff(name), Roff(command.get_description()),
      whole ? "" : " " + command.get_name(), whole ? " COMMAND" : "");
  for (const CLI::Option* option : OptionsOf(command, true)) {
    page += Roff(option->get_name(true)) + "\n";
  }
  page += OptionsPart(command, "ARGUMENTS", true) + OptionsPart(command, "OPTIONS", false);
  if (whole) page += ".SH COMMANDS\n";
  for (const CLI::App* each : CommandsOf(command)) {
    page += fmt::format(".TP\n.BR ipcrig\\-{} (1)\n{}\n", Roff(each->get_name()),
                        Roff(each->get_description()));
  }
  if (!command.get_footer().empty()) {
    page += ".SH NOTES\n.nf\n" + Roff(command.get_footer()) + "\n.fi\n";
  }
  page += ".SH SEE ALSO\n";
  return page + (whole ? ".BR sysvipc (7)\n" : ".BR ipcrig (1),\n.BR sysvipc (7)\n");
}

bool WriteManuals(const CLI::App& app, const std::string& directory) {
  std::vector<const CLI::App*> commands = CommandsOf(app);
  commands.push_back(&app);
  for (const CLI::App* command : commands) {
    std::ofstream file(directory + "/" + PageName(app, *command) + ".1");
    file << ManualOf(app, *command) << std::flush;
    if (!file) return false;
  }
  return true;
}

void PrintBash(const CLI::App& app) {
  std::string names;
  std::string options;
  std::string choices;
  for (const CLI::App* command : CommandsOf(app)) {
    names += command->get_name() + " ";
    std::string words;
    for (const CLI::Option* option : OptionsOf(*command, false)) {
      for (const std::string& word : SpellingsOf(*option)) {
        words += word + " ";
        if (ChoicesOf(*option).empty()) continue;
        choices += fmt::format("    '{} {}') words='{}' ;;\n", command->get_name(), word,
                               ChoicesOf(*option));
      }
    }
    options += fmt::format("      {}) words='{}' ;;\n", command->get_name(), words);
  }
  fmt::print(
      "_ipcrig() {{\n"
      "  local current=${{COMP_WORDS[COMP_CWORD]}} command=${{COMP_WORDS[1]}} words=\n"
      "  local before=${{COMP_WORDS[COMP_CWORD - 1]}}\n"
      "  case \"$command $before\" in\n{}  esac\n"
      "  if ((COMP_CWORD == 1)); then\n    words='{}--help --version'\n"
      "  elif [[ -z $words && $current == -* ]]; then\n"
      "    case \"$command\" in\n{}    esac\n  fi\n"
      "  COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n}}\n"
      "complete -o default -F _ipcrig ipcrig\n",
      choices, names, options);
}

// Within single quotes, in brackets.
std::string ZshText(const std::string& text) {
  return Replaced(Replaced(Replaced(Replaced(text, "'", "'\\''"), "[", "\\["), "]", "\\]"), ":",
                  "\\:");
}

void PrintZsh(const CLI::App& app) {
  std::string commands;
  std::string cases;
  for (const CLI::App* command : CommandsOf(app)) {
    commands +=
        fmt::format("    '{}:{}'\n", command->get_name(), ZshText(command->get_description()));
    std::string lines;
    for (const CLI::Option* option : OptionsOf(*command, false)) {
      const std::string value = !TakesValue(*option) ? ""
                                : ChoicesOf(*option).empty()
                                    ? ":value:_files"
                                    : fmt::format(":value:({})", ChoicesOf(*option));
      for (const std::string& word : SpellingsOf(*option)) {
        lines += fmt::format(" \\\n        '*{}[{}]{}'", word, ZshText(option->get_description()),
                             value);
      }
    }
    cases += fmt::format("    {}) _arguments{} '*:file:_files' ;;\n", command->get_name(), lines);
  }
  fmt::print(
      "#compdef ipcrig\n_ipcrig() {{\n  local -a commands=(\n{}  )\n"
      "  if ((CURRENT == 2)); then\n    _describe command commands\n    return\n  fi\n"
      "  local command=$words[2]\n  shift words\n  ((CURRENT--))\n"
      "  case $command in\n{}  esac\n}}\n_ipcrig \"$@\"\n",
      commands, cases);
}

void PrintFish(const CLI::App& app) {
  const auto quoted = [](const std::string& text) {
    return "'" + Replaced(Replaced(text, "\\", "\\\\"), "'", "\\'") + "'";
  };
  for (const CLI::App* command : CommandsOf(app)) {
    const std::string name = command->get_name();
    fmt::print("complete -c ipcrig -n __fish_use_subcommand -f -a {} -d {}\n", name,
               quoted(command->get_description()));
    for (const CLI::Option* option : OptionsOf(*command, false)) {
      std::string names;
      for (const std::string& one : option->get_snames()) names += " -s " + one;
      for (const std::string& one : option->get_lnames()) names += " -l " + one;
      const std::string choices = ChoicesOf(*option);
      fmt::print("complete -c ipcrig -n '__fish_seen_subcommand_from {}'{}{}{} -d {}\n", name,
                 names, TakesValue(*option) ? " -r" : "",
                 choices.empty() ? "" : " -f -a " + quoted(choices),
                 quoted(option->get_description()));
    }
  }
}

}  // namespace

void AddManualCommand(CLI::App& app, ExitCode& exit_code) {
  CLI::App* manual = app.add_subcommand("manual", "print a page of the manual, for man(1)");
  const auto name = std::make_shared<std::string>();
  const auto directory = std::make_shared<std::string>();
  manual->add_option("command", *name, "the command; none: the page of ipcrig itself");
  manual->add_option("--all", *directory, "write all pages into this directory instead");
  manual->footer("Example:\n  ipcrig manual run | man -l -\n");
  manual->callback([&app, &exit_code, name, directory] {
    const auto fail = [&](const char* what, const std::string& which) {
      fmt::print(stderr, "ipcrig manual: {}: {}\n", what, which);
      exit_code = ExitCode::kUsage;
    };
    if (!directory->empty()) {
      if (!WriteManuals(app, *directory)) fail("cannot write into", *directory);
      return;
    }
    for (const CLI::App* command : CommandsOf(app)) {
      if (command->get_name() == *name) return fmt::print("{}", ManualOf(app, *command));
    }
    if (!name->empty()) return fail("no such command", *name);
    fmt::print("{}", ManualOf(app, app));
  });
}

void AddCompletionCommand(CLI::App& app) {
  CLI::App* completion = app.add_subcommand("completion", "print what completes ipcrig in a shell");
  const auto shell = std::make_shared<std::string>();
  completion->add_option("shell", *shell, "bash, zsh or fish")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));
  completion->footer("Example:\n  source <(ipcrig completion bash)\n");
  completion->callback([&app, shell] {
    if (*shell == "bash") PrintBash(app);
    if (*shell == "zsh") PrintZsh(app);
    if (*shell == "fish") PrintFish(app);
  });
}

}  // namespace ipcrig
