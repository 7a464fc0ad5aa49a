/*
 * The deterministic simulation: client_step, with the program's encoders and
 * decoders around it, against model servers on a model link in virtual time.
 * One seed is one history; `make sim SEEDS=n SEED=s` lives n of them from s.
 *
 *	sim [-n SEEDS] [-s FIRST] [-j JOBS] [-t]
 *
 * `make check` lives 20,000 of them; the long run before a release is
 * `make sim SEEDS=1000000`, some minutes on two processors.
 *
 * With -t each history is told in full.  A failure prints its seed, the
 * invariant, and the last of the trace.
 */
#include "tally.h"
#include "trace.h"
#include "world.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct run {
	uint64_t seeds, first;
	unsigned jobs;
	bool tells;
};

/* What was lived through. */
struct sums {
	uint64_t histories, steps, leases, virtual_ms;
};

static struct world world;

/* An assert in the core is a failure like any other. */
static void on_abort(int number)
{
	(void)number;
	signal(SIGABRT, on_abort);
	longjmp(trace.failed, 2);
}

/* Lives one history; false if an invariant did not hold. */
static bool live(uint64_t seed, enum trace_mode mode)
{
	trace_start(mode, 0);
	switch (setjmp(trace.failed)) {
	case 0:
		world_live(&world, seed);
		return true;
	case 1:
		return false;
	default:
		snprintf(trace.failure, sizeof(trace.failure),
			 "an assert failed");
		return false;
	}
}

static void tell_failure(uint64_t seed)
{
	/* again, with a trace: the same seed is the same history */
	live(seed, TRACE_LAST);
	printf("\nseed %" PRIu64 "\n", seed);
	trace_print(stdout);
	printf("%16s  FAILED: %s\nreplay: make sim SEEDS=1 SEED=%" PRIu64
	       " TRACE=all\n",
	       span(trace.now_ms - trace.origin_ms), trace.failure, seed);
	fflush(stdout);
}

/* Every `jobs`th seed from the `job`th. */
static int live_share(const struct run *run, unsigned job, int report)
{
	struct sums sums = {0};
	uint64_t i;

	signal(SIGABRT, on_abort);
	for (i = job; i < run->seeds; i += run->jobs) {
		const uint64_t seed = run->first + i;

		if (!live(seed, run->tells ? TRACE_ALL : TRACE_OFF)) {
			tell_failure(seed);
			return EXIT_FAILURE;
		}
		sums.histories++;
		sums.steps += world.steps;
		sums.leases += world.lives;
		sums.virtual_ms += world.now_ms - trace.origin_ms;
	}
	if (write(report, &sums, sizeof(sums)) != sizeof(sums))
		return EXIT_FAILURE;
	return tally_is_even(stdout) ? EXIT_SUCCESS : EXIT_FAILURE;
}

static double now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void print_sums(const struct sums *sums, double took)
{
	const double years = (double)sums->virtual_ms / 1000 / 86400 / 365.25;

	printf("%" PRIu64 " histories, %" PRIu64 " leases, %" PRIu64
	       " steps, %.1f years in %.1f s: %.0f leases and %.1f years a "
	       "second\n",
	       sums->histories, sums->leases, sums->steps, years, took,
	       (double)sums->leases / took, years / took);
}

/* One process for each share; what they lived through comes by a pipe. */
static bool live_all(const struct run *run)
{
	const double began = now_s();
	struct sums sums, all = {0};
	bool good = true;
	int report[2], status;

	if (pipe(report) < 0)
		return false;
	for (unsigned job = 0; job < run->jobs; job++) {
		fflush(stdout);
		if (fork() == 0)
			exit(live_share(run, job, report[1]));
	}
	close(report[1]);
	while (read(report[0], &sums, sizeof(sums)) == sizeof(sums)) {
		all.histories += sums.histories;
		all.steps += sums.steps;
		all.leases += sums.leases;
		all.virtual_ms += sums.virtual_ms;
	}
	while (wait(&status) > 0)
		if (status != 0)
			good = false;
	print_sums(&all, now_s() - began);
	return good;
}

int main(int argc, char **argv)
{
	struct run run = {.seeds = 1000, .first = 1, .jobs = 1};
	int flag;

	while ((flag = getopt(argc, argv, "n:s:j:t")) != -1) {
		switch (flag) {
		case 'n':
			run.seeds = strtoull(optarg, NULL, 10);
			break;
		case 's':
			run.first = strtoull(optarg, NULL, 10);
			break;
		case 'j':
			run.jobs = (unsigned)strtoul(optarg, NULL, 10);
			break;
		case 't':
			run.tells = true;
			break;
		default:
			return EXIT_FAILURE;
		}
	}
	if (run.jobs == 0 || run.seeds == 0)
		return EXIT_FAILURE;
	return live_all(&run) ? EXIT_SUCCESS : EXIT_FAILURE;
}
