/*
 * One rtnetlink socket brings the events and the answers to our questions,
 * which the kernel gives while we read.  Knows nothing of interfaces that are
 * held.
 */
#include "links.h"

#include "clock.h"
#include "moment.h"
#include "room.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <unistd.h>

#define CONTAINER_FILE "/run/systemd/container"
#define UDEV_RUNS "/run/udev/control"
#define UDEV_DATABASE "/run/udev/data"
#define MESSAGES_MAX 32768 /* octets of one read: NLMSG_GOODSIZE at most */

void links_reset(struct links *links)
{
	*links = (struct links){
		.watch = -1, .udev = -1, .patience_ms = TIME_NEVER};
}

static bool is_in_container(void)
{
	const char *container = getenv("container");

	return access(CONTAINER_FILE, F_OK) == 0 ||
	       (container != NULL && *container != '\0');
}

int links_open(struct links *links)
{
	const struct sockaddr_nl address = {.nl_family = AF_NETLINK,
					    .nl_groups = RTMGRP_LINK};
	const int watch =
		socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
		       NETLINK_ROUTE);

	if (watch < 0)
		return -errno;
	if (bind(watch, (const struct sockaddr *)&address, sizeof(address)) <
	    0) {
		const int error = errno;

		close(watch);
		return -error;
	}
	links->watch = watch;
	links->in_container = is_in_container();
	return 0;
}

static void stop_waiting(struct links *links)
{
	if (links->udev >= 0)
		close(links->udev);
	links->udev = -1;
	links->patience_ms = TIME_NEVER;
	links->is_impatient = false;
}

void links_close(struct links *links)
{
	if (links->watch >= 0)
		close(links->watch);
	stop_waiting(links);
	links_reset(links);
}

int links_ask(struct links *links)
{
	const struct {
		struct nlmsghdr header;
		struct ifinfomsg all;
	} request = {
		.header = {.nlmsg_len = sizeof(request),
			   .nlmsg_type = RTM_GETLINK,
			   .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP},
		.all = {.ifi_family = AF_UNSPEC},
	};

	if (send(links->watch, &request, sizeof(request), 0) < 0)
		return -errno;
	return 0;
}

/* Reads what is queued into `unread`; false when nothing is. */
static bool receive(struct links *links)
{
	static ROOM _Alignas(struct nlmsghdr) uint8_t buffer[MESSAGES_MAX];

	for (;;) {
		struct sockaddr_nl from = {0};
		socklen_t size = sizeof(from);
		const ssize_t length =
			recvfrom(links->watch, buffer, sizeof(buffer), 0,
				 (struct sockaddr *)&from, &size);

		if (length >= 0 && from.nl_pid == 0) { /* the kernel */
			links->unread = reader_of(buffer, (size_t)length);
			return true;
		}
		if (length >= 0)
			continue;
		if (errno == ENOBUFS) {
			links->has_lost = true;
			continue;
		}
		/* only now is there room for the answer */
		if (errno != EAGAIN || !links->has_lost || links_ask(links) < 0)
			return false;
		links->has_lost = false;
	}
}

bool links_next(struct links *links, struct physical *out)
{
	do {
		if (physical_next(&links->unread, links->in_container, out))
			return true;
	} while (receive(links));
	if (links->is_impatient)
		stop_waiting(links);
	return false;
}

/* From now on, for some time, `udev` tells of what it has done with. */
static void wait_for_udev(struct links *links)
{
	if (links->patience_ms != TIME_NEVER)
		return;
	links->patience_ms = clock_boottime_ms() + LINKS_UDEV_MS;
	links->udev = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (links->udev >= 0)
		inotify_add_watch(links->udev, UDEV_DATABASE,
				  IN_CREATE | IN_MOVED_TO);
}

bool links_is_settled(struct links *links, uint32_t ifindex)
{
	char entry[sizeof(UDEV_DATABASE) + 16];

	if (links->is_impatient || access(UDEV_RUNS, F_OK) < 0)
		return true;
	snprintf(entry, sizeof(entry), UDEV_DATABASE "/n%u", ifindex);
	if (access(entry, F_OK) == 0)
		return true;
	wait_for_udev(links);
	/* it may have come just before we watched */
	return access(entry, F_OK) == 0;
}

void links_look_again(struct links *links)
{
	char unread[4096];

	while (links->udev >= 0 &&
	       read(links->udev, unread, sizeof(unread)) > 0)
		;
	if (clock_boottime_ms() >= links->patience_ms)
		links->is_impatient = true;
	links_ask(links);
}

uint64_t links_deadline(const struct links *links)
{
	return links->patience_ms;
}
