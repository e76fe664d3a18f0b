// SPDX-License-Identifier: Apache-2.0
#include "ops/call_log.h"

#include <algorithm>
#include <map>
#include <optional>

#include <fmt/format.h>

#include "ops/log_fields.h"
#include "ops/log_texts.h"

namespace ipcrig {
namespace {

constexpr int64_t kSecond = 1763881200;      // of the race: no call of a log tells the time
constexpr int64_t kRoom = int64_t{1} << 40;  // of a queue that takes all that is sent
constexpr std::string_view kObjectKeys[] = {"queue", "qbytes", "set", "values", "facts"};
constexpr std::string_view kCallKeys[] = {"process", "op",     "args",   "call",  "return",
                                          "result",  "killed", "asleep", "ended", "at"};

class LogReader {
 public:
  explicit LogReader(std::string_view path) : path_(path) {
    run_.history.facts = OrdinaryFacts();
    run_.history.facts.msgmnb = kRoom;
  }

  Result<SavedRun> Read(std::string_view text) {
    while (!text.empty() && !error_) {
      line_ = text.substr(0, text.find('\n'));
      text.remove_prefix(std::min(line_.size() + 1, text.size()));
      ++line_number_;
      if (line_.find_first_not_of(" \t\r") != std::string_view::npos) ReadLine();
    }
    if (!error_ && racing_.empty()) Fail("", "no call");
    if (!error_) Finish();
    if (error_) return *error_;
    return std::move(run_);
  }

 private:
  // What is known of a process so far.
  struct Caller {
    bool in_call = false;
    bool gone = false;  // it never returns from its last call
    bool undoes = false;
    int64_t since = INT64_MIN;  // its last call began or returned
    size_t call = 0;            // into racing_
  };

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
    if (!run_.scenario.steps.empty()) return Fail("facts", "facts come before everything else");
    if (!facts.is_object()) return Fail("facts", "expected the facts by their names, an object");
    size_t known = 0;
    run_.history.facts.ForEach([&](std::string_view name, int64_t& value) {
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

  // A line of the scenario. `key`: where it comes from.
  Op AddStep(const std::string& text, std::string_view key) {
    Reader in(text, run_.scenario.names);
    Op op = ReadOp(in);
    if (in.ok() && !in.AtEnd()) in.FailHere("expected the end of the call");
    if (!in.ok()) Fail(key, fmt::format("{}: {}", text, in.error().message));
    if (run_.scenario.steps.size() == INT32_MAX) Fail("", "too many calls");
    run_.scenario.steps.push_back({.op = op, .line = line_number_});
    return op;
  }
  int LastStep() const { return static_cast<int>(run_.scenario.steps.size()) - 1; }

  void Prepare(const std::string& text, int64_t result, std::string_view key) {
    AddStep(text, key);
    run_.history.events.push_back(
        {.kind = Event::Kind::kCall, .step = LastStep(), .process = 0, .from = kSecond});
    run_.history.events.push_back({.kind = Event::Kind::kReturn,
                                   .process = 0,
                                   .from = kSecond,
                                   .to = kSecond,
                                   .outcome = Outcome::Returned(result)});
  }

  void ReadObject() {
    const std::string_view kind = json_.contains("queue") ? "queue" : "set";
    const LogJson& name = json_[std::string(kind)];
    if (!racing_.empty()) return Fail(kind, "objects come before the calls");
    if (!name.is_string()) return Fail(kind, "expected a name");
    const std::string word = name.get<std::string>();
    const bool new_name = run_.scenario.names.FindVariable(word) < 0;
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
    auto& processes = run_.scenario.names.processes;
    const int known = run_.scenario.names.FindProcess(word);
    if (known >= 0 || error_) return known;
    if (processes.size() == kMaxProcesses) {
      Fail("process", fmt::format("more than {} processes", kMaxProcesses));
      return -1;
    }
    processes.push_back(word);
    callers_.emplace_back();
    return static_cast<int>(processes.size()) - 1;
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
    if (!begins) Fail("", "expected op, return, killed, asleep or ended");
  }

  Caller& CallerOf(int process) { return callers_[static_cast<size_t>(process)]; }

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
    const Op op = AddStep(fmt::format("{}({})", name, text), "args");
    if (!error_ && !CanBeLogged(op)) return Fail("op", name + " cannot be in a log like this");
    Step& step = run_.scenario.steps.back();
    step.process = static_cast<int8_t>(process);
    if (json_.value("at", LogJson()).is_string())
      step.comment = "# " + json_["at"].get<std::string>();
    caller = {true, false, caller.undoes || Undoes(op), *from, racing_.size()};
    racing_.push_back({.kind = Event::Kind::kPending,
                       .step = LastStep(),
                       .process = process,
                       .from = *from,
                       .to = INT64_MAX});
  }

  void Return(int process) {
    Caller& caller = CallerOf(process);
    if (!caller.in_call) return Fail("return", "the process is in no call");
    const auto to = Number("return");
    if (!to) return;
    if (*to < caller.since) return Fail("return", "before the call began");
    Event& event = racing_[caller.call];
    event.kind = Event::Kind::kRaced;
    event.to = *to;
    const Op& op = run_.scenario.steps[static_cast<size_t>(event.step)].op;
    const std::string problem = ReadLoggedResult(op, json_, event.outcome);
    if (!problem.empty()) return Fail("result", problem);
    caller.in_call = false;
    caller.since = *to;
  }

  // The call that never returned.
  void Stay(int process) {
    Caller& caller = CallerOf(process);
    const bool killed = json_.contains("killed");
    const std::string_view key = killed ? "killed" : "asleep";
    if (!caller.in_call) return Fail(key, "the process is in no call");
    Event& event = racing_[caller.call];
    if (killed) {
      const auto to = Number("killed");
      if (to && *to < event.from) Fail("killed", "before the call began");
      event.to = to.value_or(0);
    } else {
      if (json_["asleep"] != true) Fail("asleep", "expected true");
      event.to = 0;
    }
    caller.in_call = false;
    caller.gone = true;
    if (event.to != 0 && caller.undoes && !error_) Kill(process, Event(event));
  }

  // The process was gone by then: what SEM_UNDO undoes was undone between its last call and that.
  void End(int process) {
    Caller& caller = CallerOf(process);
    if (caller.in_call || caller.gone) return Fail("ended", "the process has not returned");
    const auto to = Number("ended");
    if (!to) return;
    if (*to < caller.since) return Fail("ended", "before its last call returned");
    caller.gone = true;
    if (!caller.undoes) return;
    AddStep("exit(0)", "ended");
    run_.scenario.steps.back().process = static_cast<int8_t>(process);
    racing_.push_back({.kind = Event::Kind::kGone,
                       .step = LastStep(),
                       .process = process,
                       .from = caller.since,
                       .to = *to,
                       .outcome = {Outcome::Kind::kExited}});
  }

  // It was killed within a call, by a process that nothing else is known of.
  void Kill(int process, const Event& call) {
    const std::string victim = run_.scenario.names.processes[static_cast<size_t>(process)];
    json_["process"] = fmt::format("SIGKILL_{}", ++killers_);
    const Event gone = {.kind = Event::Kind::kGone,
                        .step = call.step,
                        .process = process,
                        .from = call.from,
                        .to = call.to,
                        .outcome = {Outcome::Kind::kKilled, abi::kSigkill}};
    const int killer = ReadProcess();
    if (error_) return;
    AddStep("kill(" + victim + ", SIGKILL)", "killed");
    run_.scenario.steps.back().process = static_cast<int8_t>(killer);
    racing_.push_back({.kind = Event::Kind::kRaced,
                       .step = LastStep(),
                       .process = killer,
                       .from = gone.from,
                       .to = gone.to});
    racing_.push_back(gone);
  }

  // Long messages become what stands for them, now that all that were sent are known.
  void ReplaceTexts() {
    for (Event& event : racing_) {
      const Step& step = run_.scenario.steps[static_cast<size_t>(event.step)];
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

  // The race is put between the calls that made the objects and the end.
  void Finish() {
    ReplaceTexts();
    if (error_) return;
    for (Caller& caller : callers_) {
      if (caller.in_call && caller.undoes) {
        return Fail("", "a process that used SEM_UNDO has not returned: say whether it is asleep");
      }
    }
    std::vector<Step>& steps = run_.scenario.steps;
    std::vector<Event>& events = run_.history.events;
    const int first = racing_.front().step;
    const int line = steps[static_cast<size_t>(first)].line;
    for (Event& event : racing_) {
      Step& step = steps[static_cast<size_t>(event.step++)];
      if (event.kind == Event::Kind::kPending) step.expect.kind = Expectation::Kind::kBlocks;
    }
    steps.insert(steps.begin() + first, {.kind = Step::Kind::kRace, .line = line});
    steps.push_back({.kind = Step::Kind::kEndRace, .line = line_number_});
    std::vector<Event> starts;
    for (int i = 0; i < std::ssize(callers_); ++i) {
      starts.push_back(
          {.kind = Event::Kind::kStart, .process = i, .outcome = Outcome::Returned(100 + i)});
    }
    events.insert(events.begin(), starts.begin(), starts.end());
    events.push_back({.kind = Event::Kind::kRace, .step = first, .from = kSecond});
    events.insert(events.end(), racing_.begin(), racing_.end());
    events.push_back(
        {.kind = Event::Kind::kRaceEnd, .step = LastStep(), .from = kSecond, .to = kSecond});
    events.push_back({.kind = Event::Kind::kDone});
  }

  std::string path_;
  std::string_view line_;
  int line_number_ = 0;
  LogJson json_;
  LogTexts texts_;
  SavedRun run_;
  int queues_ = 0;
  int sets_ = 0;
  int killers_ = 0;
  std::vector<Caller> callers_;  // by process
  std::vector<Event> racing_;    // a call each
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
