// Sprite sheets for the seek bar, once for all schemes.
#pragma once

#include <functional>
#include <vector>

#include "core/base/bytes.h"
#include "core/base/error.h"
#include "packager/config/package_settings.h"
#include "packager/input/interrupt.h"
#include "packager/manifest/presentation.h"
#include "packager/pipeline/package_plan.h"

namespace usher {

// What manifests say of the sheets; none where the user wants none. Fails
// (BadInput) where there are no pictures, or more sheets than anyone needs.
Result<std::optional<manifest::ThumbnailRecord>> PlanThumbnails(
    const config::PackageOptions& options, const PackagePlan& plan,
    unsigned revision);

// Makes them one after another, each as JPEG; `store` is told its number, from
// 1. Adds their sizes to `record`.
Status DrawThumbnails(
    const PackagePlan& plan, const Interrupt& interrupt,
    const std::function<Status(uint64_t number, ByteView jpeg)>& store,
    manifest::ThumbnailRecord& record);

}  // namespace usher
