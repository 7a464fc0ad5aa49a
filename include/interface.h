/*
 * One interface as the monitor holds it: its worker, the script (one at a
 * time), the lease that the script was told, and what comes next when either
 * ends.  Never waits.  Never sees a packet.
 */
#ifndef DHCPCANON_INTERFACE_H
#define DHCPCANON_INTERFACE_H

#include "budget.h"
#include "cli.h"
#include "conf.h"
#include "launch.h"
#include "leasefile.h"
#include "notice.h"

#define WORKER_FAILURES_MAX 5 /* within an hour: then it is given up */
#define EXIT_NONE 2           /* dhclient's status of -1 without a lease */

/* What all interfaces of a monitor have in common. */
struct monitor_context {
	const struct options *options;
	struct launch launch;
	bool manager_decides; /* the script is nm-dhcp-helper */
};

enum interface_phase {
	PHASE_HELD,     /* a worker runs, or is about to */
	PHASE_ABSENT,   /* waits for a link of that name */
	PHASE_REFUSED,  /* waits for another link-layer address */
	PHASE_PAUSED,   /* the worker failed: a new one after a pause */
	PHASE_GIVEN_UP, /* it failed too often: likewise, after an hour */
	PHASE_STOPPING, /* script STOP, then the end */
	PHASE_ENDED,
};

struct interface {
	const struct monitor_context *context;
	char name[LINK_NAME_MAX]; /* as asked for */
	struct conf conf;         /* what the file says for it */
	const char *script_path;
	uint32_t ifindex;
	enum interface_phase phase;
	uint64_t resume_ms; /* PAUSED and GIVEN_UP: when it goes on */

	pid_t worker;           /* 0: none */
	int pipe;               /* -1: none */
	int udp;                /* its renewals go out by this; -1: none */
	struct in_addr server;  /* and to that one, which granted the lease */
	bool owes_state;        /* it was asked for a state notice */
	int lock;               /* refuses a second instance; -1: none */
	uint64_t kill_ms;       /* the worker was asked to stop: until then */
	bool mac_changed;       /* the last worker ended for that */
	bool condemned;         /* it was killed for what it sent */
	struct mac mac;         /* that it was started for */
	enum mac_kind mac_kind; /* of the last worker's address */
	struct mac judged;      /* the address that the log has judged */
	uint64_t failed_ms[WORKER_FAILURES_MAX]; /* the latest ones */
	uint32_t failures;

	pid_t script; /* 0: none */
	enum reason script_reason;
	bool script_for_worker; /* it waits for the outcome */
	bool script_timed_out;
	uint64_t script_deadline_ms;
	bool stop_told; /* STOPPING: its script has run */

	bool has_lease;  /* the script was told `lease` and not its end */
	bool is_on_file; /* it is in the leases file */

	struct notice_state state;
	int64_t state_since;                   /* seconds since the epoch */
	struct budget lines, states, renewals; /* of notices */
	bool status_late;       /* the status file waits for the next second */
	uint32_t lines_omitted; /* and not said yet */
	uint32_t notices_dropped;
	uint32_t routes_refused;

	/* for the monitor, which resets the first two */
	bool leases_changed; /* the leases file is out of date */
	bool status_changed; /* the status file is */
	bool was_bound;      /* a lease was taken by the script */
	bool had_no_lease;   /* FAIL was told */
	int exit_status;     /* ENDED */

	struct lease_record lease; /* last: see struct variables */
};

/*
 * Makes of `interface`, which is all zero, one that holds `name`: it must exist
 * and be Ethernet, and nobody else hold it; but with -w one that does not exist
 * is PHASE_ABSENT.  Returns 0, or -errno with a sentence logged and nothing
 * changed.
 */
int interface_hold(struct interface *interface, const char *name,
		   const struct monitor_context *context);

/*
 * Starts its first worker and PREINIT; 0, or -errno with a sentence logged.
 * -EADDRNOTAVAIL: it is PHASE_REFUSED, for --require-random-mac.
 */
int interface_start(struct interface *interface);

/* The same while the program runs: a failure means a pause, or PHASE_ABSENT. */
void interface_restart(struct interface *interface);

/* True if nothing of it is left to wait for: it is absent, and taken down. */
bool interface_is_gone(const struct interface *interface);

/* A notice can be read from its pipe, or the worker is gone. */
void interface_on_pipe(struct interface *interface);

/*
 * Process `child` ended with wait status `status`; true if it was this
 * interface's worker or script.
 */
bool interface_on_child(struct interface *interface, pid_t child, int status);

/* Time has passed; see interface_deadline. */
void interface_on_time(struct interface *interface);

/* Links came, went or changed (PHASE_ABSENT, PHASE_REFUSED). */
void interface_on_links(struct interface *interface);

/* SIGHUP, SIGUSR1. */
void interface_renew(struct interface *interface);
void interface_report(struct interface *interface);

/* Asks the worker, if there is one, for a sign that it still serves. */
void interface_ask(struct interface *interface);

/* True if it gave that sign, or there is nobody to give one. */
bool interface_has_answered(const struct interface *interface);

/* Ends the worker, runs STOP, then PHASE_ENDED. */
void interface_stop(struct interface *interface);

/* When interface_on_time is due, CLOCK_BOOTTIME ms; TIME_NEVER. */
uint64_t interface_deadline(const struct interface *interface);

#endif
