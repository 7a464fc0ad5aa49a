/*
 * route_policy_apply: any text of the options with routes.  The variables
 * are kept by others: these have a value that is any string, or none.
 */
#include "route.h"

#include "prove.h"

const char *variables_find(const struct variables *variables, uint16_t code)
{
	(void)variables;
	(void)code;
	return Frama_C_interval(0, 1) ? any_text() : NULL;
}

/*@ assigns \nothing; */
void variables_remove(struct variables *variables, uint16_t code);

/*@ requires is_string: \valid_read(text);
    assigns \result \from code;
    ensures \result == 1; */
bool variables_add(struct variables *variables, uint16_t code,
		   const char *text);

int main(void)
{
	static struct variables variables;
	struct route refused[4];

	return (int)route_policy_apply((enum route_policy)Frama_C_interval(
					       ROUTES_GATEWAY, ROUTES_NONE),
				       &variables, refused,
				       (size_t)Frama_C_interval(0, 4));
}
