/*
 * One message, at both of its ends.  Knows which descriptors a worker has,
 * nothing of what it does with them.
 */
#include "handover.h"

#include "worker.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define HANDED (WORKER_DESCRIPTORS_END - WORKER_PACKET)

union rights {
	struct cmsghdr header;
	uint8_t room[CMSG_SPACE(HANDED * sizeof(int))];
};

int handover_send(int pipe, const struct transport *transport,
		  const void *command, size_t size)
{
	/* in the order of their numbers */
	const int handed[HANDED] = {
		transport->packet,   transport->arp,     transport->netlink,
		transport->deadline, transport->resumed,
	};
	union rights rights = {
		.header = {.cmsg_len = CMSG_LEN(sizeof(handed)),
			   .cmsg_level = SOL_SOCKET,
			   .cmsg_type = SCM_RIGHTS},
	};
	/* the kernel only reads it; iovec has no const */
	struct iovec bytes = {(void *)(uintptr_t)command, size};
	const struct msghdr message = {
		.msg_iov = &bytes,
		.msg_iovlen = 1,
		.msg_control = &rights,
		.msg_controllen = sizeof(rights),
	};

	memcpy(CMSG_DATA(&rights.header), handed, sizeof(handed));
	return sendmsg(pipe, &message, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

/* The kernel gives each the lowest number that is free (POSIX open(3)). */
static bool are_in_place(const union rights *rights)
{
	int handed[HANDED];

	if (rights->header.cmsg_level != SOL_SOCKET ||
	    rights->header.cmsg_type != SCM_RIGHTS ||
	    rights->header.cmsg_len != CMSG_LEN(sizeof(handed)))
		return false;
	memcpy(handed, CMSG_DATA(&rights->header), sizeof(handed));
	for (int i = 0; i < HANDED; i++)
		if (handed[i] != WORKER_PACKET + i)
			return false;
	return true;
}

int handover_receive(int pipe, void *command, size_t size)
{
	union rights rights = {.room = {0}};
	struct iovec bytes = {command, size};
	struct msghdr message = {
		.msg_iov = &bytes,
		.msg_iovlen = 1,
		.msg_control = &rights,
		.msg_controllen = sizeof(rights),
	};
	ssize_t length;

	if (close_range(WORKER_PACKET, ~0U, 0) < 0)
		return -errno;
	length = recvmsg(pipe, &message, 0);
	if (length <= 0)
		return length < 0 ? -errno : -EPIPE;
	if ((size_t)length != size ||
	    (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0 ||
	    !are_in_place(&rights))
		return -EBADMSG;
	return 0;
}
