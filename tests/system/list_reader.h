// Reads an origin's playlists time and again, as viewers do.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "core/playlist/hls_reader.h"
#include "tests/support/temp_dir.h"

namespace usher::testing {

// A failure where a playlist names what is not there.
class ListReader {
 public:
  explicit ListReader(std::filesystem::path event)
      : event_(std::move(event)), thread_([this](const std::stop_token& stop) {
          while (!stop.stop_requested()) LookAround();
        }) {}

  size_t seen() const { return seen_; }

 private:
  void LookAround() {
    for (const char* scheme : {"", "cbcs"}) {
      for (const char* track : {"v180", "a-und"}) {
        const std::filesystem::path directory = event_ / scheme / track;
        for (const char* list : {"media.m3u8", "event.m3u8"}) {
          if (std::filesystem::exists(directory / list)) Check(directory, list);
        }
      }
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  // A file may go once a newer list is there.
  void Check(const std::filesystem::path& directory, const std::string& name) {
    const std::string text = ReadFile(directory / name);
    std::string missing;
    for (const std::string& uri : UrisOf(playlist::ReadHls(text).media)) {
      ++seen_;
      if (!std::filesystem::exists(directory / uri)) missing += uri + " ";
    }
    if (missing.empty() || ReadFile(directory / name) != text) return;
    ADD_FAILURE() << directory / name << " names " << missing << "\n" << text;
  }
  static std::vector<std::string> UrisOf(
      const playlist::ReadMediaPlaylist& list) {
    std::vector<std::string> uris;
    const auto add_parts = [&](const playlist::ReadSegment& segment) {
      for (const auto& part : segment.parts) uris.push_back(part.uri);
    };
    for (const auto& map : list.maps) uris.push_back(map.uri);
    for (const auto& segment : list.segments) {
      if (!segment.gap) uris.push_back(segment.uri);
      add_parts(segment);
    }
    add_parts(list.open);
    return uris;
  }

  const std::filesystem::path event_;
  std::atomic<size_t> seen_ = 0;
  std::jthread thread_;
};

}  // namespace usher::testing
