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

// ISO/IEC 14496-12 Annex I: whether the first picture decoded is the first one
// shown, and whether all that is shown can be decoded from there.
unsigned SapTypeOf(const Fragment& fragment, uint64_t start) {
  const Sample& first = fragment.samples.front();
  if (!first.key) return 0;
  if (!fragment.independent) return 3;
  return fragment.decode_time + first.composition_offset == start ? 1 : 2;
}

}  // namespace

Result<Segmenter> Segmenter::Make(Scheme scheme, const Track& track,
                                  TrackKeys keys, std::string directory,
                                  Storage& storage) {
  Segmenter made(scheme, track, std::move(keys), std::move(directory), storage);
  if (Status entered = made.Enter(0); !entered) {
    return std::unexpected(entered.error());
  }
  return made;
}

Segmenter::Segmenter(Scheme scheme, const Track& track, TrackKeys keys,
                     std::string directory, Storage& storage)
    : scheme_(scheme),
      track_(&track),
      directory_(std::move(directory)),
      storage_(&storage),
      keys_(std::move(keys)) {}

bool Segmenter::EncryptsSamples() const {
  return scheme_ == Scheme::kCbcs || scheme_ == Scheme::kCenc;
}

Status Segmenter::Enter(size_t period) {
  period_ = period;
  sample_encryptor_.reset();
  segment_encryptor_.reset();
  const keys::ContentKey* key = keys_[period].key;
  if (key == nullptr) return {};
  if (scheme_ == Scheme::kAes128) {
    segment_encryptor_ = std::make_unique<SegmentEncryptor>(*track_, *key);
    return {};
  }
  auto encryptor = MakeSampleEncryptor(scheme_, *track_, *key);
  if (!encryptor) return std::unexpected(encryptor.error());
  sample_encryptor_ = *std::move(encryptor);
  return {};
}

Result<std::vector<manifest::InitRecord>> Segmenter::WriteInits() const {
  std::vector<manifest::InitRecord> inits;
  for (const KeyPeriod& period : keys_) {
    manifest::InitRecord init{layout::InitName(inits.size() + 1), {}};
    if (EncryptsSamples() && period.key != nullptr) {
      init.protection = ProtectionOf(scheme_, *track_, *period.key);
    }
    const Bytes bytes = mp4::WriteInitSegment(*track_, init.protection);
    const ByteView piece(bytes);
    const auto stored =
        storage_->Put(PathOf(directory_, init.file), {&piece, 1});
    if (!stored) return std::unexpected(stored.error());
    inits.push_back(std::move(init));
    if (!EncryptsSamples()) break;
  }
  return inits;
}

Result<manifest::SegmentRecord> Segmenter::Write(Fragment& fragment) {
  const size_t period = PeriodOf(keys_, fragment.number);
  if (period != period_) {
    if (Status entered = Enter(period); !entered) {
      return std::unexpected(entered.error());
    }
  }
  manifest::SegmentRecord record;
  record.number = fragment.number;
  record.start = fragment.StartTime();
  record.duration = fragment.Duration();
  record.sap_type = SapTypeOf(fragment, record.start);
  if (EncryptsSamples()) record.init = period;
  if (keys_[period].key != nullptr) record.kid = keys_[period].key->kid;
  if (segment_encryptor_) record.iv = segment_encryptor_->IvOf(fragment.number);
  const auto stored =
      sample_encryptor_ ? StoreSampleEncrypted(fragment)
      : segment_encryptor_
          ? StoreWholeEncrypted(fragment)
          : Store(fragment, mp4::WriteSegmentHeader(fragment, scheme_, {}));
  if (!stored) return std::unexpected(stored.error());
  record.bytes = stored->bytes;
  if (track_->kind == TrackKind::kVideo && record.sap_type != 0) {
    const Sample& picture = fragment.samples.front();
    record.key_picture_bytes = stored->header + picture.size;
    record.key_picture_delay =
        fragment.decode_time + picture.composition_offset - record.start;
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
