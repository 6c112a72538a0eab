#include "packager/input/format_io.h"

extern "C" {
#include <libavutil/mem.h>
}

#include <algorithm>
#include <cstdio>
#include <utility>

namespace usher {
namespace {

constexpr int kBuffer = 64 << 10;
// Libavformat believes a trun's count of samples and makes room for them all:
// of two kilobytes it made 600 MB. So many bytes index eighteen hours of 60
// pictures a second, and hold the largest packet.
constexpr size_t kMostAtOnce = 96 << 20;

int OnInterruptCheck(void* interrupt) {
  return static_cast<const Interrupt*>(interrupt)->requested() ? 1 : 0;
}

int RefuseToOpen(AVFormatContext* /*format*/, AVIOContext** /*io*/,
                 const char* /*url*/, int /*flags*/,
                 AVDictionary** /*options*/) {
  return AVERROR(EACCES);
}

}  // namespace

Result<std::unique_ptr<FormatIo>> FormatIo::Open(InputFilePtr file,
                                                 const Interrupt& interrupt,
                                                 const Limits& limits) {
  std::unique_ptr<FormatIo> io(new FormatIo(std::move(file), interrupt));
  if (io->Start(limits)) return io;
  if (auto wanted = interrupt.Check(); !wanted) {
    return std::unexpected(wanted.error());
  }
  if (io->error_) return std::unexpected(*io->error_);
  return nullptr;
}

FormatIo::~FormatIo() {
  format_.reset();
  if (io_ == nullptr) return;
  av_freep(&io_->buffer);
  avio_context_free(&io_);
}

bool FormatIo::Start(const Limits& limits) {
  av_max_alloc(kMostAtOnce);
  auto* buffer = static_cast<uint8_t*>(av_malloc(kBuffer));
  if (buffer == nullptr) return false;
  io_ = avio_alloc_context(buffer, kBuffer, 0, this, OnRead, nullptr, OnSeek);
  if (io_ == nullptr) {
    av_free(buffer);
    return false;
  }
  AVFormatContext* context = avformat_alloc_context();
  if (context == nullptr) return false;
  context->pb = io_;
  context->interrupt_callback = {OnInterruptCheck,
                                 const_cast<Interrupt*>(&interrupt_)};
  context->io_open = RefuseToOpen;
  if (limits.probe_bytes > 0) context->probesize = limits.probe_bytes;
  if (limits.probe_microseconds > 0) {
    context->max_analyze_duration = limits.probe_microseconds;
  }
  context->correct_ts_overflow = 0;  // ClockRepair does that
  AVDictionary* options = nullptr;
  av_dict_set(&options, "format_whitelist", limits.formats, 0);
  av_dict_set(&options, "protocol_whitelist", "", 0);
  // The context is libav's, also on failure.
  const int result =
      avformat_open_input(&context, file_->name().c_str(), nullptr, &options);
  av_dict_free(&options);
  if (result < 0) return false;
  format_.reset(context);
  return true;
}

int FormatIo::OnRead(void* opaque, uint8_t* buffer, int size) {
  auto& self = *static_cast<FormatIo*>(opaque);
  if (self.interrupt_.requested()) return AVERROR_EXIT;
  const uint64_t file_size = self.file_->size();
  if (self.position_ >= file_size) return AVERROR_EOF;
  const size_t wanted =
      std::min<uint64_t>(static_cast<size_t>(size), file_size - self.position_);
  if (auto read = self.file_->Read(self.position_, {buffer, wanted}); !read) {
    self.error_ = std::move(read).error();
    return AVERROR(EIO);
  }
  self.position_ += wanted;
  return static_cast<int>(wanted);
}

int64_t FormatIo::OnSeek(void* opaque, int64_t offset, int whence) {
  auto& self = *static_cast<FormatIo*>(opaque);
  const auto size = static_cast<int64_t>(self.file_->size());
  switch (whence & ~AVSEEK_FORCE) {
    case AVSEEK_SIZE:
      return size;
    case SEEK_SET:
      break;
    case SEEK_CUR:
      offset += static_cast<int64_t>(self.position_);
      break;
    case SEEK_END:
      offset += size;
      break;
    default:
      return AVERROR(EINVAL);
  }
  if (offset < 0) return AVERROR(EINVAL);
  self.position_ = static_cast<uint64_t>(offset);
  return offset;
}

}  // namespace usher
