// SPDX-License-Identifier: Apache-2.0
//
// The view of lsipc(1): its parser, with what was recorded and with garbage, and the program itself
// against the kernel.
#include <sched.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "command.h"
#include "exec/tool.h"
#include "exec/views.h"

namespace ipcrig {
namespace {

// Recorded with lsipc of util-linux 2.38.1 in a namespace of its own.
constexpr std::string_view kShm =
    R"(KEY="0xdeadbeef" ID="0" PERMS="rw-r-----" CUID="0" UID="0" GID="0" SIZE="5000" )"
    R"(NATTCH="1" STATUS="locked" CPID="1" LPID="7" ATTACH="2026-11-23T08:17:08+00:00" )"
    R"(DETACH="" CTIME="2026-11-23T08:17:09+00:00")"
    "\n"
    R"(KEY="0x00000000" ID="32769" PERMS="rwx--x-w-" CUID="12" UID="13" GID="14" )"
    R"(SIZE="1099511627776" NATTCH="0" STATUS="dest,locked" CPID="1" LPID="0" ATTACH="" )"
    R"(DETACH="2026-11-23T08:17:08+00:00" CTIME="2028-02-29T16:00:00+00:00")"
    "\n";
constexpr std::string_view kMsg =
    R"(KEY="0x000001d0" ID="0" PERMS="rw--w--w-" CUID="0" UID="65534" GID="12345" )"
    R"(USEDBYTES="3" MSGS="1" LSPID="1" LRPID="0" SEND="2026-11-23T08:17:08+00:00" RECV="" )"
    R"(CTIME="2026-11-23T08:17:08+00:00")"
    "\n";
constexpr std::string_view kSem =
    R"(KEY="0x00000007" ID="3" PERMS="rw-rw-rw-" CUID="1" CGID="2" UID="33" GID="4" )"
    R"(NSEMS="3" OTIME="" CTIME="2026-11-23T08:17:08+00:00")"
    "\n";

std::vector<ObjectRow> Parse(ObjectKind kind, std::string_view text) {
  View view;
  const auto parsed = ParseLsipc(kind, text, view);
  EXPECT_TRUE(parsed.ok()) << parsed.error().Text();
  return view.rows;
}

std::string ParseErrorOf(std::string_view text) {
  View view;
  const auto parsed = ParseLsipc(ObjectKind::kMsg, text, view);
  return parsed.ok() ? "" : parsed.error().Text();
}

// The cells of a row as text, those that it does not have left out.
std::string TextOf(const ObjectRow& row) {
  std::string text = std::string(ObjectKindName(row.kind)) + " " + std::to_string(row.id);
  for (int i = 0; i < kColumns; ++i) {
    const auto column = static_cast<Column>(i);
    if (!row[column]) continue;
    text += " " + std::string(ColumnName(column)) + "=" + std::to_string(*row[column]);
  }
  return text;
}

TEST(Lsipc, SegmentsHaveAllColumnsButTheGroupOfTheCreator) {
  const auto rows = Parse(ObjectKind::kShm, kShm);
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(TextOf(rows[0]),
            "shm 0 key=-559038737 uid=0 gid=0 cuid=0 mode=416 status=1024 size=5000 nattch=1 "
            "cpid=1 lpid=7 atime=1795421828 dtime=0 ctime=1795421829");
  EXPECT_EQ(TextOf(rows[1]),
            "shm 32769 key=0 uid=13 gid=14 cuid=12 mode=458 status=1536 size=1099511627776 "
            "nattch=0 cpid=1 lpid=0 atime=0 dtime=1795421828 ctime=1835452800");
}

TEST(Lsipc, QueuesHaveNoLimitAndNoGroupOfTheCreator) {
  const auto rows = Parse(ObjectKind::kMsg, kMsg);
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(TextOf(rows[0]),
            "msg 0 key=464 uid=65534 gid=12345 cuid=0 mode=402 ctime=1795421828 cbytes=3 qnum=1 "
            "lspid=1 lrpid=0 stime=1795421828 rtime=0");
}

TEST(Lsipc, SetsHaveAllColumns) {
  const auto rows = Parse(ObjectKind::kSem, kSem);
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(TextOf(rows[0]),
            "sem 3 key=7 uid=33 gid=4 cuid=1 cgid=2 mode=438 size=3 ctime=1795421828 otime=0");
}

TEST(Lsipc, NothingIsPrintedWhereNothingExists) {
  EXPECT_TRUE(Parse(ObjectKind::kShm, "").empty());
}

TEST(Lsipc, FieldsMayComeInAnyOrderAndUnknownOnesAreLeftOut) {
  const auto rows = Parse(ObjectKind::kSem, "NEW=\"a b\" NSEMS=\"2\"  ID=\"5\" OTHER=\"\"\n");
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(TextOf(rows[0]), "sem 5 size=2");
}

TEST(Lsipc, OneStatusMayRunIntoTheNext) {
  const auto status = [](const std::string& words) {
    return Parse(ObjectKind::kShm, "ID=\"1\" STATUS=\"" + words + "\"").at(0)[Column::kStatus];
  };
  EXPECT_EQ(status(""), 0);
  EXPECT_EQ(status("dest"), 01000);
  EXPECT_EQ(status("lockednoreserve"), 02000);
  EXPECT_EQ(status("dest,lockednoreserve"), 03000);
}

TEST(Lsipc, GarbageIsAnError) {
  EXPECT_EQ(ParseErrorOf("lsipc: unknown column\n"), "not a field: lsipc: unknown column");
  EXPECT_EQ(ParseErrorOf("\n"), "a row without an ID");
  EXPECT_EQ(ParseErrorOf("KEY=\"0x1\"\n"), "a row without an ID");
  EXPECT_EQ(ParseErrorOf("ID=\"1\n"), "not a field: ID=\"1");
  EXPECT_EQ(ParseErrorOf("ID=\"1\" x\n"), "not a field: x");
  EXPECT_EQ(ParseErrorOf("ID=\"-1\"\n"), "bad ID: -1");
  EXPECT_EQ(ParseErrorOf("ID=\"2147483648\"\n"), "bad ID: 2147483648");
  EXPECT_EQ(ParseErrorOf("ID=\"\"\n"), "bad ID: ");
  EXPECT_EQ(ParseErrorOf("ID=\"1\" KEY=\"12\"\n"), "bad KEY: 12");
  EXPECT_EQ(ParseErrorOf("ID=\"1\" KEY=\"0x100000000\"\n"), "bad KEY: 0x100000000");
  EXPECT_EQ(ParseErrorOf("ID=\"1\" PERMS=\"\"\n"), "bad PERMS: ");
  EXPECT_EQ(ParseErrorOf("ID=\"1\" PERMS=\"rw-r----x\"\n"), "");
  EXPECT_EQ(ParseErrorOf("ID=\"1\" PERMS=\"rw-r----w\"\n"), "bad PERMS: rw-r----w");
  EXPECT_EQ(ParseErrorOf("ID=\"1\" MSGS=\"4.9K\"\n"), "bad MSGS: 4.9K");
  EXPECT_EQ(ParseErrorOf("ID=\"1\" UID=\"99999999999999999999\"\n"),
            "bad UID: 99999999999999999999");
}

TEST(Lsipc, ATimeIsExactOrAnError) {
  const auto error = [](const std::string& time) {
    return ParseErrorOf("ID=\"1\" CTIME=\"" + time + "\"\n");
  };
  EXPECT_EQ(error("2026-11-23T08:17:08+00:00"), "");
  EXPECT_NE(error("08:17"), "");
  EXPECT_NE(error("Mon Nov 23 08:17:08 2026"), "");
  EXPECT_NE(error("2026-11-23"), "");
  EXPECT_NE(error("2026-11-23T08:17:08"), "");
  EXPECT_NE(error("2026-11-23T08:17:08+01:00"), "");
  EXPECT_NE(error("2026-11-23T08:17:08+00:00Z"), "");
  EXPECT_NE(error("2026-13-23T08:17:08+00:00"), "");
}

TEST(Lsipc, NoPrefixOfATableCrashes) {
  for (const std::string_view text : {kShm, kMsg, kSem}) {
    for (size_t length = 0; length < text.size(); ++length) {
      View view;
      (void)ParseLsipc(ObjectKind::kShm, text.substr(0, length), view).ok();
      EXPECT_LE(view.rows.size(), 2U);
    }
  }
}

// Objects whose fields all differ, in a namespace of its own, where nothing else is.
bool MakeObjectsOfAnother() {
  const int segment = shmget(0x71, 5000, IPC_CREAT | 0640);
  const int removed = shmget(IPC_PRIVATE, 1, 0621);
  const int queue = msgget(static_cast<key_t>(0xdeadbeef), IPC_CREAT | 0622);
  const int set = semget(0x73, 3, IPC_CREAT | 0666);
  const int other = semget(IPC_PRIVATE, 5, 0);
  struct {
    long type;
    char text[5];
  } message = {1, {'h', 'e', 'l', 'l', 'o'}};
  sembuf up = {1, 2, 0};
  const auto attached = [](int id) { return shmat(id, nullptr, 0) != reinterpret_cast<void*>(-1); };
  return other >= 0 && attached(segment) && attached(removed) &&
         shmctl(removed, IPC_RMID, nullptr) == 0 && msgsnd(queue, &message, 5, 0) == 0 &&
         msgsnd(queue, &message, 4, 0) == 0 && msgrcv(queue, &message, 5, 1, 0) == 5 &&
         semop(set, &up, 1) == 0;
}

// Gives the objects to other users, where this process may.
void GiveAway() {
  shmid_ds segment = {};
  segment.shm_perm.uid = 11;
  segment.shm_perm.gid = 12;
  segment.shm_perm.mode = 0600;
  shmctl(shmget(0x71, 0, 0), IPC_SET, &segment);
  shmctl(shmget(0x71, 0, 0), SHM_LOCK, nullptr);
  msqid_ds queue = {};
  const int id = msgget(static_cast<key_t>(0xdeadbeef), 0);
  msgctl(id, IPC_STAT, &queue);
  queue.msg_perm.uid = 13;
  queue.msg_perm.gid = 14;
  msgctl(id, IPC_SET, &queue);
}

// What makes the views differ; empty where they agree.
std::string CompareWithLsipc() {
  const View stat = StatView();
  const View lsipc = LsipcView();
  if (!lsipc.unavailable.empty()) return "skip: " + lsipc.unavailable;
  if (lsipc.rows.size() != 5 || stat.rows.size() != 5) return "not five objects";
  constexpr size_t kCellsOf[] = {13, 12, 9};
  for (const ObjectRow& row : lsipc.rows) {
    const auto known = std::find_if(stat.rows.begin(), stat.rows.end(), [&](const auto& other) {
      return other.kind == row.kind && other.id == row.id;
    });
    if (known == stat.rows.end()) return "unknown: " + TextOf(row);
    size_t cells = 0;
    for (int i = 0; i < kColumns; ++i) {
      const auto column = static_cast<Column>(i);
      if (!row[column]) continue;
      ++cells;
      if (row[column] != (*known)[column]) return TextOf(row) + " is not " + TextOf(*known);
    }
    if (cells != kCellsOf[static_cast<size_t>(row.kind)]) return "columns of " + TextOf(row);
  }
  return "";
}

std::string CompareInNewNamespace() {
  if (unshare(CLONE_NEWIPC) != 0) return std::string("skip: unshare: ") + strerror(errno);
  if (setegid(21) != 0 || seteuid(22) != 0) return "skip: no other users";
  if (!MakeObjectsOfAnother()) return "cannot make objects";
  if (seteuid(0) != 0) return "cannot be root again";
  std::string result = CompareWithLsipc();
  if (!result.empty()) return result;
  GiveAway();
  return CompareWithLsipc();
}

TEST(Lsipc, AgreesWithTheKernelAboutTheObjectsOfANamespace) {
  const std::string result = AnswerOfChild(CompareInNewNamespace);
  if (result.rfind("skip: ", 0) == 0) GTEST_SKIP() << result.substr(6);
  EXPECT_EQ(result, "");
}

TEST(Tool, TheOutputOfAProgramIsItsAnswer) {
  const auto text = RunTool({"sh", "-c", "echo \"$1$TZ\"", "sh", "a b "});
  ASSERT_TRUE(text.ok()) << text.error().Text();
  EXPECT_EQ(*text, "a b UTC\n");
}

TEST(Tool, AProgramThatFailsOrIsNotThereIsAnError) {
  EXPECT_EQ(RunTool({"sh", "-c", "exit 3"}).error().Text(), "sh -c exit 3 ended with status 768");
  EXPECT_EQ(RunTool({"no_such_program"}).error().Text(),
            "no_such_program: No such file or directory");
}

}  // namespace
}  // namespace ipcrig
