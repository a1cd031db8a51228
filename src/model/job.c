#include "model/job_form.h"

#include "base/clock.h"
#include "base/limits.h"

/* An update names the stored job: its name and id cannot change. */
static int same_identity(const struct making *m)
{
    struct str stored = json_member_text(m->stored, 0, "name");
    struct rule_at at = { .doc = m->body, .code = DLF_3051, .err = m->err };
    int64_t id;

    at.at = form_member(&job_form, m->body, 0, "name");
    if (at.at && !str_eq(json_text(m->body, at.at), stored))
        return fail_differs(&at, stored);
    at.at = form_member(&job_form, m->body, 0, "id");
    if (at.at && json_int(m->body, at.at, &id) && id != m->stored_id)
        return rule_fail(&at, DET_ID_DIFFERS, NULL, NULL, NULL);
    return 0;
}

static int job_check(const struct making *m)
{
    int rc = form_check(&job_form, m->body, 0, m->stored != NULL, m->err);

    return rc || !m->stored ? rc : same_identity(m);
}

static int64_t end_time(const struct json_doc *doc)
{
    uint32_t schedule = json_member(doc, 0, "schedule");
    uint32_t cron = json_member(doc, schedule, "cron");
    struct str text = cron ? json_member_text(doc, cron, "endTime") : STR_NONE;
    int64_t ms;

    return text.p && clock_parse(text, CLOCK_ISO, &ms) ? ms : 0;
}

static void read_facts(const struct making *m, const struct json_doc *doc)
{
    struct facts *f = &m->d->facts;
    uint32_t config = json_member(doc, 0, "basicConfig");
    uint32_t priority = config ? json_member(doc, config, "priority") : 0;
    uint32_t single = json_member(doc, 0, "singleNodeJobFlag");

    f->process_type = copy_text(m, doc, 0, "processType");
    if (config)
        f->owner = copy_text(m, doc, config, "owner");
    if (priority)
        json_int(doc, priority, &f->priority);
    f->single_node = single && json_type(doc, single) == JSON_TRUE;
    f->end_time = end_time(doc);
}

static int job_finish(const struct making *m, const struct json_doc *doc)
{
    int rc = job_graph_check(doc, m->arena, m->err);

    if (!rc)
        rc = job_depends(doc, m->arena, &m->d->depends, &m->d->n_depends, m->err);
    if (!rc)
        rc = job_refs(m, doc);
    if (!rc)
        read_facts(m, doc);
    return rc;
}

const struct kind_rules job_rules = {
    .form = &job_form,
    .replaces = true,
    .check = job_check,
    .finish = job_finish,
};
