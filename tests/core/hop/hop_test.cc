#include "core/hop/hop.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "tests/fakes/fixed_random.h"

namespace usher::hop {
namespace {

constexpr uint32_t kNow = 1'800'000'000;

Secrets Of(const std::string& text) {
  return Secrets::Parse(text, "hops").value();
}
std::string Line(int id, char digit, const std::string& more = {}) {
  return std::to_string(id) + ":" + std::string(64, digit) + more + "\n";
}
Message Segment() {
  return {.method = "GET", .host = "video", .path = "/fight/v720/7.m4s"};
}

class HopTest : public ::testing::Test {
 protected:
  std::string Sign(const Message& message, uint32_t now = kNow) {
    return box_.Sign(message, now, random_).value();
  }
  // kInvalid and so on; nothing where the header is good.
  std::optional<Refusal> Refused(std::string_view header,
                                 const Message& message = Segment(),
                                 uint32_t now = kNow) {
    const auto hop = origin_.Check(header, message, now);
    if (hop) return std::nullopt;
    return hop.error();
  }

  usher::testing::FixedRandom random_;
  Secrets box_ = Of(Line(7, 'a'));
  Secrets origin_ = Of(Line(3, 'c') + Line(7, 'a'));
};

TEST_F(HopTest, WhatABoxSignsAnotherAccepts) {
  const std::string header = Sign(Segment());
  EXPECT_EQ(header.size(), kRecordCharacters);
  const auto hop = origin_.Check(header, Segment(), kNow);
  ASSERT_TRUE(hop);
  EXPECT_EQ(hop->stamp.box, 7);
  EXPECT_EQ(hop->stamp.time, kNow);
  EXPECT_EQ(hop->stamp.nonce[0], 1);
  EXPECT_TRUE(hop->credential.empty());
  EXPECT_FALSE(hop->body);
}

TEST_F(HopTest, ItIsGoodForThatRequestOnly) {
  const std::string header = Sign(Segment());
  const std::vector<std::function<void(Message&)>> changes = {
      [](Message& m) { m.method = "HEAD"; },
      [](Message& m) { m.host = "other"; },
      [](Message& m) { m.path = "/fight/v720/8.m4s"; },
      [](Message& m) { m.args = "_HLS_msn=1"; },
  };
  for (size_t i = 0; i < changes.size(); ++i) {
    Message message = Segment();
    changes[i](message);
    EXPECT_EQ(Refused(header, message), Refusal::kInvalid) << i;
  }
}

TEST_F(HopTest, EveryBitOfItCounts) {
  const std::string header = Sign(Segment());
  for (size_t i = 0; i < header.size(); ++i) {
    std::string changed = header;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    EXPECT_EQ(Refused(changed), Refusal::kInvalid) << i;
  }
}

TEST_F(HopTest, TheSessionAndTheBodyCannotBeExchanged) {
  Message post = Segment();
  post.credential = "viewer";
  post.body.emplace().fill(9);
  const std::string header = Sign(post);
  const auto hop = origin_.Check(header, Segment(), kNow);
  ASSERT_TRUE(hop);
  EXPECT_EQ(hop->credential, "viewer");
  EXPECT_EQ(hop->body, post.body);

  const size_t first = header.find('.');
  const size_t second = header.rfind('.');
  EXPECT_EQ(Refused(header.substr(0, first)), Refusal::kInvalid);
  EXPECT_EQ(Refused(header.substr(0, second)), Refusal::kInvalid);
  EXPECT_EQ(Refused(header.substr(0, first) + ".other" + header.substr(second)),
            Refusal::kInvalid);
  EXPECT_EQ(Refused(header.substr(0, first) + header.substr(second)),
            Refusal::kInvalid);
}

TEST_F(HopTest, ABodyNeedsNoSession) {
  Message post = Segment();
  post.body.emplace().fill(9);
  const auto header = Sign(post);
  const auto hop = origin_.Check(header, Segment(), kNow);
  ASSERT_TRUE(hop);
  EXPECT_TRUE(hop->credential.empty());
  EXPECT_EQ(hop->body, post.body);
}

TEST_F(HopTest, ARemovedBoxIsUnknown) {
  Secrets without = Of(Line(3, 'c'));
  EXPECT_EQ(without.Check(Sign(Segment()), Segment(), kNow).error(),
            Refusal::kInvalid);
  Secrets other_secret = Of(Line(7, 'b'));
  EXPECT_EQ(other_secret.Check(Sign(Segment()), Segment(), kNow).error(),
            Refusal::kInvalid);
}

TEST_F(HopTest, ItsTimeIsAWindowOfThirtySecondsEitherWay) {
  const std::string header = Sign(Segment());
  for (const uint32_t now : {kNow - 30, kNow, kNow + 30}) {
    EXPECT_FALSE(Refused(header, Segment(), now)) << now;
  }
  for (const uint32_t now : {kNow - 31, kNow + 31, 0u, UINT32_MAX}) {
    EXPECT_EQ(Refused(header, Segment(), now), Refusal::kExpired) << now;
  }
}

TEST_F(HopTest, TheNewestSecretInForceSigns) {
  Secrets secrets = Of(Line(1, 'a') + Line(2, 'b') +
                       Line(3, 'c', " from=" + std::to_string(kNow + 5)));
  EXPECT_EQ(secrets.SigningBox(kNow), 2);
  EXPECT_EQ(secrets.SigningBox(kNow + 5), 3);
  Secrets later = Of(Line(1, 'a', " from=" + std::to_string(kNow + 5)));
  EXPECT_FALSE(later.SigningBox(kNow));
  EXPECT_FALSE(later.Sign(Segment(), kNow, random_));
}

TEST_F(HopTest, IdsGoTo65535) {
  EXPECT_TRUE(Secrets::Parse(Line(65535, 'a'), "hops"));
  const auto refused = Secrets::Parse(Line(65536, 'a'), "hops");
  ASSERT_FALSE(refused);
  EXPECT_TRUE(refused.error().OneLine().contains("0 to 65535"));
}

TEST_F(HopTest, NothingAndRubbishAreToldApart) {
  EXPECT_EQ(Refused(""), Refusal::kMissing);
  for (const std::string& header :
       {std::string("."), std::string("abc"), std::string(48, 'A'),
        std::string(48, '!'), std::string(600, 'A'), Sign(Segment()) + "x",
        Sign(Segment()) + "..AAAA", Sign(Segment()) + "...."}) {
    EXPECT_EQ(Refused(header), Refusal::kInvalid) << header;
  }
}

TEST_F(HopTest, EachRefusalHasItsCode) {
  EXPECT_EQ(CodeOf(Refusal::kMissing), "hop_missing");
  EXPECT_EQ(CodeOf(Refusal::kLoop), "loop_detected");
  EXPECT_EQ(HttpStatusOf(Refusal::kReplayed), 403);
  EXPECT_EQ(HttpStatusOf(Refusal::kLoop), 508);
  EXPECT_FALSE(SentenceOf(Refusal::kExpired).empty());
}

}  // namespace
}  // namespace usher::hop
