#include "packager/mp4/media_segment.h"

#include <chrono>

#include "packager/mp4/box.h"
#include "packager/mp4/mdat.h"
#include "packager/mp4/protection_boxes.h"
#include "packager/mp4/sample_encryption.h"
#include "packager/mp4/track_run.h"

namespace usher::mp4 {
namespace {

constexpr uint32_t kTrackId = 1;

// A CMAF segment that is also a DASH media segment.
void WriteSegmentType(ByteWriter& out) {
  Box styp(out, "styp");
  out.Text("cmfs");
  out.U32(0);
  out.Text("cmfscmffmsdhiso6");
}

// NTP's, whose seconds count from 1900: 2^-32 s (RFC 5905 6).
uint64_t NtpTimestamp(std::chrono::sys_time<std::chrono::milliseconds> time) {
  constexpr int64_t kFrom1900To1970 = 2'208'988'800;
  const int64_t since = time.time_since_epoch().count();
  const auto seconds = static_cast<uint64_t>(since / 1000 + kFrom1900To1970);
  const auto fraction = static_cast<uint64_t>(since % 1000);
  return seconds << 32 | (fraction << 32) / 1000;
}

void WriteProducerReferenceTime(ByteWriter& out, const Fragment& fragment) {
  // Of all frames the same way, not of this one's capture.
  constexpr uint32_t kConsistent = 8;
  Box prft(out, "prft", 1, kConsistent);
  out.U32(kTrackId);
  out.U64(NtpTimestamp(*fragment.produced));
  out.U64(fragment.StartTime());
}

void WriteFragmentHeader(ByteWriter& out, const Fragment& fragment) {
  // They rise within a segment's file, whose parts follow each other.
  constexpr unsigned kPartBits = 8;
  Box mfhd(out, "mfhd", 0, 0);
  out.U32(static_cast<uint32_t>(fragment.part ? fragment.number << kPartBits |
                                                    *fragment.part
                                              : fragment.number));
}

void WriteDecodeTime(ByteWriter& out, const Fragment& fragment) {
  Box tfdt(out, "tfdt", 1, 0);
  out.U64(fragment.decode_time);
}

// Returns where trun's data_offset waits for the size of moof.
size_t WriteMovieFragment(ByteWriter& out, const Fragment& fragment,
                          Scheme scheme,
                          std::span<const SampleProtection> protections,
                          const TrackProtection* group) {
  const size_t moof_start = out.size();
  Box moof(out, "moof");
  WriteFragmentHeader(out, fragment);
  Box traf(out, "traf");
  const SampleDefaults defaults = FindDefaults(fragment);
  WriteTrackFragmentHeader(out, kTrackId, defaults);
  WriteDecodeTime(out, fragment);
  const size_t data_offset = WriteTrackRun(out, fragment, defaults);
  if (group != nullptr) {
    WriteKeyGroup(out, *group, static_cast<uint32_t>(fragment.samples.size()));
  }
  WriteSampleEncryption(out, moof_start, scheme, protections);
  return data_offset;
}

}  // namespace

Bytes WriteSegmentHeader(const Fragment& fragment, Scheme scheme,
                         std::span<const SampleProtection> protections,
                         const TrackProtection* group) {
  Bytes bytes;
  ByteWriter out(bytes);
  if (fragment.part.value_or(0) == 0) WriteSegmentType(out);
  if (fragment.produced) WriteProducerReferenceTime(out, fragment);
  const size_t moof_start = out.size();
  const size_t data_offset =
      WriteMovieFragment(out, fragment, scheme, protections, group);
  WriteMdatHeader(out, fragment.data.size());
  out.PatchU32(data_offset, static_cast<uint32_t>(out.size() - moof_start));
  return bytes;
}

}  // namespace usher::mp4
