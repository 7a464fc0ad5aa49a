/*
 * A worker that only asks what is offered: one DISCOVER, and a NOTICE_OFFER
 * for each OFFER.  In the same process and sandbox as any worker.
 */
#ifndef DHCPCANON_SURVEY_H
#define DHCPCANON_SURVEY_H

#include "notice.h"

/*
 * Sends the DISCOVER once the link is usable and tells of OFFERs until the
 * monitor closes the pipe.  `start` is the COMMAND_START.  Returns the exit
 * status, a failure if the link is not usable, which is logged.
 */
int survey_run(const struct command *start);

#endif
