/*
 * option_to_text: any value of any option, of any length.  The check of what
 * it has written says yes or no here; clean.c tells of the check itself.
 */
#include "option.h"

#include "prove.h"

/*@ assigns \result \from code, text[0 ..];
    ensures \result == 0 || \result == 1; */
bool option_text_is_clean(uint16_t code, const char *text);

int main(void)
{
	static char buffer[OPTION_TEXT_MAX];
	struct text text = text_in(buffer, sizeof(buffer));
	const uint16_t code = (uint16_t)Frama_C_interval(0, UINT16_MAX);
	size_t length;
	const uint8_t *value = any_input(&length);

	return option_to_text(code, value, length, &text) == OPTION_OK;
}
