/* message_decode, and what a lease takes from a message: any reply. */
#include "lease.h"

#include "prove.h"

int main(void)
{
	static struct message message;
	size_t length;
	const uint8_t *bytes = any_input(&length);
	struct lease lease;

	if (message_decode(bytes, length, &message) != DECODE_OK ||
	    lease_from_message(&message, &lease) != LEASE_ACCEPTABLE)
		return 0;
	lease_set_times(&lease, &message,
			Frama_C_unsigned_long_interval(0, UINT64_MAX / 2),
			Frama_C_unsigned_int_interval(0, UINT32_MAX),
			Frama_C_unsigned_int_interval(0, UINT32_MAX));
	return 1;
}
