/* option_text_is_clean: any text, for any option. */
#include "option.h"

#include "prove.h"

int main(void)
{
	const char *text = any_text();

	return option_text_is_clean((uint16_t)Frama_C_interval(0, UINT16_MAX),
				    text);
}
