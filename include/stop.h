/*
 * -r and -x: ends a client that runs, and takes down what one that did not
 * end well has left.  Neither sends anything: a client that leaves says
 * nothing (RFC 7844 has no use for DHCPRELEASE, and it would disclose that we
 * go).
 */
#ifndef DHCPCANON_STOP_H
#define DHCPCANON_STOP_H

#include "cli.h"

/*
 * Carries out options->action, CLI_RELEASE or CLI_STOP, for the interfaces
 * named, or for all that were held without a name.  Whoever holds the lock on
 * the pid file gets SIGTERM, and SIGKILL after 5 s; so does, when we are
 * called as dhclient and nobody holds it, the process that the file names if
 * that was called so too.  For each lease that is
 * on file even then the script runs, with reason RELEASE or STOP and what is
 * valid of the lease as old_*, and the lease is taken off the file.  Returns
 * the exit status: 0, also when there was nothing to stop; 1 when a client
 * could not be stopped or a file not be read, which is logged.
 */
int stop_running_client(const struct options *options);

#endif
