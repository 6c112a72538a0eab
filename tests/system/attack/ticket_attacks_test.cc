// Forged, bent and borrowed tickets (RFC 8725 section 2) at a real edge.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core/base/base64url.h"
#include "core/base/hex.h"
#include "core/crypto/digest.h"
#include "tests/system/attack/forger.h"
#include "tests/system/attack/stage.h"

namespace usher::testing {
namespace {

class TicketAttacks : public ::testing::Test {
 protected:
  explicit TicketAttacks(Forger::Keys keys = Forger::Keys::kQuick)
      : forger_(keys), stage_(forger_.jwks()) {}

  void Add(std::string name, std::string_view ticket,
           std::string_view code = "ticket_invalid", int status = 403) {
    attacks_.push_back({.name = std::move(name),
                        .target = WithTicket(ticket),
                        .status = status,
                        .code = code});
  }
  static std::string WithTicket(std::string_view ticket) {
    std::string target = std::string(kSegment) + "?ticket=";
    for (const char c : ticket) {
      if (std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '.' ||
          c == '-' || c == '_') {
        target += c;
      } else {
        target += "%" + ToHex(AsBytes(std::string_view(&c, 1)));
      }
    }
    return target;
  }
  // Signed well under this header: what is refused is the header.
  void AddHeader(const std::string& header) {
    Add("header " + header, forger_.SignHeader(header));
  }
  // Signed well: what is refused is what it says.
  void AddPayload(const std::string& payload,
                  std::string_view code = "ticket_invalid") {
    Add("payload " + payload, forger_.SignPayload(payload), code);
  }
  static std::string In(int64_t seconds) {
    return std::to_string(UnixNow() + seconds);
  }

  Forger forger_;
  Stage stage_;
  std::vector<Attack> attacks_;
};

class SigningKeyAttacks : public TicketAttacks {
 protected:
  SigningKeyAttacks() : TicketAttacks(Forger::Keys::kAll) {}
};

TEST_F(SigningKeyAttacks, EveryKeyOfTheSetSignsGoodTickets) {
  // Or everything below were refused for another reason than the one meant.
  const std::pair<const char*, const char*> keys[] = {{"es", "ES256"},
                                                      {"ed", "EdDSA"},
                                                      {"rs", "RS256"},
                                                      {"ps", "PS256"},
                                                      {"hs", "HS256"}};
  for (const auto& [kid, algorithm] : keys) {
    const std::string ticket = forger_.Sign(kid, Forger::Header(algorithm, kid),
                                            Forger::GoodPayload());
    EXPECT_EQ(Get(stage_.port(), WithTicket(ticket)).status, 302) << kid;
  }
}

TEST_F(SigningKeyAttacks, AlgorithmConfusion) {
  const std::string payload = Forger::GoodPayload();
  for (const char* none : {"none", "None", "NONE", "nOnE", "", "null"}) {
    const std::string header = Forger::Header(none, "es");
    Add("unsigned, alg " + std::string(none), JoinParts(header, payload, {}));
    Add("signed, alg " + std::string(none), forger_.SignHeader(header));
  }
  // What everyone knows, the public key, as the secret of an HMAC.
  for (const char* kid : {"es", "ed", "rs", "ps"}) {
    const std::string header = Forger::Header("HS256", kid);
    const auto mac = crypto::HmacSha256(AsBytes(forger_.Jwk(kid)))
                         .Sign(AsBytes(Forger::SigningInput(header, payload)));
    Add("HS256 with the public key " + std::string(kid),
        JoinParts(header, payload, mac));
  }
  for (const char* name : {"es256", "ES256 ", "ES256K", "ES384", "ES512",
                           "RS256", "HS256", "EdDSA", "PS256"}) {
    AddHeader(Forger::Header(name, "es"));
  }
  Add("RS256 signature for a PS256 key",
      forger_.Sign("rs", Forger::Header("PS256", "ps"), payload));
  Add("one RSA key, the other padding",
      forger_.Sign("rs", Forger::Header("PS256", "rs"), payload));
  for (const char* header :
       {R"({"kid":"es"})", R"({"alg":1,"kid":"es"})",
        R"({"alg":["ES256"],"kid":"es"})", R"({"alg":null,"kid":"es"})"}) {
    AddHeader(header);
  }
  stage_.Withstands(attacks_);
}

TEST_F(TicketAttacks, KidTricks) {
  for (const char* header :
       {R"({"alg":"ES256"})", R"({"alg":"ES256","kid":""})",
        R"({"alg":"ES256","kid":"nobody"})", R"({"alg":"ES256","kid":"ES"})",
        R"({"alg":"ES256","kid":"es "})", R"({"alg":"ES256","kid":"es\u0000"})",
        R"({"alg":"ES256","kid":0})", R"({"alg":"ES256","kid":null})",
        R"({"alg":"ES256","kid":["es"]})",
        R"({"alg":"ES256","kid":"../../dev/null"})",
        R"({"alg":"ES256","kid":"' OR '1'='1"})",
        R"({"alg":"ES256","kid":"ed"})"}) {
    AddHeader(header);
  }
  const Forger stranger;
  Add("a stranger's key under the shop's kid",
      stranger.SignPayload(Forger::GoodPayload()));
  for (const char* member : {"jwk", "jku", "x5u", "x5c", "x5t"}) {
    Add("a stranger's key in " + std::string(member),
        stranger.SignHeader(R"({"alg":"ES256","kid":"es",")" +
                            std::string(member) + "\":" + stranger.Jwk("es") +
                            "}"));
  }
  stage_.Withstands(attacks_);
}

TEST_F(TicketAttacks, HeadersThatMeanTwoThings) {
  for (const char* header :
       {R"({"alg":"ES256","kid":"es","crit":["exp"]})",
        R"({"alg":"ES256","kid":"es","crit":[]})",
        R"({"alg":"ES256","kid":"es","b64":false})",
        R"({"alg":"ES256","kid":"es","zip":"DEF"})",
        R"({"alg":"ES256","kid":"es","enc":"A128GCM"})",
        R"({"alg":"ES256","kid":"es","typ":"usher-revocations"})",
        R"({"alg":"ES256","kid":"es","typ":"at+jwt"})",
        R"({"alg":"none","alg":"ES256","kid":"es"})",
        R"({"alg":"ES256","kid":"nobody","kid":"es"})",
        R"({"alg":"ES256","kid":"es","\u0061lg":"none"})",
        R"({"alg":"ES256","kid":"es","x":[[[[[[[[]]]]]]]]})",
        R"({"alg":"ES256","kid":"es"} {})", R"(["ES256","es"])", "null"}) {
    AddHeader(header);
  }
  stage_.Withstands(attacks_);
}

TEST_F(TicketAttacks, OtherSpellingsOfOneTicket) {
  const std::string good = forger_.SignPayload(Forger::GoodPayload());
  const size_t first = good.find('.');
  const size_t last = good.rfind('.');
  const std::string encoded[] = {good.substr(0, first),
                                 good.substr(first + 1, last - first - 1),
                                 good.substr(last + 1)};
  const std::pair<const char*, std::string> spellings[] = {
      {"one part", encoded[0]},
      {"no signature", good.substr(0, last)},
      {"empty signature", good.substr(0, last + 1)},
      {"no header", good.substr(first)},
      {"empty payload", encoded[0] + ".." + encoded[2]},
      {"four parts", good + ".AAAA"},
      {"five parts, as a JWE has", good + ".AAAA.AAAA"},
      {"twice", good + good},
      {"dots", ".."},
      {"JSON serialisation", R"({"protected":")" + encoded[0] +
                                 R"(","payload":")" + encoded[1] +
                                 R"(","signature":")" + encoded[2] + "\"}"},
      {"padding", good + "="},
      {"a blank behind", good + " "},
      {"a blank before", " " + good},
      {"a line end", good + "\r\n"},
      {"NUL", good + std::string(1, '\0')},
      {"with its scheme", "Bearer " + good},
      {"one character more", good + "A"},
      {"one character less", good.substr(0, good.size() - 1)},
      {"encoded twice", ToBase64Url(AsBytes(good))},
      {"too long", good + "." + std::string(4096, 'A')},
  };
  for (const auto& [name, ticket] : spellings) Add(name, ticket);
  // Six bits in the last character, of which two count.
  std::string unused_bits = good;
  unused_bits.back() = unused_bits.back() == 'A' ? 'B' : 'A';
  Add("bits that are not used", unused_bits);
  std::string other_alphabet = good;
  other_alphabet[last + 5] = '+';
  Add("the other base64 alphabet", other_alphabet);
  stage_.Withstands(attacks_);
}

TEST_F(TicketAttacks, BentSignatures) {
  const std::string header = Forger::Header("ES256", "es");
  const std::string payload = Forger::GoodPayload();
  const Bytes good = forger_.Signature("es", header, payload);
  const auto add = [&](const char* name, const Bytes& signature) {
    Add(name, JoinParts(header, payload, signature));
  };
  add("all zero", Bytes(64, 0));
  add("all ones", Bytes(64, 0xff));
  add("63 bytes", Bytes(good.begin(), good.end() - 1));
  add("32 bytes", Bytes(good.begin(), good.begin() + 32));
  Bytes longer = good;
  longer.push_back(0);
  add("65 bytes", longer);
  Bytes swapped(good.begin() + 32, good.end());
  swapped.insert(swapped.end(), good.begin(), good.begin() + 32);
  add("r and s swapped", swapped);
  Bytes zero_r = good;
  std::fill_n(zero_r.begin(), 32, 0);
  add("r is zero", zero_r);
  Bytes zero_s = good;
  std::fill_n(zero_s.begin() + 32, 32, 0);
  add("s is zero", zero_s);
  for (const size_t byte : {0u, 31u, 32u, 63u}) {
    Bytes flipped = good;
    flipped[byte] ^= 1;
    add(("one bit of byte " + std::to_string(byte)).c_str(), flipped);
  }
  Bytes der = {0x30, 68, 2, 32};
  der.insert(der.end(), good.begin(), good.begin() + 32);
  der.insert(der.end(), {2, 32});
  der.insert(der.end(), good.begin() + 32, good.end());
  add("ASN.1", der);
  Add("another ticket's",
      JoinParts(header, payload,
                forger_.Signature("es", header, payload + " ")));
  const std::string mac_header = Forger::Header("HS256", "hs");
  const Bytes mac = forger_.Signature("hs", mac_header, payload);
  for (const size_t size : {1u, 16u, 31u}) {
    Add("an HMAC of " + std::to_string(size) + " bytes",
        JoinParts(mac_header, payload, ByteView(mac).first(size)));
  }
  stage_.Withstands(attacks_);
}

TEST_F(TicketAttacks, NumbersAtTheEdgeOfTheirType) {
  const std::string good = R"({"sub":"t","event":"film","exp":)" + In(3600);
  for (const char* exp :
       {"\"9999999999\"", "true", "null", "[]", "-1", "-9223372036854775808",
        "9223372036854775807", "9223372036854775808", "18446744073709551615",
        "18446744073709551616", "1e400", "1e20", "0x7fffffff",
        "253402300800"}) {
    AddPayload(R"({"sub":"t","event":"film","exp":)" + std::string(exp) + "}");
  }
  AddPayload(R"({"sub":"t","event":"film"})");
  AddPayload(R"({"sub":"t","event":"film","exp":0})", "ticket_expired");
  AddPayload(R"({"sub":"t","event":"film","exp":)" + In(-3600) + "}",
             "ticket_expired");
  AddPayload(R"({"sub":"t","event":"film","exp":)" + In(-3600) + ".9}",
             "ticket_expired");
  AddPayload(good + R"(,"nbf":)" + In(3600) + "}", "ticket_early");
  AddPayload(good + R"(,"nbf":253402300799})", "ticket_early");
  AddPayload(good + R"(,"nbf":"0"})");
  for (const char* seats :
       {"0", "-1", "256", "1.5", "\"2\"", "4294967297", "true", "null"}) {
    AddPayload(good + R"(,"seats":)" + seats + "}");
  }
  stage_.Withstands(attacks_);
}

TEST_F(TicketAttacks, LookAlikeEvents) {
  const auto with = [](const std::string& event) {
    return R"({"sub":"t","exp":)" + In(3600) + R"(,"event":)" + event + "}";
  };
  for (const char* event :
       {R"("own")", R"("film-2")", R"("fil")", R"("Film")", R"("FILM")",
        R"("film ")", R"(" film")", R"("film/")", R"("/film")", R"("../film")",
        R"("film%00")", R"("film.")", R"("f\u0456lm")", R"("*")", R"("film*")",
        R"(".*")", R"("film,own")", R"(["own","film-2"])"}) {
    AddPayload(with(event), "ticket_scope");
  }
  for (const char* event :
       {"\"\"", "[]", "[\"\"]", "null", "true", "1", R"({"film":true})",
        R"([["film"]])", R"(["film",1])", R"("film\u0000")", R"("film\n")"}) {
    AddPayload(with(event));
  }
  stage_.Withstands(attacks_);
}

TEST_F(TicketAttacks, ClaimsThatMeanTwoThings) {
  const std::string good = R"({"sub":"t","event":"film","exp":)" + In(3600);
  for (const std::string& payload : std::vector<std::string>{
           R"({"exp":)" + In(-3600) + "," + good.substr(1) + "}",
           good + R"(,"event":"film"})",
           R"({"event":"own",)" + good.substr(1) + "}",
           good + R"(,"\u0065xp":9999999999})",
           good + R"(,"x":{"a":1,"a":2}})",
           good + "}{}",
           good + "",
           "[" + good + "}]",
           "\xef\xbb\xbf" + good + "}",
           good + ",\"x\":\"\xff\"}",
           good + ",\"x\":\"\xc0\xaf\"}",
           good + R"(,"x":[[[[[[[[]]]]]]]]})",
           good + R"(,"x":"\u0000"})",
           good + ",}",
           good + R"(,"cnf":{"jkt":"x"}})",
           good + R"(,"ip":"192.0.2.1"})",
           R"({"event":"film","exp":)" + In(3600) + "}",
           R"({"sub":"","event":"film","exp":)" + In(3600) + "}",
           R"({"sub":7,"event":"film","exp":)" + In(3600) + "}",
           R"({"sub":")" + std::string(129, 'x') +
               R"(","event":"film","exp":)" + In(3600) + "}"}) {
    AddPayload(payload);
  }
  AddPayload(good + R"(,"cc":["DE"]})", "country_refused");
  AddPayload(good + R"(,"cc":[]})");
  AddPayload(good + R"(,"cc":"Germany"})");
  stage_.Withstands(attacks_);
}

TEST_F(TicketAttacks, TheOtherSOfASignatureIsNoSecondTicket) {
  // ECDSA takes n - s for s: whoever sees a ticket can spell it anew. Seats and
  // revocations must not take the new spelling for another ticket.
  constexpr std::string_view kOrder =
      "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";
  const Bytes order = FromHex(kOrder).value();
  const std::string header = Forger::Header("ES256", "es");
  const std::string payload = Forger::GoodPayload();
  const Bytes good = forger_.Signature("es", header, payload);
  Bytes bent = good;
  int borrow = 0;
  for (size_t i = 32; i-- > 0;) {
    const int digit = order[i] - good[32 + i] - borrow;
    borrow = digit < 0 ? 1 : 0;
    bent[32 + i] = static_cast<uint8_t>(digit);
  }
  const auto ticket_in = [&](const Bytes& signature) {
    const std::string credential = CredentialOf(
        Get(stage_.port(), WithTicket(JoinParts(header, payload, signature)))
            .Header("Location"));
    const auto record = FromBase64Url(credential);
    if (!record || record->size() != 60) return std::string("no session");
    return ToHex(ByteView(*record).subspan(20, 8));
  };
  ASSERT_NE(bent, good);
  EXPECT_EQ(ticket_in(bent), ticket_in(good));
  EXPECT_EQ(ticket_in(good).size(), 16u);
}

TEST_F(TicketAttacks, BorrowedAndMisplacedTickets) {
  const std::string own = BoxOffice::The().Ticket("own");
  const std::string film = BoxOffice::The().Ticket("film");
  const auto add = [&](const char* name, std::string target, Headers headers,
                       int status, std::string_view code) {
    attacks_.push_back({.name = name,
                        .target = std::move(target),
                        .status = status,
                        .code = code,
                        .headers = std::move(headers)});
  };
  const std::string segment(kSegment);
  Add("another event's", own, "ticket_scope");
  add("as a session", "/s/" + film + segment, {}, 403, "session_invalid");
  add("in another argument", segment + "?token=" + film, {}, 401,
      "ticket_missing");
  add("in the argument's name", segment + "?" + film, {}, 401,
      "ticket_missing");
  add("argument in capitals", segment + "?TICKET=" + film, {}, 401,
      "ticket_missing");
  add("argument's name encoded", segment + "?%74icket=" + film, {}, 401,
      "ticket_missing");
  add("behind a semicolon", segment + "?a=1;ticket=" + film, {}, 401,
      "ticket_missing");
  add("in the fragment of the target", segment + "?a=%23&b=" + film, {}, 401,
      "ticket_missing");
  add("first of two is junk", segment + "?ticket=junk&ticket=" + film, {}, 403,
      "ticket_invalid");
  add("junk argument, good bearer", segment + "?ticket=junk",
      {"Authorization: Bearer " + film}, 403, "ticket_invalid");
  add("basic", segment, {"Authorization: Basic " + film}, 401,
      "ticket_missing");
  add("bearer without a blank", segment, {"Authorization: Bearer" + film}, 401,
      "ticket_missing");
  add("another header", segment, {"X-Authorization: Bearer " + film}, 401,
      "ticket_missing");
  add("proxy authorization", segment, {"Proxy-Authorization: Bearer " + film},
      401, "ticket_missing");
  add("cookie of a cross-site request", segment,
      {"Cookie: ticket=" + film, "Sec-Fetch-Site: cross-site"}, 401,
      "ticket_missing");
  add("cookie with another name", segment, {"Cookie: xticket=" + film}, 401,
      "ticket_missing");
  stage_.Withstands(attacks_);
}

}  // namespace
}  // namespace usher::testing
