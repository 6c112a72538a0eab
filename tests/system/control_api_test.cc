// docs/control-api.yaml against the server it describes: paths, methods,
// statuses and the members of each answer.
#include <gtest/gtest.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <utility>

#include "tests/system/nginx.h"
#include "tests/system/viewer.h"

namespace usher::testing {
namespace {

using Json = nlohmann::json;

const std::string kSecret(64, 'c');
const std::string kBearer = "Authorization: Bearer " + kSecret;

class ControlApiTest : public ::testing::Test {
 protected:
  ControlApiTest()
      : api_(YAML::LoadFile(USHER_SOURCE_DIR "/docs/control-api.yaml")) {
    nginx_.Write("media/film/x", "content");
    nginx_.Write("control-secret", kSecret + "\n");
    std::filesystem::permissions(nginx_.prefix() / "control-secret",
                                 std::filesystem::perms::owner_read |
                                     std::filesystem::perms::owner_write);
    nginx_.Start(
        "usher_state $prefix/state;"
        "server { listen $port1; root $prefix/media;"
        " location / { usher on; } }"
        "server { listen $port2; location /control/ {"
        " usher_control secret=$prefix/control-secret; } }");
    // Somebody watches, so that no list is empty.
    const std::string url = SessionAt(nginx_.port(), "film") + "/film/x";
    EXPECT_EQ(Get(nginx_.port(), url).status, 200);
  }
  YAML::Node Resolved(const YAML::Node& node) const {
    if (!node["$ref"]) return node;
    const auto pointer = node["$ref"].as<std::string>();  // "#/a/b"
    YAML::Node found = YAML::Clone(api_);
    for (size_t at = 2; at < pointer.size();) {
      const size_t end = std::min(pointer.find('/', at), pointer.size());
      found.reset(found[pointer.substr(at, end - at)]);
      at = end + 1;
    }
    return found;
  }
  Answer Call(const std::string& method, std::string path,
              const Headers& headers = {kBearer}, std::string_view body = {},
              std::string_view event = "film") {
    if (const size_t at = path.find("{event}"); at != std::string::npos) {
      path.replace(at, 7, event);
    }
    return Ask(nginx_.port(2), method, "/control" + path, headers, body);
  }
  // The answer has the members that the page requires, no others, and each of
  // its type.
  void ExpectFields(const YAML::Node& described, const Json& json) {
    const YAML::Node schema = Resolved(described);
    const auto type = schema["type"].as<std::string>();
    EXPECT_EQ(TypeOf(json), type) << json;
    if (type == "array") {
      EXPECT_FALSE(json.empty());
      for (const Json& item : json) ExpectFields(schema["items"], item);
    }
    if (type != "object") return;
    std::set<std::string> answered;
    for (const auto& [name, value] : json.items()) answered.insert(name);
    std::set<std::string> required;
    for (const auto& name : schema["required"]) {
      required.insert(name.as<std::string>());
    }
    EXPECT_EQ(answered, required);
    for (const auto& [name, value] : json.items()) {
      const YAML::Node property = schema["properties"][name];
      ASSERT_TRUE(property) << name;
      ExpectFields(property, value);
    }
  }
  static std::string TypeOf(const Json& json) {
    return json.is_number_integer() ? "integer" : json.type_name();
  }

  YAML::Node api_;
  Nginx nginx_;
};

std::string UpperCase(std::string text) {
  std::ranges::transform(text, text.begin(), ::toupper);
  return text;
}

// What a resource takes that is there and understood.
std::string GoodBody(const std::string& path) {
  if (path == "/revocations")
    return R"({"ticket":"nobody","until":2000000000})";
  if (path == "/evictions") return R"({"ticket":"nobody"})";
  return R"({"state":"open"})";
}

TEST_F(ControlApiTest, EachOperationAnswersWithTheStatusesAndMembersOfThePage) {
  const std::string long_body =
      R"({"ticket":")" + std::string(9000, 'x') + "\"}";
  int operations = 0;
  for (const auto& resource : api_["paths"]) {
    const auto path = resource.first.as<std::string>();
    for (const auto& operation : resource.second) {
      if (operation.first.as<std::string>() == "parameters") continue;
      const std::string method = UpperCase(operation.first.as<std::string>());
      SCOPED_TRACE(::testing::Message() << method << " " << path);
      ++operations;
      const bool has_body = method != "GET";
      const std::string good = has_body ? GoodBody(path) : "";
      std::vector<Answer> answers = {
          Call(method, path, {kBearer}, good), Call(method, path, {}, good),
          Call(method, path, {kBearer, "Origin: https://x"}, good)};
      // Answered where the disk fails only.
      std::set<int> answered;
      if (has_body) {
        answers.push_back(Call(method, path, {kBearer}, "{}"));
        answers.push_back(Call(method, path, {kBearer}, long_body));
        answered.insert(500);
      }
      if (path.contains("{event}")) {
        answers.push_back(Call(method, path, {kBearer}, good, "FILM"));
      }
      const YAML::Node responses = operation.second["responses"];
      for (const Answer& answer : answers) {
        answered.insert(answer.status);
        const YAML::Node response =
            Resolved(responses[std::to_string(answer.status)]);
        ASSERT_TRUE(response) << answer.status;
        const YAML::Node content =
            response["content"][answer.Header("Content-Type")];
        ASSERT_TRUE(content) << answer.Header("Content-Type");
        ExpectFields(content["schema"], Json::parse(answer.body));
      }
      std::set<int> documented;
      for (const auto& response : responses) {
        documented.insert(response.first.as<int>());
      }
      EXPECT_EQ(answered, documented);
    }
  }
  EXPECT_EQ(operations, 5);
}

TEST_F(ControlApiTest, NoResourceTakesAMethodThatThePageDoesNotName) {
  for (const auto& resource : api_["paths"]) {
    std::string allowed;
    for (const auto& operation : resource.second) {
      const auto method = operation.first.as<std::string>();
      if (method == "parameters") continue;
      allowed += (allowed.empty() ? "" : ", ") + UpperCase(method);
    }
    const Answer answer = Call("DELETE", resource.first.as<std::string>());
    EXPECT_EQ(answer.status, 405);
    EXPECT_EQ(answer.Header("Allow"), allowed);
    ExpectFields(api_["components"]["responses"]["refused"]["content"]
                     ["application/problem+json"]["schema"],
                 Json::parse(answer.body));
  }
  EXPECT_EQ(Call("GET", "/nothing").status, 404);
}

}  // namespace
}  // namespace usher::testing
