#include "packager/inspect/location.h"

#include <gtest/gtest.h>

namespace usher::inspect {
namespace {

TEST(Location, ResolvesReferencesInFilesAndUrls) {
  struct Row {
    const char* base;
    const char* reference;
    std::optional<std::string> location;
  };
  const Row rows[] = {
      {"/film/v/media.m3u8", "1.m4s", "/film/v/1.m4s"},
      {"/film/v/media.m3u8", "../key/K", "/film/key/K"},
      {"/film/v/media.m3u8", "a%20b.m4s?x=1#y", "/film/v/a b.m4s"},
      {"/film/v/media.m3u8", "http://h/1.m4s", "http://h/1.m4s"},
      {"/film/v/media.m3u8", "file:///etc/passwd", std::nullopt},
      {"/film/v/media.m3u8", "data:text/plain,x", std::nullopt},
      {"/film/v/media.m3u8", "", std::nullopt},
      {"https://h/s/T/film/m.m3u8?x", "../k/1", "https://h/s/T/k/1"},
      {"https://h/s/T/film/m.m3u8", "/1", "https://h/1"},
      {"https://h/a/m.m3u8", "//other/1", "https://other/1"},
      {"https://h/a/m.m3u8", "file:///etc/passwd", std::nullopt},
      {"https://h/a/m.m3u8", "gopher://h/", std::nullopt},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(Resolve(row.base, row.reference), row.location)
        << row.base << " " << row.reference;
  }
}

TEST(Location, IsShownWithoutCredentials) {
  struct Row {
    const char* root;
    const char* location;
    const char* shown;
  };
  const Row rows[] = {
      {"/film/", "/film/v/1.m4s", "v/1.m4s"},
      {"/film/v/", "/film/key/K", "../key/K"},
      {"https://h/s/SECRET/film/", "https://h/s/SECRET/film/v/1.m4s",
       "v/1.m4s"},
      {"https://h/s/SECRET/film/", "https://h/s/SECRET/film/v/1.m4s?t=SECRET",
       "v/1.m4s"},
      {"https://h/s/SECRET/film/v/", "https://h/s/SECRET/film/key/K",
       "../key/K"},
      {"https://h/film/", "https://u:SECRET@other/SECRET/1.m4s?t=SECRET",
       ".../1.m4s"},
      {"/film/", "https://other/SECRET/1.m4s?t=SECRET", ".../1.m4s"},
  };
  for (const Row& row : rows) {
    const std::string shown = Shown(row.root, row.location);
    EXPECT_EQ(shown, row.shown) << row.location;
    EXPECT_EQ(shown.find("SECRET"), std::string::npos);
  }
}

}  // namespace
}  // namespace usher::inspect
