#include "tests/packager/matrix/pairwise.h"

#include <set>
#include <tuple>

namespace usher::testing {
namespace {

// A parameter and its value, and another's.
using Pair = std::tuple<size_t, size_t, size_t, size_t>;

std::set<Pair> PairsOf(const std::vector<size_t>& sizes) {
  std::set<Pair> pairs;
  for (size_t a = 0; a < sizes.size(); ++a) {
    for (size_t b = a + 1; b < sizes.size(); ++b) {
      for (size_t i = 0; i < sizes[a]; ++i) {
        for (size_t j = 0; j < sizes[b]; ++j) pairs.emplace(a, i, b, j);
      }
    }
  }
  return pairs;
}

constexpr size_t kOpen = ~size_t{0};

// How many pairs that are still missing `value` of `parameter` would make.
size_t Gain(const std::set<Pair>& missing, const Choice& choice,
            size_t parameter, size_t value) {
  size_t gain = 0;
  for (size_t other = 0; other < choice.size(); ++other) {
    if (choice[other] == kOpen || other == parameter) continue;
    const Pair pair = other < parameter
                          ? Pair(other, choice[other], parameter, value)
                          : Pair(parameter, value, other, choice[other]);
    if (missing.contains(pair)) ++gain;
  }
  return gain;
}

}  // namespace

std::vector<Choice> AllPairs(const std::vector<size_t>& sizes) {
  std::set<Pair> missing = PairsOf(sizes);
  std::vector<Choice> choices;
  while (!missing.empty()) {
    Choice choice(sizes.size(), kOpen);
    const auto [a, i, b, j] = *missing.begin();
    choice[a] = i;
    choice[b] = j;
    for (size_t p = 0; p < sizes.size(); ++p) {
      if (choice[p] != kOpen) continue;
      // Ties go round, so that the rest is spread evenly.
      size_t best = choices.size() % sizes[p];
      for (size_t value = 0; value < sizes[p]; ++value) {
        if (Gain(missing, choice, p, value) > Gain(missing, choice, p, best)) {
          best = value;
        }
      }
      choice[p] = best;
    }
    std::erase_if(missing, [&](const Pair& pair) {
      const auto& [c, k, d, l] = pair;
      return choice[c] == k && choice[d] == l;
    });
    choices.push_back(std::move(choice));
  }
  return choices;
}

}  // namespace usher::testing
