#include "packager/cli/root_command.h"

int main(int argc, char** argv) { return usher::cli::Run(argc, argv); }
