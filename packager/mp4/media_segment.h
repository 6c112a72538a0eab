// A CMAF segment of one fragment: styp + moof + mdat; or one of the parts whose
// bytes make up a segment: the first alone has styp. A fragment that says when
// it was produced has prft in front of moof (ISO/IEC 14496-12 8.16.5).
#pragma once

#include <span>

#include "core/base/bytes.h"
#include "packager/encrypt/protection.h"
#include "packager/fragment/fragment.h"

namespace usher::mp4 {

// Of the segment type box that WriteSegmentHeader begins with.
inline constexpr size_t kSegmentTypeSize = 32;

// Everything in front of the payload: styp, prft, moof and the mdat header. The
// payload (fragment.data) follows it on disk as it is, so no byte is copied.
// `protections` is empty, or holds one entry a sample (senc, saiz, saio);
// `scheme` says which form senc takes. `group`, where not null, says that all
// samples are protected so, and not as the init segment's tenc has it.
Bytes WriteSegmentHeader(const Fragment& fragment, Scheme scheme,
                         std::span<const SampleProtection> protections,
                         const TrackProtection* group = nullptr);

}  // namespace usher::mp4
