#include "packager/manifest/dash_manifest.h"

#include <gtest/gtest.h>

#include "packager/manifest/manifests.h"
#include "tests/packager/manifest/presentations.h"
#include "tests/support/run_process.h"

namespace usher::manifest {
namespace {

TEST(DashManifest, JoinsVideoOfOneKeyAndKeepsSoundTracksApart) {
  const playlist::Mpd mpd = BuildMpd(NestedCbcs());
  ASSERT_EQ(mpd.sets.size(), 3U);
  EXPECT_EQ(mpd.sets[0].content_type, "video");
  EXPECT_EQ(mpd.sets[0].representations.size(), 2U);
  EXPECT_EQ(mpd.sets[1].language, "en");
  EXPECT_EQ(mpd.sets[1].role, "main");
  EXPECT_EQ(mpd.sets[2].language, "de");
  EXPECT_EQ(mpd.sets[2].role, "");
}

TEST(DashManifest, SeparatesVideoUnderAnotherKey) {
  Presentation presentation = NestedCbcs();
  presentation.tracks[0].kid->bytes[0] ^= 1;
  presentation.tracks[0].protection->default_kid = *presentation.tracks[0].kid;
  const playlist::Mpd mpd = BuildMpd(presentation);
  ASSERT_EQ(mpd.sets.size(), 4U);
  EXPECT_NE(mpd.sets[0].encryption->default_kid,
            mpd.sets[1].encryption->default_kid);
}

TEST(DashManifest, NamesTheKidOfTheInitSegmentAndTheLicencePlaceholder) {
  const playlist::Mpd mpd = BuildMpd(NestedCbcs());
  for (const playlist::AdaptationSet& set : mpd.sets) {
    ASSERT_TRUE(set.encryption);
    EXPECT_EQ(set.encryption->scheme, "cbcs");
    EXPECT_EQ(set.encryption->default_kid,
              "01234567-89ab-cdef-0123-456789abcdef");
    EXPECT_EQ(set.encryption->licence_url, "urn:usher:licence");
    EXPECT_FALSE(set.encryption->pssh.empty());
  }
  for (const playlist::AdaptationSet& set : BuildMpd(Radio()).sets) {
    EXPECT_FALSE(set.encryption);
  }
}

TEST(DashManifest, StartsItsTimelineWhereThePresentationDoes) {
  const playlist::Mpd mpd = BuildMpd(SecondRevision());
  const playlist::SegmentTemplate& segments =
      mpd.sets[0].representations[0].segments;
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
  for (size_t set = 0; set < 1; ++set) {
    for (size_t i = 0; i < mpd.sets[set].representations.size(); ++i) {
      const TrackRecord& record = presentation.tracks[i];
      const auto rate =
          static_cast<double>(mpd.sets[set].representations[i].bandwidth);
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
}

TEST(DashManifest, IsWellFormedToAnIndependentReader) {
  for (const Presentation& presentation : {NestedCbcs(), Radio()}) {
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
