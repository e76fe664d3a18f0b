// SPDX-License-Identifier: Apache-2.0
//
// What held, in words: a line for each object and for each process of which there is something to
// say.
#include <fmt/format.h>

#include "report/diagram_builder.h"

namespace ipcrig {
namespace {

constexpr size_t kMostMessages = 8;
constexpr size_t kMostBytes = 24;

class StateWriter {
 public:
  StateWriter(const Names& names, const State& state) : names_(names), state_(state) {}

  Diagram::StateLines Lines() {
    for (size_t space = 0; space < state_.spaces.size(); ++space) Space(space);
    for (const auto& [pipe, buffer] : state_.pipes) {
      size_t bytes = 0;
      for (const PipeBuffer::Page& page : buffer.pages) bytes += page.bytes.size();
      Add(fmt::format("pipe {}", pipe), fmt::format("{} of {} bytes", bytes, buffer.capacity));
    }
    for (size_t i = 0; i < state_.processes.size(); ++i) Process(i);
    return std::move(lines_);
  }

  // The variable that holds the id, or "msg 7".
  static std::string ObjectName(const Names& names, const State& state, ObjectKind kind, int id) {
    static constexpr Kind kKinds[] = {Kind::kSegment, Kind::kQueue, Kind::kSet};
    for (const auto& [slot, value] : state.values) {
      const Names::Variable& variable = names.variables[static_cast<size_t>(slot)];
      if (value == id && variable.kind == kKinds[static_cast<size_t>(kind)]) return variable.name;
    }
    return fmt::format("{} {}", ObjectKindName(kind), id);
  }

 private:
  void Add(std::string name, std::string text) {
    lines_.emplace_back(std::move(name), std::move(text));
  }

  std::string NameOf(ObjectKind kind, size_t space, int id) const {
    const std::string name = ObjectName(names_, state_, kind, id);
    return space == 0 ? name : fmt::format("{} (namespace {})", name, space);
  }

  static std::string Access(const Permissions& perm) {
    const std::string key = perm.key == 0 ? "" : fmt::format(", key {:#x}", perm.key);
    return fmt::format("mode {:04o}{}", perm.mode, key);
  }

  void Space(size_t space) {
    const IpcNamespace& all = state_.spaces[space];
    for (const auto& [id, segment] : all.segments) {
      Add(NameOf(ObjectKind::kShm, space, id),
          fmt::format("{} bytes, {} attached{}{}, {}", segment.size, segment.nattch,
                      segment.dest ? ", marked for removal" : "", segment.locked ? ", locked" : "",
                      Access(segment.perm)));
    }
    for (const auto& [id, queue] : all.queues) {
      Add(NameOf(ObjectKind::kMsg, space, id),
          fmt::format("{} of {} bytes{}, {}", queue.Cbytes(), queue.qbytes, Messages(queue),
                      Access(queue.perm)));
    }
    for (const auto& [id, set] : all.sets) {
      std::string values;
      for (const Semaphore& one : set.semaphores) {
        values += fmt::format("{}{}", values.empty() ? "" : ", ", one.value);
      }
      Add(NameOf(ObjectKind::kSem, space, id), fmt::format("[{}], {}", values, Access(set.perm)));
    }
  }

  static std::string Messages(const Queue& queue) {
    std::string text;
    for (size_t i = 0; i < std::min(queue.messages.size(), kMostMessages); ++i) {
      const Message& message = queue.messages[i];
      const std::string quoted = Quoted(std::string_view(message.text).substr(0, kMostBytes));
      text += fmt::format("{}{{{}, {}{}}}", i == 0 ? ": " : ", ", message.type, quoted,
                          message.text.size() > kMostBytes ? "..." : "");
    }
    if (queue.messages.size() > kMostMessages) {
      text += fmt::format(" and {} more", queue.messages.size() - kMostMessages);
    }
    return text;
  }

  void Process(size_t index) {
    const ProcessState& process = state_.processes[index];
    std::string text;
    const auto say = [&](const std::string& words) { text += (text.empty() ? "" : ", ") + words; };
    if (process.life == ProcessState::Life::kZombie) say("waits to be reaped");
    if (process.life == ProcessState::Life::kAlive && process.stopped) say("stopped");
    if (process.life == ProcessState::Life::kAlive && process.pending) {
      say(fmt::format("sleeps in {}", OpName(*process.pending)));
    }
    for (const auto& [slot, address] : process.addresses) {
      for (const Attach& attach : process.attaches) {
        if (attach.address != address) continue;
        say("attached " + names_.variables[static_cast<size_t>(slot)].name);
        break;
      }
    }
    if (const auto undo = state_.undo_lists.find(process.undo); undo != state_.undo_lists.end()) {
      for (const auto& [set, values] : undo->second.semadj) {
        say(fmt::format("semadj [{}]", fmt::join(values, ", ")));
      }
    }
    if (!text.empty()) Add(names_.processes[index], text);
  }

  const Names& names_;
  const State& state_;
  Diagram::StateLines lines_;
};

}  // namespace

int DiagramBuilder::StateIndex(const State& state) {
  Diagram::StateLines lines = StateWriter(result_.scenario.names, state).Lines();
  const auto next = static_cast<int>(out_.states.size());
  const auto [known, added] = state_indices_.emplace(lines, next);
  if (added) out_.states.push_back(std::move(lines));
  return known->second;
}

void DiagramBuilder::NoteObjects(const State& state, double at) {
  for (auto& [key, seen] : seen_) seen = false;
  const auto note = [&](ObjectKind kind, size_t space, int id, std::string text, bool marked) {
    const std::tuple key{static_cast<int>(kind), static_cast<int>(space), id};
    const auto [found, added] = living_.emplace(key, static_cast<int>(out_.objects.size()));
    if (added) {
      const std::string name = StateWriter::ObjectName(result_.scenario.names, state, kind, id);
      out_.objects.push_back(
          {.kind = std::string(ObjectKindName(kind)), .id = id, .name = name, .from = at});
    }
    Diagram::Object& object = out_.objects[static_cast<size_t>(found->second)];
    seen_[key] = true;
    if (marked && object.marked < 0) object.marked = at;
    if (object.notes.empty() || object.notes.back().second != text) {
      object.notes.emplace_back(at, std::move(text));
    }
  };
  for (size_t space = 0; space < state.spaces.size(); ++space) {
    for (const auto& [id, segment] : state.spaces[space].segments) {
      note(ObjectKind::kShm, space, id, fmt::format("{} att", segment.nattch), segment.dest);
    }
    for (const auto& [id, queue] : state.spaces[space].queues) {
      note(ObjectKind::kMsg, space, id, fmt::format("{} msg", queue.messages.size()), false);
    }
    for (const auto& [id, set] : state.spaces[space].sets) {
      std::string values;
      for (size_t i = 0; i < std::min<size_t>(set.semaphores.size(), 4); ++i) {
        values += fmt::format("{}{}", i == 0 ? "" : " ", set.semaphores[i].value);
      }
      note(ObjectKind::kSem, space, id, values + (set.semaphores.size() > 4 ? " .." : ""), false);
    }
  }
  for (const auto& [key, seen] : seen_) {
    const auto found = seen ? living_.end() : living_.find(key);
    if (found == living_.end()) continue;
    out_.objects[static_cast<size_t>(found->second)].to = at;
    living_.erase(found);
  }
}

}  // namespace ipcrig
