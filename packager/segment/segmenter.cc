#include "packager/segment/segmenter.h"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "core/layout/layout.h"
#include "packager/mp4/init_segment.h"
#include "packager/mp4/media_segment.h"
#include "packager/track/closed_captions.h"

namespace usher {
namespace {

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

bool HasCaptions(const Track& track, const Fragment& fragment) {
  if (track.kind != TrackKind::kVideo) return false;
  ByteView rest(fragment.data);
  return std::ranges::any_of(fragment.samples, [&](const Sample& sample) {
    const ByteView picture = rest.first(sample.size);
    rest = rest.subspan(sample.size);
    return CarriesCaptions(track, picture);
  });
}

}  // namespace

Result<Segmenter> Segmenter::Make(Scheme scheme, Container container,
                                  const Track& track,
                                  std::span<const TrackVariant> variants,
                                  TrackKeys keys, std::string directory,
                                  Storage& storage) {
  Segmenter made(scheme, container, track, variants, std::move(keys),
                 std::move(directory), storage);
  if (Status entered = made.Enter(0); !entered) {
    return std::unexpected(entered.error());
  }
  return made;
}

Segmenter::Segmenter(Scheme scheme, Container container, const Track& track,
                     std::span<const TrackVariant> variants, TrackKeys keys,
                     std::string directory, Storage& storage)
    : scheme_(scheme),
      container_(container),
      track_(&track),
      variants_(variants),
      directory_(std::move(directory)),
      storage_(&storage),
      keys_(std::move(keys)) {
  std::set<uint64_t> begins;
  for (const KeyPeriod& period : keys_) begins.insert(period.first_number);
  for (const TrackVariant& variant : variants_) {
    begins.insert(variant.first_number);
  }
  for (const uint64_t number : begins) AddStretch(number);
}

bool Segmenter::EncryptsSamples() const {
  return scheme_ == Scheme::kCbcs || scheme_ == Scheme::kCenc;
}

void Segmenter::AddPeriod(KeyPeriod period) {
  const uint64_t number = period.first_number;
  keys_.push_back(std::move(period));
  AddStretch(number);
}

// Behind all others.
void Segmenter::AddStretch(uint64_t first_number) {
  Stretch stretch;
  stretch.first_number = first_number;
  stretch.period = PeriodOf(keys_, first_number);
  stretch.track = track_;
  for (const TrackVariant& variant : variants_) {
    if (variant.first_number <= first_number) stretch.track = &variant.track;
  }
  if (!stretches_.empty()) {
    const Stretch& before = stretches_.back();
    const bool other_key = EncryptsSamples() &&
                           stretch.period != before.period &&
                           !keys_[stretch.period].same_init;
    stretch.begins_init = stretch.track != before.track || other_key;
  }
  stretches_.push_back(stretch);
}

size_t Segmenter::StretchOf(uint64_t number) const {
  const auto next =
      std::ranges::upper_bound(stretches_, number, {}, &Stretch::first_number);
  return static_cast<size_t>(next - stretches_.begin()) -
         (next != stretches_.begin());
}

Status Segmenter::Enter(size_t entered) {
  stretch_ = entered;
  const Track& track = *stretches_[entered].track;
  if (container_ == Container::kTs) {
    auto writer = ts::SegmentWriter::Make(track);
    if (!writer) return std::unexpected(writer.error());
    ts_writer_ = *std::move(writer);
  }
  sample_encryptor_.reset();
  segment_encryptor_.reset();
  if (key().key == nullptr) return {};
  if (scheme_ == Scheme::kAes128) {
    segment_encryptor_ = std::make_unique<SegmentEncryptor>(track, *key().key);
    return {};
  }
  auto encryptor = MakeSampleEncryptor(scheme_, track, *key().key);
  if (!encryptor) return std::unexpected(encryptor.error());
  sample_encryptor_ = *std::move(encryptor);
  return {};
}

Result<std::vector<manifest::InitRecord>> Segmenter::WriteInits() const {
  std::vector<manifest::InitRecord> inits;
  if (container_ == Container::kTs) return inits;
  for (const Stretch& stretch : stretches_) {
    if (!stretch.begins_init) continue;
    manifest::InitRecord init{layout::InitName(inits.size() + 1), {}};
    init.first_number = stretch.first_number;
    if (stretch.track != track_) init.track = *stretch.track;
    const size_t period = InitPeriodOf(keys_, stretch.period);
    if (EncryptsSamples() && keys_[period].key != nullptr) {
      init.protection = ProtectionOf(scheme_, *stretch.track, keys_, period);
    }
    const Bytes bytes = mp4::WriteInitSegment(*stretch.track, init.protection);
    const ByteView piece(bytes);
    const auto stored =
        storage_->Put(PathOf(directory_, init.file), {&piece, 1});
    if (!stored) return std::unexpected(stored.error());
    inits.push_back(std::move(init));
  }
  return inits;
}

// How many init segments come before that of the stretch.
size_t Segmenter::InitOf(size_t stretch) const {
  size_t inits = 0;
  for (size_t i = 1; i <= stretch; ++i) inits += stretches_[i].begins_init;
  return inits;
}

Result<manifest::SegmentRecord> Segmenter::Write(Fragment& fragment) {
  auto described = Describe(fragment);
  if (!described) return described;
  manifest::SegmentRecord record = *std::move(described);
  auto segment = Form(fragment);
  if (!segment) return std::unexpected(segment.error());
  if (track_->kind == TrackKind::kVideo && record.sap_type != 0) {
    const Sample& picture = fragment.samples.front();
    record.key_picture_bytes = segment->first_sample_end;
    record.key_picture_delay =
        fragment.decode_time + picture.composition_offset - record.start;
  }
  const std::string file =
      layout::SegmentName(fragment.number, SegmentExtension(container_));
  auto bytes = Store(file, fragment.number, *segment);
  if (!bytes) return std::unexpected(bytes.error());
  record.bytes = *bytes;
  // Whoever reuses the fragment reuses its memory: pages that were touched.
  fragment.data = std::move(segment->data);
  return record;
}

Result<manifest::SegmentRecord> Segmenter::Describe(const Fragment& fragment) {
  auto record = Announce(fragment.number);
  if (!record) return record;
  record->start = fragment.StartTime();
  record->duration = fragment.Duration();
  record->sap_type = SapTypeOf(fragment, record->start);
  record->captions = HasCaptions(*stretches_[stretch_].track, fragment);
  return record;
}

Result<manifest::SegmentRecord> Segmenter::Announce(uint64_t number) {
  const size_t stretch = StretchOf(number);
  if (stretch != stretch_) {
    if (Status entered = Enter(stretch); !entered) {
      return std::unexpected(entered.error());
    }
  }
  manifest::SegmentRecord record;
  record.number = number;
  record.init = InitOf(stretch);
  if (key().key != nullptr) record.kid = key().key->kid;
  if (segment_encryptor_) record.iv = segment_encryptor_->IvOf(number);
  return record;
}

Status Segmenter::WritePart(Fragment& fragment) {
  const auto described = Describe(fragment);
  if (!described) return std::unexpected(described.error());
  auto part = Form(fragment);
  if (!part) return std::unexpected(part.error());
  if (open_.number != fragment.number) {
    open_ = *described;
    open_.duration = 0;
    open_bytes_.clear();
  }
  open_bytes_.insert(open_bytes_.end(), part->header.begin(),
                     part->header.end());
  open_bytes_.insert(open_bytes_.end(), part->data.begin(), part->data.end());
  const std::string file = layout::PartName(fragment.number, open_.parts.size(),
                                            SegmentExtension(container_));
  const auto stored = Store(file, fragment.number, *part);
  const bool independent = described->sap_type == 1 || described->sap_type == 2;
  open_.parts.push_back({described->duration, independent, !stored});
  open_.duration += described->duration;
  open_.captions = open_.captions || described->captions;
  if (stored) return {};
  return std::unexpected(stored.error());
}

Result<manifest::SegmentRecord> Segmenter::Join() {
  manifest::SegmentRecord record = std::exchange(open_, {});
  Segment whole;
  whole.data = std::exchange(open_bytes_, {});
  const std::string file =
      layout::SegmentName(record.number, SegmentExtension(container_));
  const auto bytes = Store(file, record.number, whole);
  if (!bytes) return std::unexpected(bytes.error());
  record.bytes = *bytes;
  return record;
}

Result<Segmenter::Segment> Segmenter::Form(Fragment& fragment) {
  if (ts_writer_) return FormTransportStream(*ts_writer_, fragment);
  std::vector<SampleProtection> protections;
  if (sample_encryptor_) {
    auto encrypted = sample_encryptor_->Encrypt(fragment);
    if (!encrypted) return std::unexpected(encrypted.error());
    protections = *std::move(encrypted);
  }
  Segment segment;
  const bool by_group = key().same_init && sample_encryptor_;
  segment.header = mp4::WriteSegmentHeader(
      fragment, scheme_, protections,
      by_group ? &sample_encryptor_->protection() : nullptr);
  segment.data = std::move(fragment.data);
  segment.first_sample_end =
      segment.header.size() + fragment.samples.front().size;
  return segment;
}

Result<Segmenter::Segment> Segmenter::FormTransportStream(
    const ts::SegmentWriter& writer, const Fragment& fragment) {
  auto written = writer.Write(fragment);
  if (!written) return std::unexpected(written.error());
  return Segment{{}, std::move(written->bytes), written->first_sample_end};
}

Result<uint64_t> Segmenter::Store(const std::string& file, uint64_t number,
                                  Segment& segment) {
  SegmentEncryptor::Pieces encrypted;
  std::array<ByteView, 3> pieces = {segment.header, segment.data};
  if (segment_encryptor_) {
    encrypted = segment_encryptor_->Encrypt(number, std::move(segment.header),
                                            segment.data);
    pieces = {encrypted.head, encrypted.middle, encrypted.tail};
  }
  const auto stored = storage_->Put(PathOf(directory_, file), pieces);
  if (!stored) return std::unexpected(stored.error());
  return pieces[0].size() + pieces[1].size() + pieces[2].size();
}

}  // namespace usher
