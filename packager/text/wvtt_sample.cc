#include "packager/text/wvtt_sample.h"

#include <string_view>
#include <utility>

namespace usher::text {
namespace {

struct Box {
  std::string_view type;
  ByteView body;
};

uint32_t ReadU32(ByteView bytes) {
  return uint32_t{bytes[0]} << 24 | uint32_t{bytes[1]} << 16 |
         uint32_t{bytes[2]} << 8 | bytes[3];
}

// Takes the next box off `data`; nothing where it is damaged.
std::optional<Box> TakeBox(ByteView& data) {
  constexpr size_t kHeader = 8;
  if (data.size() < kHeader) return std::nullopt;
  const uint32_t size = ReadU32(data);
  if (size < kHeader || size > data.size()) return std::nullopt;
  const Box box{AsText(data.subspan(4, 4)),
                data.subspan(kHeader, size - kHeader)};
  data = data.subspan(size);
  return box;
}

std::optional<WvttCue> ReadCue(ByteView body) {
  WvttCue cue;
  while (!body.empty()) {
    const auto box = TakeBox(body);
    if (!box) return std::nullopt;
    if (box->type == "vsid" && box->body.size() == 4) {
      cue.source_id = ReadU32(box->body);
    } else if (box->type == "iden") {
      cue.id = AsText(box->body);
    } else if (box->type == "sttg") {
      cue.settings = AsText(box->body);
    } else if (box->type == "payl") {
      cue.payload = AsText(box->body);
    }
  }
  return cue;
}

}  // namespace

std::optional<std::vector<WvttCue>> ReadWvttSample(ByteView sample) {
  std::vector<WvttCue> cues;
  bool says_nothing = false;
  while (!sample.empty()) {
    const auto box = TakeBox(sample);
    if (!box) return std::nullopt;
    if (box->type == "vtte") says_nothing = true;
    if (box->type != "vttc") continue;
    auto cue = ReadCue(box->body);
    if (!cue) return std::nullopt;
    cues.push_back(*std::move(cue));
  }
  if (cues.empty() != says_nothing) return std::nullopt;
  return cues;
}

}  // namespace usher::text
