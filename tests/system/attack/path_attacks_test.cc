// Paths that mean one thing to who checks and another to who serves, asked
// for with a session of another event and with none.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/system/attack/stage.h"

namespace usher::testing {
namespace {

class PathAttacks : public ::testing::Test {
 protected:
  PathAttacks() : own_(stage_.Session("own")) {}
  // `path` behind the session of "own".
  void Add(std::string path, int status, std::string_view code) {
    attacks_.push_back(
        {.name = path, .target = own_ + path, .status = status, .code = code});
  }
  void AddBare(std::string path, int status, std::string_view code) {
    attacks_.push_back(
        {.name = path, .target = path, .status = status, .code = code});
  }

  Stage stage_;
  std::string own_;
  std::vector<Attack> attacks_;
};

TEST_F(PathAttacks, TheSessionOfOneEventReachesNoOther) {
  // What nginx resolves to the film is judged as the film.
  for (const char* path :
       {"/film/v720/1.m4s", "/own/../film/v720/1.m4s",
        "/own/%2e%2e/film/v720/1.m4s", "/own/%2E%2e/film/v720/1.m4s",
        "/own/..%2ffilm/v720/1.m4s", "/own%2f..%2ffilm/v720/1.m4s",
        "/own/v720/../../film/v720/1.m4s", "//film/v720/1.m4s",
        "/./film/v720/1.m4s", "/%66ilm/v720/1.m4s", "/film//v720/1.m4s",
        "/film/./v720/1.m4s", "/film/v720/1.m4s?/own/x",
        "/film/v720/1.m4s?event=own", "/film-2/v720/1.m4s", "/fil/v720/1.m4s",
        "/", "/own/..", "/own/../film"}) {
    Add(path, 403, "session_invalid");
  }
  for (const char* path :
       {"/FILM/v720/1.m4s", "/Film/v720/1.m4s", "/film./v720/1.m4s",
        "/.film/v720/1.m4s", "/own.film/v720/1.m4s", "/~film/v720/1.m4s"}) {
    Add(path, 403, "session_invalid");
  }
  stage_.Withstands(attacks_);
}

TEST_F(PathAttacks, SpellingsThatAreRefusedAsSuch) {
  for (const char* path : {"/own/..;/film/v720/1.m4s",
                           "/own;/film/v720/1.m4s",
                           "/film;own/v720/1.m4s",
                           "/own/%252e%252e/film/v720/1.m4s",
                           "/own/..%252ffilm/v720/1.m4s",
                           "/own/..%5cfilm/v720/1.m4s",
                           "/own\\..\\film\\v720\\1.m4s",
                           "/own/..\\film/v720/1.m4s",
                           "/film/v720/1.m4s%3f",
                           "/film/v720/1.m4s%23",
                           "/film/v720/1.m4s%20",
                           "/film/v720/1.m4s%0a",
                           "/film/v720/1.m4s%0d%0aX:%20y",
                           "/film/v720/1.m4s%7f",
                           "/film/v720/1.m4s%ff",
                           "/film/v720/1.m4s:x",
                           "/film/v720/1.m4s*",
                           "/film/v720/1.m4s$",
                           "/film/v720/1.m4s@own",
                           "/film/v720/1.m4s,",
                           "/film/v720/1.m4s+",
                           "/film/v720/'1.m4s",
                           "/film/v720/%221.m4s",
                           "/film/v720/(1.m4s",
                           "/film/v720/1.m4s|",
                           "/own/%c0%ae%c0%ae/film/v720/1.m4s",
                           "/own/%c0%af/film/v720/1.m4s",
                           "/own/%e0%80%ae/film/v720/1.m4s",
                           "/fi%cc%87lm/v720/1.m4s",
                           "/%ef%bd%86ilm/v720/1.m4s",
                           "/film/v720/%25",
                           "/film/v720/1.m4s%3f_HLS_msn=1"}) {
    Add(path, 400, "bad_request");
  }
  stage_.Withstands(attacks_);
}

TEST_F(PathAttacks, WhatNginxItselfRefuses) {
  for (const char* path : {"/own/../../../../film/v720/1.m4s/../../../../..",
                           "/own/%", "/own/%zz/film/v720/1.m4s", "/own/%2"}) {
    Add(path, 400, {});
  }
  stage_.WithstandsHttp1(attacks_);
}

TEST_F(PathAttacks, NulEndsNothing) {
  for (const char* path :
       {"/own%00/../film/v720/1.m4s", "/film/v720/1.m4s%00/own/x",
        "/film%00/v720/1.m4s"}) {
    Add(path, 400, {});
  }
  stage_.WithstandsHttp1(attacks_);
}

TEST_F(PathAttacks, ThePrefixStandsOnceAndAtTheFront) {
  const std::string film = stage_.Session("film");
  const std::string segment(kSegment);
  for (const std::string& path : std::vector<std::string>{
           film + film + segment, film + "/s/junk" + segment,
           segment + "/.." + film, "/film" + film + "/v720/1.m4s",
           "/x" + film + segment, film + segment + film,
           "/s/s" + film + segment, film + "/s" + segment}) {
    AddBare(path, 400, "bad_request");
  }
  AddBare("/S" + film.substr(2) + segment, 400, "bad_request");
  AddBare("/s-" + film.substr(3) + segment, 401, "ticket_missing");
  AddBare(film + "x" + segment, 403, "session_invalid");
  AddBare(film + "/../film/v720/1.m4s", 403, "session_invalid");
  AddBare("/s/.." + segment, 401, "ticket_missing");
  AddBare("/s/%2e%2e" + segment, 401, "ticket_missing");
  AddBare("/s/." + segment, 403, "session_invalid");
  AddBare("/s//film/v720/1.m4s", 403, "session_invalid");
  AddBare("/s", 400, "bad_request");
  AddBare("/s/", 400, "bad_request");
  AddBare("/s/junk", 400, "bad_request");
  stage_.Withstands(attacks_);
}

TEST_F(PathAttacks, WithNoSessionAtAll) {
  for (const char* path :
       {"/film/v720/1.m4s", "/film/master.m3u8", "/film/v720/init.mp4",
        "/film/", "/film", "/", "//film//v720//1.m4s",
        "/film/v720/../v720/1.m4s", "/own/../film/v720/1.m4s",
        "/film/v720/1.m4s?", "/film/v720/1.m4s?x=/s/junk",
        "/film/v720/1.m4s?_HLS_msn=1", "/index.html", "/favicon.ico",
        "/robots.txt", "/.git/config", "/film/key/"}) {
    AddBare(path, 401, "ticket_missing");
  }
  AddBare(stage_.KeyPath(), 401, "ticket_missing");
  stage_.Withstands(attacks_);
}

TEST_F(PathAttacks, ArgumentsThatCouldBeReadTwice) {
  const std::string film = stage_.Session("film") + "/film/master.m3u8?";
  for (const char* args :
       {"_HLS_msn=1&_HLS_msn=2", "_HLS_msn=1&_HLS_msn=1",
        "_HLS_msn=", "_HLS_msn", "_HLS_msn=-1", "_HLS_msn=+1", "_HLS_msn=1.0",
        "_HLS_msn=0x1", "_HLS_msn=%31", "_HLS_msn=1%00",
        "_HLS_msn=9999999999999999999", "_HLS_msn=1e3", "_HLS_part=a",
        "_HLS_part=1&_HLS_part=2", "_HLS_skip=yes", "_HLS_skip=NO",
        "_HLS_skip=v3", "_HLS_skip=YES&_HLS_skip=v2"}) {
    AddBare(film + args, 400, "bad_request");
  }
  stage_.Withstands(attacks_);
}

}  // namespace
}  // namespace usher::testing
