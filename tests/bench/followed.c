/*
 * The program's own objects, but a worker is executed by the program's path:
 * valgrind, whose /proc/self/exe is valgrind, can follow that.  It knows no
 * child that shares our descriptors either.
 */
#include <sched.h>
#include <string.h>
#include <unistd.h>

/* The linker's names for what is called in the place of these, and for them. */
int __wrap_clone(int (*run)(void *), void *stack, int flags, void *argument);
int __real_clone(int (*run)(void *), void *stack, int flags, void *argument);
int __wrap_execve(const char *path, char *const argv[], char *const env[]);
int __real_execve(const char *path, char *const argv[], char *const env[]);

int __wrap_clone(int (*run)(void *), void *stack, int flags, void *argument)
{
	return __real_clone(run, stack, flags & ~CLONE_FILES, argument);
}

int __wrap_execve(const char *path, char *const argv[], char *const env[])
{
	char program[4096];
	ssize_t length;

	if (strcmp(path, "/proc/self/exe") == 0) {
		length = readlink(path, program, sizeof(program) - 1);
		if (length < 0)
			return -1;
		program[length] = '\0';
		path = program;
	}
	return __real_execve(path, argv, env);
}
