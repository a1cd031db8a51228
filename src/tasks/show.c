#include "tasks/tasks.h"

#include <stdio.h>

#include "base/limits.h"
#include "catalog/object.h"

/* Tasks as clients see them. */

static const struct {
    const char *task[2], *part[2]; /* by language; %s is the path or the name */
} names[] = {
    [TASK_IMPORT_JOBS] = { { "Import the job from %s.", "从路径[%s]导入作业。" },
                           { "Import the %s job.", "导入作业[%s]。" } },
    [TASK_IMPORT_CONNECTIONS] = { { "Import the connections from %s.",
                                    "从路径[%s]导入连接。" },
                                  { "Import the %s connection.", "导入连接[%s]。" } },
};

/* Writes a member that is a sentence, with `what` in place of its %s. */
static void print_name(struct jw *jw, const char *format, struct str what)
{
    const char *at = strstr(format, "%s");
    struct buf text = BUF_INIT(8 * KIB);

    buf_addstr(&text, (struct str){ format, (size_t)(at - format) });
    buf_addstr(&text, what);
    buf_adds(&text, at + 2);
    jw_buf(jw, STR("name"), &text);
    buf_release(&text);
}

static void print_message(struct jw *jw, const struct json_doc *doc, uint32_t at,
                          enum language language)
{
    uint32_t texts = json_member(doc, at, "message");

    if (texts)
        jw_string(jw, STR("message"), json_text(doc, texts + 1 + (uint32_t)language));
}

/* Copies a member of the report; a task that ended without an archive has none. */
static void print_member(struct jw *jw, const struct json_doc *doc, const char *name)
{
    uint32_t at = doc->count ? json_member(doc, 0, name) : 0;

    if (at)
        jw_value(jw, str_of(name), doc, at);
}

/* A task is ended and last updated at the same instant. */
static void print_times(struct jw *jw, const struct shown_task *t)
{
    jw_int(jw, STR("startTime"), t->started);
    if (t->ended)
        jw_int(jw, STR("endTime"), t->ended);
    jw_int(jw, STR("lastUpdate"), t->ended ? t->ended : t->started);
}

/* The id of a part is the task's, with the part's number at its end. */
static void print_part(struct jw *jw, const struct shown_task *t,
                       const struct json_doc *doc, uint32_t at, uint32_t number,
                       enum language language)
{
    bool ok = json_type(doc, json_member(doc, at, "ok")) == JSON_TRUE;
    char id[ID_HEX_BYTES];

    snprintf(id, sizeof(id), "%.24s%08x", t->uid.p, number);
    jw_object(jw, STR_NONE);
    jw_string(jw, STR("id"), str_of(id));
    print_name(jw, names[t->kind].part[language], json_member_text(doc, at, "name"));
    jw_string(jw, STR("status"), ok ? STR("SUCCESSFUL") : STR("FAILED"));
    print_times(jw, t);
    jw_string(jw, STR("taskId"), t->uid);
    print_message(jw, doc, at, language);
    jw_end(jw, '}');
}

static void print_parts(struct jw *jw, const struct shown_task *t,
                        const struct json_doc *doc, enum language language)
{
    uint32_t parts = doc->count ? json_member(doc, 0, "parts") : 0, number = 1;

    jw_array(jw, STR("subtasks"));
    if (parts)
        JSON_EACH (i, doc, parts)
            print_part(jw, t, doc, i, number++, language);
    jw_end(jw, ']');
}

/* Whether the object has no message, or one in each language. */
static bool is_message(const struct json_doc *doc, uint32_t at)
{
    uint32_t texts = json_member(doc, at, "message");

    return !texts || (json_type(doc, texts) == JSON_ARRAY && doc->value[texts].len == 2 &&
                      json_type(doc, texts + 1) == JSON_STRING &&
                      json_type(doc, texts + 2) == JSON_STRING);
}

static bool is_part(const struct json_doc *doc, uint32_t at)
{
    return json_type(doc, at) == JSON_OBJECT && is_message(doc, at) &&
           json_member(doc, at, "ok") && json_member_text(doc, at, "name").p;
}

/* Whether it is what import/report.c or task_fail() wrote: the database may have been
 * damaged since. */
static bool is_report(const struct json_doc *doc)
{
    uint32_t parts;

    if (json_type(doc, 0) != JSON_OBJECT || !is_message(doc, 0))
        return false;
    parts = json_member(doc, 0, "parts");
    if (parts && json_type(doc, parts) != JSON_ARRAY)
        return false;
    if (parts)
        JSON_EACH (i, doc, parts)
            if (!is_part(doc, i))
                return false;
    return true;
}

static int read_report(struct json_doc *doc, const struct shown_task *t, struct err *err)
{
    int rc = json_read(doc, t->report, UINT32_MAX, err);

    if (rc == E_NOMEM || (!rc && is_report(doc)))
        return rc;
    return row_damaged("task", t->id, err);
}

static void print_task(struct jw *jw, const struct shown_task *t, struct str project,
                       const struct json_doc *doc, enum language language)
{
    jw_object(jw, STR_NONE);
    jw_string(jw, STR("id"), t->uid);
    print_name(jw, names[t->kind].task[language], t->path);
    jw_string(jw, STR("projectId"), project);
    jw_string(jw, STR("status"), t->status);
    print_times(jw, t);
    if (doc->count)
        print_message(jw, doc, 0, language);
    print_member(jw, doc, "counts");
    print_member(jw, doc, "passedOver");
    print_member(jw, doc, "secretsLost");
    print_parts(jw, t, doc, language);
    jw_end(jw, '}');
}

static int find_task(struct catalog *c, const struct place *place, struct str uid,
                     struct shown_task *t, struct arena *arena, struct err *err)
{
    struct workspace w;
    struct snapshot *s;
    int rc = place_open(c, place, &s, &w, arena, err);

    if (rc)
        return rc;
    rc = snapshot_task(s, w.id, uid, t, arena, err);
    snapshot_end(s);
    return rc == E_NOTFOUND ? err_set(err, rc, DLF_0810, DET_NO_TASK) : rc;
}

int task_show(struct catalog *c, const struct place *place, struct str uid,
              enum language language, struct buf *json, struct err *err)
{
    struct jw jw = JW_INIT(json, false);
    struct arena arena = ARENA_INIT;
    struct json_doc doc = { .count = 0 };
    struct shown_task t;
    int rc = find_task(c, place, uid, &t, &arena, err);

    if (!rc && t.report.n)
        rc = read_report(&doc, &t, err);
    if (!rc)
        print_task(&jw, &t, place->project, &doc, language);
    json_release(&doc);
    arena_release(&arena);
    return rc || !json->bad ? rc : err_nomem(err);
}
