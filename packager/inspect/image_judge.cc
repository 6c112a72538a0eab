#include "packager/inspect/image_judge.h"

#include <optional>

#include "packager/mp4/box_reader.h"

namespace usher::inspect {
namespace {

constexpr char kClause[] = "DASH-IF IOP 6.2.6";

// The size a JPEG's frame header tells (ITU-T T.81 B.2); nothing where there is
// none, or the file is cut short.
std::optional<ImageSize> SizeOfJpeg(ByteView bytes) {
  const bool whole = bytes.size() > 4 && bytes[0] == 0xFF && bytes[1] == 0xD8 &&
                     bytes[bytes.size() - 2] == 0xFF && bytes.back() == 0xD9;
  if (!whole) return std::nullopt;
  mp4::FieldReader fields(bytes.subspan(2));
  while (fields.ok()) {
    if (fields.U8() != 0xFF) return std::nullopt;
    const uint8_t marker = fields.U8();
    const uint16_t length = fields.U16();
    if (length < 2) return std::nullopt;
    const bool frame = marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 &&
                       marker != 0xC8 && marker != 0xCC;
    if (!frame) {
      fields.Skip(length - 2u);
      continue;
    }
    fields.Skip(1);
    ImageSize size;
    size.height = fields.U16();
    size.width = fields.U16();
    if (!fields.ok()) return std::nullopt;
    return size;
  }
  return std::nullopt;
}

void JudgeImage(const ResourceEntry& entry, const ImageSize& told,
                const Surroundings& around) {
  const auto loaded = around.loader.Load(entry.location, entry.range);
  if (!loaded) {
    around.findings.Error(
        "file-missing", entry.place,
        loaded.error().what + ", and " + entry.written_at + " names it",
        "RFC 8216bis 6.2.1; ISO/IEC 23009-1 5.3.9.5");
    return;
  }
  const auto size = SizeOfJpeg(loaded->bytes);
  if (!size) {
    around.findings.Error("image-format", entry.place, "is no whole JPEG",
                          kClause);
    return;
  }
  if (told.width == 0 ||
      (size->width == told.width && size->height == told.height)) {
    return;
  }
  around.findings.Error("image-size", entry.place,
                        "is " + std::to_string(size->width) + "x" +
                            std::to_string(size->height) + ", told are " +
                            std::to_string(told.width) + "x" +
                            std::to_string(told.height),
                        kClause);
}

}  // namespace

void JudgeImages(const Rendition& rendition, const ImageSize& told,
                 const Surroundings& around) {
  for (size_t i = 0; i < rendition.segments.size(); ++i) {
    const SegmentEntry& segment = rendition.segments[i];
    const bool last = i + 1 == rendition.segments.size();
    if (segment.gap || (i % around.every != 0 && !last)) continue;
    JudgeImage(segment.resource, told, around);
  }
}

}  // namespace usher::inspect
