/* JSON's grammar (RFC 8259); knows nothing of what is told in it. */
#include "json.h"

struct json json_in(struct text *out)
{
	return (struct json){.out = out};
}

static void add_escaped(struct text *out, char character)
{
	static const char digits[] = "0123456789abcdef";
	const uint8_t octet = (uint8_t)character;

	if (character == '"' || character == '\\') {
		text_add_char(out, '\\');
		text_add_char(out, character);
		return;
	}
	if (character >= ' ' && character <= '~') {
		text_add_char(out, character);
		return;
	}
	text_add(out, "\\u00");
	text_add_char(out, digits[octet >> 4]);
	text_add_char(out, digits[octet & 0x0f]);
}

static void add_string(struct text *out, const char *value)
{
	text_add_char(out, '"');
	for (; *value != '\0'; value++)
		add_escaped(out, *value);
	text_add_char(out, '"');
}

/* What comes before every value: a comma and a name, as they are due. */
static void begin_value(struct json *json, const char *key)
{
	if (json->comma)
		text_add_char(json->out, ',');
	json->comma = true;
	if (key == NULL)
		return;
	add_string(json->out, key);
	text_add_char(json->out, ':');
}

void json_object(struct json *json, const char *key)
{
	begin_value(json, key);
	text_add_char(json->out, '{');
	json->comma = false;
}

void json_array(struct json *json, const char *key)
{
	begin_value(json, key);
	text_add_char(json->out, '[');
	json->comma = false;
}

void json_end_object(struct json *json)
{
	text_add_char(json->out, '}');
	json->comma = true;
}

void json_end_array(struct json *json)
{
	text_add_char(json->out, ']');
	json->comma = true;
}

void json_string(struct json *json, const char *key, const char *value)
{
	begin_value(json, key);
	add_string(json->out, value);
}

void json_number(struct json *json, const char *key, int64_t value)
{
	begin_value(json, key);
	text_add_number(json->out, value);
}

void json_bool(struct json *json, const char *key, bool value)
{
	begin_value(json, key);
	text_add(json->out, value ? "true" : "false");
}

void json_null(struct json *json, const char *key)
{
	begin_value(json, key);
	text_add(json->out, "null");
}
