#include "tests/system/fleet.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <utility>

#include "tests/system/box_office.h"

namespace usher::testing {
namespace fs = std::filesystem;
namespace {

constexpr int kFirstShield = 100;
constexpr int kFirstEdge = 200;

std::string HopSecret(int box) {
  const auto digit = static_cast<char>("0123456789abcdef"[box % 16]);
  return std::to_string(box) + ":" + std::string(62, digit) +
         (box < kFirstEdge ? "01" : "02") + "\n";
}

std::string Address(const Nginx& box) {
  return box.address() + ":" + std::to_string(box.port(1));
}

void Substitute(std::string& text, std::string_view from, std::string_view to) {
  size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << "not in the example: " << from;
  for (; at != std::string::npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
}

// Workers are root where the test is: they could not enter the prefix.
void SubstituteProcess(std::string& text) {
  Substitute(text, "user www-data;", geteuid() == 0 ? "user root;" : "");
  // A machine that runs tests need not allow so many.
  Substitute(text, "worker_rlimit_nofile 65536;\n", "");
}

void MoveSecret(const fs::path& prefix, const std::string& from,
                const std::string& to) {
  fs::rename(prefix / from, prefix / "etc" / to);
}

}  // namespace

Fleet::Fleet(size_t edges, size_t shields, FleetNetwork* network)
    : network_(network) {
  MakeCertificate(certificates_ / "fleet.pem", certificates_ / "fleet-key.pem");
  std::vector<int> all_shields;
  std::vector<int> all_edges;
  for (size_t i = 0; i < shields; ++i) {
    all_shields.push_back(kFirstShield + static_cast<int>(i));
  }
  for (size_t i = 0; i < edges; ++i) {
    all_edges.push_back(kFirstEdge + static_cast<int>(i));
    edges_.push_back(MakeBox("edge" + std::to_string(i), {all_edges.back()}));
  }
  for (const int shield : all_shields) {
    std::vector<int> boxes = all_edges;
    boxes.push_back(shield);
    shields_.push_back(
        MakeBox("shield" + std::to_string(shields_.size()), boxes));
  }
  origin_ = MakeBox("origin", all_shields);
}

std::unique_ptr<Nginx> Fleet::MakeBox(
    const std::string& name, const std::vector<int>& hop_secrets) const {
  auto box = std::make_unique<Nginx>();
  if (network_ != nullptr) {
    const FleetNetwork::Home home = network_->Add(name);
    box->SetHome(home.network_namespace, home.address);
  }
  const fs::path prefix = box->prefix();
  for (const char* directory :
       {"etc/tls", "lib/state", "lib/media", "cache", "watch"}) {
    fs::create_directories(prefix / directory);
  }
  fs::rename(prefix / "keys", prefix / "lib/keys");
  MoveSecret(prefix, "jwks.json", "ticket-keys.json");
  MoveSecret(prefix, "session-secrets", "session-secrets");
  MoveSecret(prefix, "master.key", "master.key");
  std::string hops;
  for (const int number : hop_secrets) hops += HopSecret(number);
  WriteFile(prefix / "etc/hop-secrets", hops);
  WriteFile(prefix / "etc/control-secret", std::string(64, 'c') + "\n");
  for (const char* secret : {"etc/hop-secrets", "etc/control-secret"}) {
    fs::permissions(prefix / secret, fs::perms(0640));
  }
  WriteFile(prefix / "etc/ingest.htpasswd", "packager:{PLAIN}pushed\n");
  const fs::path tls = prefix / "etc/tls";
  for (const auto& [from, to] : {std::pair("fleet.pem", "fleet.pem"),
                                 {"fleet.pem", "fleet-ca.pem"},
                                 {"fleet.pem", "fullchain.pem"},
                                 {"fleet-key.pem", "fleet-key.pem"},
                                 {"fleet-key.pem", "privkey.pem"}}) {
    fs::copy_file(certificates_ / from, tls / to);
  }
  return box;
}

void Fleet::MakeCertificate(const std::string& certificate,
                            const std::string& key) {
  const ProcessResult made = RunProcess(
      {"openssl", "req", "-x509", "-nodes", "-newkey", "ec", "-pkeyopt",
       "ec_paramgen_curve:P-256", "-days", "2", "-subj", "/CN=fleet", "-addext",
       "subjectAltName=DNS:fleet.example.net,IP:127.0.0.1", "-keyout", key,
       "-out", certificate});
  EXPECT_EQ(made.exit_code, 0) << made.err;
}

void Fleet::Start() {
  StartOrigin();
  for (size_t i = 0; i < shields_.size(); ++i) StartShield(i);
  for (size_t i = 0; i < edges_.size(); ++i) StartEdge(i);
}

// What each file's first comment says is to be replaced, and no more.
std::string Fleet::Configuration(std::string_view name) const {
  std::string text = ReadFile(USHER_SOURCE_DIR "/config/" + std::string(name));
  Substitute(text, "/usr/lib/nginx/modules/ngx_http_usher_module.so",
             USHER_MODULE);
  Substitute(text, "/etc/usher", "$prefix/etc");
  Substitute(text, "/var/cache/nginx", "$prefix/cache");
  Substitute(text, "/var/log/nginx", "$prefix/logs");
  Substitute(text, "/run/nginx.pid", "$prefix/nginx.pid");
  SubstituteProcess(text);
  return text;
}

void Fleet::StartOrigin() {
  std::string text = Configuration("origin.conf.example");
  Substitute(text, "/var/lib/usher", "$prefix/lib");
  Substitute(text, "    listen [::]:8443 ssl;\n", "");
  Substitute(text, "    listen [::]:8444 ssl;\n", "");
  Substitute(text, "listen 8443 ", "listen $port1 ");
  Substitute(text, "listen 8444 ", "listen $port2 ");
  Substitute(text, "        listen 127.0.0.1:8090;", "        listen $port3;");
  origin_->StartFile(text);
}

void Fleet::StartShield(size_t i) {
  std::string text = Configuration("shield.conf.example");
  Substitute(text, "    listen [::]:8443 ssl;\n", "");
  Substitute(text, "listen 8443 ", "listen $port1 ");
  Substitute(text, "        listen 127.0.0.1:8090;", "        listen $port3;");
  Substitute(text, "origin.example.net:8443", Address(*origin_));
  shields_.at(i)->StartFile(text);
}

void Fleet::StartEdge(size_t i) {
  std::string text = Configuration("edge.conf.example");
  Substitute(text, "/var/lib/usher", "$prefix/lib");
  Substitute(text, "/usr/share/usher/watch", "$prefix/watch");
  Substitute(text, "/usr/share/usher/operator", "$prefix/operator");
  Substitute(text, "video.example.com", "127.0.0.1");
  Substitute(text, "    listen [::]:80;\n", "");
  Substitute(text, "    listen [::]:443 ssl http2;\n", "");
  const std::string plain = plain_port_ ? "listen $port4; " : "";
  Substitute(text, "listen 443 ", plain + "listen $port1 ");
  Substitute(text, "listen 80;", "listen $port2;");
  Substitute(text, "        listen 127.0.0.1:8090;", "        listen $port3;");
  for (size_t shield = 0; shield < 2; ++shield) {
    Substitute(text,
               "shield-" + std::to_string(shield + 1) + ".example.net:8443",
               Address(*shields_.at(shield % shields_.size())));
  }
  edges_.at(i)->StartFile(text);
}

void Fleet::Publish(std::string_view name, std::string_view contents) const {
  const fs::path file = origin_->prefix() / "lib/media" / name;
  fs::create_directories(file.parent_path());
  const fs::path temporary = file.parent_path() / ".new";
  WriteFile(temporary, contents);
  fs::rename(temporary, file);
}

void Fleet::Remove(std::string_view name) const {
  fs::remove(origin_->prefix() / "lib/media" / name);
}

keys::ContentKey Fleet::AddKey(std::string_view event) const {
  // The box office writes beside the master key it made.
  const fs::path prefix = origin_->prefix();
  fs::rename(prefix / "etc/master.key", prefix / "master.key");
  fs::rename(prefix / "lib/keys", prefix / "keys");
  auto key = BoxOffice::The().AddKey(prefix, event);
  fs::rename(prefix / "keys", prefix / "lib/keys");
  fs::rename(prefix / "master.key", prefix / "etc/master.key");
  return key;
}

Answer Fleet::Fetch(size_t edge, std::string_view target,
                    std::vector<std::string> options) {
  return GetUrl("https://" + Address(*edges_.at(edge)) + std::string(target),
                std::move(options));
}

std::string Fleet::Session(size_t edge, std::string_view event) {
  const std::string location =
      Fetch(edge, "/" + std::string(event) +
                      "/master.m3u8?ticket=" + BoxOffice::The().Ticket(event))
          .Header("Location");
  return location.substr(0, location.find('/', 3));
}

Answer Fleet::Control(size_t edge, std::string_view target,
                      std::vector<std::string> options) {
  options.insert(options.end(),
                 {"-H", "Authorization: Bearer " + std::string(64, 'c')});
  const Nginx& box = *edges_.at(edge);
  return GetUrl("http://" + box.address() + ":" + std::to_string(box.port(3)) +
                    std::string(target),
                std::move(options));
}

size_t Fleet::Requests(Nginx& box, std::string_view path) {
  box.Stop();
  return CountOf(box.AccessLog(), "\"uri\":\"" + std::string(path) + "\"");
}

}  // namespace usher::testing
