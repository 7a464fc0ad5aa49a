/*
 * A child that executes a program: neither memory nor descriptors are copied,
 * and what goes wrong in the child comes back as an error.
 */
#ifndef DHCPCANON_PROCESS_H
#define DHCPCANON_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/types.h>

/* Descriptor `from` of ours, whatever its number, is the child's `to`. */
struct process_descriptor {
	int from, to;
};

/* What is started; the pointers are borrowed. */
struct process {
	const char *path;
	char *const *argv, *const *env;         /* NULL-terminated */
	const struct process_descriptor *given; /* one, or NULL */
	int close_from; /* descriptors from here on are closed; above `to` */
	bool is_apart;  /* a process group of its own, no signal blocked; else
			   as we are */
	uint64_t reset; /* if apart, the signals that are not as by default;
			   bit 0 is number 1 */
	const struct rlimit *descriptors; /* its limit of them; NULL: ours */
};

/*
 * Starts it; returns the process id, or -errno of the first step that failed,
 * with no child left.  The caller's signal handlers must be blocked: the child
 * shares our memory until it executes.
 */
pid_t process_start(const struct process *process);

#endif
