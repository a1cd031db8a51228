#include "auth/refusal.h"

#include "base/limits.h"
#include "errors/errors.h"

static const int codes[STORE_REASONS] = {
    [STORE_NO_WORKSPACE] = DLF_0819,    [STORE_OTHER_PROJECT] = APIGW_0306,
    [STORE_ONE_DLI] = DLF_6271,         [STORE_LINK_USED] = CDM_0321,
    [STORE_CONTENDED] = APIGW_0613,     [STORE_TOKEN_UNKNOWN] = APIGW_0301,
    [STORE_TOKEN_EXPIRED] = APIGW_0301, [STORE_TOKEN_REVOKED] = APIGW_0307,
    [STORE_KEY_UNKNOWN] = APIGW_0301,   [STORE_NO_ROLE] = APIGW_0302,
};

/* What APIGW_0301 says of each, before the text of the error. */
static const char *const words[STORE_REASONS] = {
    [STORE_TOKEN_UNKNOWN] = "decrypt token fail",
    [STORE_TOKEN_EXPIRED] = "token expires, expires_at: ",
    [STORE_KEY_UNKNOWN] = "Get secretKey failed,ak:",
};

int refusal_explain(struct err *err)
{
    enum store_reason reason = (enum store_reason)err->reason;
    struct buf why = BUF_INIT(KIB);
    enum ec ec = err->ec;

    if (!reason)
        return ec;
    err->reason = STORE_UNSAID;
    err->api = codes[reason];
    if (!words[reason])
        return ec;
    buf_adds(&why, words[reason]);
    if (err->arg[0])
        buf_adds(&why, err->arg[0]);
    if (reason == STORE_KEY_UNKNOWN)
        buf_adds(&why, ",err:ak not exist");
    err_set(err, ec, codes[reason], DET_NONE, buf_cstr(&why));
    buf_release(&why);
    return ec;
}

int refusal_judge(struct store *s, const struct authority *a, struct rights *rights,
                  struct revisions *revisions, struct err *err)
{
    return store_judge(s, a, rights, revisions, err) ? refusal_explain(err) : 0;
}
