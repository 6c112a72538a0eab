// Keys, secrets and a clock for tests of admission.
#pragma once

#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "core/crypto/system_random.h"
#include "core/ticket/signer.h"
#include "ngx_module/engine/admission.h"

namespace usher::engine {

inline constexpr uint32_t kNow = 1'800'000'000;

inline crypto::SigningKey MakeKey() {
  return *crypto::SigningKey::Generate(crypto::SignatureAlgorithm::kEdDsa);
}

class AdmissionFixture : public ::testing::Test {
 protected:
  AdmissionFixture()
      : key_(MakeKey()),
        keys_(*ticket::KeySet::Parse(Jwks(), "jwks")),
        secrets_(
            *session::Secrets::Parse("1:" + std::string(64, 'a'), "secrets")) {}

  std::string Jwks() const {
    return "{\"keys\":[" + *key_.PublicJwk("k") + "]}";
  }
  std::string Ticket(std::string_view event) const {
    ticket::Claims claims;
    claims.subject = "order-1";
    claims.events = {std::string(event)};
    claims.expires = kNow + 600;
    return *ticket::Sign(claims, "k", key_);
  }
  Policy MakePolicy() {
    return {.sources = sources_,
            .issuer = {},
            .audience = {},
            .lifetime_seconds = 3600,
            .keys = keys_,
            .secrets = secrets_};
  }
  std::optional<session::Session> DecideAtOnce(const Request& request,
                                               uint32_t now = kNow) {
    return AdmitAtOnce(keys_, secrets_, request.method, request.path,
                       request.credential, now);
  }
  // Both ways in must say the same.
  Decision Decide(const Request& request, uint32_t now = kNow) {
    const Decision decision = Admit(MakePolicy(), request, now, random_);
    const auto at_once = DecideAtOnce(request, now);
    const bool decides_alone =
        decision.outcome == Decision::Outcome::kAdmit &&
        decision.session.binding.flags == 0 &&
        (request.method == Method::kGet || request.method == Method::kHead);
    EXPECT_EQ(at_once.has_value(), decides_alone) << request.path;
    if (at_once) {
      EXPECT_EQ(at_once->sid, decision.session.sid);
    }
    return decision;
  }

  crypto::SigningKey key_;
  ticket::KeySet keys_;
  session::Secrets secrets_;
  crypto::SystemRandom random_;
  const TicketSource sources_[1] = {{TicketSource::Kind::kBearer, {}}};
};

}  // namespace usher::engine
