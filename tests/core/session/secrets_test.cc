#include <gtest/gtest.h>

#include "core/base/base64url.h"
#include "core/session/credential.h"

namespace usher::session {
namespace {

const std::string kA(64, 'a');
const std::string kB(64, 'b');
const std::string kC(64, 'c');

Result<Secrets> Parse(const std::string& text) {
  return Secrets::Parse(text, "secrets");
}

Session AnySession() {
  Session session;
  session.expires = UINT32_MAX;
  return session;
}

// The id that `secrets` sign with at `now`; -1 where with none.
int SigningId(Secrets& secrets, uint32_t now) {
  const auto credential = secrets.Sign(AnySession(), now);
  return credential ? FromBase64Url(*credential).value()[1] : -1;
}

TEST(Secrets, ReadsLinesCommentsAndBlanks) {
  for (const std::string& text :
       {"1:" + kA, "1:" + kA + "\n", "\n\n# fleet\n  1:" + kA + "  \n#x",
        "1:" + kA + "\r\n2:" + kB + " from=1800000000\r\n",
        "1:" + kA + "\tfrom=0", "255:" + kA, "0:" + kA + kA}) {
    const auto secrets = Parse(text);
    EXPECT_TRUE(secrets) << secrets.error().OneLine();
  }
}

struct Mistake {
  std::string text;
  const char* place;
  const char* complaint;
};

TEST(Secrets, NamesLineFaultAndRemedyOfEachMistake) {
  const Mistake mistakes[] = {
      {"", "secrets: ", "has no secret"},
      {"# only this\n\n", "secrets: ", "has no secret"},
      {"1:" + kA + "\n\nnonsense", "secrets:3: ", "no colon"},
      {kA, "secrets:1: ", "no colon"},
      {":" + kA, "secrets:1: ", "0 to 255"},
      {"256:" + kA, "secrets:1: ", "0 to 255"},
      {"-1:" + kA, "secrets:1: ", "0 to 255"},
      {"+1:" + kA, "secrets:1: ", "0 to 255"},
      {"one:" + kA, "secrets:1: ", "0 to 255"},
      {"1 :" + kA, "secrets:1: ", "0 to 255"},
      {"1:", "secrets:1: ", "shorter than 32 bytes"},
      {"1:" + kA.substr(2), "secrets:1: ", "shorter than 32 bytes"},
      {"1:" + kA + "a", "secrets:1: ", "not hexadecimal"},
      {"1:" + kA + "zz", "secrets:1: ", "not hexadecimal"},
      {"1: " + kA, "secrets:1: ", "shorter than 32 bytes"},
      {"1:" + kA + " until=5", "secrets:1: ", "from=UNIXTIME"},
      {"1:" + kA + " from=", "secrets:1: ", "from=UNIXTIME"},
      {"1:" + kA + " from=-5", "secrets:1: ", "from=UNIXTIME"},
      {"1:" + kA + " from=5 x", "secrets:1: ", "from=UNIXTIME"},
      {"1:" + kA + " from=99999999999999999999",
       "secrets:1: ", "from=UNIXTIME"},
      {"1:" + kA + "\n1:" + kB, "secrets:2: ", "used by an earlier line"},
      {std::string((1 << 20) + 1, '\n'), "secrets: ", "larger than 1 MiB"},
  };
  for (const Mistake& mistake : mistakes) {
    const auto secrets = Parse(mistake.text);
    ASSERT_FALSE(secrets) << mistake.text.substr(0, 200);
    const std::string line = secrets.error().OneLine();
    EXPECT_TRUE(line.starts_with(mistake.place)) << line;
    EXPECT_NE(line.find(mistake.complaint), std::string::npos) << line;
  }
}

TEST(Secrets, NeverQuotesASecret) {
  for (const std::string& text :
       {std::string("1:deadbeef"), std::string("1:deadbeefzz"),
        std::string("deadbeef"), "1:" + kA + " deadbeef"}) {
    EXPECT_EQ(Parse(text).error().OneLine().find("deadbeef"),
              std::string::npos);
  }
}

TEST(Secrets, SignWithTheNewestWhoseTimeHasCome) {
  auto secrets = Parse("3:" + kC + " from=3000\n1:" + kA +
                       " from=1000\n2:" + kB + " from=2000\n");
  ASSERT_TRUE(secrets);
  EXPECT_EQ(SigningId(*secrets, 999), -1);
  EXPECT_EQ(SigningId(*secrets, 1000), 1);
  EXPECT_EQ(SigningId(*secrets, 1999), 1);
  EXPECT_EQ(SigningId(*secrets, 2000), 2);
  EXPECT_EQ(SigningId(*secrets, 3000), 3);
  EXPECT_EQ(SigningId(*secrets, UINT32_MAX), 3);
}

TEST(Secrets, SignWithTheLastLineWhereNoneHasATime) {
  auto secrets = Parse("9:" + kA + "\n1:" + kB + "\n");
  ASSERT_TRUE(secrets);
  EXPECT_EQ(SigningId(*secrets, 0), 1);
}

TEST(Secrets, RotateWithoutCuttingAnyone) {
  auto before = Parse("1:" + kA + "\n");
  auto during = Parse("1:" + kA + "\n2:" + kB + " from=2000\n");
  auto after = Parse("2:" + kB + " from=2000\n");
  ASSERT_TRUE(before && during && after);
  const ShortHash event{};
  const std::string old_one = before->Sign(AnySession(), 1000).value();
  const std::string new_one = during->Sign(AnySession(), 2000).value();
  // Boxes get the new file at different times; each accepts both meanwhile.
  EXPECT_TRUE(during->Check(old_one, event, 2500));
  EXPECT_TRUE(during->Check(new_one, event, 2500));
  EXPECT_TRUE(during->Check(new_one, event, 1500));
  EXPECT_TRUE(after->Check(new_one, event, 2500));
  EXPECT_FALSE(after->Check(old_one, event, 2500));
  EXPECT_FALSE(before->Check(new_one, event, 2500));
}

}  // namespace
}  // namespace usher::session
