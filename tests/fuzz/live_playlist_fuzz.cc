// A live media playlist as an origin reads it. The input is a playlist.
#include <string>

#include "core/playlist/hls_reader.h"
#include "ngx_module/engine/live_playlist.h"
#include "tests/fuzz/fuzz_target.h"

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using usher::engine::LivePlaylist;
  const auto playlist = LivePlaylist::Read(
      std::string(reinterpret_cast<const char*>(data), size));
  if (!playlist) return 0;
  FUZZ_EXPECT(playlist->target_duration() > 0);
  for (const uint64_t number : {uint64_t{0}, uint64_t{7}, ~uint64_t{0}}) {
    playlist->Reaches(number, {});
    playlist->Reaches(number, number);
    playlist->Delta(number);
  }
  const auto delta = playlist->Delta();
  if (!delta) return 0;
  FUZZ_EXPECT(delta->find("#EXT-X-SKIP:") != std::string::npos);
  usher::playlist::ReadHls(*delta);
  return 0;
}
