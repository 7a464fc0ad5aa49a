/*
 * What we tell a network about this machine (RFC 7844 §3, strict reading): one
 * row for each message that exists.  What is not in a row has no encoder.
 */
#include "profile.h"

#include "chance.h"

#include <assert.h>

#define OPTIONS_MAX 5 /* 53, 50, 54 and, on request, 61 and 55 */

/* What a message carries besides option 53 and, if disclosed, option 61. */
struct row {
	char name[16];
	enum message_type type;
	bool ciaddr;            /* RFC 2131 table 5 */
	bool requested_address; /* option 50 */
	bool server_identifier; /* option 54 */
	bool request_list;      /* option 55, if the user discloses it */
	bool broadcast_flag;    /* if the user asks for it */
};

static const struct row profile[SENT_COUNT] = {
	[SENT_DISCOVER] = {.name = "DHCPDISCOVER",
			   .type = DHCPDISCOVER,
			   .request_list = true,
			   .broadcast_flag = true},
	[SENT_REQUEST_SELECTING] = {.name = "DHCPREQUEST",
				    .type = DHCPREQUEST,
				    .requested_address = true,
				    .server_identifier = true,
				    .request_list = true,
				    .broadcast_flag = true},
	[SENT_REQUEST_RENEWING] = {.name = "DHCPREQUEST",
				   .type = DHCPREQUEST,
				   .ciaddr = true,
				   .request_list = true},
	[SENT_REQUEST_REBINDING] = {.name = "DHCPREQUEST",
				    .type = DHCPREQUEST,
				    .ciaddr = true,
				    .request_list = true},
	[SENT_DECLINE] = {.name = "DHCPDECLINE",
			  .type = DHCPDECLINE,
			  .requested_address = true,
			  .server_identifier = true},
};

static struct message_value octet_value(enum option_code code, uint8_t octet)
{
	return (struct message_value){
		.code = (uint8_t)code, .length = 1, .value = {octet}};
}

static struct message_value address_value(enum option_code code,
					  struct in_addr address)
{
	struct message_value value = {.code = (uint8_t)code,
				      .length = sizeof(address.s_addr)};

	memcpy(value.value, &address.s_addr, sizeof(address.s_addr));
	return value;
}

/* RFC 7844 §3.5: hardware type and the current address, nothing else. */
static struct message_value client_identifier(const struct mac *mac)
{
	struct message_value value = octet_value(OPTION_CLIENT_IDENTIFIER, 1);

	memcpy(&value.value[1], mac->octet, MAC_LENGTH);
	value.length = 1 + MAC_LENGTH;
	return value;
}

/*
 * Which of `count` places is drawn next.  `*bits` holds one uniform number;
 * the product's high half is the draw, its low half is uniform again and
 * serves the next, so one word orders the few options that there are
 * (RFC 7844 §3.1; the bias is below 5!/2^32).
 */
static uint32_t draw(uint32_t *bits, uint32_t count)
{
	const uint32_t drawn = chance_below(*bits, count);

	*bits *= count;
	return drawn;
}

/* RFC 7844 §3.6 allows a list in random order; ours is what all need. */
static struct message_value request_list(uint32_t bits)
{
	struct message_value value = {.code = OPTION_PARAMETER_REQUEST_LIST,
				      .length = 3,
				      .value = {OPTION_SUBNET_MASK,
						OPTION_ROUTERS,
						OPTION_DOMAIN_NAME_SERVERS}};
	uint32_t left;

	for (left = 3; left > 1; left--) {
		const uint32_t other = draw(&bits, left);
		const uint8_t octet = value.value[left - 1];

		value.value[left - 1] = value.value[other];
		value.value[other] = octet;
	}
	return value;
}

/* Fisher and Yates. */
static void shuffle(struct message_value *options, uint32_t count,
		    uint32_t bits)
{
	for (; count > 1; count--) {
		const uint32_t other = draw(&bits, count);
		const struct message_value option = options[count - 1];

		options[count - 1] = options[other];
		options[other] = option;
	}
}

void profile_write(enum sent sent, const struct transaction *transaction,
		   const struct disclosure *disclosure, uint32_t order,
		   uint32_t order_list, uint8_t out[MESSAGE_SENT_LENGTH])
{
	const struct row *row;
	struct message_header header = {.xid = transaction->xid,
					.secs = transaction->secs,
					.chaddr = transaction->mac};
	struct message_value options[OPTIONS_MAX];
	uint32_t count = 0;

	assert(sent < SENT_COUNT);
	row = &profile[sent];
	options[count++] = octet_value(OPTION_MESSAGE_TYPE, (uint8_t)row->type);
	if (row->broadcast_flag && disclosure->broadcast)
		header.flags = MESSAGE_BROADCAST;
	if (row->ciaddr)
		header.ciaddr = transaction->address;
	if (row->requested_address)
		options[count++] = address_value(OPTION_REQUESTED_ADDRESS,
						 transaction->address);
	if (row->server_identifier)
		options[count++] = address_value(OPTION_SERVER_IDENTIFIER,
						 transaction->server);
	if (disclosure->client_id)
		options[count++] = client_identifier(&transaction->mac);
	if (row->request_list && disclosure->request_options)
		options[count++] = request_list(order_list);
	shuffle(options, count, order);
	message_encode(&header, options, count, out);
}

const char *sent_name(enum sent sent)
{
	assert(sent < SENT_COUNT);
	return profile[sent].name;
}
