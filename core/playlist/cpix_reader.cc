#include "core/playlist/cpix_reader.h"

#include <algorithm>
#include <array>
#include <pugixml.hpp>
#include <utility>

#include "core/base/base64url.h"
#include "core/base/hex.h"
#include "core/playlist/hls_reader.h"

namespace usher::playlist {
namespace {

// A film has a handful of each.
constexpr size_t kMaxElements = 1000;
constexpr size_t kKeySize = 16;

std::string_view LocalName(std::string_view name) {
  return name.substr(name.find(':') + 1);  // npos + 1 is 0
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

std::string Lower(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return text;
}

// A UUID with or without hyphens, as 32 lower-case digits; empty where it is
// none.
std::string UuidDigits(std::string text) {
  std::erase(text, '-');
  const auto bytes = FromHex(text);
  return bytes && bytes->size() == 16 ? Lower(text) : std::string();
}

std::string Hyphenated(const std::string& digits) {
  return digits.substr(0, 8) + "-" + digits.substr(8, 4) + "-" +
         digits.substr(12, 4) + "-" + digits.substr(16, 4) + "-" +
         digits.substr(20);
}

std::unexpected<Error> Refuse(std::string what, std::string remedy) {
  return BadInput("", std::move(what), std::move(remedy));
}

std::unexpected<Error> Damaged(const std::string& what) {
  return Refuse(what, "ask the key's provider for a whole document");
}

// No copy is left behind that is not wiped.
std::optional<SecretBytes> SecretFromBase64(std::string_view text) {
  SecretBytes url(text.size());
  size_t size = 0;
  for (const char c : text) {
    if (c == ' ' || c == '\n' || c == '\r' || c == '\t' || c == '=') continue;
    const char mapped = c == '+' ? '-' : c == '/' ? '_' : c;
    url.writable()[size++] = static_cast<uint8_t>(mapped);
  }
  SecretBytes bytes(size * 3 / 4);
  if (!DecodeBase64Url(AsText(url.view().first(size)), bytes.writable())) {
    return std::nullopt;
  }
  return bytes;
}

// What is no secret.
std::optional<Bytes> Base64Of(pugi::xml_node node) {
  return FromBase64(node.text().get());
}

// Reads one document; lives for one call of ReadCpix.
class Reader {
 public:
  Result<CpixDocument> Read(std::span<uint8_t> text) {
    if (AsText(text).find("<!DOCTYPE") != std::string_view::npos) {
      return Refuse("has a DOCTYPE, which CPIX has no use for",
                    "give the document without it");
    }
    pugi::xml_document xml;
    // In place: no copy of a key is left in memory we do not wipe.
    const auto parsed = xml.load_buffer_inplace(
        text.data(), text.size(), pugi::parse_default, pugi::encoding_utf8);
    if (!parsed) {
      return Damaged("the XML is damaged at byte " +
                     std::to_string(parsed.offset));
    }
    const pugi::xml_node root = xml.document_element();
    if (LocalName(root.name()) != "CPIX") {
      return Refuse("is no CPIX document",
                    "give the document your key provider made");
    }
    document_.content_id = root.attribute("contentId").value();
    Status done = CheckClear(root);
    for (const auto step :
         {&Reader::Keys, &Reader::Systems, &Reader::Periods, &Reader::Rules}) {
      if (done) done = (this->*step)(root);
    }
    if (!done) return std::unexpected(std::move(done).error());
    return std::move(document_);
  }

 private:
  static Status CheckClear(pugi::xml_node root) {
    if (Children(Child(root, "DeliveryDataList"), "DeliveryData").empty()) {
      return {};
    }
    return Refuse("holds encrypted keys, and usher has no key to open them",
                  "ask the provider for a document with clear keys, over a "
                  "channel that is not");
  }

  Result<std::vector<pugi::xml_node>> List(pugi::xml_node root,
                                           const char* list,
                                           const char* element) {
    auto found = Children(Child(root, list), element);
    if (found.size() > kMaxElements) {
      return Refuse(std::string(list) + " has more than a thousand elements",
                    "give the keys of one film");
    }
    return found;
  }

  Status Keys(pugi::xml_node root) {
    const auto keys = List(root, "ContentKeyList", "ContentKey");
    if (!keys) return std::unexpected(keys.error());
    for (const pugi::xml_node node : *keys) {
      CpixKey key;
      key.kid = UuidDigits(node.attribute("kid").value());
      if (key.kid.empty()) return Damaged("a ContentKey's kid is no UUID");
      if (std::ranges::find(document_.keys, key.kid, &CpixKey::kid) !=
          document_.keys.end()) {
        return Damaged("ContentKey " + key.kid + " is there twice");
      }
      if (auto read = Secret(node, key); !read) return read;
      key.scheme = node.attribute("commonEncryptionScheme").value();
      if (const auto iv = node.attribute("explicitIV")) {
        key.explicit_iv = FromBase64(iv.value());
        if (!key.explicit_iv ||
            (key.explicit_iv->size() != 16 && key.explicit_iv->size() != 8)) {
          return Damaged("ContentKey " + key.kid +
                         ": explicitIV is no base64 of 8 or 16 bytes");
        }
        if (key.explicit_iv->size() == 8) key.explicit_iv.reset();
      }
      document_.keys.push_back(std::move(key));
    }
    if (!document_.keys.empty()) return {};
    return Damaged("has no ContentKey");
  }

  static Status Secret(pugi::xml_node node, CpixKey& key) {
    const pugi::xml_node secret = Child(Child(node, "Data"), "Secret");
    if (Child(secret, "EncryptedValue")) {
      return Refuse("ContentKey " + key.kid +
                        " is encrypted, and usher has no key to open it",
                    "ask the provider for a document with clear keys, over a "
                    "channel that is not");
    }
    auto value = SecretFromBase64(Child(secret, "PlainValue").text().get());
    if (!value || value->size() != kKeySize) {
      return Damaged("ContentKey " + key.kid +
                     " has no PlainValue of 16 bytes in base64");
    }
    key.key = *std::move(value);
    return {};
  }

  bool IsKnown(const std::string& kid) const {
    return std::ranges::find(document_.keys, kid, &CpixKey::kid) !=
           document_.keys.end();
  }

  Status Systems(pugi::xml_node root) {
    const auto systems = List(root, "DRMSystemList", "DRMSystem");
    if (!systems) return std::unexpected(systems.error());
    for (const pugi::xml_node node : *systems) {
      CpixSystem system;
      system.kid = UuidDigits(node.attribute("kid").value());
      const std::string id = UuidDigits(node.attribute("systemId").value());
      if (id.empty() || !IsKnown(system.kid)) {
        return Damaged(
            "a DRMSystem's kid is no ContentKey's, or its systemId "
            "no UUID");
      }
      system.system_id = Hyphenated(id);
      const std::string where = "DRMSystem " + system.system_id + ": ";
      if (auto read = Signals(node, where, system); !read) return read;
      document_.systems.push_back(std::move(system));
    }
    return {};
  }

  static Status Signals(pugi::xml_node node, const std::string& where,
                        CpixSystem& system) {
    if (const pugi::xml_node pssh = Child(node, "PSSH")) {
      auto bytes = Base64Of(pssh);
      if (!bytes) return Damaged(where + "PSSH is no base64");
      system.pssh = *std::move(bytes);
    }
    if (const pugi::xml_node data = Child(node, "ContentProtectionData")) {
      if (auto read = ProtectionData(data, where, system); !read) return read;
    }
    for (const pugi::xml_node hls : Children(node, "HLSSignalingData")) {
      const std::string_view playlist = hls.attribute("playlist").value();
      if (playlist == "master") continue;  // made from the media playlists'
      if (auto read = HlsSignaling(hls, where, system); !read) return read;
    }
    const pugi::xml_node uri = Child(node, "URIExtXKey");
    if (!uri || system.hls) return {};
    const auto bytes = Base64Of(uri);
    if (!bytes || !IsUri(AsText(*bytes))) {
      return Damaged(where + "URIExtXKey is no base64 of a URI");
    }
    system.hls = CpixHlsKey{std::string(AsText(*bytes)), {}};
    return {};
  }

  static bool IsUri(std::string_view text) {
    constexpr size_t kLongest = 64 << 10;
    return !text.empty() && text.size() <= kLongest &&
           std::ranges::all_of(
               text, [](char c) { return c > ' ' && c < 0x7f && c != '"'; });
  }

  // An XML fragment: what is known of ContentProtection's children.
  static Status ProtectionData(pugi::xml_node data, const std::string& where,
                               CpixSystem& system) {
    const auto bytes = Base64Of(data);
    pugi::xml_document xml;
    const bool whole =
        bytes && AsText(*bytes).find("<!DOCTYPE") == std::string_view::npos &&
        xml.load_buffer(bytes->data(), bytes->size(),
                        pugi::parse_default | pugi::parse_fragment);
    if (!whole) {
      return Damaged(where + "ContentProtectionData is no base64 of XML");
    }
    const pugi::xml_node wrapped = Child(xml, "ContentProtection");
    const pugi::xml_node parent = wrapped ? wrapped : pugi::xml_node(xml);
    if (const pugi::xml_node pro = Child(parent, "pro")) {
      auto object = Base64Of(pro);
      if (!object) return Damaged(where + "mspr:pro is no base64");
      system.playready_object = *std::move(object);
    }
    if (const pugi::xml_node pssh = Child(parent, "pssh");
        pssh && system.pssh.empty()) {
      auto box = Base64Of(pssh);
      if (!box) return Damaged(where + "cenc:pssh is no base64");
      system.pssh = *std::move(box);
    }
    for (const char* name : {"Laurl", "laurl"}) {
      const pugi::xml_node url = Child(parent, name);
      if (!url) continue;
      std::string text = url.text().get();
      if (text.empty()) text = url.attribute("licenseUrl").value();
      if (IsUri(text)) system.licence_url = text;
    }
    return {};
  }

  // Whole lines of a playlist.
  static Status HlsSignaling(pugi::xml_node node, const std::string& where,
                             CpixSystem& system) {
    const auto bytes = Base64Of(node);
    if (!bytes) return Damaged(where + "HLSSignalingData is no base64");
    const std::string text(AsText(*bytes));
    for (const HlsLine& line : SplitHls("#EXTM3U\n" + text).lines) {
      if (line.name != "EXT-X-KEY" && line.name != "EXT-X-SESSION-KEY") {
        continue;
      }
      CpixHlsKey key;
      key.uri = line.Get("URI");
      key.key_format = line.Get("KEYFORMAT");
      if (line.Find("KEYFORMATVERSIONS") != nullptr) {
        key.key_format_versions = line.Get("KEYFORMATVERSIONS");
      }
      if (!IsUri(key.uri)) break;
      system.hls = std::move(key);
      return {};
    }
    return Damaged(where + "HLSSignalingData has no EXT-X-KEY with a URI");
  }

  Status Periods(pugi::xml_node root) {
    const auto periods = List(root, "ContentKeyPeriodList", "ContentKeyPeriod");
    if (!periods) return std::unexpected(periods.error());
    std::vector<std::pair<uint64_t, std::string>> by_index;
    for (const pugi::xml_node node : *periods) {
      const auto index = ParseInteger(node.attribute("index").value());
      by_index.emplace_back(index.value_or(by_index.size()),
                            node.attribute("id").value());
      if (by_index.back().second.empty()) {
        return Damaged("a ContentKeyPeriod has no id");
      }
    }
    std::ranges::stable_sort(by_index, {},
                             &std::pair<uint64_t, std::string>::first);
    for (auto& [index, id] : by_index) {
      document_.periods.push_back(std::move(id));
    }
    return {};
  }

  Status Rules(pugi::xml_node root) {
    const auto rules =
        List(root, "ContentKeyUsageRuleList", "ContentKeyUsageRule");
    if (!rules) return std::unexpected(rules.error());
    for (const pugi::xml_node node : *rules) {
      CpixRule rule;
      rule.kid = UuidDigits(node.attribute("kid").value());
      if (!IsKnown(rule.kid)) {
        return Damaged("a ContentKeyUsageRule's kid is no ContentKey's");
      }
      rule.track_type = node.attribute("intendedTrackType").value();
      for (const pugi::xml_node filter : node.children()) {
        if (filter.type() != pugi::node_element) continue;
        if (auto read = Filter(filter, rule); !read) return read;
      }
      document_.rules.push_back(std::move(rule));
    }
    return {};
  }

  Status Filter(pugi::xml_node node, CpixRule& rule) {
    const std::string name(LocalName(node.name()));
    if (name == "VideoFilter") {
      CpixVideoFilter video;
      if (node.attribute("hdr") || node.attribute("wcg")) {
        rule.unknown_filter = "VideoFilter@hdr or @wcg";
      }
      bool read = Bound(node, "minPixels", video.pixels.least) &&
                  Bound(node, "maxPixels", video.pixels.most) &&
                  Rate(node, "minFps", video.above_fps) &&
                  Rate(node, "maxFps", video.most_fps);
      if (!read) return Damaged("a VideoFilter's bound is no number");
      rule.video.push_back(video);
    } else if (name == "AudioFilter") {
      CpixRange channels;
      if (!Bound(node, "minChannels", channels.least) ||
          !Bound(node, "maxChannels", channels.most)) {
        return Damaged("an AudioFilter's bound is no number");
      }
      rule.audio.push_back(channels);
    } else if (name == "LabelFilter") {
      rule.labels.emplace_back(node.attribute("label").value());
    } else if (name == "KeyPeriodFilter") {
      rule.periods.emplace_back(node.attribute("periodId").value());
      if (std::ranges::find(document_.periods, rule.periods.back()) ==
          document_.periods.end()) {
        return Damaged("a KeyPeriodFilter names a period that is not there");
      }
    } else {
      rule.unknown_filter = name;
    }
    return {};
  }

  static bool Bound(pugi::xml_node node, const char* name, uint64_t& bound) {
    const auto attribute = node.attribute(name);
    if (!attribute) return true;
    const auto value = ParseInteger(attribute.value());
    if (value) bound = *value;
    return value.has_value();
  }

  static bool Rate(pugi::xml_node node, const char* name, double& bound) {
    const auto attribute = node.attribute(name);
    if (!attribute) return true;
    const auto value = ParseDecimal(attribute.value());
    if (value) bound = *value;
    return value.has_value();
  }

  CpixDocument document_;
};

}  // namespace

Result<CpixDocument> ReadCpix(SecretBytes text) {
  return Reader().Read(text.writable());
}

}  // namespace usher::playlist
