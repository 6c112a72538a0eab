# usher_add_unit_test(NAME SOURCES... [LIBRARIES ...] [SERIAL])
#
# One GoogleTest program per folder of the tree it mirrors; ctest lists each of
# its tests as NAME/Suite.Test. Tests run in parallel, so none may share ports
# or directories (tests/support/temp_dir.h, free_port.h). SERIAL: nothing runs
# beside them.
find_package(GTest REQUIRED)
include(GoogleTest)

function(usher_add_unit_test NAME)
  cmake_parse_arguments(ARG "SERIAL" "TIMEOUT" "SOURCES;LIBRARIES;LABELS" ${ARGN})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 120)
  endif()
  add_executable(${NAME} ${ARG_SOURCES})
  target_link_libraries(${NAME} PRIVATE
    usher_options usher_test_support ${ARG_LIBRARIES} GTest::gmock GTest::gtest_main)
  gtest_discover_tests(${NAME}
    TEST_PREFIX ${NAME}/
    WORKING_DIRECTORY ${PROJECT_SOURCE_DIR}
    DISCOVERY_MODE PRE_TEST
    PROPERTIES TIMEOUT ${ARG_TIMEOUT} LABELS "${ARG_LABELS}"
      RUN_SERIAL ${ARG_SERIAL})
endfunction()
