#include <gtest/gtest.h>

#include <string>

#include "core/layout/layout.h"

namespace usher::layout {
namespace {

const std::string kLongest(63, 'a');

TEST(EventName, IsLowerCaseLettersDigitsAndHyphens) {
  for (const std::string& name :
       {std::string("a"), std::string("9"), std::string("fight-night"),
        std::string("2026-final-"), std::string("a--b"), std::string("ss"),
        std::string("usher2"), std::string("key"), kLongest}) {
    EXPECT_TRUE(IsEventName(name)) << name;
  }
}

TEST(EventName, IsNothingThatClimbsHidesOrIsReserved) {
  using std::string_literals::operator""s;
  for (const std::string& name :
       {""s, "s"s, "usher"s, "-a"s, "."s, ".."s, "a.b"s, "a/b"s, "../a"s,
        "a_b"s, "A"s, "a b"s, "a\n"s, "\0a"s, "a\0"s, "caf\xc3\xa9"s, "a%2e"s,
        kLongest + "a"}) {
    EXPECT_FALSE(IsEventName(name)) << name;
  }
}

struct Derivation {
  const char* file;
  const char* event;
};

TEST(EventName, IsDerivedFromAFileName) {
  for (const auto& [file, event] : {
           Derivation{"film.mp4", "film"},
           Derivation{"My Film (2).mp4", "my-film-2"},
           Derivation{"/srv/in/Final.Cut.mov", "final-cut"},
           Derivation{"a__b--c.ts", "a-b-c"},
           Derivation{"noextension", "noextension"},
           Derivation{"s.mp4", "s-event"},
           Derivation{"Usher.mkv", "usher-event"},
           Derivation{".mp4", "mp4"},
           Derivation{"caf\xc3\xa9.mp4", "caf"},
           Derivation{"\xe6\x98\xa0\xe7\x94\xbb.mp4", "event"},
           Derivation{"", "event"},
           Derivation{"/", "event"},
           Derivation{"---.mp4", "event"},
       }) {
    EXPECT_EQ(EventNameFor(file), event) << file;
  }
}

TEST(EventName, DerivedFromAnythingIsValid) {
  for (unsigned c = 0; c < 256; ++c) {
    const std::string file(100, static_cast<char>(c));
    EXPECT_TRUE(IsEventName(EventNameFor(file))) << c;
  }
  const std::string trailing = std::string(62, 'a') + " b";
  EXPECT_EQ(EventNameFor(trailing), std::string(62, 'a'));
}

TEST(TrackName, IsNoDirectoryOfASchemeNorOfKeysAndNoFile) {
  for (const char* name : {"v720", "a-eng", "0"}) {
    EXPECT_TRUE(IsTrackName(name)) << name;
  }
  for (const char* name : {"", "key", "aes-128", "cbcs", "cenc", "none",
                           "v720.2", "master.m3u8", "..", "-v", "V720"}) {
    EXPECT_FALSE(IsTrackName(name)) << name;
  }
}

}  // namespace
}  // namespace usher::layout
