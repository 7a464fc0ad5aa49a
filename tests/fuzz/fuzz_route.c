/*
 * Routes as octets and as text, and the policy.  Input: which option and
 * policy (an octet), then octets, then, behind the first 0xff, text.
 */
#include "route.h"

#include "fuzz.h"

#include <arpa/inet.h>

#define REFUSED_MAX 8

static size_t count_routes(const char *text)
{
	struct route route;
	size_t count = 0;

	while (text != NULL && route_take_text(&text, &route))
		count++;
	return count;
}

/* From octets to text and back. */
static void convert(struct reader in)
{
	struct route route, again;
	size_t left = reader_left(&in);

	while (route_take(&in, &route)) {
		char buffer[64];
		struct text text = text_in(buffer, sizeof(buffer));
		const char *at = buffer;

		must(reader_left(&in) < left && route.prefix_length <= 32);
		left = reader_left(&in);
		route_add_text(&route, &text);
		must(!text.cut && route_take_text(&at, &again) && *at == '\0');
		must(again.destination.s_addr == route.destination.s_addr &&
		     again.gateway.s_addr == route.gateway.s_addr &&
		     again.prefix_length == route.prefix_length);
	}
	must(reader_left(&in) == left);
}

/* Text, read and written again, is the text that was read. */
static void read_text(const char *at)
{
	const char *const end = at + strlen(at);
	struct route route;
	const char *start = at;

	while (route_take_text(&at, &route)) {
		char buffer[64];
		struct text text = text_in(buffer, sizeof(buffer));

		must(at > start && at <= end);
		route_add_text(&route, &text);
		must(strncmp(start, buffer, text.length) == 0);
		start = at;
	}
	must(at == start);
}

/* What is left by the default policy leads to a gateway. */
static void look_at_kept(const struct variables *variables, uint16_t code)
{
	const char *at = variables_find(variables, code);
	const char *const text = at;
	struct route route, other;

	while (at != NULL && route_take_text(&at, &route)) {
		const char *from = text;
		bool needed = route.prefix_length == 0;

		while (!needed && route_take_text(&from, &other))
			needed = route.prefix_length == 32 &&
				 other.prefix_length == 0 &&
				 other.gateway.s_addr ==
					 route.destination.s_addr;
		must(needed);
	}
}

static void apply(enum route_policy policy, uint16_t code, const char *text)
{
	static struct variables variables;
	struct route refused[REFUSED_MAX];
	size_t before, after, count;

	if (!option_text_is_clean(code, text))
		return;
	memset(&variables, 0, sizeof(variables));
	must(variables_add(&variables, FIELD_IP_ADDRESS, "192.0.2.1"));
	must(variables_add(&variables, OPTION_ROUTERS, "192.0.2.2 192.0.2.3"));
	must(variables_add(&variables, code, text));
	before = count_routes(variables_find(&variables, code));
	count = route_policy_apply(policy, &variables, refused, REFUSED_MAX);
	after = count_routes(variables_find(&variables, code));
	must_be_fit(&variables);
	must(policy != ROUTES_ALL || (count == 0 && after == before));
	must((policy == ROUTES_NONE) ==
	     (variables_find(&variables, OPTION_ROUTERS) == NULL));
	if (policy == ROUTES_ALL)
		return;
	must(variables_find(&variables, OPTION_STATIC_ROUTES) == NULL);
	must(policy != ROUTES_NONE || after == 0);
	if (code != OPTION_STATIC_ROUTES)
		must(count + after == before + (policy == ROUTES_NONE ? 2 : 0));
	look_at_kept(&variables, code);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint16_t codes[] = {OPTION_CLASSLESS_ROUTES,
					 OPTION_MS_CLASSLESS_ROUTES,
					 OPTION_STATIC_ROUTES};
	struct reader in = reader_of(data, size);
	const uint8_t what = fuzz_u8(&in);
	const uint16_t code = codes[what % 3];
	const enum route_policy policy = (enum route_policy)(what / 3 % 3);
	struct reader value = in;
	char buffer[OPTION_TEXT_MAX];
	struct text text = text_in(buffer, sizeof(buffer));
	char *string;

	value.end = value.at;
	while (reader_left(&in) > 0 && fuzz_u8(&in) != 0xff)
		value.end++;
	convert(value);
	if (option_to_text(code, value.at, reader_left(&value), &text) ==
	    OPTION_OK)
		apply(policy, code, buffer);
	string = fuzz_string(in);
	read_text(string);
	apply(policy, code, string);
	free(string);
	return 0;
}
