#include "ngx_module/engine/admission.h"

#include "tests/ngx_module/engine/engine_fixture.h"

namespace usher::engine {
namespace {

using Outcome = Decision::Outcome;

class AdmissionTest : public AdmissionFixture {
 protected:
  Request Asking(std::string_view path) const { return {.path = path}; }
  Request WithSession(std::string_view path, std::string_view event) {
    const Decision opened =
        Open(MakePolicy(), Ticket(event), event, {}, kNow, random_);
    credential_ = opened.credential;
    return {.path = path, .credential = credential_};
  }
  Request WithTicket(std::string_view path, std::string_view event) {
    authorization_ = "Bearer " + Ticket(event);
    Request request = {.path = path};
    request.carriers.authorization = authorization_;
    return request;
  }

  std::string credential_;
  std::string authorization_;
};

TEST_F(AdmissionTest, NothingShownIsATicketMissing) {
  const Decision decision = Decide(Asking("/film/x"));
  EXPECT_EQ(decision.outcome, Outcome::kRefuse);
  EXPECT_EQ(decision.denial, Denial::kTicketMissing);
}

TEST_F(AdmissionTest, ATicketOpensASessionThatIsAdmitted) {
  const Decision opened = Decide(WithTicket("/film/x", "film"));
  ASSERT_EQ(opened.outcome, Outcome::kOpen);
  EXPECT_EQ(opened.credential.size(), session::kCredentialSize);
  const Decision admitted =
      Decide({.path = "/film/y", .credential = opened.credential});
  EXPECT_EQ(admitted.outcome, Outcome::kAdmit);
  EXPECT_EQ(admitted.session.sid, opened.session.sid);
}

TEST_F(AdmissionTest, ASessionEndsWithItsTicket) {
  const Request request = WithSession("/film/x", "film");
  EXPECT_EQ(Decide(request, kNow + 599).outcome, Outcome::kAdmit);
  const Decision late = Decide(request, kNow + 3600);
  EXPECT_EQ(late.outcome, Outcome::kRefuse);
  EXPECT_EQ(late.denial, Denial::kSessionExpired);
}

TEST_F(AdmissionTest, ASessionIsForItsEventOnly) {
  for (const char* path : {"/other/x", "/film-2/x", "/", "/FILM/x", "/s"}) {
    const Decision decision = Decide(WithSession(path, "film"));
    EXPECT_EQ(decision.outcome, Outcome::kRefuse) << path;
    EXPECT_EQ(decision.denial, Denial::kSessionInvalid) << path;
  }
}

TEST_F(AdmissionTest, ATicketWithoutAnEventInThePathIsOutOfScope) {
  EXPECT_EQ(Decide(WithTicket("/", "film")).denial, Denial::kTicketScope);
  EXPECT_EQ(Decide(WithTicket("/other/x", "film")).denial,
            Denial::kTicketScope);
}

TEST_F(AdmissionTest, ASessionEndsWithTheKeyOfItsTicket) {
  const Request request = WithSession("/film/x", "film");
  EXPECT_EQ(Decide(request).outcome, Outcome::kAdmit);
  key_ = MakeKey();
  keys_ = *ticket::KeySet::Parse(Jwks(), "jwks");
  EXPECT_EQ(Decide(request).denial, Denial::kSessionRevoked);
}

TEST_F(AdmissionTest, OpenedToAllASessionHasNoKeyAndIsAdmitted) {
  const Decision opened = OpenToAll(MakePolicy(), "film", kNow, random_);
  EXPECT_EQ(
      Decide({.path = "/film/x", .credential = opened.credential}).outcome,
      Outcome::kAdmit);
}

TEST_F(AdmissionTest, AGoodSessionBeatsABadTicket) {
  Request request = WithSession("/film/x", "film");
  request.carriers.authorization = "Bearer junk";
  EXPECT_EQ(Decide(request).outcome, Outcome::kAdmit);
}

TEST_F(AdmissionTest, AGoodTicketReopensABadSession) {
  Request request = WithTicket("/film/x", "film");
  request.credential = "junk";
  EXPECT_EQ(Decide(request).outcome, Outcome::kOpen);
}

class CountryTest : public AdmissionFixture {
 protected:
  // A ticket for Germany and Austria, shown from `country`.
  Decision OpenIn(std::string_view country) {
    ticket::Claims claims;
    claims.subject = "order-1";
    claims.events = {"film"};
    claims.expires = kNow + 600;
    claims.countries = {"DE", "AT"};
    return Open(policy_, *ticket::Sign(claims, "k", key_), "film",
                {.country = country}, kNow, random_);
  }
  Outcome UseIn(const Decision& opened, std::string_view country) {
    const Request request = {.path = "/film/x",
                             .credential = opened.credential,
                             .viewer = {.country = country}};
    EXPECT_EQ(DecideAtOnce(request).has_value(),
              opened.session.binding.flags == 0);
    return Admit(policy_, request, kNow, random_).outcome;
  }

  Policy policy_ = MakePolicy();
};

TEST_F(CountryTest, ATicketOpensInItsCountriesOnly) {
  EXPECT_EQ(OpenIn("DE").outcome, Outcome::kOpen);
  EXPECT_EQ(OpenIn("at").outcome, Outcome::kOpen);
  EXPECT_EQ(OpenIn("FR").denial, Denial::kCountryRefused);
  EXPECT_EQ(OpenIn("").denial, Denial::kCountryRefused);
}

TEST_F(CountryTest, ASessionStaysWhereItWasOpened) {
  const Decision opened = OpenIn("DE");
  EXPECT_EQ(UseIn(opened, "DE"), Outcome::kAdmit);
  EXPECT_EQ(UseIn(opened, "FR"), Outcome::kRefuse);
  EXPECT_EQ(UseIn(opened, "AT"), Outcome::kRefuse) << "its ticket reopens";
  EXPECT_EQ(UseIn(opened, ""), Outcome::kRefuse);
}

TEST_F(CountryTest, AskedOnceASessionMayTravel) {
  policy_.binds_to_country = false;
  EXPECT_EQ(OpenIn("FR").denial, Denial::kCountryRefused);
  const Decision opened = OpenIn("DE");
  EXPECT_EQ(UseIn(opened, "FR"), Outcome::kAdmit);
  EXPECT_EQ(UseIn(opened, ""), Outcome::kAdmit);
}

TEST_F(CountryTest, ATicketWithoutCountriesBindsNothing) {
  const Decision opened =
      Open(policy_, Ticket("film"), "film", {.country = "DE"}, kNow, random_);
  EXPECT_EQ(UseIn(opened, "FR"), Outcome::kAdmit);
}

TEST_F(AdmissionTest, WhichMethodsPassDependsOnTheResource) {
  const auto outcome = [&](Method method, std::string_view path) {
    Request request = WithSession(path, "film");
    request.method = method;
    const Decision decision = Decide(request);
    return decision.outcome == Outcome::kRefuse
               ? std::string(CodeOf(decision.denial))
               : std::string(decision.outcome == Outcome::kAdmit ? "admit"
                                                                 : "preflight");
  };
  const struct {
    Method method;
    const char* at_segment;
    const char* at_licence;
  } cases[] = {{Method::kGet, "admit", "admit"},
               {Method::kHead, "admit", "admit"},
               {Method::kOptions, "preflight", "preflight"},
               {Method::kPost, "method_not_allowed", "admit"},
               {Method::kDelete, "method_not_allowed", "method_not_allowed"},
               {Method::kOther, "method_not_allowed", "method_not_allowed"}};
  for (const auto& each : cases) {
    EXPECT_EQ(outcome(each.method, "/film/v/1.m4s"), each.at_segment);
    EXPECT_EQ(outcome(each.method, "/film/key/"), each.at_licence);
  }
}

TEST_F(AdmissionTest, ACredentialIsCheckedForTheEventItNames) {
  WithSession("/film/x", "film");
  EXPECT_TRUE(CheckAnyEvent(secrets_, credential_, kNow));
  credential_.back() = credential_.back() == 'A' ? 'B' : 'A';
  for (const std::string& bad : {credential_, std::string(),
                                 std::string("junk"), std::string(80, 'A')}) {
    EXPECT_FALSE(CheckAnyEvent(secrets_, bad, kNow));
  }
}

TEST_F(AdmissionTest, WithoutAnActiveSecretNobodyGetsIn) {
  session::Secrets later = *session::Secrets::Parse(
      "1:" + std::string(64, 'a') + " from=4000000000", "secrets");
  const Policy policy = {.sources = sources_,
                         .issuer = {},
                         .audience = {},
                         .lifetime_seconds = 3600,
                         .keys = keys_,
                         .secrets = later};
  EXPECT_EQ(Open(policy, Ticket("film"), "film", {}, kNow, random_).outcome,
            Outcome::kRefuse);
}

}  // namespace
}  // namespace usher::engine
