/*
 * What crosses the pipe between a worker and the monitor, one struct a
 * datagram.  Whatever a worker sends is a stranger's until checked:
 * notice_check is the monitor's only door (the policy: a wrong one kills the
 * worker, it is never repaired).  No pointer crosses.
 */
#ifndef DHCPCANON_NOTICE_H
#define DHCPCANON_NOTICE_H

#include "client.h"
#include "offer.h"
#include "variables.h"

#define NOTICE_LOG_MAX 240        /* octets of a log line, NUL included */
#define NOTICE_FOREVER UINT32_MAX /* seconds: never */

/* Worker to monitor. */
enum notice_type {
	NOTICE_INVALID, /* none; what notice_check says of a wrong one */
	NOTICE_SCRIPT,  /* run the script; answered by COMMAND_SCRIPT_DONE */
	NOTICE_LOG,     /* a line for the log; no answer */
	NOTICE_STATE,   /* for the status file; no answer */
	NOTICE_RENEWAL, /* send this to the lease's server; no answer */
	NOTICE_OFFER,   /* for whoever asked with --dry-run; no answer */
};

/* How long from now, in seconds; NOTICE_FOREVER: not at all. */
struct notice_times {
	uint32_t t1_s, t2_s, expiry_s;
};

/*
 * NOTICE_SCRIPT; variables and times only with BOUND, RENEW, REBIND.  Sent
 * without the room that its variables do not use.
 */
struct notice_script {
	uint32_t type;
	uint32_t reason; /* PREINIT, BOUND, RENEW, REBIND, EXPIRE or FAIL */
	struct notice_times times;
	struct variables variables;
};

/* NOTICE_LOG. */
struct notice_log {
	uint32_t type;
	uint32_t level;            /* syslog(3): LOG_ERR to LOG_DEBUG */
	char text[NOTICE_LOG_MAX]; /* printable ASCII and a NUL */
};

/* What of the sandbox is in force. */
struct sandbox_state {
	uint8_t own_user;          /* runs as another user than the monitor */
	uint8_t no_capabilities;   /* all sets empty; always, or it ended */
	uint8_t bounding_emptied;  /* the bounding set too */
	uint8_t no_new_privileges; /* always, or it ended */
	uint8_t landlock;          /* ABI version in force; 0: none */
	uint8_t seccomp;           /* the filter is in force */
};

/* What a worker counted since it started. */
struct counters {
	uint32_t sent[SENT_COUNT];      /* messages */
	uint32_t dropped[DECODE_COUNT]; /* frames, by kind */
	uint32_t naks, conflicts, declines, offers_refused;
	uint32_t retransmissions; /* of what was sent, not the first time */
};

/* NOTICE_STATE. */
struct notice_state {
	uint32_t type;
	uint32_t state;                 /* enum client_state */
	struct in_addr address, server; /* of the lease held; else 0 */
	struct notice_times times;
	struct sandbox_state sandbox;
	struct counters counters;
};

/* NOTICE_RENEWAL: a REQUEST for the server that granted the lease. */
struct notice_renewal {
	uint32_t type;
	uint8_t message[MESSAGE_SENT_LENGTH];
};

/* NOTICE_OFFER. */
struct notice_offer {
	uint32_t type;
	struct offer offer;
};

/* Any notice; the monitor receives into this. */
union notice {
	uint32_t type;
	struct notice_script script;
	struct notice_log log;
	struct notice_state state;
	struct notice_renewal renewal;
	struct notice_offer offer;
};

/* The octets of it that are sent, by what it says of its variables. */
size_t notice_script_length(const struct notice_script *script);

/*
 * Checks `length` received octets: the exact size of its type, every number
 * within its range, every text clean.  Returns the type, NOTICE_INVALID if
 * anything is wrong.
 */
enum notice_type notice_check(const union notice *notice, size_t length);

/* Monitor to worker. */
enum command_type {
	COMMAND_START,       /* first, once: the configuration */
	COMMAND_SCRIPT_DONE, /* the script asked for has ended */
	COMMAND_RENEW,
	COMMAND_STOP,
	COMMAND_REPORT, /* send a NOTICE_STATE now */
};

struct command {
	uint32_t type;
	union {
		struct {
			struct client_config client;
			struct definitions definitions; /* types of options */
			uint32_t ifindex;
			char name[LINK_NAME_MAX];
			uint32_t uid, gid;  /* to become; 0: stay */
			uint8_t is_verbose; /* debug lines too */
			uint8_t surveys;    /* it only asks (survey.h) */
		} start;
		uint32_t outcome; /* enum script_outcome */
	};
};

#endif
