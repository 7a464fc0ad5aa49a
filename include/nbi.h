/*
 * Reason NBI, "no broadcast interfaces": the one run of the script that is
 * about no interface.
 */
#ifndef DHCPCANON_NBI_H
#define DHCPCANON_NBI_H

#include "cli.h"

#include <sys/types.h>

/* Runs the script with NBI; a failure to start it is logged. */
void nbi_start(const struct options *options);

/* True while the script runs. */
bool nbi_is_running(void);

/* True if `child`, which ended, was that run. */
bool nbi_on_child(pid_t child);

/* Time has passed; see nbi_deadline. */
void nbi_on_time(void);

/* When nbi_on_time is due, CLOCK_BOOTTIME ms; TIME_NEVER. */
uint64_t nbi_deadline(void);

#endif
