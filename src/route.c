/*
 * Routes as RFC 3442 encodes them and as the script is given them, and which
 * of them it is given.  Knows nothing of packets, and of the table of options
 * only the four codes that carry routes.
 */
#include "route.h"

#include <assert.h>

/* Octets of a destination with a prefix of `prefix_length` bits. */
static size_t significant(uint8_t prefix_length)
{
	return (prefix_length + 7U) / 8;
}

/* The destination's bits under its prefix, host order. */
static uint32_t network_bits(uint8_t prefix_length)
{
	return (uint32_t)(UINT64_C(0xffffffff) << (32 - prefix_length));
}

bool route_take(struct reader *in, struct route *out)
{
	struct reader at = *in;
	struct route route = {0};
	uint32_t destination = 0;
	uint8_t octet;

	if (!reader_u8(&at, &route.prefix_length) || route.prefix_length > 32)
		return false;
	for (size_t i = 0; i < significant(route.prefix_length); i++) {
		if (!reader_u8(&at, &octet))
			return false;
		destination |= (uint32_t)octet << (24 - 8 * i);
	}
	if (!reader_address(&at, &route.gateway))
		return false;
	/* RFC 3442: "the DHCP client MUST zero" what the mask leaves out */
	destination &= network_bits(route.prefix_length);
	route.destination.s_addr = htonl(destination);
	*in = at;
	*out = route;
	return true;
}

static void add_octets(uint32_t address, size_t count, struct text *out)
{
	for (size_t i = 0; i < count; i++) {
		text_add_char(out, ' ');
		text_add_number(out, address >> (24 - 8 * i) & 0xff);
	}
}

void route_add_text(const struct route *route, struct text *out)
{
	text_add_number(out, route->prefix_length);
	add_octets(ntohl(route->destination.s_addr),
		   significant(route->prefix_length), out);
	add_octets(ntohl(route->gateway.s_addr), sizeof(uint32_t), out);
}

/* Reads `count` octets of an address, a blank before each; host order. */
static bool take_octets(const char **at, size_t count, uint32_t *out)
{
	uint64_t octet;

	*out = 0;
	for (size_t i = 0; i < count; i++) {
		if (**at != ' ')
			return false;
		(*at)++;
		if (!text_take_number(at, UINT8_MAX, &octet))
			return false;
		*out |= (uint32_t)octet << (24 - 8 * i);
	}
	return true;
}

bool route_take_text(const char **at, struct route *out)
{
	const char *next = *at;
	uint32_t destination, gateway;
	uint64_t width;

	if (!text_take_number(&next, 32, &width) ||
	    !take_octets(&next, significant((uint8_t)width), &destination) ||
	    !take_octets(&next, sizeof(gateway), &gateway))
		return false;
	if ((destination & ~network_bits((uint8_t)width)) != 0)
		return false;
	if (*next == ' ' && *++next == '\0')
		return false;
	*out = (struct route){
		.destination.s_addr = htonl(destination),
		.prefix_length = (uint8_t)width,
		.gateway.s_addr = htonl(gateway),
	};
	*at = next;
	return true;
}

/* Routes taken out: the caller's array, and how many there were. */
struct refusals {
	struct route *list;
	size_t max, count;
};

static void refuse(struct refusals *refused, const struct route *route)
{
	if (refused->count < refused->max)
		refused->list[refused->count] = *route;
	refused->count++;
}

/* True if a default route of `text` goes through `gateway`. */
static bool is_default_gateway(const char *text, struct in_addr gateway)
{
	struct route route;

	while (route_take_text(&text, &route))
		if (route.prefix_length == 0 &&
		    route.gateway.s_addr == gateway.s_addr)
			return true;
	return false;
}

/* ROUTES_GATEWAY: a default route, or the way to one's gateway. */
static bool is_needed(const char *text, const struct route *route)
{
	return route->prefix_length == 0 ||
	       (route->prefix_length == 32 &&
		is_default_gateway(text, route->destination));
}

/* Leaves of 121 or 249 what is needed, or nothing if `keep` is false. */
static void filter_classless(uint16_t code, bool keep,
			     struct variables *variables,
			     struct refusals *refused)
{
	const char *const text = variables_find(variables, code);
	char buffer[OPTION_TEXT_MAX];
	struct text kept = text_in(buffer, sizeof(buffer));
	struct route route;
	const char *at = text;

	if (text == NULL)
		return;
	while (route_take_text(&at, &route)) {
		if (!keep || !is_needed(text, &route)) {
			refuse(refused, &route);
			continue;
		}
		if (kept.length > 0)
			text_add_char(&kept, ' ');
		route_add_text(&route, &kept);
	}
	variables_remove(variables, code);
	if (kept.length > 0) {
		const bool added = variables_add(variables, code, buffer);

		assert(added && !kept.cut);
	}
}

/* Reads an address and the blank behind it. */
static bool take_address(const char **at, struct in_addr *out)
{
	if (!text_take_address(at, out))
		return false;
	if (**at == ' ')
		(*at)++;
	return true;
}

/*
 * Takes out addresses as routes: pairs of destination and gateway (33, host
 * routes to dhclient's script) or, without `pairs`, routers (3).
 */
static void remove_addresses(uint16_t code, bool pairs,
			     struct variables *variables,
			     struct refusals *refused)
{
	struct route route = {.prefix_length = pairs ? 32 : 0};
	const char *at = variables_find(variables, code);

	if (at == NULL)
		return;
	while ((!pairs || take_address(&at, &route.destination)) &&
	       take_address(&at, &route.gateway))
		refuse(refused, &route);
	variables_remove(variables, code);
}

size_t route_policy_apply(enum route_policy policy, struct variables *variables,
			  struct route *refused, size_t max_refused)
{
	struct refusals refusals = {.list = refused, .max = max_refused};
	const bool keep = policy == ROUTES_GATEWAY;

	if (policy == ROUTES_ALL)
		return 0;
	filter_classless(OPTION_CLASSLESS_ROUTES, keep, variables, &refusals);
	filter_classless(OPTION_MS_CLASSLESS_ROUTES, keep, variables,
			 &refusals);
	remove_addresses(OPTION_STATIC_ROUTES, true, variables, &refusals);
	if (policy == ROUTES_NONE)
		remove_addresses(OPTION_ROUTERS, false, variables, &refusals);
	return refusals.count;
}
