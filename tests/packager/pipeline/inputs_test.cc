// Films that are no files of this machine: standard input and URLs. Whatever
// happens on the way, they are packaged to the same bytes as the file, or
// refused in one line without a credential.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/free_port.h"
#include "tests/support/run_process.h"
#include "tests/support/scripted_origin.h"
#include "tests/support/temp_dir.h"
#include "tests/support/test_media.h"

namespace usher::testing {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kSecrets[] = {"s3cret", "TOKEN"};

// Packages with a key of its own, so that two runs can be compared.
class Inputs : public ::testing::Test {
 protected:
  ProcessResult Package(const std::string& input,
                        const std::vector<std::string>& flags = {},
                        std::string_view standard_input = {},
                        const std::vector<std::string>& environment = {}) {
    const std::string kid(32, '1');
    const std::string key(32, '2');
    std::vector<std::string> command = {USHER_BINARY,
                                        "package",
                                        input,
                                        "-o",
                                        OutOf(input),
                                        "--event",
                                        "film",
                                        "--key",
                                        kid + ":" + key,
                                        "--salt",
                                        kid,
                                        "--segment-duration",
                                        "2",
                                        "--quiet",
                                        "--verify",
                                        "--key-store",
                                        directory_ / "keys"};
    command.insert(command.end(), flags.begin(), flags.end());
    std::vector<std::string> all = {"TMPDIR=" + directory_.path().string()};
    all.insert(all.end(), environment.begin(), environment.end());
    ProcessResult result = RunProcess(
        command, {.input = standard_input, .environment = std::move(all)});
    for (const std::string_view secret : kSecrets) {
      EXPECT_EQ(result.err.find(secret), std::string::npos) << result.err;
      EXPECT_EQ(result.out.find(secret), std::string::npos) << result.out;
    }
    return result;
  }

  // Every file below a presentation, by its path.
  std::map<std::string, std::string> Made(const std::string& input) const {
    std::map<std::string, std::string> files;
    const fs::path root = OutOf(input) / "film";
    for (const auto& entry : fs::recursive_directory_iterator(root)) {
      if (!entry.is_regular_file()) continue;
      files[entry.path().lexically_relative(root)] = ReadFile(entry.path());
    }
    return files;
  }

  void ExpectSameAs(const fs::path& file, const std::string& input) {
    ASSERT_EQ(Package(file).exit_code, 0);
    const auto wanted = Made(file);
    ASSERT_FALSE(wanted.empty());
    EXPECT_EQ(Made(input) == wanted, true) << input << " differs from " << file;
  }

  void ExpectRefused(const ProcessResult& result, int exit_code,
                     const std::vector<std::string>& words) const {
    EXPECT_EQ(result.exit_code, exit_code) << result.err;
    EXPECT_EQ(std::ranges::count(result.err, '\n'), 1) << result.err;
    for (const std::string& word : words) {
      EXPECT_NE(result.err.find(word), std::string::npos)
          << "no \"" << word << "\" in: " << result.err;
    }
  }

  fs::path OutOf(const std::string& input) const {
    return directory_ / std::to_string(std::hash<std::string>()(input));
  }

  TempDir directory_;
};

struct Asked {
  uint64_t first = 0;
  uint64_t last = 0;
};

std::optional<Asked> RangeOf(const OriginRequest& request) {
  constexpr std::string_view kRange = "Range: bytes=";
  const size_t at = request.head.find(kRange);
  if (at == std::string::npos) return std::nullopt;
  const std::string text = request.head.substr(at + kRange.size());
  return Asked{std::stoull(text), std::stoull(text.substr(text.find('-') + 1))};
}

// Serves a film as web servers do; derived ones have their faults.
class FilmServer {
 public:
  explicit FilmServer(const fs::path& film)
      : film_(ReadFile(film)),
        name_(film.filename()),
        origin_(
            [this](const OriginRequest& request) { return Answer(request); }) {}
  virtual ~FilmServer() = default;

  std::string Url() const {
    return "http://viewer:s3cret@127.0.0.1:" + std::to_string(origin_.port()) +
           "/deep/" + name_ + "?token=TOKEN";
  }
  int requests() const { return origin_.requests(); }
  uint64_t bytes_sent() const {
    const std::lock_guard lock(mutex_);
    return bytes_sent_;
  }
  size_t size() const { return film_.size(); }

 protected:
  virtual OriginReply Answer(const OriginRequest& request) {
    const auto asked = RangeOf(request);
    if (!asked) return {.status = 400};
    OriginReply reply = Part(*asked);
    const std::lock_guard lock(mutex_);
    bytes_sent_ += reply.body.size();
    return reply;
  }
  OriginReply Part(const Asked& asked,
                   const std::string& etag = "\"a\"") const {
    if (asked.first >= film_.size()) return {.status = 416};
    const uint64_t last = std::min<uint64_t>(asked.last, film_.size() - 1);
    return {.status = 206,
            .headers = "ETag: " + etag + "\r\nContent-Range: bytes " +
                       std::to_string(asked.first) + "-" +
                       std::to_string(last) + "/" +
                       std::to_string(film_.size()) + "\r\n",
            .body = film_.substr(asked.first, last - asked.first + 1)};
  }
  OriginReply Whole() const { return {.body = film_}; }

 private:
  std::string film_;
  std::string name_;
  mutable std::mutex mutex_;
  uint64_t bytes_sent_ = 0;
  ScriptedOrigin origin_;
};

// A film of some megabytes, so that it takes more than one request.
fs::path LargeFilm(const TempDir& directory, const std::string& name) {
  const fs::path film = directory / name;
  const auto made = RunProcess({"ffmpeg", "-v", "error", "-stream_loop", "24",
                                "-i", TestMedia("film.mp4"), "-c", "copy", "-t",
                                "190", film.string()});
  EXPECT_EQ(made.exit_code, 0) << made.err;
  EXPECT_GT(fs::file_size(film), size_t{3} << 20);
  return film;
}

TEST_F(Inputs, AUrlIsPackagedAsTheFileItNames) {
  for (const char* name : {"film.mp4", "film.mkv", "film.ts"}) {
    SCOPED_TRACE(name);
    const FilmServer server(TestMedia(name));
    const ProcessResult result = Package(server.Url());
    ASSERT_EQ(result.exit_code, 0) << result.err;
    ExpectSameAs(TestMedia(name), server.Url());
  }
}

TEST_F(Inputs, NoByteOfAUrlIsFetchedTwice) {
  for (const char* name : {"large.mp4", "large.mkv"}) {
    SCOPED_TRACE(name);
    const fs::path film = LargeFilm(directory_, name);
    const FilmServer server(film);
    ASSERT_EQ(
        Package(server.Url(), {"--thumbnails", "20s", "--clear-thumbnails"})
            .exit_code,
        0);
    EXPECT_LE(server.bytes_sent(), server.size());
    EXPECT_GT(server.requests(), 1);
  }
}

TEST_F(Inputs, TheFilmsNameComesFromTheUrl) {
  const FilmServer server(TestMedia("film.mp4"));
  const ProcessResult made =
      RunProcess({USHER_BINARY, "package", server.Url(), "-o",
                  directory_ / "out", "--encryption", "none", "--quiet"},
                 {.environment = {"TMPDIR=" + directory_.path().string()}});
  EXPECT_EQ(made.exit_code, 0) << made.err;
  EXPECT_TRUE(fs::exists(directory_ / "out" / "film" / "master.m3u8"));
}

class WithoutRanges : public FilmServer {
 public:
  using FilmServer::FilmServer;

 protected:
  OriginReply Answer(const OriginRequest&) override { return Whole(); }
};

TEST_F(Inputs, AServerWithoutRangesIsReadOnce) {
  const WithoutRanges server(TestMedia("film.mkv"));
  const ProcessResult result = Package(server.Url());
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(server.requests(), 1);
  ExpectSameAs(TestMedia("film.mkv"), server.Url());
}

// Hangs up in the middle of answers, and is overloaded now and then.
class Shaky : public FilmServer {
 public:
  using FilmServer::FilmServer;

 protected:
  OriginReply Answer(const OriginRequest& request) override {
    OriginReply reply = FilmServer::Answer(request);
    if (request.nth % 3 == 2) reply.cut_after = reply.body.size() / 3;
    if (request.nth % 3 == 0) return {.status = 503};
    return reply;
  }
};

TEST_F(Inputs, ALostConnectionIsTakenUpWhereItBroke) {
  const fs::path film = LargeFilm(directory_, "large.mkv");
  const Shaky server(film);
  const ProcessResult result = Package(server.Url());
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_GT(server.requests(), 4);
  ExpectSameAs(film, server.Url());
}

class ShakyWithoutRanges : public FilmServer {
 public:
  using FilmServer::FilmServer;

 protected:
  OriginReply Answer(const OriginRequest&) override {
    OriginReply reply = Whole();
    reply.cut_after = reply.body.size() / 2;
    return reply;
  }
};

TEST_F(Inputs, ALostConnectionToAServerWithoutRangesIsTold) {
  const ShakyWithoutRanges server(TestMedia("film.mp4"));
  ExpectRefused(Package(server.Url()), 1,
                {"http://127.0.0.1", "/.../film.mp4", "connection was lost",
                 "cannot go on", "download it"});
  EXPECT_FALSE(fs::exists(OutOf(server.Url())));
}

class Changing : public FilmServer {
 public:
  using FilmServer::FilmServer;

 protected:
  OriginReply Answer(const OriginRequest& request) override {
    if (request.head.find("If-Range: \"a\"\r\n") != std::string::npos) {
      return Whole();  // what If-Range names is gone
    }
    return Part(*RangeOf(request));
  }
};

TEST_F(Inputs, AFilmThatChangesMeanwhileIsTold) {
  const Changing server(LargeFilm(directory_, "large.mp4"));
  ExpectRefused(Package(server.Url()), 1, {"large.mp4", "changed while"});
}

class Refusing : public FilmServer {
 public:
  using FilmServer::FilmServer;

 protected:
  OriginReply Answer(const OriginRequest&) override { return {.status = 404}; }
};

TEST_F(Inputs, WhatIsNotThereIsTold) {
  const Refusing server(TestMedia("film.mp4"));
  ExpectRefused(Package(server.Url()), 2, {"film.mp4", "404", "URL"});
  const std::string nobody =
      "http://viewer:s3cret@127.0.0.1:" + std::to_string(FreePort()) +
      "/film.mp4?TOKEN";
  ExpectRefused(Package(nobody), 1, {"film.mp4", "cannot be fetched", "URL"});
  ExpectRefused(Package("ftp://viewer:s3cret@127.0.0.1/film.mp4"), 2,
                {"ftp://127.0.0.1/film.mp4", "https"});
}

TEST_F(Inputs, StandardInputIsPackagedAsTheFileItIs) {
  for (const char* name : {"film.mp4", "film.mkv", "film.ts"}) {
    SCOPED_TRACE(name);
    fs::remove_all(OutOf("-"));
    const ProcessResult result = Package("-", {}, ReadFile(TestMedia(name)));
    ASSERT_EQ(result.exit_code, 0) << result.err;
    ExpectSameAs(TestMedia(name), "-");
  }
  // Nothing stays of what was kept meanwhile.
  for (const auto& entry : fs::directory_iterator(directory_.path())) {
    EXPECT_FALSE(entry.path().filename().string().starts_with("usher-"));
  }
}

TEST_F(Inputs, StandardInputNeedsAnEventAndAFilm) {
  ExpectRefused(Package("-"), 2, {"standard input", "is empty"});
  ExpectRefused(RunProcess({USHER_BINARY, "package", "-", "--quiet"}), 2,
                {"--event"});
  ExpectRefused(Package("-", {"-"}), 2, {"standard input", "twice"});
}

TEST_F(Inputs, NoMoreIsKeptThanTheLimit) {
  const std::string film = ReadFile(TestMedia("film.mp4"));
  ExpectRefused(Package("-", {"--spool-limit", "50K"}, film), 2,
                {"standard input", "limit", "--spool-limit"});
  const FilmServer server(TestMedia("film.mp4"));
  ExpectRefused(Package(server.Url(), {"--spool-limit", "50K"}), 2,
                {"film.mp4", "limit", "--spool-limit"});
  const WithoutRanges whole(TestMedia("film.mp4"));
  ExpectRefused(Package(whole.Url(), {"--spool-limit", "50K"}), 2,
                {"film.mp4", "limit", "--spool-limit"});
}

// openssl s_server -WWW answers with the whole file and without its length.
class TlsServer {
 public:
  explicit TlsServer(const fs::path& film) : port_(FreePort()) {
    fs::copy_file(film, dir_ / "film.mp4");
    const auto made =
        RunProcess({"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:P-256", "-nodes", "-subj",
                    "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1",
                    "-keyout", dir_ / "key.pem", "-out", dir_ / "cert.pem"});
    EXPECT_EQ(made.exit_code, 0) << made.err;
    server_ = std::make_unique<ChildProcess>(
        std::vector<std::string>{"openssl", "s_server", "-accept",
                                 "127.0.0.1:" + std::to_string(port_), "-key",
                                 dir_ / "key.pem", "-cert", dir_ / "cert.pem",
                                 "-WWW", "-quiet"},
        dir_ / "log", ProcessOptions{.directory = dir_.path()});
    EXPECT_TRUE(WaitForListener(port_));
  }

  std::string Url() const {
    return "https://127.0.0.1:" + std::to_string(port_) + "/film.mp4";
  }
  std::string Authority() const {
    return "SSL_CERT_FILE=" + (dir_ / "cert.pem").string();
  }

 private:
  TempDir dir_;
  uint16_t port_;
  std::unique_ptr<ChildProcess> server_;
};

TEST_F(Inputs, CertificatesAreChecked) {
  const TlsServer server(TestMedia("film.mp4"));
  ExpectRefused(Package(server.Url()), 2, {"https://127.0.0.1", "certificate"});
  const ProcessResult trusted =
      Package(server.Url(), {}, {}, {server.Authority()});
  ASSERT_EQ(trusted.exit_code, 0) << trusted.err;
  ExpectSameAs(TestMedia("film.mp4"), server.Url());
}

}  // namespace
}  // namespace usher::testing
