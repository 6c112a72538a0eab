#include "packager/mp4/sample_encryption.h"

#include <algorithm>

#include "packager/mp4/box.h"

namespace usher::mp4 {
namespace {

// What every entry of one senc has in common.
struct EntryForm {
  bool ivs;
  bool subsamples;

  size_t SizeOf(const SampleProtection& sample) const {
    return (ivs ? sample.iv.size() : 0) +
           (subsamples ? 2 + 6 * sample.subsamples.size() : 0);
  }
};

EntryForm FormOf(Scheme scheme, std::span<const SampleProtection> samples) {
  return {.ivs = scheme == Scheme::kCenc,
          .subsamples =
              std::ranges::any_of(samples, [](const SampleProtection& sample) {
                return !sample.subsamples.empty();
              })};
}

// No entry is longer than a byte tells: encryption makes at most 40 subsamples
// a sample (packager/encrypt/subsample_map.h).
void WriteSizes(ByteWriter& out, EntryForm form,
                std::span<const SampleProtection> samples) {
  const size_t first = form.SizeOf(samples.front());
  const bool same =
      std::ranges::all_of(samples, [&](const SampleProtection& sample) {
        return form.SizeOf(sample) == first;
      });
  Box saiz(out, "saiz", 0, 0);
  out.U8(same ? static_cast<uint8_t>(first) : 0);
  out.U32(static_cast<uint32_t>(samples.size()));
  if (same) return;
  for (const SampleProtection& sample : samples) {
    out.U8(static_cast<uint8_t>(form.SizeOf(sample)));
  }
}

// Returns where the one offset lies.
size_t WriteOffset(ByteWriter& out) {
  Box saio(out, "saio", 0, 0);
  out.U32(1);
  const size_t offset = out.size();
  out.U32(0);
  return offset;
}

void WriteEntry(ByteWriter& out, EntryForm form,
                const SampleProtection& sample) {
  if (form.ivs) out.Append(sample.iv);
  if (!form.subsamples) return;
  out.U16(static_cast<uint16_t>(sample.subsamples.size()));
  for (const Subsample& subsample : sample.subsamples) {
    out.U16(subsample.clear);
    out.U32(subsample.encrypted);
  }
}

// Returns where the first entry lies.
size_t WriteEntries(ByteWriter& out, EntryForm form,
                    std::span<const SampleProtection> samples) {
  constexpr uint32_t kUseSubsamples = 0x02;
  Box senc(out, "senc", 0, form.subsamples ? kUseSubsamples : 0);
  out.U32(static_cast<uint32_t>(samples.size()));
  const size_t first = out.size();
  for (const SampleProtection& sample : samples) WriteEntry(out, form, sample);
  return first;
}

}  // namespace

void WriteSampleEncryption(ByteWriter& out, size_t moof_start, Scheme scheme,
                           std::span<const SampleProtection> protections) {
  if (protections.empty()) return;
  const EntryForm form = FormOf(scheme, protections);
  if (!form.ivs && !form.subsamples) return;
  WriteSizes(out, form, protections);
  const size_t offset = WriteOffset(out);
  const size_t first_entry = WriteEntries(out, form, protections);
  out.PatchU32(offset, static_cast<uint32_t>(first_entry - moof_start));
}

}  // namespace usher::mp4
