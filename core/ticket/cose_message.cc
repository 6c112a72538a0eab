#include "core/ticket/cose_message.h"

#include <cbor.h>

#include <array>
#include <utility>
#include <vector>

#include "core/ticket/cbor.h"
#include "core/ticket/verifier.h"

namespace usher::ticket {
namespace {

using crypto::SignatureAlgorithm;
using Form = CoseMessage::Form;

constexpr uint64_t kMac0Tag = 17;
constexpr uint64_t kSign1Tag = 18;
constexpr uint64_t kCwtTag = 61;  // RFC 8392 section 6

// RFC 9052 section 3.1.
constexpr int64_t kAlgorithm = 1;
constexpr int64_t kCritical = 2;
constexpr int64_t kKeyId = 4;

std::optional<Form> FormOf(std::vector<uint64_t> tags) {
  if (!tags.empty() && tags.front() == kCwtTag) tags.erase(tags.begin());
  if (tags.empty()) return Form::kUntagged;
  if (tags.size() > 1) return std::nullopt;
  if (tags.front() == kMac0Tag) return Form::kMac0;
  if (tags.front() == kSign1Tag) return Form::kSign1;
  return std::nullopt;
}

// RFC 9053 tables 1 and 3, RFC 8230 and RFC 9864.
std::optional<SignatureAlgorithm> AlgorithmOf(int64_t number) {
  switch (number) {
    case 5:
      return SignatureAlgorithm::kHs256;
    case -7:
    case -9:
      return SignatureAlgorithm::kEs256;
    case -8:
    case -19:
      return SignatureAlgorithm::kEdDsa;
    case -37:
      return SignatureAlgorithm::kPs256;
    default:
      return std::nullopt;
  }
}

bool IsFourParts(const Cbor& message) {
  using Kind = Cbor::Kind;
  constexpr std::array kKinds = {Kind::kBytes, Kind::kMap, Kind::kBytes,
                                 Kind::kBytes};
  if (message.kind != Kind::kArray || message.items.size() != kKinds.size()) {
    return false;
  }
  for (size_t i = 0; i < kKinds.size(); ++i) {
    const Cbor& part = message.items[i];
    if (part.kind != kKinds[i] || !part.tags.empty()) return false;
  }
  return true;
}

// Where both headers have one, RFC 9052 section 3 calls it malformed.
const Cbor* KeyIdOf(const Cbor& protected_header, const Cbor& unprotected) {
  const Cbor* inner = protected_header.Find(kKeyId);
  const Cbor* outer = unprotected.Find(kKeyId);
  if ((inner != nullptr) == (outer != nullptr)) return nullptr;
  const Cbor* kid = inner != nullptr ? inner : outer;
  return kid->kind == Cbor::Kind::kBytes ? kid : nullptr;
}

void Append(std::string_view text, Bytes& bytes) {
  bytes.insert(bytes.end(), text.begin(), text.end());
}

using EncodeHead = size_t (*)(size_t, unsigned char*, size_t);

void AppendHead(EncodeHead encode, size_t size, Bytes& bytes) {
  std::array<unsigned char, 9> head;
  const size_t written = encode(size, head.data(), head.size());
  bytes.insert(bytes.end(), head.begin(), head.begin() + written);
}

void AppendBytes(std::string_view text, Bytes& bytes) {
  AppendHead(cbor_encode_bytestring_start, text.size(), bytes);
  Append(text, bytes);
}

}  // namespace

std::expected<CoseMessage, const char*> ReadCoseMessage(ByteView bytes) {
  auto message = ReadCbor(bytes, kMaxNesting);
  if (!message) return std::unexpected("neither a compact JWS nor strict CBOR");
  const auto form = FormOf(message->tags);
  if (!form || !IsFourParts(*message)) {
    return std::unexpected("no COSE_Sign1 or COSE_Mac0");
  }
  std::vector<Cbor>& parts = message->items;
  const auto header = ReadCbor(AsBytes(parts[0].string), kMaxNesting);
  if (!header || header->kind != Cbor::Kind::kMap || !header->tags.empty()) {
    return std::unexpected("the protected header is no map");
  }
  if (header->Find(kCritical) != nullptr ||
      parts[1].Find(kCritical) != nullptr) {
    return std::unexpected("header has a parameter that must be understood");
  }
  const Cbor* number = header->Find(kAlgorithm);
  const auto algorithm = number != nullptr && number->Integer()
                             ? AlgorithmOf(*number->Integer())
                             : std::nullopt;
  if (!algorithm) return std::unexpected("no alg that we know is protected");
  const Cbor* kid = KeyIdOf(*header, parts[1]);
  if (kid == nullptr) return std::unexpected("no kid");
  return CoseMessage{.form = *form,
                     .algorithm = *algorithm,
                     .kid = kid->string,
                     .protected_header = std::move(parts[0].string),
                     .payload = std::move(parts[2].string),
                     .signature = std::move(parts[3].string)};
}

Bytes ToBeSigned(const CoseMessage& message) {
  const bool is_mac = message.form == Form::kMac0 ||
                      (message.form == Form::kUntagged &&
                       message.algorithm == SignatureAlgorithm::kHs256);
  const std::string_view context = is_mac ? "MAC0" : "Signature1";
  Bytes bytes;
  AppendHead(cbor_encode_array_start, 4, bytes);
  AppendHead(cbor_encode_string_start, context.size(), bytes);
  Append(context, bytes);
  AppendBytes(message.protected_header, bytes);
  AppendBytes({}, bytes);  // no external data
  AppendBytes(message.payload, bytes);
  return bytes;
}

}  // namespace usher::ticket
