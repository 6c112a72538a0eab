// What HLS and DASH say of sprite sheets: the image media playlist that Roku
// and shaka-player read, and DASH-IF's thumbnail tiles (IOP 6.2.6).
#pragma once

#include <chrono>
#include <string>

#include "core/playlist/mpd.h"
#include "core/playlist/multivariant_playlist.h"
#include "packager/manifest/presentation.h"

namespace usher::manifest {

std::string ImagePlaylistPath(const ThumbnailRecord& thumbnails);
std::string WriteImagePlaylist(const ThumbnailRecord& thumbnails);
playlist::ImageVariant ImageVariantOf(const ThumbnailRecord& thumbnails);

// For the period that starts at `start`: sheets count from the film's start.
playlist::AdaptationSet ThumbnailSet(const ThumbnailRecord& thumbnails,
                                     std::chrono::microseconds start);

}  // namespace usher::manifest
