/*
 * What follows for an interface: when its worker or its script ends, links
 * come or go, time passes, or it is to stop.  Never waits.
 */
#ifndef DHCPCANON_SEQUEL_H
#define DHCPCANON_SEQUEL_H

#include "interface.h"

#define EXIT_NONE 2 /* dhclient's status of -1 without a lease */

/*
 * As interface_start while the program runs: a failure means a pause, or
 * PHASE_ABSENT.
 */
void sequel_restart(struct interface *interface);

/*
 * Process `child` ended with wait status `status`; true if it was this
 * interface's worker or script.
 */
bool sequel_on_child(struct interface *interface, pid_t child, int status);

/* Links came, went or changed (PHASE_ABSENT, PHASE_REFUSED). */
void sequel_on_links(struct interface *interface);

/* Time has passed, it is CLOCK_BOOTTIME `now_ms`; see sequel_deadline. */
void sequel_on_time(struct interface *interface, uint64_t now_ms);

/* When that is due, also for hearing_on_time, CLOCK_BOOTTIME ms; TIME_NEVER. */
uint64_t sequel_deadline(const struct interface *interface);

/* Ends the worker, runs STOP if a script has run for it, then PHASE_ENDED. */
void sequel_stop(struct interface *interface);

#endif
