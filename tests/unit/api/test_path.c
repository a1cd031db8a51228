#include "unit/t.h"

#include "api/path.h"

/* What the segments of a path are, "|" between them; NULL: refused; "-": too
 * many, or none. */
static const struct {
    const char *path, *segments;
} splits[] = {
    { "", "-" },
    { "a", "-" },
    { "*", "-" },
    { "http://host/a", "-" },
    { "/", "" },
    { "/a", "a" },
    { "/a/", "a" }, /* one slash at the end is let go */
    { "/a//", "a|" },
    { "//a", "|a" },
    { "/a//b", "a||b" },
    { "/v1/p/jobs", "v1|p|jobs" },
    { "/a%2Fb/c", "a/b|c" }, /* split first, then decoded */
    { "/a%2fb%2F", "a/b/" },
    { "/%2F", "/" },
    { "/%252F", "%2F" }, /* once */
    { "/a%20b", "a b" },
    { "/a+b", "a+b" },
    { "/%E4%BD%9C%E4%B8%9A", "作业" },
    { "/作业", "作业" },
    { "/.", "." },
    { "/a/../b", "a|..|b" }, /* no folders: nothing is resolved */
    { "/%2e%2e/b", "..|b" },
    { "/a;b=c/d,e", "a;b=c|d,e" },
    { "/a%7Cb", "a|b" },
    { "/a?b", "a?b" },
    { "/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16",
      "1|2|3|4|5|6|7|8|9|10|11|12|13|14|15|16" },
    { "/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/",
      "1|2|3|4|5|6|7|8|9|10|11|12|13|14|15|16" },
    { "/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17", "-" },
    { "/%00", NULL },
    { "/a%00b", NULL },
    { "/a/b%00", NULL },
    { "/%", NULL },
    { "/a%2", NULL },
    { "/a%2/b", NULL },
    { "/%zz", NULL },
    { "/%FF", NULL },
    { "/%C0%AF", NULL },    /* overlong / */
    { "/%ED%A0%80", NULL }, /* a surrogate */
    { "/\xff", NULL },
    { "/%E4%BD", NULL },
    { "/%E4/%BD%9C", NULL }, /* no character over two segments */
};

static void join(struct buf *out, const struct path *path)
{
    if (path->n < 0)
        buf_addc(out, '-');
    for (int i = 0; i < path->n; i++) {
        buf_adds(out, i ? "|" : "");
        buf_addstr(out, path->segment[i]);
    }
}

static void test_path_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(splits); i++) {
        struct arena arena = ARENA_INIT;
        struct buf is = BUF_INIT(1000);
        struct err err = ERR_INIT;
        struct path path;
        int rc = path_split(&path, str_of(splits[i].path), &arena, &err);

        t_row("%s", splits[i].path);
        assert_int_equal(rc, splits[i].segments ? 0 : E_INVALID);
        if (rc) {
            assert_int_equal(err.api, DLF_3051);
            assert_int_equal(err.detail, DET_PATH);
        } else {
            join(&is, &path);
            assert_str(buf_str(&is), splits[i].segments);
        }
        err_clear(&err);
        arena_release(&arena);
        buf_release(&is);
    }
    t_rows_end();
}

static const struct {
    const char *path, *pattern, *project, *name; /* NULL: no match */
} matches[] = {
    { "/healthz", "/healthz", "", "" },
    { "/healthz/", "/healthz", "", "" },
    { "/healthz/x", "/healthz", NULL, NULL },
    { "/health", "/healthz", NULL, NULL },
    { "/HEALTHZ", "/healthz", NULL, NULL },
    { "/", "/healthz", NULL, NULL },
    { "/v1/p/jobs", "/v1/{project_id}/jobs", "p", "" },
    { "/v1/p/jobs", "/v1/{project_id}/jobs/{job_name}", NULL, NULL },
    { "/v1/p/jobs/j", "/v1/{project_id}/jobs", NULL, NULL },
    { "/v1/p/jobs/j", "/v1/{project_id}/jobs/{job_name}", "p", "j" },
    { "/v1/p/jobs/j/", "/v1/{project_id}/jobs/{job_name}", "p", "j" },
    { "/v1/p/jobs/a%2Fb", "/v1/{project_id}/jobs/{job_name}", "p", "a/b" },
    { "/v1/p%20q/jobs/%E4%BD%9C", "/v1/{project_id}/jobs/{job_name}", "p q", "作" },
    { "/v1/p/jobs/j/export", "/v1/{project_id}/jobs/{job_name}/export", "p", "j" },
    { "/v1/p/jobs/j/exports", "/v1/{project_id}/jobs/{job_name}/export", NULL, NULL },
    { "/v1/p%2Fjobs/jobs", "/v1/{project_id}/jobs", "p/jobs", "" },
    { "/v1/p/%6Aobs", "/v1/{project_id}/jobs", "p", "" },
    { "/v1//jobs", "/v1/{project_id}/jobs", "", "" },
    { "v1/p/jobs", "/v1/{project_id}/jobs", NULL, NULL },
    { "/v1/p/jobs/{job_name}", "/v1/{project_id}/jobs/{job_name}", "p", "{job_name}" },
};

static void test_match_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(matches); i++) {
        struct arena arena = ARENA_INIT;
        struct err err = ERR_INIT;
        struct path_names names = { STR(""), STR(""), STR("") };
        struct path path;

        t_row("%s by %s", matches[i].path, matches[i].pattern);
        assert_ok(path_split(&path, str_of(matches[i].path), &arena, &err), &err);
        assert_int_equal(path_matches(&path, matches[i].pattern, &names),
                         matches[i].project != NULL);
        if (matches[i].project) {
            assert_str(names.project, matches[i].project);
            assert_str(names.name, matches[i].name);
        }
        arena_release(&arena);
    }
    t_rows_end();
}

static const struct {
    const char *query, *value; /* of the key "k"; NULL: absent; "!": refused */
} queries[] = {
    { "", NULL },
    { "k", "" },
    { "k=", "" },
    { "k=v", "v" },
    { "a=1&k=v&b=2", "v" },
    { "a=1&b=2&k=v", "v" },
    { "k=v&k=w", "v" }, /* the first holds */
    { "k=&k=w", "" },
    { "K=v", NULL },
    { "kk=v", NULL },
    { "a=k", NULL },
    { "=v", NULL },
    { "&&k=v&&", "v" },
    { "k=a=b", "a=b" },
    { "k=a+b", "a b" },
    { "k=a%2Bb", "a+b" },
    { "k=a%20b", "a b" },
    { "k=%2520", "%20" },
    { "k=%26%3D", "&=" },
    { "k=%E4%BD%9C", "作" },
    { "k=作", "作" },
    { "k=v;k=w", "v;k=w" },
    { "k=v#f", "v#f" },
    { "k=%00", "!" },
    { "k=a%00", "!" },
    { "k=%", "!" },
    { "k=%4", "!" },
    { "k=%FF", "!" },
    { "k=%C0%80", "!" },
    { "a=%00&k=v", "v" }, /* others are not looked at */
    { "%6b=v", "v" },     /* keys are decoded, too */
    { "%6B=v&k=w", "v" },
    { "k=w&%6b=v", "w" },
    { "%256b=v", NULL },
    { "%6b%00=v", NULL },
    { "%zz=1&k=v", "v" },
    { "%6=1&k=v", "v" },
    { "%6bk=v", NULL },
};

static void test_query_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(queries); i++) {
        bool refused = queries[i].value && strcmp(queries[i].value, "!") == 0;
        struct arena arena = ARENA_INIT;
        struct err err = ERR_INIT;
        struct str value;
        int rc;

        t_row("%s", queries[i].query);
        rc = query_get(str_of(queries[i].query), "k", &value, &arena, &err);
        assert_int_equal(rc, refused ? E_INVALID : 0);
        assert_int_equal(err.detail, refused ? DET_QUERY : DET_NONE);
        if (!rc) {
            assert_int_equal(value.p != NULL, queries[i].value != NULL);
            assert_str(value, queries[i].value ? queries[i].value : "");
        }
        err_clear(&err);
        arena_release(&arena);
    }
    t_rows_end();
}

static void test_no_query_at_all(void **state)
{
    struct arena arena = ARENA_INIT;
    struct err err = ERR_INIT;
    struct str value = STR("before");

    (void)state;
    assert_ok(query_get((struct str){ NULL, 0 }, "k", &value, &arena, &err), &err);
    assert_null(value.p);
    arena_release(&arena);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_path_table),
    cmocka_unit_test(test_match_table),
    cmocka_unit_test(test_query_table),
    cmocka_unit_test(test_no_query_at_all),
};
T_MAIN(tests)
