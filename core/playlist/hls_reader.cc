#include "core/playlist/hls_reader.h"

#include <algorithm>
#include <map>
#include <utility>

#include "core/base/hex.h"

namespace usher::playlist {
namespace {

constexpr size_t kMaxSubstituted = size_t{64} * 1024;

// Reads one playlist; lives for one call of ReadHls.
class Reader {
 public:
  HlsDocument Read(std::string_view text) {
    HlsLines split = SplitHls(text);
    document_.problems = std::move(split.problems);
    for (HlsLine& line : split.lines) {
      line_ = line.line;
      if (!Substitute(line)) continue;
      line.IsUri() ? Uri(line) : Tag(line);
    }
    Finish();
    return std::move(document_);
  }

 private:
  using Handler = void (Reader::*)(const HlsLine&);

  void Tag(const HlsLine& tag) {
    static const std::map<std::string_view, Handler> kHandlers = {
        {"EXTM3U", &Reader::Header},
        {"EXT-X-VERSION", &Reader::Version},
        {"EXT-X-INDEPENDENT-SEGMENTS", &Reader::IndependentSegments},
        {"EXT-X-DEFINE", &Reader::Define},
        {"EXT-X-TARGETDURATION", &Reader::TargetDuration},
        {"EXT-X-MEDIA-SEQUENCE", &Reader::MediaSequence},
        {"EXT-X-DISCONTINUITY-SEQUENCE", &Reader::DiscontinuitySequence},
        {"EXT-X-ENDLIST", &Reader::EndList},
        {"EXT-X-PLAYLIST-TYPE", &Reader::PlaylistType},
        {"EXT-X-I-FRAMES-ONLY", &Reader::IFramesOnly},
        {"EXT-X-PART-INF", &Reader::PartInf},
        {"EXT-X-SERVER-CONTROL", &Reader::ServerControl},
        {"EXTINF", &Reader::Inf},
        {"EXT-X-BYTERANGE", &Reader::Range},
        {"EXT-X-DISCONTINUITY", &Reader::Discontinuity},
        {"EXT-X-KEY", &Reader::Key},
        {"EXT-X-MAP", &Reader::Map},
        {"EXT-X-PROGRAM-DATE-TIME", &Reader::Date},
        {"EXT-X-GAP", &Reader::Gap},
        {"EXT-X-PART", &Reader::Part},
        {"EXT-X-PRELOAD-HINT", &Reader::PreloadHint},
        {"EXT-X-RENDITION-REPORT", &Reader::RenditionReport},
        {"EXT-X-SKIP", &Reader::Skip},
        {"EXT-X-MEDIA", &Reader::Media},
        {"EXT-X-STREAM-INF", &Reader::StreamInf},
        {"EXT-X-I-FRAME-STREAM-INF", &Reader::IFrameStreamInf},
        {"EXT-X-IMAGE-STREAM-INF", &Reader::ImageStreamInf},
        {"EXT-X-SESSION-KEY", &Reader::SessionKey},
    };
    const auto handler = kHandlers.find(tag.name);
    if (handler != kHandlers.end()) (this->*handler->second)(tag);
  }

  // Both kinds.

  void Header(const HlsLine&) {}

  void Version(const HlsLine& tag) {
    Once(tag);
    if (const auto version = Number(tag)) {
      document_.version =
          static_cast<unsigned>(std::min<uint64_t>(*version, 1000));
    }
  }

  void IndependentSegments(const HlsLine&) {
    document_.independent_segments = true;
  }

  void Define(const HlsLine& tag) {
    Need(8, tag.name);
    const std::string name(tag.Get("NAME"));
    if (!name.empty()) variables_[name] = tag.Get("VALUE");
  }

  // Media playlists.

  void TargetDuration(const HlsLine& tag) {
    MediaTag(tag);
    Once(tag);
    document_.media.target_duration = Number(tag);
  }

  void MediaSequence(const HlsLine& tag) {
    MediaTag(tag);
    Once(tag);
    BeforeSegments(tag, "4.4.3.2");
    document_.media.media_sequence = Number(tag).value_or(0);
  }

  void DiscontinuitySequence(const HlsLine& tag) {
    MediaTag(tag);
    Once(tag);
    BeforeSegments(tag, "4.4.3.3");
    document_.media.discontinuity_sequence = Number(tag).value_or(0);
    discontinuities_ = document_.media.discontinuity_sequence;
  }

  void EndList(const HlsLine& tag) {
    MediaTag(tag);
    document_.media.end_list = true;
  }

  void PlaylistType(const HlsLine& tag) {
    MediaTag(tag);
    Once(tag);
    document_.media.type = tag.value;
    if (tag.value != "VOD" && tag.value != "EVENT") {
      Problem("EXT-X-PLAYLIST-TYPE is neither EVENT nor VOD", "4.4.3.5");
    }
  }

  void IFramesOnly(const HlsLine& tag) {
    MediaTag(tag);
    Need(4, tag.name);
    document_.media.i_frames_only = true;
  }

  void PartInf(const HlsLine& tag) {
    MediaTag(tag);
    document_.media.low_latency.part_target =
        Decimal(tag, "PART-TARGET", "4.4.3.7");
  }

  void ServerControl(const HlsLine& tag) {
    MediaTag(tag);
    LowLatency& control = document_.media.low_latency;
    control.can_block_reload = tag.Get("CAN-BLOCK-RELOAD") == "YES";
    control.hold_back = OptionalDecimal(tag, "HOLD-BACK", "4.4.3.8");
    control.part_hold_back = OptionalDecimal(tag, "PART-HOLD-BACK", "4.4.3.8");
    control.can_skip_until = OptionalDecimal(tag, "CAN-SKIP-UNTIL", "4.4.3.8");
  }

  void Inf(const HlsLine& tag) {
    MediaTag(tag);
    if (has_duration_) Problem("EXTINF without a URI behind it", "4.4.4.1");
    has_duration_ = true;
    const std::string_view text =
        std::string_view(tag.value).substr(0, tag.value.find(','));
    segment_.fractional = text.find('.') != std::string_view::npos;
    if (segment_.fractional) Need(3, "a fractional EXTINF");
    const auto duration = ParseDecimal(text);
    if (!duration || *duration < 0) {
      Problem("EXTINF is no decimal number", "4.4.4.1");
    }
    segment_.duration = std::max(0.0, duration.value_or(0));
  }

  void Range(const HlsLine& tag) {
    MediaTag(tag);
    Need(4, tag.name);
    range_text_ = tag.value;
  }

  void Discontinuity(const HlsLine& tag) {
    MediaTag(tag);
    segment_.discontinuity = true;
    ++discontinuities_;
  }

  void Key(const HlsLine& tag) {
    MediaTag(tag);
    ReadKey key = KeyOf(tag);
    // A tag replaces the one of its KEYFORMAT; several in a row are
    // alternatives for the same segments (4.4.4.4).
    std::erase_if(keys_in_force_, [&](size_t index) {
      return key.method == "NONE" ||
             document_.media.keys[index].method == "NONE" ||
             document_.media.keys[index].key_format == key.key_format;
    });
    keys_in_force_.push_back(document_.media.keys.size());
    document_.media.keys.push_back(std::move(key));
  }

  ReadKey KeyOf(const HlsLine& tag) {
    ReadKey key;
    key.line = tag.line;
    key.method = tag.Get("METHOD");
    key.uri = tag.Get("URI");
    if (tag.Find("KEYFORMAT") != nullptr) {
      Need(5, "KEYFORMAT");
      key.key_format = tag.Get("KEYFORMAT");
    }
    if (const HlsAttribute* iv = tag.Find("IV")) key.iv = Iv(*iv);
    if (key.method.empty()) Problem(tag.name + " without METHOD", "4.4.4.4");
    if (key.method == "NONE" && tag.attributes.size() > 1) {
      Problem("METHOD=NONE beside other attributes", "4.4.4.4");
    }
    if (key.method != "NONE" && key.uri.empty()) {
      Problem(tag.name + " without URI", "4.4.4.4");
    }
    return key;
  }

  std::optional<std::array<uint8_t, 16>> Iv(const HlsAttribute& attribute) {
    Need(2, "IV");
    const std::string_view text = attribute.value;
    const auto bytes = text.starts_with("0x") || text.starts_with("0X")
                           ? FromHex(text.substr(2))
                           : std::nullopt;
    if (!bytes || bytes->size() != 16 || attribute.quoted) {
      Problem("IV is not 0x and 32 hex digits", "4.4.4.4");
      return std::nullopt;
    }
    std::array<uint8_t, 16> iv{};
    std::ranges::copy(*bytes, iv.begin());
    return iv;
  }

  void Map(const HlsLine& tag) {
    MediaTag(tag);
    // In an I-frame playlist version 5 is enough, wherever that tag stands.
    map_used_ = true;
    ReadMap map;
    map.line = tag.line;
    map.uri = tag.Get("URI");
    map.keys = keys_in_force_;
    if (map.uri.empty()) Problem("EXT-X-MAP without URI", "4.4.4.5");
    if (tag.Find("BYTERANGE") != nullptr) {
      map.range = RangeOf(tag.Get("BYTERANGE"), map.uri, "4.4.4.5");
    }
    map_in_force_ = document_.media.maps.size();
    document_.media.maps.push_back(std::move(map));
  }

  void Date(const HlsLine& tag) {
    MediaTag(tag);
    segment_.date = ParseDate(tag.value);
    if (!segment_.date) {
      Problem("EXT-X-PROGRAM-DATE-TIME is no date with a time zone", "4.4.4.6");
    }
  }

  void Gap(const HlsLine& tag) {
    MediaTag(tag);
    Need(8, tag.name);
    segment_.gap = true;
  }

  void Part(const HlsLine& tag) {
    MediaTag(tag);
    ReadPart part;
    part.line = tag.line;
    part.uri = tag.Get("URI");
    part.duration = Decimal(tag, "DURATION", "4.4.4.9").value_or(0);
    part.independent = tag.Get("INDEPENDENT") == "YES";
    part.gap = tag.Get("GAP") == "YES";
    if (part.uri.empty()) Problem("EXT-X-PART without URI", "4.4.4.9");
    if (tag.Find("BYTERANGE") != nullptr) {
      part.range = RangeOf(tag.Get("BYTERANGE"), part.uri, "4.4.4.9");
    }
    part.keys = keys_in_force_;
    part.map = map_in_force_;
    segment_.parts.push_back(std::move(part));
  }

  void PreloadHint(const HlsLine& tag) {
    MediaTag(tag);
    ReadHint hint{tag.line, std::string(tag.Get("TYPE")),
                  std::string(tag.Get("URI"))};
    if (hint.type.empty() || hint.uri.empty()) {
      Problem("EXT-X-PRELOAD-HINT without TYPE or URI", "4.4.5.3");
    }
    document_.media.hints.push_back(std::move(hint));
  }

  void RenditionReport(const HlsLine& tag) {
    MediaTag(tag);
    ReadReport report{tag.line, std::string(tag.Get("URI")),
                      ParseInteger(tag.Get("LAST-MSN")),
                      ParseInteger(tag.Get("LAST-PART"))};
    if (report.uri.empty()) {
      Problem("EXT-X-RENDITION-REPORT without URI", "4.4.5.4");
    }
    document_.media.reports.push_back(std::move(report));
  }

  void Skip(const HlsLine& tag) {
    MediaTag(tag);
    Need(9, tag.name);
    const auto skipped = ParseInteger(tag.Get("SKIPPED-SEGMENTS"));
    if (!skipped) Problem("EXT-X-SKIP without SKIPPED-SEGMENTS", "4.4.5.2");
    skipped_ = skipped.value_or(0);
  }

  // Multivariant playlists.

  void Media(const HlsLine& tag) {
    MultivariantTag(tag);
    document_.presentation.renditions.push_back(tag);
    if (tag.Get("INSTREAM-ID").starts_with("SERVICE")) {
      Need(7, "INSTREAM-ID=SERVICE");
    }
  }

  void StreamInf(const HlsLine& tag) {
    MultivariantTag(tag);
    if (variant_) MissingVariantUri();
    variant_ = ReadVariant{tag, {}};
  }

  void IFrameStreamInf(const HlsLine& tag) {
    MultivariantTag(tag);
    document_.presentation.i_frame_variants.push_back(tag);
  }

  // Of the image media playlist extension, which is in no RFC.
  void ImageStreamInf(const HlsLine& tag) {
    MultivariantTag(tag);
    document_.presentation.image_variants.push_back(tag);
  }

  void SessionKey(const HlsLine& tag) {
    MultivariantTag(tag);
    document_.presentation.session_keys.push_back(tag);
    if (tag.Get("METHOD") == "NONE") {
      Problem("EXT-X-SESSION-KEY with METHOD=NONE", "4.4.6.5");
    }
  }

  // URIs and the end.

  void Uri(const HlsLine& line) {
    if (variant_) {
      variant_->uri = line.value;
      document_.presentation.variants.push_back(*std::move(variant_));
      variant_.reset();
      return;
    }
    if (document_.multivariant) {
      return Problem("a URI without EXT-X-STREAM-INF in front of it",
                     "4.4.6.2");
    }
    Segment(line);
  }

  void Segment(const HlsLine& line) {
    if (!has_duration_) {
      Problem("a segment without EXTINF", "4.4.4.1");
    }
    ReadMediaPlaylist& media = document_.media;
    segment_.line = line.line;
    segment_.uri = line.value;
    segment_.number = media.media_sequence + skipped_ + media.segments.size();
    segment_.discontinuities = discontinuities_;
    segment_.keys = keys_in_force_;
    segment_.map = map_in_force_;
    if (!range_text_.empty()) {
      segment_.range = RangeOf(range_text_, segment_.uri, "4.4.4.2");
    }
    media.segments.push_back(std::move(segment_));
    segment_ = {};
    range_text_.clear();
    has_duration_ = false;
  }

  void Finish() {
    if (variant_) MissingVariantUri();
    if (has_duration_) Problem("EXTINF without a URI behind it", "4.4.4.1");
    ReadMediaPlaylist& media = document_.media;
    segment_.number = media.media_sequence + skipped_ + media.segments.size();
    segment_.discontinuities = discontinuities_;
    media.open = std::move(segment_);
    if (multivariant_tag_ && media_tag_) {
      Problem("tags of media and of multivariant playlists in one", "4.1");
    }
    document_.multivariant = multivariant_tag_;
    if (map_used_) {
      Need(document_.media.i_frames_only ? 5 : 6, "EXT-X-MAP");
    }
  }

  void MissingVariantUri() {
    Problem("EXT-X-STREAM-INF without a URI behind it", "4.4.6.2");
  }

  // "LENGTH[@OFFSET]"; without an offset it goes on where the last range of
  // the same resource ended.
  std::optional<ByteRange> RangeOf(std::string_view text,
                                   const std::string& uri,
                                   const std::string& section) {
    const size_t at = text.find('@');
    const auto length = ParseInteger(text.substr(0, at));
    std::optional<uint64_t> offset;
    if (at != std::string_view::npos) {
      offset = ParseInteger(text.substr(at + 1));
    } else if (uri == range_uri_) {
      offset = range_end_;
    }
    if (!length || !offset || *length > UINT64_MAX - *offset) {
      Problem("a byte range without a length or an offset", section);
      return std::nullopt;
    }
    range_uri_ = uri;
    range_end_ = *offset + *length;
    return ByteRange{*offset, *length};
  }

  // Values.

  std::optional<uint64_t> Number(const HlsLine& tag) {
    const auto number = ParseInteger(tag.value);
    if (!number) Problem(tag.name + " is no decimal integer", "4.2");
    return number;
  }

  std::optional<double> Decimal(const HlsLine& tag, std::string_view name,
                                const std::string& section) {
    const auto value = ParseDecimal(tag.Get(name));
    if (!value) {
      Problem(tag.name + " without a number as " + std::string(name), section);
    }
    return value;
  }

  std::optional<double> OptionalDecimal(const HlsLine& tag,
                                        std::string_view name,
                                        const std::string& section) {
    if (tag.Find(name) == nullptr) return std::nullopt;
    return Decimal(tag, name, section);
  }

  // EXT-X-DEFINE: {$name} (4.3). False where a name is not defined.
  bool Substitute(HlsLine& line) {
    bool known = SubstituteIn(line.value);
    for (HlsAttribute& attribute : line.attributes) {
      known = SubstituteIn(attribute.value) && known;
    }
    return known;
  }

  bool SubstituteIn(std::string& text) {
    size_t at = 0;
    while ((at = text.find("{$", at)) != std::string::npos) {
      const size_t end = text.find('}', at);
      if (end == std::string::npos) return true;
      const auto variable = variables_.find(text.substr(at + 2, end - at - 2));
      if (variable == variables_.end()) {
        Problem("a variable that is not defined", "4.3");
        return false;
      }
      text.replace(at, end + 1 - at, variable->second);
      at += variable->second.size();
      // Definitions may use definitions: nested, they double with each line.
      if (text.size() > kMaxSubstituted) {
        Problem("variables that grow without end", "4.3");
        return false;
      }
    }
    return true;
  }

  void MediaTag(const HlsLine&) { media_tag_ = true; }
  void MultivariantTag(const HlsLine&) {
    multivariant_tag_ = true;
    document_.multivariant = true;
  }

  void Once(const HlsLine& tag) {
    if (++times_seen_[tag.name] == 2) {
      Problem(tag.name + " is there twice", "4.4");
    }
  }

  void BeforeSegments(const HlsLine& tag, const std::string& section) {
    if (!document_.media.segments.empty()) {
      Problem(tag.name + " behind the first segment", section);
    }
  }

  void Need(unsigned version, std::string_view feature) {
    if (version <= document_.needed_version) return;
    document_.needed_version = version;
    document_.needed_for = feature;
  }

  void Problem(std::string what, std::string section) {
    document_.problems.push_back({line_, std::move(what), std::move(section)});
  }

  HlsDocument document_;
  size_t line_ = 0;
  bool media_tag_ = false;
  bool multivariant_tag_ = false;
  bool map_used_ = false;
  std::map<std::string, unsigned> times_seen_;
  std::map<std::string, std::string> variables_;
  std::optional<ReadVariant> variant_;  // waits for its URI

  ReadSegment segment_;  // what stands in front of the next URI
  bool has_duration_ = false;
  std::string range_text_;
  std::string range_uri_;
  uint64_t range_end_ = 0;
  uint64_t discontinuities_ = 0;
  uint64_t skipped_ = 0;
  std::vector<size_t> keys_in_force_;
  std::optional<size_t> map_in_force_;
};

}  // namespace

HlsDocument ReadHls(std::string_view text) { return Reader().Read(text); }

}  // namespace usher::playlist
