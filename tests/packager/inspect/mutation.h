// One way to break a good presentation, and the check that must find it.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "tests/packager/inspect/good_presentation.h"

namespace usher::inspect::testing {

struct Mutation {
  std::string check;
  Severity severity = Severity::kError;
  Good good = Good::kClear;
  std::function<void(Presentation&)> apply;
  // Part of the finding's place; empty: anywhere.
  std::string place = {};
  bool with_key = true;
};

std::vector<Mutation> PlaylistMutations();
std::vector<Mutation> MediaMutations();
std::vector<Mutation> EncryptionMutations();
std::vector<Mutation> DashMutations();
std::vector<Mutation> DrmMutations();
std::vector<Mutation> TransportStreamMutations();
std::vector<Mutation> TextMutations();

}  // namespace usher::inspect::testing
