/*
 * Model servers: what real ones do, and what hostile ones could.  A request
 * comes as the octets that the client sent, a reply leaves as a frame.
 */
#ifndef DHCPCANON_SIM_SERVER_H
#define DHCPCANON_SIM_SERVER_H

#include "dice.h"
#include "packet.h"

enum temper {
	TEMPER_GOOD,
	TEMPER_SILENT,
	TEMPER_NAKS,  /* refuses two of three */
	TEMPER_LIES,  /* about times, masks and addresses, within the form */
	TEMPER_ROGUE, /* says anything */
	TEMPERS,
};

struct server {
	enum temper temper;
	uint32_t id;      /* host order, as all addresses here */
	uint32_t network; /* the /24 it serves */
	uint32_t next_host;
	uint32_t lease_s;
	uint8_t client[6]; /* its one binding */
	uint32_t bound;
	bool has_checksum;  /* of UDP */
	bool broadcasts;    /* rather than to yiaddr */
	bool authoritative; /* refuses what it does not know */
};

/* Sets up a server with a network of its own by chance. */
void server_start(struct server *server, enum temper temper, uint32_t number,
		  struct dice *dice);

/* Serves another network from now on, and forgets. */
void server_move(struct server *server, struct dice *dice);

/*
 * What the server answers to the 300 octets of `request`: a frame of at most
 * `room` octets; 0: nothing.
 */
size_t server_answer(struct server *server, const uint8_t *request,
		     struct dice *dice, uint8_t *frame, size_t room);

#endif
