/*
 * What a worker says to the monitor: each notice checked (notice.h), held
 * against what the worker may ask for just now, and granted, so many a second.
 * A worker that breaks the rules is killed and heard no more.
 */
#ifndef DHCPCANON_HEARING_H
#define DHCPCANON_HEARING_H

#include "interface.h"

/* A notice can be read from its pipe, or the worker is gone. */
void hearing_on_pipe(struct interface *interface);

/*
 * Time has passed, it is CLOCK_BOOTTIME `now_ms`: what was too much a second
 * ago is made good.
 */
void hearing_on_time(struct interface *interface, uint64_t now_ms);

/* When that is due, CLOCK_BOOTTIME ms; TIME_NEVER. */
uint64_t hearing_deadline(const struct interface *interface);

#endif
