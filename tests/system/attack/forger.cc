#include "tests/system/attack/forger.h"

#include <utility>
#include <vector>

#include "core/base/base64url.h"
#include "tests/system/box_office.h"

namespace usher::testing {
namespace {

using crypto::SignatureAlgorithm;
using crypto::SigningKey;

constexpr std::string_view kSharedSecret = "a secret of exactly 32 bytes....";

}  // namespace

Forger::Forger(Keys keys) {
  std::vector<std::pair<const char*, SignatureAlgorithm>> kinds = {
      {"es", SignatureAlgorithm::kEs256}, {"ed", SignatureAlgorithm::kEdDsa}};
  if (keys == Keys::kAll) {
    kinds.emplace_back("rs", SignatureAlgorithm::kRs256);
    kinds.emplace_back("ps", SignatureAlgorithm::kPs256);
  }
  const std::string& office = BoxOffice::The().jwks();
  jwks_ = office.substr(0, office.rfind(']'));
  for (const auto& [kid, algorithm] : kinds) {
    SigningKey key = SigningKey::Generate(algorithm).value();
    public_[kid] = key.PublicJwk(kid).value();
    jwks_ += "," + public_[kid];
    keys_.emplace(kid, std::move(key));
  }
  keys_.emplace("hs", SigningKey::Hs256(AsBytes(kSharedSecret)).value());
  jwks_ += R"(,{"kty":"oct","kid":"hs","k":")" +
           ToBase64Url(AsBytes(kSharedSecret)) + R"("}]})";
}

const std::string& Forger::Jwk(std::string_view kid) const {
  return public_.find(kid)->second;
}

std::string Forger::GoodPayload() {
  return R"({"sub":"forged","event":"film","exp":)" +
         std::to_string(UnixNow() + 3600) + "}";
}

std::string Forger::Header(std::string_view algorithm, std::string_view kid) {
  std::string header = R"({"alg":")";
  return header.append(algorithm).append(R"(","kid":")").append(kid) + "\"}";
}

std::string Forger::SigningInput(std::string_view header,
                                 std::string_view payload) {
  return ToBase64Url(AsBytes(header)) + '.' + ToBase64Url(AsBytes(payload));
}

Bytes Forger::Signature(std::string_view kid, std::string_view header,
                        std::string_view payload) const {
  return keys_.find(kid)->second.Sign(AsBytes(SigningInput(header, payload)));
}

std::string Forger::Sign(std::string_view kid, std::string_view header,
                         std::string_view payload) const {
  return JoinParts(header, payload, Signature(kid, header, payload));
}

std::string Forger::SignPayload(std::string_view payload) const {
  return Sign("es", Header("ES256", "es"), payload);
}

std::string Forger::SignHeader(std::string_view header) const {
  return Sign("es", header, GoodPayload());
}

std::string JoinParts(std::string_view header, std::string_view payload,
                      ByteView signature) {
  return Forger::SigningInput(header, payload) + '.' + ToBase64Url(signature);
}

}  // namespace usher::testing
