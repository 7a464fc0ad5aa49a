/*
 * Interfaces come in by name at the start, or by rtnetlink at any time.  What
 * one does once it is held is sequel.c's.
 */
#include "roster.h"

#include "client.h"
#include "clock.h"
#include "files.h"
#include "log.h"
#include "moment.h"
#include "sequel.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

/*
 * So many workers may wait for a first lease at a time: the queue of a server
 * has room for about a hundred messages, and what it loses is sent again
 * after four seconds.
 */
#define WAITING_AT_ONCE 32
#define SILENCE_MS 100 /* then as many more may */

/*
 * A mapping of its own: all zero, and what is not used of the room for a lease
 * is never touched, as calloc would.  NULL if there is none to be had.
 */
static struct interface *make_interface(void)
{
	void *const room =
		mmap(NULL, sizeof(struct interface), PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return room != MAP_FAILED ? room : NULL;
}

static void drop_interface(struct interface *interface)
{
	munmap(interface, sizeof(*interface));
}

static void forget(struct roster *roster, size_t i)
{
	drop_interface(roster->interface[i]);
	roster->interface[i] = roster->interface[--roster->count];
}

/* Holds the interface of that name; 0 or -errno, which is logged. */
static int hold(struct roster *roster, const char *name)
{
	struct interface *interface =
		roster->count < CLI_INTERFACES_MAX ? make_interface() : NULL;
	int result;

	if (interface == NULL) {
		log_line(LOG_ERR, "%s: no room for another interface", name);
		return -ENOMEM;
	}
	result = interface_hold(interface, name, roster->context);
	if (result < 0)
		drop_interface(interface);
	else
		roster->interface[roster->count++] = interface;
	return result;
}

/* One that has ended is known by its index alone: its name may come again. */
static bool is_known(const struct roster *roster, const struct physical *link)
{
	size_t i;

	for (i = 0; i < roster->foreign_count; i++)
		if (roster->foreign[i] == link->ifindex)
			return true;
	for (i = 0; i < roster->count; i++) {
		const struct interface *interface = roster->interface[i];

		if (interface->ifindex == link->ifindex ||
		    (interface->phase != PHASE_ENDED &&
		     strcmp(interface->name, link->name) == 0))
			return true;
	}
	return false;
}

/* What is told of a link may be out of date: its name is another's now. */
static bool is_named_so(const struct physical *link)
{
	return if_nametoindex(link->name) == link->ifindex;
}

/* Holds a link that nobody has named; false if it is not to be had. */
static bool hold_link(struct roster *roster, const struct physical *link)
{
	int result;

	if (is_known(roster, link) || !is_named_so(link) ||
	    !links_is_settled(&roster->links, link->ifindex))
		return false;
	result = hold(roster, link->name);
	if (result == -EADDRINUSE && roster->foreign_count < ROSTER_FOREIGN_MAX)
		roster->foreign[roster->foreign_count++] = link->ifindex;
	if (result == 0)
		log_line(LOG_DEBUG, "dhcpcanon %s on %s", VERSION, link->name);
	return result == 0;
}

static int hold_all(struct roster *roster)
{
	struct physical link;
	int result = links_open(&roster->links);

	if (result == 0)
		result = links_ask(&roster->links);
	if (result < 0) {
		log_line(LOG_ERR, "rtnetlink: %s", strerror(-result));
		return result;
	}
	while (links_next(&roster->links, &link))
		hold_link(roster, &link);
	return 0;
}

int roster_hold(struct roster *roster, const struct monitor_context *context)
{
	const struct options *options = context->options;
	int result = 0;
	size_t i;

	roster->context = context;
	roster->takes_all = options->interface_count == 0;
	roster->start_ms = TIME_NEVER;
	links_reset(&roster->links);
	if (roster->takes_all)
		return hold_all(roster);
	for (i = 0; i < options->interface_count && result == 0; i++)
		result = hold(roster, options->interface[i]);
	return result;
}

/* What keeps one from its start: nothing where the others may do. */
static int excused(const struct roster *roster,
		   const struct interface *interface, int result)
{
	return roster->takes_all && interface->phase == PHASE_REFUSED ? 0
								      : result;
}

/* One that is held from the start and was not started yet, or NULL. */
static struct interface *next_to_start(const struct roster *roster)
{
	size_t i;

	for (i = 0; i < roster->count; i++) {
		struct interface *interface = roster->interface[i];

		if (interface->phase == PHASE_HELD && interface->worker == 0 &&
		    interface->script == 0)
			return interface;
	}
	return NULL;
}

int roster_start(struct roster *roster)
{
	struct interface *first;
	int result = 0;
	size_t i;

	for (i = 0; i < roster->count && result == 0; i++)
		result = excused(roster, roster->interface[i],
				 interface_check(roster->interface[i]));
	if (result < 0)
		return result;
	first = next_to_start(roster);
	if (first == NULL)
		return 0;
	/* what is wrong with it is likely to be so with all */
	result = excused(roster, first, interface_start(first));
	roster->may_wait = WAITING_AT_ONCE;
	if (next_to_start(roster) != NULL)
		roster->start_ms = 0;
	return result;
}

/* How many workers run that have no lease yet, be there a server or not. */
static size_t count_waiting(const struct roster *roster)
{
	size_t count = 0, i;

	for (i = 0; i < roster->count; i++)
		if (roster->interface[i]->worker != 0 &&
		    roster->interface[i]->state.state <= STATE_REQUESTING)
			count++;
	return count;
}

void roster_start_next(struct roster *roster)
{
	const uint64_t now_ms = clock_boottime_ms();
	struct interface *next = next_to_start(roster);

	roster->start_ms = TIME_NEVER;
	if (next == NULL)
		return;
	if (count_waiting(roster) >= roster->may_wait) {
		if (now_ms < roster->silent_ms) {
			roster->start_ms = roster->silent_ms;
			return;
		}
		roster->may_wait += WAITING_AT_ONCE;
	}
	sequel_restart(next);
	roster->start_ms = now_ms;
	roster->silent_ms = now_ms + SILENCE_MS;
}

/* Of links that were not named those that have gone may come as others. */
static void forget_gone(struct roster *roster)
{
	const size_t before = roster->count;
	size_t i = 0;

	while (i < roster->count) {
		if (!interface_is_gone(roster->interface[i])) {
			i++;
			continue;
		}
		files_remove_status(roster->interface[i]);
		forget(roster, i);
	}
	/* one that has such a name already was passed over */
	if (roster->count != before)
		links_ask(&roster->links);
}

/* True if what becomes of links is of interest. */
static bool is_one_waiting(const struct roster *roster)
{
	size_t i;

	for (i = 0; i < roster->count; i++)
		if (roster->interface[i]->phase == PHASE_ABSENT ||
		    roster->interface[i]->phase == PHASE_REFUSED)
			return true;
	return false;
}

void roster_settle(struct roster *roster)
{
	int result;

	if (roster->takes_all) {
		forget_gone(roster);
		return;
	}
	if (!is_one_waiting(roster)) {
		links_close(&roster->links);
		return;
	}
	if (roster->links.watch >= 0)
		return;
	result = links_open(&roster->links);
	if (result < 0)
		log_line(LOG_ERR, "rtnetlink: %s", strerror(-result));
	else
		roster_on_links(roster); /* it may have come before */
}

void roster_on_links(struct roster *roster)
{
	struct physical link;
	size_t i;

	while (links_next(&roster->links, &link)) {
		if (!roster->takes_all || !hold_link(roster, &link))
			continue;
		files_forget_leases(roster->context->options, link.name);
		sequel_restart(roster->interface[roster->count - 1]);
	}
	/* of those that are named only the name counts */
	for (i = 0; i < roster->count; i++)
		if (!roster->takes_all ||
		    roster->interface[i]->phase == PHASE_REFUSED)
			sequel_on_links(roster->interface[i]);
}

void roster_on_udev(struct roster *roster)
{
	links_look_again(&roster->links);
	roster_on_links(roster);
}

uint64_t roster_deadline(const struct roster *roster)
{
	return links_deadline(&roster->links);
}

bool roster_is_empty(const struct roster *roster)
{
	size_t i;

	for (i = 0; i < roster->count; i++)
		if (roster->interface[i]->phase != PHASE_ABSENT)
			return false;
	return true;
}
