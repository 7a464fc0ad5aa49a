/*
 * The simulation's chance: xoshiro256** seeded by splitmix64 (Blackman and
 * Vigna).  One seed is one history, on every machine.
 */
#ifndef DHCPCANON_SIM_DICE_H
#define DHCPCANON_SIM_DICE_H

#include <stdbool.h>
#include <stdint.h>

struct dice {
	uint64_t state[4];
};

static inline uint64_t dice_splitmix(uint64_t *state)
{
	uint64_t mixed = *state += 0x9e3779b97f4a7c15;

	mixed = (mixed ^ mixed >> 30) * 0xbf58476d1ce4e5b9;
	mixed = (mixed ^ mixed >> 27) * 0x94d049bb133111eb;
	return mixed ^ mixed >> 31;
}

static inline void dice_seed(struct dice *dice, uint64_t seed)
{
	for (int i = 0; i < 4; i++)
		dice->state[i] = dice_splitmix(&seed);
}

static inline uint64_t dice_rotate(uint64_t bits, int count)
{
	return bits << count | bits >> (64 - count);
}

static inline uint64_t dice_roll(struct dice *dice)
{
	uint64_t *s = dice->state;
	const uint64_t rolled = dice_rotate(s[1] * 5, 7) * 9;
	const uint64_t shifted = s[1] << 17;

	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= shifted;
	s[3] = dice_rotate(s[3], 45);
	return rolled;
}

/* A number in 0 .. `count` - 1; `count` is at least 1. */
static inline uint32_t dice_below(struct dice *dice, uint32_t count)
{
	return (uint32_t)((dice_roll(dice) >> 32) * count >> 32);
}

/* A number in `low` .. `high`; the bias does not matter here. */
static inline uint64_t dice_between(struct dice *dice, uint64_t low,
				    uint64_t high)
{
	return low + dice_roll(dice) % (high - low + 1);
}

/* True once in `count` times. */
static inline bool dice_one_in(struct dice *dice, uint32_t count)
{
	return dice_below(dice, count) == 0;
}

/* True in `percent` of all cases. */
static inline bool dice_percent(struct dice *dice, uint32_t percent)
{
	return dice_below(dice, 100) < percent;
}

/* A duration between `least` and `most` with all magnitudes as likely. */
static inline uint64_t dice_duration(struct dice *dice, uint64_t least,
				     uint64_t most)
{
	uint32_t doublings = 1;

	while (least << doublings < most)
		doublings++;
	least <<= dice_below(dice, doublings);
	return dice_between(dice, least, 2 * least < most ? 2 * least : most);
}

#endif
