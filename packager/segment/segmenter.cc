#include "packager/segment/segmenter.h"

#include <array>
#include <utility>

#include "core/layout/layout.h"
#include "packager/mp4/init_segment.h"
#include "packager/mp4/media_segment.h"

namespace usher {
namespace {

constexpr std::string_view kExtension = "m4s";

std::string PathOf(const std::string& directory, std::string_view file) {
  return directory + "/" + std::string(file);
}

}  // namespace

Result<Segmenter> Segmenter::Make(Scheme scheme, const Track& track,
                                  const keys::ContentKey* key,
                                  std::string directory, Storage& storage) {
  Segmenter made(scheme, track, std::move(directory), storage);
  if (key != nullptr) made.kid_ = key->kid;
  if (scheme == Scheme::kAes128) {
    made.segment_encryptor_ = std::make_unique<SegmentEncryptor>(track, *key);
  } else if (scheme != Scheme::kNone) {
    auto encryptor = MakeSampleEncryptor(scheme, track, *key);
    if (!encryptor) return std::unexpected(encryptor.error());
    made.sample_encryptor_ = *std::move(encryptor);
  }
  return made;
}

Segmenter::Segmenter(Scheme scheme, const Track& track, std::string directory,
                     Storage& storage)
    : scheme_(scheme),
      track_(&track),
      directory_(std::move(directory)),
      storage_(&storage) {}

std::optional<TrackProtection> Segmenter::protection() const {
  if (!sample_encryptor_) return std::nullopt;
  return sample_encryptor_->protection();
}

Status Segmenter::WriteInit() const {
  const Bytes init = mp4::WriteInitSegment(*track_, protection());
  const ByteView piece(init);
  return storage_->Put(PathOf(directory_, layout::kInit), {&piece, 1});
}

Result<manifest::SegmentRecord> Segmenter::Write(Fragment& fragment) {
  manifest::SegmentRecord record;
  record.number = fragment.number;
  // A segment's first picture in decode order is its first to be shown.
  record.start =
      fragment.decode_time + fragment.samples.front().composition_offset;
  record.duration = fragment.Duration();
  record.starts_with_key = fragment.samples.front().key;
  record.kid = kid_;
  if (segment_encryptor_) record.iv = segment_encryptor_->IvOf(fragment.number);
  const auto stored =
      sample_encryptor_ ? StoreSampleEncrypted(fragment)
      : segment_encryptor_
          ? StoreWholeEncrypted(fragment)
          : Store(fragment, mp4::WriteSegmentHeader(fragment, scheme_, {}));
  if (!stored) return std::unexpected(stored.error());
  record.bytes = stored->bytes;
  if (track_->kind == TrackKind::kVideo && record.starts_with_key) {
    record.key_picture_bytes = stored->header + fragment.samples.front().size;
  }
  return record;
}

Result<Segmenter::Stored> Segmenter::StoreSampleEncrypted(Fragment& fragment) {
  const auto protections = sample_encryptor_->Encrypt(fragment);
  if (!protections) return std::unexpected(protections.error());
  return Store(fragment,
               mp4::WriteSegmentHeader(fragment, scheme_, *protections));
}

Result<Segmenter::Stored> Segmenter::StoreWholeEncrypted(Fragment& fragment) {
  const Bytes header = mp4::WriteSegmentHeader(fragment, scheme_, {});
  Bytes segment = std::move(fragment.data);
  segment.insert(segment.begin(), header.begin(), header.end());
  segment_encryptor_->Encrypt(fragment.number, segment);
  const ByteView piece(segment);
  const auto stored = storage_->Put(
      PathOf(directory_, layout::SegmentName(fragment.number, kExtension)),
      {&piece, 1});
  if (!stored) return std::unexpected(stored.error());
  return Stored{header.size(), segment.size()};
}

Result<Segmenter::Stored> Segmenter::Store(const Fragment& fragment,
                                           ByteView header) {
  const std::array<ByteView, 2> pieces = {header, fragment.data};
  const auto stored = storage_->Put(
      PathOf(directory_, layout::SegmentName(fragment.number, kExtension)),
      pieces);
  if (!stored) return std::unexpected(stored.error());
  return Stored{header.size(), header.size() + fragment.data.size()};
}

}  // namespace usher
