// libavformat's way into an InputFile: whatever a container refers to (another
// file, a URL), nothing else is ever opened. Not thread-safe.
#pragma once

#include <memory>
#include <optional>

#include "core/base/error.h"
#include "packager/input/av_handles.h"
#include "packager/input/input_file.h"
#include "packager/input/interrupt.h"

namespace usher {

class FormatIo {
 public:
  struct Limits {
    const char* formats = nullptr;   // names of demuxers, comma-separated
    int64_t probe_bytes = 0;         // 0: libavformat's own
    int64_t probe_microseconds = 0;  // 0: libavformat's own
  };

  // Null where libavformat takes the file for none of `formats`. Fails where
  // its bytes cannot be had. `interrupt` outlives the object.
  static Result<std::unique_ptr<FormatIo>> Open(InputFilePtr file,
                                                const Interrupt& interrupt,
                                                const Limits& limits);
  ~FormatIo();
  FormatIo(const FormatIo&) = delete;
  FormatIo& operator=(const FormatIo&) = delete;

  AVFormatContext* format() const { return format_.get(); }
  // Why a reading of the file failed, where one did.
  const std::optional<Error>& error() const { return error_; }

 private:
  FormatIo(InputFilePtr file, const Interrupt& interrupt)
      : file_(std::move(file)), interrupt_(interrupt) {}
  static int OnRead(void* self, uint8_t* buffer, int size);
  static int64_t OnSeek(void* self, int64_t offset, int whence);
  bool Start(const Limits& limits);

  InputFilePtr file_;
  const Interrupt& interrupt_;
  uint64_t position_ = 0;
  std::optional<Error> error_;
  AVIOContext* io_ = nullptr;
  FormatContextPtr format_;  // goes before io_
};

}  // namespace usher
