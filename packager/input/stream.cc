#include "packager/input/stream.h"

#include "packager/input/aac_stream.h"
#include "packager/input/ac3_stream.h"
#include "packager/input/av1_stream.h"
#include "packager/input/flac_stream.h"
#include "packager/input/h264_stream.h"
#include "packager/input/hevc_stream.h"
#include "packager/input/opus_stream.h"
#include "packager/input/vp9_stream.h"

namespace usher {

Result<std::unique_ptr<Stream>> MakeStream(AVFormatContext& format,
                                           AVStream& stream) {
  switch (stream.codecpar->codec_id) {
    case AV_CODEC_ID_H264:
      return H264Stream::Make(format, stream);
    case AV_CODEC_ID_HEVC:
      return HevcStream::Make(format, stream);
    case AV_CODEC_ID_VP9:
      return Vp9Stream::Make(format, stream);
    case AV_CODEC_ID_AV1:
      return Av1Stream::Make(format, stream);
    case AV_CODEC_ID_AAC:
      return AacStream::Make(format, stream);
    case AV_CODEC_ID_AC3:
    case AV_CODEC_ID_EAC3:
      return Ac3Stream::Make(format, stream);
    case AV_CODEC_ID_OPUS:
      return OpusStream::Make(format, stream);
    case AV_CODEC_ID_FLAC:
      return FlacStream::Make(format, stream);
    default:
      break;
  }
  const bool video = stream.codecpar->codec_type == AVMEDIA_TYPE_VIDEO;
  return BadInput(
      {},
      std::string(avcodec_get_name(stream.codecpar->codec_id)) +
          (video ? " video is not supported" : " sound is not supported"),
      video ? "encode it as H.264: ffmpeg -i IN -c:v libx264 "
              "-c:a copy OUT.mp4"
            : "encode it as AAC: ffmpeg -i IN -c:v copy -c:a aac "
              "OUT.mp4");
}

}  // namespace usher
