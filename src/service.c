/*
 * What is told to whom started us, in sd_notify(3)'s words.  Reads what the
 * monitor knows of its interfaces, and decides nothing about them.
 */
#include "service.h"

#include "clock.h"
#include "log.h"
#include "moment.h"
#include "notify.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define STATUS_LINE_MAX 120

static struct {
	bool is_open;
	bool is_ready;
	char status[STATUS_LINE_MAX]; /* the last that was told */
	uint64_t watch_ms;            /* between two checks; 0: none */
	uint64_t next_ms;             /* the next of them */
} service;

void service_open(void)
{
	const char *why = NULL;
	uint64_t watchdog_ms;

	if (!notify_open(&why)) {
		log_line(LOG_ERR, "the service manager is told nothing: %s",
			 why);
		return;
	}
	watchdog_ms = notify_watchdog_ms();
	service.is_open = true;
	/* twice as often as asked for, as sd_watchdog_enabled(3) advises */
	service.watch_ms = watchdog_ms > 1 ? watchdog_ms / 2 : watchdog_ms;
	service.next_ms = clock_boottime_ms();
}

void service_ready(void)
{
	if (service.is_ready)
		return;
	service.is_ready = true;
	notify_send("READY=1");
}

void service_reloading(void)
{
	char state[64];

	if (!service.is_ready)
		return; /* READY=1 would be too early, and must follow */
	snprintf(state, sizeof(state),
		 "RELOADING=1\nMONOTONIC_USEC=%" PRIu64 "000",
		 clock_ms(CLOCK_MONOTONIC));
	notify_send(state);
}

void service_reloaded(void)
{
	if (service.is_ready)
		notify_send("READY=1");
}

void service_stopping(void)
{
	notify_send("STOPPING=1");
}

static bool is_bound(const struct interface *interface)
{
	return interface->worker != 0 && interface->state.address.s_addr != 0;
}

static void describe_one(const struct interface *interface, struct text *out)
{
	text_add(out, interface->name);
	if (is_bound(interface)) {
		text_add(out, ": bound to ");
		text_add_address(out, interface->state.address);
		return;
	}
	text_add(out, ": no lease");
	if (interface->worker == 0)
		return;
	text_add(out, ", ");
	text_add(out,
		 client_state_name((enum client_state)interface->state.state));
}

static void describe_all(const struct roster *roster, struct text *out)
{
	size_t bound = 0, i;

	for (i = 0; i < roster->count; i++)
		bound += is_bound(roster->interface[i]);
	text_add_number(out, (int64_t)bound);
	text_add(out, " of ");
	text_add_number(out, (int64_t)roster->count);
	text_add(out, " interfaces have a lease");
}

void service_follow(const struct roster *roster)
{
	char line[STATUS_LINE_MAX];
	struct text text = text_in(line, sizeof(line));

	if (!service.is_open)
		return;
	text_add(&text, "STATUS=");
	if (roster->count == 0)
		text_add(&text, "no interface");
	else if (roster->count == 1)
		describe_one(roster->interface[0], &text);
	else
		describe_all(roster, &text);
	if (text_equals(line, service.status))
		return;
	memcpy(service.status, line, sizeof(line));
	notify_send(line);
}

void service_on_time(struct roster *roster)
{
	const uint64_t now_ms = clock_boottime_ms();
	size_t i;

	if (now_ms < service_deadline())
		return;
	service.next_ms = now_ms + service.watch_ms;
	for (i = 0; i < roster->count; i++)
		if (!interface_has_answered(roster->interface[i]))
			return;
	notify_send("WATCHDOG=1");
	for (i = 0; i < roster->count; i++)
		interface_ask(roster->interface[i]);
}

uint64_t service_deadline(void)
{
	return service.watch_ms > 0 ? service.next_ms : TIME_NEVER;
}
