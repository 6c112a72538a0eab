#include "packager/manifest/hls_manifests.h"

#include <algorithm>
#include <utility>

#include "core/base/base64url.h"
#include "core/layout/layout.h"
#include "packager/manifest/audio_groups.h"
#include "packager/manifest/bandwidth.h"
#include "packager/manifest/low_latency.h"
#include "packager/manifest/segment_times.h"
#include "packager/manifest/text_naming.h"
#include "packager/manifest/thumbnail_manifests.h"

namespace usher::manifest {
namespace {

constexpr char kSubtitleGroup[] = "subtitles";
constexpr char kClearKeyFormat[] = "org.w3.clearkey";

playlist::KeyMethod MethodOf(Scheme scheme) {
  switch (scheme) {
    case Scheme::kCbcs:
      return playlist::KeyMethod::kSampleAes;
    case Scheme::kCenc:
      return playlist::KeyMethod::kSampleAesCtr;
    case Scheme::kAes128:
    case Scheme::kNone:
      break;
  }
  return playlist::KeyMethod::kAes128;
}

std::vector<playlist::HlsKey> DrmKeysOf(const Presentation& presentation,
                                        const keys::KeyId& kid) {
  std::vector<playlist::HlsKey> keys;
  const auto found = presentation.drm.find(kid);
  if (found == presentation.drm.end()) return keys;
  for (const DrmSignal& signal : found->second) {
    if (signal.hls_uri.empty()) continue;
    keys.push_back({MethodOf(presentation.scheme), signal.hls_uri, std::nullopt,
                    signal.hls_key_format, signal.hls_key_format_versions,
                    signal.hls_key_id});
  }
  return keys;
}

std::vector<playlist::HlsKey> KeysOf(const Presentation& presentation,
                                     const SegmentRecord& segment,
                                     KeyFormat format) {
  if (!segment.kid) return {};
  if (format == KeyFormat::kDrm) {
    return DrmKeysOf(presentation, *segment.kid);
  }
  playlist::HlsKey key;
  key.method = MethodOf(presentation.scheme);
  key.iv = segment.iv;
  if (format == KeyFormat::kClearKey) {
    // hls.js takes the KID from here and asks the page's licence server.
    key.uri = "data:text/plain;base64," + ToBase64(segment.kid->view());
    key.key_format = kClearKeyFormat;
  } else {
    key.uri = layout::KeyUri(*segment.kid, presentation.depth + 1);
  }
  return {std::move(key)};
}

// Every key of the presentation once. In order of KIDs, for it says nothing.
std::vector<playlist::HlsKey> SessionKeysOf(const Presentation& presentation) {
  std::vector<playlist::HlsKey> keys;
  for (const auto& [kid, signals] : presentation.drm) {
    for (playlist::HlsKey& key : DrmKeysOf(presentation, kid)) {
      if (std::ranges::find(keys, key) == keys.end()) {
        keys.push_back(std::move(key));
      }
    }
  }
  return keys;
}

// How many discontinuities lie in front of segment `number`. Counted, so that
// a track which lacks the very segment behind one tells of it with its next.
size_t Discontinuities(const Presentation& presentation, uint64_t number) {
  return static_cast<size_t>(
      std::ranges::count_if(presentation.breaks, [&](const Break& each) {
        return each.kind == Break::Kind::kDiscontinuity &&
               each.number <= number;
      }));
}

// What a variant adds to its video: the costliest rendition a viewer may pick.
struct AudioCost {
  uint64_t peak = 0;
  uint64_t average = 0;
  std::vector<std::string> codecs;
};

AudioCost CostOf(const std::vector<AudioLabel>& labels, double target) {
  AudioCost cost;
  for (const AudioLabel& label : labels) {
    cost.peak = std::max(cost.peak, PeakBandwidth(*label.record, target));
    cost.average = std::max(cost.average, AverageBandwidth(*label.record));
    const std::string& codecs = label.record->track.codecs;
    if (std::ranges::find(cost.codecs, codecs) == cost.codecs.end()) {
      cost.codecs.push_back(codecs);
    }
  }
  return cost;
}

// Dolby Atmos is told by its objects, for it has no fixed channels.
std::string ChannelsOf(const Track& track) {
  return track.objects == 0 ? std::to_string(track.channels)
                            : std::to_string(track.objects) + "/JOC";
}

playlist::AudioRendition RenditionOf(const AudioGroup& group,
                                     const AudioLabel& label,
                                     KeyFormat format) {
  const Track& track = label.record->track;
  playlist::AudioRendition audio;
  audio.group = group.id;
  audio.name = label.name;
  audio.language = LanguageOf(track);
  audio.is_default = label.is_default;
  audio.autoselect = track.role != "commentary";
  if (track.role == "description") {
    audio.characteristics = "public.accessibility.describes-video";
  }
  audio.channels = ChannelsOf(track);
  audio.uri = MediaPlaylistPath(*label.record, format);
  return audio;
}

// What Apple's players look for in subtitles for the deaf.
constexpr char kSdhCharacteristics[] =
    "public.accessibility.transcribes-spoken-dialog,"
    "public.accessibility.describes-music-and-sound";

playlist::SubtitleRendition RenditionOf(const TextLabel& label) {
  const TextRecord& text = *label.record;
  playlist::SubtitleRendition rendition;
  rendition.group = kSubtitleGroup;
  rendition.name = label.name;
  rendition.language = LanguageOf(text.hls.track);
  rendition.is_default = text.is_default;
  rendition.forced = text.forced;
  if (text.hls.track.role == "caption") {
    rendition.characteristics = kSdhCharacteristics;
  }
  rendition.uri = MediaPlaylistPath(text.hls, KeyFormat::kIdentity);
  return rendition;
}

// Every variant offers all subtitles, and its bit rates count the largest.
void AddSubtitles(const Presentation& presentation, double target,
                  playlist::MultivariantPlaylist& list) {
  uint64_t peak = 0;
  uint64_t average = 0;
  for (const TextLabel& label : LabelText(presentation)) {
    list.subtitles.push_back(RenditionOf(label));
    peak = std::max(peak, PeakBandwidth(label.record->hls, target));
    average = std::max(average, AverageBandwidth(label.record->hls));
  }
  if (list.subtitles.empty()) return;
  for (playlist::Variant& variant : list.variants) {
    variant.subtitle_group = kSubtitleGroup;
    variant.bandwidth += peak;
    variant.average_bandwidth += average;
  }
}

// How it is coded, first to last: an encoder may have come back with another
// configuration.
std::vector<const Track*> CodingsOf(const TrackRecord& record) {
  std::vector<const Track*> codings = {&record.track};
  for (const Track& variant : record.variants) codings.push_back(&variant);
  for (const InitRecord& init : record.inits) {
    if (init.track) codings.push_back(&*init.track);
  }
  return codings;
}

std::string CodecsOf(const TrackRecord& record) {
  std::vector<std::string> all;
  for (const Track* coded : CodingsOf(record)) {
    if (std::ranges::find(all, coded->codecs) == all.end()) {
      all.push_back(coded->codecs);
    }
  }
  std::string text;
  for (const std::string& codecs : all) {
    text += (text.empty() ? "" : ",") + codecs;
  }
  return text;
}

// RFC 8216bis 4.4.6.2; empty where nobody says.
std::string VideoRangeOf(const Track& track) {
  switch (track.colour.transfer) {
    case Colour::kUnspecified:
      return {};
    case Colour::kTransferPq:
      return "PQ";
    case Colour::kTransferHlg:
      return "HLG";
    default:
      return "SDR";
  }
}

// The largest it is anywhere.
PictureSize SizeOf(const TrackRecord& record) {
  const auto pixels = [](const PictureSize& size) {
    return uint64_t{size.width} * size.height;
  };
  PictureSize largest;
  for (const Track* coded : CodingsOf(record)) {
    const PictureSize size = coded->ShownSize();
    if (pixels(size) > pixels(largest)) largest = size;
  }
  return largest;
}

template <typename V>
void DescribePicture(const TrackRecord& record, V& variant) {
  const Track& track = record.track;
  const PictureSize shown = SizeOf(record);
  variant.width = shown.width;
  variant.height = shown.height;
  variant.video_range = VideoRangeOf(track);
  variant.supplemental_codecs = track.SupplementalCodecs();
}

// `group` is null where there is no sound.
playlist::Variant VideoVariant(const TrackRecord& record,
                               const AudioGroup* group, double target,
                               KeyFormat format) {
  const AudioCost audio =
      group == nullptr ? AudioCost() : CostOf(group->labels, target);
  const Track& track = record.track;
  playlist::Variant variant;
  variant.bandwidth = PeakBandwidth(record, target) + audio.peak;
  variant.average_bandwidth = AverageBandwidth(record) + audio.average;
  variant.codecs = CodecsOf(record);
  for (const std::string& codecs : audio.codecs) variant.codecs += "," + codecs;
  DescribePicture(record, variant);
  if (track.frame_rate_num != 0) {
    variant.frame_rate = static_cast<double>(track.frame_rate_num) /
                         static_cast<double>(track.frame_rate_den);
  }
  if (group != nullptr) variant.audio_group = group->id;
  variant.uri = MediaPlaylistPath(record, format);
  return variant;
}

// Where there is no video, the default audio is the variant, and the others
// stand beside it in its group.
playlist::Variant AudioVariant(const AudioGroup& group, double target,
                               KeyFormat format) {
  const std::vector<AudioLabel>& labels = group.labels;
  const AudioCost cost = CostOf(labels, target);
  const auto label = std::ranges::find(labels, true, &AudioLabel::is_default);
  playlist::Variant variant;
  variant.bandwidth = cost.peak;
  variant.average_bandwidth = cost.average;
  for (const std::string& codecs : cost.codecs) {
    if (!variant.codecs.empty()) variant.codecs += ',';
    variant.codecs += codecs;
  }
  if (labels.size() > 1) variant.audio_group = group.id;
  variant.uri = MediaPlaylistPath(*label->record, format);
  return variant;
}

// The same track as if its key pictures were all there is: each is shown until
// the next, and HEVC's not first of their segments.
TrackRecord KeyPicturesOf(const TrackRecord& record) {
  TrackRecord pictures = record;
  pictures.segments.clear();
  for (const SegmentRecord& segment : record.segments) {
    const uint64_t end = segment.start + segment.duration;
    if (segment.key_picture_bytes != 0) {
      SegmentRecord picture = segment;
      picture.bytes = segment.key_picture_bytes;
      picture.start += segment.key_picture_delay;
      if (!pictures.segments.empty()) {
        SegmentRecord& last = pictures.segments.back();
        last.duration = picture.start - last.start;
      }
      pictures.segments.push_back(picture);
    }
    if (!pictures.segments.empty()) {
      SegmentRecord& last = pictures.segments.back();
      last.duration = end - last.start;
    }
  }
  return pictures;
}

playlist::IFrameVariant IFrameVariantOf(const TrackRecord& record,
                                        double target, KeyFormat format) {
  const TrackRecord pictures = KeyPicturesOf(record);
  playlist::IFrameVariant variant;
  variant.bandwidth = PeakBandwidth(pictures, target);
  variant.average_bandwidth = AverageBandwidth(pictures);
  variant.codecs = CodecsOf(record);
  DescribePicture(record, variant);
  variant.uri = IFramePlaylistPath(record, format);
  return variant;
}

// One playlist's names, by key format.
struct FileNames {
  std::string_view identity;
  std::string_view clear_key;
  std::string_view drm;
};

std::string FileOf(const TrackRecord& record, KeyFormat format,
                   const FileNames& names) {
  const std::string_view name = format == KeyFormat::kDrm ? names.drm
                                : format == KeyFormat::kClearKey
                                    ? names.clear_key
                                    : names.identity;
  return record.directory + "/" + std::string(name);
}

playlist::PlaylistType TypeOf(const Presentation& presentation) {
  if (!presentation.live) return playlist::PlaylistType::kVod;
  return presentation.live->sliding ? playlist::PlaylistType::kSliding
                                    : playlist::PlaylistType::kEvent;
}

// A single file has one init segment, and it lies in front.
void PointIntoFile(const SingleFile& file, const SegmentRecord& segment,
                   playlist::HlsSegment& entry) {
  entry.uri = file.name;
  entry.range = {segment.offset, segment.bytes};
  entry.map_uri = file.name;
  entry.map_range = {0, file.init_bytes};
}

playlist::HlsSegment EntryOf(const Presentation& presentation,
                             const TrackRecord& record,
                             const SegmentRecord& segment, KeyFormat format) {
  playlist::HlsSegment entry;
  entry.gap = segment.gap;
  entry.uri = layout::SegmentName(segment.number, record.extension);
  entry.duration = DurationOf(segment, record.track.timescale);
  entry.keys = KeysOf(presentation, segment, format);
  if (!record.inits.empty()) entry.map_uri = record.inits[segment.init].file;
  if (record.single_file) PointIntoFile(*record.single_file, segment, entry);
  entry.date = DateOf(presentation, record, segment);
  return entry;
}

// The highest of all media playlists'. What decides is mostly what it was for
// the segment in front.
uint64_t VersionOf(const Presentation& presentation, KeyFormat format) {
  playlist::MediaPlaylist kinds;
  for (const TrackRecord& record : presentation.tracks) {
    for (const SegmentRecord& kind : record.past.kinds()) {
      kinds.segments.push_back(EntryOf(presentation, record, kind, format));
    }
    const SegmentRecord* last = nullptr;
    for (const SegmentRecord& segment : record.segments) {
      if (last == nullptr || segment.gap != last->gap ||
          segment.kid != last->kid) {
        kinds.segments.push_back(
            EntryOf(presentation, record, segment, format));
      }
      last = &segment;
    }
  }
  return playlist::VersionOf(kinds);
}

bool AreIndependent(const Presentation& presentation) {
  return std::ranges::all_of(presentation.tracks, [](const auto& record) {
    return record.past.independent() &&
           std::ranges::all_of(record.segments, &SegmentRecord::IsIndependent);
  });
}

bool HasCaptions(const Presentation& presentation) {
  return std::ranges::any_of(presentation.tracks, &TrackRecord::captions);
}

// Each video with each group of sound, and its key pictures.
void AddVideo(const Presentation& presentation,
              const std::vector<AudioGroup>& groups, double target,
              KeyFormat format, playlist::MultivariantPlaylist& list) {
  for (size_t i = 0; i < std::max<size_t>(1, groups.size()); ++i) {
    const AudioGroup* group = groups.empty() ? nullptr : &groups[i];
    for (const TrackRecord& record : presentation.tracks) {
      if (record.track.kind != TrackKind::kVideo) continue;
      list.variants.push_back(VideoVariant(record, group, target, format));
      if (i == 0 && !presentation.live && HasIFrames(record)) {
        list.i_frame_variants.push_back(
            IFrameVariantOf(record, target, format));
      }
    }
  }
}

// One segment after the other, as the list has them behind `in_front`, null:
// from its first on.
class Entries {
 public:
  Entries(const Presentation& presentation, const TrackRecord& record,
          KeyFormat format, const SegmentFacts* in_front)
      : presentation_(presentation), record_(record), format_(format) {
    if (in_front != nullptr) {
      discontinuities_ = Discontinuities(presentation, in_front->number);
    } else if (record.HasSegments()) {
      discontinuities_ = Discontinuities(presentation, record.First().number);
    }
  }

  playlist::HlsSegment Next(const SegmentRecord& segment) {
    playlist::HlsSegment entry =
        EntryOf(presentation_, record_, segment, format_);
    const size_t so_far = Discontinuities(presentation_, segment.number);
    entry.discontinuity = so_far != discontinuities_;
    discontinuities_ = so_far;
    return entry;
  }

 private:
  const Presentation& presentation_;
  const TrackRecord& record_;
  const KeyFormat format_;
  size_t discontinuities_ = 0;  // in front of the next one, as far as known
};

// The list without the first so many segments, of which `in_front` is the last.
playlist::MediaPlaylist BuildFrom(size_t first, const SegmentFacts* in_front,
                                  const Presentation& presentation,
                                  const TrackRecord& record, KeyFormat format) {
  playlist::MediaPlaylist list;
  list.target_duration = TargetDurationOf(presentation);
  list.type = TypeOf(presentation);
  list.ended = !presentation.live || presentation.live->ended;
  if (record.HasSegments()) {
    list.first_number = record.First().number;
    list.discontinuity_sequence =
        Discontinuities(presentation, list.first_number);
  }
  Entries entries(presentation, record, format, in_front);
  const size_t past = record.past.size();
  list.segments.reserve(record.SegmentCount() - first);
  for (size_t i = first - past; i < record.segments.size(); ++i) {
    list.segments.push_back(entries.Next(record.segments[i]));
  }
  if (HasParts(presentation, record)) {
    AddLowLatency(presentation, record, format, entries.Next(record.open),
                  list);
  }
  return list;
}

}  // namespace

playlist::MediaPlaylist BuildMediaPlaylist(const Presentation& presentation,
                                           const TrackRecord& record,
                                           KeyFormat format) {
  return BuildFrom(0, nullptr, presentation, record, format);
}

Result<playlist::MediaPlaylist> BuildGrowingPlaylist(
    const Presentation& presentation, const TrackRecord& record,
    KeyFormat format, WrittenList& written) {
  const size_t settled =
      record.past.size() + SettledSegments(presentation, record);
  const auto in_front = [&]() -> const SegmentFacts* {
    return written.last ? &*written.last : nullptr;
  };
  Entries entries(presentation, record, format, in_front());
  const auto write = [&](const SegmentRecord& segment) {
    written.text.Append(AsBytes(written.lines.Write(entries.Next(segment))));
    written.last = segment;
    ++written.segments;
  };
  if (auto read = record.past.ForEach(written.segments, write); !read) {
    return std::unexpected(read.error());
  }
  while (written.segments < settled) {
    write(record.segments[written.segments - record.past.size()]);
  }
  playlist::MediaPlaylist list =
      BuildFrom(written.segments, in_front(), presentation, record, format);
  list.written = &written.lines;
  return list;
}

playlist::MediaPlaylist BuildIFramePlaylist(const Presentation& presentation,
                                            const TrackRecord& record,
                                            KeyFormat format) {
  const TrackRecord pictures = KeyPicturesOf(record);
  playlist::MediaPlaylist list =
      BuildMediaPlaylist(presentation, pictures, format);
  list.i_frames_only = true;
  // Alone among video's playlists it may have a target of its own (6.2.4).
  for (const playlist::HlsSegment& picture : list.segments) {
    list.target_duration = std::max(list.target_duration,
                                    playlist::TargetDuration(picture.duration));
  }
  for (size_t i = 0; i < list.segments.size(); ++i) {
    list.segments[i].range = {pictures.segments[i].offset,
                              pictures.segments[i].key_picture_bytes};
  }
  return list;
}

bool HasDrmKeys(const Presentation& presentation) {
  return !SessionKeysOf(presentation).empty();
}

bool HasIFrames(const TrackRecord& record) {
  return std::ranges::any_of(record.segments, [](const SegmentRecord& segment) {
    return segment.key_picture_bytes != 0;
  });
}

playlist::MultivariantPlaylist BuildMultivariantPlaylist(
    const Presentation& presentation, KeyFormat format) {
  const std::vector<AudioGroup> groups = GroupAudio(presentation);
  const auto target = static_cast<double>(TargetDurationOf(presentation));
  playlist::MultivariantPlaylist list;
  list.version = VersionOf(presentation, format);
  list.independent_segments = AreIndependent(presentation);
  if (format == KeyFormat::kDrm) {
    list.session_keys = SessionKeysOf(presentation);
  }
  AddVideo(presentation, groups, target, format, list);
  const bool has_video = !list.variants.empty();
  for (const AudioGroup& group : groups) {
    if (!has_video)
      list.variants.push_back(AudioVariant(group, target, format));
    if (!has_video && group.labels.size() == 1) continue;
    for (const AudioLabel& label : group.labels) {
      list.audio.push_back(RenditionOf(group, label, format));
    }
  }
  AddSubtitles(presentation, target, list);
  if (has_video && !HasCaptions(presentation)) {
    for (playlist::Variant& variant : list.variants) variant.no_captions = true;
  }
  if (presentation.thumbnails) {
    list.image_variants.push_back(ImageVariantOf(*presentation.thumbnails));
  }
  return list;
}

std::string MediaPlaylistPath(const TrackRecord& record, KeyFormat format) {
  if (record.beside_sliding) {
    return FileOf(record, format,
                  {layout::kEvent, layout::kEventClearKey, layout::kEventDrm});
  }
  return FileOf(record, format,
                {layout::kMedia, layout::kMediaClearKey, layout::kMediaDrm});
}

std::string IFramePlaylistPath(const TrackRecord& record, KeyFormat format) {
  return FileOf(
      record, format,
      {layout::kIFrames, layout::kIFramesClearKey, layout::kIFramesDrm});
}

}  // namespace usher::manifest
