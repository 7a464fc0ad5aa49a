/*
 * The state machine (RFC 2131 §4.4, figure 5, without INIT-REBOOT) as a
 * function of events: time and randomness arrive inside the event, what is to
 * be done leaves as actions.  No socket, clock, log or generator; no
 * allocation.  Times are milliseconds of CLOCK_BOOTTIME: a lease runs on
 * while the machine sleeps.
 */
#ifndef DHCPCANON_CLIENT_H
#define DHCPCANON_CLIENT_H

#include "arp.h"
#include "lease.h"
#include "link.h"
#include "profile.h"
#include "reason.h"
#include "reject.h"

enum client_state {
	STATE_INIT,       /* no lease, nothing under way: see client.c */
	STATE_SELECTING,  /* DISCOVER sent */
	STATE_REQUESTING, /* REQUEST for an offer sent */
	STATE_PROBING,    /* ACK here, is the address free? (RFC 5227) */
	STATE_BOUND,
	STATE_RENEWING,
	STATE_REBINDING,
	STATE_DECLINED, /* the pause after DHCPDECLINE */
	STATE_STOPPED,  /* nothing is sent any more */
	STATE_COUNT,
};

/* The state's name: "INIT", "SELECTING", … */
const char *client_state_name(enum client_state state);

/* Set once, before the first event. */
struct client_config {
	struct mac mac; /* that the sockets are filtered for */
	struct disclosure disclosure;
	struct reject_list reject; /* servers that the user does not want */
	uint32_t timeout_ms;       /* without a lease: then FAIL */
	uint32_t arp_wait_ms;      /* for probing; 0: none, nor announcing */
	uint32_t carrier_grace_ms; /* keep a forgotten lease configured */
	uint32_t decline_pause_ms; /* after DECLINE, plus 0 to 3 s */
	bool once;                 /* -1: give up at the first FAIL */
	bool delay_selecting;      /* wait 1 to 10 s before DISCOVER */
	bool manager_decides;      /* the script is nm-dhcp-helper */
	bool udp_missing;          /* no socket to renew by: wait for T2 */
	bool preinit_owed;         /* nobody has begun PREINIT: ask for it */
};

enum event_type {
	EVENT_TIMER,   /* client_deadline() is reached or passed */
	EVENT_MESSAGE, /* a reply with our chaddr */
	EVENT_ARP,     /* an ARP frame that passed the filter */
	EVENT_LINK,    /* the interface, whenever told of it */
	EVENT_SCRIPT,  /* the script that was asked for has ended */
	EVENT_RENEW,   /* the user wants a renewal now (SIGHUP) */
	EVENT_STOP,    /* nothing more is to be sent */
};

/* Fresh from the kernel for each event, one word for each use. */
struct chance {
	uint32_t xid;   /* of a new transaction; a step begins one at most */
	uint32_t order; /* of options in the message sent */
	uint32_t list;  /* of the request list in it */
	uint32_t wait;  /* until the next deadline */
	uint32_t t1, t2;
};

struct event {
	enum event_type type;
	uint64_t now_ms;    /* CLOCK_BOOTTIME */
	uint64_t asleep_ms; /* CLOCK_BOOTTIME - CLOCK_MONOTONIC */
	struct chance chance;
	union {
		const struct message *message; /* borrowed for the step */
		struct arp arp;
		struct link link;
		enum script_outcome script;
	};
};

/* Why the worker is to end. */
enum client_exit {
	EXIT_STOPPED,     /* asked to */
	EXIT_NO_LEASE,    /* -1 and no lease */
	EXIT_LINK_GONE,   /* the interface was deleted */
	EXIT_MAC_CHANGED, /* its link-layer address changed */
	EXIT_REASONS,
};

/* What happened, for the log and the counters. */
enum report_type {
	REPORT_OFFER,     /* address offered by server, taken */
	REPORT_REFUSED,   /* not acceptable: number is enum lease_refusal */
	REPORT_ACK,       /* address acknowledged by server */
	REPORT_NAK,       /* by server */
	REPORT_BOUND,     /* to address; number: seconds until renewal */
	REPORT_EXPIRED,   /* the lease of address ran out */
	REPORT_CONFLICT,  /* address is used by mac */
	REPORT_DEFENDED,  /* likewise, while bound, for the first time */
	REPORT_NO_OFFERS, /* timeout passed without a lease */
	REPORT_SCRIPT_REFUSED, /* the script did not accept address */
	REPORT_LINK_LOST,      /* carrier or interface down */
	REPORT_LINK_BACK,
	REPORT_RESUMED, /* number: seconds asleep */
	REPORT_MAC_CHANGED,
	REPORT_NATURAL_MASK, /* taken for address in place of the server's */
	REPORT_NO_ROUTER,    /* the ACK brings neither 3 nor 121 */
	REPORT_NO_DNS,       /* the ACK brings no 6 */
	REPORT_DROPPED,      /* number is enum decode */
	REPORT_COUNT,
};

enum action_type {
	ACTION_BROADCAST, /* message, in frame_encode's headers */
	ACTION_UNICAST,   /* message, by UDP from source to destination */
	ACTION_ARP,       /* a whole frame */
	ACTION_ARP_WATCH, /* let frames about address through; 0: none */
	ACTION_SCRIPT,    /* run the script; answered by EVENT_SCRIPT */
	ACTION_REPORT,
	ACTION_EXIT, /* the last action there is */
};

struct action {
	enum action_type type;
	union {
		struct {
			enum sent sent;
			uint8_t bytes[MESSAGE_SENT_LENGTH];
			struct in_addr source, destination; /* network order */
			struct in_addr address; /* what it is about, for logs */
			uint32_t interval_s;    /* until it is sent again */
			uint32_t attempt;       /* 1; then it is sent again */
		} message;
		uint8_t arp[ARP_FRAME_LENGTH];
		struct in_addr watch;
		struct {
			enum reason reason;
			/* BOUND, RENEW, REBIND: client.lease and client.ack */
		} script;
		struct {
			enum report_type type;
			struct in_addr address, server;
			struct mac mac;
			uint32_t number;
		} report;
		enum client_exit exit;
	};
};

#define ACTIONS_MAX 16

struct actions {
	size_t count;
	struct action list[ACTIONS_MAX];
};

/*
 * One client on one interface.  The fields are for client.c to write and for
 * others to read; all zero but for `config` is not enough, see client_init.
 */
struct client {
	struct client_config config;
	enum client_state state;
	struct link link;
	uint64_t asleep_ms; /* of the last event */

	/* the transaction under way */
	struct transaction transaction;
	uint64_t started_ms;    /* its first message, for secs */
	uint64_t sent_ms;       /* its last message, for the lease clock */
	uint64_t requesting_ms; /* when REQUESTING began */
	uint32_t attempt;       /* messages or probes sent in this state */

	/* deadlines; TIME_NEVER when there is none */
	uint64_t deadline_ms; /* the state's own */
	uint64_t fail_ms;     /* without a lease by then: FAIL */
	uint64_t announce_ms; /* the second ARP announcement */
	uint64_t withdraw_ms; /* the forgotten lease is taken down */

	uint32_t naks;        /* consecutive, without a lease between */
	uint64_t defended_ms; /* the last conflict while bound */
	bool has_defended;    /* there was one in this lease */

	/* valid in PROBING, BOUND, RENEWING, REBINDING; else all zero */
	struct lease lease;
	struct message ack; /* the one that the lease was read from */

	/* what the script knows, and what it is still to be told */
	struct {
		bool busy;              /* a script runs */
		enum reason running;    /* which */
		bool bound;             /* was told BOUND and not yet EXPIRE */
		struct in_addr address; /* of which lease */
		bool withdraw;          /* owes EXPIRE */
		bool preinit;           /* owes PREINIT */
		bool news;              /* owes `reason` for the lease */
		enum reason reason;
		bool fail; /* owes FAIL */
	} script;
	bool attached; /* the link was usable before */
	bool started;  /* the first PREINIT is over */
	bool settled;  /* the script took a first lease: -1 is fulfilled */
	bool in_use;   /* the script took this lease: the address is in use */
	bool exiting;  /* ACTION_EXIT follows when the script knows all */
	bool exited;   /* ACTION_EXIT was given */
	enum client_exit exit;
};

/*
 * A client in INIT that waits for its link (EVENT_LINK) and for the end of the
 * first PREINIT (EVENT_SCRIPT), which whoever starts the client has already
 * begun; with `preinit_owed` it is asked for when the link is up.  `now_ms`
 * starts the clock of `timeout_ms`; `asleep_ms` as in struct event.
 */
void client_init(struct client *client, const struct client_config *config,
		 uint64_t now_ms, uint64_t asleep_ms);

/*
 * One step: `event` happens to `client`; what is to be done, in this order,
 * is written to `out`.  Every state answers every event.  After ACTION_EXIT
 * there are no more actions, whatever happens.
 */
void client_step(struct client *client, const struct event *event,
		 struct actions *out);

/*
 * When EVENT_TIMER is due, CLOCK_BOOTTIME milliseconds; TIME_NEVER when
 * nothing is waited for but other events.
 */
uint64_t client_deadline(const struct client *client);

/*
 * When the lease that is held is to be renewed, CLOCK_BOOTTIME milliseconds:
 * T1; T2 with `udp_missing`, since only a broadcast is possible then.
 */
uint64_t client_renewal_ms(const struct client *client);

/* True in the states that hold a lease: BOUND, RENEWING, REBINDING. */
bool client_is_bound(const struct client *client);

/* True in the states in which a server's message may be for us. */
bool client_awaits_reply(const struct client *client);

#endif
