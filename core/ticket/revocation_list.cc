#include "core/ticket/revocation_list.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <utility>

#include "core/base/base64url.h"
#include "core/base/hex.h"
#include "core/ticket/compact_jws.h"
#include "core/ticket/jose_header.h"
#include "core/ticket/strict_json.h"
#include "core/ticket/verifier.h"

namespace usher::ticket {
namespace {

using Json = nlohmann::json;

constexpr std::string_view kType = "usher-revocations";

struct KindName {
  Revocation::Kind kind;
  const char* name;
  size_t size;  // bytes of the id
};
constexpr KindName kKinds[] = {
    {Revocation::Kind::kTicket, "ticket", 8},
    {Revocation::Kind::kSession, "session", 8},
    {Revocation::Kind::kKey, "key", 4},
};

Json ToJson(const Revocation& revocation) {
  const KindName& kind =
      *std::ranges::find(kKinds, revocation.kind, &KindName::kind);
  return {{kind.name, ToHex(ByteView(revocation.id).first(kind.size))},
          {"until", revocation.until}};
}

bool ReadU32(const Json& object, const char* name, uint32_t& number) {
  const auto member = object.find(name);
  if (member == object.end() || !member->is_number_unsigned()) return false;
  const auto value = member->get<uint64_t>();
  number = static_cast<uint32_t>(value);
  return value <= UINT32_MAX;
}

std::optional<Revocation> ReadRevocation(const Json& object) {
  Revocation revocation;
  if (!object.is_object() || object.size() != 2 ||
      !ReadU32(object, "until", revocation.until)) {
    return {};
  }
  for (const KindName& kind : kKinds) {
    const auto member = object.find(kind.name);
    if (member == object.end() || !member->is_string()) continue;
    const auto id = FromHex(member->get_ref<const std::string&>());
    if (!id || id->size() != kind.size) return {};
    revocation.kind = kind.kind;
    std::ranges::copy(*id, revocation.id.begin());
    return revocation;
  }
  return {};
}

// A revocation of a kind we do not know cannot be enforced: refuse them all.
std::expected<RevocationList, const char*> ReadPayload(std::string_view json) {
  if (!IsStrictJsonObject(json, kMaxNesting)) {
    return std::unexpected("payload is not strict JSON");
  }
  const Json payload = Json::parse(json, nullptr, /*allow_exceptions=*/false);
  RevocationList list;
  if (!ReadU32(payload, "sequence", list.sequence)) {
    return std::unexpected("no sequence");
  }
  const auto entries = payload.find("revocations");
  if (entries == payload.end() || !entries->is_array()) {
    return std::unexpected("no list of revocations");
  }
  for (const Json& entry : *entries) {
    const auto revocation = ReadRevocation(entry);
    if (!revocation) return std::unexpected("a revocation is not understood");
    list.revocations.push_back(*revocation);
  }
  return list;
}

}  // namespace

Result<std::string> SignList(const RevocationList& list, std::string_view kid,
                             const crypto::SigningKey& key) {
  Json entries = Json::array();
  for (const Revocation& revocation : list.revocations) {
    entries.push_back(ToJson(revocation));
  }
  const Json header = {
      {"alg", crypto::JoseName(key.algorithm())}, {"kid", kid}, {"typ", kType}};
  const Json payload = {{"sequence", list.sequence},
                        {"revocations", std::move(entries)}};
  std::string text = ToBase64Url(AsBytes(header.dump(
                         -1, ' ', false, Json::error_handler_t::replace))) +
                     '.' + ToBase64Url(AsBytes(payload.dump()));
  text += '.' + ToBase64Url(key.Sign(AsBytes(text)));
  if (text.size() > kMaxListSize) {
    return BadInput("list", "is larger than 8 MiB", "drop what has ended");
  }
  return text;
}

std::expected<RevocationList, const char*> VerifyList(std::string_view text,
                                                      const KeySet& keys) {
  text = text.substr(0, text.find_last_not_of("\r\n") + 1);
  if (text.size() > kMaxListSize) return std::unexpected("larger than 8 MiB");
  const auto jws = ReadCompactJws(text);
  if (!jws) return std::unexpected("no compact JWS");
  const auto header = ReadJoseHeader(AsText(jws->header), kType);
  if (!header) return std::unexpected(header.error());
  const KeySet::Key* key = keys.Find(header->kid);
  if (key == nullptr) return std::unexpected("unknown kid");
  if (!crypto::NamesAlgorithm(header->algorithm, key->verify.algorithm())) {
    return std::unexpected("alg is not the key's");
  }
  if (!key->verify.Verify(AsBytes(jws->signing_input), jws->signature)) {
    return std::unexpected("bad signature");
  }
  return ReadPayload(AsText(jws->payload));
}

}  // namespace usher::ticket
