/*
 * One interface as the monitor holds it: its link, its worker, the script (one
 * at a time) and the lease that the script was told.  Never waits.  Never sees
 * a packet.
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

/* What all interfaces of a monitor have in common. */
struct monitor_context {
	const struct options *options;
	struct launch launch;
	int pipes;            /* epoll_create(2)'s: its data are interfaces */
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
	bool was_told;  /* a script has run for it */
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

/* Its link. */

/*
 * Makes of `interface`, which is all zero, one that holds `name`: it must exist
 * and be Ethernet, and nobody else hold it; but with -w one that does not exist
 * is PHASE_ABSENT.  Returns 0, or -errno with a sentence logged and nothing
 * changed.
 */
int interface_hold(struct interface *interface, const char *name,
		   const struct monitor_context *context);

/* The link may have been renamed since: its name of today, asked for anew. */
const char *interface_current_name(const struct interface *interface,
				   char buffer[IF_NAMESIZE]);

/* PHASE_ABSENT: the link is not held any more, its name is waited for. */
void interface_become_absent(struct interface *interface);

/* PHASE_ENDED, for good: neither is.  `exit_status` is what it ends with. */
void interface_end(struct interface *interface, int exit_status);

/* True if nothing of it is left to wait for: it is absent, and taken down. */
bool interface_is_gone(const struct interface *interface);

/* Its worker. */

/*
 * Sees whether a first worker may be started at all; as interface_start, but
 * changes nothing of the link.
 */
int interface_check(struct interface *interface);

/*
 * Starts a worker, and PREINIT unless it follows one whose address changed; 0,
 * or -errno with a sentence logged.  -EADDRNOTAVAIL: it is PHASE_REFUSED, for
 * --require-random-mac.
 */
int interface_start(struct interface *interface);

/* SIGHUP, SIGUSR1. */
void interface_renew(struct interface *interface);
void interface_report(struct interface *interface);

/* Asks the worker, if there is one, for a sign that it still serves. */
void interface_ask(struct interface *interface);

/* True if it gave that sign, or there is nobody to give one. */
bool interface_has_answered(const struct interface *interface);

/* Asks it to end. */
void interface_stop_worker(const struct interface *interface);

/* Ends it; there must be one. */
void interface_kill_worker(const struct interface *interface);

/* Its script, of which none runs. */

/*
 * Runs it for `reason`; a lease that it was told before is old_*.  One that
 * can't be started is logged and has failed at once.
 */
void interface_run_script(struct interface *interface, enum reason reason);

/* The same for a lease, which is new_*, under the name that it has there. */
void interface_announce(struct interface *interface, enum reason reason,
			const struct lease_record *fresh);

/* It is told that the lease is over; its old_* name it once more. */
void interface_take_down(struct interface *interface, enum reason reason);

/* It ended with wait status `status`; a worker that waits for it is told. */
void interface_on_script_exit(struct interface *interface, int status);

#endif
