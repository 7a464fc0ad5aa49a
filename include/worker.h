/*
 * The worker: reads one interface's network, runs the state machine, carries
 * out its actions, and can do nothing else.  Its descriptors have fixed
 * numbers: the pipe is there when it is executed, the rest is handed over.
 */
#ifndef DHCPCANON_WORKER_H
#define DHCPCANON_WORKER_H

enum worker_descriptor {
	WORKER_PIPE = 3, /* SOCK_SEQPACKET to the monitor */
	WORKER_PACKET,
	WORKER_ARP,
	WORKER_NETLINK,
	WORKER_DEADLINE,
	WORKER_RESUMED,
	WORKER_DESCRIPTORS_END,
};

/* Exit statuses: enum client_exit plus this; anything else is a failure. */
#define WORKER_EXIT_BASE 64

/*
 * Runs until the client ends or the monitor goes away; `name` is what the
 * process is to be called (comm).  Returns the exit status; 1 with a sentence
 * on standard error when it was not started by a monitor.
 */
int worker_main(const char *name);

#endif
