#include "packager/inspect/drm_data.h"

#include <algorithm>

#include "core/base/base64url.h"
#include "packager/encrypt/drm/playready.h"

namespace usher::inspect {
namespace {

// Protocol Buffers fields, one after another.
class MessageReader {
 public:
  explicit MessageReader(ByteView data) : rest_(data) {}

  struct Field {
    uint64_t number = 0;
    uint64_t value = 0;  // of a varint
    ByteView bytes;      // of a length-delimited one
  };

  // Nothing at the end, and where the message is damaged.
  std::optional<Field> Next() {
    if (rest_.empty() || damaged_) return std::nullopt;
    const uint64_t tag = Varint();
    Field field;
    field.number = tag >> 3;
    switch (tag & 7) {
      case 0:
        field.value = Varint();
        break;
      case 1:
        Take(8);
        break;
      case 2:
        field.bytes = Take(Varint());
        break;
      case 5:
        Take(4);
        break;
      default:
        damaged_ = true;
    }
    if (damaged_) return std::nullopt;
    return field;
  }
  bool damaged() const { return damaged_; }

 private:
  uint64_t Varint() {
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      const ByteView byte = Take(1);
      if (byte.empty()) return 0;
      value |= uint64_t{byte[0] & 0x7fU} << shift;
      if (byte[0] < 0x80) return value;
    }
    damaged_ = true;
    return 0;
  }

  ByteView Take(uint64_t size) {
    if (size > rest_.size()) {
      damaged_ = true;
      return {};
    }
    const ByteView taken = rest_.first(static_cast<size_t>(size));
    rest_ = rest_.subspan(static_cast<size_t>(size));
    return taken;
  }

  ByteView rest_;
  bool damaged_ = false;
};

std::string FourCharacters(uint64_t value) {
  std::string text;
  for (int shift = 24; shift >= 0; shift -= 8) {
    text += static_cast<char>(value >> shift & 0xff);
  }
  return text;
}

std::optional<keys::KeyId> KidOf(ByteView bytes) {
  keys::KeyId kid;
  if (bytes.size() != kid.bytes.size()) return std::nullopt;
  std::ranges::copy(bytes, kid.bytes.begin());
  return kid;
}

uint64_t LittleEndian(ByteView bytes) {
  uint64_t value = 0;
  for (size_t i = bytes.size(); i-- > 0;) value = value << 8 | bytes[i];
  return value;
}

// The first PlayReady Header of an object, as bytes of UTF-16LE.
std::optional<ByteView> HeaderOf(ByteView object) {
  constexpr size_t kFixed = 6;
  constexpr uint64_t kHeaderRecord = 1;
  if (object.size() < kFixed || LittleEndian(object.first(4)) != object.size())
    return std::nullopt;
  const uint64_t records = LittleEndian(object.subspan(4, 2));
  ByteView rest = object.subspan(kFixed);
  for (uint64_t i = 0; i < records; ++i) {
    if (rest.size() < 4) return std::nullopt;
    const uint64_t type = LittleEndian(rest.first(2));
    const uint64_t size = LittleEndian(rest.subspan(2, 2));
    rest = rest.subspan(4);
    if (size > rest.size()) return std::nullopt;
    if (type == kHeaderRecord) return rest.first(static_cast<size_t>(size));
    rest = rest.subspan(static_cast<size_t>(size));
  }
  return std::nullopt;
}

// All that is looked for is ASCII; anything else becomes '?'.
std::string AsciiOf(ByteView utf16) {
  std::string text;
  for (size_t i = 0; i + 1 < utf16.size(); i += 2) {
    const bool ascii = utf16[i + 1] == 0 && utf16[i] < 0x80;
    text += ascii ? static_cast<char>(utf16[i]) : '?';
  }
  return text;
}

// What stands between `begin` and `end`, behind `from`.
std::optional<std::string> Between(std::string_view text,
                                   std::string_view begin, std::string_view end,
                                   size_t from = 0) {
  size_t at = text.find(begin, from);
  if (at == text.npos) return std::nullopt;
  at += begin.size();
  const size_t stop = text.find(end, at);
  if (stop == text.npos) return std::nullopt;
  return std::string(text.substr(at, stop - at));
}

std::optional<keys::KeyId> GuidKid(std::string_view base64) {
  const auto bytes = FromBase64(base64);
  const auto guid = bytes ? KidOf(*bytes) : std::nullopt;
  if (!guid) return std::nullopt;
  return ToGuidOrder(*guid);  // undoes itself
}

// One KID: attributes of an element since version 4.1, elements before.
bool AddKid(std::string_view kid, const std::optional<std::string>& checksum,
            DrmData& data) {
  const auto read = GuidKid(kid);
  if (!read) return false;
  data.kids.push_back(*read);
  if (checksum) {
    auto bytes = FromBase64(*checksum);
    if (!bytes) return false;
    data.checksums[*read] = *std::move(bytes);
  }
  return true;
}

}  // namespace

std::optional<DrmData> ReadWidevineData(ByteView bytes) {
  DrmData data;
  MessageReader message(bytes);
  while (const auto field = message.Next()) {
    if (field->number == 2) {
      // Other packagers' provisional data may name keys in other ways.
      if (const auto kid = KidOf(field->bytes)) data.kids.push_back(*kid);
    } else if (field->number == 9) {
      data.scheme = FourCharacters(field->value);
    }
  }
  if (message.damaged()) return std::nullopt;
  return data;
}

std::optional<DrmData> ReadPlayReadyObject(ByteView object) {
  const auto header = HeaderOf(object);
  if (!header) return std::nullopt;
  const std::string xml = AsciiOf(*header);
  if (!xml.starts_with("<WRMHEADER ")) return std::nullopt;
  DrmData data;
  if (const auto kid = Between(xml, "<KID>", "</KID>")) {
    data.scheme = Between(xml, "<ALGID>", "</ALGID>").value_or("");
    if (!AddKid(*kid, Between(xml, "<CHECKSUM>", "</CHECKSUM>"), data)) {
      return std::nullopt;
    }
    return data;
  }
  for (size_t at = 0; (at = xml.find("<KID ", at)) != xml.npos; ++at) {
    const auto element = Between(xml, "<KID ", ">", at);
    if (!element) return std::nullopt;
    const auto kid = Between(*element, "VALUE=\"", "\"");
    data.scheme = Between(*element, "ALGID=\"", "\"").value_or("");
    if (!kid || !AddKid(*kid, Between(*element, "CHECKSUM=\"", "\""), data)) {
      return std::nullopt;
    }
  }
  return data;
}

}  // namespace usher::inspect
