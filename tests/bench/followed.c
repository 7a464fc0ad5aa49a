/*
 * The program's own objects, but a worker is executed by the program's path:
 * valgrind, whose /proc/self/exe is valgrind, can follow that.
 */
#include <string.h>
#include <unistd.h>

/* The linker's names for what is called in the place of execve(2), and it. */
int __wrap_execve(const char *path, char *const argv[], char *const env[]);
int __real_execve(const char *path, char *const argv[], char *const env[]);

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
