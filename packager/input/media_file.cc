#include "packager/input/media_file.h"

extern "C" {
#include <libavutil/log.h>
}

#include <algorithm>
#include <deque>
#include <limits>
#include <utility>

#include "packager/input/clock_repair.h"
#include "packager/input/container.h"
#include "packager/input/format_io.h"
#include "packager/input/picture_signals.h"
#include "packager/input/stream.h"
#include "packager/input/text_stream.h"

namespace usher {
namespace {

constexpr char kFormats[] =
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,mpegts,flv,aac";
constexpr int64_t kProbeBytes = 32 << 20;
constexpr int64_t kProbeMicroseconds = 15'000'000;
// How far to read for the configuration of an ADTS stream.
constexpr size_t kMaxPreparedPackets = 4096;
constexpr int kMaxPacketSize = 64 << 20;

bool IsMedia(const AVStream& stream) {
  const AVMediaType type = stream.codecpar->codec_type;
  const bool cover = (stream.disposition & AV_DISPOSITION_ATTACHED_PIC) != 0;
  return (type == AVMEDIA_TYPE_VIDEO && !cover) || type == AVMEDIA_TYPE_AUDIO;
}

// `error`, told of a track of the file `where`.
Error Placed(const std::string& where, TrackKind kind, Error error) {
  const std::string part = kind == TrackKind::kVideo ? "pictures: " : "sound: ";
  error.what =
      part + (error.where.empty() ? "" : error.where + " ") + error.what;
  error.where = where;
  return error;
}

// Says in errors which track of which file it is.
class PlacedFilter final : public SampleFilter {
 public:
  PlacedFilter(std::shared_ptr<const SampleFilter> filter, std::string where,
               TrackKind kind)
      : filter_(std::move(filter)), where_(std::move(where)), kind_(kind) {}

  Result<FilteredSample> Filter(std::span<uint8_t> sample,
                                int64_t time) const override {
    auto filtered = filter_->Filter(sample, time);
    if (filtered) return filtered;
    return std::unexpected(Placed(where_, kind_, filtered.error()));
  }
  std::optional<KeyKind> KindOf(ByteView head) const override {
    return filter_->KindOf(head);
  }

 private:
  std::shared_ptr<const SampleFilter> filter_;
  std::string where_;
  TrackKind kind_;
};

}  // namespace

struct MediaFile::Impl {
  struct Source {
    AVStream* stream = nullptr;
    std::shared_ptr<Stream> reader;  // null where there is a problem
    bool restarted = false;          // and nothing came since
  };

  Status MakeTracks();
  Status PrepareStreams();
  void Describe(size_t track);
  Result<std::optional<Packet>> Convert();
  void RepairClock(size_t track);
  // The next packet of the file, in `packet`; false at the end.
  Result<bool> ReadPacket();
  std::optional<size_t> SelectedTrackOf(const AVPacket& packet) const;
  Error InTrack(size_t track, Error error) const;
  // Why the file cannot be read on.
  Error Damaged() const;

  std::string where;
  std::unique_ptr<FormatIo> io;
  AVFormatContext* format = nullptr;  // of io
  PacketPtr packet{av_packet_alloc()};
  std::deque<PacketPtr> prepared;  // read while opening
  std::vector<Source> sources;
  std::optional<ClockRepair> clock;  // not where times are exact
  std::vector<InputTrack> tracks;
  std::vector<bool> selected;
  std::vector<std::string> warnings;
  bool recoded = false;
  const Interrupt* interrupt = nullptr;
};

Result<MediaFile> MediaFile::Open(InputFilePtr file,
                                  const Interrupt& interrupt) {
  av_log_set_level(AV_LOG_QUIET);
  auto impl = std::make_unique<Impl>();
  impl->where = file->where();
  impl->interrupt = &interrupt;
  auto io = FormatIo::Open(std::move(file), interrupt,
                           {kFormats, kProbeBytes, kProbeMicroseconds});
  if (!io) return std::unexpected(std::move(io).error());
  impl->io = *std::move(io);
  if (!impl->io) {
    return BadInput(impl->where, "is not a film that can be read",
                    "give an MP4, MOV, MKV, WebM, TS, FLV or AAC file that is "
                    "whole");
  }
  impl->format = impl->io->format();
  if (avformat_find_stream_info(impl->format, nullptr) < 0) {
    return std::unexpected(impl->Damaged());
  }
  if (auto made = impl->MakeTracks(); !made) {
    return std::unexpected(made.error());
  }
  if (auto prepared = impl->PrepareStreams(); !prepared) {
    return std::unexpected(prepared.error());
  }
  return MediaFile(std::move(impl));
}

MediaFile::MediaFile(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
MediaFile::MediaFile(MediaFile&&) noexcept = default;
MediaFile& MediaFile::operator=(MediaFile&&) noexcept = default;
MediaFile::~MediaFile() = default;

const std::vector<InputTrack>& MediaFile::tracks() const {
  return impl_->tracks;
}

const std::vector<std::string>& MediaFile::warnings() const {
  return impl_->warnings;
}

bool MediaFile::has_subtitles() const {
  const std::span streams(impl_->format->streams, impl_->format->nb_streams);
  return std::ranges::any_of(
      streams, [](const AVStream* stream) { return IsSubtitle(*stream); });
}

const std::string& MediaFile::where() const { return impl_->where; }

bool MediaFile::starts_at_zero() const { return HasExactTimes(*impl_->format); }

std::optional<MediaTime> MediaFile::DeclaredEnd(size_t track) const {
  const AVStream& stream = *impl_->sources[track].stream;
  if (stream.duration == AV_NOPTS_VALUE || stream.duration <= 0) {
    return std::nullopt;
  }
  const int64_t start =
      stream.start_time == AV_NOPTS_VALUE ? 0 : stream.start_time;
  const uint32_t timescale = impl_->tracks[track].track.timescale;
  return MediaTime{av_rescale_q(start + stream.duration, stream.time_base,
                                {1, static_cast<int>(timescale)}),
                   timescale};
}

std::optional<double> MediaFile::DeclaredSeconds() const {
  const AVFormatContext& format = *impl_->format;
  if (format.duration_estimation_method != AVFMT_DURATION_FROM_STREAM ||
      IsTransportStream(format) || format.duration <= 0) {
    return std::nullopt;
  }
  return static_cast<double>(format.duration) / AV_TIME_BASE;
}

void MediaFile::Select(std::span<const size_t> tracks) {
  for (unsigned i = 0; i < impl_->format->nb_streams; ++i) {
    impl_->format->streams[i]->discard = AVDISCARD_ALL;
  }
  impl_->selected.assign(impl_->tracks.size(), false);
  for (const size_t track : tracks) {
    impl_->selected[track] = true;
    impl_->sources[track].stream->discard = AVDISCARD_DEFAULT;
  }
}

bool MediaFile::has_index() const {
  // Fragmented files have no table of all samples, and count none.
  return HasExactTimes(*impl_->format) &&
         std::ranges::all_of(impl_->sources, [](const Impl::Source& source) {
           return source.stream->nb_frames > 0;
         });
}

Result<std::vector<int64_t>> MediaFile::ReadKeyTimes(size_t track) {
  // Letting libavformat 5.1 leave out other samples (AVDISCARD_NONKEY) makes
  // it lose count of composition offsets; seeking does not.
  Select({&track, 1});
  AVStream* stream = impl_->sources[track].stream;
  std::vector<int64_t> times;
  int64_t delay = 0;  // the index has decode times, seeking wants presentation
  for (int i = 0; i < avformat_index_get_entries_count(stream); ++i) {
    const AVIndexEntry* entry = avformat_index_get_entry(stream, i);
    if ((entry->flags & AVINDEX_KEYFRAME) == 0) continue;
    const int64_t decoded = entry->timestamp;
    if (av_seek_frame(impl_->format, stream->index, decoded + delay,
                      AVSEEK_FLAG_BACKWARD) < 0) {
      return std::unexpected(impl_->Damaged());
    }
    auto packet = Read();
    while (packet && *packet && impl_->packet->dts < decoded) packet = Read();
    if (!packet) return std::unexpected(packet.error());
    if (!*packet || impl_->packet->dts != decoded) continue;
    delay = impl_->packet->pts - impl_->packet->dts;
    if ((*packet)->key) times.push_back((*packet)->time);
  }
  return times;
}

size_t MediaFile::IndexSize(size_t track) const {
  return static_cast<size_t>(
      avformat_index_get_entries_count(impl_->sources[track].stream));
}

MediaFile::IndexEntry MediaFile::IndexAt(size_t track, size_t i) const {
  const AVIndexEntry& entry = *avformat_index_get_entry(
      impl_->sources[track].stream, static_cast<int>(i));
  return {static_cast<uint64_t>(entry.pos), static_cast<uint32_t>(entry.size),
          entry.timestamp, (entry.flags & AVINDEX_KEYFRAME) != 0};
}

int64_t MediaFile::ContainerId(size_t track) const {
  return impl_->sources[track].stream->id;
}

Result<int64_t> MediaFile::ReadLastDuration(size_t track) {
  Select({&track, 1});
  AVStream* stream = impl_->sources[track].stream;
  size_t last_key = IndexSize(track);
  while (last_key > 0) {
    --last_key;
    if (IndexAt(track, last_key).key) break;
  }
  if (av_seek_frame(impl_->format, stream->index,
                    IndexAt(track, last_key).decode_time,
                    AVSEEK_FLAG_BACKWARD) < 0) {
    return std::unexpected(impl_->Damaged());
  }
  int64_t latest = std::numeric_limits<int64_t>::min();
  int64_t duration = 0;
  while (true) {
    const auto packet = Read();
    if (!packet) return std::unexpected(packet.error());
    if (!*packet) return duration;
    if ((*packet)->time <= latest) continue;
    latest = (*packet)->time;
    duration = (*packet)->duration;
  }
}

std::shared_ptr<const SampleFilter> MediaFile::FilterOf(size_t track) const {
  const auto& reader = impl_->sources[track].reader;
  if (!reader->filters()) return nullptr;
  return std::make_shared<PlacedFilter>(reader, impl_->where,
                                        impl_->tracks[track].track.kind);
}

Result<std::optional<Packet>> MediaFile::Read() {
  while (true) {
    auto more = impl_->ReadPacket();
    if (!more) return std::unexpected(more.error());
    if (!*more) return std::nullopt;
    auto packet = impl_->Convert();
    if (!packet || *packet) return packet;
  }
}

bool MediaFile::left_out_pictures() const {
  return std::ranges::any_of(impl_->sources, [](const Impl::Source& source) {
    return source.reader && source.reader->left_out_pictures();
  });
}

const Track& MediaFile::CurrentTrack(size_t track) const {
  return impl_->sources[track].reader->track();
}

bool MediaFile::recoded() const { return impl_->recoded; }

bool MediaFile::jumped() const {
  return impl_->clock && impl_->clock->jumped();
}

double MediaFile::Progress() const {
  AVIOContext* io = impl_->format->pb;
  const int64_t size = avio_size(io);
  return size <= 0 ? 0 : static_cast<double>(avio_tell(io)) / size;
}

Status MediaFile::Impl::MakeTracks() {
  for (unsigned i = 0; i < format->nb_streams; ++i) {
    AVStream& stream = *format->streams[i];
    if (!IsMedia(stream)) {
      stream.discard = AVDISCARD_ALL;
      continue;
    }
    auto reader = MakeStream(*format, stream);
    if (reader) (*reader)->FollowChanges();
    InputTrack track;
    const bool video = stream.codecpar->codec_type == AVMEDIA_TYPE_VIDEO;
    track.track.kind = video ? TrackKind::kVideo : TrackKind::kAudio;
    track.track.language = LanguageOf(stream);
    tracks.push_back(std::move(track));
    if (!reader) {
      tracks.back().problem = InTrack(tracks.size() - 1, reader.error());
    }
    sources.push_back({&stream, reader ? *std::move(reader) : nullptr});
    if (video && IsTurnedOddly(stream)) {
      warnings.push_back(
          "players will not mirror the pictures, or turn them by less than a "
          "quarter, as the file says; encode them as they are to be seen: "
          "ffmpeg -i IN OUT.mp4");
    }
  }
  if (!tracks.empty()) {
    if (!HasExactTimes(*format)) clock.emplace(tracks.size());
    selected.assign(tracks.size(), true);
    return {};
  }
  return BadInput(where, "holds neither pictures nor sound",
                  "give a film file");
}

Status MediaFile::Impl::PrepareStreams() {
  const auto all_ready = [this] {
    return std::ranges::all_of(sources, [](const Source& source) {
      return !source.reader || source.reader->ready();
    });
  };
  std::deque<PacketPtr> read;
  while (!all_ready() && read.size() < kMaxPreparedPackets) {
    auto more = ReadPacket();
    if (!more) return std::unexpected(more.error());
    if (!*more) break;
    if (const auto track = SelectedTrackOf(*packet)) {
      Stream* reader = sources[*track].reader.get();
      if (reader != nullptr && !reader->ready()) {
        if (auto done = reader->Prepare(*packet); !done) {
          return std::unexpected(InTrack(*track, done.error()));
        }
      }
    }
    read.push_back(std::exchange(packet, PacketPtr(av_packet_alloc())));
  }
  prepared = std::move(read);
  for (size_t i = 0; i < sources.size(); ++i) Describe(i);
  return {};
}

void MediaFile::Impl::Describe(size_t i) {
  Source& source = sources[i];
  if (!source.reader) return;
  if (source.reader->ready()) {
    tracks[i].track = source.reader->track();
    return;
  }
  tracks[i].problem = InTrack(i, {ErrorKind::kBadInput,
                                  {},
                                  "no decoder configuration",
                                  "copy or export the film again"});
  source.reader.reset();
}

Result<bool> MediaFile::Impl::ReadPacket() {
  av_packet_unref(packet.get());
  if (!prepared.empty()) {
    packet = std::move(prepared.front());
    prepared.pop_front();
    return true;
  }
  const int result = av_read_frame(format, packet.get());
  if (auto wanted = interrupt->Check(); !wanted) {
    return std::unexpected(wanted.error());
  }
  const bool io_failed = format->pb != nullptr && format->pb->error < 0 &&
                         format->pb->error != AVERROR_EOF;
  if (result == AVERROR_EOF && !io_failed) return false;
  if (result < 0) return std::unexpected(Damaged());
  // In a transport stream the flag means a lost packet somewhere near; files
  // with an index have it only where the data end early.
  const bool corrupt = (packet->flags & AV_PKT_FLAG_CORRUPT) != 0;
  if ((corrupt && !IsTransportStream(*format)) ||
      packet->size > kMaxPacketSize) {
    return std::unexpected(Damaged());
  }
  return true;
}

Result<std::optional<Packet>> MediaFile::Impl::Convert() {
  const auto track = SelectedTrackOf(*packet);
  if (!track || packet->size == 0) return std::nullopt;
  if (IsEncrypted(*packet)) {
    return BadInput(where, "is encrypted", "give the film in the clear");
  }
  RepairClock(*track);
  Source& source = sources[*track];
  auto converted = source.reader->Read(*packet);
  if (!converted) return std::unexpected(InTrack(*track, converted.error()));
  if (*converted) {
    (*converted)->track = *track;
    (*converted)->discontinuity = std::exchange(source.restarted, false);
    recoded |= (*converted)->config_change != ConfigChange::kNone;
  }
  return converted;
}

void MediaFile::Impl::RepairClock(size_t track) {
  if (!clock) return;
  Source& source = sources[track];
  if (!clock->Repair(track, *source.stream, *packet)) return;
  source.restarted = true;
  source.reader->Restart();
}

std::optional<size_t> MediaFile::Impl::SelectedTrackOf(
    const AVPacket& read) const {
  for (size_t i = 0; i < sources.size(); ++i) {
    if (sources[i].stream->index == read.stream_index && sources[i].reader &&
        selected[i]) {
      return i;
    }
  }
  return std::nullopt;
}

Error MediaFile::Impl::Damaged() const {
  return io->error().value_or(Error{ErrorKind::kBadInput, where,
                                    "is damaged or cut short",
                                    "copy or export it again"});
}

Error MediaFile::Impl::InTrack(size_t track, Error error) const {
  return Placed(where, tracks[track].track.kind, std::move(error));
}

}  // namespace usher
