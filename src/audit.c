/*
 * The verdict and the bytes, in words and as JSON.  What is sent is
 * annotate.h's to say, what the machine shows machine.h's.
 */
#include "audit.h"

#include "annotate.h"
#include "json.h"
#include "launch.h"
#include "machine.h"
#include "room.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#define JSON_MAX 131072
#define EXIT_LEAK 2

#define BOLD "1"
#define GREEN "32"
#define YELLOW "33"
#define RED "1;31"
#define DIM "2"

/* What other clients send, and what it gives away. */
static const struct {
	uint8_t code;
	char name[20];
} identifying[] = {
	{12, "host name"},         {50, "address of before"},
	{55, "request list"},      {57, "message size"},
	{60, "vendor class"},      {61, "client identifier"},
	{77, "user class"},        {81, "full host name"},
	{93, "architecture"},      {97, "machine identifier"},
	{124, "vendor and class"}, {125, "vendor information"},
};

static const struct {
	char mark[8];   /* in words */
	char colour[8]; /* of it */
	char name[8];   /* in JSON */
} weights[WEIGHT_COUNT] = {
	[WEIGHT_GOOD] = {"good", GREEN, "good"},
	[WEIGHT_NOTE] = {"note", YELLOW, "note"},
	[WEIGHT_LEAK] = {"LEAK", RED, "leak"},
};

/* Too large for the stack. */
static ROOM struct annotated frames[REHEARSED_COUNT];
static ROOM struct findings findings;

static bool in_colour;

static void print_in(const char *colour, const char *text)
{
	if (in_colour)
		printf("\033[%sm%s\033[0m", colour, text);
	else
		fputs(text, stdout);
}

/* Of an address only a DISCOVER can do without: one in it would be of before.
 */
static bool is_missed(enum rehearsed what, uint8_t code)
{
	if (frames[what].has_option[code])
		return false;
	return code != OPTION_REQUESTED_ADDRESS || what == REHEARSED_DISCOVER;
}

static bool is_message(enum rehearsed what)
{
	return frames[what].has_option[OPTION_MESSAGE_TYPE];
}

static void print_missed(enum rehearsed what)
{
	const char *separator = "  not in it: ";

	for (size_t i = 0; i < sizeof(identifying) / sizeof(identifying[0]);
	     i++) {
		if (!is_missed(what, identifying[i].code))
			continue;
		printf("%s%s (%u)", separator, identifying[i].name,
		       identifying[i].code);
		separator = ", ";
	}
	putchar('\n');
}

static void print_frame(enum rehearsed what)
{
	const struct annotated *frame = &frames[what];

	putchar('\n');
	print_in(BOLD, rehearsed_name(what));
	printf(", %u octets%s\n", frame->length,
	       frame->by_kernel ? "; sent to the server by UDP, the headers "
				  "are the kernel's"
				: "");
	for (size_t i = 0; i < frame->count; i++) {
		const struct field *field = &frame->field[i];
		char origins[128];
		struct text text = text_in(origins, sizeof(origins));

		annotate_origins(field, &text);
		printf("  %4u  %-36s %-20s ", field->offset, field->name,
		       field->value);
		print_in(field->origins == 0 ? DIM : YELLOW, origins);
		putchar('\n');
	}
	if (frame->order_is_random)
		puts("  the order of the options is random, for each message");
	if (is_message(what))
		print_missed(what);
}

static void print_findings(enum weight weight)
{
	for (size_t i = 0; i < findings.count; i++) {
		if (findings.item[i].weight != weight)
			continue;
		fputs("  ", stdout);
		print_in(weights[weight].colour, weights[weight].mark);
		printf("  %s\n", findings.item[i].text);
	}
}

static void print_verdict(const char *interface, bool leaks)
{
	print_in(BOLD, leaks ? "Something tells who this machine is"
			     : "Nothing that is seen tells who this machine "
			       "is");
	printf(", on %s:\n\n", interface);
	print_findings(WEIGHT_LEAK);
	print_findings(WEIGHT_NOTE);
	print_findings(WEIGHT_GOOD);
}

static void print_words(const char *interface, bool leaks)
{
	print_verdict(interface, leaks);
	putchar('\n');
	print_in(BOLD, "What would be sent");
	puts(" (nothing was; 192.0.2.1 is an imaginary server that gives "
	     "192.0.2.57).\n"
	     "Each line: where in the frame, what, its value, and what that "
	     "depends on, found\n"
	     "out by sending to the imaginary server with another link-layer "
	     "address, other\n"
	     "random bits, another server, later.  \"fixed\" is the same for "
	     "every user.");
	for (size_t i = 0; i < REHEARSED_COUNT; i++)
		print_frame((enum rehearsed)i);
}

static void add_field(struct json *json, const struct field *field)
{
	static const struct {
		enum origin origin;
		char name[20];
	} origins[] = {
		{ORIGIN_MAC, "link_layer_address"},
		{ORIGIN_CHANCE, "random"},
		{ORIGIN_SERVER, "server"},
		{ORIGIN_TIME, "time"},
	};

	json_object(json, NULL);
	json_number(json, "offset", field->offset);
	json_number(json, "length", field->length);
	json_string(json, "name", field->name);
	json_string(json, "value", field->value);
	json_array(json, "depends_on");
	for (size_t i = 0; i < sizeof(origins) / sizeof(origins[0]); i++)
		if ((field->origins & origins[i].origin) != 0)
			json_string(json, NULL, origins[i].name);
	json_end_array(json);
	json_end_object(json);
}

static void add_frame(struct json *json, enum rehearsed what)
{
	const struct annotated *frame = &frames[what];
	char octets[2 * REHEARSAL_MAX + 1];
	size_t i;

	for (i = 0; i < frame->length; i++)
		snprintf(octets + 2 * i, 3, "%02x", frame->bytes[i]);
	json_object(json, NULL);
	json_string(json, "name", rehearsed_name(what));
	json_bool(json, "headers_by_kernel", frame->by_kernel);
	json_bool(json, "random_order", frame->order_is_random);
	json_string(json, "octets", octets);
	json_array(json, "fields");
	for (i = 0; i < frame->count; i++)
		add_field(json, &frame->field[i]);
	json_end_array(json);
	json_end_object(json);
}

static void print_json(const char *interface, bool leaks)
{
	static ROOM char buffer[JSON_MAX];
	struct text text = text_in(buffer, sizeof(buffer));
	struct json json = json_in(&text);
	size_t i;

	json_object(&json, NULL);
	json_string(&json, "interface", interface);
	json_bool(&json, "leaks", leaks);
	json_array(&json, "findings");
	for (i = 0; i < findings.count; i++) {
		json_object(&json, NULL);
		json_string(&json, "subject", findings.item[i].subject);
		json_string(&json, "weight",
			    weights[findings.item[i].weight].name);
		json_string(&json, "text", findings.item[i].text);
		json_end_object(&json);
	}
	json_end_array(&json);
	json_array(&json, "frames");
	for (i = 0; i < REHEARSED_COUNT; i++)
		add_frame(&json, (enum rehearsed)i);
	json_end_array(&json);
	json_end_object(&json);
	assert(!text.cut);
	puts(buffer);
}

/* True if a message has what identifies a machine with other clients. */
static bool has_identifying(void)
{
	for (size_t what = 0; what < REHEARSED_COUNT; what++)
		for (size_t i = 0;
		     i < sizeof(identifying) / sizeof(identifying[0]); i++)
			if (is_message((enum rehearsed)what) &&
			    !is_missed((enum rehearsed)what,
				       identifying[i].code) &&
			    identifying[i].code != OPTION_REQUESTED_ADDRESS)
				return true;
	return false;
}

/* What the user discloses beyond the profile, and what nobody can help. */
static void add_own_findings(const struct mac *mac,
			     const struct disclosure *disclosure)
{
	const uint8_t *octet = mac->octet;

	if (!has_identifying())
		findings_add(
			&findings, WEIGHT_GOOD, "messages",
			"DHCP tells of this machine the link-layer "
			"address %02x:%02x:%02x:%02x:%02x:%02x and nothing "
			"else: no name, no vendor, no identifier, no "
			"address of before.",
			octet[0], octet[1], octet[2], octet[3], octet[4],
			octet[5]);
	if (disclosure->client_id)
		findings_add(&findings, WEIGHT_NOTE, "disclosure",
			     "--client-id: the link-layer address is sent once "
			     "more, which few other clients do.");
	if (disclosure->request_options)
		findings_add(&findings, WEIGHT_NOTE, "disclosure",
			     "--request-options: the request list tells this "
			     "program apart.");
	if (disclosure->broadcast)
		findings_add(&findings, WEIGHT_NOTE, "disclosure",
			     "-B: the broadcast flag tells this program "
			     "apart.");
	findings_add(&findings, WEIGHT_NOTE, "profile",
		     "Few clients say as little as this one: it shows that "
		     "somebody hides, not who.");
}

static bool has_leaks(void)
{
	for (size_t i = 0; i < findings.count; i++)
		if (findings.item[i].weight == WEIGHT_LEAK)
			return true;
	return false;
}

/* Coloured on a terminal, unless that is not wanted (no-color.org). */
static bool wants_colour(void)
{
	const char *no_color = getenv("NO_COLOR");

	return isatty(STDOUT_FILENO) && (no_color == NULL || *no_color == '\0');
}

int audit_interface(const struct options *options)
{
	const char *program = program_invocation_short_name;
	const char *name = options->interface[0];
	uint32_t ifindex, bits[2];
	struct mac mac;
	const int result = launch_find(name, &ifindex, &mac);

	if (result < 0) {
		fprintf(stderr, "%s: %s: %s\n", program, name,
			launch_find_error(result));
		return EXIT_FAILURE;
	}
	if (getrandom(bits, sizeof(bits), 0) != sizeof(bits))
		abort();
	annotate(&mac, &options->disclosure, bits[0], bits[1], frames);
	add_own_findings(&mac, &options->disclosure);
	machine_look(name, ifindex, &mac, &findings);
	in_colour = wants_colour();
	if (options->json)
		print_json(name, has_leaks());
	else
		print_words(name, has_leaks());
	if (fflush(stdout) != 0) {
		fprintf(stderr, "%s: standard output: %s\n", program,
			strerror(errno));
		return EXIT_FAILURE;
	}
	return has_leaks() ? EXIT_LEAK : EXIT_SUCCESS;
}
