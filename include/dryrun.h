/*
 * --dry-run: one DISCOVER, and every OFFER that comes within some seconds,
 * told in full.  Nothing is requested or configured, no script is run, no
 * file is written.
 */
#ifndef DHCPCANON_DRYRUN_H
#define DHCPCANON_DRYRUN_H

#include "cli.h"

#define DRYRUN_WAIT_MS 5000 /* unless --timeout is given */

/*
 * Asks on the one interface that is named and prints what is offered on
 * standard output; `argv0` is what the worker is called as.  Returns the exit
 * status: 0 if an offer was acceptable; 1 with a sentence on standard error
 * when it could not ask; 2 when no offer came; 3 when none that came was
 * acceptable.
 */
int dryrun_interface(const struct options *options, const char *argv0);

#endif
