// The samples of a movie fragment as its boxes describe them (tfhd, tfdt,
// trun and mdat), read without the code under test.
#pragma once

#include <vector>

#include "packager/fragment/fragment.h"
#include "tests/support/box_reader.h"

namespace usher::testing {

// `moof` is a child of `file`, and mdat lies where data_offset leads.
// Fragment::number is mfhd's sequence number.
Fragment ReadMovieFragment(const Box& file, const Box& moof);

// The fragments of all moofs in `file`, in order.
std::vector<Fragment> ReadMovieFragments(const Box& file);

// A fragment's samples as separate byte strings.
std::vector<Bytes> SplitSamples(const Fragment& fragment);

}  // namespace usher::testing
