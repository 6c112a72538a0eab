# The nginx to build the module for: Debian's, as the package nginx-dev has it.
#
#   NGINX_INCLUDE_DIRS   its headers, with those its configure makes
#   NGINX_MODULE_LIST    the C file that names the module's parts to its loader
#
# configure runs once, in a copy in the build directory, and again only when it
# or our own config changes: it takes some seconds.
set(NGINX_SOURCE_DIR /usr/share/nginx/src CACHE PATH
    "nginx sources with conf_flags, as in Debian's nginx-dev")
if(NOT EXISTS ${NGINX_SOURCE_DIR}/conf_flags)
  message(FATAL_ERROR "${NGINX_SOURCE_DIR}: no nginx sources; "
          "install nginx-dev (scripts/setup.sh does)")
endif()

set(nginx_tree ${PROJECT_BINARY_DIR}/nginx)
set(nginx_inputs ${NGINX_SOURCE_DIR}/conf_flags ${NGINX_SOURCE_DIR}/configure
    ${PROJECT_SOURCE_DIR}/ngx_module/config)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${nginx_inputs})

set(nginx_fingerprint "")
foreach(input IN LISTS nginx_inputs)
  file(SHA256 ${input} digest)
  string(APPEND nginx_fingerprint "${digest}\n")
endforeach()
set(nginx_configured "")
if(EXISTS ${nginx_tree}/fingerprint)
  file(READ ${nginx_tree}/fingerprint nginx_configured)
endif()

if(NOT nginx_configured STREQUAL nginx_fingerprint)
  message(STATUS "Configuring nginx's headers in ${nginx_tree}")
  file(REMOVE_RECURSE ${nginx_tree})
  file(COPY ${NGINX_SOURCE_DIR}/ DESTINATION ${nginx_tree})
  execute_process(
    COMMAND bash -c ". ./conf_flags && ./configure \"\${NGX_CONF_FLAGS[@]}\" \
--add-dynamic-module=${PROJECT_SOURCE_DIR}/ngx_module"
    WORKING_DIRECTORY ${nginx_tree}
    OUTPUT_FILE ${nginx_tree}/configure.log
    ERROR_FILE ${nginx_tree}/configure.log
    RESULT_VARIABLE nginx_result)
  if(NOT nginx_result EQUAL 0)
    message(FATAL_ERROR "nginx's configure failed: "
            "see ${nginx_tree}/configure.log")
  endif()
  file(WRITE ${nginx_tree}/fingerprint "${nginx_fingerprint}")
endif()

set(NGINX_MODULE_LIST ${nginx_tree}/objs/ngx_http_usher_module_modules.c)
set(NGINX_INCLUDE_DIRS
  ${nginx_tree}/src/core ${nginx_tree}/src/event ${nginx_tree}/src/event/modules
  ${nginx_tree}/src/event/quic ${nginx_tree}/src/os/unix ${nginx_tree}/objs
  ${nginx_tree}/src/http ${nginx_tree}/src/http/modules ${nginx_tree}/src/http/v2
  ${nginx_tree}/src/http/v3)
