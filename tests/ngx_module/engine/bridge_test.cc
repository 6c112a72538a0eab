#include "ngx_module/bridge.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "tests/support/temp_dir.h"

namespace {

usher_view_t View(std::string_view text) { return {text.data(), text.size()}; }

std::string_view Text(usher_view_t view) { return {view.data, view.size}; }

TEST(BridgeTest, EmptyViewsMayBeNull) {
  usher_canonical_t canonical;
  EXPECT_EQ(usher_canonicalise({nullptr, 0}, {nullptr, 0}, &canonical), -1);
  EXPECT_EQ(usher_canonicalise(View("/film/x"), {nullptr, 0}, &canonical), 0);
  EXPECT_EQ(Text(canonical.path), "/film/x");
  EXPECT_EQ(usher_event_of({nullptr, 0}).size, 0u);
  EXPECT_EQ(usher_bearer({nullptr, 0}).size, 0u);
}

TEST(BridgeTest, TheLongestArgumentsFit) {
  usher_canonical_t canonical;
  const std::string digits(18, '9');
  const std::string args =
      "_HLS_msn=" + digits + "&_HLS_part=" + digits + "&_HLS_skip=YES";
  ASSERT_EQ(usher_canonicalise(View("/f/m.m3u8"), View(args), &canonical), 0);
  EXPECT_EQ(std::string_view(canonical.args, canonical.args_size), args);
}

TEST(BridgeTest, AFileThatCannotBeUsedIsOneLine) {
  const usher::testing::TempDir directory;
  char line[1024];
  usher_buffer_t error = {line, sizeof line, 0};
  const usher_reader_t reader = {nullptr, 0, 0};
  const std::string path = (directory / "absent").string();
  for (const usher_file_kind_t kind :
       {USHER_TICKET_KEYS, USHER_SESSION_SECRETS, USHER_MASTER_KEY}) {
    EXPECT_EQ(usher_file_open(kind, path.c_str(), &reader, &error), nullptr);
    const std::string_view text(error.data, error.size);
    EXPECT_TRUE(text.contains(path)) << text;
    EXPECT_FALSE(text.contains('\n')) << text;
  }
}

TEST(BridgeTest, WhatDoesNotFitIsRefusedAndLinesAreCut) {
  char few[8];
  usher_buffer_t buffer = {few, sizeof few, 0};
  EXPECT_EQ(usher_problem(403, "code", "detail", &buffer), -1);
  EXPECT_EQ(buffer.size, 0u);
  const usher_reader_t reader = {nullptr, 0, 0};
  EXPECT_EQ(usher_file_open(USHER_MASTER_KEY, "/absent", &reader, &buffer),
            nullptr);
  EXPECT_EQ(std::string_view(few, buffer.size), "/absent:");
}

TEST(BridgeTest, ScratchHoldsAllMembersOrNone) {
  char bytes[6];
  usher_buffer_t scratch = {bytes, sizeof bytes, 0};
  usher_session_body_t members;
  ASSERT_EQ(usher_session_body(View(R"({"ticket":"abc","event":"def"})"),
                               &scratch, &members),
            0);
  EXPECT_EQ(Text(members.ticket), "abc");
  EXPECT_EQ(Text(members.event), "def");
  EXPECT_EQ(usher_only_event(View("a.b.c"), &scratch).size, 0u);
}

TEST(BridgeTest, UnknownDenialsAreRefusals) {
  for (const int denial : {-1, 1000}) {
    EXPECT_EQ(std::string_view(usher_denial_code(denial)), "ticket_invalid");
    EXPECT_EQ(usher_denial_status(denial), 403);
  }
}

TEST(BridgeTest, CodesAndSentencesEndWhereTheirTextEnds) {
  EXPECT_EQ(std::string(usher_denial_code(usher_denial_method)),
            "method_not_allowed");
  EXPECT_TRUE(
      std::string(usher_denial_sentence(usher_denial_missing)).ends_with("."));
}

}  // namespace
