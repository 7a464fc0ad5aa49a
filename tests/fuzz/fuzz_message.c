/*
 * DHCP messages, the whole way of an ACK: options, lease, times, variables,
 * route policy, environment, leases file; and that of an OFFER for --dry-run.
 */
#include "message.h"

#include "env.h"
#include "fuzz.h"
#include "lease.h"
#include "offer.h"
#include "route.h"

#include <arpa/inet.h>

#define START_MS 100000U
#define REFUSALS_MAX 300

static void look_at_options(const struct message *message)
{
	size_t sum = 0;

	for (unsigned code = 0; code < 256; code++) {
		size_t length;
		const uint8_t *value =
			message_option(message, (uint8_t)code, &length);

		must((value == NULL) == (length == 0));
		must(length == 0 || message->option[code].seen);
		sum += length;
		if (value == NULL)
			continue;
		must(value >= message->data &&
		     value + length <= message->data + sizeof(message->data));
	}
	must(sum <= MESSAGE_MAX);
	must(message->type == DHCPOFFER || message->type == DHCPACK ||
	     message->type == DHCPNAK);
}

static void look_at_lease(struct lease *lease, const struct message *message)
{
	const uint32_t mask = ntohl(lease->mask.s_addr);

	must(address_is_unicast(lease->address) &&
	     address_is_unicast(lease->server) && lease->lifetime_s != 0);
	must(mask >= 0xff000000 && (~mask & (~mask + 1)) == 0);
	lease_set_times(lease, message, START_MS, message->xid, ~message->xid);
	if (lease->lifetime_s == LEASE_INFINITE) {
		must(lease->t1_ms == TIME_NEVER && lease->t2_ms == TIME_NEVER &&
		     lease->expiry_ms == TIME_NEVER);
		return;
	}
	must(START_MS < lease->t1_ms && lease->t1_ms < lease->t2_ms &&
	     lease->t2_ms < lease->expiry_ms);
	must(lease->expiry_ms == START_MS + lease->lifetime_s * UINT64_C(1000));
}

static void look_at_environment(const struct variables *lease)
{
	static struct env env;
	const struct env_input input = {.reason = REASON_RENEW,
					.interface = "eth0",
					.new_lease = {lease, 0},
					.old_lease = {lease, 0}};

	env_render(&input, &env);
	for (size_t i = 0; i < env.count; i++) {
		must_be_harmless(env.entry[i]);
		must(strncmp(env.entry[i], "new_host_name=", 14) != 0);
	}
	must(env.entry[env.count] == NULL);
}

static void apply_policies(const struct variables *variables)
{
	static struct variables lease;

	for (int policy = ROUTES_GATEWAY; policy <= ROUTES_NONE; policy++) {
		lease = *variables;
		route_policy_apply((enum route_policy)policy, &lease, NULL, 0);
		must_be_fit(&lease);
		look_at_environment(&lease);
	}
}

/* What a worker says of any OFFER, the monitor believes. */
static void look_at_offer(const struct message *message)
{
	static const struct reject_list nobody;
	static struct offer offer;
	const char *text;
	uint32_t at = 0;

	offer_from_message(message, &nobody, NULL, &offer);
	must(offer_is_valid(&offer));
	while (variables_next(&offer.variables, &at, &text) != NULL)
		must_be_harmless(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct message message;
	static struct lease_record record;
	struct variables_refusal refusals[REFUSALS_MAX];
	struct lease lease;

	if (message_decode(data, size, &message) != DECODE_OK)
		return 0;
	look_at_options(&message);
	look_at_offer(&message);
	if (lease_from_message(&message, &lease) != LEASE_ACCEPTABLE)
		return 0;
	look_at_lease(&lease, &message);
	must(variables_from_message(&message, lease.mask, NULL,
				    &record.variables, refusals,
				    REFUSALS_MAX) < REFUSALS_MAX);
	must_be_fit(&record.variables);
	apply_policies(&record.variables);
	memcpy(record.interface, "eth0", sizeof("eth0"));
	record.renew = 1;
	record.rebind = 2;
	record.expire = LEASEFILE_NEVER;
	must_survive_the_file(&record);
	return 0;
}
