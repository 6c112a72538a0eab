// Where a scheme's presentation breaks: where the input's clock jumped, and
// where the init segment changes with the key.
#pragma once

#include <span>
#include <vector>

#include "packager/config/scheme.h"
#include "packager/manifest/presentation.h"
#include "packager/pipeline/crypto_periods.h"
#include "packager/pipeline/package_plan.h"

namespace usher {

// Rising; where both fall together it is a discontinuity.
std::vector<manifest::Break> BreaksOf(Scheme scheme, const PackagePlan& plan,
                                      std::span<const CryptoPeriod> periods);

}  // namespace usher
