// Sprite sheets of a film: small pictures side by side, as JPEG.
//
// Only key frames are decoded, one for each picture: the one at its time or the
// nearest before it. Not thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "core/base/bytes.h"
#include "core/base/error.h"
#include "packager/input/input_file.h"
#include "packager/input/interrupt.h"

namespace usher {

// In pixels of the sheet.
struct TileSize {
  uint32_t width = 0;
  uint32_t height = 0;
};

// What fits into a box of 192 by 192, in the shape the picture is shown in;
// both sides even and at least 16.
TileSize TileSizeFor(uint32_t width, uint32_t height, uint32_t sar_num,
                     uint32_t sar_den);

struct SheetShape {
  TileSize tile;
  uint32_t columns = 0;
  uint32_t rows = 0;
};

class ThumbnailSource {
 public:
  // The file's first video track. Fails (BadInput) where it cannot be decoded,
  // or its pictures are larger than 8192 by 4352.
  static Result<ThumbnailSource> Open(const InputFilePtr& file,
                                      const Interrupt& interrupt);
  ThumbnailSource(ThumbnailSource&&) noexcept;
  ThumbnailSource& operator=(ThumbnailSource&&) noexcept;
  ~ThumbnailSource();

  // One sheet with a picture for each of `seconds`, on the file's own clock,
  // row by row; what is left is black. A picture that cannot be decoded is the
  // one before it again. At most columns times rows, rising.
  Result<Bytes> MakeSheet(const SheetShape& shape,
                          std::span<const double> seconds);

 private:
  struct Impl;
  explicit ThumbnailSource(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace usher
