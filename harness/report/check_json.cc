// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "report/check_report.h"

namespace ipcrig {
namespace {

using Json = nlohmann::ordered_json;

Json StackJson(const Stack& stack) {
  Json frames = Json::array();
  for (const Frame& frame : stack.frames) {
    Json json{{"function", frame.function}, {"module", frame.module}, {"address", frame.address}};
    if (!frame.file.empty()) {
      json["file"] = frame.file;
      json["line"] = frame.line;
    }
    frames.push_back(json);
  }
  Json json{{"frames", frames}};
  if (!stack.missing.empty()) json["missing"] = stack.missing;
  if (!stack.doubt.empty()) json["doubt"] = stack.doubt;
  return json;
}

Json ProcessJson(const TracedProcess& process) {
  return {{"pid", process.pid},
          {"parent", process.parent},
          {"command", process.command},
          {"executable", process.executable}};
}

Json ObjectJson(const TracedObject& object) {
  Json json{{"kind", std::string(ObjectKindName(object.row.kind))}, {"id", object.row.id}};
  for (int i = 0; i < kColumns; ++i) {
    const auto column = static_cast<Column>(i);
    if (object.row[column]) json[std::string(ColumnName(column))] = *object.row[column];
  }
  json["content"] = object.content;
  json["left"] = object.left;
  return json;
}

Json CallJson(const Record& record, const TracedCall& call) {
  Json json{{"process", record.processes[static_cast<size_t>(call.process)].pid},
            {"thread", call.thread},
            {"point", std::to_string(call.ordinal) + "." + std::to_string(call.number)},
            {"call", PrintCall(call.call, call.operations)},
            {"began_us", call.began_us}};
  if (call.ended_us >= 0) json["ended_us"] = call.ended_us;
  if (call.result) json["result"] = *call.result;
  json["creates"] = call.creates;
  json["stack"] = StackJson(call.stack);
  return json;
}

Json FindingJson(const Record& record, const TraceFinding& finding) {
  Json json{{"kind", std::string(FindingKindName(finding.kind))},
            {"rule", finding.rule},
            {"title", finding.title},
            {"suppressed", finding.suppressed}};
  for (const auto& [label, line] : finding.lines) json["details"][label] = line;
  if (!finding.help.empty()) json["help"] = finding.help;
  if (finding.guessed) json["guessed"] = true;
  if (finding.process >= 0) {
    json["process"] = ProcessJson(record.processes[static_cast<size_t>(finding.process)]);
  }
  json["objects"] = Json::array();
  for (const int object : finding.objects) {
    json["objects"].push_back(ObjectJson(record.objects[static_cast<size_t>(object)]));
  }
  if (finding.bytes > 0) json["bytes"] = finding.bytes;
  if (finding.has_stack) json["stack"] = StackJson(finding.stack);
  return json;
}

}  // namespace

std::string CheckJson(const CheckResult& result) {
  const Record& record = result.record;
  Json json{{"schema", 1},
            {"command", result.command},
            {"exit_status", result.exit_status},
            {"timed_out", record.timed_out}};
  json["program"] = {{"pid", record.pid}, {"status", ExitStatus(record)}};
  if (EndSignal(record) != 0) json["program"]["signal"] = EndSignal(record);
  json["seconds"] = static_cast<double>(record.ended_us) * 1e-6;
  json["settled_seconds"] = static_cast<double>(record.settled_us - record.ended_us) * 1e-6;
  json["findings"] = Json::array();
  for (const TraceFinding& finding : result.findings) {
    json["findings"].push_back(FindingJson(record, finding));
  }
  json["calls"] = Json::array();
  for (const TracedCall& call : record.calls) json["calls"].push_back(CallJson(record, call));
  json["notes"] = record.notes;
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace ipcrig
