#include "core/ticket/revocation_list.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "core/base/base64url.h"
#include "core/ticket/signer.h"
#include "core/ticket/verifier.h"

namespace usher::ticket {
namespace {

using nlohmann::json;

class RevocationListTest : public ::testing::Test {
 protected:
  static crypto::SigningKey NewKey() {
    return *crypto::SigningKey::Generate(crypto::SignatureAlgorithm::kEdDsa);
  }
  static KeySet KeysOf(const crypto::SigningKey& key) {
    return *KeySet::Parse("{\"keys\":[" + *key.PublicJwk("fleet") + "]}", "k");
  }
  static RevocationList Some() {
    RevocationList list;
    list.sequence = 7;
    list.revocations = {
        {Revocation::Kind::kTicket, {1, 2, 3, 4, 5, 6, 7, 8}, 100},
        {Revocation::Kind::kSession, {8, 7, 6, 5, 4, 3, 2, 1}, 0},
        {Revocation::Kind::kKey, {9, 9, 9, 9}, 4294967295}};
    return list;
  }
  std::string Signed(const json& header, const json& payload) const {
    std::string text = ToBase64Url(AsBytes(header.dump())) + "." +
                       ToBase64Url(AsBytes(payload.dump()));
    return text + "." + ToBase64Url(key_.Sign(AsBytes(text)));
  }
  std::string Verdict(const std::string& text) const {
    const auto list = VerifyList(text, keys_);
    return list ? "good" : list.error();
  }

  const crypto::SigningKey key_ = NewKey();
  const KeySet keys_ = KeysOf(key_);
  const json header_ = {
      {"alg", "EdDSA"}, {"kid", "fleet"}, {"typ", "usher-revocations"}};
};

TEST_F(RevocationListTest, WhatIsSignedIsRead) {
  const auto text = SignList(Some(), "fleet", key_);
  ASSERT_TRUE(text);
  const auto list = VerifyList(*text + "\n", keys_);
  ASSERT_TRUE(list) << list.error();
  EXPECT_EQ(list->sequence, 7u);
  EXPECT_EQ(list->revocations, Some().revocations);
}

TEST_F(RevocationListTest, EveryChangedCharacterIsNoticed) {
  const std::string text = *SignList(Some(), "fleet", key_);
  for (size_t i = 0; i < text.size(); ++i) {
    std::string changed = text;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    EXPECT_NE(Verdict(changed), "good") << i;
  }
  EXPECT_NE(Verdict(text.substr(0, text.size() - 1)), "good");
  EXPECT_NE(Verdict(""), "good");
}

TEST_F(RevocationListTest, AnotherKeysListIsRefused) {
  EXPECT_EQ(Verdict(*SignList(Some(), "fleet", NewKey())), "bad signature");
  EXPECT_EQ(Verdict(*SignList(Some(), "other", key_)), "unknown kid");
}

TEST_F(RevocationListTest, ATicketIsNoListAndAListIsNoTicket) {
  Claims claims;
  claims.subject = "order";
  claims.events = {"film"};
  claims.expires = 4'000'000'000;
  EXPECT_NE(Verdict(*Sign(claims, "fleet", key_)), "good");
  EXPECT_FALSE(Verify(*SignList(Some(), "fleet", key_), keys_, "film", {}, 0));
  json untyped = header_;
  untyped.erase("typ");
  EXPECT_NE(Verdict(Signed(untyped, {{"sequence", 1}, {"revocations", {}}})),
            "good");
}

TEST_F(RevocationListTest, WhatCannotBeCarriedOutRefusesTheWholeList) {
  const json good = {{"ticket", "0102030405060708"}, {"until", 5}};
  const auto list = [&](const json& entries) {
    return Verdict(
        Signed(header_, {{"sequence", 1}, {"revocations", entries}}));
  };
  EXPECT_EQ(list(json::array({good})), "good");
  EXPECT_EQ(list(json::array()), "good");
  for (const json& bad : std::initializer_list<json>{
           {{"ticket", "01"}, {"until", 5}},
           {{"ticket", 1}, {"until", 5}},
           {{"ticket", "zz02030405060708"}, {"until", 5}},
           {{"key", "0102030405060708"}, {"until", 5}},
           {{"country", "de"}, {"until", 5}},
           {{"ticket", "0102030405060708"}},
           {{"ticket", "0102030405060708"}, {"until", -5}},
           {{"ticket", "0102030405060708"}, {"until", 5}, {"only", "film"}},
           "text"}) {
    EXPECT_NE(list(json::array({good, bad})), "good") << bad;
  }
  EXPECT_NE(list("text"), "good");
  EXPECT_NE(Verdict(Signed(header_, {{"revocations", json::array()}})), "good");
}

}  // namespace
}  // namespace usher::ticket
