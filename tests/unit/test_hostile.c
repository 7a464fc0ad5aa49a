/*
 * Odd, wrong and hostile replies (packets/hostile/): each is sent to a client
 * that waits for it, through all that the worker does with a packet and what
 * the monitor does with the outcome, and compared with the file `cases`.  One
 * test for each case, by its name.
 */
#include "unit.h"

#include "client.h"
#include "env.h"
#include "frame.h"
#include "hexfile.h"
#include "route.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#define FOLDER "packets/hostile/"
#define CASES_MAX 512
#define LINES_MAX 64 /* of what is expected of one case, or found */
#define LINE_SIZE 4200
#define SENT_MS 1000 /* when the client sent the REQUEST */
#define NO_JITTER 0x80000000U

struct lines {
	size_t count;
	char line[LINES_MAX][LINE_SIZE];
};

/* What a plain lease gives: `cases` says what differs from it. */
static const char *const plain[] = {
	"ip_address=10.77.0.150",        "subnet_mask=255.255.255.0",
	"broadcast_address=10.77.0.255", "network_number=10.77.0.0",
	"next_server=0.0.0.0",           "dhcp_message_type=5",
	"dhcp_lease_time=3600",          "dhcp_server_identifier=10.77.0.1",
};

#define PLAIN_COUNT (sizeof(plain) / sizeof(plain[0]))

static char *add_line(struct lines *lines)
{
	assert_true(lines->count < LINES_MAX);
	lines->line[lines->count][0] = '\0';
	return lines->line[lines->count++];
}

__attribute__((format(printf, 2, 3))) static void add(struct lines *lines,
						      const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	assert_in_range(
		vsnprintf(add_line(lines), LINE_SIZE, format, arguments), 1,
		LINE_SIZE - 1);
	va_end(arguments);
}

static int by_text(const void *a, const void *b)
{
	return strcmp(a, b);
}

static void sort(struct lines *lines)
{
	qsort(lines->line, lines->count, LINE_SIZE, by_text);
}

/* True if `line` is `name`=VALUE. */
static bool is_value_of(const char *line, const char *name, size_t length)
{
	return strncmp(line, name, length) == 0 && line[length] == '=';
}

/* Takes the variable `name` out. */
static void remove_variable(struct lines *lines, const char *name,
			    size_t length)
{
	for (size_t i = 0; i < lines->count; i++) {
		if (!is_value_of(lines->line[i], name, length))
			continue;
		lines->count--;
		memmove(lines->line[i], lines->line[lines->count], LINE_SIZE);
		return;
	}
}

/* What is expected. */

/* Writes each {x*3} as xxx. */
static void expand(const char *from, char *out)
{
	const char *const end = out + LINE_SIZE - 1;

	while (*from != '\0') {
		const char *close = *from == '{' ? strchr(from, '}') : NULL;
		const char *star = close;
		long times;

		if (close == NULL) {
			assert_true(out < end);
			*out++ = *from++;
			continue;
		}
		while (*star != '*')
			star--;
		from++;
		for (times = strtol(star + 1, NULL, 10); times > 0; times--) {
			assert_true(out + (star - from) < end);
			memcpy(out, from, (size_t)(star - from));
			out += star - from;
		}
		from = close + 1;
	}
	*out = '\0';
}

/* The words that begin what is no variable. */
static bool is_other(const char *line)
{
	static const char *const words[] = {"drop ",   "refuse ",
					    "ignore ", "refuse-offer ",
					    "route ",  "times "};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strncmp(line, words[i], strlen(words[i])) == 0)
			return true;
	return false;
}

static void expect(struct lines *expected, const char *line)
{
	const size_t length = strcspn(line, "=");

	if (line[0] == '-') {
		remove_variable(expected, line + 1, length - 1);
		return;
	}
	if (strncmp(line, "drop ", 5) == 0 || strncmp(line, "refuse", 6) == 0)
		expected->count = 0;
	if (!is_other(line))
		remove_variable(expected, line, length);
	expand(line, add_line(expected));
}

/* Calls `each` with every line of `cases`, without its newline. */
static void for_each_line(void (*each)(const char *line, void *data),
			  void *data)
{
	static char line[LINE_SIZE];
	FILE *file = fopen(FOLDER "cases", "r");

	assert_non_null(file);
	while (fgets(line, sizeof(line), file) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		each(line, data);
	}
	(void)fclose(file);
}

struct search {
	const char *name;
	bool inside, has_times;
	struct lines *expected;
};

static void look_at_line(const char *line, void *data)
{
	struct search *search = data;

	if (strncmp(line, "== ", 3) == 0)
		search->inside = strcmp(line + 3, search->name) == 0;
	if (!search->inside || strncmp(line, "ours ", 5) != 0)
		return;
	line += 5 + strspn(line + 5, " ");
	expect(search->expected, line);
	if (strncmp(line, "times ", 6) == 0)
		search->has_times = true;
}

/* Reads what is expected of the case; true if that includes times. */
static bool load_expected(const char *name, struct lines *expected)
{
	struct search search = {.name = name, .expected = expected};

	expected->count = 0;
	for (size_t i = 0; i < PLAIN_COUNT; i++)
		add(expected, "%s", plain[i]);
	for_each_line(look_at_line, &search);
	return search.has_times;
}

/* What is found. */

static const uint8_t own_mac[MAC_LENGTH] = {0x02, 0xa1, 0xb2, 0xc3, 0xd4, 0xe5};

static void step(struct client *client, struct event event, uint64_t now_ms,
		 struct actions *out)
{
	event.now_ms = now_ms;
	event.chance = (struct chance){.xid = 0x39f3e91b,
				       .order = 1,
				       .list = 1,
				       .wait = NO_JITTER,
				       .t1 = NO_JITTER,
				       .t2 = NO_JITTER};
	client_step(client, &event, out);
}

/* A client that has sent its DISCOVER. */
static void begin(struct client *client)
{
	struct client_config config = {.timeout_ms = 60000};
	struct event event = {.type = EVENT_LINK,
			      .link = {.ifindex = 2,
				       .present = true,
				       .up = true,
				       .running = true,
				       .oper_up = true,
				       .is_ethernet = true}};
	struct actions out;

	memcpy(config.mac.octet, own_mac, MAC_LENGTH);
	memcpy(event.link.mac.octet, own_mac, MAC_LENGTH);
	client_init(client, &config, 0, 0);
	step(client, event, 0, &out);
	step(client, (struct event){.type = EVENT_SCRIPT}, 0, &out);
	assert_int_equal(client->state, STATE_SELECTING);
}

/* Reads the packet; frame_decode has the first word if it is a frame. */
static enum decode load(const char *name, const char *kind,
			struct message *message)
{
	uint8_t bytes[4096];
	const uint8_t *payload = bytes;
	struct frame frame;
	char path[256];
	enum decode result;
	size_t length;

	(void)snprintf(path, sizeof(path), FOLDER "%s.frame.hex", name);
	length = hexfile_load(path, bytes, sizeof(bytes));
	if (length > 0) {
		result = frame_decode(bytes, length, true, &frame);
		if (result != DECODE_OK)
			return result;
		payload = frame.payload;
		length = frame.payload_length;
	} else {
		(void)snprintf(path, sizeof(path), FOLDER "%s%s", name, kind);
		length = hexfile_load(path, bytes, sizeof(bytes));
		assert_true(length > 0);
	}
	return message_decode(payload, length, message);
}

/* Gives the message to the client; false, and why in `found`, if not taken. */
static bool give(struct client *client, const struct message *message,
		 const char *refuse, struct lines *found)
{
	struct event event = {.type = EVENT_MESSAGE, .message = message};
	struct actions out;

	step(client, event, SENT_MS, &out);
	for (size_t i = 0; i < out.count; i++) {
		const struct action *action = &out.list[i];

		if (action->type != ACTION_REPORT)
			continue;
		if (action->report.type == REPORT_REFUSED) {
			add(found, "%s %s", refuse,
			    lease_refusal_name(
				    (enum lease_refusal)action->report.number));
			return false;
		}
		if (action->report.type == REPORT_DROPPED) {
			add(found, "drop %s",
			    decode_name((enum decode)action->report.number));
			return false;
		}
	}
	return true;
}

/* The OFFER of the case, if it has one of its own, else a plain one. */
static bool give_offer(struct client *client, const char *name,
		       struct lines *found)
{
	static struct message offer;
	char path[256];
	FILE *file;

	(void)snprintf(path, sizeof(path), FOLDER "%s.offer.hex", name);
	file = fopen(path, "r");
	if (file != NULL)
		(void)fclose(file);
	else
		name = "offer";
	assert_int_equal(
		load(name, file != NULL ? ".offer.hex" : ".hex", &offer),
		DECODE_OK);
	return give(client, &offer, "refuse-offer", found);
}

static void add_time(char *line, uint64_t time_ms)
{
	const size_t used = strlen(line);

	if (time_ms == TIME_NEVER)
		(void)snprintf(line + used, LINE_SIZE - used, " never");
	else
		(void)snprintf(line + used, LINE_SIZE - used, " %llu",
			       (unsigned long long)(time_ms - SENT_MS) / 1000);
}

static void add_times(const struct lease *lease, struct lines *found)
{
	char *line = add_line(found);

	(void)snprintf(line, LINE_SIZE, "times");
	add_time(line, lease->t1_ms);
	add_time(line, lease->t2_ms);
	add_time(line, lease->expiry_ms);
}

static void add_refused(const struct variables_refusal *refusals, size_t count,
			struct lines *found)
{
	for (size_t i = 0; i < count; i++) {
		char name[OPTION_NAME_MAX];

		option_name(refusals[i].code, name);
		add(found, "ignore %s %s", name,
		    option_result_name(refusals[i].result));
	}
}

/* The route policy, as the monitor applies it. */
static void apply_policy(struct variables *variables, struct lines *found)
{
	struct route routes[LINES_MAX];
	const size_t count = route_policy_apply(ROUTES_GATEWAY, variables,
						routes, LINES_MAX);

	assert_true(count < LINES_MAX);
	for (size_t i = 0; i < count; i++) {
		char buffer[64];
		struct text text = text_in(buffer, sizeof(buffer));

		route_add_text(&routes[i], &text);
		add(found, "route %s", buffer);
	}
}

/* The script's environment: nothing in it may hurt a terminal or a shell. */
static void add_environment(const struct variables *lease, struct lines *found)
{
	static struct env env;
	const struct env_input input = {.reason = REASON_BOUND,
					.interface = "cli0",
					.new_lease = {lease, 0}};

	env_render(&input, &env);
	for (size_t i = 0; i < env.count; i++) {
		const char *entry = env.entry[i];

		for (const char *at = entry; *at != '\0'; at++)
			assert_true(*at >= ' ' && *at <= '~' &&
				    strchr("\"'$`\\|&;()<>*?[]!{}", *at) ==
					    NULL);
		if (strncmp(entry, "new_", 4) == 0 &&
		    strncmp(entry, "new_expiry=", 11) != 0)
			add(found, "%s", entry + 4);
	}
}

static void add_lease(const struct client *client, struct lines *found)
{
	static struct variables lease;
	struct variables_refusal refusals[LINES_MAX];
	const size_t count =
		variables_from_message(&client->ack, client->lease.mask, NULL,
				       &lease, refusals, LINES_MAX);

	add_refused(refusals, count, found);
	assert_true(variables_are_valid(&lease));
	apply_policy(&lease, found);
	assert_true(variables_are_valid(&lease));
	add_environment(&lease, found);
}

static void find(const char *name, bool wants_times, struct lines *found)
{
	static struct client client;
	static struct message message;
	enum decode result;

	found->count = 0;
	begin(&client);
	if (!give_offer(&client, name, found))
		return;
	assert_int_equal(client.state, STATE_REQUESTING);
	result = load(name, ".hex", &message);
	if (result != DECODE_OK) {
		add(found, "drop %s", decode_name(result));
		return;
	}
	if (!give(&client, &message, "refuse", found)) {
		assert_int_equal(client.state, STATE_REQUESTING);
		return;
	}
	assert_int_equal(client.state, STATE_BOUND);
	if (wants_times)
		add_times(&client.lease, found);
	add_lease(&client, found);
}

static void becomes_what_is_expected(void **state)
{
	static struct lines expected, found;
	const char *name = *state;
	const bool wants_times = load_expected(name, &expected);

	find(name, wants_times, &found);
	sort(&expected);
	sort(&found);
	for (size_t i = 0; i < expected.count && i < found.count; i++)
		assert_string_equal(found.line[i], expected.line[i]);
	assert_int_equal(found.count, expected.count);
}

/* The tests are made from the file. */

struct suite {
	size_t count;
	char name[CASES_MAX][64];
	struct CMUnitTest test[CASES_MAX];
};

static void add_test(const char *line, void *data)
{
	struct suite *suite = data;
	char *name;

	if (strncmp(line, "== ", 3) != 0)
		return;
	assert_true(suite->count < CASES_MAX);
	name = suite->name[suite->count];
	(void)snprintf(name, sizeof(suite->name[0]), "%s", line + 3);
	suite->test[suite->count++] =
		(struct CMUnitTest){.name = name,
				    .test_func = becomes_what_is_expected,
				    .initial_state = name};
}

int main(void)
{
	static struct suite suite;

	for_each_line(add_test, &suite);
	return _cmocka_run_group_tests("hostile", suite.test, suite.count, NULL,
				       NULL);
}
