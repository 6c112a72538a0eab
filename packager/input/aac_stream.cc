#include "packager/input/aac_stream.h"

#include "packager/input/container.h"

namespace usher {
namespace {

Result<BitstreamFilterPtr> MakeHeaderFilter(const AVStream& stream) {
  AVBSFContext* context = nullptr;
  const AVBitStreamFilter* filter = av_bsf_get_by_name("aac_adtstoasc");
  if (filter == nullptr || av_bsf_alloc(filter, &context) < 0) {
    return Failed("libavcodec", "has no filter aac_adtstoasc",
                  "install Debian's libavcodec");
  }
  BitstreamFilterPtr owned(context);
  if (avcodec_parameters_copy(context->par_in, stream.codecpar) < 0 ||
      av_bsf_init(context) < 0) {
    return BadInput({}, "has AAC that cannot be read", kReencodeSound);
  }
  return owned;
}

// Profile, sampling frequency and channels, as the header has them (ISO/IEC
// 13818-7 6.2.1). Nothing where there is no header.
std::optional<uint32_t> AdtsFormat(ByteView frame) {
  constexpr size_t kHeader = 7;
  if (frame.size() < kHeader || frame[0] != 0xff || (frame[1] & 0xf6) != 0xf0) {
    return std::nullopt;
  }
  constexpr uint32_t kNotPrivate = 0xfd;
  constexpr uint32_t kChannels = 0xc0;
  return (frame[2] & kNotPrivate) << 8 | (frame[3] & kChannels);
}

}  // namespace

Result<std::unique_ptr<Stream>> AacStream::Make(AVFormatContext& format,
                                                AVStream& stream) {
  std::unique_ptr<AacStream> made(new AacStream(format, stream));
  const ByteView config = ExtradataOf(*stream.codecpar);
  if (config.empty()) {
    auto filter = MakeHeaderFilter(stream);
    if (!filter) return std::unexpected(filter.error());
    made->header_filter_ = *std::move(filter);
  } else if (auto configured = made->Configure(config); !configured) {
    return std::unexpected(configured.error());
  }
  return made;
}

AacStream::AacStream(AVFormatContext& format, AVStream& stream)
    : SoundStream(format, stream, Codec::kAac),
      profile_(stream.codecpar->profile),
      sample_rate_(stream.codecpar->sample_rate),
      channels_(stream.codecpar->ch_layout.nb_channels),
      filtered_(av_packet_alloc()) {}

Status AacStream::Prepare(const AVPacket& packet) {
  if (auto taken = TakeOffHeader(packet); !taken) return taken;
  size_t size = 0;
  const uint8_t* config = av_packet_get_side_data(
      filtered_.get(), AV_PKT_DATA_NEW_EXTRADATA, &size);
  if (config == nullptr) return {};
  adts_format_ = AdtsFormat(PayloadOf(packet)).value_or(0);
  return Configure({config, size});
}

Status AacStream::Configure(ByteView decoder_config) {
  auto config = AacConfig::Parse(decoder_config);
  if (!config) return std::unexpected(config.error());
  // SBR and PS may be signalled implicitly, in the frames alone; libavcodec
  // has looked into them.
  if (profile_ == FF_PROFILE_AAC_HE || profile_ == FF_PROFILE_AAC_HE_V2) {
    config->object_type = static_cast<unsigned>(profile_) + 1;
    if (sample_rate_ == static_cast<int>(2 * config->core_sample_rate)) {
      config->sample_rate = 2 * config->core_sample_rate;
    }
  }
  track_.decoder_config.assign(decoder_config.begin(), decoder_config.end());
  track_.codecs = config->Codecs();
  frame_size_ = config->FrameSize();
  SetFormat(config->sample_rate, static_cast<uint32_t>(channels_));
  return {};
}

Result<std::optional<Packet>> AacStream::Read(const AVPacket& source) {
  if (ChangesConfiguration(source, track_.decoder_config)) {
    return std::unexpected(FormatChangedAt(source));
  }
  const AVPacket* frame = &source;
  if (header_filter_) {
    const auto told = AdtsFormat(PayloadOf(source));
    const auto same =
        IsOfFormat(told.value_or(adts_format_), adts_format_, source);
    if (!same) return std::unexpected(same.error());
    if (!*same) return std::nullopt;
    if (auto taken = TakeOffHeader(source); !taken) {
      return std::unexpected(taken.error());
    }
    frame = filtered_.get();
  }
  auto packet = PlacedAt(source, frame_size_);
  if (packet && *packet) (*packet)->data = PayloadOf(*frame);
  return packet;
}

Status AacStream::TakeOffHeader(const AVPacket& packet) {
  av_packet_unref(filtered_.get());
  PacketPtr copy(av_packet_clone(&packet));
  if (!copy || av_bsf_send_packet(header_filter_.get(), copy.get()) < 0 ||
      av_bsf_receive_packet(header_filter_.get(), filtered_.get()) < 0) {
    return BadInput({}, "has a damaged AAC frame", kReencodeSound);
  }
  return {};
}

}  // namespace usher
