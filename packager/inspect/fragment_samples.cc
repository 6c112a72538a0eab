#include "packager/inspect/fragment_samples.h"

#include <algorithm>

#include "packager/encrypt/av1_mapper.h"
#include "packager/encrypt/subsample_list.h"
#include "packager/encrypt/vp9_mapper.h"
#include "packager/inspect/sample_decryptor.h"
#include "packager/text/wvtt_sample.h"

namespace usher::inspect {
namespace {

constexpr size_t kBlock = 16;

const SampleEncryption* EncryptionOf(const TrackFragment& fragment,
                                     size_t sample) {
  return sample < fragment.encryption.size() ? &fragment.encryption[sample]
                                             : nullptr;
}

uint64_t ProtectedBytes(const SampleEncryption& encryption, uint64_t size) {
  if (encryption.subsamples.empty()) return size;
  uint64_t bytes = 0;
  for (const Subsample& part : encryption.subsamples) bytes += part.encrypted;
  return bytes;
}

// The first syntactic element of an AAC frame that two or one channels can
// begin with (ISO/IEC 14496-3 4.4.2.1): a single or a pair, or one that may
// stand in front of them. Random bytes pass half of the time, and a segment
// has hundreds of frames.
bool LooksLikeAac(ByteView frame, uint32_t channels) {
  constexpr uint8_t kSingle = 0, kPair = 1, kData = 4, kProgram = 5, kFill = 6;
  if (frame.empty() || channels > 2) return true;
  const uint8_t element = frame[0] >> 5;
  const bool expected = channels == 1 ? element == kSingle
                                      : element == kPair || element == kSingle;
  return expected || element == kData || element == kProgram ||
         element == kFill;
}

struct Range {
  uint64_t begin = 0;
  uint64_t end = 0;
};

// What a map protects; ranges without clear bytes between them are one.
std::vector<Range> ProtectedRanges(std::span<const Subsample> map) {
  std::vector<Range> ranges;
  uint64_t at = 0;
  for (const Subsample& part : map) {
    const uint64_t begin = at + part.clear;
    at = begin + part.encrypted;
    if (part.encrypted == 0) continue;
    if (!ranges.empty() && ranges.back().end == begin) {
      ranges.back().end = at;
    } else {
      ranges.push_back({begin, at});
    }
  }
  return ranges;
}

// Whether each byte that `map` protects is one that `allowed` protects, too.
bool LiesWithin(std::span<const Subsample> map,
                std::span<const Subsample> allowed) {
  const std::vector<Range> outer = ProtectedRanges(allowed);
  return std::ranges::all_of(ProtectedRanges(map), [&](const Range& inner) {
    return std::ranges::any_of(outer, [&](const Range& range) {
      return range.begin <= inner.begin && inner.end <= range.end;
    });
  });
}

// No map: all of it.
bool EndsProtected(const SampleEncryption* encryption) {
  return encryption == nullptr || encryption->subsamples.empty() ||
         encryption->subsamples.back().encrypted > 0;
}

// Their bindings to ISO BMFF say which bytes are clear: VP9's uncompressed
// headers, all of AV1 but its tiles. What they tell can be read from those.
std::unique_ptr<SampleMapper> HeadersOf(const MediaTrack& track) {
  if (track.format == "vp09") return MakeVp9Mapper(Scheme::kCbcs);
  if (track.format != "av01") return nullptr;
  return MakeAv1Mapper(SequenceHeaderOf(track.decoder_config));
}

}  // namespace

void SampleJudge::Judge(const TrackFragment& fragment, Bytes& bytes,
                        MeasuredTrack& measured) {
  const MediaTrack& track = *fragment.track;
  NalInspector nal(track);
  if (!headers_) {
    headers_ = HeadersOf(track);
    if (headers_) headers_->StartFragment();
  }
  for (size_t i = 0; i < fragment.samples.size(); ++i) {
    const SampleView& sample = fragment.samples[i];
    const std::span<uint8_t> data = std::span(bytes).subspan(
        static_cast<size_t>(sample.offset), sample.size);
    const bool is_protected = fragment.protections[i] != nullptr;
    if (is_protected) measured.kids.insert(fragment.protections[i]->kid);
    if (is_protected && !MapFits(fragment, i)) continue;
    if (headers_) JudgeHeaders(fragment, data, i);
    bool readable = !is_protected;
    if (is_protected) {
      RecordIv(fragment, i);
      readable = Decrypt(fragment, i, data);
    }
    if (track.nal_codec != NalCodec::kNone) {
      const SampleEncryption whole;
      const SampleEncryption* encryption = EncryptionOf(fragment, i);
      if (is_protected && encryption == nullptr) encryption = &whole;
      const NalFacts facts =
          nal.LookAt(data, is_protected ? encryption : nullptr);
      JudgeNal(facts, fragment, i);
      if (readable && facts.impossible) Impossible(is_protected, i);
      if (i == 0 && !facts.header_protected) {
        measured.starts_with_key = facts.key;
      }
      if (facts.refers_back) measured.independent = false;
    } else if (readable && is_protected) {
      JudgePlain(fragment, data, i);
    } else if (readable && track.format == "wvtt" &&
               !text::ReadWvttSample(data)) {
      Error("wvtt-sample", i, "neither boxes vttc nor a vtte",
            "ISO/IEC 14496-30 7.5");
    }
  }
}

bool SampleJudge::MapFits(const TrackFragment& fragment, size_t sample) {
  const SampleEncryption* encryption = EncryptionOf(fragment, sample);
  if (encryption == nullptr || encryption->subsamples.empty()) return true;
  const Protection& protection = *fragment.protections[sample];
  uint64_t sum = 0;
  for (const Subsample& part : encryption->subsamples) {
    sum += uint64_t{part.clear} + part.encrypted;
    if (protection.scheme == "cenc" && part.encrypted % kBlock != 0) {
      Error("cenc-subsample-blocks", sample,
            "a protected range of " + std::to_string(part.encrypted) +
                " bytes is no multiple of 16",
            "ISO/IEC 23001-7 9.5.2");
    }
  }
  if (sum == fragment.samples[sample].size) return true;
  Error("cenc-subsample-sum", sample,
        "its subsamples make " + std::to_string(sum) + " bytes, the sample " +
            std::to_string(fragment.samples[sample].size),
        "ISO/IEC 23001-7 9.5.1");
  return false;
}

void SampleJudge::RecordIv(const TrackFragment& fragment, size_t sample) {
  const Protection& protection = *fragment.protections[sample];
  const SampleEncryption* encryption = EncryptionOf(fragment, sample);
  if (encryption == nullptr || protection.iv_size == 0 ||
      (protection.scheme != "cenc" && protection.scheme != "cens")) {
    return;
  }
  const SampleView& view = fragment.samples[sample];
  const uint64_t bytes = ProtectedBytes(*encryption, view.size);
  if (bytes == 0) return;
  ledger_.Add(source_.location, source_.place,
              {protection.kid, encryption->iv, (bytes + kBlock - 1) / kBlock,
               source_.offset + view.offset});
}

bool SampleJudge::Decrypt(const TrackFragment& fragment, size_t sample,
                          std::span<uint8_t> data) {
  const Protection& protection = *fragment.protections[sample];
  const auto key = keys_.find(protection.kid);
  if (key == keys_.end()) {
    // Said once for a key, at the end of the run.
    return false;
  }
  return DecryptSample(key->second.view(), protection,
                       EncryptionOf(fragment, sample), data);
}

void SampleJudge::JudgeNal(const NalFacts& facts, const TrackFragment& fragment,
                           size_t number) {
  if (!facts.whole) {
    Error("nal-length", number, "NAL unit lengths do not add up to its size",
          "ISO/IEC 14496-15 5.3.4.2");
  }
  if (facts.header_protected) {
    Error("cenc-nal-header", number,
          "the length or header of a NAL unit is encrypted",
          "ISO/IEC 23001-7 9.5.2");
  }
  if (facts.other_protected) {
    Error("cenc-parameter-sets", number,
          "a NAL unit that is no slice (parameter set, SEI, AUD) is encrypted",
          "ISO/IEC 23001-7 9.5.2");
  }
  if (facts.slice_header_protected) {
    // For cenc it is advice, for the schemes with a pattern a rule.
    const std::string& scheme = fragment.protections[number]->scheme;
    const bool rule = scheme == "cbcs" || scheme == "cens";
    Say(rule ? Severity::kError : Severity::kWarning, "cenc-slice-header",
        number, "a slice header is encrypted", "ISO/IEC 23001-7 9.5.2");
  }
  if (fragment.samples[number].sync && facts.whole && !facts.header_protected &&
      !facts.key) {
    Error("cmaf-sync-flag", number,
          "marked as sync sample, but it is no IDR picture",
          "ISO/IEC 14496-12 8.6.2");
  }
}

// Clear samples are read, too: later ones may refer to what they tell.
void SampleJudge::JudgeHeaders(const TrackFragment& fragment, ByteView sample,
                               size_t number) {
  const SampleEncryption* encryption = EncryptionOf(fragment, number);
  const bool is_protected = fragment.protections[number] != nullptr;
  Bytes without_index;
  if (is_protected && fragment.track->format == "vp09" &&
      EndsProtected(encryption)) {
    // One frame: an index of several would be clear. What looks like one there
    // is ciphertext.
    without_index.assign(sample.begin(), sample.end());
    if (!without_index.empty()) without_index.back() = 0;
    sample = without_index;
  }
  const auto allowed = headers_->Map(sample);
  if (!is_protected) return;
  if (!allowed) {
    Say(Severity::kWarning, "cenc-frame-header", number,
        "its headers cannot be read from what is clear",
        "ISO/IEC 23001-7 9.5.1");
    return;
  }
  // Where there are more, ours leaves out tiles that another may protect.
  if (allowed->size() >= kMaxSubsamples) return;
  const Subsample whole{0, static_cast<uint32_t>(sample.size())};
  std::span<const Subsample> map(&whole, 1);
  if (encryption != nullptr && !encryption->subsamples.empty()) {
    map = encryption->subsamples;
  }
  if (LiesWithin(map, *allowed)) return;
  Error("cenc-frame-header", number,
        "bytes of a frame's header are encrypted, or of what stands between "
        "tiles",
        fragment.track->format == "vp09"
            ? "VP Codec ISO Media File Format Binding, Common Encryption"
            : "AV1 Codec ISO Media File Format Binding 4");
}

void SampleJudge::JudgePlain(const TrackFragment& fragment, ByteView sample,
                             size_t number) {
  if (!fragment.track->codecs.starts_with("mp4a.40.")) return;
  if (LooksLikeAac(sample, fragment.track->channels)) return;
  Error("cenc-decrypt", number,
        "what the key decrypts is no AAC: a wrong key or IV, or a flaw in "
        "encryption",
        "ISO/IEC 23001-7 9");
}

void SampleJudge::Impossible(bool was_protected, size_t number) {
  if (was_protected) {
    Error("cenc-decrypt", number,
          "what the key decrypts is no video: a wrong key or IV, or a flaw in "
          "encryption",
          "ISO/IEC 23001-7 9");
  } else {
    Error("nal-emulation", number, "a start code or a zero tail in a NAL unit",
          "ITU-T H.264 7.4.1");
  }
}

void SampleJudge::Error(std::string check, size_t sample,
                        const std::string& what, std::string clause) {
  Say(Severity::kError, std::move(check), sample, what, std::move(clause));
}

void SampleJudge::Say(Severity severity, std::string check, size_t sample,
                      const std::string& what, std::string clause) {
  if (!said_.insert(check).second) return;
  findings_.Add({severity, std::move(check), source_.place,
                 "sample " + std::to_string(sample + 1) + ": " + what,
                 std::move(clause)});
}

}  // namespace usher::inspect
