#include "packager/manifest/dash_manifest.h"

#include <gtest/gtest.h>

#include "packager/manifest/manifests.h"
#include "tests/packager/manifest/presentations.h"
#include "tests/support/run_process.h"

namespace usher::manifest {
namespace {

TEST(DashManifest, JoinsVideoOfOneKeyAndKeepsSoundTracksApart) {
  const playlist::Mpd mpd = BuildMpd(NestedCbcs());
  ASSERT_EQ(mpd.periods.size(), 1U);
  const auto& sets = mpd.periods[0].sets;
  ASSERT_EQ(sets.size(), 3U);
  EXPECT_EQ(sets[0].content_type, "video");
  EXPECT_EQ(sets[0].representations.size(), 2U);
  EXPECT_EQ(sets[1].language, "en");
  EXPECT_EQ(sets[1].role, "main");
  EXPECT_EQ(sets[2].language, "de");
  EXPECT_EQ(sets[2].role, "");
}

TEST(DashManifest, SeparatesVideoUnderAnotherKey) {
  Presentation presentation = NestedCbcs();
  presentation.tracks[0].inits[0].protection->default_kid.bytes[0] ^= 1;
  const playlist::Mpd mpd = BuildMpd(presentation);
  const auto& sets = mpd.periods.at(0).sets;
  ASSERT_EQ(sets.size(), 4U);
  EXPECT_NE(sets[0].encryption->default_kid, sets[1].encryption->default_kid);
}

TEST(DashManifest, NamesTheKidOfTheInitSegmentAndTheLicencePlaceholder) {
  const playlist::Mpd mpd = BuildMpd(NestedCbcs());
  for (const playlist::AdaptationSet& set : mpd.periods.at(0).sets) {
    ASSERT_TRUE(set.encryption);
    EXPECT_EQ(set.encryption->scheme, "cbcs");
    EXPECT_EQ(set.encryption->default_kid,
              "01234567-89ab-cdef-0123-456789abcdef");
    EXPECT_EQ(set.encryption->clear_key->licence_url, "urn:usher:licence");
    EXPECT_FALSE(set.encryption->clear_key->pssh.empty());
  }
  const playlist::Mpd radio = BuildMpd(Radio());
  for (const playlist::AdaptationSet& set : radio.periods.at(0).sets) {
    EXPECT_FALSE(set.encryption);
  }
}

TEST(DashManifest, GoesOnInANewPeriodUnderANewKey) {
  const playlist::Mpd mpd = BuildMpd(RotatedCenc());
  ASSERT_EQ(mpd.periods.size(), 2U);
  EXPECT_EQ(mpd.periods[1].start, std::chrono::seconds(12));
  ASSERT_EQ(mpd.periods[0].sets.size(), mpd.periods[1].sets.size());
  for (size_t i = 0; i < mpd.periods[0].sets.size(); ++i) {
    const playlist::AdaptationSet& before = mpd.periods[0].sets[i];
    const playlist::AdaptationSet& after = mpd.periods[1].sets[i];
    EXPECT_EQ(after.id, before.id);
    EXPECT_EQ(before.continues_period, "");
    EXPECT_EQ(after.continues_period, mpd.periods[0].id);
    EXPECT_NE(after.encryption->default_kid, before.encryption->default_kid);
    const auto& segments = after.representations.at(0).segments;
    EXPECT_EQ(segments.start_number, 3U);
    EXPECT_EQ(segments.presentation_time_offset, 12 * segments.timescale);
    EXPECT_TRUE(segments.initialization.ends_with("/init-2.mp4"));
  }
}

TEST(DashManifest, StartsAFreshPeriodWhereTheInputJumps) {
  const playlist::Mpd mpd = BuildMpd(Jump());
  ASSERT_EQ(mpd.periods.size(), 2U);
  EXPECT_EQ(mpd.periods[1].start, std::chrono::seconds(6));
  for (const playlist::AdaptationSet& set : mpd.periods[1].sets) {
    EXPECT_EQ(set.continues_period, "");
    const auto& segments = set.representations.at(0).segments;
    EXPECT_EQ(segments.start_number, 2U);
    EXPECT_TRUE(segments.initialization.ends_with("/init.mp4"));
  }
}

TEST(DashManifest, LeavesATrackOutOfPeriodsInWhichItIsSilent) {
  Presentation presentation = RotatedCenc();
  presentation.tracks[2].segments.pop_back();
  const playlist::Mpd mpd = BuildMpd(presentation);
  ASSERT_EQ(mpd.periods.size(), 2U);
  EXPECT_EQ(mpd.periods[0].sets.size(), 3U);
  ASSERT_EQ(mpd.periods[1].sets.size(), 2U);
  EXPECT_EQ(mpd.periods[1].sets[1].id, 3U);
  EXPECT_EQ(mpd.periods[1].sets[1].language, "de");
}

TEST(DashManifest, StartsItsTimelineWhereThePresentationDoes) {
  const playlist::Mpd mpd = BuildMpd(SecondRevision());
  const playlist::SegmentTemplate& segments =
      mpd.periods.at(0).sets[0].representations[0].segments;
  EXPECT_EQ(segments.presentation_time_offset, 2002U);
  ASSERT_EQ(segments.timeline.size(), 1U);
  EXPECT_EQ(segments.timeline[0].start, 2002U);
  EXPECT_EQ(segments.timeline[0].count, 3U);
  EXPECT_EQ(segments.media, "v1080.2/$Number$.m4s");
}

// A stream at @bandwidth, after minBufferTime, must never run dry: no segment
// is longer than minBufferTime or costlier than @bandwidth allows.
TEST(DashManifest, PromisesBandwidthThatMinBufferTimeHolds) {
  const Presentation presentation = NestedCbcs();
  const playlist::Mpd mpd = BuildMpd(presentation);
  const double buffer = static_cast<double>(mpd.longest_segment.count()) / 1e6;
  const auto& representations = mpd.periods.at(0).sets.at(0).representations;
  for (size_t i = 0; i < representations.size(); ++i) {
    const TrackRecord& record = presentation.tracks[i];
    const auto rate = static_cast<double>(representations[i].bandwidth);
    double arrived_at = 0;
    double played_from = buffer;
    for (const SegmentRecord& segment : record.segments) {
      arrived_at += 8.0 * static_cast<double>(segment.bytes) / rate;
      EXPECT_LE(arrived_at, played_from + 1e-6) << record.directory;
      played_from +=
          static_cast<double>(segment.duration) / record.track.timescale;
    }
  }
}

TEST(DashManifest, IsWellFormedToAnIndependentReader) {
  for (const Presentation& presentation :
       {NestedCbcs(), Radio(), RotatedCenc(), Jump()}) {
    const auto files = WriteManifests(presentation);
    ASSERT_EQ(files.back().path, "manifest.mpd");
    const auto result = ::usher::testing::RunProcess(
        {"xmllint", "--noout", "-"},
        {.input = files.back().text, .directory = {}, .environment = {}});
    EXPECT_EQ(result.exit_code, 0) << result.err;
  }
}

}  // namespace
}  // namespace usher::manifest
