// A real nginx with the dav module that takes what `usher live -o URL` sends:
// the ingest server of config/origin.conf.example, in small.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <string>
#include <system_error>
#include <vector>

#include "tests/support/run_process.h"
#include "tests/support/test_media.h"
#include "tests/system/nginx.h"

namespace usher::testing {

inline constexpr char kPassword[] = "pushed-by-no-one-else";

// $port1: viewers' origin, and an edge's upstream. $port2: ingest. $port3: the
// same over TLS. $port4: an edge.
inline constexpr char kOrigin[] = R"(
  server { listen $port1; root $prefix/served/media; location / { } }
  server {
    listen $port2;
    listen $port3 ssl;
    ssl_certificate $prefix/cert.pem;
    ssl_certificate_key $prefix/key.pem;
    auth_basic ingest;
    auth_basic_user_file $prefix/htpasswd;
    root $prefix/served;
    client_max_body_size 64m;
    client_body_temp_path $prefix/served/incoming;
    location / { return 404; }
    location ~ ^/(media|keys)/. {
      limit_except PUT DELETE { deny all; }
      dav_methods PUT DELETE;
      create_full_put_path on;
    }
  }
  server { listen $port4; location / { usher on; proxy_pass http://$port1; } }
)";

// Path below it to contents.
inline std::map<std::string, std::string> FilesBelow(
    const std::filesystem::path& directory) {
  std::map<std::string, std::string> files;
  std::error_code error;
  for (const auto& each :
       std::filesystem::recursive_directory_iterator(directory, error)) {
    if (!each.is_regular_file()) continue;
    files[std::filesystem::relative(each.path(), directory)] =
        ReadFile(each.path());
  }
  return files;
}

class PublishTest : public ::testing::Test {
 protected:
  PublishTest() {
    nginx_.Write("htpasswd",
                 std::string("packager:{PLAIN}") + kPassword + "\n");
    WriteCredential(kPassword);
    std::filesystem::create_directories(nginx_.prefix() / "served/media");
    const auto made = RunProcess(
        {"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
         "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=127.0.0.1",
         "-addext", "subjectAltName=IP:127.0.0.1", "-keyout",
         nginx_.prefix() / "key.pem", "-out", nginx_.prefix() / "cert.pem"});
    EXPECT_EQ(made.exit_code, 0) << made.err;
    nginx_.Start(kOrigin);
  }

  void WriteCredential(const std::string& password) {
    nginx_.Write("credential", "* basic packager:" + password + "\n");
    std::filesystem::permissions(nginx_.prefix() / "credential",
                                 std::filesystem::perms(0600));
  }
  std::string Url(const std::string& below, size_t port = 2) const {
    return (port == 3 ? "https" : "http") + std::string("://127.0.0.1:") +
           std::to_string(nginx_.port(port)) + below;
  }
  std::filesystem::path local() const { return nginx_.prefix() / "local"; }
  std::filesystem::path published() const {
    return nginx_.prefix() / "served/media";
  }
  std::filesystem::path log() const { return nginx_.prefix() / "usher.log"; }

  std::vector<std::string> Command(const std::vector<std::string>& flags) {
    std::vector<std::string> command = {USHER_PROGRAM,
                                        "live",
                                        TestMedia("film.mp4"),
                                        "--event",
                                        "fight",
                                        "--key-store",
                                        nginx_.prefix() / "keys",
                                        "--spool",
                                        nginx_.prefix() / "spool",
                                        "--segment-duration",
                                        "2",
                                        "--output-credentials",
                                        nginx_.prefix() / "credential"};
    command.insert(command.end(), flags.begin(), flags.end());
    return command;
  }
  void ExpectTheSameAsLocally() const {
    const auto expected = FilesBelow(local());
    const auto got = FilesBelow(published());
    EXPECT_GT(expected.size(), 10u);
    for (const auto& [path, content] : expected) {
      const auto found = got.find(path);
      ASSERT_NE(found, got.end()) << path;
      EXPECT_EQ(found->second, content) << path;
    }
    EXPECT_EQ(got.size(), expected.size());
  }

  Nginx nginx_;
};

}  // namespace usher::testing
