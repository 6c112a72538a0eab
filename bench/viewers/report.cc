#include "bench/viewers/report.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace usher::viewers {
namespace {

using Json = nlohmann::ordered_json;
using Milliseconds = std::chrono::duration<float, std::milli>;

const char* NameOf(What what) {
  switch (what) {
    case What::kOpening:
      return "opening";
    case What::kPlaylist:
      return "playlist";
    case What::kInit:
      return "init";
    case What::kSegment:
      return "segment";
  }
  return "";
}

Json Spread(std::vector<float> values) {
  if (values.empty()) return nullptr;
  std::ranges::sort(values);
  const auto at = [&](double share) {
    return values[static_cast<size_t>(share *
                                      static_cast<double>(values.size() - 1))];
  };
  return {{"p50", at(0.5)}, {"p95", at(0.95)}, {"max", at(1)}};
}

}  // namespace

void Report::Answered(What what, const Response& response) {
  bytes_ += response.size;
  const bool good = response.status == 200 || response.status == 302;
  if (good) {
    first_byte_[what].push_back(
        std::chrono::duration_cast<Milliseconds>(response.first_byte).count());
    return;
  }
  ++errors_[std::string(NameOf(what)) + " " +
            (response.status == 0 ? response.failure
                                  : std::to_string(response.status))];
}

void Report::Joined(Clock::duration since_opening) {
  join_.push_back(
      std::chrono::duration_cast<Milliseconds>(since_opening).count());
}

void Report::Stalled(Clock::duration length, bool first_of_this_viewer) {
  ++stalls_;
  if (first_of_this_viewer) ++stalled_viewers_;
  stalled_seconds_ += std::chrono::duration<double>(length).count();
}

bool Report::IsClean(size_t viewers) const {
  return errors_.empty() && stalls_ == 0 && join_.size() == viewers;
}

std::string Report::ToJson(size_t viewers, Clock::duration length) const {
  Json json = {{"viewers", viewers},
               {"seconds", std::chrono::duration<double>(length).count()},
               {"joined", join_.size()},
               {"join_ms", Spread(join_)},
               {"stalls",
                {{"count", stalls_},
                 {"viewers", stalled_viewers_},
                 {"seconds", stalled_seconds_}}},
               {"bytes", bytes_},
               {"requests", Json::object()},
               {"first_byte_ms", Json::object()},
               {"errors", Json::object()}};
  for (const auto& [what, times] : first_byte_) {
    json["requests"][NameOf(what)] = times.size();
    json["first_byte_ms"][NameOf(what)] = Spread(times);
  }
  for (const auto& [kind, count] : errors_) json["errors"][kind] = count;
  return json.dump(2) + "\n";
}

}  // namespace usher::viewers
