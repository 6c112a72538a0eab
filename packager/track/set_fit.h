// How a parameter set that lies among the pictures stands to the decoder
// configuration.
#pragma once

namespace usher {

enum class SetFit {
  kHeld,         // it is one of the configuration's
  kAdds,         // it has an id of its own, and may be added
  kContradicts,  // from here on the stream is another one
};

}  // namespace usher
