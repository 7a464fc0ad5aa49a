/*
 * What the service manager is told, through libsystemd's sd_notify(3), which
 * is loaded only if there is one to tell: $NOTIFY_SOCKET is set.  Knows the
 * way, not what is to be said.
 */
#ifndef DHCPCANON_NOTIFY_H
#define DHCPCANON_NOTIFY_H

#include <stdbool.h>
#include <stdint.h>

/*
 * To be called once, at the start, before anything is told.  True, also
 * without a service manager; false with `*why`, dlerror(3)'s, when libsystemd
 * could not be loaded.
 */
bool notify_open(const char **why);

/* Tells `state`, lines as in sd_notify(3); to nobody unless opened. */
void notify_send(const char *state);

/*
 * Within how many milliseconds the service manager wants to hear WATCHDOG=1,
 * again and again; 0: not at all.
 */
uint64_t notify_watchdog_ms(void);

#endif
