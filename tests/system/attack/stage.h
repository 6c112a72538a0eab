// The house under attack: an edge with two workers that caches, speaking
// HTTP/1.1 and HTTP/2, and the origin with films and content keys behind it.
//
// It plays two events, "film" and "own"; an attacker may hold a ticket for
// "own" and wants a byte of "film".
#pragma once

#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/keys/content_key.h"
#include "tests/system/attack/attack.h"
#include "tests/system/nginx.h"
#include "tests/system/viewer.h"

namespace usher::testing {

inline constexpr std::string_view kSegment = "/film/v720/1.m4s";

class Stage {
 public:
  // `keys` is the shop's JWK Set; the box office's where nothing is said.
  explicit Stage(std::string_view jwks = {});

  uint16_t port() const { return nginx_.port(1); }
  uint16_t http2_port() const { return nginx_.port(2); }
  Nginx& nginx() { return nginx_; }

  // "/s/<session>" of somebody who paid for this event.
  std::string Session(std::string_view event) const;
  const keys::ContentKey& film_key() const { return film_key_; }
  std::string KeyPath() const;
  // What no attacker may ever read is in `text`: media or a key, in any of the
  // spellings it could leave in.
  bool IsGivenAway(std::string_view text) const;

  // Each attack over HTTP/1.1 and over HTTP/2: status, code, and nothing given
  // away. Says at the end that the house still serves who paid.
  void Withstands(std::span<const Attack> attacks);
  void WithstandsHttp1(std::span<const Attack> attacks);
  // The film is still served to those who paid for it.
  void StillServes();

 private:
  void Judge(const Attack& attack, const Answer& answer,
             std::string_view protocol);

  Nginx nginx_;
  keys::ContentKey film_key_;
  std::string media_;
  int judged_ = 0;
};

}  // namespace usher::testing
