/*
 * What the client must do, as the documents say it, written a second time:
 * the judge sees each event as bytes and as the simulation reads them, knows
 * what has to follow, and compares.  It shares no code with the program's
 * pure ring but types and the accessors client_is_bound and client_deadline.
 */
#ifndef DHCPCANON_SIM_JUDGE_H
#define DHCPCANON_SIM_JUDGE_H

#include "../../include/client.h"
#include "packet.h"

#define XIDS_MAX 8192 /* in a history; a power of two */

/* An event as the simulation made it; what type does not need is empty. */
struct witness {
	enum event_type type;
	uint64_t now_ms, asleep_ms;
	uint32_t xid; /* that a new transaction has to take */
	struct reply reply;
	struct claim claim;
	struct link link;
	enum script_outcome outcome;
};

enum phase {
	PHASE_IDLE,  /* INIT: waits for the first PREINIT or the link */
	PHASE_PAUSE, /* INIT: waits for a while */
	PHASE_SELECTING,
	PHASE_REQUESTING,
	PHASE_PROBING,
	PHASE_BOUND,
	PHASE_RENEWING,
	PHASE_REBINDING,
	PHASE_DECLINED,
	PHASE_STOPPED,
};

/* A lease that a model server granted; host order; address 0: none. */
struct grant {
	uint32_t address, server, mask;
	bool mask_is_natural;
	uint32_t lifetime_s;
	uint64_t start_ms, t1_ms, t2_ms, expiry_ms;
};

/* What the script knows and is owed. */
struct telling {
	bool busy;
	enum reason running;
	bool bound; /* was told of `address` and not that it ended */
	uint32_t address;
	bool expire, preinit, news, fail; /* owed */
	enum reason reason;               /* of the news */
};

struct judge {
	struct client_config config;
	struct link link;
	uint64_t asleep_ms;
	bool started, settled;

	enum phase phase;
	uint64_t due_min_ms, due_max_ms; /* the phase's next move */
	uint32_t attempt;
	bool open; /* a transaction is under way: */
	uint32_t xid;
	uint64_t started_ms, sent_ms, requesting_ms;
	uint32_t secs;            /* of the last DISCOVER */
	uint32_t address, server; /* offered */
	struct grant lease;
	uint32_t naks;

	uint64_t fail_ms, announce_ms, withdraw_ms;
	bool in_use; /* the script took the lease */
	bool defended;
	uint64_t defended_ms;
	uint32_t watched;
	struct telling script;
	bool exiting, at_once;
	enum client_exit exit;
	uint64_t deadline_ms; /* the client's, after the last step */
	uint64_t timer_ms;    /* of the last timer event */
	uint32_t timers;      /* of that millisecond */

	/* of the whole history, whatever the worker */
	uint32_t xid_count;
	uint32_t xids[XIDS_MAX];
	uint64_t leases; /* begun */
	uint64_t steps;
};

/* Begins a history. */
void judge_start(struct judge *judge);

/* A worker starts, while its first PREINIT runs. */
void judge_start_worker(struct judge *judge, const struct client_config *config,
			uint64_t now_ms, uint64_t asleep_ms);

/* Judges one step of `client`, whatever it did: `actions`. */
void judge_step(struct judge *judge, const struct witness *witness,
		const struct client *client, const struct actions *actions);

/* Words for a trace. */
const char *phase_name(enum phase phase);

#endif
