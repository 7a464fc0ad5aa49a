/*
 * The way to the service manager.  dlopen(3), because nobody else is to pay
 * for libsystemd and what it is linked with.
 */
#include "notify.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define LIBRARY "libsystemd.so.0"

/* sd_notify(3) and sd_watchdog_enabled(3). */
static int (*tell)(int unset_environment, const char *state);
static int (*ask_watchdog)(int unset_environment, uint64_t *usec);

/* As POSIX has it, not ISO C: the object is the function's address. */
static bool find(void *library, const char *name, void *function, size_t size)
{
	void *const found = dlsym(library, name);

	memcpy(function, &found, size);
	return found != NULL;
}

bool notify_open(const char **why)
{
	void *library;

	if (getenv("NOTIFY_SOCKET") == NULL)
		return true;
	library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
	if (library != NULL &&
	    find(library, "sd_notify", &tell, sizeof(tell)) &&
	    find(library, "sd_watchdog_enabled", &ask_watchdog,
		 sizeof(ask_watchdog)))
		return true;
	*why = dlerror();
	tell = NULL;
	return false;
}

void notify_send(const char *state)
{
	/* a manager that does not listen has its own time limits */
	if (tell != NULL)
		(void)tell(0, state);
}

uint64_t notify_watchdog_ms(void)
{
	uint64_t usec = 0;

	if (ask_watchdog == NULL || ask_watchdog(0, &usec) <= 0)
		return 0;
	return usec / 1000;
}
