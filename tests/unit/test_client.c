/*
 * The state machine against its rules: every state, every event that can
 * occur in it, every time with the ends of its jitter.  The world around it
 * is world.h's.
 */
#include "world.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static int set_up(void **state)
{
	static struct world world;

	world_reset(&world);
	*state = &world;
	return 0;
}

static const enum client_state all_states[] = {
	STATE_INIT,      STATE_SELECTING, STATE_REQUESTING,
	STATE_PROBING,   STATE_BOUND,     STATE_RENEWING,
	STATE_REBINDING, STATE_DECLINED,  STATE_STOPPED,
};

/* Reaches each state in turn in a world of its own. */
#define FOR_EACH_STATE(world, i)                                               \
	for (size_t i = 0;                                                     \
	     i < COUNT(all_states) &&                                          \
	     (world_reset(world), to_state(world, all_states[i]), true);       \
	     i++)

static bool is_bound_state(enum client_state state)
{
	return state == STATE_BOUND || state == STATE_RENEWING ||
	       state == STATE_REBINDING;
}

static void every_state_has_its_name(void **state)
{
	static const char *const names[STATE_COUNT] = {
		"INIT",     "SELECTING", "REQUESTING", "PROBING", "BOUND",
		"RENEWING", "REBINDING", "DECLINED",   "STOPPED"};

	(void)state;
	for (size_t i = 0; i < STATE_COUNT; i++)
		assert_string_equal(client_state_name((enum client_state)i),
				    names[i]);
}

/* Start. */

static void nothing_is_sent_before_preinit_is_over(void **state)
{
	struct world *world = *state;

	start(world);
	expect_wait(world, 60 * SECOND); /* FAIL alone */
	link_changes(world);
	expect_state(world, STATE_INIT);
	expect_silence(world);
	expect_no_script(world);
	script_ends(world, SCRIPT_OK);
	expect_state(world, STATE_SELECTING);
	expect_sent(world, SENT_DISCOVER);
}

static void nothing_is_sent_before_the_link_is_known(void **state)
{
	struct world *world = *state;

	start(world);
	script_ends(world, SCRIPT_OK);
	expect_state(world, STATE_INIT);
	expect_silence(world);
	link_changes(world);
	expect_sent(world, SENT_DISCOVER);
	expect_no_report(world, REPORT_LINK_BACK);
}

static void a_link_that_no_frame_can_pass_is_waited_for(void **state)
{
	struct world *world = *state;
	bool *const flags[] = {&world->link.up, &world->link.running,
			       &world->link.oper_up};

	for (size_t i = 0; i < COUNT(flags); i++) {
		world_reset(world);
		*flags[i] = false;
		start(world);
		link_changes(world);
		script_ends(world, SCRIPT_OK);
		expect_state(world, STATE_INIT);
		expect_silence(world);
		*flags[i] = true;
		link_changes(world);
		expect_sent(world, SENT_DISCOVER);
		expect_no_report(world, REPORT_LINK_BACK); /* from where? */
	}
}

static void how_the_first_preinit_ends_does_not_matter(void **state)
{
	struct world *world = *state;

	for (size_t i = 0; i < SCRIPT_OUTCOMES; i++) {
		world_reset(world);
		start(world);
		link_changes(world);
		script_ends(world, (enum script_outcome)i);
		expect_sent(world, SENT_DISCOVER);
	}
}

/* Of a worker that was started anew: nobody has run the script for it. */
static void
a_preinit_that_is_owed_is_asked_for_when_the_link_is_up(void **state)
{
	struct world *world = *state;

	world->config.preinit_owed = true;
	world->link.up = false;
	start(world);
	world->script_runs = false;
	link_changes(world);
	expect_no_script(world);
	expect_silence(world);
	world->link.up = true;
	link_changes(world);
	expect_script(world, REASON_PREINIT);
	expect_silence(world);
	script_ends(world, SCRIPT_OK);
	expect_sent(world, SENT_DISCOVER);
	expect_no_script(world);
}

static void delay_selecting_waits_one_to_ten_seconds(void **state)
{
	static const struct {
		uint32_t chance;
		uint64_t wait_ms;
	} ends[] = {{LEAST, SECOND}, {MOST, 10 * SECOND}};
	struct world *world = *state;

	for (size_t i = 0; i < COUNT(ends); i++) {
		world_reset(world);
		world->config.delay_selecting = true;
		world->chance.wait = ends[i].chance;
		to_selecting(world);
		expect_state(world, STATE_INIT);
		expect_silence(world);
		expect_wait(world, ends[i].wait_ms);
		advance(world);
		expect_sent(world, SENT_DISCOVER);
		assert_int_equal(world->sent.secs, 0);
	}
}

static void delay_selecting_waits_when_the_carrier_returns(void **state)
{
	struct world *world = *state;

	world->config.delay_selecting = true;
	to_selecting(world);
	advance(world);
	carrier_goes(world);
	world->chance.wait = LEAST;
	carrier_comes(world);
	expect_silence(world);
	expect_wait(world, SECOND);
}

/* DISCOVER. */

static void expect_discover_schedule(struct world *world, uint32_t chance,
				     int64_t jitter_ms)
{
	static const uint64_t gaps_s[] = {4, 8, 16, 32, 64, 64, 64, 64};
	uint64_t first_ms, last_ms;
	uint32_t xid;

	world->chance.wait = chance;
	to_selecting(world);
	expect_sent(world, SENT_DISCOVER);
	assert_int_equal(world->sent.secs, 0);
	xid = world->sent.xid;
	first_ms = last_ms = world->now_ms;
	for (size_t i = 0; i < COUNT(gaps_s); i++) {
		assert_in_range(world->sent.interval_s, gaps_s[i] - 1,
				gaps_s[i] + 1);
		advance_to_message(world);
		expect_state(world, STATE_SELECTING);
		expect_sent(world, SENT_DISCOVER);
		assert_int_equal(world->now_ms - last_ms,
				 (int64_t)(gaps_s[i] * SECOND) + jitter_ms);
		assert_int_equal(world->sent.xid, xid);
		assert_int_equal(world->sent.secs,
				 (world->now_ms - first_ms) / SECOND);
		last_ms = world->now_ms;
	}
}

static void discover_is_sent_again_after_4_8_16_32_and_every_64_s(void **state)
{
	expect_discover_schedule(*state, MIDDLE, 0);
}

static void discover_comes_a_second_early_at_most(void **state)
{
	expect_discover_schedule(*state, LEAST, -1000);
}

static void discover_comes_a_second_late_at_most(void **state)
{
	expect_discover_schedule(*state, MOST, 1000);
}

static void discover_goes_on_for_ever(void **state)
{
	struct world *world = *state;
	size_t discovers = 0;

	to_selecting(world);
	while (world->now_ms < 5 * HOUR + 24 * HOUR) {
		advance(world);
		discovers += world->messages;
	}
	assert_in_range(discovers, 24 * 3600 / 65, 24 * 3600 / 63 + 4);
	expect_state(world, STATE_SELECTING);
}

/* RFC 2131 figure 1: two octets. */
static void secs_stop_at_what_the_field_holds(void **state)
{
	struct world *world = *state;

	to_selecting(world);
	advance_for(world, 18 * HOUR);
	assert_in_range(world->sent.secs, 18 * 3600 - 65, 18 * 3600);
	advance_for(world, HOUR);
	assert_int_equal(world->sent.secs, UINT16_MAX);
}

static void disclosures_are_off_unless_asked_for(void **state)
{
	struct world *world = *state;

	to_requesting(world);
	assert_false(world->sent.has_client_id);
	assert_false(world->sent.has_request_list);
}

static void disclosures_go_where_the_profile_lets_them(void **state)
{
	struct world *world = *state;

	world->config.disclosure =
		(struct disclosure){.client_id = true, .request_options = true};
	to_renewing(world);
	assert_true(world->sent.has_client_id);
	assert_true(world->sent.has_request_list);
	world_reset(world);
	world->config.disclosure =
		(struct disclosure){.client_id = true, .request_options = true};
	to_declined(world);
	assert_true(world->sent.has_client_id);
	assert_false(world->sent.has_request_list);
}

/* REQUEST. */

static void the_first_acceptable_offer_is_taken_at_once(void **state)
{
	struct world *world = *state;
	uint32_t xid;

	to_selecting(world);
	xid = world->sent.xid;
	advance_to_message(world);
	wait_ms(world, 1500);
	offer(world);
	expect_state(world, STATE_REQUESTING);
	expect_report(world, REPORT_OFFER);
	expect_sent(world, SENT_REQUEST_SELECTING);
	assert_int_equal(world->sent.xid, xid);
	assert_int_equal(world->sent.secs, 4); /* the DISCOVER's */
	assert_int_equal(world->sent.ciaddr.s_addr, INADDR_ANY);
	assert_int_equal(world->sent.requested.s_addr, ip(ADDRESS).s_addr);
	assert_int_equal(world->sent.server.s_addr, ip(SERVER).s_addr);
}

static void a_later_offer_is_not_taken(void **state)
{
	struct world *world = *state;

	to_requesting(world);
	world->reply.yiaddr = ip("192.0.2.11");
	offer(world);
	expect_silence(world);
	expect_dropped(world, DECODE_UNEXPECTED);
	expect_state(world, STATE_REQUESTING);
}

/* The last gap ends at 60 s whatever the jitter was. */
static void expect_request_schedule(struct world *world, uint32_t chance,
				    int64_t jitter_ms)
{
	static const uint64_t gaps_s[] = {4, 8, 16};
	uint64_t first_ms, last_ms;
	uint32_t xid;

	world->chance.wait = chance;
	world->config.timeout_ms = 3600000;
	to_selecting(world);
	advance_to_message(world);
	offer(world);
	xid = world->sent.xid;
	first_ms = last_ms = world->now_ms;
	for (size_t i = 0; i < COUNT(gaps_s); i++) {
		advance(world);
		expect_sent(world, SENT_REQUEST_SELECTING);
		assert_int_equal(world->now_ms - last_ms,
				 (int64_t)(gaps_s[i] * SECOND) + jitter_ms);
		assert_int_equal(world->sent.xid, xid);
		assert_in_range(world->sent.secs, 3, 5);
		last_ms = world->now_ms;
	}
	advance(world);
	assert_int_equal(world->now_ms - first_ms, 60 * SECOND);
	expect_state(world, STATE_SELECTING);
	expect_sent(world, SENT_DISCOVER);
	assert_int_not_equal(world->sent.xid, xid);
	assert_int_equal(world->sent.secs, 0);
	expect_no_script(world);
}

static void request_is_sent_at_0_4_12_28_and_given_up_at_60_s(void **state)
{
	expect_request_schedule(*state, MIDDLE, 0);
}

static void request_comes_a_second_early_at_most(void **state)
{
	expect_request_schedule(*state, LEAST, -1000);
}

static void request_comes_a_second_late_at_most(void **state)
{
	expect_request_schedule(*state, MOST, 1000);
}

/* A worker that stood still has fewer tries, and no more time. */
static void requests_end_at_60_s_however_late_a_timer_was(void **state)
{
	struct world *world = *state;

	world->config.timeout_ms = 3600000;
	to_requesting(world);
	wait_ms(world, 50 * SECOND);
	timer(world);
	expect_sent(world, SENT_REQUEST_SELECTING);
	expect_wait(world, 8 * SECOND);
	advance(world);
	expect_sent(world, SENT_REQUEST_SELECTING);
	expect_wait(world, 2 * SECOND);
	advance(world);
	expect_state(world, STATE_SELECTING);
	expect_sent(world, SENT_DISCOVER);
}

static void
after_unanswered_requests_discover_starts_its_times_anew(void **state)
{
	struct world *world = *state;

	world->config.timeout_ms = 3600000;
	to_requesting(world);
	advance_to_state(world, STATE_SELECTING);
	expect_wait(world, 4 * SECOND);
}

/* RFC 7844 §3.1: drawn anew for every message, retransmissions included. */
static void a_retransmission_has_an_order_of_its_own(void **state)
{
	struct world *world = *state;
	uint8_t codes[3];

	world->chance.order = LEAST;
	to_requesting(world);
	assert_int_equal(world->sent.count, 3);
	memcpy(codes, world->sent.codes, sizeof(codes));
	world->chance.order = MOST;
	advance(world);
	assert_int_equal(world->sent.count, 3);
	assert_memory_not_equal(world->sent.codes, codes, sizeof(codes));
}

/* Acceptance. */

/* dhclient.conf(5): `reject`. */
static void a_rejected_server_is_not_heard(void **state)
{
	struct world *world = *state;

	to_rebinding(world);
	world->client.config.reject =
		(struct reject_list){.count = 1,
				     .item = {{.network = ip(SERVER),
					       .mask = ip("255.255.255.255")}}};
	ack(world);
	assert_int_equal(report_of(world, REPORT_REFUSED)->report.number,
			 LEASE_REJECTED);
	nak(world);
	expect_state(world, STATE_REBINDING);
	wait_ms(world, HOUR);
	timer(world);
	expect_state(world, STATE_SELECTING);
	offer(world);
	assert_int_equal(report_of(world, REPORT_REFUSED)->report.number,
			 LEASE_REJECTED);
	expect_state(world, STATE_SELECTING);
}

static void an_offer_that_is_not_acceptable_is_passed_over(void **state)
{
	struct world *world = *state;
	const struct message good = (world_reset(world), world->reply);

	to_selecting(world);
	reply_drop(&world->reply, OPTION_SERVER_IDENTIFIER);
	offer(world);
	expect_report(world, REPORT_REFUSED);
	assert_int_equal(report_of(world, REPORT_REFUSED)->report.number,
			 LEASE_NO_SERVER);
	world->reply = good;
	reply_put_u32(&world->reply, OPTION_LEASE_TIME, 0);
	offer(world);
	assert_int_equal(report_of(world, REPORT_REFUSED)->report.number,
			 LEASE_NO_TIME);
	assert_int_equal(report_of(world, REPORT_REFUSED)->report.server.s_addr,
			 ip(SERVER).s_addr);
	world->reply = good;
	world->reply.yiaddr = ip("192.0.2.255");
	offer(world);
	assert_int_equal(report_of(world, REPORT_REFUSED)->report.number,
			 LEASE_BAD_ADDRESS);
	expect_silence(world);
	expect_state(world, STATE_SELECTING);
	world->reply = good; /* the next one may still win */
	offer(world);
	expect_sent(world, SENT_REQUEST_SELECTING);
}

static void an_offer_needs_neither_mask_nor_router_nor_dns(void **state)
{
	struct world *world = *state;

	to_selecting(world);
	reply_drop(&world->reply, OPTION_SUBNET_MASK);
	reply_drop(&world->reply, OPTION_ROUTERS);
	reply_drop(&world->reply, OPTION_DOMAIN_NAME_SERVERS);
	offer(world);
	expect_sent(world, SENT_REQUEST_SELECTING);
}

static void a_reply_to_another_xid_or_mac_is_foreign(void **state)
{
	static const enum client_state listening[] = {
		STATE_SELECTING, STATE_REQUESTING, STATE_RENEWING,
		STATE_REBINDING};
	static const enum message_type types[] = {DHCPOFFER, DHCPACK, DHCPNAK};
	struct world *world = *state;

	for (size_t i = 0; i < COUNT(listening) * COUNT(types); i++) {
		struct message message;

		world_reset(world);
		to_state(world, listening[i / COUNT(types)]);
		message = world->reply;
		message.type = types[i % COUNT(types)];
		message.xid = world->sent.xid + 1;
		message.chaddr = world->link.mac;
		step(world, (struct event){.type = EVENT_MESSAGE,
					   .message = &message});
		expect_dropped(world, DECODE_FOREIGN);
		message.xid = world->sent.xid;
		message.chaddr.octet[5] ^= 1;
		step(world, (struct event){.type = EVENT_MESSAGE,
					   .message = &message});
		expect_dropped(world, DECODE_FOREIGN);
		expect_silence(world);
		expect_no_script(world);
		expect_state(world, listening[i / COUNT(types)]);
	}
}

static void a_message_that_a_state_does_not_use_is_dropped(void **state)
{
	static const enum message_type types[] = {DHCPOFFER, DHCPACK, DHCPNAK};
	static const bool used[STATE_COUNT][COUNT(types)] = {
		[STATE_SELECTING] = {true, false, false},
		[STATE_REQUESTING] = {false, true, true},
		[STATE_RENEWING] = {false, true, true},
		[STATE_REBINDING] = {false, true, true},
	};
	struct world *world = *state;

	for (size_t t = 0; t < COUNT(types); t++)
		FOR_EACH_STATE(world, i)
		{
			const uint64_t deadline =
				client_deadline(&world->client);

			if (used[all_states[i]][t])
				continue;
			reply(world, types[t]);
			expect_dropped(world, DECODE_UNEXPECTED);
			expect_silence(world);
			expect_no_script(world);
			expect_state(world, all_states[i]);
			assert_true(client_deadline(&world->client) ==
				    deadline);
		}
}

static void an_ack_from_another_server_is_not_ours(void **state)
{
	struct world *world = *state;

	to_requesting(world);
	reply_put_address(&world->reply, OPTION_SERVER_IDENTIFIER, "192.0.2.2");
	ack(world);
	expect_dropped(world, DECODE_UNEXPECTED);
	expect_state(world, STATE_REQUESTING);
}

static void an_ack_for_another_address_is_not_ours(void **state)
{
	static const enum client_state asking[] = {
		STATE_REQUESTING, STATE_RENEWING, STATE_REBINDING};
	struct world *world = *state;

	for (size_t i = 0; i < COUNT(asking); i++) {
		world_reset(world);
		to_state(world, asking[i]);
		world->reply.yiaddr = ip("192.0.2.11");
		ack(world);
		expect_dropped(world, DECODE_UNEXPECTED);
		expect_no_script(world);
		expect_state(world, asking[i]);
	}
}

static void an_ack_without_lease_time_or_server_is_refused(void **state)
{
	static const enum client_state asking[] = {
		STATE_REQUESTING, STATE_RENEWING, STATE_REBINDING};
	struct world *world = *state;

	for (size_t i = 0; i < COUNT(asking); i++) {
		world_reset(world);
		to_state(world, asking[i]);
		reply_drop(&world->reply, OPTION_LEASE_TIME);
		ack(world);
		expect_report(world, REPORT_REFUSED);
		reply_drop(&world->reply, OPTION_SERVER_IDENTIFIER);
		ack(world);
		expect_report(world, REPORT_REFUSED);
		expect_no_script(world);
		expect_state(world, asking[i]);
	}
}

static void a_renewal_may_be_answered_by_any_server(void **state)
{
	static const struct {
		enum client_state state;
		enum reason reason;
	} asking[] = {{STATE_RENEWING, REASON_RENEW},
		      {STATE_REBINDING, REASON_REBIND}};
	struct world *world = *state;

	for (size_t i = 0; i < COUNT(asking); i++) {
		world_reset(world);
		to_state(world, asking[i].state);
		reply_put_address(&world->reply, OPTION_SERVER_IDENTIFIER,
				  "192.0.2.2");
		ack(world);
		expect_state(world, STATE_BOUND);
		expect_script(world, asking[i].reason);
		assert_int_equal(world->client.lease.server.s_addr,
				 ip("192.0.2.2").s_addr);
	}
}

static void an_ack_whose_lease_is_over_is_of_no_use(void **state)
{
	struct world *world = *state;

	to_requesting(world);
	reply_put_u32(&world->reply, OPTION_LEASE_TIME, 3);
	wait_ms(world, 3 * SECOND);
	ack(world);
	expect_dropped(world, DECODE_UNEXPECTED);
	expect_state(world, STATE_REQUESTING);
}

static void what_the_ack_lacks_is_said_once(void **state)
{
	struct world *world = *state;

	reply_drop(&world->reply, OPTION_SUBNET_MASK);
	reply_drop(&world->reply, OPTION_ROUTERS);
	reply_drop(&world->reply, OPTION_DOMAIN_NAME_SERVERS);
	to_probing(world);
	expect_report(world, REPORT_NATURAL_MASK);
	expect_report(world, REPORT_NO_ROUTER);
	expect_report(world, REPORT_NO_DNS);
	advance_to_state(world, STATE_BOUND);
	assert_int_equal(world->client.lease.mask.s_addr,
			 ip("255.255.255.0").s_addr);
	scripts_end(world);
	advance_to_state(world, STATE_RENEWING);
	ack(world);
	expect_no_report(world, REPORT_NO_ROUTER);
	expect_no_report(world, REPORT_NO_DNS);
}

static void classless_routes_are_a_router_too(void **state)
{
	struct world *world = *state;

	reply_drop(&world->reply, OPTION_ROUTERS);
	reply_put(&world->reply, OPTION_CLASSLESS_ROUTES, "\0\xc0\0\x02\x01",
		  5);
	to_probing(world);
	expect_no_report(world, REPORT_NO_ROUTER);
	expect_no_report(world, REPORT_NO_DNS);
	expect_no_report(world, REPORT_NATURAL_MASK);
}

/* FAIL. */

static void without_a_lease_fail_is_told_once(void **state)
{
	struct world *world = *state;
	size_t fails = 0;

	to_selecting(world);
	while (world->now_ms < 6 * HOUR) {
		const uint64_t before = world->now_ms;

		advance(world);
		if (report_of(world, REPORT_NO_OFFERS) == NULL)
			continue;
		assert_int_equal(world->now_ms - 5 * HOUR, 60 * SECOND);
		assert_true(before < world->now_ms);
		expect_script(world, REASON_FAIL);
		expect_state(world, STATE_SELECTING); /* and goes on */
		scripts_end(world);
		fails++;
	}
	assert_int_equal(fails, 1);
}

static void fail_is_told_without_a_link_too(void **state)
{
	struct world *world = *state;

	to_init(world);
	advance(world);
	expect_script(world, REASON_FAIL);
	expect_silence(world);
	assert_true(client_deadline(&world->client) == TIME_NEVER);
}

static void each_stretch_without_a_lease_has_its_fail(void **state)
{
	struct world *world = *state;
	uint64_t lost_ms;

	to_bound(world);
	advance_to_state(world, STATE_SELECTING);
	lost_ms = world->now_ms;
	expect_script(world, REASON_EXPIRE);
	scripts_end(world);
	while (report_of(world, REPORT_NO_OFFERS) == NULL)
		advance(world);
	assert_int_equal(world->now_ms - lost_ms, 60 * SECOND);
	expect_script(world, REASON_FAIL);
	scripts_end(world);
	advance_for(world, HOUR);
	assert_false(world->script_runs);
}

static void a_lease_makes_a_pending_fail_untrue(void **state)
{
	struct world *world = *state;

	world->config.arp_wait_ms = 0;
	world->config.timeout_ms = 1000;
	to_bound(world);
	carrier_goes(world); /* EXPIRE runs on */
	expect_script(world, REASON_EXPIRE);
	carrier_comes(world);
	advance(world);
	expect_report(world, REPORT_NO_OFFERS);
	offer(world);
	ack(world);
	expect_state(world, STATE_BOUND);
	script_ends(world, SCRIPT_OK);
	expect_script(world, REASON_PREINIT);
	script_ends(world, SCRIPT_OK);
	expect_script(world, REASON_BOUND);
	script_ends(world, SCRIPT_OK);
	expect_no_script(world);
}

/* A lease that was never ours does not break the stretch. */
static void a_lease_lost_while_it_is_probed_does_not_postpone_fail(void **state)
{
	struct world *world = *state;

	to_selecting(world);
	wait_ms(world, 3 * SECOND);
	offer(world);
	ack(world);
	conflict(world);
	while (report_of(world, REPORT_NO_OFFERS) == NULL)
		advance(world);
	assert_int_equal(world->now_ms - 5 * HOUR, 60 * SECOND);
}

static void once_gives_up_at_the_first_fail(void **state)
{
	struct world *world = *state;

	to_stopped(world);
	assert_int_equal(world->now_ms - 5 * HOUR, 60 * SECOND);
	expect_report(world, REPORT_NO_OFFERS);
	expect_script(world, REASON_FAIL);
	assert_null(action_of(world, ACTION_EXIT));
	script_ends(world, SCRIPT_OK);
	expect_exit(world, EXIT_NO_LEASE);
	carrier_goes(world); /* step() holds that nothing follows */
	carrier_comes(world);
	offer(world);
	user_renews(world);
	user_stops(world);
}

static void once_counts_the_time_that_preinit_takes(void **state)
{
	struct world *world = *state;

	world->config.once = true;
	start(world);
	link_changes(world);
	advance(world);
	expect_state(world, STATE_STOPPED);
	expect_no_script(world);
	script_ends(world, SCRIPT_OK); /* PREINIT */
	expect_silence(world);
	expect_script(world, REASON_FAIL);
	script_ends(world, SCRIPT_OK);
	expect_exit(world, EXIT_NO_LEASE);
}

static void once_given_up_no_preinit_is_owed(void **state)
{
	struct world *world = *state;

	world->config.once = true;
	to_told(world);
	world->link.up = false;
	link_changes(world);
	script_ends(world, SCRIPT_OK); /* BOUND, but of a lease that is gone */
	expect_script(world, REASON_EXPIRE);
	script_ends(world, SCRIPT_OK);
	expect_no_script(world); /* PREINIT waits for the link */
	advance(world);
	expect_state(world, STATE_STOPPED);
	expect_script(world, REASON_FAIL);
	world->link.up = true;
	link_changes(world);
	script_ends(world, SCRIPT_OK);
	expect_no_script(world);
	expect_exit(world, EXIT_NO_LEASE);
}

static void once_is_fulfilled_by_a_lease(void **state)
{
	struct world *world = *state;

	world->config.once = true;
	to_bound(world);
	advance_to_state(world, STATE_SELECTING);
	scripts_end(world);
	while (report_of(world, REPORT_NO_OFFERS) == NULL)
		advance(world);
	expect_script(world, REASON_FAIL);
	expect_state(world, STATE_SELECTING);
	script_ends(world, SCRIPT_OK);
	assert_false(world->exited);
}

/* Conflict detection before BOUND. */

static void expect_probing(struct world *world, const uint64_t waits_ms[4])
{
	to_probing(world);
	expect_silence(world);
	expect_no_script(world);
	assert_int_equal(world->watched.s_addr, ip(ADDRESS).s_addr);
	for (size_t i = 0; i < 3; i++) {
		expect_wait(world, waits_ms[i]);
		advance(world);
		expect_arp(world, ADDRESS, arp_encode_probe);
		expect_no_script(world);
		expect_state(world, STATE_PROBING);
	}
	expect_wait(world, waits_ms[3]);
	advance(world);
	expect_state(world, STATE_BOUND);
	expect_silence(world);
	expect_script(world, REASON_BOUND);
}

static void nine_seconds_are_the_rfcs_own_shortest_probing(void **state)
{
	static const uint64_t waits_ms[] = {0, 1000, 1000, 2000};
	struct world *world = *state;

	world->config.arp_wait_ms = 9000;
	world->chance.wait = LEAST;
	expect_probing(world, waits_ms);
}

static void nine_seconds_are_the_rfcs_own_longest_probing(void **state)
{
	static const uint64_t waits_ms[] = {1000, 2000, 2000, 2000};
	struct world *world = *state;

	world->config.arp_wait_ms = 9000;
	world->chance.wait = MOST;
	expect_probing(world, waits_ms);
}

static void probing_takes_no_longer_than_was_asked_for(void **state)
{
	static const uint32_t budgets_ms[] = {1, 8, 9, 10, 200, 1000, 9000};
	struct world *world = *state;

	for (size_t i = 0; i < COUNT(budgets_ms); i++) {
		size_t probes = 0;
		uint64_t began_ms;

		world_reset(world);
		world->config.arp_wait_ms = budgets_ms[i];
		world->chance.wait = MOST;
		to_probing(world);
		began_ms = world->now_ms;
		while (world->client.state == STATE_PROBING) {
			advance(world);
			probes += world->frames;
		}
		assert_int_equal(probes, 3);
		assert_in_range(world->now_ms - began_ms, 0, budgets_ms[i]);
	}
}

static void
without_arp_wait_there_is_neither_probe_nor_announcement(void **state)
{
	struct world *world = *state;

	world->config.arp_wait_ms = 0;
	to_requesting(world);
	ack(world);
	expect_state(world, STATE_BOUND);
	expect_report(world, REPORT_BOUND);
	expect_script(world, REASON_BOUND);
	expect_silence(world);
	assert_null(action_of(world, ACTION_ARP_WATCH));
	script_ends(world, SCRIPT_OK);
	expect_silence(world);
	expect_wait(world, LEASE_S / 2 * SECOND);
}

static void expect_declined(struct world *world, uint32_t old_xid)
{
	expect_state(world, STATE_DECLINED);
	expect_sent(world, SENT_DECLINE);
	assert_int_equal(world->sent.requested.s_addr, ip(ADDRESS).s_addr);
	assert_int_equal(world->sent.server.s_addr, ip(SERVER).s_addr);
	assert_int_equal(world->sent.ciaddr.s_addr, INADDR_ANY);
	assert_int_equal(world->sent.secs, 0);
	assert_int_not_equal(world->sent.xid, old_xid);
	assert_int_equal(world->watched.s_addr, INADDR_ANY);
}

/* Declined already; the pause, and then a start like the first. */
static void expect_pause(struct world *world, uint64_t pause_ms)
{
	const uint32_t xid = world->sent.xid;
	const uint64_t from_ms = world->now_ms;

	advance(world);
	assert_int_equal(world->now_ms - from_ms, pause_ms);
	expect_state(world, STATE_SELECTING);
	expect_sent(world, SENT_DISCOVER);
	assert_int_equal(world->sent.secs, 0);
	assert_int_not_equal(world->sent.xid, xid);
}

static void conflict_while_probing_declines_and_pauses(void **state)
{
	static const struct {
		uint32_t chance;
		uint64_t pause_ms;
	} ends[] = {{LEAST, 10 * SECOND}, {MOST, 13 * SECOND}};
	struct world *world = *state;

	for (size_t i = 0; i < COUNT(ends); i++) {
		uint32_t xid;

		world_reset(world);
		world->chance.wait = ends[i].chance;
		to_probing(world);
		xid = world->sent.xid;
		conflict(world);
		expect_report(world, REPORT_CONFLICT);
		expect_declined(world, xid);
		expect_no_script(world); /* it knows of nothing */
		expect_pause(world, ends[i].pause_ms);
	}
}

static void
conflict_counts_from_the_first_wait_to_the_end_of_the_last(void **state)
{
	struct world *world = *state;

	for (size_t probes = 0; probes <= 3; probes++) {
		world_reset(world);
		to_probing(world);
		for (size_t i = 0; i < probes; i++)
			advance(world);
		conflict(world);
		expect_state(world, STATE_DECLINED);
	}
}

static void the_conflict_names_whose_address_it_is(void **state)
{
	static const struct mac other = OTHER_MAC;
	const struct action *action;
	struct world *world = *state;

	to_probing(world);
	conflict(world);
	action = report_of(world, REPORT_CONFLICT);
	assert_non_null(action);
	assert_memory_equal(&action->report.mac, &other, sizeof(other));
	assert_int_equal(action->report.address.s_addr, ip(ADDRESS).s_addr);
}

static void a_probe_of_another_for_our_address_is_a_conflict(void **state)
{
	struct world *world = *state;

	to_probing(world);
	hear_arp(world, "0.0.0.0", ADDRESS, (struct mac)OTHER_MAC);
	expect_state(world, STATE_DECLINED);
}

static void arp_that_is_no_conflict_does_nothing(void **state)
{
	struct world *world = *state;

	FOR_EACH_STATE(world, i)
	{
		hear_arp(world, ADDRESS, ADDRESS, (struct mac)OWN_MAC);
		expect_silence(world);
		hear_arp(world, "0.0.0.0", ADDRESS, (struct mac)OWN_MAC);
		expect_silence(world);
		hear_arp(world, SERVER, ADDRESS, (struct mac)OTHER_MAC);
		expect_silence(world);
		hear_arp(world, "0.0.0.0", SERVER, (struct mac)OTHER_MAC);
		expect_silence(world);
		expect_state(world, all_states[i]);
	}
}

static void arp_means_nothing_without_a_lease(void **state)
{
	struct world *world = *state;

	FOR_EACH_STATE(world, i)
	{
		if (is_bound_state(all_states[i]) ||
		    all_states[i] == STATE_PROBING)
			continue;
		conflict(world);
		assert_int_equal(world->out.count, 0);
		expect_state(world, all_states[i]);
	}
}

static void once_gives_up_on_a_conflict(void **state)
{
	struct world *world = *state;

	world->config.once = true;
	to_probing(world);
	conflict(world);
	expect_sent(world, SENT_DECLINE);
	expect_script(world, REASON_FAIL);
	expect_state(world, STATE_STOPPED);
	script_ends(world, SCRIPT_OK);
	expect_exit(world, EXIT_NO_LEASE);
}

static void a_lease_can_run_out_while_it_is_probed(void **state)
{
	struct world *world = *state;

	world->config.arp_wait_ms = 9000;
	reply_put_u32(&world->reply, OPTION_LEASE_TIME, 2);
	to_probing(world);
	advance_to_state(world, STATE_SELECTING);
	assert_int_equal(world->now_ms - 5 * HOUR, 2 * SECOND);
	expect_report(world, REPORT_EXPIRED);
	expect_sent(world, SENT_DISCOVER);
	expect_no_script(world);
}

/* Announcements, and conflicts while bound. */

static void two_announcements_follow_the_bound_script(void **state)
{
	struct world *world = *state;

	to_told(world);
	wait_ms(world, 300); /* a slow script */
	script_ends(world, SCRIPT_OK);
	expect_announcement(world);
	expect_wait(world, 2 * SECOND);
	advance(world);
	expect_announcement(world);
	expect_wait(world, client_deadline(&world->client) - world->now_ms);
	advance(world);
	expect_state(world, STATE_RENEWING);
	assert_int_equal(world->frames, 0);
	ack(world);
	script_ends(world, SCRIPT_OK);
	expect_silence(world); /* none for a renewal */
	advance_to_state(world, STATE_RENEWING);
	expect_sent(world, SENT_REQUEST_RENEWING);
}

static void a_lost_lease_is_not_announced_again(void **state)
{
	struct world *world = *state;

	to_bound(world);
	carrier_goes(world);
	scripts_end(world);
	advance(world); /* FAIL */
	expect_silence(world);
}

static void the_first_conflict_while_bound_is_answered(void **state)
{
	struct world *world = *state;

	FOR_EACH_STATE(world, i)
	{
		if (!is_bound_state(all_states[i]))
			continue;
		conflict(world);
		expect_report(world, REPORT_DEFENDED);
		expect_announcement(world);
		assert_int_equal(world->messages, 0);
		expect_no_script(world);
		expect_state(world, all_states[i]);
	}
}

static void a_second_conflict_within_ten_seconds_ends_the_lease(void **state)
{
	struct world *world = *state;

	FOR_EACH_STATE(world, i)
	{
		const uint32_t xid = world->sent.xid;

		if (!is_bound_state(all_states[i]))
			continue;
		conflict(world);
		wait_ms(world, 10 * SECOND - 1);
		world->chance.wait = LEAST;
		conflict(world);
		expect_report(world, REPORT_CONFLICT);
		assert_int_equal(world->frames, 0);
		expect_declined(world, xid);
		expect_script(world, REASON_EXPIRE);
		script_ends(world, SCRIPT_OK);
		expect_script(world, REASON_PREINIT);
		script_ends(world, SCRIPT_OK);
		expect_pause(world, 10 * SECOND);
	}
}

static void a_conflict_after_ten_seconds_is_a_first_one(void **state)
{
	struct world *world = *state;

	to_bound(world);
	advance(world); /* the second announcement */
	for (size_t i = 0; i < 5; i++) {
		conflict(world);
		expect_announcement(world);
		expect_state(world, STATE_BOUND);
		wait_ms(world, 10 * SECOND);
	}
}

static void the_next_lease_defends_itself_anew(void **state)
{
	struct world *world = *state;

	to_bound(world);
	conflict(world);
	carrier_goes(world);
	scripts_end(world);
	carrier_comes(world);
	offer(world);
	ack(world);
	advance_to_state(world, STATE_BOUND);
	scripts_end(world);
	assert_true(world->now_ms - 5 * HOUR < 10 * SECOND);
	conflict(world);
	expect_report(world, REPORT_DEFENDED);
}

/* The script has not taken it: a claim would be for an address not in use. */
static void an_address_that_is_not_yet_in_use_is_not_defended(void **state)
{
	struct world *world = *state;

	to_told(world);
	conflict(world);
	expect_report(world, REPORT_CONFLICT);
	assert_int_equal(world->frames, 0);
	expect_declined(world, 0);
	script_ends(world, SCRIPT_OK);
	expect_script(world, REASON_EXPIRE); /* it took it meanwhile */
}

static void a_probe_for_an_address_in_use_is_no_conflict(void **state)
{
	struct world *world = *state;

	to_bound(world);
	hear_arp(world, "0.0.0.0", ADDRESS, (struct mac)OTHER_MAC);
	expect_silence(world);
	expect_no_report(world, REPORT_DEFENDED);
}

/* BOUND, RENEWING, REBINDING. */

static void bound_says_when_it_renews(void **state)
{
	struct world *world = *state;
	const struct action *action;

	world->config.arp_wait_ms = 0;
	to_told(world);
	action = report_of(world, REPORT_BOUND);
	assert_non_null(action);
	assert_int_equal(action->report.address.s_addr, ip(ADDRESS).s_addr);
	assert_int_equal(action->report.server.s_addr, ip(SERVER).s_addr);
	assert_int_equal(action->report.number, LEASE_S / 2);
}

static void at_t1_the_server_is_asked_by_unicast(void **state)
{
	struct world *world = *state;
	uint32_t xid;

	to_bound(world);
	xid = world->sent.xid;
	advance_to_state(world, STATE_RENEWING);
	assert_int_equal(world->now_ms - 5 * HOUR, LEASE_S / 2 * SECOND);
	expect_sent(world, SENT_REQUEST_RENEWING);
	assert_int_equal(world->sent.source.s_addr, ip(ADDRESS).s_addr);
	assert_int_equal(world->sent.destination.s_addr, ip(SERVER).s_addr);
	assert_int_equal(world->sent.ciaddr.s_addr, ip(ADDRESS).s_addr);
	assert_int_equal(world->sent.count, 1); /* 53 alone */
	assert_int_equal(world->sent.secs, 0);
	assert_int_not_equal(world->sent.xid, xid);
	expect_no_script(world);
}

/* The clock of the lease is that of the REQUEST that was answered. */
static void the_lease_runs_from_the_last_request(void **state)
{
	struct world *world = *state;
	uint64_t sent_ms;

	world->config.arp_wait_ms = 0;
	to_requesting(world);
	advance(world);
	advance(world);
	expect_sent(world, SENT_REQUEST_SELECTING);
	sent_ms = world->now_ms;
	wait_ms(world, 1234);
	ack(world);
	assert_int_equal(world->client.lease.expiry_ms - sent_ms,
			 LEASE_S * SECOND);
	scripts_end(world);
	advance_to_state(world, STATE_RENEWING);
	advance(world); /* sent again */
	expect_sent(world, SENT_REQUEST_RENEWING);
	sent_ms = world->now_ms;
	wait_ms(world, 777);
	ack(world);
	assert_int_equal(world->client.lease.expiry_ms - sent_ms,
			 LEASE_S * SECOND);
	assert_int_equal(world->client.lease.t1_ms - sent_ms,
			 LEASE_S / 2 * SECOND);
}

static void renewals_follow_at_half_of_the_time_to_t2(void **state)
{
	struct world *world = *state;
	const uint64_t t2_ms = LEASE_S * SECOND / 8 * 7;
	uint64_t began_ms;
	uint32_t xid;

	to_renewing(world);
	began_ms = world->now_ms;
	xid = world->sent.xid;
	for (;;) {
		const uint64_t left_ms = 5 * HOUR + t2_ms - world->now_ms;
		const uint64_t half_ms =
			left_ms / 2 > MINUTE ? left_ms / 2 : MINUTE;

		expect_wait(world, half_ms < left_ms ? half_ms : left_ms);
		advance(world);
		if (world->client.state != STATE_RENEWING)
			break;
		expect_sent(world, SENT_REQUEST_RENEWING);
		assert_int_equal(world->sent.xid, xid);
		assert_int_equal(world->sent.secs,
				 (world->now_ms - began_ms) / SECOND);
	}
	assert_int_equal(world->now_ms - 5 * HOUR, t2_ms);
	expect_state(world, STATE_REBINDING);
	expect_sent(world, SENT_REQUEST_REBINDING);
	assert_int_equal(world->sent.xid, xid); /* a late ACK still counts */
	assert_int_equal(world->sent.secs, (world->now_ms - began_ms) / SECOND);
	assert_int_equal(world->sent.ciaddr.s_addr, ip(ADDRESS).s_addr);
	assert_int_equal(world->sent.count, 1);
}

static void rebinding_follows_at_half_of_the_rest_of_the_lease(void **state)
{
	struct world *world = *state;
	const uint64_t expiry_ms = 5 * HOUR + LEASE_S * SECOND;
	uint32_t xid;

	to_rebinding(world);
	xid = world->sent.xid;
	for (;;) {
		const uint64_t left_ms = expiry_ms - world->now_ms;
		const uint64_t half_ms =
			left_ms / 2 > MINUTE ? left_ms / 2 : MINUTE;

		expect_wait(world, half_ms < left_ms ? half_ms : left_ms);
		advance(world);
		if (world->client.state != STATE_REBINDING)
			break;
		expect_sent(world, SENT_REQUEST_REBINDING);
		assert_int_equal(world->sent.xid, xid);
	}
	assert_int_equal(world->now_ms, expiry_ms);
}

static void a_lease_that_runs_out_is_taken_down(void **state)
{
	struct world *world = *state;
	uint32_t xid;

	to_rebinding(world);
	xid = world->sent.xid;
	advance_to_state(world, STATE_SELECTING);
	expect_report(world, REPORT_EXPIRED);
	expect_sent(world, SENT_DISCOVER);
	assert_int_not_equal(world->sent.xid, xid);
	assert_int_equal(world->sent.ciaddr.s_addr, INADDR_ANY);
	assert_int_equal(world->sent.secs, 0);
	expect_script(world, REASON_EXPIRE);
	script_ends(world, SCRIPT_OK);
	expect_script(world, REASON_PREINIT);
	script_ends(world, SCRIPT_OK);
	expect_no_script(world);
}

/* Whatever event is the first to come after its end. */
static void an_event_after_its_end_finds_no_lease(void **state)
{
	struct world *world = *state;

	for (size_t i = 0; i < 4; i++) {
		world_reset(world);
		to_rebinding(world);
		wait_ms(world, HOUR);
		if (i == 0)
			ack(world);
		else if (i == 1)
			conflict(world);
		else if (i == 2)
			user_renews(world);
		else
			link_changes(world);
		expect_report(world, REPORT_EXPIRED);
		expect_sent(world, SENT_DISCOVER);
		assert_int_equal(world->frames, 0);
		expect_script(world, REASON_EXPIRE);
		expect_state(world, STATE_SELECTING);
	}
}

static void an_ack_renews_the_lease(void **state)
{
	struct world *world = *state;

	to_renewing(world);
	reply_put_u32(&world->reply, OPTION_LEASE_TIME, 7200);
	ack(world);
	expect_state(world, STATE_BOUND);
	expect_report(world, REPORT_ACK);
	expect_report(world, REPORT_BOUND);
	expect_script(world, REASON_RENEW);
	expect_silence(world);
	expect_wait(world, HOUR);
}

static void a_late_answer_to_a_renewal_rebinds(void **state)
{
	struct world *world = *state;
	struct message late;

	to_renewing(world);
	late = world->reply;
	late.type = DHCPACK;
	late.xid = world->sent.xid;
	late.chaddr = world->link.mac;
	advance_to_state(world, STATE_REBINDING);
	step(world, (struct event){.type = EVENT_MESSAGE, .message = &late});
	expect_state(world, STATE_BOUND);
	expect_script(world, REASON_REBIND);
}

static void each_renewal_has_an_xid_of_its_own(void **state)
{
	struct world *world = *state;
	uint32_t xid;

	to_renewing(world);
	xid = world->sent.xid;
	ack(world);
	scripts_end(world);
	advance_to_state(world, STATE_RENEWING);
	assert_int_not_equal(world->sent.xid, xid);
	assert_int_equal(world->sent.secs, 0);
}

static void an_answer_to_an_older_renewal_is_foreign(void **state)
{
	struct world *world = *state;
	struct message old;

	to_renewing(world);
	old = world->reply;
	old.type = DHCPACK;
	old.xid = world->sent.xid;
	old.chaddr = world->link.mac;
	ack(world);
	scripts_end(world);
	advance_to_state(world, STATE_RENEWING);
	step(world, (struct event){.type = EVENT_MESSAGE, .message = &old});
	expect_dropped(world, DECODE_FOREIGN);
}

static void a_short_lease_is_renewed_and_rebound_in_its_time(void **state)
{
	struct world *world = *state;
	uint64_t began_ms;

	world->config.arp_wait_ms = 0;
	reply_put_u32(&world->reply, OPTION_LEASE_TIME, 8);
	to_bound(world);
	began_ms = world->now_ms;
	advance(world);
	assert_int_equal(world->now_ms - began_ms, 4 * SECOND);
	expect_sent(world, SENT_REQUEST_RENEWING);
	advance(world);
	assert_int_equal(world->now_ms - began_ms, 7 * SECOND);
	expect_sent(world, SENT_REQUEST_REBINDING);
	advance(world);
	assert_int_equal(world->now_ms - began_ms, 8 * SECOND);
	expect_sent(world, SENT_DISCOVER);
}

static void t1_that_has_passed_renews_at_once(void **state)
{
	struct world *world = *state;

	world->config.arp_wait_ms = 0;
	reply_put_u32(&world->reply, OPTION_LEASE_TIME, 8);
	to_requesting(world);
	wait_ms(world, 5 * SECOND);
	ack(world);
	expect_state(world, STATE_BOUND);
	assert_int_equal(report_of(world, REPORT_BOUND)->report.number, 0);
	advance(world);
	expect_state(world, STATE_RENEWING);
	assert_int_equal(world->now_ms - 5 * HOUR, 5 * SECOND);
}

static void t2_that_has_passed_rebinds_at_once(void **state)
{
	struct world *world = *state;

	world->config.arp_wait_ms = 0;
	reply_put_u32(&world->reply, OPTION_LEASE_TIME, 8);
	to_requesting(world);
	wait_ms(world, 7500);
	ack(world);
	advance(world);
	expect_state(world, STATE_REBINDING);
	expect_sent(world, SENT_REQUEST_REBINDING);
}

static void an_infinite_lease_has_no_timers(void **state)
{
	struct world *world = *state;

	world->config.arp_wait_ms = 0;
	reply_put_u32(&world->reply, OPTION_LEASE_TIME, LEASE_INFINITE);
	to_told(world);
	assert_int_equal(report_of(world, REPORT_BOUND)->report.number,
			 UINT32_MAX);
	scripts_end(world);
	assert_true(client_deadline(&world->client) == TIME_NEVER);
}

static void an_infinite_lease_is_renewed_when_the_user_asks(void **state)
{
	struct world *world = *state;

	world->config.arp_wait_ms = 0;
	reply_put_u32(&world->reply, OPTION_LEASE_TIME, LEASE_INFINITE);
	to_bound(world);
	user_renews(world);
	expect_sent(world, SENT_REQUEST_RENEWING);
	for (size_t i = 0; i < 5; i++) {
		expect_wait(world, MINUTE);
		advance(world);
		expect_sent(world, SENT_REQUEST_RENEWING);
	}
	ack(world);
	expect_script(world, REASON_RENEW);
	assert_true(client_deadline(&world->client) == TIME_NEVER);
}

static void without_a_udp_socket_renewal_waits_for_t2(void **state)
{
	struct world *world = *state;

	world->config.udp_missing = true;
	to_bound(world);
	assert_int_equal(client_renewal_ms(&world->client),
			 world->client.lease.t2_ms);
	advance(world); /* the second announcement */
	advance(world);
	assert_int_equal(world->now_ms - 5 * HOUR, LEASE_S * SECOND / 8 * 7);
	expect_state(world, STATE_REBINDING);
	expect_sent(world, SENT_REQUEST_REBINDING);
	assert_int_equal(world->sent.secs, 0);
	ack(world);
	expect_script(world, REASON_REBIND);
}

/* NAK. */

static void nak_while_requesting_starts_anew_at_once(void **state)
{
	struct world *world = *state;
	uint32_t xid;

	to_requesting(world);
	xid = world->sent.xid;
	nak(world);
	expect_report(world, REPORT_NAK);
	expect_state(world, STATE_SELECTING);
	expect_sent(world, SENT_DISCOVER);
	assert_int_not_equal(world->sent.xid, xid);
	expect_no_script(world); /* it knows of nothing */
}

static void nak_from_another_server_is_ignored_while_requesting(void **state)
{
	struct world *world = *state;

	to_requesting(world);
	reply_put_address(&world->reply, OPTION_SERVER_IDENTIFIER, "192.0.2.2");
	nak(world);
	expect_dropped(world, DECODE_UNEXPECTED);
	expect_state(world, STATE_REQUESTING);
}

static void nak_without_a_server_is_ignored(void **state)
{
	static const enum client_state asking[] = {
		STATE_REQUESTING, STATE_RENEWING, STATE_REBINDING};
	struct world *world = *state;

	for (size_t i = 0; i < COUNT(asking); i++) {
		world_reset(world);
		to_state(world, asking[i]);
		reply_drop(&world->reply, OPTION_SERVER_IDENTIFIER);
		nak(world);
		expect_dropped(world, DECODE_UNEXPECTED);
		expect_state(world, asking[i]);
	}
}

static void expect_nak_ends_lease(struct world *world)
{
	reply_put_address(&world->reply, OPTION_SERVER_IDENTIFIER,
			  "192.0.2.2"); /* any server's word counts */
	nak(world);
	expect_report(world, REPORT_NAK);
	expect_state(world, STATE_SELECTING);
	expect_sent(world, SENT_DISCOVER);
	assert_int_equal(world->sent.ciaddr.s_addr, INADDR_ANY);
	expect_script(world, REASON_EXPIRE);
	script_ends(world, SCRIPT_OK);
	expect_script(world, REASON_PREINIT);
}

static void nak_while_renewing_expires_the_lease_and_starts_anew(void **state)
{
	to_renewing(*state);
	expect_nak_ends_lease(*state);
}

static void nak_while_rebinding_expires_the_lease_and_starts_anew(void **state)
{
	to_rebinding(*state);
	expect_nak_ends_lease(*state);
}

static void naks_without_a_lease_between_wait_longer_each_time(void **state)
{
	static const uint64_t pauses_s[] = {0, 1, 2, 4, 8, 16, 32, 64, 64, 64};
	struct world *world = *state;

	world->config.timeout_ms = 3600000;
	to_selecting(world);
	for (size_t i = 0; i < COUNT(pauses_s); i++) {
		const uint32_t xid = world->sent.xid;

		offer(world);
		nak(world);
		if (pauses_s[i] != 0) {
			expect_silence(world);
			expect_state(world, STATE_INIT);
			expect_wait(world, pauses_s[i] * SECOND);
			advance(world);
		}
		expect_sent(world, SENT_DISCOVER);
		assert_int_not_equal(world->sent.xid, xid);
	}
}

static void a_lease_makes_the_next_nak_the_first(void **state)
{
	struct world *world = *state;

	world->config.arp_wait_ms = 0;
	to_requesting(world);
	nak(world);
	offer(world);
	nak(world);
	advance(world);
	offer(world);
	ack(world);
	scripts_end(world);
	advance_to_state(world, STATE_RENEWING);
	nak(world);
	expect_sent(world, SENT_DISCOVER);
	offer(world);
	nak(world);
	expect_wait(world, SECOND);
}

/* The script. */

static void tell_and_refuse(struct world *world, enum reason reason)
{
	if (reason == REASON_BOUND) {
		to_told(world);
	} else if (reason == REASON_RENEW) {
		to_renewing(world);
		ack(world);
	} else {
		to_rebinding(world);
		ack(world);
	}
	expect_script(world, reason);
	script_ends(world, SCRIPT_REFUSED);
}

static void a_script_that_refuses_makes_us_decline(void **state)
{
	static const enum reason reasons[] = {REASON_BOUND, REASON_RENEW,
					      REASON_REBIND};
	struct world *world = *state;

	for (size_t i = 0; i < COUNT(reasons); i++) {
		world_reset(world);
		world->chance.wait = LEAST;
		tell_and_refuse(world, reasons[i]);
		expect_report(world, REPORT_SCRIPT_REFUSED);
		expect_declined(world, 0);
		assert_int_equal(world->frames, 0);
		expect_script(world, REASON_EXPIRE);
		script_ends(world, SCRIPT_OK);
		expect_script(world, REASON_PREINIT);
		script_ends(world, SCRIPT_OK);
		expect_pause(world, 10 * SECOND);
	}
}

static void a_script_that_was_killed_leaves_the_lease(void **state)
{
	struct world *world = *state;

	to_told(world);
	script_ends(world, SCRIPT_FAILED);
	expect_state(world, STATE_BOUND);
	expect_announcement(world);
	expect_no_script(world);
	advance_to_state(world, STATE_RENEWING);
	ack(world);
	script_ends(world, SCRIPT_FAILED);
	expect_state(world, STATE_BOUND);
	expect_no_script(world);
	advance_to_state(world, STATE_REBINDING);
	ack(world);
	script_ends(world, SCRIPT_FAILED);
	expect_state(world, STATE_BOUND);
}

static void how_other_scripts_end_does_not_matter(void **state)
{
	struct world *world = *state;

	to_rebinding(world);
	advance_to_state(world, STATE_SELECTING);
	expect_script(world, REASON_EXPIRE);
	script_ends(world, SCRIPT_REFUSED);
	expect_script(world, REASON_PREINIT);
	script_ends(world, SCRIPT_REFUSED);
	expect_state(world, STATE_SELECTING);
	while (!world->script_runs)
		advance(world);
	expect_script(world, REASON_FAIL);
	script_ends(world, SCRIPT_REFUSED);
	expect_state(world, STATE_SELECTING);
	expect_silence(world);
}

static void a_manager_that_refuses_late_has_nothing_to_take_down(void **state)
{
	struct world *world = *state;

	world->config.manager_decides = true;
	to_told(world);
	conflict(world); /* both have seen it */
	expect_declined(world, 0);
	script_ends(world, SCRIPT_REFUSED);
	expect_no_script(world);
}

static void a_manager_that_refuses_has_nothing_to_take_down(void **state)
{
	struct world *world = *state;

	world->config.manager_decides = true;
	tell_and_refuse(world, REASON_BOUND);
	expect_declined(world, 0);
	expect_no_script(world);
}

static void once_gives_up_when_the_script_refuses(void **state)
{
	struct world *world = *state;

	world->config.once = true;
	tell_and_refuse(world, REASON_BOUND);
	expect_sent(world, SENT_DECLINE);
	expect_state(world, STATE_STOPPED);
	expect_script(world, REASON_EXPIRE);
	script_ends(world, SCRIPT_OK);
	expect_script(world, REASON_FAIL);
	script_ends(world, SCRIPT_OK);
	expect_exit(world, EXIT_NO_LEASE);
}

static void once_settled_a_refusal_is_not_the_end(void **state)
{
	struct world *world = *state;

	world->config.once = true;
	tell_and_refuse(world, REASON_RENEW);
	expect_declined(world, 0);
	scripts_end(world);
	assert_false(world->exited);
}

static void a_slow_script_delays_no_packet(void **state)
{
	struct world *world = *state;

	to_told(world); /* and never ends */
	advance_to_state(world, STATE_RENEWING);
	expect_sent(world, SENT_REQUEST_RENEWING);
	ack(world);
	expect_state(world, STATE_BOUND);
	expect_no_script(world);
	script_ends(world, SCRIPT_OK); /* BOUND */
	expect_script(world, REASON_RENEW);
}

static void of_several_renewals_the_script_hears_the_last(void **state)
{
	struct world *world = *state;

	to_told(world);
	advance_to_state(world, STATE_RENEWING);
	ack(world);
	advance_to_state(world, STATE_REBINDING);
	ack(world);
	script_ends(world, SCRIPT_OK);
	expect_script(world, REASON_REBIND);
	script_ends(world, SCRIPT_OK);
	expect_no_script(world);
}

static void a_lease_lost_under_a_slow_bound_is_taken_down_after_it(void **state)
{
	struct world *world = *state;

	to_told(world);
	carrier_goes(world);
	expect_no_script(world); /* BOUND runs still */
	carrier_comes(world);
	expect_sent(world, SENT_DISCOVER);
	script_ends(world, SCRIPT_REFUSED); /* its word is stale */
	expect_state(world, STATE_SELECTING);
	expect_silence(world);
	expect_script(world, REASON_EXPIRE);
	script_ends(world, SCRIPT_OK);
	expect_script(world, REASON_PREINIT);
}

static void
a_lease_found_under_a_slow_expire_is_told_after_preinit(void **state)
{
	struct world *world = *state;

	to_bound(world);
	carrier_goes(world);
	expect_script(world, REASON_EXPIRE);
	carrier_comes(world);
	offer(world);
	ack(world);
	advance_to_state(world, STATE_BOUND);
	expect_no_script(world);
	script_ends(world, SCRIPT_OK);
	expect_script(world, REASON_PREINIT);
	script_ends(world, SCRIPT_OK);
	expect_script(world, REASON_BOUND);
	script_ends(world, SCRIPT_OK);
	expect_announcement(world);
}

static void of_a_lease_never_told_nothing_is_taken_down(void **state)
{
	struct world *world = *state;

	to_bound(world);
	carrier_goes(world);
	carrier_comes(world);
	offer(world);
	ack(world);
	advance_to_state(world, STATE_BOUND); /* EXPIRE runs still */
	carrier_goes(world);
	script_ends(world, SCRIPT_OK);
	expect_script(world, REASON_PREINIT);
	script_ends(world, SCRIPT_OK);
	expect_no_script(world);
}

static void a_renewal_of_a_lease_not_yet_told_is_no_news(void **state)
{
	struct world *world = *state;

	to_bound(world);
	carrier_goes(world);
	carrier_comes(world);
	offer(world);
	ack(world);
	advance_to_state(world, STATE_RENEWING); /* EXPIRE runs still */
	ack(world);
	script_ends(world, SCRIPT_OK);
	script_ends(world, SCRIPT_OK);
	expect_script(world, REASON_BOUND);
	script_ends(world, SCRIPT_OK);
	expect_no_script(world);
}

/* Carrier. */

static void without_carrier_the_lease_is_gone_at_once(void **state)
{
	struct world *world = *state;
	bool *const flags[] = {&world->link.up, &world->link.running,
			       &world->link.oper_up};

	for (size_t i = 0; i < COUNT(flags); i++) {
		uint32_t xid;

		world_reset(world);
		to_renewing(world);
		xid = world->sent.xid;
		*flags[i] = false;
		link_changes(world);
		expect_report(world, REPORT_LINK_LOST);
		expect_state(world, STATE_INIT);
		expect_silence(world);
		expect_script(world, REASON_EXPIRE);
		scripts_end(world);
		*flags[i] = true;
		link_changes(world);
		expect_report(world, REPORT_LINK_BACK);
		expect_sent(world, SENT_DISCOVER);
		assert_int_equal(world->sent.secs, 0);
		assert_int_not_equal(world->sent.xid, xid);
	}
}

static void without_carrier_nothing_is_sent_and_with_it_a_discover(void **state)
{
	struct world *world = *state;

	FOR_EACH_STATE(world, i)
	{
		if (all_states[i] == STATE_INIT ||
		    all_states[i] == STATE_STOPPED)
			continue;
		carrier_goes(world);
		expect_state(world, STATE_INIT);
		expect_silence(world);
		scripts_end(world);
		advance(world); /* FAIL */
		expect_silence(world);
		assert_true(client_deadline(&world->client) == TIME_NEVER);
		carrier_comes(world);
		expect_state(world, STATE_SELECTING);
		expect_sent(world, SENT_DISCOVER);
	}
}

static void a_link_that_is_as_it_was_changes_nothing(void **state)
{
	struct world *world = *state;

	FOR_EACH_STATE(world, i)
	{
		const uint64_t deadline = client_deadline(&world->client);

		world->link.mtu = 1400;
		link_changes(world);
		assert_int_equal(world->out.count, 0);
		expect_state(world, all_states[i]);
		assert_true(client_deadline(&world->client) == deadline);
	}
}

static void preinit_waits_while_the_link_is_down(void **state)
{
	struct world *world = *state;

	to_bound(world);
	world->link.up = false;
	link_changes(world);
	expect_script(world, REASON_EXPIRE);
	script_ends(world, SCRIPT_OK);
	expect_no_script(world);
	world->link.up = true;
	world->link.running = false; /* not yet */
	link_changes(world);
	expect_script(world, REASON_PREINIT);
	expect_silence(world);
	scripts_end(world);
	carrier_comes(world);
	expect_sent(world, SENT_DISCOVER);
	expect_no_script(world);
}

static void with_grace_the_same_address_is_not_interrupted(void **state)
{
	struct world *world = *state;

	world->config.carrier_grace_ms = 5000;
	to_bound(world);
	carrier_goes(world);
	expect_no_script(world);
	expect_wait(world, 5 * SECOND);
	wait_ms(world, 2 * SECOND);
	carrier_comes(world);
	expect_sent(world, SENT_DISCOVER); /* the full handshake */
	assert_int_equal(world->sent.requested.s_addr, INADDR_ANY);
	offer(world);
	ack(world);
	advance_to_state(world, STATE_BOUND);
	expect_script(world, REASON_BOUND);
	script_ends(world, SCRIPT_OK);
	expect_no_script(world);
	advance(world); /* the second announcement */
	advance(world);
	expect_state(world, STATE_RENEWING);
	expect_no_script(world);
}

static void with_grace_another_address_replaces_the_old(void **state)
{
	struct world *world = *state;

	world->config.carrier_grace_ms = 5000;
	to_bound(world);
	carrier_goes(world);
	carrier_comes(world);
	world->reply.yiaddr = ip("192.0.2.11");
	offer(world);
	ack(world);
	advance_to_state(world, STATE_BOUND);
	expect_script(world, REASON_EXPIRE);
	script_ends(world, SCRIPT_OK);
	expect_script(world, REASON_PREINIT);
	script_ends(world, SCRIPT_OK);
	expect_script(world, REASON_BOUND);
}

/* The script is still to be told that the first of two leases is over. */
static void no_grace_for_an_address_that_is_being_replaced(void **state)
{
	struct world *world = *state;

	world->config.arp_wait_ms = 0;
	world->config.carrier_grace_ms = 3600000;
	to_told(world);
	carrier_goes(world);
	carrier_comes(world);
	world->reply.yiaddr = ip("192.0.2.11");
	offer(world);
	ack(world);
	expect_state(world, STATE_BOUND);
	expect_no_script(world);
	carrier_goes(world);
	expect_wait(world, 60 * SECOND); /* FAIL: no address is kept */
	script_ends(world, SCRIPT_OK);
	expect_script(world, REASON_EXPIRE);
}

static void when_grace_is_over_the_address_is_taken_down(void **state)
{
	struct world *world = *state;
	uint64_t lost_ms;

	world->config.carrier_grace_ms = 5000;
	to_bound(world);
	lost_ms = world->now_ms;
	carrier_goes(world);
	wait_ms(world, 3 * SECOND); /* flapping does not prolong it */
	carrier_comes(world);
	carrier_goes(world);
	advance(world);
	assert_int_equal(world->now_ms - lost_ms, 5 * SECOND);
	expect_script(world, REASON_EXPIRE);
	expect_silence(world);
	script_ends(world, SCRIPT_OK);
	expect_script(world, REASON_PREINIT);
	script_ends(world, SCRIPT_OK);
	advance(world);
	assert_int_equal(world->now_ms - lost_ms, 60 * SECOND);
	expect_script(world, REASON_FAIL);
}

static void grace_does_not_outlast_the_lease(void **state)
{
	struct world *world = *state;

	world->config.arp_wait_ms = 0;
	world->config.carrier_grace_ms = 3600000;
	reply_put_u32(&world->reply, OPTION_LEASE_TIME, 120);
	to_bound(world);
	carrier_goes(world);
	expect_wait(world, 120 * SECOND); /* nor has anything failed before */
	advance(world);
	expect_script(world, REASON_EXPIRE);
}

static void grace_keeps_nothing_that_was_not_told(void **state)
{
	struct world *world = *state;

	to_bound(world);
	carrier_goes(world); /* EXPIRE runs on */
	world->client.config.carrier_grace_ms = 5000;
	carrier_comes(world);
	offer(world);
	ack(world);
	advance_to_state(world, STATE_BOUND);
	carrier_goes(world);
	script_ends(world, SCRIPT_OK);
	expect_script(world, REASON_PREINIT);
	script_ends(world, SCRIPT_OK);
	advance(world);
	expect_script(world, REASON_FAIL);
}

static void with_grace_a_new_lease_can_be_lost_before_it_is_told(void **state)
{
	struct world *world = *state;

	world->config.carrier_grace_ms = 5000;
	to_told(world); /* and BOUND runs on */
	carrier_goes(world);
	carrier_comes(world);
	world->reply.yiaddr = ip("192.0.2.11");
	offer(world);
	ack(world);
	advance_to_state(world, STATE_BOUND); /* owes EXPIRE of the first */
	carrier_goes(world);
	script_ends(world, SCRIPT_OK);
	expect_script(world, REASON_EXPIRE);
	script_ends(world, SCRIPT_OK);
	expect_script(world, REASON_PREINIT);
	script_ends(world, SCRIPT_OK);
	expect_no_script(world);
}

static void a_stale_refusal_is_not_of_the_new_lease(void **state)
{
	struct world *world = *state;

	world->config.carrier_grace_ms = 5000;
	to_told(world); /* and BOUND runs on */
	carrier_goes(world);
	carrier_comes(world);
	world->reply.yiaddr = ip("192.0.2.11");
	offer(world);
	ack(world);
	advance_to_state(world, STATE_BOUND);
	script_ends(world, SCRIPT_REFUSED);
	expect_state(world, STATE_BOUND);
	expect_silence(world);
	expect_script(world, REASON_EXPIRE);
	script_ends(world, SCRIPT_OK);
	expect_script(world, REASON_PREINIT);
	script_ends(world, SCRIPT_OK);
	expect_script(world, REASON_BOUND);
}

static void a_refusal_of_what_is_being_taken_down_is_stale(void **state)
{
	struct world *world = *state;

	world->config.carrier_grace_ms = 5000;
	to_told(world); /* and BOUND runs on */
	carrier_goes(world);
	advance(world); /* the grace is over: owes EXPIRE */
	carrier_comes(world);
	offer(world);
	ack(world);
	advance_to_state(world, STATE_BOUND); /* the same address */
	script_ends(world, SCRIPT_REFUSED);
	expect_state(world, STATE_BOUND);
	expect_silence(world);
	expect_script(world, REASON_EXPIRE);
	script_ends(world, SCRIPT_OK);
	expect_script(world, REASON_PREINIT);
	script_ends(world, SCRIPT_OK);
	expect_script(world, REASON_BOUND);
}

static void a_manager_keeps_the_address_until_its_own_end(void **state)
{
	struct world *world = *state;

	world->config.manager_decides = true;
	to_bound(world);
	carrier_goes(world);
	expect_no_script(world);
	carrier_comes(world);
	expect_sent(world, SENT_DISCOVER);
	while (!world->script_runs)
		advance(world);
	assert_int_equal(world->now_ms - 5 * HOUR, LEASE_S * SECOND);
	expect_script(world, REASON_EXPIRE);
	script_ends(world, SCRIPT_OK);
	expect_script(world, REASON_PREINIT);
	script_ends(world, SCRIPT_OK);
	expect_script(world, REASON_FAIL); /* not before */
}

static void a_manager_replaces_one_address_by_another(void **state)
{
	struct world *world = *state;

	world->config.manager_decides = true;
	to_bound(world);
	carrier_goes(world);
	carrier_comes(world);
	world->reply.yiaddr = ip("192.0.2.11");
	offer(world);
	ack(world);
	advance_to_state(world, STATE_BOUND);
	expect_script(world, REASON_BOUND);
	script_ends(world, SCRIPT_OK);
	expect_no_script(world);
}

static void the_word_on_one_address_is_not_taken_for_another(void **state)
{
	struct world *world = *state;

	world->config.manager_decides = true;
	to_told(world); /* and runs on */
	carrier_goes(world);
	carrier_comes(world);
	world->reply.yiaddr = ip("192.0.2.11");
	offer(world);
	ack(world);
	advance_to_state(world, STATE_BOUND);
	script_ends(world, SCRIPT_REFUSED);
	expect_state(world, STATE_BOUND);
	expect_silence(world);
	expect_script(world, REASON_BOUND);
}

static void a_manager_keeps_an_infinite_lease(void **state)
{
	struct world *world = *state;

	world->config.manager_decides = true;
	reply_put_u32(&world->reply, OPTION_LEASE_TIME, LEASE_INFINITE);
	to_bound(world);
	carrier_goes(world);
	assert_true(client_deadline(&world->client) == TIME_NEVER);
}

static void a_manager_hears_of_a_nak_at_once(void **state)
{
	struct world *world = *state;

	world->config.manager_decides = true;
	to_renewing(world);
	nak(world);
	expect_script(world, REASON_EXPIRE);
}

static void another_mac_ends_the_worker(void **state)
{
	struct world *world = *state;

	FOR_EACH_STATE(world, i)
	{
		if (all_states[i] == STATE_STOPPED)
			continue;
		world->link.mac = (struct mac)OTHER_MAC;
		link_changes(world);
		expect_report(world, REPORT_MAC_CHANGED);
		expect_exit(world, EXIT_MAC_CHANGED);
		expect_silence(world);
		expect_no_script(world);
		expect_state(world, STATE_STOPPED);
		advance_for(world, 24 * HOUR);
	}
}

static void a_deleted_link_ends_the_worker(void **state)
{
	struct world *world = *state;

	FOR_EACH_STATE(world, i)
	{
		if (all_states[i] == STATE_STOPPED)
			continue;
		world->link.present = false;
		link_changes(world);
		expect_exit(world, EXIT_LINK_GONE);
		expect_silence(world);
		expect_no_script(world);
	}
}

static void what_becomes_of_the_link_does_not_matter_once_stopped(void **state)
{
	struct world *world = *state;

	to_stopped(world);
	carrier_goes(world);
	assert_int_equal(world->out.count, 0);
	world->link.present = false;
	link_changes(world);
	assert_int_equal(world->out.count, 0);
	script_ends(world, SCRIPT_OK);
	expect_exit(world, EXIT_NO_LEASE);
}

/* Sleep. */

static void sleep_is_carrier_lost_and_back(void **state)
{
	struct world *world = *state;

	FOR_EACH_STATE(world, i)
	{
		const uint32_t xid = world->sent.xid;
		const bool was_bound = is_bound_state(all_states[i]);

		if (all_states[i] == STATE_INIT ||
		    all_states[i] == STATE_STOPPED)
			continue;
		sleep_ms(world, 1001);
		timer(world);
		expect_report(world, REPORT_RESUMED);
		expect_state(world, STATE_SELECTING);
		expect_sent(world, SENT_DISCOVER);
		assert_int_equal(world->frames, 0);
		assert_int_not_equal(world->sent.xid, xid);
		assert_int_equal(world->sent.secs, 0);
		if (was_bound)
			expect_script(world, REASON_EXPIRE);
		else
			expect_no_script(world);
		timer(world); /* once */
		expect_silence(world);
	}
}

static void replies_are_awaited_where_a_message_may_be_for_us(void **state)
{
	static const bool awaited[STATE_COUNT] = {
		[STATE_SELECTING] = true,
		[STATE_REQUESTING] = true,
		[STATE_RENEWING] = true,
		[STATE_REBINDING] = true,
	};
	struct client client = {.state = STATE_INIT};

	(void)state;
	for (; client.state < STATE_COUNT; client.state++)
		assert_int_equal(client_awaits_reply(&client),
				 awaited[client.state]);
}

static void a_second_between_the_clocks_is_no_sleep(void **state)
{
	struct world *world = *state;

	to_bound(world);
	world->asleep_ms += 1000;
	link_changes(world);
	assert_int_equal(world->out.count, 0);
	world->asleep_ms -= 5; /* the two are not read at once */
	link_changes(world);
	assert_int_equal(world->out.count, 0);
	expect_state(world, STATE_BOUND);
}

static void what_was_due_in_sleep_is_not_sent(void **state)
{
	struct world *world = *state;

	to_bound(world);
	sleep_ms(world, 3000 * SECOND); /* T1 is over */
	timer(world);
	expect_sent(world, SENT_DISCOVER);
	expect_script(world, REASON_EXPIRE);
	world_reset(world);
	to_renewing(world);
	sleep_ms(world, 24 * HOUR);
	ack(world); /* of before */
	expect_sent(world, SENT_DISCOVER);
	expect_state(world, STATE_SELECTING);
	expect_script(world, REASON_EXPIRE);
}

static void without_a_link_sleep_sends_nothing(void **state)
{
	struct world *world = *state;

	to_init(world);
	sleep_ms(world, HOUR);
	timer(world);
	expect_silence(world);
	expect_state(world, STATE_INIT);
	world_reset(world);
	to_stopped(world);
	sleep_ms(world, HOUR);
	timer(world);
	assert_int_equal(world->out.count, 0);
}

static void sleep_before_preinit_is_over_sends_nothing(void **state)
{
	struct world *world = *state;

	start(world);
	link_changes(world);
	sleep_ms(world, 10 * SECOND);
	link_changes(world);
	expect_silence(world);
	script_ends(world, SCRIPT_OK);
	expect_sent(world, SENT_DISCOVER);
}

static void grace_covers_a_short_sleep(void **state)
{
	struct world *world = *state;

	world->config.carrier_grace_ms = 60000;
	to_bound(world);
	sleep_ms(world, 10 * SECOND);
	timer(world);
	expect_sent(world, SENT_DISCOVER);
	expect_no_script(world);
	offer(world);
	ack(world);
	advance_to_state(world, STATE_BOUND);
	expect_script(world, REASON_BOUND);
}

static void a_manager_hears_of_a_lease_that_ended_in_sleep(void **state)
{
	struct world *world = *state;

	world->config.manager_decides = true;
	to_bound(world);
	sleep_ms(world, 24 * HOUR);
	timer(world);
	expect_sent(world, SENT_DISCOVER);
	expect_script(world, REASON_EXPIRE);
}

static void a_renewal_asked_for_on_resume_sends_one_discover(void **state)
{
	struct world *world = *state;

	to_bound(world);
	sleep_ms(world, HOUR);
	user_renews(world); /* step() holds that it is one */
	expect_sent(world, SENT_DISCOVER);
	expect_state(world, STATE_SELECTING);
}

/* SIGHUP. */

static void the_user_can_renew_a_lease_at_any_time(void **state)
{
	struct world *world = *state;
	uint32_t xid;

	to_bound(world);
	xid = world->sent.xid;
	user_renews(world);
	expect_state(world, STATE_RENEWING);
	expect_sent(world, SENT_REQUEST_RENEWING);
	assert_int_equal(world->sent.secs, 0);
	assert_int_not_equal(world->sent.xid, xid);
	ack(world);
	expect_script(world, REASON_RENEW);
}

static void the_user_can_renew_while_renewing(void **state)
{
	struct world *world = *state;

	to_renewing(world);
	wait_ms(world, 10 * SECOND);
	user_renews(world);
	expect_state(world, STATE_RENEWING);
	expect_sent(world, SENT_REQUEST_RENEWING);
	ack(world);
	expect_state(world, STATE_BOUND);
}

static void the_user_can_renew_while_rebinding(void **state)
{
	struct world *world = *state;

	to_rebinding(world);
	wait_ms(world, 10 * SECOND);
	user_renews(world);
	expect_state(world, STATE_REBINDING);
	expect_sent(world, SENT_REQUEST_REBINDING);
	ack(world);
	expect_script(world, REASON_REBIND);
}

static void without_a_udp_socket_the_user_renews_by_broadcast(void **state)
{
	struct world *world = *state;

	world->config.udp_missing = true;
	to_bound(world);
	user_renews(world);
	expect_sent(world, SENT_REQUEST_REBINDING);
}

static void without_a_lease_the_user_asks_for_a_fresh_discover(void **state)
{
	static const enum client_state unbound[] = {
		STATE_SELECTING, STATE_REQUESTING, STATE_PROBING};
	struct world *world = *state;

	for (size_t i = 0; i < COUNT(unbound); i++) {
		uint32_t xid;

		world_reset(world);
		to_state(world, unbound[i]);
		xid = world->sent.xid;
		wait_ms(world, 1);
		user_renews(world);
		expect_state(world, STATE_SELECTING);
		expect_sent(world, SENT_DISCOVER);
		assert_int_not_equal(world->sent.xid, xid);
		assert_int_equal(world->sent.secs, 0);
		expect_no_script(world);
	}
}

static void the_user_ends_the_pause_after_naks(void **state)
{
	struct world *world = *state;

	to_requesting(world);
	nak(world);
	offer(world);
	nak(world);
	expect_state(world, STATE_INIT);
	user_renews(world);
	expect_sent(world, SENT_DISCOVER);
}

/* RFC 2131 §3.1 (5) owes the server that pause. */
static void the_user_does_not_end_the_pause_after_a_decline(void **state)
{
	struct world *world = *state;
	uint64_t deadline;

	to_declined(world);
	deadline = client_deadline(&world->client);
	user_renews(world);
	assert_int_equal(world->out.count, 0);
	assert_true(client_deadline(&world->client) == deadline);
}

static void without_a_link_the_user_asks_in_vain(void **state)
{
	struct world *world = *state;

	to_init(world);
	user_renews(world);
	expect_silence(world);
	expect_state(world, STATE_INIT);
	world_reset(world);
	to_stopped(world);
	user_renews(world);
	expect_silence(world);
	expect_state(world, STATE_STOPPED);
}

/* SIGTERM. */

static void stop_sends_nothing_and_exits_at_once(void **state)
{
	struct world *world = *state;

	FOR_EACH_STATE(world, i)
	{
		user_stops(world);
		expect_silence(world);
		expect_no_script(world); /* the monitor runs STOP */
		expect_exit(world, EXIT_STOPPED);
		expect_state(world, STATE_STOPPED);
	}
}

static void stop_does_not_wait_for_a_script(void **state)
{
	struct world *world = *state;

	to_told(world);
	user_stops(world);
	expect_exit(world, EXIT_STOPPED);
	world->script_runs = true;
	script_ends(world, SCRIPT_REFUSED); /* step(): nothing follows */
}

/* Time. */

static void a_timer_that_is_early_does_nothing(void **state)
{
	struct world *world = *state;

	FOR_EACH_STATE(world, i)
	{
		const uint64_t deadline = client_deadline(&world->client);

		if (deadline != TIME_NEVER)
			world->now_ms = deadline - 1;
		timer(world);
		assert_int_equal(world->out.count, 0);
		expect_state(world, all_states[i]);
		assert_true(client_deadline(&world->client) == deadline);
	}
}

/* A client that leaves says nothing, whatever else has come due. */
static void stop_after_sleep_sends_nothing(void **state)
{
	struct world *world = *state;

	to_bound(world);
	sleep_ms(world, HOUR / 2);
	user_stops(world);
	expect_silence(world);
	expect_exit(world, EXIT_STOPPED);
}

static void stop_after_the_end_of_the_lease_sends_nothing(void **state)
{
	struct world *world = *state;

	to_rebinding(world);
	wait_ms(world, HOUR);
	user_stops(world);
	expect_silence(world);
	expect_exit(world, EXIT_STOPPED);
}

/*
 * RFC 7844 §3.4: nothing goes out under an address that is no longer ours.
 * NetworkManager randomises on resume, so the first event may be the link's.
 */
static void a_mac_changed_in_sleep_sends_nothing_under_the_old(void **state)
{
	struct world *world = *state;

	to_bound(world);
	sleep_ms(world, 10 * SECOND);
	world->link.mac = (struct mac)OTHER_MAC;
	link_changes(world);
	expect_silence(world);
	expect_exit(world, EXIT_MAC_CHANGED);
}

static void a_mac_changed_at_the_leases_end_sends_nothing(void **state)
{
	struct world *world = *state;

	to_rebinding(world);
	wait_ms(world, HOUR);
	world->link.mac = (struct mac)OTHER_MAC;
	link_changes(world);
	expect_silence(world);
	expect_exit(world, EXIT_MAC_CHANGED);
}

static void a_link_lost_in_sleep_sends_nothing(void **state)
{
	struct world *world = *state;

	to_bound(world);
	sleep_ms(world, 10 * SECOND);
	carrier_goes(world);
	expect_silence(world);
}

static void a_link_deleted_in_sleep_sends_nothing(void **state)
{
	struct world *world = *state;

	to_bound(world);
	sleep_ms(world, 10 * SECOND);
	world->link.present = false;
	link_changes(world);
	expect_silence(world);
	expect_exit(world, EXIT_LINK_GONE);
}

/* Each missing or useless one is replaced by its own default. */
static void expect_times(struct world *world, uint32_t t1_s, uint32_t t2_s,
			 uint64_t want_t1_s, uint64_t want_t2_s)
{
	struct lease lease = {.lifetime_s = LEASE_S};

	reply_put_u32(&world->reply, OPTION_RENEWAL_TIME, t1_s);
	reply_put_u32(&world->reply, OPTION_REBINDING_TIME, t2_s);
	lease_set_times(&lease, &world->reply, 0, MIDDLE, MIDDLE);
	assert_int_equal(lease.t1_ms, want_t1_s * SECOND);
	assert_int_equal(lease.t2_ms, want_t2_s * SECOND);
}

static void a_t1_of_zero_alone_is_replaced(void **state)
{
	expect_times(*state, 0, 3000, 1800, 3000);
}

static void a_t2_beyond_the_lease_alone_is_replaced(void **state)
{
	expect_times(*state, 600, 3600, 600, 3150);
}

/* The manager's address stays until its own lease ends. */
static void a_lease_that_ends_while_probed_leaves_the_managers(void **state)
{
	struct world *world = *state;

	world->config.manager_decides = true;
	to_bound(world);
	carrier_goes(world);
	carrier_comes(world);
	world->client.config.arp_wait_ms = 9000;
	world->reply.yiaddr = ip("192.0.2.11");
	reply_put_u32(&world->reply, OPTION_LEASE_TIME, 2);
	offer(world);
	ack(world);
	expect_state(world, STATE_PROBING);
	advance_to_state(world, STATE_SELECTING);
	expect_no_script(world);
}

/* The next network is not to learn of the last one's NAKs. */
static void carrier_loss_forgets_naks(void **state)
{
	struct world *world = *state;

	to_requesting(world);
	nak(world);
	offer(world);
	nak(world);
	carrier_goes(world);
	carrier_comes(world);
	offer(world);
	nak(world);
	expect_sent(world, SENT_DISCOVER);
}

/* Of a process that was stopped meanwhile. */
static void a_stalled_request_is_given_up_at_60_s(void **state)
{
	struct world *world = *state;

	world->config.timeout_ms = 3600000;
	to_requesting(world);
	advance(world);
	advance(world);
	wait_ms(world, 70 * SECOND);
	timer(world);
	expect_sent(world, SENT_DISCOVER);
}

/* Whatever grace it has left, somebody else uses it. */
static void a_kept_address_in_conflict_is_taken_down(void **state)
{
	struct world *world = *state;

	world->config.carrier_grace_ms = 60000;
	to_bound(world);
	carrier_goes(world);
	carrier_comes(world);
	offer(world);
	ack(world);
	conflict(world);
	expect_sent(world, SENT_DECLINE);
	expect_script(world, REASON_EXPIRE);
}

#define TEST(name) cmocka_unit_test_setup(name, set_up)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_state_has_its_name),
		TEST(nothing_is_sent_before_preinit_is_over),
		TEST(nothing_is_sent_before_the_link_is_known),
		TEST(a_link_that_no_frame_can_pass_is_waited_for),
		TEST(how_the_first_preinit_ends_does_not_matter),
		TEST(a_preinit_that_is_owed_is_asked_for_when_the_link_is_up),
		TEST(delay_selecting_waits_one_to_ten_seconds),
		TEST(delay_selecting_waits_when_the_carrier_returns),
		TEST(discover_is_sent_again_after_4_8_16_32_and_every_64_s),
		TEST(discover_comes_a_second_early_at_most),
		TEST(discover_comes_a_second_late_at_most),
		TEST(discover_goes_on_for_ever),
		TEST(secs_stop_at_what_the_field_holds),
		TEST(disclosures_are_off_unless_asked_for),
		TEST(disclosures_go_where_the_profile_lets_them),
		TEST(the_first_acceptable_offer_is_taken_at_once),
		TEST(a_later_offer_is_not_taken),
		TEST(request_is_sent_at_0_4_12_28_and_given_up_at_60_s),
		TEST(request_comes_a_second_early_at_most),
		TEST(request_comes_a_second_late_at_most),
		TEST(requests_end_at_60_s_however_late_a_timer_was),
		TEST(after_unanswered_requests_discover_starts_its_times_anew),
		TEST(a_retransmission_has_an_order_of_its_own),
		TEST(a_rejected_server_is_not_heard),
		TEST(an_offer_that_is_not_acceptable_is_passed_over),
		TEST(an_offer_needs_neither_mask_nor_router_nor_dns),
		TEST(a_reply_to_another_xid_or_mac_is_foreign),
		TEST(a_message_that_a_state_does_not_use_is_dropped),
		TEST(an_ack_from_another_server_is_not_ours),
		TEST(an_ack_for_another_address_is_not_ours),
		TEST(an_ack_without_lease_time_or_server_is_refused),
		TEST(a_renewal_may_be_answered_by_any_server),
		TEST(an_ack_whose_lease_is_over_is_of_no_use),
		TEST(what_the_ack_lacks_is_said_once),
		TEST(classless_routes_are_a_router_too),
		TEST(without_a_lease_fail_is_told_once),
		TEST(fail_is_told_without_a_link_too),
		TEST(each_stretch_without_a_lease_has_its_fail),
		TEST(a_lease_makes_a_pending_fail_untrue),
		TEST(a_lease_lost_while_it_is_probed_does_not_postpone_fail),
		TEST(once_gives_up_at_the_first_fail),
		TEST(once_counts_the_time_that_preinit_takes),
		TEST(once_given_up_no_preinit_is_owed),
		TEST(once_is_fulfilled_by_a_lease),
		TEST(nine_seconds_are_the_rfcs_own_shortest_probing),
		TEST(nine_seconds_are_the_rfcs_own_longest_probing),
		TEST(probing_takes_no_longer_than_was_asked_for),
		TEST(without_arp_wait_there_is_neither_probe_nor_announcement),
		TEST(conflict_while_probing_declines_and_pauses),
		TEST(conflict_counts_from_the_first_wait_to_the_end_of_the_last),
		TEST(the_conflict_names_whose_address_it_is),
		TEST(a_probe_of_another_for_our_address_is_a_conflict),
		TEST(arp_that_is_no_conflict_does_nothing),
		TEST(arp_means_nothing_without_a_lease),
		TEST(once_gives_up_on_a_conflict),
		TEST(a_lease_can_run_out_while_it_is_probed),
		TEST(two_announcements_follow_the_bound_script),
		TEST(a_lost_lease_is_not_announced_again),
		TEST(the_first_conflict_while_bound_is_answered),
		TEST(a_second_conflict_within_ten_seconds_ends_the_lease),
		TEST(a_conflict_after_ten_seconds_is_a_first_one),
		TEST(the_next_lease_defends_itself_anew),
		TEST(an_address_that_is_not_yet_in_use_is_not_defended),
		TEST(a_probe_for_an_address_in_use_is_no_conflict),
		TEST(bound_says_when_it_renews),
		TEST(at_t1_the_server_is_asked_by_unicast),
		TEST(the_lease_runs_from_the_last_request),
		TEST(renewals_follow_at_half_of_the_time_to_t2),
		TEST(rebinding_follows_at_half_of_the_rest_of_the_lease),
		TEST(a_lease_that_runs_out_is_taken_down),
		TEST(an_event_after_its_end_finds_no_lease),
		TEST(an_ack_renews_the_lease),
		TEST(a_late_answer_to_a_renewal_rebinds),
		TEST(each_renewal_has_an_xid_of_its_own),
		TEST(an_answer_to_an_older_renewal_is_foreign),
		TEST(a_short_lease_is_renewed_and_rebound_in_its_time),
		TEST(t1_that_has_passed_renews_at_once),
		TEST(t2_that_has_passed_rebinds_at_once),
		TEST(an_infinite_lease_has_no_timers),
		TEST(an_infinite_lease_is_renewed_when_the_user_asks),
		TEST(without_a_udp_socket_renewal_waits_for_t2),
		TEST(nak_while_requesting_starts_anew_at_once),
		TEST(nak_from_another_server_is_ignored_while_requesting),
		TEST(nak_without_a_server_is_ignored),
		TEST(nak_while_renewing_expires_the_lease_and_starts_anew),
		TEST(nak_while_rebinding_expires_the_lease_and_starts_anew),
		TEST(naks_without_a_lease_between_wait_longer_each_time),
		TEST(a_lease_makes_the_next_nak_the_first),
		TEST(a_script_that_refuses_makes_us_decline),
		TEST(a_script_that_was_killed_leaves_the_lease),
		TEST(how_other_scripts_end_does_not_matter),
		TEST(a_manager_that_refuses_has_nothing_to_take_down),
		TEST(a_manager_that_refuses_late_has_nothing_to_take_down),
		TEST(once_gives_up_when_the_script_refuses),
		TEST(once_settled_a_refusal_is_not_the_end),
		TEST(a_slow_script_delays_no_packet),
		TEST(of_several_renewals_the_script_hears_the_last),
		TEST(a_lease_lost_under_a_slow_bound_is_taken_down_after_it),
		TEST(a_lease_found_under_a_slow_expire_is_told_after_preinit),
		TEST(of_a_lease_never_told_nothing_is_taken_down),
		TEST(a_renewal_of_a_lease_not_yet_told_is_no_news),
		TEST(without_carrier_the_lease_is_gone_at_once),
		TEST(without_carrier_nothing_is_sent_and_with_it_a_discover),
		TEST(a_link_that_is_as_it_was_changes_nothing),
		TEST(preinit_waits_while_the_link_is_down),
		TEST(with_grace_the_same_address_is_not_interrupted),
		TEST(with_grace_another_address_replaces_the_old),
		TEST(no_grace_for_an_address_that_is_being_replaced),
		TEST(when_grace_is_over_the_address_is_taken_down),
		TEST(grace_does_not_outlast_the_lease),
		TEST(grace_keeps_nothing_that_was_not_told),
		TEST(with_grace_a_new_lease_can_be_lost_before_it_is_told),
		TEST(a_stale_refusal_is_not_of_the_new_lease),
		TEST(a_refusal_of_what_is_being_taken_down_is_stale),
		TEST(a_manager_keeps_the_address_until_its_own_end),
		TEST(a_manager_replaces_one_address_by_another),
		TEST(the_word_on_one_address_is_not_taken_for_another),
		TEST(a_manager_keeps_an_infinite_lease),
		TEST(a_manager_hears_of_a_nak_at_once),
		TEST(another_mac_ends_the_worker),
		TEST(a_deleted_link_ends_the_worker),
		TEST(what_becomes_of_the_link_does_not_matter_once_stopped),
		TEST(sleep_is_carrier_lost_and_back),
		TEST(replies_are_awaited_where_a_message_may_be_for_us),
		TEST(a_second_between_the_clocks_is_no_sleep),
		TEST(what_was_due_in_sleep_is_not_sent),
		TEST(without_a_link_sleep_sends_nothing),
		TEST(sleep_before_preinit_is_over_sends_nothing),
		TEST(grace_covers_a_short_sleep),
		TEST(a_manager_hears_of_a_lease_that_ended_in_sleep),
		TEST(a_renewal_asked_for_on_resume_sends_one_discover),
		TEST(the_user_can_renew_a_lease_at_any_time),
		TEST(the_user_can_renew_while_renewing),
		TEST(the_user_can_renew_while_rebinding),
		TEST(without_a_udp_socket_the_user_renews_by_broadcast),
		TEST(without_a_lease_the_user_asks_for_a_fresh_discover),
		TEST(the_user_ends_the_pause_after_naks),
		TEST(the_user_does_not_end_the_pause_after_a_decline),
		TEST(without_a_link_the_user_asks_in_vain),
		TEST(stop_sends_nothing_and_exits_at_once),
		TEST(stop_does_not_wait_for_a_script),
		TEST(a_timer_that_is_early_does_nothing),
		TEST(stop_after_sleep_sends_nothing),
		TEST(stop_after_the_end_of_the_lease_sends_nothing),
		TEST(a_mac_changed_in_sleep_sends_nothing_under_the_old),
		TEST(a_mac_changed_at_the_leases_end_sends_nothing),
		TEST(a_link_lost_in_sleep_sends_nothing),
		TEST(a_link_deleted_in_sleep_sends_nothing),
		TEST(a_t1_of_zero_alone_is_replaced),
		TEST(a_t2_beyond_the_lease_alone_is_replaced),
		TEST(a_lease_that_ends_while_probed_leaves_the_managers),
		TEST(carrier_loss_forgets_naks),
		TEST(a_stalled_request_is_given_up_at_60_s),
		TEST(a_kept_address_in_conflict_is_taken_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
