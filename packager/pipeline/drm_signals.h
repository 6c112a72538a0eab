// From content keys and what the user said of DRM to what players are told.
#pragma once

#include <span>

#include "core/keys/content_key.h"
#include "packager/config/package_settings.h"
#include "packager/encrypt/drm/drm_signal.h"

namespace usher {

// What a CPIX document says of the keys, and for systems of --drm that it says
// nothing of, one for each system that can decrypt `scheme`, in the order they
// were named; none where it is neither kCbcs nor kCenc. Of several keys, those
// that belong to one init segment, a signal tells all; its HLS part tells the
// first.
DrmSignals SignalsOf(const config::PackageOptions& options, Scheme scheme,
                     std::span<const keys::ContentKey* const> keys);

}  // namespace usher
