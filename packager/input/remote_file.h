// A film on a web server, fetched by Range requests (RFC 9110 14) as it is
// needed and kept in a spool: no byte is fetched twice.
//
// A lost connection is taken up again where it broke. A server without ranges
// is read once, from end to end, and must not break off. That the film stays
// the same is checked by its validator (If-Range) and its length.
#pragma once

#include <string>

#include "packager/input/input_file.h"

namespace usher {

// Fails where nothing can be fetched. No message holds more of the URL than
// host and file name. `interrupt` outlives the result.
Result<InputFilePtr> OpenRemote(const std::string& url, const SpoolPlace& spool,
                                const Interrupt& interrupt);

}  // namespace usher
