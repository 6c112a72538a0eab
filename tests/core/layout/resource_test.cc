#include <gtest/gtest.h>

#include <string>

#include "core/layout/layout.h"

namespace usher::layout {
namespace {

constexpr char kKid[] = "00112233445566778899aabbccddeeff";

struct Named {
  const char* path;
  Kind kind;
};

class Resources : public ::testing::TestWithParam<Named> {};

TEST_P(Resources, AreWhatTheirPathSays) {
  const auto resource = Classify(GetParam().path);
  ASSERT_TRUE(resource) << GetParam().path;
  EXPECT_EQ(resource->event, "fight");
  EXPECT_EQ(resource->kind, GetParam().kind) << GetParam().path;
}

INSTANTIATE_TEST_SUITE_P(
    Presentation, Resources,
    ::testing::Values(
        Named{"/fight/master.m3u8", Kind::kMultivariant},
        Named{"/fight/master-clearkey.m3u8", Kind::kMultivariant},
        Named{"/fight/cbcs/master.m3u8", Kind::kMultivariant},
        Named{"/fight/manifest.mpd", Kind::kMpd},
        Named{"/fight/cenc/manifest.mpd", Kind::kMpd},
        Named{"/fight/manifest-drm.mpd", Kind::kMpd},
        Named{"/fight/manifest-ll.mpd", Kind::kMpd},
        Named{"/fight/master-drm.m3u8", Kind::kMultivariant},
        Named{"/fight/master-a/media.m3u8", Kind::kMediaPlaylist},
        Named{"/fight/cbcs/master-a/1.m4s", Kind::kSegment},
        Named{"/fight/v720/media.m3u8", Kind::kMediaPlaylist},
        Named{"/fight/v720.2/media-clearkey.m3u8", Kind::kMediaPlaylist},
        Named{"/fight/v720/iframes.m3u8", Kind::kMediaPlaylist},
        Named{"/fight/aes-128/v720/media.m3u8", Kind::kMediaPlaylist},
        Named{"/fight/v720/init.mp4", Kind::kInit},
        Named{"/fight/v720/init-2.mp4", Kind::kInit},
        Named{"/fight/v720.2/v720.mp4", Kind::kSegment},
        Named{"/fight/v720/1.m4s", Kind::kSegment},
        Named{"/fight/cbcs/a-eng/120.ts", Kind::kSegment},
        Named{"/fight/s-eng/7.vtt", Kind::kSegment},
        Named{"/fight/thumbnails/1.jpg", Kind::kSegment},
        Named{"/fight/thumbnails/images.m3u8", Kind::kMediaPlaylist},
        Named{"/fight/v720/7.0.m4s", Kind::kPart},
        Named{"/fight/v720/7.12.m4s", Kind::kPart},
        Named{"/fight/key/00112233445566778899aabbccddeeff", Kind::kKey},
        Named{"/fight/key/", Kind::kLicence}));

INSTANTIATE_TEST_SUITE_P(
    Other, Resources,
    ::testing::Values(
        Named{"/fight", Kind::kOther}, Named{"/fight/", Kind::kOther},
        Named{"/fight/key", Kind::kOther}, Named{"/fight/v720", Kind::kOther},
        Named{"/fight/v720/", Kind::kOther},
        Named{"/fight/poster.jpg", Kind::kOther},
        Named{"/fight/v720/0.m4s", Kind::kOther},
        Named{"/fight/v720/01.m4s", Kind::kOther},
        Named{"/fight/v720/-1.m4s", Kind::kOther},
        Named{"/fight/v720/1.m4sx", Kind::kOther},
        Named{"/fight/v720/1.0.ts", Kind::kOther},
        Named{"/fight/v720/1.01.m4s", Kind::kOther},
        Named{"/fight/v720/99999999999999999999.m4s", Kind::kOther},
        Named{"/fight/v720/init-.mp4", Kind::kOther},
        Named{"/fight/v720/x/1.m4s", Kind::kOther},
        Named{"/fight/key/00112233445566778899AABBCCDDEEFF", Kind::kOther},
        Named{"/fight/key/00112233-4455-6677-8899-aabbccddeeff", Kind::kOther},
        Named{"/fight/key/0011", Kind::kOther},
        Named{"/fight/key/00112233445566778899aabbccddeeff/", Kind::kOther},
        Named{"/fight/key/x.m3u8", Kind::kOther},
        Named{"/fight/cbcs/key/00112233445566778899aabbccddeeff",
              Kind::kOther}));

TEST(Resource, OfAKeyNamesItsKid) {
  const auto resource = Classify(std::string("/fight/key/") + kKid);
  ASSERT_TRUE(resource && resource->kid);
  EXPECT_EQ(resource->kid->ToHex(), kKid);
  EXPECT_FALSE(Classify("/fight/key/")->kid);
}

TEST(Resource, IsNothingWhereThePathBeginsWithNoEvent) {
  for (const char* path :
       {"", "/", "fight/master.m3u8", "//fight/x", "/s/x", "/usher/watch/",
        "/Fight/x", "/../fight/x", "/.well-known/x"}) {
    EXPECT_FALSE(Classify(path)) << path;
    EXPECT_FALSE(EventOfPath(path)) << path;
  }
}

}  // namespace
}  // namespace usher::layout
