#include "packager/input/live_feed.h"

extern "C" {
#include <libavutil/log.h>
}

#include <algorithm>
#include <array>
#include <cmath>
#include <deque>
#include <utility>

#include "packager/input/container.h"
#include "packager/input/damage_filter.h"
#include "packager/input/stream.h"
#include "packager/input/wrapped_time.h"

namespace usher {
namespace {

constexpr int kIoBufferSize = 32 << 10;
// Enough to find every stream of a muxed feed, little enough to start soon.
constexpr int64_t kProbeBytes = 5 << 20;
constexpr int64_t kProbeMicroseconds = 3'000'000;
constexpr size_t kMaxPreparedPackets = 1024;
// Packets after a sign of damage for which pictures are tried: some 40 s.
constexpr unsigned kSuspicion = 3000;
constexpr int kMaxPacketSize = 16 << 20;
// Longer than a segment of an HLS input may last.
constexpr std::chrono::seconds kLongestSilence(20);
constexpr char kProtocols[] =
    "file,udp,rtp,srt,tcp,tls,http,https,rtsp,rtsps,crypto,data";

struct FreeIoContext {
  void operator()(AVIOContext* io) const {
    av_freep(&io->buffer);
    avio_context_free(&io);
  }
};
using IoContextPtr = std::unique_ptr<AVIOContext, FreeIoContext>;

enum class DamageKind { kLost, kUnreadable, kUnusable, kUndecodable, kCount };

}  // namespace

struct LiveFeed::Impl {
  struct Source {
    AVStream* stream = nullptr;
    std::unique_ptr<Stream> reader;  // null where there is a problem
    TimeUnwrapper unwrapper;
    unsigned failures = 0;                 // in a row
    std::unique_ptr<DamageFilter> filter;  // where damage is to be feared
  };

  static int OnInterruptCheck(void* opaque) {
    auto* self = static_cast<Impl*>(opaque);
    self->silent = self->silent || self->IsSilent();
    return self->silent || self->interrupt->requested() ? 1 : 0;
  }
  // A peer that libavformat has connected to may vanish without a word.
  bool IsSilent() const {
    return !bytes_in &&
           std::chrono::steady_clock::now() - asked > kLongestSilence;
  }
  static int OnRead(void* self, uint8_t* buffer, int size);

  AVFormatContext* NewContext();
  Status Start(AVFormatContext* context, const char* url);
  void MakeTracks();
  void FollowTimecode();
  void Prepare();
  Source* SourceOf(const AVPacket& read);
  bool ReadPacket();
  void Unwrap(Source& source);
  bool IsOfNewStream();
  bool IsAnotherConfiguration(Source& source) const;
  bool TakeConfiguration(const Source& source);
  std::optional<Packet> Keep(Source& source, const Packet& made);
  void NoteDamage(DamageKind kind, std::string what);

  std::string where;
  const Interrupt* interrupt = nullptr;
  Timecode timecode;
  std::unique_ptr<ByteSource> bytes_in;
  IoContextPtr io;  // null where libavformat opened the source
  FormatContextPtr format;
  PacketPtr packet{av_packet_alloc()};
  std::deque<PacketPtr> prepared;  // read while opening
  std::vector<Source> sources;
  unsigned known_streams = 0;
  std::vector<InputTrack> tracks;
  Damage damage;
  std::array<bool, static_cast<size_t>(DamageKind::kCount)> seen{};
  // So many packets are still to be feared; the first ones are in any case, as
  // some damage shows in nothing but pictures.
  unsigned suspicion = kSuspicion;
  uint64_t bytes = 0;
  std::chrono::steady_clock::time_point began;
  // Since then it is waited for what comes next.
  std::chrono::steady_clock::time_point asked;
  bool silent = false;
  unsigned strange = 0;  // packets of streams that were not there before
  bool ended = false;
  bool continues = false;  // `packet` is the first under what was taken over
};

Result<LiveFeed> LiveFeed::Open(std::unique_ptr<ByteSource> source,
                                std::string where, const Interrupt& interrupt,
                                Timecode timecode) {
  auto impl = std::make_unique<Impl>();
  impl->where = std::move(where);
  impl->timecode = std::move(timecode);
  impl->interrupt = &interrupt;
  impl->bytes_in = std::move(source);
  auto* buffer = static_cast<uint8_t*>(av_malloc(kIoBufferSize));
  impl->io.reset(avio_alloc_context(buffer, kIoBufferSize, 0, impl.get(),
                                    Impl::OnRead, nullptr, nullptr));
  AVFormatContext* context = impl->NewContext();
  context->pb = impl->io.get();
  if (auto started = impl->Start(context, ""); !started) {
    return std::unexpected(started.error());
  }
  return LiveFeed(std::move(impl));
}

Result<LiveFeed> LiveFeed::OpenUrl(const std::string& url, std::string where,
                                   const Interrupt& interrupt,
                                   Timecode timecode) {
  auto impl = std::make_unique<Impl>();
  impl->where = std::move(where);
  impl->timecode = std::move(timecode);
  impl->interrupt = &interrupt;
  if (auto started = impl->Start(impl->NewContext(), url.c_str()); !started) {
    return std::unexpected(started.error());
  }
  return LiveFeed(std::move(impl));
}

LiveFeed::LiveFeed(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
LiveFeed::LiveFeed(LiveFeed&&) noexcept = default;
LiveFeed& LiveFeed::operator=(LiveFeed&&) noexcept = default;
LiveFeed::~LiveFeed() = default;

const std::vector<InputTrack>& LiveFeed::tracks() const {
  return impl_->tracks;
}

const std::string& LiveFeed::where() const { return impl_->where; }

bool LiveFeed::silent() const { return impl_->silent; }

const LiveFeed::Damage& LiveFeed::damage() const { return impl_->damage; }

uint64_t LiveFeed::bytes() const { return impl_->bytes; }

std::chrono::steady_clock::time_point LiveFeed::began() const {
  return impl_->began;
}

std::optional<Packet> LiveFeed::Read() {
  while (impl_->ReadPacket()) {
    if (impl_->IsOfNewStream()) break;
    Impl::Source* source = impl_->SourceOf(*impl_->packet);
    if (source == nullptr || impl_->packet->size == 0) continue;
    impl_->Unwrap(*source);
    auto packet = source->reader->Read(*impl_->packet);
    if (packet) source->failures = 0;
    if (packet && *packet) {
      auto kept = impl_->Keep(*source, **packet);
      if (!kept) continue;
      kept->track = static_cast<size_t>(source - impl_->sources.data());
      return kept;
    }
    if (source->reader->changed()) break;
    if (packet) continue;
    if (impl_->TakeConfiguration(*source)) break;
    impl_->NoteDamage(DamageKind::kUnusable, packet.error().what);
    if (impl_->IsAnotherConfiguration(*source)) break;
  }
  impl_->ended = true;
  return std::nullopt;
}

std::unique_ptr<LiveFeed> LiveFeed::Continued() {
  if (!impl_->continues) return nullptr;
  auto next = std::make_unique<Impl>();
  next->where = impl_->where;
  next->interrupt = impl_->interrupt;
  next->timecode = impl_->timecode;
  next->bytes_in = std::move(impl_->bytes_in);
  next->io = std::move(impl_->io);
  next->format = std::move(impl_->format);
  if (next->io) next->io->opaque = next.get();
  next->format->interrupt_callback.opaque = next.get();
  next->prepared.push_back(std::move(impl_->packet));
  next->began = std::chrono::steady_clock::now();
  impl_->continues = false;
  impl_->sources.clear();
  next->MakeTracks();
  if (next->timecode) next->FollowTimecode();
  next->Prepare();
  return std::unique_ptr<LiveFeed>(new LiveFeed(std::move(next)));
}

AVFormatContext* LiveFeed::Impl::NewContext() {
  av_log_set_level(AV_LOG_QUIET);
  AVFormatContext* context = avformat_alloc_context();
  context->interrupt_callback = {OnInterruptCheck, this};
  context->probesize = kProbeBytes;
  context->max_analyze_duration = kProbeMicroseconds;
  context->correct_ts_overflow = 0;  // TimeUnwrapper does that
  return context;
}

int LiveFeed::Impl::OnRead(void* opaque, uint8_t* buffer, int size) {
  auto* self = static_cast<Impl*>(opaque);
  const size_t read = self->bytes_in->Read({buffer, static_cast<size_t>(size)},
                                           *self->interrupt);
  self->bytes += read;
  return read == 0 ? AVERROR_EOF : static_cast<int>(read);
}

// libav takes the context over, also on failure.
Status LiveFeed::Impl::Start(AVFormatContext* context, const char* url) {
  AVDictionary* options = nullptr;
  av_dict_set(&options, "protocol_whitelist", kProtocols, 0);
  asked = std::chrono::steady_clock::now();
  const int opened = avformat_open_input(&context, url, nullptr, &options);
  av_dict_free(&options);
  if (opened < 0) {
    return BadInput(where, "sends nothing that can be read",
                    "publish H.264 and AAC as FLV or MPEG-TS");
  }
  format.reset(context);
  began = std::chrono::steady_clock::now();
  asked = began;
  if (avformat_find_stream_info(context, nullptr) < 0) {
    return BadInput(where, "ends before its streams are known",
                    "publish again");
  }
  MakeTracks();
  if (timecode) FollowTimecode();
  Prepare();
  return {};
}

void LiveFeed::Impl::MakeTracks() {
  known_streams = format->nb_streams;
  for (unsigned i = 0; i < format->nb_streams; ++i) {
    AVStream& stream = *format->streams[i];
    const AVMediaType type = stream.codecpar->codec_type;
    if (type != AVMEDIA_TYPE_VIDEO && type != AVMEDIA_TYPE_AUDIO) {
      stream.discard = AVDISCARD_ALL;
      continue;
    }
    InputTrack track;
    track.track.kind =
        type == AVMEDIA_TYPE_VIDEO ? TrackKind::kVideo : TrackKind::kAudio;
    track.track.language = LanguageOf(stream);
    auto reader = MakeStream(*format, stream);
    if (!reader) track.problem = reader.error();
    tracks.push_back(std::move(track));
    sources.push_back({&stream, reader ? *std::move(reader) : nullptr,
                       TimeUnwrapper(stream.pts_wrap_bits), 0, nullptr});
  }
}

void LiveFeed::Impl::FollowTimecode() {
  const double expected = timecode();
  for (Source& source : sources) {
    source.unwrapper.BeginNear(
        std::llround(expected / av_q2d(source.stream->time_base)));
    if (source.reader) source.reader->KeepTimes();
  }
}

// Some configurations are in the first packets only.
void LiveFeed::Impl::Prepare() {
  const auto all_ready = [this] {
    return std::ranges::all_of(sources, [](const Source& source) {
      return !source.reader || source.reader->ready();
    });
  };
  std::deque<PacketPtr> read;
  while (!all_ready() && read.size() < kMaxPreparedPackets && ReadPacket()) {
    Source* source = SourceOf(*packet);
    if (source != nullptr && !source->reader->ready()) {
      if (auto done = source->reader->Prepare(*packet); !done) {
        NoteDamage(DamageKind::kUnusable, done.error().what);
      }
    }
    read.push_back(std::exchange(packet, PacketPtr(av_packet_alloc())));
  }
  prepared = std::move(read);
  for (size_t i = 0; i < sources.size(); ++i) {
    if (!sources[i].reader) continue;
    if (sources[i].reader->ready()) {
      tracks[i].track = sources[i].reader->track();
      continue;
    }
    tracks[i].problem =
        Error{ErrorKind::kBadInput, where, "sends no decoder configuration",
              "restart the encoder"};
    sources[i].reader.reset();
  }
}

LiveFeed::Impl::Source* LiveFeed::Impl::SourceOf(const AVPacket& read) {
  for (Source& source : sources) {
    if (source.stream->index == read.stream_index && source.reader) {
      return &source;
    }
  }
  return nullptr;
}

// False at the end.
bool LiveFeed::Impl::ReadPacket() {
  while (!ended) {
    av_packet_unref(packet.get());
    if (!prepared.empty()) {
      packet = std::move(prepared.front());
      prepared.pop_front();
      return true;
    }
    asked = std::chrono::steady_clock::now();
    const int result = av_read_frame(format.get(), packet.get());
    if (silent || interrupt->requested() || result == AVERROR_EOF ||
        (result < 0 && result != AVERROR_INVALIDDATA &&
         result != AVERROR(EAGAIN))) {
      return false;
    }
    if (result < 0) {
      NoteDamage(DamageKind::kUnreadable, "has data that cannot be read");
      if (avio_feof(format->pb) != 0) return false;
      continue;
    }
    if (!bytes_in) bytes += static_cast<uint64_t>(packet->size);
    if ((packet->flags & AV_PKT_FLAG_CORRUPT) != 0) {
      NoteDamage(DamageKind::kLost, "has lost packets");
    }
    if (packet->size <= kMaxPacketSize) return true;
  }
  return false;
}

// Decode times rise: they tell where presentation times belong.
void LiveFeed::Impl::Unwrap(Source& source) {
  const bool has_dts = packet->dts != AV_NOPTS_VALUE;
  if (!has_dts && packet->pts == AV_NOPTS_VALUE) return;
  const int64_t before = has_dts ? packet->dts : packet->pts;
  const int64_t shift = source.unwrapper.Unwrap(before) - before;
  if (has_dts) packet->dts += shift;
  if (packet->pts != AV_NOPTS_VALUE) {
    TimeUnwrapper near = source.unwrapper;
    packet->pts = near.Unwrap(packet->pts);
  }
}

// The program map has changed: its pictures or sound lie somewhere else now.
// libavformat makes a stream of a single damaged packet, too.
bool LiveFeed::Impl::IsOfNewStream() {
  constexpr unsigned kEnough = 3;
  const auto index = static_cast<unsigned>(packet->stream_index);
  if (index < known_streams) return false;
  const AVMediaType type = format->streams[index]->codecpar->codec_type;
  return (type == AVMEDIA_TYPE_VIDEO || type == AVMEDIA_TYPE_AUDIO) &&
         ++strange == kEnough;
}

// Said by the container; or by pictures of which none can be used any more.
bool LiveFeed::Impl::IsAnotherConfiguration(Source& source) const {
  constexpr unsigned kTooMany = 30;
  return ++source.failures == kTooMany ||
         ChangesConfiguration(*packet, ExtradataOf(*source.stream->codecpar));
}

// FLV names a configuration once. Transport streams repeat theirs, and are
// opened anew.
bool LiveFeed::Impl::TakeConfiguration(const Source& source) {
  AVCodecParameters& parameters = *source.stream->codecpar;
  const ByteView config = NewExtradata(*packet);
  if (IsTransportStream(*format) ||
      !ChangesConfiguration(*packet, ExtradataOf(parameters))) {
    return false;
  }
  auto* copy = static_cast<uint8_t*>(
      av_mallocz(config.size() + AV_INPUT_BUFFER_PADDING_SIZE));
  if (copy == nullptr) return false;
  std::ranges::copy(config, copy);
  av_freep(&parameters.extradata);
  parameters.extradata = copy;
  parameters.extradata_size = static_cast<int>(config.size());
  continues = true;
  return true;
}

// RTMP and files on a disk come whole, or not at all.
std::optional<Packet> LiveFeed::Impl::Keep(Source& source, const Packet& made) {
  if (!IsTransportStream(*format)) return made;
  if (!source.filter) {
    source.filter = std::make_unique<DamageFilter>(source.reader->track());
  }
  if (suspicion > 0) --suspicion;
  auto kept = source.filter->Take(made, suspicion > 0);
  if (!source.filter->refused()) return kept;
  NoteDamage(DamageKind::kUndecodable,
             "has pictures or sound that cannot be decoded");
  return kept;
}

void LiveFeed::Impl::NoteDamage(DamageKind kind, std::string what) {
  ++damage.packets;
  suspicion = kSuspicion;
  if (!std::exchange(seen[static_cast<size_t>(kind)], true)) {
    damage.kinds.push_back(what);
  }
  damage.what = std::move(what);
}

}  // namespace usher
