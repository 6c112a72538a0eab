# Language level, warnings as errors and hardening for every target of ours.
# Link a target to usher_options to get them; third-party headers are SYSTEM.

set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_C_STANDARD 11)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

set(USHER_SANITIZE "" CACHE STRING
    "Sanitizers to build with, as in -fsanitize=LIST")

add_library(usher_options INTERFACE)
target_include_directories(usher_options INTERFACE ${PROJECT_SOURCE_DIR})
target_compile_options(usher_options INTERFACE
  -Wall -Wextra -Werror -fvisibility=hidden -fstack-protector-strong
  $<$<COMPILE_LANGUAGE:CXX>:-Wshadow -Wnon-virtual-dtor -Wold-style-cast
    -Woverloaded-virtual -Wimplicit-fallthrough -fvisibility-inlines-hidden>
  # libstdc++'s own std::stable_sort uses what it calls deprecated.
  $<$<COMPILE_LANG_AND_ID:CXX,Clang>:-Wno-deprecated-declarations>)
target_link_options(usher_options INTERFACE -Wl,-z,relro,-z,now)

if(USHER_SANITIZE)
  target_compile_options(usher_options INTERFACE
    -fsanitize=${USHER_SANITIZE} -fno-sanitize-recover=all
    -fno-omit-frame-pointer
    # GCC's own notes say that sanitizers make this one cry wolf (std::regex).
    $<$<COMPILE_LANG_AND_ID:CXX,GNU>:-Wno-maybe-uninitialized>)
  target_link_options(usher_options INTERFACE -fsanitize=${USHER_SANITIZE})
else()
  # _FORTIFY_SOURCE needs optimisation and disturbs the sanitizers.
  target_compile_options(usher_options INTERFACE
    -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2 -D_GLIBCXX_ASSERTIONS)
endif()
