/*
 * --status: what running clients say of themselves in their status files, for
 * people and as JSON.  Needs no privilege and asks no process.
 */
#ifndef DHCPCANON_QUERY_H
#define DHCPCANON_QUERY_H

#include "cli.h"

/*
 * Prints the status of the interfaces named, or of all that have a file, on
 * standard output.  Returns the exit status: 0; 1 when one could not be read
 * or is malformed, with a sentence on standard error; else 3 when there was
 * none, or none whose process still runs.
 */
int query_status(const struct options *options);

#endif
