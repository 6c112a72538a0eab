// Names and URLs of a presentation: the one contract both programs share.
// Design: a presentation on disk is its URL space (docs/architecture.md).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/keys/key_id.h"

namespace usher::layout {

// [a-z0-9][a-z0-9-]{0,62}, and neither "s" nor "usher".
bool IsEventName(std::string_view name);
// The nearest event name to a file name: "My Film (2).mp4" -> "my-film-2".
// "event" where nothing is left.
std::string EventNameFor(std::string_view file_name);
// [a-z0-9][a-z0-9-]{0,62}, and none of: key aes-128 cbcs cenc none. No dot:
// that belongs to revisions ("v720.2") and to files.
bool IsTrackName(std::string_view name);

// The first path element of a canonical URI, where it is an event name.
std::optional<std::string_view> EventOfPath(std::string_view path);

enum class Kind {
  kMultivariant,  // <event>/master*.m3u8
  kMpd,           // <event>/manifest.mpd, manifest-drm.mpd, manifest-ll.mpd
  kMediaPlaylist,
  kInit,
  kSegment,  // .m4s .ts .vtt .jpg, numbered; .mp4, a whole track
  kPart,     // <n>.<p>.m4s
  kKey,      // <event>/key/<kid>: GET
  kLicence,  // <event>/key/: POST
  kOther,
};
struct Resource {
  std::string_view event;
  Kind kind = Kind::kOther;
  std::optional<keys::KeyId> kid;  // kKey only
};
// What `path` (canonical, leading slash, no query) names. Nothing where its
// first element is no event name.
std::optional<Resource> Classify(std::string_view path);

inline constexpr std::string_view kMaster = "master.m3u8";
inline constexpr std::string_view kMasterClearKey = "master-clearkey.m3u8";
// A live event's with a window: all of it.
inline constexpr std::string_view kMasterEvent = "master-event.m3u8";
inline constexpr std::string_view kMasterEventClearKey =
    "master-event-clearkey.m3u8";
// cbcs and cenc with DRM: the same segments, for DRM systems alone.
inline constexpr std::string_view kMasterDrm = "master-drm.m3u8";
inline constexpr std::string_view kMasterEventDrm = "master-event-drm.m3u8";
inline constexpr std::string_view kMpd = "manifest.mpd";
inline constexpr std::string_view kMpdDrm = "manifest-drm.mpd";
// Live, with parts: segments are sequences of them.
inline constexpr std::string_view kMpdLowLatency = "manifest-ll.mpd";
inline constexpr std::string_view kMedia = "media.m3u8";
inline constexpr std::string_view kMediaClearKey = "media-clearkey.m3u8";
inline constexpr std::string_view kMediaDrm = "media-drm.m3u8";
inline constexpr std::string_view kIFrames = "iframes.m3u8";
inline constexpr std::string_view kIFramesClearKey = "iframes-clearkey.m3u8";
inline constexpr std::string_view kIFramesDrm = "iframes-drm.m3u8";
inline constexpr std::string_view kEvent = "event.m3u8";
inline constexpr std::string_view kEventClearKey = "event-clearkey.m3u8";
inline constexpr std::string_view kEventDrm = "event-drm.m3u8";
inline constexpr std::string_view kInit = "init.mp4";
// Sprite sheets: a directory like a track's, with 1.jpg, 2.jpg, ...
inline constexpr std::string_view kThumbnails = "thumbnails";
inline constexpr std::string_view kImages = "images.m3u8";

// Stands in the MPD where the licence URL belongs; the edge replaces it by the
// session's own (nginx's sub_filter), because players resolve a relative one
// against the page.
inline constexpr std::string_view kLicencePlaceholder = "urn:usher:licence";

// Where a box tells the time, as written in a file that lies `depth`
// directories below `<event>/`: 0 -> "../usher/time".
std::string ClockUri(unsigned depth);

// The n-th init segment of a track, from 1: "init.mp4", "init-2.mp4".
std::string InitName(size_t n);
std::string SegmentName(uint64_t number, std::string_view extension);
// Part p of segment n, from 0: "n.p.m4s".
std::string PartName(uint64_t number, uint64_t part,
                     std::string_view extension);
// The track's directory in revision r: "v720" for 1, "v720.2" for 2.
std::string TrackDirectory(std::string_view track, unsigned revision);

// The key URI as written in a file that lies `depth` directories below
// `<event>/`: 0 -> "key/K", 1 -> "../key/K", 2 -> "../../key/K".
std::string KeyUri(const keys::KeyId& kid, unsigned depth);

}  // namespace usher::layout
