#include "core/playlist/mpd_reader.h"

#include <algorithm>
#include <charconv>
#include <pugixml.hpp>
#include <set>

#include "core/base/base64url.h"

namespace usher::playlist {
namespace {

constexpr std::string_view kNamespace = "urn:mpeg:dash:schema:mpd:2011";
constexpr std::string_view kPeriodContinuity =
    "urn:mpeg:dash:period-continuity:2015";
constexpr std::string_view kTrickMode =
    "http://dashif.org/guidelines/trickmode";

// Names without their namespace prefix: MPDs use any for cenc, ck, mspr.
std::string_view LocalName(std::string_view name) {
  return name.substr(name.find(':') + 1);
}

std::vector<pugi::xml_node> Children(pugi::xml_node parent,
                                     std::string_view name) {
  std::vector<pugi::xml_node> found;
  for (const pugi::xml_node child : parent.children()) {
    if (LocalName(child.name()) == name) found.push_back(child);
  }
  return found;
}

pugi::xml_node Child(pugi::xml_node parent, std::string_view name) {
  for (const pugi::xml_node child : parent.children()) {
    if (LocalName(child.name()) == name) return child;
  }
  return {};
}

std::string Attribute(pugi::xml_node node, std::string_view name) {
  for (const pugi::xml_attribute attribute : node.attributes()) {
    if (LocalName(attribute.name()) == name) return attribute.value();
  }
  return {};
}

std::string Trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return std::string(
      text.substr(first, text.find_last_not_of(kSpace) - first + 1));
}

std::string LowerCase(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return text;
}

// "30", "30000/1001".
double ParseRatio(std::string_view text) {
  const size_t slash = text.find('/');
  const auto above = ParseDecimal(text.substr(0, slash));
  const auto below = slash == std::string_view::npos
                         ? std::optional(1.0)
                         : ParseDecimal(text.substr(slash + 1));
  if (!above || !below || *below == 0) return 0;
  return *above / *below;
}

// "FIRST-LAST".
std::optional<ByteRange> ParseRange(std::string_view text) {
  const size_t dash = text.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const auto first = ParseInteger(text.substr(0, dash));
  const auto last = ParseInteger(text.substr(dash + 1));
  if (!first || !last || *last < *first || *last == UINT64_MAX) {
    return std::nullopt;
  }
  return ByteRange{*first, *last - *first + 1};
}

// What adaptation set and representation share (5.3.7), inherited downwards.
struct Common {
  std::string mime_type;
  std::string codecs;
  uint64_t width = 0;
  uint64_t height = 0;
  double frame_rate = 0;
  ReadColour colour;
  uint64_t sample_rate = 0;
  unsigned start_with_sap = 0;
  bool all_intra = false;
  std::vector<ReadProtection> protections;
  std::vector<std::string> base_urls;
  ReadAddressing addressing;
};

// Reads one MPD; lives for one call of ReadMpd.
class Reader {
 public:
  MpdDocument Read(std::string_view text) {
    pugi::xml_document xml;
    const auto parsed = xml.load_buffer(text.data(), text.size());
    if (!parsed) {
      Problem(std::string("the XML is damaged at byte ") +
                  std::to_string(parsed.offset) + ": " + parsed.description(),
              "5.2.2");
      return std::move(document_);
    }
    const pugi::xml_node root = xml.document_element();
    if (LocalName(root.name()) != "MPD") {
      Problem("the root element is not MPD", "5.3.1.2");
      return std::move(document_);
    }
    document_.readable = true;
    Mpd(root);
    return std::move(document_);
  }

 private:
  void Mpd(pugi::xml_node root) {
    Namespace(root);
    const std::string type = Attribute(root, "type");
    document_.dynamic = type == "dynamic";
    if (!type.empty() && type != "static" && type != "dynamic") {
      Problem("@type is neither static nor dynamic", "5.3.1.2");
    }
    if (Attribute(root, "profiles").empty()) {
      Problem("@profiles is missing", "5.3.1.2");
    }
    document_.duration = Duration(root, "mediaPresentationDuration");
    document_.min_buffer_time = Duration(root, "minBufferTime");
    if (Attribute(root, "minBufferTime").empty()) {
      Problem("@minBufferTime is missing", "5.3.1.2");
    }
    for (const pugi::xml_node clock : Children(root, "UTCTiming")) {
      document_.clocks.push_back(
          {Attribute(clock, "schemeIdUri"), Attribute(clock, "value")});
    }
    document_.dynamic ? Dynamic(root) : Static(root);
    Common common;
    BaseUrl(root, common);
    for (const pugi::xml_node period : Children(root, "Period")) {
      Period(period, common);
    }
    if (document_.periods.empty()) Problem("there is no Period", "5.3.2");
  }

  void Namespace(pugi::xml_node root) {
    const std::string_view name = root.name();
    const size_t colon = name.find(':');
    const std::string declaration =
        colon == std::string_view::npos
            ? "xmlns"
            : "xmlns:" + std::string(name.substr(0, colon));
    if (root.attribute(declaration.c_str()).value() != kNamespace) {
      Problem("the namespace is not " + std::string(kNamespace), "5.2.2");
    }
  }

  void Dynamic(pugi::xml_node root) {
    for (const char* name : {"availabilityStartTime", "publishTime"}) {
      if (Attribute(root, name).empty()) {
        Problem(std::string("a dynamic MPD without @") + name, "5.3.1.2");
      }
    }
    document_.available = ParseDate(Attribute(root, "availabilityStartTime"));
    document_.published = ParseDate(Attribute(root, "publishTime"));
  }

  void Static(pugi::xml_node root) {
    for (const char* name : {"minimumUpdatePeriod", "timeShiftBufferDepth"}) {
      if (!Attribute(root, name).empty()) {
        Problem(std::string("a static MPD with @") + name, "5.3.1.2");
      }
    }
  }

  void Period(pugi::xml_node node, const Common& inherited) {
    ReadPeriod period;
    element_ = "Period[" + std::to_string(document_.periods.size() + 1) + "]";
    period.place = element_;
    period.id = Attribute(node, "id");
    period.start = Duration(node, "start");
    period.duration = Duration(node, "duration");
    if (document_.dynamic && period.id.empty()) {
      Problem("a Period of a dynamic MPD without @id", "5.3.2.2");
    }
    if (!period.id.empty() && !period_ids_.insert(period.id).second) {
      Problem("@id is there twice", "5.3.2.2");
    }
    Common common = inherited;
    BaseUrl(node, common);
    Addressing(node, common.addressing);
    representation_ids_.clear();
    for (const pugi::xml_node set : Children(node, "AdaptationSet")) {
      AdaptationSet(set, common, period);
    }
    if (period.sets.empty()) {
      element_ = period.place;
      Problem("there is no AdaptationSet", "5.3.3");
    }
    document_.periods.push_back(std::move(period));
  }

  void AdaptationSet(pugi::xml_node node, const Common& inherited,
                     ReadPeriod& period) {
    ReadAdaptationSet set;
    set.place = period.place + "/AdaptationSet[" +
                std::to_string(period.sets.size() + 1) + "]";
    element_ = set.place;
    Common common = inherited;
    BaseUrl(node, common);
    Inherit(node, common);
    set.id = Attribute(node, "id");
    set.continues_period =
        Property(node, "SupplementalProperty", kPeriodContinuity).value_or("");
    set.trick_play_of = Property(node, "EssentialProperty", kTrickMode);
    if (!set.trick_play_of) {
      set.trick_play_of = Property(node, "SupplementalProperty", kTrickMode);
    }
    set.content_type = Attribute(node, "contentType");
    set.segment_alignment = IsTrue(Attribute(node, "segmentAlignment")) ||
                            IsTrue(Attribute(node, "subsegmentAlignment"));
    for (const pugi::xml_node child : Children(node, "Representation")) {
      Representation(child, common, set);
    }
    if (set.content_type.empty() && !set.representations.empty()) {
      const std::string& mime = set.representations.front().mime_type;
      set.content_type = mime.substr(0, mime.find('/'));
    }
    if (set.representations.empty()) {
      element_ = set.place;
      Problem("there is no Representation", "5.3.5");
    }
    period.sets.push_back(std::move(set));
  }

  // The value of the first descriptor of that scheme (5.8.2).
  static std::optional<std::string> Property(pugi::xml_node set,
                                             std::string_view element,
                                             std::string_view scheme) {
    for (const pugi::xml_node property : Children(set, element)) {
      if (Attribute(property, "schemeIdUri") == scheme) {
        return Attribute(property, "value");
      }
    }
    return std::nullopt;
  }

  void Representation(pugi::xml_node node, const Common& inherited,
                      ReadAdaptationSet& set) {
    ReadRepresentation result;
    result.id = Attribute(node, "id");
    result.place =
        set.place + "/Representation[" +
        (result.id.empty() ? std::to_string(set.representations.size() + 1)
                           : result.id) +
        "]";
    element_ = result.place;
    Common common = inherited;
    BaseUrl(node, common);
    Inherit(node, common);
    result.bandwidth = Integer(node, "bandwidth");
    if (result.id.empty()) Problem("@id is missing", "5.3.5.2");
    if (!result.bandwidth) Problem("@bandwidth is missing", "5.3.5.2");
    if (common.mime_type.empty()) Problem("@mimeType is missing", "5.3.7.2");
    if (!result.id.empty() && !representation_ids_.insert(result.id).second) {
      Problem("@id is there twice in its Period", "5.3.5.2");
    }
    result.mime_type = std::move(common.mime_type);
    result.codecs = std::move(common.codecs);
    result.width = static_cast<uint32_t>(common.width);
    result.height = static_cast<uint32_t>(common.height);
    result.frame_rate = common.frame_rate;
    result.colour = common.colour;
    result.sample_rate = static_cast<uint32_t>(common.sample_rate);
    result.start_with_sap = common.start_with_sap;
    result.all_intra = common.all_intra;
    result.base_urls = std::move(common.base_urls);
    result.addressing = std::move(common.addressing);
    result.protections = std::move(common.protections);
    set.representations.push_back(std::move(result));
  }

  void Inherit(pugi::xml_node node, Common& common) {
    Override(node, "mimeType", common.mime_type);
    Override(node, "codecs", common.codecs);
    common.width = Integer(node, "width").value_or(common.width);
    common.height = Integer(node, "height").value_or(common.height);
    const std::string rate = Attribute(node, "frameRate");
    if (!rate.empty()) {
      common.frame_rate = ParseRatio(rate);
      if (common.frame_rate <= 0) Problem("@frameRate is no rate", "5.3.7.2");
    }
    Colour(node, common.colour);
    // @audioSamplingRate may be a range of two; then neither is the one.
    const std::string sampling = Attribute(node, "audioSamplingRate");
    if (!sampling.empty()) {
      common.sample_rate = ParseInteger(sampling).value_or(0);
    }
    common.start_with_sap = static_cast<unsigned>(
        Integer(node, "startWithSAP")
            .or_else([&] { return Integer(node, "subsegmentStartsWithSAP"); })
            .value_or(common.start_with_sap));
    const std::string dependency = Attribute(node, "codingDependency");
    if (!dependency.empty()) common.all_intra = !IsTrue(dependency);
    for (const pugi::xml_node child : Children(node, "ContentProtection")) {
      common.protections.push_back(Protection(child));
    }
    Addressing(node, common.addressing);
  }

  static void Colour(pugi::xml_node node, ReadColour& colour) {
    const std::pair<const char*, uint64_t&> kinds[] = {
        {"urn:mpeg:mpegB:cicp:ColourPrimaries", colour.primaries},
        {"urn:mpeg:mpegB:cicp:TransferCharacteristics", colour.transfer},
        {"urn:mpeg:mpegB:cicp:MatrixCoefficients", colour.matrix}};
    for (const auto& [scheme, value] : kinds) {
      for (const char* element :
           {"EssentialProperty", "SupplementalProperty"}) {
        const auto said = Property(node, element, scheme);
        if (said) value = ParseInteger(*said).value_or(value);
      }
    }
  }

  ReadProtection Protection(pugi::xml_node node) {
    ReadProtection protection;
    protection.scheme = LowerCase(Attribute(node, "schemeIdUri"));
    protection.value = Attribute(node, "value");
    protection.default_kid = Attribute(node, "default_KID");
    if (protection.scheme.empty()) {
      Problem("ContentProtection without @schemeIdUri", "5.8.4.1");
    }
    for (const pugi::xml_node pssh : Children(node, "pssh")) {
      auto bytes = FromBase64(pssh.text().get());
      if (!bytes) {
        Problem("cenc:pssh is no base64", "5.8.4.1");
        continue;
      }
      protection.pssh.push_back(std::move(*bytes));
    }
    for (const pugi::xml_node object : Children(node, "pro")) {
      auto bytes = FromBase64(object.text().get());
      if (!bytes) {
        Problem("mspr:pro is no base64", "5.8.4.1");
        continue;
      }
      protection.playready_objects.push_back(std::move(*bytes));
    }
    return protection;
  }

  void Addressing(pugi::xml_node node, ReadAddressing& addressing) {
    using Kind = ReadAddressing::Kind;
    constexpr std::pair<const char*, Kind> kKinds[] = {
        {"SegmentBase", Kind::kBase},
        {"SegmentList", Kind::kList},
        {"SegmentTemplate", Kind::kTemplate}};
    for (const auto& [name, kind] : kKinds) {
      const pugi::xml_node child = Child(node, name);
      if (child.empty()) continue;
      addressing.kind = kind;
      SegmentBase(child, addressing);
      Timeline(child, addressing);
      Urls(child, addressing);
    }
  }

  void SegmentBase(pugi::xml_node node, ReadAddressing& addressing) {
    const auto override = [&](const char* name, uint64_t& value) {
      value = Integer(node, name).value_or(value);
    };
    override("timescale", addressing.timescale);
    override("presentationTimeOffset", addressing.presentation_time_offset);
    override("startNumber", addressing.start_number);
    if (addressing.timescale == 0) {
      Problem("@timescale is 0", "5.3.9.2.2");
      addressing.timescale = 1;
    }
    if (const auto duration = Integer(node, "duration")) {
      addressing.duration = duration;
    }
    Override(node, "media", addressing.media);
    Override(node, "initialization", addressing.initialization);
    if (const auto range = ParseRange(Attribute(node, "indexRange"))) {
      addressing.index_range = range;
    }
    const pugi::xml_node initialization = Child(node, "Initialization");
    if (initialization.empty()) return;
    Override(initialization, "sourceURL", addressing.initialization);
    addressing.initialization_range =
        ParseRange(Attribute(initialization, "range"));
  }

  void Timeline(pugi::xml_node node, ReadAddressing& addressing) {
    const pugi::xml_node timeline = Child(node, "SegmentTimeline");
    if (timeline.empty()) return;
    addressing.has_timeline = true;
    addressing.timeline.clear();
    for (const pugi::xml_node entry : Children(timeline, "S")) {
      ReadTimelineEntry read;
      read.start = Integer(entry, "t");
      read.duration = Integer(entry, "d").value_or(0);
      read.sequence = Integer(entry, "k").value_or(1);
      if (read.sequence == 0) {
        Problem("S@k is 0", "5.3.9.6.2");
        read.sequence = 1;
      }
      const std::string repeat = Attribute(entry, "r");
      if (!repeat.empty() && !ParseRepeat(repeat, read.repeat)) {
        Problem("S@r is no integer", "5.3.9.6.2");
      }
      if (read.duration == 0) {
        Problem("S@d is missing or 0", "5.3.9.6.2");
        continue;
      }
      addressing.timeline.push_back(read);
    }
  }

  static bool ParseRepeat(const std::string& text, int64_t& repeat) {
    const auto [end, error] =
        std::from_chars(text.data(), text.data() + text.size(), repeat);
    return error == std::errc() && end == text.data() + text.size();
  }

  void Urls(pugi::xml_node node, ReadAddressing& addressing) {
    const auto urls = Children(node, "SegmentURL");
    if (!urls.empty()) addressing.urls.clear();
    for (const pugi::xml_node url : urls) {
      addressing.urls.push_back(
          {Attribute(url, "media"), ParseRange(Attribute(url, "mediaRange"))});
    }
  }

  void BaseUrl(pugi::xml_node node, Common& common) {
    const pugi::xml_node base = Child(node, "BaseURL");
    if (!base.empty()) common.base_urls.push_back(Trimmed(base.text().get()));
  }

  static bool IsTrue(const std::string& text) {
    // @segmentAlignment is true, false or a number that stands for true.
    return !text.empty() && text != "false" && text != "0";
  }

  static void Override(pugi::xml_node node, const char* name,
                       std::string& value) {
    std::string read = Attribute(node, name);
    if (!read.empty()) value = std::move(read);
  }

  std::optional<uint64_t> Integer(pugi::xml_node node, const char* name) {
    const std::string text = Attribute(node, name);
    if (text.empty()) return std::nullopt;
    const auto value = ParseInteger(text);
    if (!value) {
      Problem(
          std::string(node.name()) + "@" + name + " is no non-negative integer",
          "5.2.2");
    }
    return value;
  }

  std::optional<double> Duration(pugi::xml_node node, const char* name) {
    const std::string text = Attribute(node, name);
    if (text.empty()) return std::nullopt;
    const auto value = ParseXmlDuration(text);
    if (!value) Problem(std::string("@") + name + " is no duration", "5.2.2");
    return value;
  }

  void Problem(std::string what, std::string section) {
    document_.problems.push_back(
        {element_, std::move(what), std::move(section)});
  }

  MpdDocument document_;
  std::string element_;
  std::set<std::string> period_ids_;
  std::set<std::string> representation_ids_;
};

// What stands between two dollar signs.
std::optional<std::string> FillIdentifier(std::string_view identifier,
                                          const TemplateValues& values) {
  if (identifier.empty()) return "$";
  if (identifier == "RepresentationID") return std::string(values.id);
  const size_t percent = identifier.find('%');
  const std::string_view name = identifier.substr(0, percent);
  uint64_t value = 0;
  if (name == "Number") {
    value = values.number;
  } else if (name == "SubNumber") {
    value = values.sub_number;
  } else if (name == "Time") {
    value = values.time;
  } else if (name == "Bandwidth") {
    value = values.bandwidth;
  } else {
    return std::nullopt;
  }
  std::string digits = std::to_string(value);
  if (percent == std::string_view::npos) return digits;
  // "%0[width]d" and nothing else.
  const std::string_view format = identifier.substr(percent);
  if (format.size() < 4 || !format.starts_with("%0") ||
      !format.ends_with('d')) {
    return std::nullopt;
  }
  const auto width = ParseInteger(format.substr(2, format.size() - 3));
  if (!width || *width > 64) return std::nullopt;
  if (digits.size() < *width) digits.insert(0, *width - digits.size(), '0');
  return digits;
}

}  // namespace

MpdDocument ReadMpd(std::string_view text) { return Reader().Read(text); }

std::optional<double> ParseXmlDuration(std::string_view text) {
  if (!text.starts_with('P') || text.size() < 3) return std::nullopt;
  text.remove_prefix(1);
  bool in_time = false;
  double seconds = 0;
  while (!text.empty()) {
    if (!in_time && text.starts_with('T')) {
      in_time = true;
      text.remove_prefix(1);
      if (text.empty()) return std::nullopt;
    }
    const size_t end = text.find_first_not_of("0123456789.");
    if (end == std::string_view::npos) return std::nullopt;
    const auto value = ParseDecimal(text.substr(0, end));
    if (!value) return std::nullopt;
    constexpr double kDay = 86400;
    switch (text[end]) {
      case 'Y':
        seconds += *value * 365 * kDay;
        break;
      case 'M':
        seconds += *value * (in_time ? 60 : 30 * kDay);
        break;
      case 'D':
        seconds += *value * kDay;
        break;
      case 'H':
        seconds += *value * 3600;
        break;
      case 'S':
        seconds += *value;
        break;
      default:
        return std::nullopt;
    }
    text.remove_prefix(end + 1);
  }
  return seconds;
}

std::optional<std::string> FillTemplate(std::string_view text,
                                        const TemplateValues& values) {
  std::string filled;
  while (!text.empty()) {
    const size_t dollar = text.find('$');
    filled += text.substr(0, dollar);
    if (dollar == std::string_view::npos) break;
    const size_t end = text.find('$', dollar + 1);
    if (end == std::string_view::npos) return std::nullopt;
    const auto value =
        FillIdentifier(text.substr(dollar + 1, end - dollar - 1), values);
    if (!value) return std::nullopt;
    filled += *value;
    text.remove_prefix(end + 1);
  }
  return filled;
}

}  // namespace usher::playlist
