#include "core/crypto/signature.h"

#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "core/base/base64url.h"
#include "tests/core/crypto/hex_bytes.h"

namespace usher::crypto {
namespace {

Bytes B64(std::string_view text) { return FromBase64Url(text).value(); }

// RFC 7515 appendix A signs this payload in A.1, A.2 and A.3.
constexpr std::string_view kPayload =
    ".eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNv"
    "bS9pc19yb290Ijp0cnVlfQ";

std::string SigningInput(std::string_view header) {
  return std::string(header) + std::string(kPayload);
}

// Verifies, and no longer does once any one thing is changed.
void ExpectExactly(const VerifyKey& key, std::string_view input,
                   const Bytes& signature) {
  EXPECT_TRUE(key.Verify(AsBytes(input), signature));
  std::string other_input(input);
  other_input.back() ^= 1;
  EXPECT_FALSE(key.Verify(AsBytes(other_input), signature));
  for (size_t i = 0; i < signature.size(); ++i) {
    Bytes damaged = signature;
    damaged[i] ^= 1;
    EXPECT_FALSE(key.Verify(AsBytes(input), damaged)) << "byte " << i;
  }
  Bytes longer = signature;
  longer.push_back(0);
  EXPECT_FALSE(key.Verify(AsBytes(input), longer));
  EXPECT_FALSE(key.Verify(AsBytes(input),
                          ByteView(signature).first(signature.size() - 1)));
  EXPECT_FALSE(key.Verify(AsBytes(input), {}));
}

TEST(Hs256, MatchesRfc7515AppendixA1) {
  const auto key = VerifyKey::Hs256(B64(
      "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hc"
      "gUuTwjAzZr1Z9CAow"));
  ASSERT_TRUE(key);
  ExpectExactly(*key, SigningInput("eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9"),
                B64("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"));
}

TEST(Rs256, MatchesRfc7515AppendixA2) {
  const auto key = VerifyKey::Rsa(
      SignatureAlgorithm::kRs256,
      B64("ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-"
          "Vaw-"
          "4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_"
          "YpRPEwOWvG6b32690r"
          "2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-"
          "UT"
          "o7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_"
          "I5IhlJH7aGhyxX"
          "FvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ"),
      B64("AQAB"));
  ASSERT_TRUE(key);
  ExpectExactly(
      *key, SigningInput("eyJhbGciOiJSUzI1NiJ9"),
      B64("cC4hiUPoj9Eetdgtv3hF80EGrhuB__"
          "dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHI"
          "m4Bh-0Qc_lF5YKt_"
          "O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB"
          "--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_"
          "eSN938"
          "3LcOLn6_dO--xi12jzDwusC-"
          "eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QO"
          "YEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_"
          "IoypGlUPQGe77Rw"));
}

VerifyKey Rfc7515EcKey() {
  return VerifyKey::Es256(B64("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"),
                          B64("x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"))
      .value();
}
constexpr std::string_view kEcHeader = "eyJhbGciOiJFUzI1NiJ9";
constexpr std::string_view kEcSignature =
    "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-"
    "F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJq"
    "PP3-Kg6NU1Q";

TEST(Es256, MatchesRfc7515AppendixA3) {
  ExpectExactly(Rfc7515EcKey(), SigningInput(kEcHeader), B64(kEcSignature));
}

TEST(Es256, RefusesTheDerFormOfAGoodSignature) {
  const Bytes joined = B64(kEcSignature);
  // r starts with 0x0e and needs no leading zero; s starts with 0xc5 and does.
  Bytes der = {0x30, 0x45, 0x02, 0x20};
  der.insert(der.end(), joined.begin(), joined.begin() + 32);
  der.insert(der.end(), {0x02, 0x21, 0x00});
  der.insert(der.end(), joined.begin() + 32, joined.end());
  EXPECT_FALSE(Rfc7515EcKey().Verify(AsBytes(SigningInput(kEcHeader)), der));
}

TEST(Es256, RefusesZeroAndOrderSizedNumbers) {
  const Bytes order = testing::Hex(
      "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551");
  const Bytes zero(32, 0);
  const Bytes joined = B64(kEcSignature);
  const Bytes r(joined.begin(), joined.begin() + 32);
  const Bytes s(joined.begin() + 32, joined.end());
  const std::pair<Bytes, Bytes> kPairs[] = {
      {zero, zero},  {zero, s},
      {r, zero},     {order, s},
      {r, order},    {order, order},
      {zero, order}, {Bytes(32, 0xff), Bytes(32, 0xff)}};
  for (const auto& [first, second] : kPairs) {
    Bytes signature = first;
    signature.insert(signature.end(), second.begin(), second.end());
    EXPECT_FALSE(
        Rfc7515EcKey().Verify(AsBytes(SigningInput(kEcHeader)), signature));
  }
}

TEST(Es256, RefusesPointsThatAreNotOnTheCurve) {
  const Bytes x = B64("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU");
  Bytes y = B64("x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0");
  EXPECT_TRUE(VerifyKey::Es256(x, y));
  y.back() ^= 1;
  EXPECT_FALSE(VerifyKey::Es256(x, y));
  EXPECT_FALSE(VerifyKey::Es256(Bytes(32, 0), Bytes(32, 0)));
  EXPECT_FALSE(VerifyKey::Es256(Bytes(32, 0xff), Bytes(32, 0xff)));
  EXPECT_FALSE(VerifyKey::Es256(x, ByteView(y).first(31)));
  EXPECT_FALSE(VerifyKey::Es256({}, {}));
}

TEST(EdDsa, MatchesRfc8037AppendixA4) {
  const auto key =
      VerifyKey::Ed25519(B64("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"));
  ASSERT_TRUE(key);
  ExpectExactly(*key,
                "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc",
                B64("hgyY0il_MGCjP0JzlnLWG1PPOt7-"
                    "09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt"
                    "9g7sVvpAr_MuM0KAg"));
}

// RFC 7520 sections 4.1 and 4.4 sign this.
constexpr std::string_view kHobbit =
    ".SXTigJlzIGEgZGFuZ2Vyb3VzIGJ1c2luZXNzLCBGcm9kbywgZ29pbmcgb3V0IHlvdXIgZG9vc"
    "i4"
    "gWW91IHN0ZXAgb250byB0aGUgcm9hZCwgYW5kIGlmIHlvdSBkb24ndCBrZWVwIHlvdXIgZmVld"
    "C"
    "wgdGhlcmXigJlzIG5vIGtub3dpbmcgd2hlcmUgeW91IG1pZ2h0IGJlIHN3ZXB0IG9mZiB0by4";

TEST(Rs256, MatchesRfc7520Section4_1) {
  const auto key = VerifyKey::Rsa(
      SignatureAlgorithm::kRs256,
      B64("n4EPtAOCc9AlkeQHPzHStgAbgs7bTZLwUBZdR8_KuKPEHLd4rHVTeT-O-"
          "XV2jRojdNhxJ"
          "WTDvNd7nqQ0VEiZQHz_AJmSCpMaJMRBSFKrKb2wqVwGU_NsYOYL-"
          "QtiWN2lbzcEe6XC0d"
          "Apr5ydQLrHqkHHig3RBordaZ6Aj-oBHqFEHYpPe7Tpe-"
          "OfVfHd1E6cS6M1FZcD1NNLYD5"
          "lFHpPI9bTwJlsde3uhGqC0ZCuEHg8lhzwOHrtIQbS0FVbb9k3-tVTU4fg_3L_"
          "vniUFAKw"
          "uCLqKnS2BYwdq_mzSnbLY7h_qixoR7jig3__kRhuaxwUkRz5iaiQkqgc5gHdrNP5zw"),
      B64("AQAB"));
  ASSERT_TRUE(key);
  const std::string input =
      "eyJhbGciOiJSUzI1NiIsImtpZCI6ImJpbGJvLmJhZ2dpbnNAaG9iYml0b24uZXhhbXBsZSJ"
      "9" +
      std::string(kHobbit);
  ExpectExactly(
      *key, input,
      B64("MRjdkly7_-"
          "oTPTS3AXP41iQIGKa80A0ZmTuV5MEaHoxnW2e5CZ5NlKtainoFmKZopdHM1"
          "O2U4mwzJdQx996ivp83xuglII7PNDi84wnB-BDkoBwA78185hX-"
          "Es4JIwmDLJK3lfWRa-"
          "XtL0RnltuYv746iYTh_"
          "qHRD68BNt1uSNCrUCTJDt5aAE6x8wW1Kt9eRo4QPocSadnHXFx"
          "nt8Is9UzpERV0ePPQdLuW3IS_"
          "de3xyIrDaLGdjluPxUAhb6L2aXic1U12podGU0KLUQSE"
          "_oI-ZnmKJ3F4uOZDnd6QZWJushZ41Axf_"
          "fcIe8u9ipH84ogoree7vjbU5y18kDquDg"));
}

TEST(Hs256, MatchesRfc7520Section4_4) {
  const auto key =
      VerifyKey::Hs256(B64("hJtXIZ2uSN5kbQfbtTNWbpdmhkV8FJG-Onbc6mxCcYg"));
  ASSERT_TRUE(key);
  const std::string input =
      "eyJhbGciOiJIUzI1NiIsImtpZCI6IjAxOGMwYWU1LTRkOWItNDcxYi1iZmQ2LWVlZjMxNGJj"
      "NzAzNyJ9" +
      std::string(kHobbit);
  ExpectExactly(*key, input,
                B64("s0h6KThzkfBBBkLspW1h84VsJZFTsPPqMDA7g1Md7p0"));
}

TEST(VerifyKey, IsSharedByThreads) {
  const VerifyKey key = Rfc7515EcKey();
  const std::string input = SigningInput(kEcHeader);
  const Bytes signature = B64(kEcSignature);
  std::vector<std::thread> threads;
  std::atomic<int> good = 0;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < 50; ++n) {
        good += key.Verify(AsBytes(input), signature) ? 1 : 0;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(good, 200);
}

TEST(VerifyKey, RefusesWeakAndMisshapenKeys) {
  EXPECT_FALSE(VerifyKey::Hs256(Bytes(31, 1)));
  EXPECT_TRUE(VerifyKey::Hs256(Bytes(32, 1)));
  EXPECT_FALSE(VerifyKey::Ed25519(Bytes(31, 1)));
  EXPECT_FALSE(VerifyKey::Ed25519(Bytes(33, 1)));
  const auto rsa = [](size_t size, const Bytes& exponent) {
    return VerifyKey::Rsa(SignatureAlgorithm::kPs256, Bytes(size, 0xc1),
                          exponent)
        .has_value();
  };
  const Bytes f4 = {1, 0, 1};
  EXPECT_TRUE(rsa(256, f4));
  EXPECT_FALSE(rsa(255, f4));
  EXPECT_FALSE(rsa(1025, f4));  // a larger key costs more than a request may
  EXPECT_FALSE(rsa(256, {1}));  // signs nothing
  EXPECT_FALSE(rsa(256, {2}));
  EXPECT_FALSE(rsa(256, {}));
  EXPECT_FALSE(rsa(256, Bytes(9, 1)));
  EXPECT_FALSE(VerifyKey::Rsa(SignatureAlgorithm::kPs256, Bytes(256, 0xc0), f4))
      << "an even modulus";
}

}  // namespace
}  // namespace usher::crypto
