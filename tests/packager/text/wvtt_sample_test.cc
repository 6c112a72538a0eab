#include "packager/text/wvtt_sample.h"

#include <gtest/gtest.h>

namespace usher::text {
namespace {

using namespace std::string_view_literals;

std::string Told(std::string_view sample) {
  const auto cues = ReadWvttSample(AsBytes(sample));
  if (!cues) return "damaged";
  std::string told;
  for (const WvttCue& cue : *cues) {
    told += (cue.source_id ? std::to_string(*cue.source_id) : "-") + "/" +
            cue.id + "/" + cue.settings + "/" + cue.payload + ";";
  }
  return told;
}

TEST(WvttSample, SaysWhatIsShown) {
  EXPECT_EQ(Told("\0\0\0\x08vtte"sv), "");
  EXPECT_EQ(Told("\0\0\0\x12vttc\0\0\0\x0Apaylhi"sv), "-///hi;");
  EXPECT_EQ(Told("\0\0\0\x31vttc\0\0\0\x0Cvsid\0\0\0\x07\0\0\0\x09idenx"
                 "\0\0\0\x0Asttga:\0\0\0\x0Apaylhi"
                 "\0\0\0\x12vttc\0\0\0\x0Apaylho"sv),
            "7/x/a:/hi;-///ho;");
  EXPECT_EQ(Told("\0\0\0\x12vttc\0\0\0\x0Apaylhi\0\0\0\x08vtta"sv), "-///hi;");
}

TEST(WvttSample, IsDamagedWhereABoxLeadsOut) {
  EXPECT_EQ(Told(""sv), "damaged");
  EXPECT_EQ(Told("\0\0\0"sv), "damaged");
  EXPECT_EQ(Told("\0\0\0\x09vtte"sv), "damaged");
  EXPECT_EQ(Told("\0\0\0\x07vtte"sv), "damaged");
  EXPECT_EQ(Told("\0\0\0\0vtte"sv), "damaged");
  EXPECT_EQ(Told("\0\0\0\x12vttc\0\0\0\x0Bpaylhi"sv), "damaged");
  EXPECT_EQ(Told("\0\0\0\x08vtta"sv), "damaged");
  EXPECT_EQ(Told("\0\0\0\x08vtte\0\0\0\x12vttc\0\0\0\x0Apaylhi"sv), "damaged");
}

}  // namespace
}  // namespace usher::text
