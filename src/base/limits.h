#ifndef BASE_LIMITS_H
#define BASE_LIMITS_H

/*
 * Every limit of the house that is not an option (those stand in
 * dlfd/options.def), with its unit.  Each is checked before the memory that
 * it bounds is taken.
 */

#define KIB 1024UL
#define MIB (1024UL * 1024UL)

/* Bodies.  12 MB is the contract's figure, 12 x 1024 x 1024 bytes. */
#define BODY_MAX (12 * MIB)
/* What is read and thrown away of a body that is refused, so that the client
 * gets to see the answer; beyond it the connection is closed. */
#define BODY_DRAIN_MAX (64 * MIB)
/* Body memory is taken in steps of this size when no length was announced. */
#define BODY_STEP (64 * KIB)

/* JSON.  A stored definition has a few values more than its
 * body, because missing members are added when it is saved. */
#define JSON_MAX_DEPTH 64
#define JSON_MAX_VALUES 1000000
#define JSON_STORED_MAX_VALUES 2500000
/* A definition in its stored form, bytes. */
#define DEFINITION_MAX (24 * MIB)
/* A path such as nodes[3].name in an error's detail, bytes. */
#define JSON_PATH_MAX 300
#define JSON_PATH_KEY_MAX 64

/* Names and texts, in Unicode code points where nothing else is said. */
#define NAME_MAX_JOB 128
#define NAME_MAX_RESOURCE 32
#define NAME_MAX_PARAM 64
#define NAME_MAX_WORKSPACE 128
#define PROJECT_ID_MAX 64
#define DIRECTORY_MAX_DEPTH 10
#define DIRECTORY_MAX_SEGMENT 64
#define DESCRIPTION_MAX 255
#define SCRIPT_CONTENT_MAX_BYTES (4 * MIB)
#define RESOURCE_LOCATION_MAX 1023
#define RESOURCE_DEPENDS_MAX 10240

/* Lists and exports. */
#define EXPORT_MAX_JOBS 100
#define LIST_MAX_LIMIT 100
#define LIST_DEFAULT_LIMIT 10
/* The largest integer that each JSON reader holds exactly, 2^53 - 1. */
#define LIST_MAX_OFFSET 9007199254740991
#define CDM_PAGE_SIZE 10
/* The links of one cluster that are listed, all at once. */
#define CDM_MAX_LINKS 1000
/* The outcome of an export that is remembered, bytes. */
#define EXPORT_MEMO_MAX MIB
/* X-Dlf-Missing-Depends and X-Dlf-Error-Detail, bytes of the value's list. */
#define HEADER_LIST_MAX 3000
/* The text of an error's detail, bytes: every name of 100 unknown jobs fits. */
#define ERROR_DETAIL_MAX (64 * KIB)
/* An answer that is made whole in memory, bytes; above it, part by part. */
#define ANSWER_BUFFER_MAX (8 * MIB)
/* What one statement fetches of an archive that is sent part by part; the least of it,
 * while many answers are being sent. */
#define BLOB_BATCH_MAX (1 * MIB)
#define BLOB_BATCH_MIN (128 * KIB)
/* Answers of so many bytes are never refused for lack of answer memory. */
#define ANSWER_SMALL (64 * KIB)

/* Archives that are read: a name, in bytes, and its segments; the longest that an
 * export writes has 5.  All unpacked bytes for one of the archive: deflate's best. */
#define ARCHIVE_NAME_MAX (2 * KIB)
#define ARCHIVE_MAX_DEPTH 16
#define ARCHIVE_MAX_RATIO 1032

/* Definitions that are made anew in one transaction: how many, and of how many bytes. */
#define REINDEX_BATCH 64
#define REINDEX_BATCH_BYTES (16 * MIB)

/* Secrets: how long the name of a parameter and a reference such as ${x} are looked at,
 * how deep extended configs are opened, and how many lines of one text are sealed one by
 * one; past that the whole is sealed.  The paths of all secrets of a body, bytes. */
#define SECRET_PARAMETER_MAX 128
#define SECRET_REFERENCE_MAX (4 * KIB)
#define SECRET_DEPTH_MAX 8
#define SECRET_LINES_MAX 1000
#define SECRET_PATHS_MAX (16 * MIB)

/* Imports: what is kept of one in memory, bytes, and of its secrets; the blobs that are
 * put there at once. */
#define IMPORT_MEMORY_MAX (512 * MIB)
#define IMPORT_SECRETS_MAX (64 * MIB)
#define IMPORT_BATCH 256
#define IMPORT_BATCH_BYTES (4 * MIB)
/* What is shown of a name that may break its rule, bytes. */
#define IMPORT_NAME_MAX KIB
/* The answer of a dry run, bytes. */
#define IMPORT_PLAN_MAX (64 * MIB)
/* A task: its text, the text of a part, and what is kept of it, bytes; the parts that are
 * kept, as many as a workspace has jobs. */
#define TASK_MESSAGE_MAX (64 * KIB)
#define TASK_PART_MESSAGE_MAX KIB
#define TASK_REPORT_MAX (64 * MIB)
#define TASK_PARTS_MAX 10000

/* A line of the --config file, bytes without its end. */
#define CONFIG_LINE_MAX (64 * KIB)

/* HTTP. */
#define PATH_MAX_SEGMENTS 16
/* Of a query, decoded: longer ones are none of ours. */
#define QUERY_KEY_MAX 64
#define CONNECTION_POOL (56 * KIB)
#define METHOD_MAX_BYTES 32
/* The target, and all headers with their names. */
#define TARGET_MAX_BYTES (16 * KIB)
#define HEADERS_MAX_BYTES (24 * KIB)
/* What both take of the pool, with so much for each header and each cookie, and how much
 * these take alone: the library's buffer, which begins as half of the pool, may be full
 * with what follows the head.  The rest, 8 KiB, is for the head of the answer. */
#define HEAD_COST_MAX (46 * KIB)
#define HEAD_KEPT_MAX (20 * KIB)
#define HEADER_COST 64
#define CHUNK_EXTENSION_MAX KIB
/* Bodies and answers have a second more for so many bytes. */
#define TRANSFER_BYTES_A_S (64 * KIB)
#define ANSWER_MAX_HEADERS 8
#define CONNECTION_SILENCE_S 120
#define ANSWER_BLOCK (64 * KIB)
#define SHUTDOWN_GRACE_S 30
/* Of which a storage service may take as much, so that its failure is still answered. */
#define SHUTDOWN_OBS_S 25
/* The log: bytes of lines that wait for standard error, as many again are being written;
 * how long a stop waits for them. */
#define LOG_QUEUE_MAX (1 * MIB)
#define LOG_DRAIN_MS 3000LL
/* The audit log: bytes of a line with its end, what is kept of a text that a client sent;
 * rows of the database that wait, rows that are copied at once; bytes of lines that wait
 * in memory; the addresses whose anonymous requests are counted one by one. */
#define AUDIT_LINE_MAX KIB
#define AUDIT_ROWS_MAX 100000
#define AUDIT_BATCH 1000
#define AUDIT_QUEUE_MAX (1 * MIB)
#define AUDIT_ADDRESSES 1024
/* How often its file is tried again, and flushed to the disk; when rows are removed that
 * no write has removed; how long a stop waits for the file. */
#define AUDIT_RETRY_MS 500
#define AUDIT_SYNC_MS 1000
#define AUDIT_TRIM_MS 5000
#define AUDIT_DRAIN_MS 3000
/* A certificate with those above it, and a key; bytes of a file.  A handshake's answer
 * is to fit into a socket's buffer. */
#define TLS_CHAIN_MAX 8
#define TLS_FILE_MAX (32 * KIB)

/* Signatures.  A canonical request is a path and query, each byte as %XX, the signed
 * headers, and their names once more. */
#define SIGN_ACCESS_MAX 64
#define SIGN_MAX_HEADERS 64
#define SIGN_CANONICAL_MAX (128 * KIB)
/* What a refusal shows of it, bytes. */
#define SIGN_SHOWN_MAX (2 * KIB)

/* Store. */
#define WRITES_A_COMMIT 64
#define SWEEP_BATCH 100
#define SWEEP_EVERY_S 600
#define STORE_BUSY_MS 10000
#define SAVE_MAX_TRIES 100
/* Of a job or script, the latest. */
#define VERSIONS_KEPT 100

/* A path that `dlfd admin` is given, bytes. */
#define ADMIN_PATH_MAX 4095

/* Object storage (obs/obs.h), bytes. */
#define OBS_BUCKET_MIN 3
#define OBS_BUCKET_MAX 63
#define OBS_KEY_MAX 1024
/* A piece of the stream that an object is made of. */
#define OBS_PIECE_MAX (4 * DEFINITION_MAX)
/* By S3: what is put at once, of larger objects part by part; answers and errors. */
#define OBS_PART_BYTES (16 * MIB)
#define OBS_PARTS_MAX 10000
#define OBS_REPLY_MAX (64 * KIB)
/* How often a request is sent, and the first pause between. */
#define OBS_TRIES 4
#define OBS_PAUSE_MS 200L
#define OBS_CONNECT_MS 5000L
/* A service that is slower for so long has failed. */
#define OBS_SLOWEST_BYTES_A_S 1024L
#define OBS_STALL_S 30
#define OBS_ACCESS_KEY_MAX 128
#define OBS_SECRET_KEY_MAX 512

/* Tasks that ended so long ago are forgotten. */
#define TASK_KEPT_MS (30L * 24 * 60 * 60 * 1000)

/* Exports to object storage that are written at once, and that wait. */
#define OBS_THREADS 2
/* Imports that wait: one runs at a time. */
#define IMPORTS_MAX_WAITING 1000
/* What their requests may take, bytes: a body of 12 MB becomes some 100. */
#define IMPORTS_MEMORY_MAX (256 * MIB)
#define OBS_MAX_WAITING 64

/* Sign-in (auth/auth.h). */
#define SIGN_IN_WINDOW_MS (5L * 60 * 1000)
#define SIGN_IN_FAILURES 5
#define SIGN_IN_FAILURES_ANYWHERE 100
/* How long an address is known as one that an account signed in from. */
#define SIGN_IN_KNOWN_MS (30L * 24 * 60 * 60 * 1000)
/* Such addresses of one account. */
#define SIGN_IN_KNOWN_MAX 64
/* Keys in one table of base/counters.h.  One hashing thread looks at fewer passwords in
 * SIGN_IN_WINDOW_MS than half of these, and each takes two at most. */
#define COUNTERS_MAX 65536
#define SIGN_SKEW_MS (15L * 60 * 1000)
#define HASH_THREADS 1
#define HASH_MAX_WAITING 64
#define HASH_MAX_WAITING_OF_ONE 16 /* address */
/* Bodies of the IAM routes, which anybody may send. */
#define IAM_BODY_MAX (64 * KIB)
#define ACCOUNT_NAME_MAX 64

#endif
