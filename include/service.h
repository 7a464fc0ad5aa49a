/*
 * The monitor as a service: what the service manager, if there is one, is told
 * of all interfaces, and when.  It is alive as long as every worker answers.
 */
#ifndef DHCPCANON_SERVICE_H
#define DHCPCANON_SERVICE_H

#include "roster.h"

/*
 * To be called first.  Without it, or without a service manager, nothing is
 * told and nothing is due.
 */
void service_open(void);

/* There is a lease, or its time is over: READY=1, once. */
void service_ready(void);

/* Leases are renewed because somebody asked; between these two. */
void service_reloading(void);
void service_reloaded(void);

/* It ends by itself or was told to. */
void service_stopping(void);

/* STATUS=, if there is something new to say. */
void service_follow(const struct roster *roster);

/*
 * Time has passed.  If all workers have answered since the last time,
 * WATCHDOG=1, and they are asked anew; else nothing, so that the manager's time
 * runs out.
 */
void service_on_time(struct roster *roster);

/* When that is due, CLOCK_BOOTTIME ms; TIME_NEVER. */
uint64_t service_deadline(void);

#endif
