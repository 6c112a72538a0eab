#include "packager/input/thumbnail_source.h"

extern "C" {
#include <libswscale/swscale.h>
}

#include <algorithm>
#include <cmath>
#include <utility>

#include "packager/input/av_handles.h"
#include "packager/input/format_io.h"
#include "packager/input/picture_signals.h"

namespace usher {
namespace {

constexpr char kFormats[] = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,mpegts,flv";
constexpr uint32_t kBox = 192;
constexpr uint32_t kLeastSide = 16;
constexpr int64_t kMaxPixels = int64_t{8192} * 4352;
// How far a damaged file is read for one picture.
constexpr int kMaxPackets = 512;
constexpr int kQuality = 5;  // of 2, the best, to 31

struct FreeCodec {
  void operator()(AVCodecContext* context) const {
    avcodec_free_context(&context);
  }
};
using CodecPtr = std::unique_ptr<AVCodecContext, FreeCodec>;

struct FreeFrame {
  void operator()(AVFrame* frame) const { av_frame_free(&frame); }
};
using FramePtr = std::unique_ptr<AVFrame, FreeFrame>;

struct FreeScaler {
  void operator()(SwsContext* context) const { sws_freeContext(context); }
};
using ScalerPtr = std::unique_ptr<SwsContext, FreeScaler>;

std::unexpected<Error> CannotDraw(const std::string& where) {
  return BadInput(where, "has pictures that cannot be drawn small",
                  "leave --thumbnails out");
}

AVStream* FirstVideo(AVFormatContext& format) {
  AVStream* video = nullptr;
  for (unsigned i = 0; i < format.nb_streams; ++i) {
    AVStream* stream = format.streams[i];
    const bool cover = (stream->disposition & AV_DISPOSITION_ATTACHED_PIC) != 0;
    if (video == nullptr && !cover &&
        stream->codecpar->codec_type == AVMEDIA_TYPE_VIDEO) {
      video = stream;
    } else {
      stream->discard = AVDISCARD_ALL;
    }
  }
  return video;
}

// One thread, so that a picture comes out as soon as it went in.
CodecPtr OpenDecoder(const AVStream& stream) {
  const AVCodec* codec = avcodec_find_decoder(stream.codecpar->codec_id);
  if (codec == nullptr) return nullptr;
  CodecPtr context(avcodec_alloc_context3(codec));
  if (!context ||
      avcodec_parameters_to_context(context.get(), stream.codecpar) < 0) {
    return nullptr;
  }
  context->thread_count = 1;
  context->max_pixels = kMaxPixels;
  context->skip_loop_filter = AVDISCARD_ALL;
  if (avcodec_open2(context.get(), codec, nullptr) < 0) return nullptr;
  return context;
}

FramePtr MakeFrame(uint32_t width, uint32_t height) {
  FramePtr frame(av_frame_alloc());
  if (!frame) return nullptr;
  frame->format = AV_PIX_FMT_YUVJ420P;
  frame->width = static_cast<int>(width);
  frame->height = static_cast<int>(height);
  if (av_frame_get_buffer(frame.get(), 0) < 0) return nullptr;
  const auto fill = [&](int plane, int rows, int value) {
    std::fill_n(
        frame->data[plane],
        static_cast<size_t>(frame->linesize[plane]) * static_cast<size_t>(rows),
        static_cast<uint8_t>(value));
  };
  fill(0, frame->height, 0);
  fill(1, frame->height / 2, 128);
  fill(2, frame->height / 2, 128);
  return frame;
}

Result<Bytes> EncodeJpeg(AVFrame& sheet, const std::string& where) {
  const AVCodec* codec = avcodec_find_encoder(AV_CODEC_ID_MJPEG);
  if (codec == nullptr) {
    return Failed("libavcodec", "has no JPEG encoder",
                  "install Debian's libavcodec");
  }
  const CodecPtr context(avcodec_alloc_context3(codec));
  const PacketPtr packet(av_packet_alloc());
  if (!context || !packet) return CannotDraw(where);
  context->width = sheet.width;
  context->height = sheet.height;
  context->pix_fmt = AV_PIX_FMT_YUVJ420P;
  context->time_base = {1, 1};
  context->flags |= AV_CODEC_FLAG_QSCALE | AV_CODEC_FLAG_BITEXACT;
  context->global_quality = FF_QP2LAMBDA * kQuality;
  context->thread_count = 1;
  sheet.quality = context->global_quality;
  sheet.pts = 0;
  if (avcodec_open2(context.get(), codec, nullptr) < 0 ||
      avcodec_send_frame(context.get(), &sheet) < 0 ||
      avcodec_receive_packet(context.get(), packet.get()) < 0) {
    return CannotDraw(where);
  }
  return Bytes(packet->data, packet->data + packet->size);
}

// One plane, turned clockwise by `rotation` degrees, as it is put into a sheet.
void TurnPlane(const uint8_t* from, int from_line, int width, int height,
               unsigned rotation, uint8_t* to, int to_line) {
  const bool sideways = rotation == 90 || rotation == 270;
  for (int y = 0; y < (sideways ? width : height); ++y) {
    for (int x = 0; x < (sideways ? height : width); ++x) {
      const int column = rotation == 90    ? y
                         : rotation == 180 ? width - 1 - x
                                           : width - 1 - y;
      const int row = rotation == 90    ? height - 1 - x
                      : rotation == 180 ? height - 1 - y
                                        : x;
      to[ptrdiff_t{y} * to_line + x] =
          from[ptrdiff_t{row} * from_line + column];
    }
  }
}

uint32_t Even(double side) {
  const auto rounded = static_cast<uint32_t>(std::lround(side / 2)) * 2;
  return std::clamp(rounded, kLeastSide, kBox);
}

}  // namespace

TileSize TileSizeFor(uint32_t width, uint32_t height, uint32_t sar_num,
                     uint32_t sar_den) {
  const double sar =
      sar_num == 0 || sar_den == 0 ? 1 : static_cast<double>(sar_num) / sar_den;
  const double shown = std::max(1.0, width * sar);
  const double tall = std::max(1.0, static_cast<double>(height));
  const double scale = kBox / std::max(shown, tall);
  return {Even(shown * scale), Even(tall * scale)};
}

struct ThumbnailSource::Impl {
  // Decodes the key frame at or before `time` into `picture`; false where there
  // is none.
  bool DecodeAt(double time);
  bool ReadKeyFrame();
  bool Decode();
  Status Draw(AVFrame& sheet, const SheetShape& shape, size_t place);
  bool Scale(int width, int height, uint8_t* const* planes, const int* lines);

  std::string where;
  const Interrupt* interrupt = nullptr;
  std::unique_ptr<FormatIo> io;
  AVFormatContext* format = nullptr;  // of io
  AVStream* stream = nullptr;
  unsigned rotation = 0;  // as Track::rotation
  CodecPtr decoder;
  PacketPtr packet{av_packet_alloc()};
  FramePtr picture{av_frame_alloc()};
  bool has_picture = false;
  int64_t decoded = AV_NOPTS_VALUE;  // of the packet in `picture`
  ScalerPtr scaler;
};

Result<ThumbnailSource> ThumbnailSource::Open(const InputFilePtr& file,
                                              const Interrupt& interrupt) {
  auto impl = std::make_unique<Impl>();
  impl->where = file->where();
  impl->interrupt = &interrupt;
  auto io = FormatIo::Open(file, interrupt, {.formats = kFormats});
  if (!io) return std::unexpected(std::move(io).error());
  impl->io = *std::move(io);
  if (!impl->io || avformat_find_stream_info(impl->io->format(), nullptr) < 0) {
    return CannotDraw(impl->where);
  }
  impl->format = impl->io->format();
  impl->stream = FirstVideo(*impl->format);
  if (impl->stream == nullptr) return CannotDraw(impl->where);
  Track track;
  DescribePicture(*impl->stream, track);
  impl->rotation = track.rotation;
  const AVCodecParameters& parameters = *impl->stream->codecpar;
  if (int64_t{parameters.width} * parameters.height > kMaxPixels) {
    return BadInput(impl->where, "has pictures too large to be drawn small",
                    "leave --thumbnails out");
  }
  impl->decoder = OpenDecoder(*impl->stream);
  if (!impl->decoder) return CannotDraw(impl->where);
  return ThumbnailSource(std::move(impl));
}

ThumbnailSource::ThumbnailSource(std::unique_ptr<Impl> impl)
    : impl_(std::move(impl)) {}
ThumbnailSource::ThumbnailSource(ThumbnailSource&&) noexcept = default;
ThumbnailSource& ThumbnailSource::operator=(ThumbnailSource&&) noexcept =
    default;
ThumbnailSource::~ThumbnailSource() = default;

Result<Bytes> ThumbnailSource::MakeSheet(const SheetShape& shape,
                                         std::span<const double> seconds) {
  const FramePtr sheet = MakeFrame(shape.tile.width * shape.columns,
                                   shape.tile.height * shape.rows);
  if (!sheet) return CannotDraw(impl_->where);
  const size_t count =
      std::min(seconds.size(), size_t{shape.columns} * shape.rows);
  for (size_t i = 0; i < count; ++i) {
    if (auto wanted = impl_->interrupt->Check(); !wanted) {
      return std::unexpected(wanted.error());
    }
    impl_->DecodeAt(seconds[i]);
    if (!impl_->has_picture) continue;
    if (auto drawn = impl_->Draw(*sheet, shape, i); !drawn) {
      return std::unexpected(drawn.error());
    }
  }
  return EncodeJpeg(*sheet, impl_->where);
}

bool ThumbnailSource::Impl::DecodeAt(double time) {
  const auto target =
      static_cast<int64_t>(std::llround(time / av_q2d(stream->time_base)));
  if (av_seek_frame(format, stream->index, target, AVSEEK_FLAG_BACKWARD) < 0) {
    // In front of the first key frame: that one.
    if (has_picture || av_seek_frame(format, stream->index, target, 0) < 0) {
      return false;
    }
  }
  return ReadKeyFrame();
}

bool ThumbnailSource::Impl::ReadKeyFrame() {
  for (int i = 0; i < kMaxPackets; ++i) {
    av_packet_unref(packet.get());
    if (av_read_frame(format, packet.get()) < 0) return false;
    if (packet->stream_index != stream->index ||
        (packet->flags & AV_PKT_FLAG_KEY) == 0) {
      continue;
    }
    const int64_t time =
        packet->dts == AV_NOPTS_VALUE ? packet->pts : packet->dts;
    if (has_picture && time == decoded) return true;
    decoded = time;
    return Decode();
  }
  return false;
}

// One packet in, the end told, one picture out.
bool ThumbnailSource::Impl::Decode() {
  FramePtr frame(av_frame_alloc());
  avcodec_flush_buffers(decoder.get());
  const bool done = frame &&
                    avcodec_send_packet(decoder.get(), packet.get()) >= 0 &&
                    avcodec_send_packet(decoder.get(), nullptr) >= 0 &&
                    avcodec_receive_frame(decoder.get(), frame.get()) >= 0;
  avcodec_flush_buffers(decoder.get());
  if (!done) return false;
  picture = std::move(frame);
  has_picture = true;
  return true;
}

Status ThumbnailSource::Impl::Draw(AVFrame& sheet, const SheetShape& shape,
                                   size_t place) {
  const auto width = static_cast<int>(shape.tile.width);
  const auto height = static_cast<int>(shape.tile.height);
  const int column = static_cast<int>(place % shape.columns);
  const int row = static_cast<int>(place / shape.columns);
  uint8_t* planes[4] = {};
  for (int plane = 0; plane < 3; ++plane) {
    const int half = plane == 0 ? 1 : 2;
    planes[plane] = sheet.data[plane] +
                    ptrdiff_t{row} * height / half * sheet.linesize[plane] +
                    ptrdiff_t{column} * width / half;
  }
  if (rotation == 0) {
    if (Scale(width, height, planes, sheet.linesize)) return {};
    return CannotDraw(where);
  }
  const bool sideways = rotation != 180;
  const int lying_width = sideways ? height : width;
  const int lying_height = sideways ? width : height;
  const FramePtr lying = MakeFrame(static_cast<uint32_t>(lying_width),
                                   static_cast<uint32_t>(lying_height));
  if (!lying ||
      !Scale(lying_width, lying_height, lying->data, lying->linesize)) {
    return CannotDraw(where);
  }
  for (int plane = 0; plane < 3; ++plane) {
    const int half = plane == 0 ? 1 : 2;
    TurnPlane(lying->data[plane], lying->linesize[plane], lying_width / half,
              lying_height / half, rotation, planes[plane],
              sheet.linesize[plane]);
  }
  return {};
}

bool ThumbnailSource::Impl::Scale(int width, int height, uint8_t* const* planes,
                                  const int* lines) {
  scaler.reset(sws_getCachedContext(
      scaler.release(), picture->width, picture->height,
      static_cast<AVPixelFormat>(picture->format), width, height,
      AV_PIX_FMT_YUVJ420P, SWS_AREA, nullptr, nullptr, nullptr));
  return scaler && sws_scale(scaler.get(), picture->data, picture->linesize, 0,
                             picture->height, planes, lines) == height;
}

}  // namespace usher
