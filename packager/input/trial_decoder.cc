#include "packager/input/trial_decoder.h"

#include <algorithm>

namespace usher {
namespace {

AVCodecID CodecIdOf(Codec codec) {
  switch (codec) {
    case Codec::kH264:
      return AV_CODEC_ID_H264;
    case Codec::kHevc:
      return AV_CODEC_ID_HEVC;
    case Codec::kAac:
      return AV_CODEC_ID_AAC;
    case Codec::kAc3:
      return AV_CODEC_ID_AC3;
    case Codec::kEac3:
      return AV_CODEC_ID_EAC3;
    default:
      return AV_CODEC_ID_NONE;
  }
}

// Decoders of AC-3 know by themselves what it is.
bool NeedsConfig(Codec codec) {
  return codec != Codec::kAc3 && codec != Codec::kEac3;
}

bool GiveConfig(AVCodecContext& context, ByteView config) {
  auto* copy = static_cast<uint8_t*>(
      av_mallocz(config.size() + AV_INPUT_BUFFER_PADDING_SIZE));
  if (copy == nullptr) return false;
  std::ranges::copy(config, copy);
  context.extradata = copy;
  context.extradata_size = static_cast<int>(config.size());
  return true;
}

}  // namespace

std::unique_ptr<TrialDecoder> TrialDecoder::Make(const Track& track) {
  const AVCodec* codec = avcodec_find_decoder(CodecIdOf(track.codec));
  if (codec == nullptr) return nullptr;
  AVCodecContext* context = avcodec_alloc_context3(codec);
  if (context == nullptr) return nullptr;
  std::unique_ptr<TrialDecoder> made(new TrialDecoder(context, track));
  if (NeedsConfig(track.codec) && !GiveConfig(*context, track.decoder_config)) {
    return nullptr;
  }
  if (avcodec_open2(context, codec, nullptr) < 0) return nullptr;
  return made;
}

TrialDecoder::TrialDecoder(AVCodecContext* context, const Track& track)
    : context_(context), frame_(av_frame_alloc()) {
  context->thread_count = 1;
  if (track.kind == TrackKind::kVideo) {
    // Chromium's decoder conceals nothing: what this does not take ends
    // playback there.
    context->err_recognition = AV_EF_EXPLODE;
    // Half the work, and nobody looks at the pictures.
    context->skip_loop_filter = AVDISCARD_ALL;
  } else {
    context->err_recognition = AV_EF_CRCCHECK;
  }
}

bool TrialDecoder::Takes(const AVPacket& sample) {
  if (avcodec_send_packet(context_.get(), &sample) < 0) return false;
  while (true) {
    const int result = avcodec_receive_frame(context_.get(), frame_.get());
    if (result == AVERROR(EAGAIN)) return true;
    if (result < 0 || !IsOfTrack()) return false;
    if (context_->codec_type == AVMEDIA_TYPE_AUDIO && sample_rate_ == 0) {
      sample_rate_ = frame_->sample_rate;
      channels_ = frame_->ch_layout.nb_channels;
    }
  }
}

bool TrialDecoder::IsOfTrack() const {
  return sample_rate_ == 0 || (frame_->sample_rate == sample_rate_ &&
                               frame_->ch_layout.nb_channels == channels_);
}

PacketPtr CopyForDecoder(ByteView sample) {
  PacketPtr copy(av_packet_alloc());
  if (!copy || av_new_packet(copy.get(), static_cast<int>(sample.size())) < 0) {
    return nullptr;
  }
  std::ranges::copy(sample, copy->data);
  return copy;
}

}  // namespace usher
