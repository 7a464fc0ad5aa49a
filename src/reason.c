/* The script's reasons by name (dhclient-script(8)). */
#include "reason.h"

#include <assert.h>

const char *reason_name(enum reason reason)
{
	static const char names[REASON_COUNT][8] = {
		[REASON_PREINIT] = "PREINIT", [REASON_BOUND] = "BOUND",
		[REASON_RENEW] = "RENEW",     [REASON_REBIND] = "REBIND",
		[REASON_EXPIRE] = "EXPIRE",   [REASON_FAIL] = "FAIL",
		[REASON_STOP] = "STOP",       [REASON_RELEASE] = "RELEASE",
		[REASON_NBI] = "NBI",
	};

	assert(reason < REASON_COUNT);
	return names[reason];
}
