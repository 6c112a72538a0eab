/*
 * The seam between the shim (C, nginx headers) and the engine (C++, no nginx
 * header).
 *
 * Everything here is plain data: views are borrowed for the call (a policy's
 * for as long as the policy), opaque handles are freed by their own function,
 * and texts the engine writes go into buffers of the caller. No function
 * throws, blocks on the network or keeps a view. One thread per process.
 */
#ifndef USHER_BRIDGE_H
#define USHER_BRIDGE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#define USHER_NOEXCEPT noexcept
#else
#define USHER_NOEXCEPT
#endif

/* Borrowed characters, not terminated. */
typedef struct {
  const char* data;
  size_t size;
} usher_view_t;

/* Where the engine writes text. `size` is what was written. */
typedef struct {
  char* data;
  size_t capacity;
  size_t size;
} usher_buffer_t;

/* --- the request as everybody behind the module sees it ----------------- */

enum { USHER_ARGS_CAPACITY = 80 };

typedef struct {
  usher_view_t credential; /* behind /s/, of whatever shape; empty if none */
  usher_view_t path;       /* the rest of the given path */
  char args[USHER_ARGS_CAPACITY];
  size_t args_size;
} usher_canonical_t;

/* 0, or -1 where the request must be answered 400. */
int usher_canonicalise(usher_view_t path, usher_view_t args,
                       usher_canonical_t* canonical) USHER_NOEXCEPT;

/* How many leading bytes of a Referer, or of a request line that was never
 * parsed, may stand in a log. */
size_t usher_loggable_referer(usher_view_t referer) USHER_NOEXCEPT;
size_t usher_loggable_request_line(usher_view_t line) USHER_NOEXCEPT;

/* --- files re-read when they change ------------------------------------- */

typedef struct usher_file_s usher_file_t;

typedef enum {
  USHER_TICKET_KEYS,
  USHER_SESSION_SECRETS,
  USHER_MASTER_KEY,
  USHER_CONTROL_SECRET,
  USHER_HOP_SECRETS,
  USHER_REVOCATIONS /* by usher_revocations_open() */
} usher_file_kind_t;

/* Who will re-read the file. `user` is null where the master has no root
 * rights to give away, and so reads as the workers will. */
typedef struct {
  const char* user;
  uid_t uid;
  gid_t gid;
} usher_reader_t;

/* Null, and one line in `error`, where the file cannot be used. */
usher_file_t* usher_file_open(usher_file_kind_t kind, const char* path,
                              const usher_reader_t* reader,
                              usher_buffer_t* error) USHER_NOEXCEPT;
/* A signed list, verified with `keys`, which must outlive it. One that cannot
 * be used yet leaves a line in `error`, and is followed as soon as it can. Null
 * where memory is short. */
usher_file_t* usher_revocations_open(const char* path, const usher_file_t* keys,
                                     const usher_reader_t* reader,
                                     usher_buffer_t* error) USHER_NOEXCEPT;
void usher_file_close(usher_file_t* file) USHER_NOEXCEPT;

typedef enum {
  USHER_FILE_UNCHANGED,
  USHER_FILE_ADOPTED,
  USHER_FILE_REFUSED /* one line in `error`; the old contents stay */
} usher_file_change_t;

usher_file_change_t usher_file_poll(usher_file_t* file,
                                    usher_buffer_t* error) USHER_NOEXCEPT;

/* Locks the key material of this process in memory; a fork's child asks anew.
 * 0, or -1 and one line in `error` where the system refuses, and all works
 * nevertheless. */
int usher_secrets_lock(usher_buffer_t* error) USHER_NOEXCEPT;

/* 0, or -1 and one line in `error` where `reader` cannot use the directory. */
int usher_directory_check(const char* path, const usher_reader_t* reader,
                          usher_buffer_t* error) USHER_NOEXCEPT;

/* --- what all workers share, as memory ----------------------------------- */

/* One shard: shared memory, 8-byte aligned; holds no pointer. */
typedef struct {
  void* memory;
  size_t size;
} usher_table_t;

size_t usher_table_minimum(void) USHER_NOEXCEPT;
void usher_table_format(const usher_table_t* table) USHER_NOEXCEPT;
/* Whether this build's layout is what the memory holds. */
int usher_table_usable(const usher_table_t* table) USHER_NOEXCEPT;

enum { USHER_SHARDS = 8 };

/* What the configuration says of single events. */
typedef struct usher_events_s usher_events_t;

/* The shards as the engine has them, made once: each request asks them. */
typedef struct usher_shards_s usher_shards_t;

/* All shards, and how each is locked. */
typedef struct {
  usher_table_t tables[USHER_SHARDS];
  void* mutexes[USHER_SHARDS];
  void (*lock)(void* mutex);
  void (*unlock)(void* mutex);
  const usher_events_t* events; /* may be null */
  usher_shards_t* shards;       /* null until all of the above is there */
} usher_house_t;

/* Sets `shards`: 0, or -1 where memory is short. */
int usher_house_open(usher_house_t* house) USHER_NOEXCEPT;
void usher_house_close(usher_house_t* house) USHER_NOEXCEPT;

/* --- admission ----------------------------------------------------------- */

typedef enum {
  USHER_SOURCE_QUERY,
  USHER_SOURCE_COOKIE,
  USHER_SOURCE_BEARER,
  USHER_SOURCE_HEADER
} usher_source_kind_t;

typedef struct {
  usher_source_kind_t kind;
  usher_view_t name; /* of the argument, cookie or (lower case) header */
} usher_source_t;

/* What a session is bound to. */
typedef enum {
  USHER_BIND_NONE,
  USHER_BIND_IP_PREFIX,
  USHER_BIND_USER_AGENT
} usher_bind_t;

usher_events_t* usher_events_new(void) USHER_NOEXCEPT;
void usher_events_free(usher_events_t* events) USHER_NOEXCEPT;
/* NAME [issuer=TEXT] [audience=TEXT] [starts=TIME]: null, or what is wrong. */
const char* usher_events_add(usher_events_t* events, const usher_view_t* words,
                             size_t count) USHER_NOEXCEPT;

typedef struct {
  const usher_source_t* sources;
  size_t source_count;
  usher_view_t issuer;
  usher_view_t audience;
  int64_t leeway;
  uint32_t lifetime;
  int binds_to_country; /* also asked of a session, not of its ticket only */
  usher_bind_t bind;
  const usher_events_t* events; /* may be null */
  const usher_house_t* house;
  uint32_t failures; /* of one address in a minute; 0: however many */
  usher_file_t* ticket_keys;
  usher_file_t* secrets;
} usher_policy_t;

typedef enum {
  USHER_METHOD_GET,
  USHER_METHOD_HEAD,
  USHER_METHOD_OPTIONS,
  USHER_METHOD_POST,
  USHER_METHOD_DELETE,
  USHER_METHOD_OTHER
} usher_method_t;

/* Who asks, as nginx knows it. */
typedef struct {
  usher_view_t country; /* ISO 3166-1 alpha-2; empty where unknown */
  usher_view_t address; /* 4 or 16 bytes; empty where there is none */
  usher_view_t agent;   /* User-Agent */
  usher_view_t scheme;  /* and authority: the edge as the viewer calls it */
  usher_view_t authority;
} usher_viewer_t;

typedef struct {
  usher_method_t method;
  usher_view_t path;       /* canonical */
  usher_view_t asked;      /* the same before any rewrite */
  usher_view_t credential; /* of the path */
  usher_view_t query;      /* as the client sent it */
  usher_view_t authorization;
  usher_view_t cookie;
  usher_view_t fetch_site; /* Sec-Fetch-Site */
  usher_view_t header;     /* the one that is a source */
  usher_viewer_t viewer;
} usher_request_t;

/* What the session table keeps of a session. */
typedef struct {
  uint8_t sid[8];
  uint8_t ticket[8];
  uint8_t event[8];
  uint8_t signing_key[4];
  uint32_t expires;
  uint8_t seats;
  uint8_t one_path; /* for that only, and without a seat */
} usher_session_t;

typedef enum {
  USHER_ADMIT, /* `session` is valid */
  USHER_OPEN,  /* `session` and `credential` are new */
  USHER_PREFLIGHT,
  USHER_REFUSE /* `denial`, and `reason` for the log */
} usher_outcome_t;

enum { USHER_CREDENTIAL_SIZE = 80 };

typedef struct {
  usher_outcome_t outcome;
  int denial;
  const char* reason;      /* static */
  usher_session_t session; /* of a refusal: `ticket`, zeros if it is nobody's */
  char credential[USHER_CREDENTIAL_SIZE];
  int without_ticket;   /* the event is open to all */
  uint32_t retry_after; /* of a refusal, seconds; 0: none */
} usher_decision_t;

/* Of a GET or HEAD whose credential decides alone, as nearly all do: 1 where it
   is admitted. 0 says nothing yet: ask usher_admit(). */
int usher_admit_at_once(const usher_policy_t* policy, usher_method_t method,
                        usher_view_t path, usher_view_t credential, int64_t now,
                        usher_session_t* session) USHER_NOEXCEPT;

void usher_admit(const usher_policy_t* policy, const usher_request_t* request,
                 int64_t now, usher_decision_t* decision) USHER_NOEXCEPT;

/* POST /usher/session: USHER_OPEN or USHER_REFUSE. */
void usher_open(const usher_policy_t* policy, usher_view_t ticket,
                usher_view_t event, const usher_viewer_t* viewer, int64_t now,
                usher_decision_t* decision) USHER_NOEXCEPT;

/* USHER_OPEN without any ticket, where usher_house_open_to_all(). */
void usher_open_to_all(const usher_policy_t* policy, usher_view_t event,
                       int64_t now, usher_decision_t* decision) USHER_NOEXCEPT;

/* DELETE /usher/session: 0 and the session, or -1 and the denial. */
int usher_close(usher_file_t* secrets, usher_view_t credential, int64_t now,
                usher_decision_t* decision) USHER_NOEXCEPT;

/* The event `path` lies in, or an empty view. */
usher_view_t usher_event_of(usher_view_t path) USHER_NOEXCEPT;

/* Whether the session is for the event `path` lies in. */
int usher_session_covers(const usher_session_t* session,
                         usher_view_t path) USHER_NOEXCEPT;

/* The methods a resource takes, for Allow and preflight answers. */
const char* usher_methods_of(usher_view_t path) USHER_NOEXCEPT;

/* Overwrites in `header` the ticket that `source` names, however often it
 * stands there, before it can reach an upstream or a log. */
void usher_blank_ticket(const usher_source_t* source, char* header,
                        size_t size) USHER_NOEXCEPT;

/* --- the session endpoint ------------------------------------------------ */

/* Texts are written to the `scratch` of the call that fills this. */
typedef struct {
  usher_view_t ticket;
  usher_view_t event;
  usher_view_t session;
} usher_session_body_t;

/* 0, or -1 where `body` is no JSON object of these members. `scratch` needs
 * as many bytes as `body` has. */
int usher_session_body(usher_view_t body, usher_buffer_t* scratch,
                       usher_session_body_t* members) USHER_NOEXCEPT;

/* The one event an (unverified) ticket names; written to `scratch`. Empty
 * where it names none or several. */
usher_view_t usher_only_event(usher_view_t ticket,
                              usher_buffer_t* scratch) USHER_NOEXCEPT;

/* The ticket of an Authorization header, or an empty view. */
usher_view_t usher_bearer(usher_view_t authorization) USHER_NOEXCEPT;

int usher_is_event(usher_view_t name) USHER_NOEXCEPT;

/* Whether a page of `origin` may open sessions at `host`. */
int usher_origin_allowed(usher_view_t origin, usher_view_t fetch_site,
                         usher_view_t host, const usher_view_t* allowed,
                         size_t allowed_count) USHER_NOEXCEPT;

/* {"base","license","expires"} */
int usher_session_json(usher_view_t scheme, usher_view_t host,
                       usher_view_t event, const usher_decision_t* decision,
                       usher_buffer_t* json) USHER_NOEXCEPT;

/* --- keys ---------------------------------------------------------------- */

typedef enum {
  USHER_KEY_FOUND,
  USHER_KEY_UNKNOWN,
  USHER_KEY_NOT_YET, /* `seconds_early` */
  USHER_KEY_BAD_REQUEST,
  USHER_KEY_FAILED /* one line in `error` */
} usher_key_result_t;

enum { USHER_KEY_SIZE = 16, USHER_LICENCE_CAPACITY = 8192 };

typedef enum {
  USHER_ASKED_NOTHING,
  USHER_ASKED_KEY, /* `kid`: hexadecimal, terminated */
  USHER_ASKED_LICENCE
} usher_asked_t;

enum { USHER_KID_SIZE = 32 };

/* What of keys a path names. */
usher_asked_t usher_key_asked(usher_view_t path,
                              char kid[USHER_KID_SIZE + 1]) USHER_NOEXCEPT;

/* Where keys lie, and how they open. */
typedef struct {
  usher_file_t* master;
  const char* directory;
} usher_key_store_t;

/* What is to be said of a refusal. */
typedef struct {
  uint32_t seconds_early; /* USHER_KEY_NOT_YET */
  usher_buffer_t error;   /* USHER_KEY_FAILED */
} usher_key_refusal_t;

/* GET /<event>/key/<kid> */
usher_key_result_t usher_key(const usher_key_store_t* store, usher_view_t path,
                             int64_t now, uint8_t key[USHER_KEY_SIZE],
                             usher_key_refusal_t* refusal) USHER_NOEXCEPT;

/* POST /<event>/key/ with a W3C Clear Key licence request. */
usher_key_result_t usher_licence(const usher_key_store_t* store,
                                 usher_view_t path, usher_view_t body,
                                 int64_t now, usher_buffer_t* licence,
                                 usher_key_refusal_t* refusal) USHER_NOEXCEPT;

/* --- what all workers share ---------------------------------------------- */

typedef enum {
  USHER_COUNT_ADMITTED,
  USHER_COUNT_OPENED,
  USHER_COUNT_TICKETS_VERIFIED,
  USHER_COUNT_KEYS,
  USHER_COUNT_LICENCES,
  USHER_COUNT_EVICTED,
  USHER_COUNT_SHARED,
  USHER_COUNT_CHANGED,
  USHER_COUNT_AUDIT_DROPPED,
  USHER_COUNT_DENIED /* plus the denial */
} usher_counter_t;

/* What must be remembered over restarts (usher_state); may be null below. */
typedef struct usher_state_s usher_state_t;

/* What becomes of a further client of one session. */
typedef enum {
  USHER_SHARED_COUNT,
  USHER_SHARED_LOG,
  USHER_SHARED_REFUSE
} usher_shared_t;

typedef struct {
  int evict_oldest;
  uint32_t idle;      /* seconds after which a seat is free */
  uint32_t evictions; /* in ten minutes, until a ticket is fought over */
  usher_shared_t shared;
} usher_seats_t;

/* What a request shows of its client. */
typedef struct {
  usher_view_t address; /* as in usher_viewer_t */
  usher_view_t agent;
  usher_view_t path; /* canonical */
  usher_view_t range;
} usher_visit_t;

typedef enum {
  USHER_ENTRANCE_USE,
  USHER_ENTRANCE_PEEK, /* HEAD: takes no seat */
  USHER_ENTRANCE_POST
} usher_entrance_t;

enum { USHER_EVICTED_TOLD = 4 };

typedef struct {
  int refused;
  int denial;
  const char* reason;   /* static */
  uint32_t retry_after; /* seconds; 0: none */
  int seated;           /* took a seat just now */
  int shared;           /* a further client of the session, as of now */
  int evicted;          /* how many have just lost a seat by it */
  uint8_t evicted_sids[USHER_EVICTED_TOLD][8]; /* of the first of them */
} usher_entry_t;

/* 0, and why, where the key that signed the session's ticket is gone. */
int usher_has_its_key(const usher_policy_t* policy,
                      const usher_session_t* session,
                      usher_entry_t* entry) USHER_NOEXCEPT;

/* May be null: `handed_back`, the session of the same page before it was loaded
 * again; `visit`, where the session is not used. `error` gets one line where an
 * eviction could not be written down. */
void usher_house_enter(const usher_house_t* house, usher_state_t* state,
                       const usher_session_t* session,
                       usher_entrance_t entrance, const usher_seats_t* seats,
                       int64_t now, const usher_session_t* handed_back,
                       const usher_visit_t* visit, usher_entry_t* entry,
                       usher_buffer_t* error) USHER_NOEXCEPT;
/* The client was admitted, but did not get what it asked for. */
void usher_house_forget(const usher_house_t* house,
                        const usher_session_t* session,
                        const usher_visit_t* visit) USHER_NOEXCEPT;
/* Whether a ticket may open `session`, of which nothing is kept yet. */
void usher_house_may_open(const usher_house_t* house,
                          const usher_session_t* session, int64_t now,
                          usher_entry_t* entry) USHER_NOEXCEPT;
/* Seconds until the session may ask for the key, or licence, at `path` once
 * more; 0: it does so now. Other paths are not counted. */
uint32_t usher_house_ask_key(const usher_house_t* house,
                             const usher_session_t* session, usher_view_t path,
                             int64_t now) USHER_NOEXCEPT;
/* Whether who runs the box lets everybody in. */
int usher_house_open_to_all(const usher_house_t* house,
                            usher_view_t event) USHER_NOEXCEPT;
/* Differs from before where somebody who was admitted may be barred now. Takes
 * no lock. */
uint64_t usher_house_changes(const usher_house_t* house) USHER_NOEXCEPT;
void usher_house_leave(const usher_house_t* house,
                       const usher_session_t* session) USHER_NOEXCEPT;

/* Counts in the shard `number`; takes no lock. */
void usher_house_count(const usher_house_t* house, unsigned number,
                       unsigned counter) USHER_NOEXCEPT;
/* What was served (traffic_bridge.h), in memory that all workers share. */
typedef struct usher_traffic_s usher_traffic_t;

/* What usher_status and usher_metrics answer: 0, or -1 where it does not fit.
 */
/* What a report needs to know beside what was counted. */
typedef struct {
  int64_t now;
  uint32_t idle; /* seconds after which a session no longer counts */
  int draining;  /* takes no new viewers */
} usher_box_t;

int usher_status_json(const usher_house_t* house,
                      const usher_traffic_t* traffic, const usher_box_t* box,
                      usher_buffer_t* json) USHER_NOEXCEPT;
int usher_metrics_text(const usher_house_t* house,
                       const usher_traffic_t* traffic, const usher_box_t* box,
                       usher_buffer_t* text) USHER_NOEXCEPT;
int usher_openmetrics_text(const usher_house_t* house,
                           const usher_traffic_t* traffic,
                           const usher_box_t* box,
                           usher_buffer_t* text) USHER_NOEXCEPT;
/* Whether who sends this Accept header reads OpenMetrics. */
int usher_accepts_openmetrics(usher_view_t accept) USHER_NOEXCEPT;

/* --- what outlives a restart, and who runs the box ----------------------- */

/* Null where memory is short. Opens nothing yet. */
usher_state_t* usher_state_new(const char* path) USHER_NOEXCEPT;
void usher_state_free(usher_state_t* state) USHER_NOEXCEPT;
/* 0, or -1 and one line in `error` where the file is there and is damaged. */
int usher_state_check(const usher_state_t* state,
                      usher_buffer_t* error) USHER_NOEXCEPT;
/* In the master, before workers are forked: tells the house what the file
 * holds and makes a new file of what is in force. 0; -1 and one line in `error`
 * where that cannot be; 1 and a line where the zone has no room for all. */
int usher_state_open(usher_state_t* state, const usher_house_t* house,
                     const usher_reader_t* owner, int64_t now,
                     usher_buffer_t* error) USHER_NOEXCEPT;

/* Told of each change: the members of a JSON object without its braces. */
typedef struct {
  void* data;
  void (*tell)(void* data, usher_view_t members);
} usher_audit_t;

/* Carries out a list: 1 where it is newer than what was followed, 0 where it is
 * not new, -1 and one line in `error` where it is older or not durable. */
int usher_revocations_follow(const usher_file_t* list,
                             const usher_house_t* house, usher_state_t* state,
                             int64_t now, const usher_audit_t* audit,
                             usher_buffer_t* error) USHER_NOEXCEPT;

typedef enum {
  USHER_CONTROL_GET,
  USHER_CONTROL_PUT,
  USHER_CONTROL_POST,
  USHER_CONTROL_OTHER
} usher_control_method_t;

typedef struct {
  usher_control_method_t method;
  usher_view_t path; /* what follows the location */
  usher_view_t body;
  int64_t now;
  uint32_t idle; /* seconds after which a session no longer counts */
} usher_control_request_t;

typedef struct {
  int status;
  char allow[16];    /* of a 405; terminated */
  usher_view_t said; /* one line for the log; written to the scratch */
} usher_control_answer_t;

int usher_may_control(const usher_file_t* secret,
                      usher_view_t authorization) USHER_NOEXCEPT;
/* 0, or -1 where the answer does not fit `json`; the change is made even so. */
int usher_control(const usher_house_t* house, usher_state_t* state,
                  const usher_control_request_t* request,
                  const usher_audit_t* audit, usher_control_answer_t* answer,
                  usher_buffer_t* json, usher_buffer_t* scratch) USHER_NOEXCEPT;

/* --- answers -------------------------------------------------------------- */

/* The denials the shim itself pronounces. */
extern const int usher_denial_bad_request;
extern const int usher_denial_method;
extern const int usher_denial_missing;
extern const int usher_denial_scope;
extern const int usher_denial_key_not_yet;
extern const int usher_denial_rate_limited;

const char* usher_denial_code(int denial) USHER_NOEXCEPT;
int usher_denial_status(int denial) USHER_NOEXCEPT;
/* One sentence for the viewer. */
const char* usher_denial_sentence(int denial) USHER_NOEXCEPT;

/* application/problem+json (RFC 9457). 0, or -1 where it does not fit. */
int usher_problem(int status, const char* code, const char* detail,
                  usher_buffer_t* json) USHER_NOEXCEPT;

#ifdef __cplusplus
}
#endif

#endif /* USHER_BRIDGE_H */
