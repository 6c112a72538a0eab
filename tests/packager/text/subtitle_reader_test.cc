#include "packager/text/subtitle_reader.h"

#include <gtest/gtest.h>

#include "packager/text/cue_timing.h"

namespace usher::text {
namespace {

// One line a cue: "1.000-2.000 [id] {settings} payload", "|" for a line end.
std::string Told(std::string_view text) {
  const auto read = ReadSubtitleText(AsBytes(text));
  if (!read) return "error: " + read.error().what;
  std::string told;
  for (const Cue& cue : read->subtitles.cues) {
    told += FormatTimestamp(cue.start).substr(6) + "-" +
            FormatTimestamp(cue.end).substr(6) + " ";
    if (!cue.id.empty()) told += "[" + cue.id + "] ";
    if (!cue.settings.empty()) told += "{" + cue.settings + "} ";
    for (const char c : cue.payload) told += c == '\n' ? '|' : c;
    told += "\n";
  }
  if (read->unreadable > 0) {
    told += std::to_string(read->unreadable) + " unreadable, first in line " +
            std::to_string(read->first_unreadable) + "\n";
  }
  return told;
}

TEST(SubtitleReader, ReadsWebVtt) {
  EXPECT_EQ(Told("WEBVTT - a title\n"
                 "Kind: captions\n"
                 "\n"
                 "NOTE nobody's business\n"
                 "\n"
                 "intro\n"
                 "00:01.000 --> 00:02.000 line:0 nonsense\n"
                 "<v Bob>Hi\n"
                 "there\n"
                 "\n"
                 "00:03.000 --> 00:04.000\n"
                 "Bye\n"),
            "01.000-02.000 [intro] {line:0} <v Bob>Hi|there\n"
            "03.000-04.000 Bye\n");
}

TEST(SubtitleReader, ReadsSubRip) {
  EXPECT_EQ(Told("1\r\n00:00:01,000 --> 00:00:02,000\r\n<i>Hi</i>\r\n"
                 "\r\n2\r\n00:00:03,000 --> 00:00:04,000\r\nBye\r\n"),
            "01.000-02.000 <i>Hi</i>\n"
            "03.000-04.000 Bye\n");
}

TEST(SubtitleReader, TakesAnyLineEnds) {
  for (const std::string end : {"\n", "\r\n", "\r"}) {
    EXPECT_EQ(
        Told("WEBVTT" + end + end + "00:01.000 --> 00:02.000" + end + "a" +
             end + "b" + end + end + "00:03.000 --> 00:04.000" + end + "c"),
        "01.000-02.000 a|b\n03.000-04.000 c\n");
  }
}

TEST(SubtitleReader, ForgivesMissingAndSurplusBlankLines) {
  EXPECT_EQ(Told("1\n00:00:01,000 --> 00:00:02,000\na\n"
                 "2\n00:00:03,000 --> 00:00:04,000\nb\n\nstill b\n\n\n\n"
                 "3\n00:00:05,000 --> 00:00:06,000\nc"),
            "01.000-02.000 a\n03.000-04.000 b|still b\n05.000-06.000 c\n");
  EXPECT_EQ(Told("WEBVTT\n00:01.000 --> 00:02.000\na\n"
                 "00:03.000 --> 00:04.000\nb"),
            "01.000-02.000 a\n03.000-04.000 b\n");
}

TEST(SubtitleReader, SortsAndKeepsOverlaps) {
  EXPECT_EQ(Told("1\n00:00:03,000 --> 00:00:09,000\nb\n\n"
                 "2\n00:00:01,000 --> 00:00:04,000\na\n"),
            "01.000-04.000 a\n03.000-09.000 b\n");
}

TEST(SubtitleReader, TellsOfCuesItCannotRead) {
  EXPECT_EQ(Told("1\n00:00:01,000 --> 00:00:02,000\na\n\n"
                 "2\n00:99:00,000 --> 00:99:01,000\nb\n\n"
                 "3\n00:00:05,000 --> 00:00:04,000\nc\n\n"
                 "4\n-00:00:05,000 --> -00:00:01,000\nd\n\n"
                 "5\n-00:00:01,000 --> 00:00:01,500\ne\n"),
            "00.000-01.500 e\n01.000-02.000 a\n"
            "3 unreadable, first in line 6\n");
}

TEST(SubtitleReader, SaysNothingWhereNothingIsSaid) {
  EXPECT_EQ(Told("1\n00:00:01,000 --> 00:00:02,000\n\n\n"
                 "2\n00:00:03,000 --> 00:00:04,000\na\n"),
            "03.000-04.000 a\n");
}

TEST(SubtitleReader, ForgetsIdsThatAreNotUnique) {
  EXPECT_EQ(Told("WEBVTT\n\nx\n00:01.000 --> 00:02.000\na\n\n"
                 "x\n00:03.000 --> 00:04.000\nb\n\n"
                 "y\n00:05.000 --> 00:06.000\nc\n"),
            "01.000-02.000 a\n03.000-04.000 b\n05.000-06.000 [y] c\n");
}

TEST(SubtitleReader, KeepsStylesAndRegionsInFrontOfTheCues) {
  const auto read = ReadSubtitleText(
      AsBytes("WEBVTT\n\nSTYLE\n::cue { color: lime }\n\nNOTE no\n\n"
              "REGION\nid:r\nlines:3\n\n00:01.000 --> 00:02.000 region:r\na\n\n"
              "STYLE\n::cue { color: red }\n"));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->subtitles.styles,
            "STYLE\n::cue { color: lime }\n\nREGION\nid:r\nlines:3");
  EXPECT_EQ(read->subtitles.cues.size(), 1u);
}

TEST(SubtitleReader, RefusesWhatHoldsNoCue) {
  for (const std::string_view text :
       {"", "WEBVTT", "WEBVTT\n\n", "hello", "{\\rtf1}", "-->", "1\n2\n3\n",
        "WEBVTTX\n\n00:01.000 -> 00:02.000\na"}) {
    EXPECT_EQ(Told(text), "error: holds no subtitles that can be read") << text;
  }
}

}  // namespace
}  // namespace usher::text
