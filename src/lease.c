/*
 * The rules by which a reply becomes a lease and a lease gets its times.
 * Knows no clock: times are counted from a moment that the caller names.
 */
#include "lease.h"

#include "chance.h"

#include <assert.h>

#define JITTER_MS 1000U /* of T1 and T2, either way: RFC 2131 §4.4.5 */

const char *lease_refusal_name(enum lease_refusal refusal)
{
	static const char names[LEASE_REFUSALS][32] = {
		[LEASE_ACCEPTABLE] = "acceptable",
		[LEASE_NO_SERVER] = "no usable server identifier",
		[LEASE_NO_TIME] = "no usable lease time",
		[LEASE_REJECTED] = "the server is rejected (-cf)",
		[LEASE_BAD_ADDRESS] = "no address that a host can have",
	};

	assert(refusal < LEASE_REFUSALS);
	return names[refusal];
}

bool address_is_unicast(struct in_addr address)
{
	const uint32_t host = ntohl(address.s_addr);
	const uint32_t first = host >> 24;

	/* RFC 1122 §3.2.1.3, RFC 5735: 0/8, 127/8, and 224/3 upwards */
	return first != 0 && first != 127 && first < 224;
}

/* The mask of the address's class (RFC 791 §2.3), host order. */
static uint32_t natural_mask(uint32_t address)
{
	if (address >> 31 == 0)
		return 0xff000000;
	if (address >> 30 == 2)
		return 0xffff0000;
	return 0xffffff00;
}

/* True if `mask` (host order) is ones, then zeros, and at least eight ones. */
static bool mask_is_useful(uint32_t mask)
{
	const uint32_t host_bits = ~mask;

	return (host_bits & (host_bits + 1)) == 0 && mask >= 0xff000000;
}

/*
 * True if `address` is the network or the broadcast address under `mask`
 * (both in host order); /31 and /32 have neither (RFC 3021).
 */
static bool is_network_or_broadcast(uint32_t address, uint32_t mask)
{
	const uint32_t host_bits = ~mask;

	return host_bits > 1 && ((address & host_bits) == 0 ||
				 (address & host_bits) == host_bits);
}

enum lease_refusal lease_from_message(const struct message *message,
				      struct lease *out)
{
	struct lease lease = {.address = message->yiaddr};
	const uint32_t address = ntohl(message->yiaddr.s_addr);
	uint32_t mask;

	if (!message_address(message, OPTION_SERVER_IDENTIFIER,
			     &lease.server) ||
	    !address_is_unicast(lease.server))
		return LEASE_NO_SERVER;
	if (!message_u32(message, OPTION_LEASE_TIME, &lease.lifetime_s) ||
	    lease.lifetime_s == 0)
		return LEASE_NO_TIME;
	if (!address_is_unicast(lease.address))
		return LEASE_BAD_ADDRESS;
	if (message_u32(message, OPTION_SUBNET_MASK, &mask) &&
	    mask_is_useful(mask)) {
		if (is_network_or_broadcast(address, mask))
			return LEASE_BAD_ADDRESS;
	} else {
		lease.mask_is_natural = true;
		mask = natural_mask(address);
	}
	lease.mask.s_addr = htonl(mask);
	*out = lease;
	return LEASE_ACCEPTABLE;
}

/*
 * RFC 2131 §4.4.5: T1 and T2 "SHOULD be chosen with some random fuzz".  The
 * result lies strictly between `low` and `high`, which are two milliseconds
 * apart or more.
 */
static uint64_t fuzzed(uint64_t time_ms, uint32_t range_ms, uint32_t chance,
		       uint64_t low, uint64_t high)
{
	const uint64_t moved =
		time_ms + (uint64_t)(int64_t)chance_around(chance, range_ms);

	if (moved <= low)
		return low + 1;
	if (moved >= high)
		return high - 1;
	return moved;
}

void lease_set_times(struct lease *lease, const struct message *ack,
		     uint64_t start_ms, uint32_t chance_t1, uint32_t chance_t2)
{
	const uint64_t length_ms = (uint64_t)lease->lifetime_s * 1000;
	const uint64_t default_t1 = length_ms / 2;
	const uint64_t default_t2 = length_ms / 8 * 7;
	const uint64_t fuzz = length_ms / 60;
	const uint32_t range = fuzz < JITTER_MS ? (uint32_t)fuzz : JITTER_MS;
	uint64_t t1 = default_t1, t2 = default_t2;
	uint32_t seconds;

	if (lease->lifetime_s == LEASE_INFINITE) {
		lease->t1_ms = lease->t2_ms = lease->expiry_ms = TIME_NEVER;
		return;
	}
	if (message_u32(ack, OPTION_RENEWAL_TIME, &seconds) && seconds > 0 &&
	    seconds < lease->lifetime_s)
		t1 = (uint64_t)seconds * 1000;
	if (message_u32(ack, OPTION_REBINDING_TIME, &seconds) && seconds > 0 &&
	    seconds < lease->lifetime_s)
		t2 = (uint64_t)seconds * 1000;
	if (t1 >= t2) {
		t1 = default_t1;
		t2 = default_t2;
	}
	lease->expiry_ms = start_ms + length_ms;
	lease->t2_ms = fuzzed(start_ms + t2, range, chance_t2, start_ms,
			      lease->expiry_ms);
	lease->t1_ms =
		fuzzed(start_ms + t1, range, chance_t1, start_ms, lease->t2_ms);
}
