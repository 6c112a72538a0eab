// Content keys for who has no right to them.
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "core/base/base64url.h"
#include "tests/system/attack/stage.h"

namespace usher::testing {
namespace {

class ContentKeyAttacks : public ::testing::Test {
 protected:
  ContentKeyAttacks()
      : own_(stage_.Session("own")),
        film_(stage_.Session("film")),
        kid_(stage_.film_key().kid.ToHex()) {}
  std::string LicenceRequest() const {
    return R"({"kids":[")" + ToBase64Url(stage_.film_key().kid.view()) +
           R"("],"type":"temporary"})";
  }
  void Add(std::string target, int status, std::string_view code) {
    attacks_.push_back(
        {.name = target, .target = target, .status = status, .code = code});
  }
  void Post(std::string name, std::string target, std::string body, int status,
            std::string_view code) {
    attacks_.push_back({.name = std::move(name),
                        .target = std::move(target),
                        .status = status,
                        .code = code,
                        .method = "POST",
                        .headers = {"Content-Type: application/json"},
                        .body = std::move(body)});
  }

  Stage stage_;
  std::string own_, film_, kid_;
  std::vector<Attack> attacks_;
};

TEST_F(ContentKeyAttacks, TheKeyOfAnotherEvent) {
  Add(own_ + "/film/key/" + kid_, 403, "session_invalid");
  Add(own_ + "/own/key/" + kid_, 404, "key_unknown");
  Add(own_ + "/own/../film/key/" + kid_, 403, "session_invalid");
  Add(own_ + "/own/key/../../film/key/" + kid_, 403, "session_invalid");
  Add(own_ + "/own/key/..%2f..%2ffilm%2fkey%2f" + kid_, 403, "session_invalid");
  Add(own_ + "/own/film/key/" + kid_, 404, {});
  Add(own_ + "/own/key/film/" + kid_, 404, "key_unknown");
  Add("/film/key/" + kid_, 401, "ticket_missing");
  Add("/s/junk/film/key/" + kid_, 403, "session_invalid");
  Post("licence of another event", own_ + "/film/key/", LicenceRequest(), 403,
       "session_invalid");
  Post("licence under the own event", own_ + "/own/key/", LicenceRequest(), 404,
       "key_unknown");
  Post("licence without a session", "/film/key/", LicenceRequest(), 401,
       "ticket_missing");
  stage_.Withstands(attacks_);
}

TEST_F(ContentKeyAttacks, NamesThatAreNoKid) {
  const std::string keys = film_ + "/film/key/";
  for (const std::string& name : std::vector<std::string>{
           kid_.substr(1), kid_ + "0", kid_ + ".key", kid_ + "/", "0", "..key",
           std::string(32, 'g'), std::string(32, '0'), kid_ + "/" + kid_,
           kid_.substr(0, 8) + "-" + kid_.substr(8)}) {
    Add(keys + name, 404, "key_unknown");
  }
  Add(keys + "*", 400, "bad_request");
  Add(keys + kid_ + "%00", 400, {});
  Add(keys + "../../../../../etc/passwd", 400, {});
  Add(keys + "../../../../etc/passwd", 401, "ticket_missing");
  Add(keys + "../../keys/film/" + kid_ + ".key", 403, "session_invalid");
  Add(keys + "..%2f..%2fkeys/film/" + kid_ + ".key", 403, "session_invalid");
  Add(keys + "%2e%2e/%2e%2e/master.key", 403, "session_invalid");
  Add(film_ + "/keys/film/" + kid_ + ".key", 403, "session_invalid");
  Add(film_ + "/master.key", 403, "session_invalid");
  stage_.WithstandsHttp1(attacks_);
}

TEST_F(ContentKeyAttacks, LicenceRequestsThatAreNone) {
  const std::string url = film_ + "/film/key/";
  const std::string kid = ToBase64Url(stage_.film_key().kid.view());
  for (const std::string& body : std::vector<std::string>{
           "{}", "[]", "null", "kids", "{", "{\"kids\":", R"({"kids":[]})",
           R"({"kids":"x"})", R"({"kids":[1]})", R"({"kids":["short"]})",
           R"({"kids":[null]})", R"({"kids":{"0":"x"}})",
           R"({"kids":[")" + kid + R"("],"type":"persistent-license"})",
           R"({"kids":[")" + kid + R"("],"kids":[]})",
           R"({"kids":[[[[[[[[[["x"]]]]]]]]]]})",
           R"({"kids":[")" + kid + R"(="]})", "\xff\xfe{}",
           std::string("{\"kids\":[\"\0\"]}", 14)}) {
    Post("licence " + body, url, body, 400, "bad_request");
  }
  Post("licence of nobody's key", url,
       R"({"kids":[")" + ToBase64Url(Bytes(16, 0)) + R"("]})", 404,
       "key_unknown");
  stage_.Withstands(attacks_);
}

TEST_F(ContentKeyAttacks, MethodsThatKeysDoNotTake) {
  for (const char* method : {"PUT", "DELETE", "PATCH", "POST"}) {
    attacks_.push_back({.name = method,
                        .target = film_ + stage_.KeyPath(),
                        .status = 405,
                        .code = "method_not_allowed",
                        .method = method,
                        .body = "x"});
  }
  for (const char* method : {"PUT", "DELETE", "PATCH"}) {
    attacks_.push_back({.name = std::string(method) + " licence",
                        .target = film_ + "/film/key/",
                        .status = 405,
                        .code = "method_not_allowed",
                        .method = method,
                        .body = "x"});
  }
  stage_.Withstands(attacks_);
}

TEST_F(ContentKeyAttacks, KeysAreInNoCacheAndNoLog) {
  for (int i = 0; i < 3; ++i) stage_.StillServes();
  size_t files = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(
           stage_.nginx().prefix() / "cache")) {
    if (!entry.is_regular_file()) continue;
    ++files;
    EXPECT_FALSE(
        ReadFile(entry.path()).contains(AsText(stage_.film_key().key.view())));
  }
  EXPECT_GT(files, 0u) << "or nothing was looked at";
  stage_.nginx().Stop();
  EXPECT_FALSE(stage_.IsGivenAway(stage_.nginx().AllLogs()));
}

}  // namespace
}  // namespace usher::testing
