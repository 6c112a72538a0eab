// libav objects that free themselves.
#pragma once

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavcodec/bsf.h>
#include <libavformat/avformat.h>
}

#include <memory>

namespace usher {

struct FreeFormatContext {
  void operator()(AVFormatContext* context) const {
    avformat_close_input(&context);
  }
};
using FormatContextPtr = std::unique_ptr<AVFormatContext, FreeFormatContext>;

struct FreePacket {
  void operator()(AVPacket* packet) const { av_packet_free(&packet); }
};
using PacketPtr = std::unique_ptr<AVPacket, FreePacket>;

struct FreeBitstreamFilter {
  void operator()(AVBSFContext* context) const { av_bsf_free(&context); }
};
using BitstreamFilterPtr = std::unique_ptr<AVBSFContext, FreeBitstreamFilter>;

}  // namespace usher
