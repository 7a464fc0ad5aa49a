/*
 * What the log says of the client's actions: dhclient's lines where scripts
 * look for them, otherwise the interface, what happened and why.  No log of
 * its own.
 */
#ifndef DHCPCANON_REPORT_H
#define DHCPCANON_REPORT_H

#include "client.h"
#include "text.h"

#define REPORT_SILENT (-1) /* nothing is to be said */

/*
 * Appends the line for an ACTION_BROADCAST, ACTION_UNICAST or ACTION_REPORT
 * on `interface`, without newline, and returns its level (syslog(3)'s LOG_…);
 * REPORT_SILENT, appending nothing, for any other action.
 */
int report_line(const struct action *action, const char *interface,
		struct text *out);

#endif
