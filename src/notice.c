/*
 * The monitor's only door for what a worker says.  A worker may have been
 * taken over by the network, so nothing is assumed of the octets but that
 * there are `length` of them; what is wrong is never repaired.
 */
#include "notice.h"

#include <stddef.h>
#include <syslog.h>

/*
 * True if the times can be those of one lease: T1 no later than T2, both no
 * later than its end.  A time that is NOTICE_FOREVER binds nothing.
 */
static bool times_are_sane(const struct notice_times *times)
{
	const bool has_t1 = times->t1_s != NOTICE_FOREVER;
	const bool has_t2 = times->t2_s != NOTICE_FOREVER;

	if (has_t1 &&
	    (times->t1_s > times->t2_s || times->t1_s > times->expiry_s))
		return false;
	return !has_t2 || times->t2_s <= times->expiry_s;
}

size_t notice_script_length(const struct notice_script *script)
{
	return offsetof(struct notice_script, variables.text) +
	       script->variables.size;
}

static bool script_is_valid(const struct notice_script *script)
{
	const struct variables *variables = &script->variables;

	if (!times_are_sane(&script->times))
		return false;
	switch ((enum reason)script->reason) {
	case REASON_BOUND:
	case REASON_RENEW:
	case REASON_REBIND:
		return variables_are_valid(variables) &&
		       variables_fit_subnet(variables);
	case REASON_PREINIT:
	case REASON_EXPIRE:
	case REASON_FAIL:
		return variables->count == 0 && variables->size == 0;
	case REASON_STOP:    /* the monitor's own to give, */
	case REASON_RELEASE: /* as are these */
	case REASON_NBI:
	case REASON_COUNT:
		return false;
	}
	return false;
}

static bool log_is_valid(const struct notice_log *log)
{
	if (log->level < LOG_ERR || log->level > LOG_DEBUG)
		return false;
	for (size_t i = 0; i < NOTICE_LOG_MAX; i++) {
		if (log->text[i] == '\0')
			return true;
		if (log->text[i] < ' ' || log->text[i] > '~')
			return false;
	}
	return false;
}

static bool address_is_none_or_unicast(struct in_addr address)
{
	return address.s_addr == 0 || address_is_unicast(address);
}

static bool sandbox_is_valid(const struct sandbox_state *sandbox)
{
	/* landlock is a version, which any number may be */
	return sandbox->own_user <= 1 && sandbox->no_capabilities <= 1 &&
	       sandbox->bounding_emptied <= 1 &&
	       sandbox->no_new_privileges <= 1 && sandbox->seccomp <= 1;
}

static bool state_is_valid(const struct notice_state *state)
{
	return state->state < STATE_COUNT &&
	       address_is_none_or_unicast(state->address) &&
	       address_is_none_or_unicast(state->server) &&
	       times_are_sane(&state->times) &&
	       sandbox_is_valid(&state->sandbox);
}

/* The type is known only once its octets are known to be there. */
static bool is_valid(const union notice *notice, size_t length)
{
	switch ((enum notice_type)notice->type) {
	case NOTICE_SCRIPT:
		return length >=
			       offsetof(struct notice_script, variables.text) &&
		       length == notice_script_length(&notice->script) &&
		       script_is_valid(&notice->script);
	case NOTICE_LOG:
		return length == sizeof(notice->log) &&
		       log_is_valid(&notice->log);
	case NOTICE_STATE:
		return length == sizeof(notice->state) &&
		       state_is_valid(&notice->state);
	case NOTICE_RENEWAL:
		return length == sizeof(notice->renewal);
	case NOTICE_OFFER:
		return length == sizeof(notice->offer) &&
		       offer_is_valid(&notice->offer.offer);
	case NOTICE_INVALID:
		return false;
	}
	return false;
}

enum notice_type notice_check(const union notice *notice, size_t length)
{
	if (length < sizeof(notice->type) || !is_valid(notice, length))
		return NOTICE_INVALID;
	return (enum notice_type)notice->type;
}
