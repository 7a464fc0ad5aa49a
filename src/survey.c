/*
 * What --dry-run's worker does.  There is no state to be in and nothing but
 * one frame to send, so the state machine is not asked.
 */
#include "survey.h"

#include "log.h"
#include "room.h"
#include "transport.h"
#include "worker.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

/* Too large for the stack. */
static ROOM struct {
	const struct command *start;
	struct link link;
	uint32_t xid;
	bool sent;
	struct message message;
	struct notice_offer notice;
	uint8_t frame[FRAME_MAX];
} survey;

/* 0 or -errno. */
static int send_discover(void)
{
	const struct client_config *config = &survey.start->start.client;
	struct transaction transaction = {.mac = config->mac};
	uint8_t message[MESSAGE_SENT_LENGTH];
	uint8_t frame[FRAME_HEADERS + MESSAGE_SENT_LENGTH];
	struct chance chance;

	/* so few octets come whole once the generator is ready */
	if (getrandom(&chance, sizeof(chance), 0) != (ssize_t)sizeof(chance))
		abort();
	transaction.xid = survey.xid = chance.xid;
	profile_write(SENT_DISCOVER, &transaction, &config->disclosure,
		      chance.order, chance.list, message);
	survey.sent = true;
	return transport_send_frame(WORKER_PACKET, frame,
				    frame_encode(&config->mac, message,
						 sizeof(message), frame,
						 sizeof(frame)));
}

/* False when there is no use in going on. */
static bool on_link(void)
{
	const struct mac *mac = &survey.start->start.client.mac;
	const char *name = survey.start->start.name;
	bool changed = false;
	int result;

	transport_read_link(WORKER_NETLINK, &survey.link, &changed);
	if (survey.sent || !changed)
		return true;
	if (!link_is_usable(&survey.link) ||
	    !mac_equal(&survey.link.mac, mac)) {
		log_line(LOG_ERR, "%s: is down or has no carrier", name);
		return false;
	}
	result = send_discover();
	if (result < 0)
		log_line(LOG_ERR, "%s: DHCPDISCOVER could not be sent: %s",
			 name, strerror(-result));
	return result == 0;
}

static bool is_offer_to_us(const struct message *message)
{
	return survey.sent && message->type == DHCPOFFER &&
	       message->xid == survey.xid &&
	       mac_equal(&message->chaddr, &survey.start->start.client.mac);
}

/* One frame; those that are not for us are passed over. */
static void on_packet(void)
{
	const struct command *start = survey.start;
	struct frame frame;
	bool checksum_ready;
	const ssize_t length =
		transport_receive(WORKER_PACKET, survey.frame,
				  sizeof(survey.frame), &checksum_ready);

	if (length <= 0 ||
	    frame_decode(survey.frame, (size_t)length, checksum_ready,
			 &frame) != DECODE_OK ||
	    message_decode(frame.payload, frame.payload_length,
			   &survey.message) != DECODE_OK ||
	    !is_offer_to_us(&survey.message))
		return;
	survey.notice.type = NOTICE_OFFER;
	offer_from_message(&survey.message, &start->start.client.reject,
			   &start->start.definitions, &survey.notice.offer);
	/* when the monitor is slow, OFFERs wait in the packet socket */
	send(WORKER_PIPE, &survey.notice, sizeof(survey.notice), MSG_NOSIGNAL);
}

int survey_run(const struct command *start)
{
	struct pollfd polled[] = {
		{.fd = WORKER_PIPE, .events = POLLIN},
		{.fd = WORKER_NETLINK, .events = POLLIN},
		{.fd = WORKER_PACKET, .events = POLLIN},
	};

	survey.start = start;
	survey.link.ifindex = start->start.ifindex;
	if (transport_ask_link(WORKER_NETLINK, survey.link.ifindex) < 0)
		return EXIT_FAILURE;
	for (;;) {
		if (ppoll(polled, sizeof(polled) / sizeof(polled[0]), NULL,
			  NULL) < 0) {
			if (errno == EINTR)
				continue;
			return EXIT_FAILURE;
		}
		if (polled[0].revents != 0)
			return EXIT_SUCCESS; /* the end, as it has no more */
		if (polled[1].revents != 0 && !on_link())
			return EXIT_FAILURE;
		if (polled[2].revents != 0)
			on_packet();
	}
}
