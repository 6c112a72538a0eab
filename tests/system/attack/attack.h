// One thing a stranger may try, and the one answer it must get.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/system/http_client.h"

namespace usher::testing {

// NOLINTBEGIN(readability-redundant-member-init): g++ wants initialisers of
// members that a designated initialiser leaves out.
struct Attack {
  std::string name;
  std::string target;
  int status;
  // Of the problem+json body; empty where nginx itself answers.
  std::string_view code = {};
  std::string method = "GET";
  Headers headers = {};
  std::string body = {};
};
// NOLINTEND(readability-redundant-member-init)

// Whether a text holds what no attacker may ever read.
using GivesAway = std::function<bool(std::string_view)>;

// Status and code are those of `attack`, and nothing is given away, neither in
// the body nor in a header.
void ExpectAnswer(const Attack& attack, const Answer& answer,
                  std::string_view protocol, const GivesAway& gives_away);

}  // namespace usher::testing
