// A ticket shop for tests: it signs whatever it is told to, well-formed or not.
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "core/crypto/signature.h"
#include "core/ticket/key_set.h"
#include "core/ticket/verifier.h"

namespace usher::testing {

inline constexpr int64_t kNow = 1'800'000'000;
inline constexpr std::string_view kEvent = "fight";
// What a good ticket says; valid for an hour from kNow.
inline constexpr std::string_view kGoodPayload =
    R"({"sub":"t-1","event":"fight","exp":1800003600})";

class Shop {
 public:
  // Makes one key pair, named "k1".
  explicit Shop(crypto::SignatureAlgorithm algorithm =
                    crypto::SignatureAlgorithm::kEs256);

  const ticket::KeySet& keys() const { return keys_; }
  const crypto::SigningKey& signing_key() const { return signing_key_; }
  // {"keys":[...]} with the public half.
  const std::string& jwks() const { return jwks_; }

  std::string GoodHeader() const;
  std::string Ticket(std::string_view payload) const;
  std::string Ticket(std::string_view header, std::string_view payload) const;
  std::string GoodTicket() const { return Ticket(kGoodPayload); }

  std::expected<ticket::Verified, ticket::Refusal> Verify(
      std::string_view ticket, const ticket::Expectations& expected = {},
      int64_t now = kNow, std::string_view event = kEvent) const;
  // "" where the ticket is good, else the code of the denial.
  std::string_view Judge(std::string_view ticket,
                         const ticket::Expectations& expected = {},
                         int64_t now = kNow) const;

 private:
  crypto::SigningKey signing_key_;
  std::string jwks_;
  ticket::KeySet keys_;
};

// One shop for all tests that need no key of their own.
const Shop& TheShop();

// A compact JWS of these three, encoded.
std::string Join(std::string_view header, std::string_view payload,
                 ByteView signature);

}  // namespace usher::testing
