// SIGINT and SIGTERM as an Interrupt, so that work ends cleanly. A second one
// ends the process at once.
#pragma once

#include "packager/input/interrupt.h"

namespace usher::cli {

// Once a process, before any thread is started. Writing past a file-size limit
// and to a closed pipe become errors, too, instead of the process's death.
const Interrupt& HandleSignals();

}  // namespace usher::cli
