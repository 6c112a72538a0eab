// One viewer: shows a ticket, follows the playlists as a player does, fetches
// what it is about to play, and notices when it has nothing left to show.
//
//   ticket --302--> master -> a variant and its audio -> init -> segments
//
// It plays in real time without decoding: media time is the playlists'. Bodies
// of segments are counted and thrown away. A request that fails is asked again
// after a while, at the next edge if the connection failed: that is what DNS
// or a load balancer would do for it.
#pragma once

#include <netinet/in.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bench/viewers/connection.h"
#include "bench/viewers/report.h"
#include "core/playlist/hls_reader.h"

namespace usher::viewers {

struct Edge {
  sockaddr_in address;
  std::string host;  // of the Host header
};

struct Habits {
  std::vector<Edge> edges;
  // What is kept ahead of the picture, as hls.js does.
  double buffer_seconds = 30;
  Clock::duration patience = std::chrono::seconds(20);
  bool lowest = false;  // the variant of the lowest bandwidth, not the highest
};

class Viewer {
 public:
  // `target`: path and query of the first request, with the ticket in it.
  // `number` chooses the first edge. `ended` is called when the last segment
  // was fetched. All references outlive the viewer.
  Viewer(Poller& poller, const Habits& habits, Report& report, size_t number,
         std::string target, std::function<void()> ended);
  Viewer(const Viewer&) = delete;
  Viewer& operator=(const Viewer&) = delete;

  void Start();

 private:
  // One of the playlists that play together.
  struct Rendition {
    std::string url;  // as a target
    playlist::ReadMediaPlaylist playlist;
    std::string text_seen;  // of the last reload, to tell an unchanged one
    Clock::time_point loaded;
    std::optional<uint64_t> next;  // media sequence number
    std::string map;               // the init segment that was fetched last
    double buffered = 0;           // seconds of media, from where play began
    bool ended = false;
  };

  void Ask(What what, std::string target, bool keep_body,
           std::function<void(const Response&)> then);
  void AskAgain();
  void Open();
  void TakeMaster(const Response& response);
  void Load(Rendition& rendition);
  void TakePlaylist(Rendition& rendition, const Response& response);
  void Continue();
  void Fetch(Rendition& rendition, const playlist::ReadSegment& segment);
  void Played(Rendition& rendition, double seconds);
  void In(Clock::duration time, void (Viewer::*what)());
  const playlist::ReadSegment* NextOf(Rendition& rendition) const;
  Clock::duration UntilReload(const Rendition& rendition) const;
  double Ahead() const;

  Poller& poller_;
  const Habits& habits_;
  Report& report_;
  const std::function<void()> ended_;
  size_t edge_;
  Connection connection_;

  // The request under way, to be asked again where it fails.
  What what_ = What::kOpening;
  std::string target_;
  bool keep_body_ = false;
  std::function<void(const Response&)> then_;

  std::string master_;
  std::vector<std::unique_ptr<Rendition>> renditions_;
  Clock::time_point started_;
  std::optional<Clock::time_point> playing_since_;  // moved on by stalls
  bool stalled_once_ = false;
};

}  // namespace usher::viewers
