#include "packager/input/text_stream.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "packager/input/container.h"
#include "packager/text/cue_timing.h"
#include "packager/text/markup.h"
#include "packager/text/utf8.h"
#include "packager/text/wvtt_sample.h"

namespace usher {
namespace {

constexpr uint32_t kWvttTag = MKTAG('w', 'v', 't', 't');
constexpr int64_t kUnknownDuration = 5000;  // ms
constexpr int64_t kMaxTime = int64_t{30} * 365 * 24 * 3600 * 1000;

std::string SideText(const AVPacket& packet, AVPacketSideDataType type) {
  size_t size = 0;
  const uint8_t* data = av_packet_get_side_data(&packet, type, &size);
  return data == nullptr ? "" : std::string(AsText({data, size}));
}

// An event is eight fields and, behind their commas, the text.
std::string_view TextOfAssEvent(std::string_view event) {
  for (int i = 0; i < 8; ++i) {
    const size_t comma = event.find(',');
    if (comma == std::string_view::npos) return {};
    event.remove_prefix(comma + 1);
  }
  return event;
}

// Times alone; `end` before `start` where the packet has none.
text::Cue TimesOf(const AVPacket& packet, AVRational time_base) {
  constexpr AVRational kMs = {1, 1000};
  text::Cue cue;
  cue.start = text::Time(1);
  const int64_t time = packet.pts == AV_NOPTS_VALUE ? packet.dts : packet.pts;
  if (time == AV_NOPTS_VALUE) return cue;
  const int64_t start = av_rescale_q(time, time_base, kMs);
  const int64_t duration = packet.duration > 0
                               ? av_rescale_q(packet.duration, time_base, kMs)
                               : kUnknownDuration;
  if (std::abs(start) > kMaxTime || duration > kMaxTime) return cue;
  cue.start = text::Time(start);
  cue.end = text::Time(start + duration);
  return cue;
}

CodecContextPtr OpenDecoder(const AVCodecParameters& parameters) {
  const AVCodec* codec = avcodec_find_decoder(parameters.codec_id);
  if (codec == nullptr) return nullptr;
  CodecContextPtr context(avcodec_alloc_context3(codec));
  if (!context ||
      avcodec_parameters_to_context(context.get(), &parameters) < 0 ||
      avcodec_open2(context.get(), codec, nullptr) < 0) {
    return nullptr;
  }
  return context;
}

}  // namespace

bool IsSubtitle(const AVStream& stream) {
  return stream.codecpar->codec_type == AVMEDIA_TYPE_SUBTITLE ||
         stream.codecpar->codec_tag == kWvttTag;
}

std::unique_ptr<TextStream> TextStream::Make(const AVStream& stream) {
  const auto make = [&](Format format) {
    return std::unique_ptr<TextStream>(new TextStream(stream, format));
  };
  if (stream.codecpar->codec_tag == kWvttTag) return make(Format::kWvtt);
  switch (stream.codecpar->codec_id) {
    case AV_CODEC_ID_SUBRIP:
    case AV_CODEC_ID_TEXT:
      return make(Format::kSubRip);
    case AV_CODEC_ID_WEBVTT:
      return make(Format::kWebVtt);
    case AV_CODEC_ID_ASS:
    case AV_CODEC_ID_SSA:
      return make(Format::kAss);
    case AV_CODEC_ID_MOV_TEXT: {
      auto made = make(Format::kTx3g);
      made->decoder_ = OpenDecoder(*stream.codecpar);
      if (made->decoder_) return made;
      break;
    }
    default:
      break;
  }
  return nullptr;
}

TextStream::TextStream(const AVStream& stream, Format format)
    : format_(format), time_base_(stream.time_base) {}

void TextStream::Read(const AVPacket& packet, std::vector<text::Cue>& cues) {
  text::Cue cue = TimesOf(packet, time_base_);
  if (cue.end <= cue.start) return;
  if (format_ == Format::kWvtt) return ReadWvtt(packet, cue, cues);
  const std::string raw = text::DecodeText(PayloadOf(packet)).utf8;
  if (format_ == Format::kWebVtt) {
    cue.payload = text::CleanPayload(raw);
    cue.settings =
        text::KnownSettings(SideText(packet, AV_PKT_DATA_WEBVTT_SETTINGS));
  } else {
    text::MarkedText marked =
        format_ == Format::kSubRip ? text::FromSubRip(raw)
        : format_ == Format::kAss
            ? text::FromAss(TextOfAssEvent(raw))
            : text::FromAss(TextOfAssEvent(DecodeTx3g(packet)));
    cue.payload = std::move(marked.payload);
    cue.settings = std::move(marked.settings);
  }
  if (!cue.payload.empty()) cues.push_back(std::move(cue));
}

// A cue that was cut into several samples is one again. Samples follow each
// other without a gap, so one ends where the next begins.
void TextStream::ReadWvtt(const AVPacket& packet, const text::Cue& times,
                          std::vector<text::Cue>& cues) {
  const auto said = text::ReadWvttSample(PayloadOf(packet));
  if (!said) return;
  std::vector<text::Cue> ended = std::exchange(showing_, {});
  for (const text::WvttCue& part : *said) {
    text::Cue cue = times;
    cue.payload =
        text::CleanPayload(text::DecodeText(AsBytes(part.payload)).utf8);
    cue.settings = text::KnownSettings(part.settings);
    if (cue.payload.empty()) continue;
    const auto same = std::ranges::find_if(ended, [&](const text::Cue& other) {
      return other.payload == cue.payload && other.settings == cue.settings;
    });
    if (same != ended.end()) {
      cue.start = same->start;
      ended.erase(same);
    }
    showing_.push_back(std::move(cue));
  }
  for (text::Cue& cue : ended) {
    cue.end = std::min(cue.end, times.start);
    cues.push_back(std::move(cue));
  }
}

void TextStream::Finish(std::vector<text::Cue>& cues) {
  for (text::Cue& cue : showing_) cues.push_back(std::move(cue));
  showing_.clear();
}

std::string TextStream::DecodeTx3g(const AVPacket& packet) {
  AVSubtitle subtitle{};
  int got = 0;
  PacketPtr copy(av_packet_clone(&packet));
  if (!copy || avcodec_decode_subtitle2(decoder_.get(), &subtitle, &got,
                                        copy.get()) < 0) {
    return {};
  }
  std::string event;
  for (unsigned i = 0; i < subtitle.num_rects && event.empty(); ++i) {
    if (subtitle.rects[i]->ass != nullptr) event = subtitle.rects[i]->ass;
  }
  avsubtitle_free(&subtitle);
  return event;
}

}  // namespace usher
