// Forged, spliced, borrowed and worn-out sessions at a real edge.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core/base/base64url.h"
#include "tests/system/attack/stage.h"

namespace usher::testing {
namespace {

class SessionAttacks : public ::testing::Test {
 protected:
  void Add(std::string name, std::string_view credential,
           std::string_view code = "session_invalid", int status = 403) {
    attacks_.push_back(
        {.name = std::move(name),
         .target = "/s/" + std::string(credential) + std::string(kSegment),
         .status = status,
         .code = code});
  }
  std::string Credential(std::string_view event) const {
    return CredentialOf(stage_.Session(event) + "/");
  }

  Stage stage_;
  std::vector<Attack> attacks_;
};

TEST_F(SessionAttacks, EveryBitOfEveryByte) {
  const Bytes record = FromBase64Url(Credential("film")).value();
  ASSERT_EQ(record.size(), 60u);
  for (size_t byte = 0; byte < record.size(); ++byte) {
    for (int bit = 0; bit < 8; ++bit) {
      Bytes bent = record;
      bent[byte] ^= static_cast<uint8_t>(1 << bit);
      Add("byte " + std::to_string(byte) + " bit " + std::to_string(bit),
          ToBase64Url(bent));
    }
  }
  stage_.Withstands(attacks_);
}

TEST_F(SessionAttacks, TwoCredentialsSpliced) {
  // The attacker's own, good for "own", and one of "film" they saw the outside
  // of: no mixture opens the film.
  const std::string own = Credential("own");
  const std::string film = Credential("film");
  for (size_t at = 1; at < own.size(); ++at) {
    Add("own until " + std::to_string(at), own.substr(0, at) + film.substr(at));
    if (own.substr(at) == film.substr(at)) continue;
    Add("film until " + std::to_string(at),
        film.substr(0, at) + own.substr(at));
  }
  // Where both begin alike a mixture may be the whole credential.
  std::erase_if(attacks_, [&](const Attack& attack) {
    return attack.target.contains(film);
  });
  ASSERT_GT(attacks_.size(), 100u);
  stage_.Withstands(attacks_);
}

TEST_F(SessionAttacks, OtherSpellings) {
  const std::string film = Credential("film");
  Add("shorter", film.substr(0, 79));
  Add("longer", film + "A");
  Add("padded", film + "=");
  Add("twice", film + film);
  Add("half", film.substr(0, 40));
  Add("one character", "A");
  Add("capitals", [&] {
    std::string text = film;
    for (char& c : text) c = static_cast<char>(std::toupper(c));
    return text;
  }());
  Add("all zero", std::string(80, 'A'));
  Add("all ones", std::string(80, '_'));
  Add("very long", std::string(2000, 'A'));
  Add("a ticket", BoxOffice::The().Ticket("film"));
  Add("a word", "session");
  stage_.Withstands(attacks_);
}

TEST_F(SessionAttacks, ASessionOfAnotherEvent) {
  Add("own", Credential("own"));
  Add("look-alike", Credential("film-2"));
  Add("prefix", Credential("fil"));
  stage_.Withstands(attacks_);
}

TEST_F(SessionAttacks, ASessionIsNoTicket) {
  const std::string film = Credential("film");
  const std::string segment(kSegment);
  const std::vector<Attack> attacks = {
      {"argument", segment + "?ticket=" + film, 403, "ticket_invalid"},
      {"bearer",
       segment,
       403,
       "ticket_invalid",
       "GET",
       {"Authorization: Bearer " + film}},
      {"cookie",
       segment,
       403,
       "ticket_invalid",
       "GET",
       {"Cookie: ticket=" + film}},
      {"argument s", segment + "?s=" + film, 401, "ticket_missing"},
      {"in the middle of the path", "/film/s/" + film + "/v720/1.m4s", 400,
       "bad_request"},
      {"behind the path", segment + "/s/" + film, 400, "bad_request"},
      {"as the event", "/" + film + "/v720/1.m4s", 400, "bad_request"}};
  stage_.Withstands(attacks);
}

TEST_F(SessionAttacks, AnEvictedSessionStaysOutside) {
  // One seat: the second session takes it, and the first is over for good.
  ticket::Claims claims = BoxOffice::The().Claims("film");
  const std::string ticket = BoxOffice::The().Ticket(claims);
  const std::string first = LedTo(stage_.port(), kSegment, ticket);
  ASSERT_EQ(Get(stage_.port(), first).status, 200);
  const std::string second = LedTo(stage_.port(), kSegment, ticket);
  ASSERT_EQ(Get(stage_.port(), second).status, 200);
  const std::string credential = CredentialOf(first);
  for (const char* path :
       {"/film/v720/1.m4s", "/film/master.m3u8", "/film/v720/init.mp4"}) {
    attacks_.push_back({.name = path,
                        .target = "/s/" + credential + path,
                        .status = 403,
                        .code = "session_evicted"});
  }
  attacks_.push_back({.name = "key",
                      .target = "/s/" + credential + stage_.KeyPath(),
                      .status = 403,
                      .code = "session_evicted"});
  stage_.Withstands(attacks_);
}

TEST_F(SessionAttacks, AnInvalidSessionWithAGoodTicketReopens) {
  // Which is no attack: design says so, and nothing leaks in the 302.
  const std::string target = "/s/junk" + std::string(kSegment) +
                             "?ticket=" + BoxOffice::The().Ticket("film");
  const Answer answer = Get(stage_.port(), target);
  EXPECT_EQ(answer.status, 302);
  EXPECT_FALSE(stage_.IsGivenAway(answer.body));
}

}  // namespace
}  // namespace usher::testing
