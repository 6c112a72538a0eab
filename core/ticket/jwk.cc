#include "core/ticket/jwk.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "core/base/base64url.h"
#include "core/crypto/digest.h"

namespace usher::ticket {
namespace {

using crypto::SignatureAlgorithm;
using crypto::VerifyKey;
using Json = nlohmann::json;

constexpr size_t kMaxKid = 128;
constexpr const char* kPrivateMembers[] = {"d",  "p",  "q",  "dp",
                                           "dq", "qi", "oth"};

std::string TextOf(const Json& jwk, const char* name) {
  const auto member = jwk.find(name);
  return member != jwk.end() && member->is_string() ? member->get<std::string>()
                                                    : std::string();
}

// The bytes of a base64url member; empty where absent or malformed.
SecretBytes BytesOf(const Json& jwk, const char* name) {
  auto bytes = FromBase64Url(TextOf(jwk, name));
  return bytes ? SecretBytes(*std::move(bytes)) : SecretBytes();
}

bool IsKid(std::string_view kid) {
  return !kid.empty() && kid.size() <= kMaxKid &&
         std::ranges::none_of(kid, [](char c) {
           return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
         });
}

bool MayVerify(const Json& jwk) {
  if (jwk.contains("use") && jwk["use"] != "sig") return false;
  if (!jwk.contains("key_ops")) return true;
  const Json& operations = jwk["key_ops"];
  return operations.is_array() &&
         std::ranges::find(operations, Json("verify")) != operations.end();
}

// RFC 7638 section 3.2: the required members, sorted by name. Their values are
// plain ASCII here, so nothing needs escaping.
std::array<uint8_t, 32> Thumbprint(const Json& jwk,
                                   std::initializer_list<const char*> names) {
  Json required;  // sorts by name
  for (const char* name : names) required[name] = jwk[name];
  return crypto::Sha256(AsBytes(required.dump()));
}

// Nothing where `iss` is there and is no text or list of texts.
std::optional<std::vector<std::string>> IssuersOf(const Json& jwk) {
  if (!jwk.contains("iss")) return std::vector<std::string>();
  const Json& iss = jwk["iss"];
  const Json list = iss.is_array() ? iss : Json::array({iss});
  std::vector<std::string> issuers;
  for (const Json& issuer : list) {
    if (!issuer.is_string() || issuer.get_ref<const std::string&>().empty()) {
      return std::nullopt;
    }
    issuers.push_back(issuer.get<std::string>());
  }
  if (issuers.empty()) return std::nullopt;
  return issuers;
}

struct Material {
  VerifyKey verify;
  std::array<uint8_t, 32> thumbprint;
};

Result<Material> Combine(Result<VerifyKey> verify, const Json& jwk,
                         std::initializer_list<const char*> names) {
  if (!verify) return std::unexpected(verify.error());
  return Material{*std::move(verify), Thumbprint(jwk, names)};
}

// `alg` may be absent where the type of the key leaves only one.
std::optional<Error> MismatchOf(const Json& jwk, SignatureAlgorithm only) {
  if (!jwk.contains("alg") ||
      crypto::NamesAlgorithm(TextOf(jwk, "alg"), only)) {
    return std::nullopt;
  }
  return Error{ErrorKind::kBadInput, "",
               "alg is not " + std::string(crypto::JoseName(only)),
               "remove alg or correct it"};
}

Result<Material> ReadEc(const Json& jwk) {
  if (TextOf(jwk, "crv") != "P-256") {
    return BadInput("", "crv is not P-256", "use an ES256 key");
  }
  if (auto error = MismatchOf(jwk, SignatureAlgorithm::kEs256)) {
    return std::unexpected(*error);
  }
  return Combine(
      VerifyKey::Es256(BytesOf(jwk, "x").view(), BytesOf(jwk, "y").view()), jwk,
      {"crv", "kty", "x", "y"});
}

Result<Material> ReadOkp(const Json& jwk) {
  if (TextOf(jwk, "crv") != "Ed25519") {
    return BadInput("", "crv is not Ed25519", "use an Ed25519 key");
  }
  if (auto error = MismatchOf(jwk, SignatureAlgorithm::kEdDsa)) {
    return std::unexpected(*error);
  }
  return Combine(VerifyKey::Ed25519(BytesOf(jwk, "x").view()), jwk,
                 {"crv", "kty", "x"});
}

Result<Material> ReadRsa(const Json& jwk) {
  const std::string algorithm = TextOf(jwk, "alg");
  if (algorithm != "RS256" && algorithm != "PS256") {
    return BadInput("", "an RSA key must name its alg",
                    "add \"alg\": \"RS256\" or \"PS256\"");
  }
  const SecretBytes n = BytesOf(jwk, "n");
  const SecretBytes e = BytesOf(jwk, "e");
  if (n.empty() || e.empty() || n.view()[0] == 0 || e.view()[0] == 0) {
    return BadInput("", "n or e is missing, not base64url, or starts with 0");
  }
  return Combine(
      VerifyKey::Rsa(algorithm == "PS256" ? SignatureAlgorithm::kPs256
                                          : SignatureAlgorithm::kRs256,
                     n.view(), e.view()),
      jwk, {"e", "kty", "n"});
}

Result<Material> ReadOct(const Json& jwk) {
  if (auto error = MismatchOf(jwk, SignatureAlgorithm::kHs256)) {
    return std::unexpected(*error);
  }
  return Combine(VerifyKey::Hs256(BytesOf(jwk, "k").view()), jwk, {"k", "kty"});
}

Result<Material> ReadMaterial(const Json& jwk) {
  const std::string type = TextOf(jwk, "kty");
  if (type == "oct") return ReadOct(jwk);
  for (const char* name : kPrivateMembers) {
    if (jwk.contains(name)) {
      return BadInput("", "holds a private key",
                      "keep it with the shop and list only its public half");
    }
  }
  if (type == "EC") return ReadEc(jwk);
  if (type == "OKP") return ReadOkp(jwk);
  if (type == "RSA") return ReadRsa(jwk);
  return BadInput("", "kty is none of EC, OKP, RSA, oct");
}

}  // namespace

Result<KeySet::Key> ReadJwk(std::string_view json) {
  const Json jwk = Json::parse(json, nullptr, /*allow_exceptions=*/false);
  std::string kid = TextOf(jwk, "kid");
  if (!IsKid(kid)) {
    return BadInput("", "kid is missing or not 1 to 128 characters",
                    "give each key a kid, and sign tickets with it");
  }
  if (!MayVerify(jwk)) {
    return BadInput("", "use or key_ops does not allow verifying",
                    "list only signature keys");
  }
  auto issuers = IssuersOf(jwk);
  if (!issuers) {
    return BadInput("", "iss is no text or list of texts",
                    "name the issuers whose tickets this key may sign");
  }
  auto material = ReadMaterial(jwk);
  if (!material) return std::unexpected(material.error());
  return KeySet::Key{std::move(kid), std::move(material->verify),
                     material->thumbprint, *std::move(issuers)};
}

}  // namespace usher::ticket
