// Several shops at one edge, and keys that come and go while viewers watch.
#include <gtest/gtest.h>

#include <filesystem>
#include <optional>
#include <string>

#include "core/ticket/signer.h"
#include "tests/system/nginx.h"
#include "tests/system/viewer.h"

namespace usher::testing {
namespace {

namespace fs = std::filesystem;
using crypto::SigningKey;

constexpr std::string_view kEdge =
    "server { listen $port1; location / { usher on; root $prefix/none; } }";

// A shop with one key of its own.
class Shop {
 public:
  explicit Shop(std::string kid)
      : kid_(std::move(kid)),
        key_(SigningKey::Generate(crypto::SignatureAlgorithm::kEs256).value()) {
  }

  // For an edge's key set; `more` are members besides, such as "iss".
  std::string Jwk(const std::string& more = {}) const {
    std::string jwk = key_.PublicJwk(kid_).value();
    if (!more.empty()) jwk.insert(jwk.rfind('}'), "," + more);
    return jwk;
  }
  std::string Ticket(std::string issuer = {}) const {
    ticket::Claims claims = BoxOffice::The().Claims("film");
    claims.issuer = std::move(issuer);
    return ticket::Sign(claims, kid_, key_).value();
  }

 private:
  std::string kid_;
  SigningKey key_;
};

class IssuersTest : public ::testing::Test {
 protected:
  void SetKeys(const std::string& jwks) {
    ++changes_;
    nginx_.Write("jwks.new", "{\"keys\":[" + jwks + "]}");
    fs::rename(nginx_.prefix() / "jwks.new", nginx_.prefix() / "jwks.json");
  }
  // In every worker.
  void ChangeKeys(const std::string& jwks) {
    SetKeys(jwks);
    ASSERT_TRUE(WaitUntil([&] {
      return CountOf(nginx_.ErrorLog(), "jwks.json was re-read") ==
             2 * (changes_ - 1);
    }));
  }
  Answer Show(const std::string& ticket) const {
    return Get(nginx_.port(), "/film/x?ticket=" + ticket);
  }
  std::string Open(const std::string& ticket) const {
    return Show(ticket).Header("Location");
  }
  // 404: admitted, to a file that is not there.
  int Use(const std::string& location) const {
    return Get(nginx_.port(), location).status;
  }

  Nginx nginx_;
  size_t changes_ = 0;
  const Shop alpha_{"alpha-1"};
  const Shop beta_{"beta-1"};
};

TEST_F(IssuersTest, ShopsSellSideBySide) {
  SetKeys(alpha_.Jwk() + "," + beta_.Jwk());
  nginx_.Start(kEdge);
  EXPECT_EQ(Use(Open(alpha_.Ticket("alpha"))), 404);
  EXPECT_EQ(Use(Open(beta_.Ticket("beta"))), 404);
}

TEST_F(IssuersTest, AKeyThatIsPinnedSignsForNoOtherShop) {
  SetKeys(alpha_.Jwk(R"("iss":"alpha")") + "," +
          beta_.Jwk(R"("iss":["beta","beta-vip"])"));
  nginx_.Start(kEdge);
  EXPECT_EQ(Show(alpha_.Ticket("alpha")).status, 302);
  EXPECT_EQ(Show(beta_.Ticket("beta-vip")).status, 302);
  for (const std::string& forged :
       {alpha_.Ticket("beta"), alpha_.Ticket(), beta_.Ticket("alpha")}) {
    EXPECT_EQ(Show(forged).Code(), "ticket_invalid");
  }
}

TEST_F(IssuersTest, RotationWithAnOverlapCutsNobody) {
  const Shop next("alpha-2");
  SetKeys(alpha_.Jwk());
  nginx_.Start(kEdge);
  const std::string watching = Open(alpha_.Ticket());
  ChangeKeys(alpha_.Jwk() + "," + next.Jwk());
  EXPECT_EQ(Use(watching), 404);
  EXPECT_EQ(Use(Open(alpha_.Ticket())), 404) << "sold before, shown later";
  EXPECT_EQ(Use(Open(next.Ticket())), 404);
}

TEST_F(IssuersTest, AKeyThatIsTakenOutEndsItsTicketsAndTheirSessions) {
  SetKeys(alpha_.Jwk() + "," + beta_.Jwk());
  nginx_.Start(kEdge);
  const std::string ticket = alpha_.Ticket();
  const std::string gone = Open(ticket);
  const std::string stays = Open(beta_.Ticket());
  ASSERT_EQ(Use(gone), 404);
  ChangeKeys(beta_.Jwk());
  const Answer refused = Get(nginx_.port(), gone);
  EXPECT_EQ(refused.status, 403);
  EXPECT_EQ(refused.Code(), "session_revoked");
  EXPECT_EQ(Show(ticket).Code(), "ticket_invalid");
  EXPECT_EQ(Get(nginx_.port(), gone + "?ticket=" + ticket).Code(),
            "ticket_invalid");
  EXPECT_EQ(Use(stays), 404);
  nginx_.Reload();
  EXPECT_EQ(Get(nginx_.port(), gone).Code(), "session_revoked");
  ChangeKeys(alpha_.Jwk() + "," + beta_.Jwk());
  EXPECT_EQ(Use(gone), 404) << "put back: it was taken out by mistake";
}

TEST_F(IssuersTest, AKeyUnderANewNameKeepsItsSessions) {
  SetKeys(alpha_.Jwk());
  nginx_.Start(kEdge);
  const std::string watching = Open(alpha_.Ticket());
  std::string renamed = alpha_.Jwk();
  renamed.replace(renamed.find("alpha-1"), 7, "omega-1");
  ChangeKeys(renamed);
  EXPECT_EQ(Use(watching), 404);
}

}  // namespace
}  // namespace usher::testing
