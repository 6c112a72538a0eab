// From content keys and what the user said of DRM to what players are told.
#pragma once

#include <span>

#include "core/keys/content_key.h"
#include "packager/config/drm_settings.h"
#include "packager/encrypt/drm/drm_signal.h"

namespace usher {

// One for each system that can decrypt `scheme`, in the order they were named;
// none where it is neither kCbcs nor kCenc. Of several keys, those
// that belong to one init segment, a signal tells all; its HLS part tells the
// first.
DrmSignals SignalsOf(const config::DrmOptions& drm, Scheme scheme,
                     std::span<const keys::ContentKey* const> keys);

}  // namespace usher
