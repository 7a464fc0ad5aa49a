/*
 * The list of what the script is told: made from an ACK on one side of the
 * pipe, checked on the other.  Knows codes and texts; names are option.c's
 * and env.c's, whether a lease is acceptable is lease.c's.
 */
#include "variables.h"

bool variables_add(struct variables *variables, uint16_t code, const char *text)
{
	const size_t size = strlen(text) + 1;

	if (variables->count >= VARIABLES_MAX || size > OPTION_TEXT_MAX ||
	    variables->size > VARIABLES_TEXT_MAX - size)
		return false;
	memcpy(variables->text + variables->size, text, size);
	variables->item[variables->count++] =
		(struct variable){.code = code, .size = (uint16_t)size};
	variables->size += (uint32_t)size;
	return true;
}

const struct variable *variables_next(const struct variables *variables,
				      uint32_t *at, const char **text)
{
	if (*at == variables->count)
		return NULL;
	if (*at == 0)
		*text = variables->text;
	else
		*text += variables->item[*at - 1].size;
	return &variables->item[(*at)++];
}

void variables_copy(struct variables *to, const struct variables *from)
{
	to->count = from->count;
	to->size = from->size;
	memcpy(to->item, from->item, from->count * sizeof(from->item[0]));
	memcpy(to->text, from->text, from->size);
}

const char *variables_find(const struct variables *variables, uint16_t code)
{
	const struct variable *item;
	const char *text;
	uint32_t at = 0;

	while ((item = variables_next(variables, &at, &text)) != NULL)
		if (item->code == code)
			return text;
	return NULL;
}

void variables_remove(struct variables *variables, uint16_t code)
{
	uint32_t offset = 0, i = 0, size;

	while (i < variables->count && variables->item[i].code != code)
		offset += variables->item[i++].size;
	if (i == variables->count)
		return;
	size = variables->item[i].size;
	memmove(variables->text + offset, variables->text + offset + size,
		variables->size - offset - size);
	memmove(&variables->item[i], &variables->item[i + 1],
		(variables->count - i - 1) * sizeof(variables->item[0]));
	variables->size -= size;
	variables->count--;
}

bool variables_address(const struct variables *variables, uint16_t code,
		       struct in_addr *out)
{
	const char *text = variables_find(variables, code);

	return text != NULL && text_take_address(&text, out);
}

bool variables_set_address(struct variables *variables, uint16_t code,
			   struct in_addr address)
{
	char buffer[INET_ADDRSTRLEN];
	struct text text = text_in(buffer, sizeof(buffer));

	text_add_address(&text, address);
	variables_remove(variables, code);
	return variables_add(variables, code, buffer);
}

/* What variables_from_message works on. */
struct making {
	struct variables *out;
	struct variables_refusal *refusals;
	size_t max_refusals, refused;
	const struct definitions *definitions;
};

/* An empty value, and one that no script gets, are no refusals. */
static void note(struct making *making, uint16_t code,
		 enum option_result result)
{
	if (result == OPTION_OK || result == OPTION_EMPTY ||
	    result == OPTION_UNNAMED || making->refused >= making->max_refusals)
		return;
	making->refusals[making->refused++] =
		(struct variables_refusal){.code = code, .result = result};
}

static void add_value(struct making *making, uint16_t code,
		      const uint8_t *value, size_t length)
{
	char buffer[OPTION_TEXT_MAX];
	struct text text = text_in(buffer, sizeof(buffer));
	enum option_result result =
		option_to_text(definition_like(making->definitions, code),
			       value, length, &text);

	if (result == OPTION_OK && !variables_add(making->out, code, buffer))
		result = OPTION_LONG;
	note(making, code, result);
}

static void add_address(struct making *making, uint16_t code,
			struct in_addr address)
{
	uint8_t octets[sizeof(address.s_addr)];

	memcpy(octets, &address.s_addr, sizeof(octets));
	add_value(making, code, octets, sizeof(octets));
}

/* `sname` and `file` end at the first NUL, if there is one (RFC 2131 §2). */
static void add_field(struct making *making, uint16_t code,
		      const uint8_t *field, size_t size)
{
	struct reader in = reader_of(field, size);
	uint8_t octet;

	while (reader_u8(&in, &octet))
		if (octet == 0) {
			size -= reader_left(&in) + 1;
			break;
		}
	add_value(making, code, field, size);
}

/* Of the subnet, or of any (RFC 919 §7). */
static bool is_broadcast(struct in_addr address, struct in_addr of_subnet)
{
	return address.s_addr == of_subnet.s_addr ||
	       address.s_addr == INADDR_BROADCAST;
}

/*
 * Option 28 if it is a broadcast address here, else the computed one: the
 * kernel makes a route of it that comes before all others, so with any other
 * a server could make a host of its choice unreachable, through a VPN too.
 */
static void add_broadcast(struct making *making, const struct message *ack,
			  struct in_addr of_subnet)
{
	struct in_addr sent;
	size_t length;

	if (message_address(ack, OPTION_BROADCAST_ADDRESS, &sent) &&
	    is_broadcast(sent, of_subnet)) {
		add_address(making, OPTION_BROADCAST_ADDRESS, sent);
		return;
	}
	add_address(making, FIELD_BROADCAST, of_subnet);
	if (message_option(ack, OPTION_BROADCAST_ADDRESS, &length) != NULL)
		note(making, OPTION_BROADCAST_ADDRESS,
		     length == sizeof(sent.s_addr) ? OPTION_UNCLEAN
						   : OPTION_LENGTH);
}

size_t variables_from_message(const struct message *ack, struct in_addr mask,
			      const struct definitions *definitions,
			      struct variables *out,
			      struct variables_refusal *refusals,
			      size_t max_refusals)
{
	struct making making = {.out = out,
				.refusals = refusals,
				.max_refusals = max_refusals,
				.definitions = definitions};
	const struct in_addr network = {ack->yiaddr.s_addr & mask.s_addr};
	const struct in_addr broadcast = {ack->yiaddr.s_addr | ~mask.s_addr};

	out->count = out->size = 0; /* the rest stays untouched */
	add_address(&making, FIELD_IP_ADDRESS, ack->yiaddr);
	add_address(&making, OPTION_SUBNET_MASK, mask);
	add_address(&making, FIELD_NETWORK_NUMBER, network);
	add_address(&making, FIELD_NEXT_SERVER, ack->siaddr);
	add_field(&making, FIELD_SERVER_NAME, ack->sname, sizeof(ack->sname));
	add_field(&making, FIELD_FILENAME, ack->file, sizeof(ack->file));
	for (unsigned code = 1; code < OPTION_END; code++) {
		const uint8_t *value;
		size_t length;

		if (!ack->option[code].seen || code == OPTION_SUBNET_MASK ||
		    code == OPTION_BROADCAST_ADDRESS)
			continue;
		value = message_option(ack, (uint8_t)code, &length);
		add_value(&making, (uint16_t)code, value, length);
	}
	add_broadcast(&making, ack, broadcast);
	return making.refused;
}

bool variables_fit_subnet(const struct variables *variables)
{
	struct in_addr address, mask, broadcast;

	if (!variables_address(variables, OPTION_BROADCAST_ADDRESS,
			       &broadcast) &&
	    !variables_address(variables, FIELD_BROADCAST, &broadcast))
		return true;
	return variables_address(variables, FIELD_IP_ADDRESS, &address) &&
	       variables_address(variables, OPTION_SUBNET_MASK, &mask) &&
	       is_broadcast(broadcast,
			    (struct in_addr){address.s_addr | ~mask.s_addr});
}

/* True if `item` and its `text` can stand as they are. */
static bool is_sound(const struct variable *item, const char *text,
		     uint32_t room)
{
	if (item->size == 0 || item->size > room ||
	    item->size > OPTION_TEXT_MAX)
		return false;
	for (uint32_t i = 0; i < item->size; i++)
		if ((text[i] == '\0') != (i == item->size - 1U))
			return false;
	return option_text_is_clean(item->code, text);
}

bool variables_are_valid(const struct variables *variables)
{
	bool is_there[FIELD_END] = {false};
	uint32_t offset = 0;

	if (variables->count > VARIABLES_MAX ||
	    variables->size > VARIABLES_TEXT_MAX)
		return false;
	for (uint32_t i = 0; i < variables->count; i++) {
		const struct variable *const item = &variables->item[i];

		if (item->code >= FIELD_END || is_there[item->code] ||
		    !is_sound(item, variables->text + offset,
			      variables->size - offset))
			return false;
		is_there[item->code] = true;
		offset += item->size;
	}
	if (is_there[OPTION_BROADCAST_ADDRESS] && is_there[FIELD_BROADCAST])
		return false; /* they have one name */
	return offset == variables->size && is_there[FIELD_IP_ADDRESS];
}
