// The cost of opening a session (once per ticket: an asymmetric signature) and
// of admitting a request (every time: one HMAC).
#include <benchmark/benchmark.h>

#include "core/crypto/system_random.h"
#include "core/session/credential.h"
#include "core/ticket/key_set.h"
#include "core/ticket/signer.h"
#include "core/ticket/verifier.h"

namespace usher {
namespace {

using crypto::SignatureAlgorithm;
using crypto::SigningKey;

constexpr uint32_t kNow = 1'800'000'000;
constexpr char kSecretLine[] =
    "1:000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

ticket::Claims ClaimsForOneEvening() {
  ticket::Claims claims;
  claims.subject = "order-4711";
  claims.events = {"fight-night"};
  claims.expires = kNow + 6 * 3600;
  claims.seats = 2;
  return claims;
}

void VerifyTicket(benchmark::State& state) {
  const auto algorithm = static_cast<SignatureAlgorithm>(state.range(0));
  const SigningKey key = SigningKey::Generate(algorithm).value();
  const auto keys =
      ticket::KeySet::Parse(R"({"keys":[)" + key.PublicJwk("k").value() + "]}",
                            "bench")
          .value();
  const std::string ticket =
      ticket::Sign(ClaimsForOneEvening(), "k", key).value();
  for (auto _ : state) {
    auto verified = ticket::Verify(ticket, keys, "fight-night", {}, kNow);
    if (!verified) state.SkipWithError(verified.error().reason);
    benchmark::DoNotOptimize(verified);
  }
  state.SetLabel(std::string(crypto::JoseName(algorithm)));
}
BENCHMARK(VerifyTicket)
    ->Arg(static_cast<int>(SignatureAlgorithm::kEs256))
    ->Arg(static_cast<int>(SignatureAlgorithm::kEdDsa))
    ->Arg(static_cast<int>(SignatureAlgorithm::kRs256))
    ->Arg(static_cast<int>(SignatureAlgorithm::kPs256));

// What junk costs before a signature is even looked at.
void RefuseJunk(benchmark::State& state) {
  const SigningKey key =
      SigningKey::Generate(SignatureAlgorithm::kEs256).value();
  const auto keys =
      ticket::KeySet::Parse(R"({"keys":[)" + key.PublicJwk("k").value() + "]}",
                            "bench")
          .value();
  const std::string ticket =
      ticket::Sign(ClaimsForOneEvening(), "unknown", key).value();
  for (auto _ : state) {
    auto refused = ticket::Verify(ticket, keys, "fight-night", {}, kNow);
    benchmark::DoNotOptimize(refused);
  }
}
BENCHMARK(RefuseJunk);

struct Fleet {
  session::Secrets secrets =
      session::Secrets::Parse(kSecretLine, "bench").value();
  crypto::SystemRandom random;

  std::string NewCredential() {
    return secrets
        .Sign(session::NewSession(ClaimsForOneEvening(), "fight-night", {},
                                  kNow, 3600, random),
              kNow)
        .value();
  }
};

void OpenSession(benchmark::State& state) {
  Fleet fleet;
  for (auto _ : state) {
    auto credential = fleet.NewCredential();
    benchmark::DoNotOptimize(credential);
  }
}
BENCHMARK(OpenSession);

void CheckSession(benchmark::State& state) {
  Fleet fleet;
  const std::string credential = fleet.NewCredential();
  for (auto _ : state) {
    auto checked = fleet.secrets.Check(credential,
                                       session::EventHash("fight-night"), kNow);
    if (!checked) state.SkipWithError("refused");
    benchmark::DoNotOptimize(checked);
  }
}
BENCHMARK(CheckSession);

}  // namespace
}  // namespace usher
