// A fleet on loopback: an origin, shields and edges, each a real nginx that
// runs config/*.conf.example with only its paths, names and ports replaced.
//
//   Fleet fleet;                      // 1 origin, 2 shields, 2 edges
//   fleet.Publish("film/v720/1.m4s", "...");
//   fleet.Start();
//   Answer answer = fleet.Fetch(0, fleet.Session(0, "film") + "/film/...");
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/keys/key_store.h"
#include "tests/system/fleet_network.h"
#include "tests/system/http_client.h"
#include "tests/system/nginx.h"

namespace usher::testing {

class Fleet {
 public:
  // On loopback, or each box in a namespace of `network`.
  explicit Fleet(size_t edges = 2, size_t shields = 2,
                 FleetNetwork* network = nullptr);

  // Viewers may come to port 4 of an edge without TLS, too; before Start().
  void AddPlainPort() { plain_port_ = true; }

  void Start();
  void StartOrigin();
  void StartShield(size_t i);
  void StartEdge(size_t i);

  Nginx& origin() { return *origin_; }
  Nginx& shield(size_t i) { return *shields_.at(i); }
  Nginx& edge(size_t i) { return *edges_.at(i); }
  size_t edges() const { return edges_.size(); }
  size_t shields() const { return shields_.size(); }

  // A file of the origin's media, whole or not at all.
  void Publish(std::string_view name, std::string_view contents) const;
  void Remove(std::string_view name) const;
  keys::ContentKey AddKey(std::string_view event) const;

  // "/s/<session>" of a new ticket, opened at that edge.
  std::string Session(size_t edge, std::string_view event);
  Answer Fetch(size_t edge, std::string_view target,
               std::vector<std::string> options = {});
  // Of the edge's own server; with the control secret.
  Answer Control(size_t edge, std::string_view target,
                 std::vector<std::string> options = {});

  // How often a box was asked for a path, by its log; boxes write theirs every
  // second, so this stops the box first.
  static size_t Requests(Nginx& box, std::string_view path);

  // Another certificate than the one its peers trust.
  static void MakeCertificate(const std::string& certificate,
                              const std::string& key);

 private:
  std::unique_ptr<Nginx> MakeBox(const std::string& name,
                                 const std::vector<int>& hop_secrets) const;
  std::string Configuration(std::string_view name) const;

  TempDir certificates_;
  FleetNetwork* network_;
  bool plain_port_ = false;
  std::unique_ptr<Nginx> origin_;
  std::vector<std::unique_ptr<Nginx>> shields_;
  std::vector<std::unique_ptr<Nginx>> edges_;
};

}  // namespace usher::testing
