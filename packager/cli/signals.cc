#include "packager/cli/signals.h"

#include <csignal>

namespace usher::cli {
namespace {

Interrupt interrupt;

void OnSignal(int) { interrupt.Request(); }

}  // namespace

const Interrupt& HandleSignals() {
  struct sigaction action{};
  action.sa_handler = OnSignal;
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  for (const int number : {SIGINT, SIGTERM}) {
    ::sigaction(number, &action, nullptr);
  }
  action.sa_handler = SIG_IGN;
  action.sa_flags = 0;
  for (const int number : {SIGXFSZ, SIGPIPE}) {
    ::sigaction(number, &action, nullptr);
  }
  return interrupt;
}

}  // namespace usher::cli
