#include "bench/viewers/viewer.h"

#include <algorithm>
#include <utility>

#include "packager/inspect/location.h"

namespace usher::viewers {
namespace {

using playlist::HlsLine;
using playlist::ReadSegment;
using std::chrono::milliseconds;

// rfc8216bis 6.3.3: not within three target durations of the live end.
constexpr double kTargetsBehindLive = 3;
constexpr milliseconds kBeforeAskingAgain{500};

// References are resolved as URLs, and asked for as targets.
constexpr std::string_view kAnyHost = "http://edge";

std::string TargetOf(const std::string& base, const std::string& reference) {
  const auto url = inspect::Resolve(std::string(kAnyHost) + base, reference);
  if (!url || !url->starts_with(kAnyHost)) return reference;
  return url->substr(kAnyHost.size());
}

uint64_t BandwidthOf(const HlsLine& tag) {
  return playlist::ParseInteger(tag.Get("BANDWIDTH")).value_or(0);
}

Clock::duration Seconds(double seconds) {
  return std::chrono::duration_cast<Clock::duration>(
      std::chrono::duration<double>(seconds));
}

}  // namespace

Viewer::Viewer(Poller& poller, const Habits& habits, Report& report,
               size_t number, std::string target, std::function<void()> ended)
    : poller_(poller),
      habits_(habits),
      report_(report),
      ended_(std::move(ended)),
      edge_(number % habits.edges.size()),
      connection_(poller, habits.patience),
      target_(std::move(target)) {
  connection_.SetServer(habits.edges[edge_].address, habits.edges[edge_].host);
}

void Viewer::Start() {
  started_ = Clock::now();
  Open();
}

void Viewer::In(Clock::duration time, void (Viewer::*what)()) {
  poller_.At(Clock::now() + time, [this, what] { (this->*what)(); });
}

// --- requests ----------------------------------------------------------------

void Viewer::Ask(What what, std::string target, bool keep_body,
                 std::function<void(const Response&)> then) {
  what_ = what;
  target_ = std::move(target);
  keep_body_ = keep_body;
  then_ = std::move(then);
  AskAgain();
}

void Viewer::AskAgain() {
  connection_.Get(target_, keep_body_, [this](const Response& response) {
    report_.Answered(what_, response);
    if (response.status == 200 || response.status == 302) {
      const auto then = then_;
      return then(response);
    }
    if (response.status == 0) {
      edge_ = (edge_ + 1) % habits_.edges.size();
      connection_.SetServer(habits_.edges[edge_].address,
                            habits_.edges[edge_].host);
    }
    In(kBeforeAskingAgain, &Viewer::AskAgain);
  });
}

void Viewer::Open() {
  Ask(What::kOpening, target_, true, [this](const Response& response) {
    if (response.status != 302) return TakeMaster(response);
    Ask(What::kPlaylist, TargetOf(target_, response.location), true,
        [this](const Response& master) { TakeMaster(master); });
  });
}

// --- playlists ---------------------------------------------------------------

void Viewer::TakeMaster(const Response& response) {
  master_ = target_.substr(0, target_.find('?'));
  const playlist::HlsDocument document = playlist::ReadHls(response.body);
  const auto& variants = document.presentation.variants;
  const auto add = [this](const std::string& target) {
    auto rendition = std::make_unique<Rendition>();
    rendition->url = target;
    renditions_.push_back(std::move(rendition));
  };
  if (!document.multivariant || variants.empty()) {
    add(master_);
    return Continue();
  }
  const auto less = [this](const auto& a, const auto& b) {
    return habits_.lowest ? BandwidthOf(a.tag) > BandwidthOf(b.tag)
                          : BandwidthOf(a.tag) < BandwidthOf(b.tag);
  };
  const auto chosen = std::ranges::max_element(variants, less);
  add(TargetOf(master_, chosen->uri));
  const std::string_view group = chosen->tag.Get("AUDIO");
  const auto& renditions = document.presentation.renditions;
  const auto audio = std::ranges::find_if(renditions, [&](const HlsLine& line) {
    return !group.empty() && line.Get("GROUP-ID") == group &&
           !line.Get("URI").empty();
  });
  if (audio != renditions.end()) {
    add(TargetOf(master_, std::string(audio->Get("URI"))));
  }
  Continue();
}

void Viewer::Load(Rendition& rendition) {
  std::string target = rendition.url;
  const playlist::ReadMediaPlaylist& known = rendition.playlist;
  if (known.low_latency.can_block_reload && rendition.next) {
    // Held until there is something new (6.2.5.2).
    target += "?_HLS_msn=" + std::to_string(*rendition.next);
  }
  Ask(What::kPlaylist, std::move(target), true,
      [this, &rendition](const Response& response) {
        TakePlaylist(rendition, response);
      });
}

void Viewer::TakePlaylist(Rendition& rendition, const Response& response) {
  rendition.loaded = Clock::now();
  if (response.body != rendition.text_seen) {
    rendition.text_seen = response.body;
    rendition.playlist = playlist::ReadHls(response.body).media;
  }
  const playlist::ReadMediaPlaylist& playlist = rendition.playlist;
  if (!rendition.next && !playlist.segments.empty()) {
    size_t index = 0;
    if (!playlist.end_list) {
      const double behind =
          kTargetsBehindLive *
          static_cast<double>(playlist.target_duration.value_or(1));
      double until_end = 0;
      index = playlist.segments.size();
      while (index > 0 && until_end < behind) {
        until_end += playlist.segments[--index].duration;
      }
    }
    rendition.next = playlist.segments[index].number;
  }
  Continue();
}

// --- play --------------------------------------------------------------------

const ReadSegment* Viewer::NextOf(Rendition& rendition) const {
  const auto& segments = rendition.playlist.segments;
  if (!rendition.next || segments.empty()) return nullptr;
  // Left behind by a window that slid on: go on where it begins.
  rendition.next = std::max(*rendition.next, segments.front().number);
  const size_t index = *rendition.next - segments.front().number;
  return index < segments.size() ? &segments[index] : nullptr;
}

// 6.3.4: not before half a target duration has passed since the last load.
Clock::duration Viewer::UntilReload(const Rendition& rendition) const {
  if (rendition.playlist.low_latency.can_block_reload) return {};
  const auto target = std::chrono::duration_cast<milliseconds>(
      std::chrono::seconds(rendition.playlist.target_duration.value_or(1)));
  return std::max<Clock::duration>(rendition.loaded + target / 2 - Clock::now(),
                                   milliseconds(0));
}

double Viewer::Ahead() const {
  double least = 1e9;
  for (const auto& rendition : renditions_) {
    least = std::min(least, rendition->buffered);
  }
  if (!playing_since_) return least;
  return least -
         std::chrono::duration<double>(Clock::now() - *playing_since_).count();
}

// What is needed first is asked for next.
void Viewer::Continue() {
  for (const auto& rendition : renditions_) {
    if (rendition->playlist.segments.empty() &&
        rendition->loaded == Clock::time_point{}) {
      return Load(*rendition);
    }
  }
  if (Ahead() >= habits_.buffer_seconds) {
    return In(Seconds(Ahead() - habits_.buffer_seconds + 0.05),
              &Viewer::Continue);
  }
  Rendition* const least =
      std::ranges::min_element(renditions_, {}, [](const auto& rendition) {
        return rendition->ended ? 1e9 : rendition->buffered;
      })->get();
  if (least->ended) return ended_();
  if (const ReadSegment* const segment = NextOf(*least)) {
    return Fetch(*least, *segment);
  }
  if (least->playlist.end_list) {
    least->ended = true;
    return Continue();
  }
  const auto wait = UntilReload(*least);
  if (wait > Clock::duration::zero()) return In(wait, &Viewer::Continue);
  Load(*least);
}

void Viewer::Fetch(Rendition& rendition, const ReadSegment& segment) {
  if (segment.map) {
    const std::string map =
        TargetOf(rendition.url, rendition.playlist.maps[*segment.map].uri);
    if (map != rendition.map) {
      rendition.map = map;
      return Ask(What::kInit, map, false,
                 [this](const Response&) { Continue(); });
    }
  }
  const double seconds = segment.duration;
  const uint64_t number = segment.number;
  if (segment.gap) {
    rendition.next = number + 1;
    return Played(rendition, seconds);
  }
  Ask(What::kSegment, TargetOf(rendition.url, segment.uri), false,
      [this, &rendition, seconds, number](const Response&) {
        rendition.next = number + 1;
        Played(rendition, seconds);
      });
}

void Viewer::Played(Rendition& rendition, double seconds) {
  // The picture stood still from when nothing was left until now.
  const double behind = -Ahead();
  if (playing_since_ && behind > 0) {
    report_.Stalled(Seconds(behind), !stalled_once_);
    stalled_once_ = true;
    *playing_since_ += Seconds(behind);
  }
  rendition.buffered += seconds;
  if (!playing_since_ && Ahead() > 0) {
    playing_since_ = Clock::now();
    report_.Joined(*playing_since_ - started_);
  }
  Continue();
}

}  // namespace usher::viewers
