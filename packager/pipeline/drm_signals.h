// From a content key and what the user said of DRM to what players are told.
#pragma once

#include "core/keys/content_key.h"
#include "packager/config/drm_settings.h"
#include "packager/encrypt/drm/drm_signal.h"

namespace usher {

// One for each system that can decrypt `scheme`, in the order they were named;
// none where it is neither kCbcs nor kCenc.
DrmSignals SignalsOf(const config::DrmOptions& drm, Scheme scheme,
                     const keys::ContentKey& key);

}  // namespace usher
