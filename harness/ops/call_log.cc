// SPDX-License-Identifier: Apache-2.0
#include "ops/call_log.h"

#include <algorithm>
#include <map>
#include <optional>

#include <fmt/format.h>

#include "ops/log_fields.h"
#include "ops/log_race.h"
#include "ops/log_texts.h"

namespace ipcrig {
namespace {

constexpr int64_t kRoom = int64_t{1} << 40;  // of a queue that takes all that is sent
constexpr std::string_view kObjectKeys[] = {"queue", "qbytes", "set", "values", "facts"};
constexpr std::string_view kCallKeys[] = {"process", "pid",    "thread", "op",     "args",  "call",
                                          "return",  "result", "killed", "asleep", "ended", "at"};

class LogReader {
 public:
  explicit LogReader(std::string_view path) : path_(path) {
    Facts& facts = race_.run.history.facts;
    facts = OrdinaryFacts();
    facts.msgmnb = kRoom;
  }

  Result<SavedRun> Read(std::string_view text) {
    while (!text.empty() && !error_) {
      line_ = text.substr(0, text.find('\n'));
      text.remove_prefix(std::min(line_.size() + 1, text.size()));
      ++line_number_;
      if (line_.find_first_not_of(" \t\r") != std::string_view::npos) ReadLine();
    }
    if (!error_ && race_.racing().empty()) Fail("", "no call");
    if (!error_) Finish();
    if (error_) return *error_;
    return std::move(race_.run);
  }

 private:
  using Caller = LogRace::Caller;

  // At the field of this name, or at the beginning of the line.
  void Fail(std::string_view key, const std::string& message) {
    const size_t at = key.empty() ? 0 : line_.find(fmt::format("\"{}\"", key));
    FailAt(at == std::string_view::npos ? 1 : at + 1, message);
  }
  void FailAt(size_t column, const std::string& message) {
    if (!error_) error_ = Error{fmt::format("{}:{}:{}: {}", path_, line_number_, column, message)};
  }

  void ReadLine() {
    try {
      json_ = LogJson::parse(line_);
    } catch (const LogJson::parse_error& problem) {
      return FailAt(std::max<size_t>(problem.byte, 1), "not JSON");
    }
    if (!json_.is_object()) return Fail("", "expected an object");
    const bool facts = json_.contains("facts");
    const bool object = facts || json_.contains("queue") || json_.contains("set");
    for (const auto& field : json_.items()) {
      const auto known = [&](const auto& keys) {
        return std::find(std::begin(keys), std::end(keys), field.key()) != std::end(keys);
      };
      const bool right = object ? known(kObjectKeys) : known(kCallKeys);
      if (!right) Fail(field.key(), "unknown field " + field.key());
    }
    if (error_) return;
    if (facts) return ReadFacts();
    return object ? ReadObject() : ReadCall();
  }

  void ReadFacts() {
    const LogJson facts = json_["facts"];
    if (objects_ || !race_.racing().empty())
      return Fail("facts", "facts come before everything else");
    if (!facts.is_object()) return Fail("facts", "expected the facts by their names, an object");
    size_t known = 0;
    race_.run.history.facts.ForEach([&](std::string_view name, int64_t& value) {
      const auto found = facts.find(name);
      if (found == facts.end()) return;
      ++known;
      if (!found->is_number_integer()) return Fail(name, "expected a whole number");
      value = found->get<int64_t>();
    });
    if (known != facts.size()) Fail("facts", "an unknown fact is among them");
  }

  std::optional<int64_t> Number(std::string_view key) {
    const auto found = json_.find(key);
    if (found == json_.end()) return std::nullopt;
    const bool fits = found->is_number_integer() &&
                      (!found->is_number_unsigned() || found->get<uint64_t>() <= INT64_MAX);
    if (!fits) Fail(key, fmt::format("expected a whole number as {}", key));
    return fits ? std::optional(found->get<int64_t>()) : std::nullopt;
  }

  Names& names() { return race_.run.scenario.names; }

  // `key`: where the text comes from.
  Step StepOf(const std::string& text, std::string_view key) {
    Reader in(text, names());
    Step step{.op = ReadOp(in), .line = line_number_};
    if (in.ok() && !in.AtEnd()) in.FailHere("expected the end of the call");
    if (!in.ok()) Fail(key, fmt::format("{}: {}", text, in.error().message));
    return step;
  }

  void Prepare(const std::string& text, int64_t result, std::string_view key) {
    objects_ = true;
    race_.Prepare(StepOf(text, key), result);
  }

  void ReadObject() {
    const std::string_view kind = json_.contains("queue") ? "queue" : "set";
    const LogJson& name = json_[std::string(kind)];
    if (!race_.racing().empty()) return Fail(kind, "objects come before the calls");
    if (!name.is_string()) return Fail(kind, "expected a name");
    const std::string word = name.get<std::string>();
    const bool new_name = names().FindVariable(word) < 0;
    if (!new_name) return Fail(kind, word + " is there already");
    if (kind == "queue") {
      Prepare(word + " = msgget(IPC_PRIVATE, 0600)", queues_++, kind);
      const auto room = Number("qbytes");
      if (!room || error_) return;
      return Prepare(
          fmt::format("msgctl({}, IPC_SET, {{uid=0, gid=0, mode=0600, qbytes={}}})", word, *room),
          0, "qbytes");
    }
    const LogJson values = json_.value("values", LogJson());
    if (!values.is_array()) return Fail("values", "expected the values of the semaphores, a list");
    Prepare(fmt::format("{} = semget(IPC_PRIVATE, {}, 0600)", word, values.size()), sets_++, kind);
    if (error_) return;
    Prepare(fmt::format("semctl({}, 0, SETALL, {})", word, ArgumentText(values)), 0, "values");
  }

  int ReadProcess() {
    const LogJson name = json_.value("process", LogJson());
    std::string word = name.is_string() ? name.get<std::string>() : "P";
    if (const auto number = name.is_string() ? std::nullopt : Number("process")) {
      word += std::to_string(*number);
    }
    const std::string problem =
        name.is_null() ? "expected a process" : NameProblem(word, "a process");
    if (!problem.empty()) Fail("process", problem);
    if (error_) return -1;
    const int process = race_.Find(word);
    if (process < 0) Fail("process", fmt::format("more than {} processes", kMaxProcesses));
    if (!error_) ReadIdentity(process);
    return process;
  }

  // "pid" and "thread" of the first line of a process.
  void ReadIdentity(int process) {
    if (const auto pid = Number("pid")) {
      const bool good = *pid > 0 && *pid <= INT32_MAX && !CallerOf(process).forked;
      if (!good) return Fail("pid", "expected a process id, and fork(2) answers that of a child");
      CallerOf(process).pid = *pid;
    }
    if (!json_.contains("thread")) return;
    const LogJson& of = json_["thread"];
    const int leader = of.is_string() ? names().FindProcess(of.get<std::string>()) : -1;
    if (leader < 0) return Fail("thread", "expected the name of a process above");
    Check("thread", race_.BeThreadOf(process, leader));
  }

  void ReadCall() {
    const int process = ReadProcess();
    if (error_) return;
    const bool begins = json_.contains("op");
    if (begins) Begin(process);
    if (error_) return;
    if (json_.contains("return")) return Return(process);
    if (json_.contains("ended")) return End(process);
    const bool stays = json_.contains("killed") || json_.contains("asleep");
    if (stays) return Stay(process);
    const bool named = json_.contains("pid") || json_.contains("thread");
    if (!begins && !named) Fail("", "expected op, return, killed, asleep or ended");
  }

  Caller& CallerOf(int process) { return race_.CallerOf(process); }
  void Check(std::string_view key, const std::string& problem) {
    if (!problem.empty()) Fail(key, problem);
  }

  void Begin(int process) {
    Caller& caller = CallerOf(process);
    if (caller.gone) return Fail("op", "the process has not returned from its last call");
    if (caller.in_call) return Fail("op", "the process is in a call already");
    const auto from = Number("call");
    if (!from) return Fail(json_.contains("call") ? "call" : "", "expected when it began, as call");
    if (*from < caller.since) return Fail("call", "before the last call of the process returned");
    const LogJson args = json_.value("args", LogJson());
    if (!json_["op"].is_string()) return Fail("op", "expected the name of an operation");
    if (!args.is_array()) return Fail("args", "expected the arguments, a list");
    const std::string name = json_["op"].get<std::string>();
    std::string text;
    for (size_t i = 0; i < args.size(); ++i) {
      const bool message = name == "msgsnd" && i == 2;
      const auto bytes = message ? BytesOf(args[i]) : std::nullopt;
      if (message && !bytes) return Fail("args", "expected a message, \"...\" or {\"hex\": ...}");
      text += (i == 0 ? "" : ", ") + (message ? texts_.Sent(*bytes) : ArgumentText(args[i]));
    }
    if (const std::string problem = NameProblem(name, "an operation"); !problem.empty()) {
      return Fail("op", problem);
    }
    Step step = StepOf(fmt::format("{}({})", name, text), "args");
    if (!error_ && !CanBeLogged(step.op)) Fail("op", name + " cannot be in a log like this");
    if (error_) return;
    if (json_.value("at", LogJson()).is_string())
      step.comment = "# " + json_["at"].get<std::string>();
    race_.Begin(process, std::move(step), *from);
  }

  void Return(int process) {
    Caller& caller = CallerOf(process);
    if (!caller.in_call) return Fail("return", "the process is in no call");
    const auto to = Number("return");
    if (!to) return;
    if (*to < caller.since) return Fail("return", "before the call began");
    Outcome outcome;
    const Op& op = race_.StepOf(race_.racing()[caller.call]).op;
    Check("result", ReadLoggedResult(op, json_, outcome));
    if (!error_) Check("result", race_.Return(process, *to, outcome));
  }

  // The call that never returned.
  void Stay(int process) {
    Caller& caller = CallerOf(process);
    const bool killed = json_.contains("killed");
    const std::string_view key = killed ? "killed" : "asleep";
    if (!caller.in_call) return Fail(key, "the process is in no call");
    if (!killed) {
      if (json_["asleep"] != true) return Fail("asleep", "expected true");
      return race_.StayAsleep(process);
    }
    const auto to = Number("killed");
    if (!to) return;
    if (*to < caller.since) return Fail("killed", "before the call began");
    race_.StayUntil(process, *to);
  }

  void End(int process) {
    Caller& caller = CallerOf(process);
    if (caller.in_call || caller.gone) return Fail("ended", "the process has not returned");
    const auto to = Number("ended");
    if (!to) return;
    if (*to < caller.since) return Fail("ended", "before its last call returned");
    race_.End(process, *to);
  }

  // Long messages become what stands for them, now that all that were sent are known.
  void ReplaceTexts() {
    for (Event& event : race_.racing()) {
      const Step& step = race_.StepOf(event);
      const auto* receive = std::get_if<Msgrcv>(&step.op);
      if (receive == nullptr || event.outcome.numbers.empty()) continue;
      std::string& bytes = event.outcome.bytes;
      const bool cut = receive->flags.Has(abi::kMsgNoerror) &&
                       static_cast<int64_t>(bytes.size()) == receive->size.value;
      const auto known = texts_.Received(bytes, cut);
      if (known) {
        bytes = *known;
        continue;
      }
      line_number_ = step.line;
      return Fail("", "which of several messages was cut off here cannot be told");
    }
  }

  void Finish() {
    ReplaceTexts();
    for (size_t i = 0; i < race_.callers().size() && !error_; ++i) {
      const bool open = race_.callers()[i].in_call && race_.LeaderOf(static_cast<int>(i)).holds;
      if (open) {
        Fail("",
             "a process that used SEM_UNDO or shmat has not returned: say whether it is asleep");
      }
    }
    if (!error_) Check("", race_.Finish(line_number_));
  }

  std::string path_;
  std::string_view line_;
  int line_number_ = 0;
  LogJson json_;
  LogTexts texts_;
  LogRace race_;
  bool objects_ = false;
  int queues_ = 0;
  int sets_ = 0;
  std::optional<Error> error_;
};

}  // namespace

Result<SavedRun> ReadCallLog(std::string_view text, std::string_view path) {
  return LogReader(path).Read(text);
}

bool IsCallLog(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t\r\n");
  return first != std::string_view::npos && text[first] == '{';
}

}  // namespace ipcrig
