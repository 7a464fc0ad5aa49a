/* Why the script is run: dhclient-script(8)'s reasons, those that we give. */
#ifndef DHCPCANON_REASON_H
#define DHCPCANON_REASON_H

enum reason {
	REASON_PREINIT,
	REASON_BOUND,
	REASON_RENEW,
	REASON_REBIND,
	REASON_EXPIRE,
	REASON_FAIL,
	REASON_STOP,
	REASON_RELEASE,
	REASON_NBI,
	REASON_COUNT, /* how many there are; no reason */
};

/* Returns the reason's name as the script sees it: "PREINIT", "BOUND", … */
const char *reason_name(enum reason reason);

/* How a run of the script ended. */
enum script_outcome {
	SCRIPT_OK,      /* exit status 0 */
	SCRIPT_REFUSED, /* a normal exit with a status above 0 */
	SCRIPT_FAILED,  /* killed, timed out or could not be executed */
	SCRIPT_OUTCOMES,
};

#endif
