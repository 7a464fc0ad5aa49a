/*
 * From recorded ACKs of real servers to the script's environment, held
 * against what dhclient gave its script for the same packet: packets/NAME-
 * ack.hex and env/NAME.env.
 */
#include "unit.h"

#include "env.h"
#include "hexfile.h"
#include "route.h"

#include <stdlib.h>
#include <string.h>

#define LINES_MAX 128
#define LINE_SIZE 1024

/* Left out: they differ from run to run, or are withheld (12). */
static bool is_left_out(const char *line)
{
	static const char *const names[] = {
		"pid=", "new_expiry=", "new_host_name="};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strncmp(line, names[i], strlen(names[i])) == 0)
			return true;
	return false;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* Writes each `\xNN` as the octet that it stands for. */
static void unescape(char *line)
{
	char *out = line;

	while (*line != '\0') {
		if (line[0] == '\\' && line[1] == 'x') {
			*out++ = (char)(hexfile_digit(line[2]) * 16 +
					hexfile_digit(line[3]));
			line += 4;
		} else {
			*out++ = *line++;
		}
	}
	*out = '\0';
}

/* dhclient's environment, sorted. */
static size_t load_expected(const char *path, char lines[LINES_MAX][LINE_SIZE])
{
	FILE *file = fopen(path, "r");
	size_t count = 0;

	assert_non_null(file);
	while (fgets(lines[count], LINE_SIZE, file) != NULL) {
		lines[count][strcspn(lines[count], "\n")] = '\0';
		unescape(lines[count]);
		if (!is_left_out(lines[count]))
			count++;
		assert_true(count < LINES_MAX);
	}
	(void)fclose(file);
	qsort(lines, count, LINE_SIZE, by_text);
	return count;
}

/* Ours for the recorded packet, sorted. */
static size_t render(const char *path, char lines[LINES_MAX][LINE_SIZE])
{
	static struct variables lease;
	static struct message message;
	static struct env env;
	const struct env_input input = {.reason = REASON_BOUND,
					.interface = "cli0",
					.new_lease = {&lease, 0}};
	uint8_t bytes[MESSAGE_MAX];
	const size_t length = hexfile_load(path, bytes, sizeof(bytes));
	struct in_addr mask;
	size_t count = 0;

	assert_int_equal(message_decode(bytes, length, &message), DECODE_OK);
	assert_true(message_address(&message, OPTION_SUBNET_MASK, &mask));
	assert_int_equal(
		variables_from_message(&message, mask, NULL, &lease, NULL, 0),
		0);
	assert_int_equal(route_policy_apply(ROUTES_ALL, &lease, NULL, 0), 0);
	assert_true(variables_are_valid(&lease));
	env_render(&input, &env);
	for (size_t i = 0; i < env.count; i++) {
		if (is_left_out(env.entry[i]))
			continue;
		assert_true(count < LINES_MAX);
		assert_true(strlen(env.entry[i]) < LINE_SIZE);
		memcpy(lines[count++], env.entry[i], strlen(env.entry[i]) + 1);
	}
	qsort(lines, count, LINE_SIZE, by_text);
	return count;
}

static void compare(const char *name)
{
	static char expected[LINES_MAX][LINE_SIZE], ours[LINES_MAX][LINE_SIZE];
	char path[128];
	size_t expected_count, our_count;

	(void)snprintf(path, sizeof(path), "env/%s.env", name);
	expected_count = load_expected(path, expected);
	(void)snprintf(path, sizeof(path), "packets/%s-ack.hex", name);
	our_count = render(path, ours);
	for (size_t i = 0; i < expected_count && i < our_count; i++)
		assert_string_equal(ours[i], expected[i]);
	assert_int_equal(our_count, expected_count);
}

static void dhcpd_tells_all_that_it_tells_dhclient(void **state)
{
	(void)state;
	compare("dhcpd-rich-noprl-named");
}

static void dhcpd_with_overloaded_fields_likewise(void **state)
{
	(void)state;
	compare("dhcpd-overload-noprl-named");
}

static void dhcpd_in_a_small_network_likewise(void **state)
{
	(void)state;
	compare("dhcpd-small-noprl-named");
}

static void dnsmasq_likewise(void **state)
{
	(void)state;
	compare("dnsmasq-noprl-named");
}

static void dnsmasq_in_a_small_network_likewise(void **state)
{
	(void)state;
	compare("dnsmasq-small-noprl-named");
}

static void kea_likewise(void **state)
{
	(void)state;
	compare("kea-noprl-named");
}

static void udhcpd_likewise(void **state)
{
	(void)state;
	compare("udhcpd-noprl-named");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dhcpd_tells_all_that_it_tells_dhclient),
		cmocka_unit_test(dhcpd_with_overloaded_fields_likewise),
		cmocka_unit_test(dhcpd_in_a_small_network_likewise),
		cmocka_unit_test(dnsmasq_likewise),
		cmocka_unit_test(dnsmasq_in_a_small_network_likewise),
		cmocka_unit_test(kea_likewise),
		cmocka_unit_test(udhcpd_likewise),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
