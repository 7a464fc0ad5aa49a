/*
 * The monitor of a worker that only asks (survey.h).  It decodes no packet:
 * what it prints has passed notice_check.
 */
#include "dryrun.h"

#include "clock.h"
#include "configuration.h"
#include "json.h"
#include "launch.h"
#include "lladdr.h"
#include "log.h"
#include "notice.h"
#include "privilege.h"
#include "room.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define EXIT_NO_OFFER 2
#define EXIT_NONE_ACCEPTABLE 3
#define OFFERS_MAX 64 /* told in full */
#define ROUTES_MAX 64 /* refused ones named */
#define JSON_MAX 4194304

/* Too large for the stack. */
static ROOM struct {
	const struct options *options;
	const char *name;
	struct conf conf;
	uint32_t ifindex;
	struct mac mac;
	uint64_t wait_ms;
	int pipe;
	pid_t worker;
	unsigned offers, acceptable;
	union notice received;
	struct variables kept; /* of an offer, after the route policy */
	struct text text;
	struct json json;
} dry;

static ROOM char json_buffer[JSON_MAX]; /* what is not used costs nothing */

/* The name that files use, or that of a field of the header. */
static void name_of(uint16_t code, char out[OPTION_NAME_MAX])
{
	option_file_name(code, out);
	if (out[0] == '\0')
		option_name(code, out);
	if (out[0] == '\0')
		snprintf(out, OPTION_NAME_MAX, "%s",
			 code == OPTION_HOST_NAME ? "host-name" : "");
}

static void print_route(const struct route *route)
{
	char buffer[INET_ADDRSTRLEN];
	struct text text = text_in(buffer, sizeof(buffer));

	text_add_address(&text, route->destination);
	printf("    refused   route to %s/%u (--routes)\n", buffer,
	       route->prefix_length);
}

static void print_offer(const struct offer *offer, const struct route *routes,
			size_t route_count)
{
	const struct variable *item;
	char name[OPTION_NAME_MAX], server[INET_ADDRSTRLEN];
	struct text text = text_in(server, sizeof(server));
	const char *value;
	uint32_t at = 0;

	text_add_address(&text, offer->server);
	printf("\nOffer %u: %s from %s: %s\n", dry.offers,
	       variables_find(&offer->variables, FIELD_IP_ADDRESS), server,
	       offer->refusal == LEASE_ACCEPTABLE
		       ? "acceptable"
		       : lease_refusal_name(
				 (enum lease_refusal)offer->refusal));
	while ((item = variables_next(&offer->variables, &at, &value)) !=
	       NULL) {
		name_of(item->code, name);
		if (item->code < FIELD_IP_ADDRESS)
			printf("    option %3u  %-30s %s\n", item->code, name,
			       value);
		else if (item->code != FIELD_IP_ADDRESS)
			printf("    header      %-30s %s\n", name, value);
	}
	for (uint32_t i = 0; i < offer->refused_count; i++) {
		name_of(offer->refused[i].code, name);
		printf("    refused     option %u %s: %s\n",
		       offer->refused[i].code, name,
		       option_result_name(
			       (enum option_result)offer->refused[i].result));
	}
	for (size_t i = 0; i < route_count && i < ROUTES_MAX; i++)
		print_route(&routes[i]);
}

static void add_variables(struct json *json, const struct variables *variables)
{
	const struct variable *item;
	char name[OPTION_NAME_MAX];
	const char *value;
	uint32_t at = 0;

	json_array(json, "options");
	while ((item = variables_next(variables, &at, &value)) != NULL) {
		if (item->code >= FIELD_IP_ADDRESS)
			continue;
		name_of(item->code, name);
		json_object(json, NULL);
		json_number(json, "code", item->code);
		json_string(json, "name", name);
		json_string(json, "value", value);
		json_end_object(json);
	}
	json_end_array(json);
	for (unsigned field = FIELD_NEXT_SERVER; field < FIELD_END; field++) {
		const uint16_t code = (uint16_t)field;

		value = variables_find(variables, code);
		if (value == NULL)
			continue;
		option_name(code, name);
		json_string(json, name, value);
	}
}

static void add_refused(struct json *json, const struct offer *offer)
{
	char name[OPTION_NAME_MAX];

	json_array(json, "refused_options");
	for (uint32_t i = 0; i < offer->refused_count; i++) {
		name_of(offer->refused[i].code, name);
		json_object(json, NULL);
		json_number(json, "code", offer->refused[i].code);
		json_string(json, "name", name);
		json_string(
			json, "reason",
			option_result_name(
				(enum option_result)offer->refused[i].result));
		json_end_object(json);
	}
	json_end_array(json);
}

static void add_address(struct json *json, const char *key,
			struct in_addr address)
{
	char buffer[INET_ADDRSTRLEN];
	struct text text = text_in(buffer, sizeof(buffer));

	text_add_address(&text, address);
	json_string(json, key, buffer);
}

static void add_offer(struct json *json, const struct offer *offer,
		      const struct route *routes, size_t route_count)
{
	const bool is_acceptable = offer->refusal == LEASE_ACCEPTABLE;

	json_object(json, NULL);
	json_string(json, "address",
		    variables_find(&offer->variables, FIELD_IP_ADDRESS));
	add_address(json, "server", offer->server);
	json_bool(json, "acceptable", is_acceptable);
	if (is_acceptable)
		json_null(json, "reason");
	else
		json_string(
			json, "reason",
			lease_refusal_name((enum lease_refusal)offer->refusal));
	add_variables(json, &offer->variables);
	add_refused(json, offer);
	json_array(json, "refused_routes");
	for (size_t i = 0; i < route_count && i < ROUTES_MAX; i++) {
		json_object(json, NULL);
		add_address(json, "destination", routes[i].destination);
		json_number(json, "prefix_length", routes[i].prefix_length);
		json_end_object(json);
	}
	json_end_array(json);
	json_end_object(json);
}

static void on_offer(const struct offer *offer)
{
	struct route routes[ROUTES_MAX];
	size_t route_count;

	dry.offers++;
	dry.acceptable += offer->refusal == LEASE_ACCEPTABLE;
	if (dry.offers > OFFERS_MAX)
		return;
	variables_copy(&dry.kept, &offer->variables);
	route_count = route_policy_apply(dry.options->routes, &dry.kept, routes,
					 ROUTES_MAX);
	if (dry.options->json)
		add_offer(&dry.json, offer, routes, route_count);
	else
		print_offer(offer, routes, route_count);
}

/* Beside what is printed, standard error is for what is wrong. */
static void on_log(const struct notice_log *notice)
{
	const bool is_wrong = notice->level <= LOG_WARNING;

	log_to_stderr(is_wrong || dry.options->to_stderr);
	log_line((int)notice->level, "%s", notice->text);
	log_to_stderr(true);
}

/* False when the worker has ended, or has to. */
static bool on_pipe(void)
{
	const ssize_t length =
		recv(dry.pipe, &dry.received, sizeof(dry.received), MSG_TRUNC);

	if (length < 0)
		return errno == EAGAIN || errno == EINTR;
	if (length == 0)
		return false;
	switch (notice_check(&dry.received, (size_t)length)) {
	case NOTICE_OFFER:
		on_offer(&dry.received.offer.offer);
		return true;
	case NOTICE_LOG:
		on_log(&dry.received.log);
		return true;
	case NOTICE_STATE:
		return true;
	case NOTICE_SCRIPT:
	case NOTICE_RENEWAL:
	case NOTICE_INVALID:
		break;
	}
	log_line(LOG_ERR, "%s: the worker sent a malformed notice", dry.name);
	return false;
}

/* Until the time is over; false when the worker ended before. */
static bool listen_for_offers(void)
{
	const uint64_t end_ms = clock_boottime_ms() + dry.wait_ms;
	struct pollfd polled = {.fd = dry.pipe, .events = POLLIN};

	for (;;) {
		const uint64_t now_ms = clock_boottime_ms();

		if (now_ms >= end_ms)
			return true;
		if (poll(&polled, 1, (int)(end_ms - now_ms)) > 0 && !on_pipe())
			return false;
		if (!dry.options->json)
			fflush(stdout);
	}
}

/* As before any worker's first frame: a DISCOVER has the address. */
static bool may_use_address(void)
{
	const enum mac_kind kind = lladdr_kind_of(dry.name, &dry.mac);

	if (dry.options->require_random_mac && !mac_kind_is_changed(kind)) {
		log_line(LOG_ERR,
			 "%s: refused, its link-layer address is %s "
			 "(--require-random-mac)",
			 dry.name, mac_kind_name(kind));
		return false;
	}
	if (kind == MAC_PERMANENT)
		log_line(LOG_WARNING,
			 "%s: its link-layer address is the hardware's own, by "
			 "which this machine can be tracked",
			 dry.name);
	return true;
}

/* 0, or -errno with a sentence logged. */
static int start(const char *argv0)
{
	struct launch launch = {.argv0 = argv0,
				.is_verbose = dry.options->is_verbose,
				.surveys = true};
	struct client_config config = {.disclosure = dry.options->disclosure,
				       .reject = dry.conf.reject};
	const char *what;
	int udp; /* held, so that the kernel answers nobody in our place */
	int result = privilege_check(&what);

	if (result == 0)
		result = privilege_reduce(&what);
	if (result < 0) {
		log_line(LOG_ERR, "%s: %s", what, strerror(-result));
		return result;
	}
	result = launch_find(dry.name, &dry.ifindex, &dry.mac);
	if (result < 0) {
		log_line(LOG_ERR, "%s: %s", dry.name,
			 launch_find_error(result));
		return result;
	}
	if (!may_use_address())
		return -EADDRNOTAVAIL;
	config.mac = dry.mac;
	privilege_worker_user(&launch.uid, &launch.gid);
	dry.worker =
		launch_worker(&launch, dry.name, dry.ifindex, &config,
			      &dry.conf.definitions, &dry.pipe, &udp, &what);
	if (dry.worker < 0)
		log_line(LOG_ERR, "%s: %s: %s", dry.name, what,
			 strerror(-dry.worker));
	return dry.worker < 0 ? dry.worker : 0;
}

static void print_beginning(void)
{
	printf("One DHCPDISCOVER on %s; offers of the next %llu s.  "
	       "Nothing is requested\nor configured.\n",
	       dry.name, (unsigned long long)(dry.wait_ms / 1000));
	fflush(stdout);
}

static void begin_json(void)
{
	dry.text = text_in(json_buffer, sizeof(json_buffer));
	dry.json = json_in(&dry.text);
	json_object(&dry.json, NULL);
	json_string(&dry.json, "interface", dry.name);
	json_number(&dry.json, "waited", (int64_t)(dry.wait_ms / 1000));
	json_array(&dry.json, "offers");
}

static void end_json(void)
{
	json_end_array(&dry.json);
	json_number(&dry.json, "count", dry.offers);
	json_number(&dry.json, "acceptable", dry.acceptable);
	json_end_object(&dry.json);
	/* 64 offers of variables that have a bound */
	assert(!dry.text.cut);
	puts(json_buffer);
}

static void print_end(void)
{
	if (dry.offers > OFFERS_MAX)
		printf("\nand %u more\n", dry.offers - OFFERS_MAX);
	printf("\n%u %s, %u acceptable\n", dry.offers,
	       dry.offers == 1 ? "offer" : "offers", dry.acceptable);
}

static int exit_status(void)
{
	if (dry.acceptable > 0)
		return EXIT_SUCCESS;
	return dry.offers > 0 ? EXIT_NONE_ACCEPTABLE : EXIT_NO_OFFER;
}

int dryrun_interface(const struct options *options, const char *argv0)
{
	bool was_whole;

	dry.options = options;
	dry.name = options->interface[0];
	dry.wait_ms =
		options->timeout_given ? options->timeout_ms : DRYRUN_WAIT_MS;
	configuration_for(options, dry.name, &dry.conf);
	if (start(argv0) < 0)
		return EXIT_FAILURE;
	if (options->json)
		begin_json();
	else
		print_beginning();
	was_whole = listen_for_offers();
	/* the worker ends with the pipe */
	close(dry.pipe);
	waitpid(dry.worker, NULL, 0);
	if (!was_whole)
		return EXIT_FAILURE;
	if (options->json)
		end_json();
	else
		print_end();
	if (fflush(stdout) != 0) {
		log_line(LOG_ERR, "standard output: %s", strerror(errno));
		return EXIT_FAILURE;
	}
	return exit_status();
}
