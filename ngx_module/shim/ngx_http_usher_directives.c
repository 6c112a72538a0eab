
/*
 * The directives that say whom this box admits: where tickets are, from which
 * country, to how many seats, to which event. Files, zones and what belongs to
 * another part of the module have theirs beside that part.
 */

#include "ngx_http_usher_module.h"


static void ngx_http_usher_free_events(void *data);


char *
ngx_http_usher_ticket_from(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_usher_loc_conf_t  *ulcf = conf;

    ngx_str_t       *value;
    ngx_uint_t       i, headers;
    usher_source_t  *source;

    if (ulcf->sources != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    ulcf->sources = ngx_array_create(cf->pool, cf->args->nelts - 1,
                                     sizeof(usher_source_t));
    if (ulcf->sources == NULL) {
        return NGX_CONF_ERROR;
    }

    value = cf->args->elts;
    headers = 0;

    for (i = 1; i < cf->args->nelts; i++) {
        source = ngx_array_push(ulcf->sources);
        if (source == NULL) {
            return NGX_CONF_ERROR;
        }

        ngx_memzero(source, sizeof(usher_source_t));

        if (value[i].len > 6 && ngx_strncmp(value[i].data, "query:", 6) == 0) {
            source->kind = USHER_SOURCE_QUERY;
            source->name.data = (char *) value[i].data + 6;
            source->name.size = value[i].len - 6;
            continue;
        }

        if (value[i].len > 7 && ngx_strncmp(value[i].data, "cookie:", 7) == 0) {
            source->kind = USHER_SOURCE_COOKIE;
            source->name.data = (char *) value[i].data + 7;
            source->name.size = value[i].len - 7;
            continue;
        }

        if (value[i].len > 7 && ngx_strncmp(value[i].data, "header:", 7) == 0
            && headers++ == 0)
        {
            source->kind = USHER_SOURCE_HEADER;
            ngx_strlow(value[i].data, value[i].data, value[i].len);
            source->name.data = (char *) value[i].data + 7;
            source->name.size = value[i].len - 7;
            continue;
        }

        if (ngx_strcmp(value[i].data, "bearer") == 0) {
            source->kind = USHER_SOURCE_BEARER;
            continue;
        }

        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid ticket source \"%V\"; use query:NAME, "
                           "cookie:NAME, bearer, or one header:NAME",
                           &value[i]);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


char *
ngx_http_usher_country(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_usher_loc_conf_t  *ulcf = conf;

    ngx_str_t  *value;

    value = cf->args->elts;

    if (cf->args->nelts == 3 && ngx_strcmp(value[2].data, "once") != 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid parameter \"%V\"; use \"once\", or "
                           "nothing to ask of every request", &value[2]);
        return NGX_CONF_ERROR;
    }

    ulcf->binds_to_country = cf->args->nelts == 2;

    return ngx_http_set_complex_value_slot(cf, cmd, conf);
}


char *
ngx_http_usher_seats_policy(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_usher_loc_conf_t  *ulcf = conf;

    ngx_int_t   n;
    ngx_str_t  *value;

    if (ulcf->evict_oldest != NGX_CONF_UNSET_UINT) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (ngx_strcmp(value[1].data, "reject_new") == 0 && cf->args->nelts == 2) {
        ulcf->evict_oldest = 0;
        return NGX_CONF_OK;
    }

    if (ngx_strcmp(value[1].data, "evict_oldest") != 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid seats policy \"%V\"; use \"reject_new\" "
                           "or \"evict_oldest [evictions=N]\"", &value[1]);
        return NGX_CONF_ERROR;
    }

    ulcf->evict_oldest = 1;

    if (cf->args->nelts == 2) {
        return NGX_CONF_OK;
    }

    n = NGX_ERROR;

    if (value[2].len > 10 && ngx_strncmp(value[2].data, "evictions=", 10) == 0)
    {
        n = ngx_atoi(value[2].data + 10, value[2].len - 10);
    }

    if (n == NGX_ERROR || n > NGX_MAX_INT32_VALUE) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid parameter \"%V\"; use \"evictions=N\", "
                           "how many in ten minutes are no quarrel yet",
                           &value[2]);
        return NGX_CONF_ERROR;
    }

    ulcf->evictions = n;

    return NGX_CONF_OK;
}


/* how many of one address in a minute; 0 is "off" */

char *
ngx_http_usher_ticket_failures(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_usher_loc_conf_t  *ulcf = conf;

    ngx_int_t   n;
    ngx_str_t  *value;

    if (ulcf->failures != NGX_CONF_UNSET_UINT) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (ngx_strcmp(value[1].data, "off") == 0) {
        ulcf->failures = 0;
        return NGX_CONF_OK;
    }

    n = ngx_atoi(value[1].data, value[1].len);

    if (n == NGX_ERROR || n == 0 || n > 60000) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid number \"%V\"; use how many bad tickets of "
                           "one address are checked in a minute, at most "
                           "60000, or \"off\"", &value[1]);
        return NGX_CONF_ERROR;
    }

    ulcf->failures = n;

    return NGX_CONF_OK;
}


char *
ngx_http_usher_event(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_usher_main_conf_t  *umcf = conf;

    ngx_str_t           *value;
    ngx_uint_t           i;
    const char          *error;
    usher_view_t        *words;
    ngx_pool_cleanup_t  *cln;

    if (umcf->events == NULL) {
        cln = ngx_pool_cleanup_add(cf->pool, 0);
        if (cln == NULL) {
            return NGX_CONF_ERROR;
        }

        umcf->events = usher_events_new();
        if (umcf->events == NULL) {
            return NGX_CONF_ERROR;
        }

        cln->handler = ngx_http_usher_free_events;
        cln->data = umcf->events;

        umcf->house.events = umcf->events;
    }

    value = cf->args->elts;

    words = ngx_palloc(cf->temp_pool, cf->args->nelts * sizeof(usher_view_t));
    if (words == NULL) {
        return NGX_CONF_ERROR;
    }

    for (i = 1; i < cf->args->nelts; i++) {
        words[i - 1] = ngx_http_usher_view(&value[i]);
    }

    error = usher_events_add(umcf->events, words, cf->args->nelts - 1);

    return error ? (char *) error : NGX_CONF_OK;
}


static void
ngx_http_usher_free_events(void *data)
{
    usher_events_free(data);
}


char *
ngx_http_usher_origins(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_usher_loc_conf_t  *ulcf = conf;

    ngx_str_t     *value;
    ngx_uint_t     i;
    usher_view_t  *origin;

    if (ulcf->origins != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    ulcf->origins = ngx_array_create(cf->pool, cf->args->nelts - 1,
                                     sizeof(usher_view_t));
    if (ulcf->origins == NULL) {
        return NGX_CONF_ERROR;
    }

    value = cf->args->elts;

    for (i = 1; i < cf->args->nelts; i++) {

        if (ngx_strcmp(value[i].data, "*") != 0
            && (ngx_strstr(value[i].data, "://") == NULL
                || value[i].data[value[i].len - 1] == '/'))
        {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid origin \"%V\"; write it as a browser "
                               "does, \"https://shop.example\", without a "
                               "path, or \"*\"", &value[i]);
            return NGX_CONF_ERROR;
        }

        origin = ngx_array_push(ulcf->origins);
        if (origin == NULL) {
            return NGX_CONF_ERROR;
        }

        *origin = ngx_http_usher_view(&value[i]);
    }

    return NGX_CONF_OK;
}
