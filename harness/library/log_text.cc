// SPDX-License-Identifier: Apache-2.0
//
// One record as JSON.
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <type_traits>

#include <fmt/format.h>

#include "library/log_writer.h"

namespace ipcrig {
inline namespace v0 {
namespace {

constexpr int64_t kLongestText = 1 << 16;  // what an operation of the model can hold
constexpr size_t kMostSemOps = 16;
constexpr size_t kMostValues = 64;

struct FlagWord {
  int64_t bit;
  const char* word;
};
constexpr FlagWord kAttachFlags[] = {
    {SHM_RDONLY, "SHM_RDONLY"}, {SHM_RND, "SHM_RND"}, {SHM_EXEC, "SHM_EXEC"}};
constexpr FlagWord kGetFlags[] = {{IPC_CREAT, "IPC_CREAT"}, {IPC_EXCL, "IPC_EXCL"}};
constexpr FlagWord kSendFlags[] = {{IPC_NOWAIT, "IPC_NOWAIT"}};
constexpr FlagWord kReceiveFlags[] = {{IPC_NOWAIT, "IPC_NOWAIT"},
                                      {MSG_NOERROR, "MSG_NOERROR"},
                                      {MSG_EXCEPT, "MSG_EXCEPT"},
                                      {MSG_COPY, "MSG_COPY"}};
constexpr FlagWord kSemFlags[] = {{IPC_NOWAIT, "IPC_NOWAIT"}, {SEM_UNDO, "SEM_UNDO"}};

// What a call knows; the kernel does not look at other bits.
template <size_t kCount>
std::string Words(int64_t flags, const FlagWord (&words)[kCount]) {
  std::string text;
  for (const FlagWord& one : words) {
    if ((flags & one.bit) != 0) text += (text.empty() ? "" : "|") + std::string(one.word);
  }
  return text.empty() ? "0" : "\"" + text + "\"";
}

std::string GetWords(int64_t flags) {
  const std::string words = Words(flags, kGetFlags);
  const std::string mode = fmt::format("0{:o}", flags & 0777);
  if (words == "0") return "\"" + mode + "\"";
  return words.substr(0, words.size() - 1) + "|" + mode + "\"";
}

std::string KeyWord(int64_t key) {
  return key == IPC_PRIVATE ? "\"IPC_PRIVATE\"" : std::to_string(key);
}

std::string MessageText(const char* bytes, size_t size) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text = "\"";
  std::string hex;
  bool plain = true;
  for (size_t i = 0; i < size; ++i) {
    const char c = bytes[i];
    plain = plain && c >= ' ' && c <= '~';
    if (c == '"' || c == '\\') text += '\\';
    text += c;
    const auto byte = static_cast<unsigned char>(c);
    hex += kDigits[byte / 16];
    hex += kDigits[byte % 16];
  }
  return plain ? text + "\"" : "{\"hex\": \"" + hex + "\"}";
}

const ipc_perm& PermOf(const shmid_ds& status) { return status.shm_perm; }
const ipc_perm& PermOf(const msqid_ds& status) { return status.msg_perm; }

// What was copied as a T; false where it could not be read.
template <typename T>
bool Copied(const CallRecords& all, const CallRecord& record, T& value) {
  if (record.in == kNowhere || record.in_size < sizeof(T)) return false;
  memcpy(&value, all.arena + record.in, sizeof(T));
  return true;
}

std::string Line(const char* op, const std::string& arguments) {
  return fmt::format("\"op\": \"{}\", \"args\": [{}]", op, arguments);
}

std::string AddressWord(int64_t address) {
  return address == 0 ? "\"NULL\"" : std::to_string(address);
}

// Empty where the kernel has no such address.
std::string ShmatText(const CallRecord& record) {
  const auto& [id, address, flags, unused] = record.arguments;
  if (address < 0) return "";
  return Line("shmat",
              fmt::format("{}, {}, {}", id, AddressWord(address), Words(flags, kAttachFlags)));
}

std::string ShmdtText(const CallRecord& record) {
  const int64_t address = record.arguments[0];
  return address < 0 ? "" : Line("shmdt", AddressWord(address));
}

// IPC_RMID, IPC_STAT and IPC_SET of a segment, or what both others have in common.
template <typename Status>
std::string ControlText(const char* op, const CallRecords& all, const CallRecord& record) {
  const auto& [id, command, unused, unused_too] = record.arguments;
  if (command == IPC_RMID) return Line(op, fmt::format("{}, \"IPC_RMID\"", id));
  if (command == IPC_STAT) return Line(op, fmt::format("{}, \"IPC_STAT\"", id));
  Status set = {};
  if (command != IPC_SET || !Copied(all, record, set)) return "";
  std::string more;
  if constexpr (std::is_same_v<Status, msqid_ds>) more = fmt::format(", qbytes={}", set.msg_qbytes);
  const ipc_perm& perm = PermOf(set);
  return Line(op, fmt::format("{}, \"IPC_SET\", \"{{uid={}, gid={}, mode={:#o}{}}}\"", id, perm.uid,
                              perm.gid, perm.mode, more));
}

std::string MsgsndText(const CallRecords& all, const CallRecord& record) {
  const auto& [id, size, flags, unused] = record.arguments;
  long type = 0;
  if (size < 0 || size >= kLongestText || !Copied(all, record, type)) return "";
  const char* text = all.arena + record.in + sizeof(long);
  return Line("msgsnd",
              fmt::format("{}, {}, {}, {}", id, type, MessageText(text, static_cast<size_t>(size)),
                          Words(flags, kSendFlags)));
}

std::string MsgrcvText(const CallRecord& record) {
  const auto& [id, size, type, flags] = record.arguments;
  const int64_t most = size < 0 ? -1 : std::min(size, kLongestText);
  const bool bad = record.state == CallRecord::kReturned && record.result < 0 &&
                   record.error == EFAULT;  // the message is lost
  return Line("msgrcv", fmt::format("{}, {}, {}, {}{}", id, most, type, Words(flags, kReceiveFlags),
                                    bad ? ", \"BAD\"" : ""));
}

std::string SemopText(const CallRecords& all, const CallRecord& record, bool asleep) {
  const auto& [id, count, seconds, nanoseconds] = record.arguments;
  if (count <= 0 || count > static_cast<int64_t>(kMostSemOps) || record.in == kNowhere) return "";
  std::string list;
  for (int64_t i = 0; i < count; ++i) {
    sembuf one = {};
    memcpy(&one, all.arena + record.in + static_cast<size_t>(i) * sizeof(one), sizeof(one));
    list += fmt::format("{}[{}, {}, {}]", i == 0 ? "" : ", ", one.sem_num, one.sem_op,
                        Words(one.sem_flg, kSemFlags));
  }
  const std::string arguments = fmt::format("{}, [{}]", id, list);
  if (seconds == INT64_MIN) return Line("semop", arguments);
  // Whether the time was up is known, and that is all that a limit means to the model.
  const bool up = !asleep && (record.state != CallRecord::kReturned || record.error == EAGAIN);
  if (!up) return Line("semtimedop", arguments + ", \"NULL\"");
  return Line("semtimedop", fmt::format("{}, \"{{{}, {}}}\"", arguments,
                                        std::min<int64_t>(seconds, 1), nanoseconds));
}

std::string SemctlText(const CallRecords& all, const CallRecord& record) {
  const auto& [id, number, command, value] = record.arguments;
  if (number < 0 || number > UINT16_MAX) return "";
  const auto call = [&, set = id, semaphore = number](const std::string& rest) {
    return Line("semctl", fmt::format("{}, {}, {}", set, semaphore, rest));
  };
  switch (command) {
    case GETVAL:
      return call("\"GETVAL\"");
    case GETPID:
      return call("\"GETPID\"");
    case IPC_STAT:
      return call("\"IPC_STAT\"");
    case GETNCNT:
      return call("\"GETNCNT\"");
    case GETZCNT:
      return call("\"GETZCNT\"");
    case GETALL:
      return call("\"GETALL\"");
    case IPC_RMID:
      return call("\"IPC_RMID\"");
    case SETVAL:
      return call(fmt::format("\"SETVAL\", {}", value));
    case SETALL: {
      const size_t count = record.in_size / sizeof(unsigned short);
      if (record.in == kNowhere || count == 0 || count > kMostValues) return "";
      std::string list;
      for (size_t i = 0; i < count; ++i) {
        unsigned short one = 0;
        memcpy(&one, all.arena + record.in + i * sizeof(one), sizeof(one));
        list += fmt::format("{}{}", i == 0 ? "" : ", ", one);
      }
      return call(fmt::format("\"SETALL\", [{}]", list));
    }
    case IPC_SET: {
      semid_ds set = {};
      if (!Copied(all, record, set)) return "";
      return call(fmt::format("\"IPC_SET\", \"{{uid={}, gid={}, mode={:#o}}}\"", set.sem_perm.uid,
                              set.sem_perm.gid, set.sem_perm.mode));
    }
    default:
      return "";
  }
}

}  // namespace

bool OnlyLooks(const CallRecord& record) {
  const auto call = static_cast<Call>(record.call);
  const bool semctl = call == Call::kSemctl;
  const int64_t command = record.arguments[semctl ? 2 : 1];
  if (call == Call::kMsgctl || call == Call::kShmctl) {
    return command != IPC_RMID && command != IPC_SET;
  }
  if (call != Call::kSemctl) return false;
  return command != IPC_RMID && command != IPC_SET && command != SETVAL && command != SETALL;
}

std::string CallText(const CallRecords& all, const CallRecord& record, bool asleep) {
  const auto& [first, second, third, fourth] = record.arguments;
  switch (static_cast<Call>(record.call)) {
    case Call::kShmget:
      return Line("shmget", fmt::format("{}, {}, {}", KeyWord(first), second, GetWords(third)));
    case Call::kShmat:
      return ShmatText(record);
    case Call::kShmdt:
      return ShmdtText(record);
    case Call::kShmctl:
      return ControlText<shmid_ds>("shmctl", all, record);
    case Call::kMsgget:
      return Line("msgget", fmt::format("{}, {}", KeyWord(first), GetWords(second)));
    case Call::kMsgsnd:
      return MsgsndText(all, record);
    case Call::kMsgrcv:
      return MsgrcvText(record);
    case Call::kMsgctl:
      return ControlText<msqid_ds>("msgctl", all, record);
    case Call::kSemget:
      return Line("semget", fmt::format("{}, {}, {}", KeyWord(first), second, GetWords(third)));
    case Call::kSemop:
      return SemopText(all, record, asleep);
    case Call::kSemctl:
      return SemctlText(all, record);
    default:
      return "";
  }
}

namespace {

class Fields {
 public:
  explicit Fields(const ipc_perm& perm) {
    Add("key", perm.__key), Add("uid", perm.uid), Add("gid", perm.gid), Add("cuid", perm.cuid);
    Add("cgid", perm.cgid), Add("mode", perm.mode);
  }
  void Add(const char* name, int64_t value) {
    text_ += fmt::format("{}\"{}\": {}", text_.empty() ? "{" : ", ", name, value);
  }
  std::string Text() const { return text_ + "}"; }

 private:
  std::string text_;
};

template <typename Status>
Status WrittenAs(const CallRecords& all, const CallRecord& record) {
  Status status = {};
  memcpy(&status, all.arena + record.out, sizeof(status));
  return status;
}

// Of IPC_STAT, by the names of harness/ops.
std::string StatusText(const CallRecords& all, const CallRecord& record) {
  if (record.call == static_cast<int32_t>(Call::kShmctl)) {
    const auto status = WrittenAs<shmid_ds>(all, record);
    Fields fields(status.shm_perm);
    fields.Add("segsz", static_cast<int64_t>(status.shm_segsz));
    fields.Add("cpid", status.shm_cpid), fields.Add("lpid", status.shm_lpid);
    fields.Add("nattch", static_cast<int64_t>(status.shm_nattch));
    fields.Add("atime", status.shm_atime), fields.Add("dtime", status.shm_dtime);
    fields.Add("ctime", status.shm_ctime);
    return fields.Text();
  }
  if (record.call == static_cast<int32_t>(Call::kMsgctl)) {
    const auto status = WrittenAs<msqid_ds>(all, record);
    Fields fields(status.msg_perm);
    fields.Add("cbytes", static_cast<int64_t>(status.__msg_cbytes));
    fields.Add("qnum", static_cast<int64_t>(status.msg_qnum));
    fields.Add("qbytes", static_cast<int64_t>(status.msg_qbytes));
    fields.Add("lspid", status.msg_lspid), fields.Add("lrpid", status.msg_lrpid);
    fields.Add("stime", status.msg_stime), fields.Add("rtime", status.msg_rtime);
    fields.Add("ctime", status.msg_ctime);
    return fields.Text();
  }
  const auto status = WrittenAs<semid_ds>(all, record);
  Fields fields(status.sem_perm);
  fields.Add("nsems", static_cast<int64_t>(status.sem_nsems));
  fields.Add("otime", status.sem_otime), fields.Add("ctime", status.sem_ctime);
  return fields.Text();
}

}  // namespace

bool IsStatus(const CallRecord& record) {
  const auto call = static_cast<Call>(record.call);
  if (call == Call::kSemctl) return record.arguments[2] == IPC_STAT;
  return (call == Call::kShmctl || call == Call::kMsgctl) && record.arguments[1] == IPC_STAT;
}

std::string ResultText(const CallRecords& all, const CallRecord& record) {
  if (record.result < 0) return fmt::format("\"{}\"", strerrorname_np(record.error));
  if (record.call == static_cast<int32_t>(Call::kMsgrcv)) {
    long type = 0;
    memcpy(&type, all.arena + record.out, sizeof(type));
    const char* text = all.arena + record.out + sizeof(type);
    return fmt::format("{{\"type\": {}, \"text\": {}}}", type,
                       MessageText(text, static_cast<size_t>(record.result)));
  }
  if (IsStatus(record)) return StatusText(all, record);
  const bool list =
      record.call == static_cast<int32_t>(Call::kSemctl) && record.arguments[2] == GETALL;
  if (!list) return std::to_string(record.result);
  std::string values;
  for (size_t at = 0; at < record.out_size; at += sizeof(unsigned short)) {
    unsigned short one = 0;
    memcpy(&one, all.arena + record.out + at, sizeof(one));
    values += fmt::format("{}{}", at == 0 ? "" : ", ", one);
  }
  return "[" + values + "]";
}

}  // namespace v0
}  // namespace ipcrig
