// Few cases in which every pair of values of any two parameters occurs: most
// faults need no more than two options to meet.
#pragma once

#include <cstddef>
#include <vector>

namespace usher::testing {

// One value for each parameter, as an index.
using Choice = std::vector<size_t>;

// `sizes` are how many values each parameter has. The same for the same sizes.
std::vector<Choice> AllPairs(const std::vector<size_t>& sizes);

}  // namespace usher::testing
