// SPDX-License-Identifier: Apache-2.0
#include "trace/record.h"

#include <sys/wait.h>

#include <nlohmann/json.hpp>

namespace ipcrig {

using Json = nlohmann::json;

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Frame, module, address, function, file, line)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Stack, frames, missing, doubt)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(TracedProcess, pid, parent, command, executable, set_id)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(SemOperation, number, amount, flags)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(IpcCall, name, args, compat)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Recovery, status, timed_out, doing, objects)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Survivor, process, doing, signal)

static void to_json(Json& json, const TracedCall& call) {
  json = {{"process", call.process}, {"thread", call.thread},  {"call", call.call},
          {"ordinal", call.ordinal}, {"number", call.number},  {"ops", call.operations},
          {"began", call.began_us},  {"ended", call.ended_us}, {"creates", call.creates},
          {"unseen", call.unseen},   {"stack", call.stack},    {"fixed", call.fixed_key},
          {"same", call.same_key},   {"rank", call.rank},      {"nth", call.nth}};
  if (call.result) json["result"] = *call.result;
}

static void from_json(const Json& json, TracedCall& call) {
  json.at("process").get_to(call.process);
  json.at("thread").get_to(call.thread);
  json.at("ordinal").get_to(call.ordinal);
  json.at("number").get_to(call.number);
  json.at("call").get_to(call.call);
  json.at("ops").get_to(call.operations);
  json.at("began").get_to(call.began_us);
  json.at("ended").get_to(call.ended_us);
  json.at("creates").get_to(call.creates);
  json.at("unseen").get_to(call.unseen);
  json.at("stack").get_to(call.stack);
  json.at("fixed").get_to(call.fixed_key);
  json.at("same").get_to(call.same_key);
  json.at("rank").get_to(call.rank);
  json.at("nth").get_to(call.nth);
  if (json.contains("result")) call.result = json["result"].get<int64_t>();
}

static void to_json(Json& json, const ObjectRow& row) {
  json = {{"kind", row.kind}, {"id", row.id}, {"cells", Json::object()}};
  for (int i = 0; i < kColumns; ++i) {
    const auto column = static_cast<Column>(i);
    if (row[column]) json["cells"][std::string(ColumnName(column))] = *row[column];
  }
}

static void from_json(const Json& json, ObjectRow& row) {
  json.at("kind").get_to(row.kind);
  json.at("id").get_to(row.id);
  for (int i = 0; i < kColumns; ++i) {
    const auto column = static_cast<Column>(i);
    const auto cell = json.at("cells").find(std::string(ColumnName(column)));
    if (cell != json.at("cells").end()) row[column] = cell->get<int64_t>();
  }
}

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(TracedObject, row, created_by, removed_by, left, held, content)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Record, processes, calls, objects, survivors, half_initialised,
                                   posix, notes, pid, wait_status, exec_error, timed_out,
                                   user_namespace, killed_at_point, crashed_us, recovery, ended_us,
                                   settled_us)

bool WasInUse(const TracedObject& object) {
  return object.row[Column::kNattch].value_or(0) > 0 || object.row[Column::kQnum].value_or(0) > 0 ||
         object.content.ends_with("waiting");
}

CallIdentity IdentityOf(const Record& record, const TracedCall& call) {
  return {record.processes[static_cast<size_t>(call.process)].executable, call.rank, call.call.name,
          call.nth};
}

int EndSignal(const Record& record) {
  return WIFSIGNALED(record.wait_status) ? WTERMSIG(record.wait_status) : 0;
}

int ExitStatus(const Record& record) {
  const int signal = EndSignal(record);
  return signal != 0 ? 128 + signal : WEXITSTATUS(record.wait_status);
}

std::string PrintRecord(const Record& record) {
  return Json(record).dump(-1, ' ', false, Json::error_handler_t::replace);
}

Result<Record> ParseRecord(const std::string& text) {
  const Json json = Json::parse(text, nullptr, false);
  if (json.is_discarded()) return Error{"the record of the program is no JSON"};
  return json.get<Record>();
}

}  // namespace ipcrig
