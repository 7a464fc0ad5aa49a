/*
 * What the status file says, for people and scripts.  Knows the words, not
 * what the numbers are for.
 */
#include "status.h"

#include "calendar.h"

#include <assert.h>
#include <stdio.h>

static const char idle_names[STATUS_IDLE_COUNT][12] = {
	[STATUS_STARTING] = "STARTING", [STATUS_ABSENT] = "ABSENT",
	[STATUS_REFUSED] = "REFUSED",   [STATUS_PAUSED] = "PAUSED",
	[STATUS_GIVEN_UP] = "GIVEN_UP", [STATUS_ENDING] = "ENDING",
};

static void add_string(struct text *out, const char *key, const char *value)
{
	text_add(out, key);
	text_add_char(out, '=');
	text_add(out, value);
	text_add_char(out, '\n');
}

static void add_number(struct text *out, const char *key, int64_t value)
{
	text_add(out, key);
	text_add_char(out, '=');
	text_add_number(out, value);
	text_add_char(out, '\n');
}

/* A moment as ISO 8601 has it. */
static void add_moment(struct text *out, const char *key, int64_t epoch_s)
{
	const struct calendar date = calendar_from_epoch(epoch_s);
	char value[80];

	snprintf(value, sizeof(value), "%u-%02u-%02uT%02u:%02u:%02uZ",
		 date.year, date.month, date.day, date.hour, date.minute,
		 date.second);
	add_string(out, key, value);
}

static void add_address(struct text *out, const char *key,
			struct in_addr address)
{
	if (address.s_addr == 0)
		return;
	text_add(out, key);
	text_add_char(out, '=');
	text_add_address(out, address);
	text_add_char(out, '\n');
}

static void add_seconds(struct text *out, const char *key, uint32_t seconds)
{
	if (seconds != NOTICE_FOREVER)
		add_number(out, key, seconds);
}

static void add_lease(struct text *out, const struct notice_state *worker)
{
	if (worker->address.s_addr == 0)
		return;
	add_address(out, "address", worker->address);
	add_address(out, "server", worker->server);
	add_seconds(out, "t1", worker->times.t1_s);
	add_seconds(out, "t2", worker->times.t2_s);
	add_seconds(out, "expiry", worker->times.expiry_s);
}

/*
 * Full is what a process that reads the network should be.  A user of its own
 * and an empty bounding set are not asked for: not every monitor can give
 * them, and no_new_privs leaves them little to do.
 */
static void add_sandbox(struct text *out, const struct sandbox_state *sandbox)
{
	const struct {
		const char *name;
		bool in_force;
		bool needed;
	} parts[] = {
		{"own_user", sandbox->own_user, false},
		{"no_capabilities", sandbox->no_capabilities, true},
		{"bounding_emptied", sandbox->bounding_emptied, false},
		{"no_new_privileges", sandbox->no_new_privileges, true},
		{"landlock", sandbox->landlock, true},
		{"seccomp", sandbox->seccomp, true},
	};
	bool is_full = true;

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		is_full &= parts[i].in_force || !parts[i].needed;
	add_string(out, "sandbox", is_full ? "full" : "partial");

	const char *separator = "";

	text_add(out, "sandbox_parts=");
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		if (!parts[i].in_force)
			continue;
		text_add(out, separator);
		text_add(out, parts[i].name);
		separator = " ";
	}
	text_add_char(out, '\n');
}

static void add_dropped(struct text *out, enum decode kind, uint32_t count)
{
	text_add(out, "dropped_");
	add_number(out, decode_name(kind), count);
}

static void add_counters(struct text *out, const struct counters *counters)
{
	static const char sent[SENT_COUNT][24] = {
		[SENT_DISCOVER] = "sent_discover",
		[SENT_REQUEST_SELECTING] = "sent_request_selecting",
		[SENT_REQUEST_RENEWING] = "sent_request_renewing",
		[SENT_REQUEST_REBINDING] = "sent_request_rebinding",
		[SENT_DECLINE] = "sent_decline",
	};

	for (size_t i = 0; i < SENT_COUNT; i++)
		add_number(out, sent[i], counters->sent[i]);
	add_number(out, "retransmissions", counters->retransmissions);
	for (size_t i = DECODE_OK + 1; i < DECODE_COUNT; i++)
		add_dropped(out, (enum decode)i, counters->dropped[i]);
	add_number(out, "naks", counters->naks);
	add_number(out, "conflicts", counters->conflicts);
	add_number(out, "declines", counters->declines);
	add_number(out, "offers_refused", counters->offers_refused);
}

void status_write(const struct status *status, struct text *out)
{
	const struct notice_state *worker = status->worker;

	add_string(out, "interface", status->interface);
	add_number(out, "pid", status->pid);
	add_moment(out, "written", status->now);
	if (worker == NULL) {
		assert(status->idle < STATUS_IDLE_COUNT);
		add_string(out, "state", idle_names[status->idle]);
		add_moment(out, "since", status->since);
		if (status->idle == STATUS_PAUSED ||
		    status->idle == STATUS_GIVEN_UP)
			add_number(out, "retry", status->retry_s);
	} else {
		assert(worker->state < STATE_COUNT);
		add_string(out, "state",
			   client_state_name((enum client_state)worker->state));
		add_moment(out, "since", status->since);
		add_string(out, "lladdr", mac_kind_name(status->mac_kind));
		add_lease(out, worker);
		add_sandbox(out, &worker->sandbox);
		add_counters(out, &worker->counters);
	}
	add_number(out, "workers_failed", status->workers_failed);
	add_number(out, "routes_refused", status->routes_refused);
	add_number(out, "notices_dropped", status->notices_dropped);
}
