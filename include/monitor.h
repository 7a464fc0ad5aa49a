/*
 * The monitor: holds the interfaces, hears signals, workers and the ends of
 * processes, and keeps the files.  Reads no packet.
 */
#ifndef DHCPCANON_MONITOR_H
#define DHCPCANON_MONITOR_H

#include "cli.h"

/* How the monitor is to behave towards who started it. */
struct monitor_start {
	struct options *options; /* the files may turn out to be others */
	const char *argv0;       /* as called */
	bool manager_decides;    /* the script is nm-dhcp-helper */
	bool is_service; /* whoever started us may want to be notified */
	int parent;      /* background_fork's descriptor, or -1 */
};

/*
 * Runs until told to stop or no interface is left; returns the exit status:
 * 0, 1 for what was fatal, 2 for -1 without a lease.
 */
int monitor_run(const struct monitor_start *start);

#endif
