// Tickets across implementations: Node's own crypto signs what we verify and
// verifies what we sign, for every algorithm. Its JWKS is read as it comes.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "core/ticket/signer.h"
#include "tests/core/ticket/shop.h"
#include "tests/support/run_process.h"

namespace usher::ticket {
namespace {

using ::usher::testing::kNow;
using ::usher::testing::RunProcess;
using ::usher::testing::Shop;

constexpr const char* kNodeShop = R"js(
const c = require('crypto');
const b64 = (x) => Buffer.from(x).toString('base64url');
const pss = {padding: c.constants.RSA_PKCS1_PSS_PADDING, saltLength: 32};
const secret = c.createSecretKey(Buffer.alloc(32, 7));
const kinds = {
  ES256: {pair: () => c.generateKeyPairSync('ec', {namedCurve: 'P-256'}),
          sign: (d, k) => c.sign('sha256', d,
                                 {key: k, dsaEncoding: 'ieee-p1363'})},
  EdDSA: {pair: () => c.generateKeyPairSync('ed25519'),
          sign: (d, k) => c.sign(null, d, k)},
  RS256: {pair: () => c.generateKeyPairSync('rsa', {modulusLength: 2048}),
          sign: (d, k) => c.sign('sha256', d, k)},
  PS256: {pair: () => c.generateKeyPairSync('rsa', {modulusLength: 2048}),
          sign: (d, k) => c.sign('sha256', d, {key: k, ...pss})},
  HS256: {pair: () => ({publicKey: secret, privateKey: secret}),
          sign: (d, k) => c.createHmac('sha256', k).update(d).digest()},
};
const kind = kinds[process.argv[1]];
const {publicKey, privateKey} = kind.pair();
const header = {alg: process.argv[1], kid: 'node', typ: 'JWT'};
const payload = {sub: 't-1', event: 'fight', exp: 1800003600};
const input = b64(JSON.stringify(header)) + '.' + b64(JSON.stringify(payload));
console.log(JSON.stringify({
  jwks: {keys: [{...publicKey.export({format: 'jwk'}), kid: 'node',
                 alg: process.argv[1], use: 'sig'}]},
  ticket: input + '.' + b64(kind.sign(Buffer.from(input), privateKey)),
}));
)js";

constexpr const char* kNodeEdge = R"js(
const c = require('crypto');
const {jwks, ticket} = JSON.parse(require('fs').readFileSync(0, 'utf8'));
const [header, payload, signature] = ticket.split('.');
const {alg, kid} = JSON.parse(Buffer.from(header, 'base64url'));
const jwk = jwks.keys.find((k) => k.kid === kid);
const data = Buffer.from(header + '.' + payload);
const given = Buffer.from(signature, 'base64url');
let good;
if (alg === 'HS256') {
  const key = Buffer.from(jwk.k, 'base64url');
  good = c.createHmac('sha256', key).update(data).digest().equals(given);
} else {
  const key = c.createPublicKey({key: jwk, format: 'jwk'});
  const options = {
    ES256: {key, dsaEncoding: 'ieee-p1363'}, EdDSA: key, RS256: key,
    PS256: {key, padding: c.constants.RSA_PKCS1_PSS_PADDING, saltLength: 32},
  }[alg];
  good = c.verify(alg === 'EdDSA' ? null : 'sha256', data, options, given);
}
console.log(good ? Buffer.from(payload, 'base64url').toString() : 'bad');
)js";

class Interop : public ::testing::TestWithParam<crypto::SignatureAlgorithm> {};

TEST_P(Interop, WeAdmitWhatNodeSigned) {
  const std::string name(crypto::JoseName(GetParam()));
  const auto node = RunProcess({"node", "-e", kNodeShop, name});
  ASSERT_EQ(node.exit_code, 0) << node.err;
  const auto made = nlohmann::json::parse(node.out);
  const auto keys = KeySet::Parse(made["jwks"].dump(), "node.json");
  ASSERT_TRUE(keys) << keys.error().OneLine();
  const auto verified =
      Verify(made["ticket"].get<std::string>(), *keys, "fight", {}, kNow);
  ASSERT_TRUE(verified) << verified.error().reason;
  EXPECT_EQ(verified->claims.subject, "t-1");
}

TEST_P(Interop, NodeVerifiesWhatWeSigned) {
  const Shop shop(GetParam());
  Claims claims;
  claims.subject = "t-1";
  claims.events = {"fight"};
  claims.expires = kNow + 3600;
  const auto ticket = Sign(claims, "k1", shop.signing_key());
  ASSERT_TRUE(ticket);
  const std::string input =
      R"({"jwks":)" + shop.jwks() + R"(,"ticket":")" + *ticket + R"("})";
  const auto node = RunProcess({"node", "-e", kNodeEdge}, {.input = input});
  ASSERT_EQ(node.exit_code, 0) << node.err;
  EXPECT_EQ(node.out,
            "{\"sub\":\"t-1\",\"event\":\"fight\",\"exp\":1800003600}\n");
}

INSTANTIATE_TEST_SUITE_P(Algorithms, Interop,
                         ::testing::Values(crypto::SignatureAlgorithm::kEs256,
                                           crypto::SignatureAlgorithm::kEdDsa,
                                           crypto::SignatureAlgorithm::kRs256,
                                           crypto::SignatureAlgorithm::kPs256,
                                           crypto::SignatureAlgorithm::kHs256),
                         [](const auto& named) {
                           return std::string(crypto::JoseName(named.param));
                         });

}  // namespace
}  // namespace usher::ticket
