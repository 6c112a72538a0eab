#include "core/layout/everything.h"

#include <array>

namespace usher::layout {
namespace {

// Tracks, numbers and KIDs nobody would list one by one.
constexpr auto kEverything = std::to_array<std::string_view>({
    "master.m3u8",
    "master-clearkey.m3u8",
    "master-event.m3u8",
    "manifest.mpd",
    "cbcs/master.m3u8",
    "cenc/manifest.mpd",
    "v720/media.m3u8",
    "v720/media.m3u8?_HLS_msn=7&_HLS_part=1",
    "v720/iframes.m3u8",
    "v720/init.mp4",
    "v720/1.m4s",
    "v720/123456789.m4s",
    "v720/12.3.m4s",
    "v1080.2/event.m3u8",
    "v1080.2/init-3.mp4",
    "v1080.2/42.m4s",
    "a-eng/media-clearkey.m3u8",
    "a-eng/init.mp4",
    "a-eng/9.m4s",
    "a-q8z/9.ts",
    "s-eng/5.vtt",
    "cbcs/v720/media.m3u8",
    "cbcs/v720/init.mp4",
    "cenc/a-q8z.7/31.m4s",
    "thumbnails/images.m3u8",
    "thumbnails/2.jpg",
    "key/",
    "key/00112233445566778899aabbccddeeff",
    "key/f7d4c8a1903b5e62f7d4c8a1903b5e60",
    "cover",
});

}  // namespace

std::span<const std::string_view> Everything() { return kEverything; }

}  // namespace usher::layout
