/*
 * Everything around the client: the link, the kernel's filters, the monitor
 * that runs scripts and starts workers, the servers, other hosts, and what
 * befalls a machine.  One seed is one world.
 */
#ifndef DHCPCANON_SIM_WORLD_H
#define DHCPCANON_SIM_WORLD_H

#include "dice.h"
#include "future.h"
#include "judge.h"
#include "server.h"

#define SERVERS_MAX 3

/* How the link treats frames, percent; and how slow it is. */
struct weather {
	uint32_t loss, duplication, corruption;
	uint32_t conflicts;      /* of probes that are answered */
	uint64_t delay_ms;       /* at most, mostly less */
	uint32_t long_delays;    /* per cent, up to minutes */
	uint32_t script_trouble; /* per cent of runs */
	uint32_t lateness;       /* per mille of wake-ups that are late */
};

/* What the monitor does besides the script that runs. */
enum monitor_state {
	MONITOR_ABSENT,   /* the program does not run */
	MONITOR_WORKING,  /* a worker lives */
	MONITOR_CLEARING, /* the worker ended, the script has to know */
	MONITOR_WAITING,  /* for the interface */
};

struct world {
	struct dice dice;
	struct futures futures;
	struct weather weather;
	bool kind; /* no more faults */
	uint64_t now_ms, asleep_ms, end_ms;
	uint64_t busy_until_ms; /* the worker gets no processor time */

	struct link link;      /* as it is */
	uint64_t link_told_ms; /* when the last notice arrives: no overtaking */
	uint32_t servers;
	struct server server[SERVERS_MAX];

	enum monitor_state monitor;
	enum client_exit ended; /* why the worker did */
	uint32_t worker;        /* number of the one that lives */
	uint32_t next_xid, xid_salt;
	uint64_t deadline_ms, timer_ms; /* asked for, and when it will fire */

	bool script_busy, script_for_worker;
	enum reason script;
	struct in_addr script_address;
	bool announced;            /* BOUND and not yet EXPIRE or STOP */
	struct in_addr configured; /* on the interface; 0: none */
	uint32_t watched;          /* the ARP filter's address */

	struct client client;
	struct judge judge;
	uint64_t steps, lives; /* lease lives */
};

/* Lives one history to its end; sim_fail leaves it on a fault. */
void world_live(struct world *world, uint64_t seed);

#endif
