/*
 * --audit: what would be sent on an interface, octet by octet, and what this
 * machine shows besides.  Sends nothing, opens no packet socket, needs no
 * privilege.
 */
#ifndef DHCPCANON_AUDIT_H
#define DHCPCANON_AUDIT_H

#include "cli.h"

/*
 * Prints it for the one interface that is named, on standard output.  Returns
 * the exit status: 0; 1 with a sentence on standard error when the interface
 * can't be looked at; 2 when something identifies the machine.
 */
int audit_interface(const struct options *options);

#endif
