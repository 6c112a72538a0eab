// OpenSSL's command line as an independent oracle: it reads our PEM, verifies
// our signatures and makes some for us to verify.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "core/base/base64url.h"
#include "core/crypto/signature.h"
#include "tests/support/run_process.h"
#include "tests/support/temp_dir.h"

namespace usher::crypto {
namespace {

using ::usher::testing::ReadFile;
using ::usher::testing::RunProcess;
using ::usher::testing::TempDir;
using ::usher::testing::WriteFile;

constexpr std::string_view kMessage = "what is signed";

class OpensslRsa : public ::testing::TestWithParam<SignatureAlgorithm> {
 protected:
  OpensslRsa() : key_(SigningKey::Generate(GetParam()).value()) {
    WriteFile(dir_ / "key.pem", AsText(key_.ToPem()->view()));
    WriteFile(dir_ / "message", kMessage);
    const auto made = RunProcess({"openssl", "pkey", "-in", File("key.pem"),
                                  "-pubout", "-out", File("public.pem")});
    EXPECT_EQ(made.exit_code, 0) << made.err;
  }

  std::string File(const char* name) const { return dir_ / name; }
  std::vector<std::string> Padding() const {
    if (GetParam() == SignatureAlgorithm::kRs256) return {};
    return {"-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:32"};
  }
  VerifyKey PublicHalf() const {
    const auto jwk = nlohmann::json::parse(key_.PublicJwk("k").value());
    return VerifyKey::Rsa(GetParam(),
                          FromBase64Url(jwk["n"].get<std::string>()).value(),
                          FromBase64Url(jwk["e"].get<std::string>()).value())
        .value();
  }

  TempDir dir_;
  SigningKey key_;
};

TEST_P(OpensslRsa, VerifiesOurSignatures) {
  WriteFile(dir_ / "signature", AsText(key_.Sign(AsBytes(kMessage))));
  std::vector<std::string> command = {
      "openssl",          "dgst",       "-sha256",        "-verify",
      File("public.pem"), "-signature", File("signature")};
  for (const std::string& option : Padding()) command.push_back(option);
  command.push_back(File("message"));
  const auto verified = RunProcess(command);
  EXPECT_EQ(verified.exit_code, 0) << verified.out << verified.err;
}

TEST_P(OpensslRsa, SignsWhatWeVerify) {
  std::vector<std::string> command = {
      "openssl",       "dgst", "-sha256",        "-sign",
      File("key.pem"), "-out", File("signature")};
  for (const std::string& option : Padding()) command.push_back(option);
  command.push_back(File("message"));
  const auto made = RunProcess(command);
  ASSERT_EQ(made.exit_code, 0) << made.err;
  const std::string signature = ReadFile(dir_ / "signature");
  EXPECT_TRUE(PublicHalf().Verify(AsBytes(kMessage), AsBytes(signature)));
}

TEST_P(OpensslRsa, SignsWithOtherPaddingWhatWeRefuse) {
  std::vector<std::string> command = {
      "openssl",       "dgst", "-sha256",        "-sign",
      File("key.pem"), "-out", File("signature")};
  if (GetParam() == SignatureAlgorithm::kRs256) {
    command.insert(command.end(), {"-sigopt", "rsa_padding_mode:pss"});
  }
  command.push_back(File("message"));
  ASSERT_EQ(RunProcess(command).exit_code, 0);
  const std::string signature = ReadFile(dir_ / "signature");
  EXPECT_FALSE(PublicHalf().Verify(AsBytes(kMessage), AsBytes(signature)));
}

INSTANTIATE_TEST_SUITE_P(Paddings, OpensslRsa,
                         ::testing::Values(SignatureAlgorithm::kRs256,
                                           SignatureAlgorithm::kPs256),
                         [](const auto& named) {
                           return std::string(JoseName(named.param));
                         });

}  // namespace
}  // namespace usher::crypto
