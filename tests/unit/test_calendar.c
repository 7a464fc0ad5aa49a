/* Dates in UTC, against gmtime(3) and its inverse. */
#include "unit.h"

#include "calendar.h"

#include <time.h>

static void assert_agrees(int64_t epoch_s)
{
	const time_t moment = (time_t)epoch_s;
	const struct calendar date = calendar_from_epoch(epoch_s);
	struct tm expected;

	assert_non_null(gmtime_r(&moment, &expected));
	assert_int_equal(date.year, expected.tm_year + 1900);
	assert_int_equal(date.month, expected.tm_mon + 1);
	assert_int_equal(date.day, expected.tm_mday);
	assert_int_equal(date.weekday, expected.tm_wday);
	assert_int_equal(date.hour, expected.tm_hour);
	assert_int_equal(date.minute, expected.tm_min);
	assert_int_equal(date.second, expected.tm_sec);
	assert_int_equal(calendar_to_epoch(&date), epoch_s);
}

static void every_day_until_2500_is_gmtimes_and_comes_back(void **state)
{
	(void)state;
	for (int64_t day = 0; day < 193600; day++)
		assert_agrees(day * 86400 + day * 7919 % 86400);
}

static void the_first_and_the_last_second_have_their_date(void **state)
{
	(void)state;
	assert_agrees(0);
	assert_agrees(86399);
	assert_agrees(4102444800 - 1);
	assert_agrees(CALENDAR_LAST);
}

static void moments_outside_the_calendar_give_its_ends(void **state)
{
	(void)state;
	assert_int_equal(calendar_from_epoch(-1).year, 1970);
	assert_int_equal(calendar_from_epoch(INT64_MIN).second, 0);
	assert_int_equal(calendar_from_epoch(INT64_MAX).year, 9999);
	assert_int_equal(calendar_from_epoch(CALENDAR_LAST + 1).second, 59);
}

static void a_date_that_does_not_exist_is_no_moment(void **state)
{
	static const struct calendar wrong[] = {
		{.year = 1969, .month = 12, .day = 31},
		{.year = 10000, .month = 1, .day = 1},
		{.year = 2026, .month = 0, .day = 1},
		{.year = 2026, .month = 13, .day = 1},
		{.year = 2026, .month = 1, .day = 0},
		{.year = 2026, .month = 4, .day = 31},
		{.year = 2026, .month = 2, .day = 29},
		{.year = 2100, .month = 2, .day = 29},
		{.year = 2026, .month = 1, .day = 1, .hour = 24},
		{.year = 2026, .month = 1, .day = 1, .minute = 60},
		{.year = 2026, .month = 1, .day = 1, .second = 60},
	};
	static const struct calendar leap_day = {
		.year = 2000, .month = 2, .day = 29};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_int_equal(calendar_to_epoch(&wrong[i]), -1);
	assert_int_equal(calendar_to_epoch(&leap_day), 951782400);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			every_day_until_2500_is_gmtimes_and_comes_back),
		cmocka_unit_test(the_first_and_the_last_second_have_their_date),
		cmocka_unit_test(moments_outside_the_calendar_give_its_ends),
		cmocka_unit_test(a_date_that_does_not_exist_is_no_moment),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
