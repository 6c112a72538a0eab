
/*
 * Key and secret files: read while the configuration is, checked against what
 * the workers may read, and polled by each worker once a second. Contents lie
 * in the engine, never in a location's configuration.
 */

#include "ngx_http_usher_module.h"
#include "ngx_http_usher_parking.h"

#include <pwd.h>
#include <grp.h>


#define NGX_HTTP_USHER_POLL_INTERVAL   1000


static void ngx_http_usher_close_file(void *data);
static void ngx_http_usher_poll_handler(ngx_event_t *ev);
static void ngx_http_usher_poll_files(ngx_http_usher_main_conf_t *umcf,
    ngx_log_t *log);


static ngx_event_t       ngx_http_usher_poll_event;
static ngx_connection_t  ngx_http_usher_poll_connection;


char *
ngx_http_usher_file(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    char  *p = conf;

    ngx_str_t      *value, path;
    usher_file_t  **file;

    file = (usher_file_t **) (p + cmd->offset);

    if (*file) {
        return "is duplicate";
    }

    value = cf->args->elts;
    path = value[1];

    if (ngx_conf_full_name(cf->cycle, &path, 1) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    *file = ngx_http_usher_open_file(cf, (usher_file_kind_t) (uintptr_t)
                                         cmd->post, &path);

    return *file ? NGX_CONF_OK : NGX_CONF_ERROR;
}


char *
ngx_http_usher_content_keys(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_usher_loc_conf_t  *ulcf = conf;

    char                       line[NGX_HTTP_USHER_ERROR_LEN];
    ngx_str_t                 *value;
    usher_buffer_t             error = { line, sizeof(line), 0 };
    usher_reader_t             reader;
    ngx_http_core_loc_conf_t  *clcf;

    if (ulcf->content_keys.len) {
        return "is duplicate";
    }

    value = cf->args->elts;
    ulcf->content_keys = value[1];

    if (ngx_conf_full_name(cf->cycle, &ulcf->content_keys, 1) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    ngx_http_usher_reader(cf, &reader);

    if (usher_directory_check((char *) ulcf->content_keys.data, &reader, &error)
        != 0)
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "usher: %*s", error.size,
                           error.data);
        return NGX_CONF_ERROR;
    }

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);
    clcf->handler = ngx_http_usher_key_handler;

    return NGX_CONF_OK;
}


usher_file_t *
ngx_http_usher_open_file(ngx_conf_t *cf, usher_file_kind_t kind,
    ngx_str_t *path)
{
    char                         line[NGX_HTTP_USHER_ERROR_LEN];
    ngx_uint_t                   i;
    usher_buffer_t               error = { line, sizeof(line), 0 };
    usher_reader_t               reader;
    ngx_pool_cleanup_t          *cln;
    ngx_http_usher_file_t       *file;
    ngx_http_usher_main_conf_t  *umcf;

    umcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_usher_module);

    /* named twice, polled once */

    file = umcf->files.elts;

    for (i = 0; i < umcf->files.nelts; i++) {
        if (file[i].kind == kind && file[i].path.len == path->len
            && ngx_strncmp(file[i].path.data, path->data, path->len) == 0)
        {
            return file[i].file;
        }
    }

    cln = ngx_pool_cleanup_add(cf->pool, 0);
    file = ngx_array_push(&umcf->files);

    if (cln == NULL || file == NULL) {
        return NULL;
    }

    ngx_http_usher_reader(cf, &reader);

    file->kind = kind;
    file->path = *path;
    file->file = usher_file_open(kind, (char *) path->data, &reader, &error);

    if (file->file == NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "usher: %*s", error.size,
                           error.data);
        return NULL;
    }

    cln->handler = ngx_http_usher_close_file;
    cln->data = file->file;

    return file->file;
}


/* FILE keys=JWKS: whose lists this box follows */

char *
ngx_http_usher_revocations(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_usher_main_conf_t  *umcf = conf;

    char                    line[NGX_HTTP_USHER_ERROR_LEN];
    ngx_str_t              *value, path;
    usher_file_t           *keys;
    usher_buffer_t          error = { line, sizeof(line), 0 };
    usher_reader_t          reader;
    ngx_pool_cleanup_t     *cln;
    ngx_http_usher_file_t  *file;

    if (umcf->revocations) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (value[2].len <= 5 || ngx_strncmp(value[2].data, "keys=", 5) != 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid parameter \"%V\"; use \"keys=FILE\", the "
                           "JWK Set of who signs the list", &value[2]);
        return NGX_CONF_ERROR;
    }

    path.data = value[2].data + 5;
    path.len = value[2].len - 5;

    if (ngx_conf_full_name(cf->cycle, &value[1], 1) != NGX_OK
        || ngx_conf_full_name(cf->cycle, &path, 1) != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    keys = ngx_http_usher_open_file(cf, USHER_TICKET_KEYS, &path);
    if (keys == NULL) {
        return NGX_CONF_ERROR;
    }

    cln = ngx_pool_cleanup_add(cf->pool, 0);
    file = ngx_array_push(&umcf->files);

    if (cln == NULL || file == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_http_usher_reader(cf, &reader);

    file->kind = USHER_REVOCATIONS;
    file->path = value[1];
    file->file = usher_revocations_open((char *) value[1].data, keys, &reader,
                                        &error);

    if (file->file == NULL) {
        return NGX_CONF_ERROR;
    }

    if (error.size) {

        /* fetched from elsewhere: it must not keep a box from starting */

        ngx_conf_log_error(NGX_LOG_ERR, cf, 0,
                           "usher: %*s; what was revoked stays so, and the "
                           "list is followed as soon as it is good",
                           error.size, error.data);
    }

    cln->handler = ngx_http_usher_close_file;
    cln->data = file->file;

    umcf->revocations = file->file;

    return NGX_CONF_OK;
}


/* in the master at the start, then in one worker when the list changed */

ngx_int_t
ngx_http_usher_follow(ngx_http_usher_main_conf_t *umcf, ngx_log_t *log)
{
    int             followed;
    char            line[NGX_HTTP_USHER_ERROR_LEN];
    usher_audit_t   audit = { umcf, ngx_http_usher_audit_change };
    usher_buffer_t  error = { line, sizeof(line), 0 };

    if (umcf->revocations == NULL || ngx_test_config) {
        return NGX_OK;
    }

    followed = usher_revocations_follow(umcf->revocations, &umcf->house,
                                        umcf->state, ngx_time(), &audit,
                                        &error);

    if (followed < 0) {
        ngx_log_error(NGX_LOG_ERR, log, 0,
                      "usher: %*s; what was revoked stays so", error.size,
                      error.data);
        return NGX_ERROR;
    }

    if (followed) {
        ngx_http_usher_ring(log);

        ngx_log_error(NGX_LOG_NOTICE, log, 0,
                      "usher: follows a new revocation list");
    }

    return NGX_OK;
}


static void
ngx_http_usher_close_file(void *data)
{
    usher_file_close(data);
}


/*
 * Workers get the user of the configuration only where the master runs as
 * root; "user" is taken as read so far, so it belongs before "http".
 */

void
ngx_http_usher_reader(ngx_conf_t *cf, usher_reader_t *reader)
{
    struct group     *grp;
    struct passwd    *pwd;
    ngx_core_conf_t  *ccf;

    ngx_memzero(reader, sizeof(usher_reader_t));

    if (geteuid() != 0) {
        return;
    }

    ccf = (ngx_core_conf_t *) ngx_get_conf(cf->cycle->conf_ctx,
                                           ngx_core_module);

    if (ccf->user != (uid_t) NGX_CONF_UNSET_UINT) {
        reader->user = ccf->username;
        reader->uid = ccf->user;
        reader->gid = ccf->group;
        return;
    }

    pwd = getpwnam(NGX_USER);
    grp = getgrnam(NGX_GROUP);

    if (pwd && grp) {
        reader->user = NGX_USER;
        reader->uid = pwd->pw_uid;
        reader->gid = grp->gr_gid;
    }
}


ngx_int_t
ngx_http_usher_watch_files(ngx_cycle_t *cycle)
{
    ngx_http_usher_main_conf_t  *umcf;

    if (ngx_process != NGX_PROCESS_WORKER && ngx_process != NGX_PROCESS_SINGLE)
    {
        return NGX_OK;
    }

    umcf = ngx_http_cycle_get_module_main_conf(cycle, ngx_http_usher_module);

    if (umcf == NULL || umcf->files.nelts == 0) {
        return NGX_OK;
    }

    /* a worker started after a crash has what the master read long ago */

    ngx_http_usher_poll_files(umcf, cycle->log);

    ngx_http_usher_poll_connection.fd = (ngx_socket_t) -1;
    ngx_http_usher_poll_connection.data = umcf;

    ngx_http_usher_poll_event.handler = ngx_http_usher_poll_handler;
    ngx_http_usher_poll_event.data = &ngx_http_usher_poll_connection;
    ngx_http_usher_poll_event.log = cycle->log;

    /* or a worker that shuts down would wait for it for ever */
    ngx_http_usher_poll_event.cancelable = 1;

    ngx_add_timer(&ngx_http_usher_poll_event, NGX_HTTP_USHER_POLL_INTERVAL);

    return NGX_OK;
}


static void
ngx_http_usher_poll_handler(ngx_event_t *ev)
{
    ngx_connection_t            *c = ev->data;
    ngx_http_usher_main_conf_t  *umcf = c->data;

    if (ngx_exiting) {
        return;
    }

    ngx_http_usher_poll_files(umcf, ev->log);

    ngx_add_timer(ev, NGX_HTTP_USHER_POLL_INTERVAL);
}


static void
ngx_http_usher_poll_files(ngx_http_usher_main_conf_t *umcf, ngx_log_t *log)
{
    char                    line[NGX_HTTP_USHER_ERROR_LEN];
    ngx_uint_t              i;
    usher_buffer_t          error = { line, sizeof(line), 0 };
    ngx_http_usher_file_t  *file;

    file = umcf->files.elts;

    for (i = 0; i < umcf->files.nelts; i++) {

        switch (usher_file_poll(file[i].file, &error)) {

        case USHER_FILE_ADOPTED:
            ngx_log_error(NGX_LOG_NOTICE, log, 0, "usher: %V was re-read",
                          &file[i].path);

            if (file[i].kind == USHER_TICKET_KEYS) {
                ngx_http_usher_look_anew();
            }

            if (file[i].kind == USHER_REVOCATIONS && ngx_worker == 0) {
                (void) ngx_http_usher_follow(umcf, log);
            }

            break;

        case USHER_FILE_REFUSED:

            /* every worker sees it, one tells it */

            if (ngx_worker == 0) {
                ngx_log_error(NGX_LOG_ERR, log, 0,
                              "usher: %*s; its old contents stay in force",
                              error.size, error.data);
            }

            break;

        case USHER_FILE_UNCHANGED:
            break;
        }
    }
}
