/*
 * The Gregorian calendar in UTC, without leap seconds, as time(2) counts.
 * Years are found by an estimate and a short search rather than by a closed
 * formula: it is easier to see that it is right.
 */
#include "calendar.h"

#define DAY_S 86400

/* Days of the year before each month, without a leap day; then all. */
static const unsigned days_before_month[] = {0,   31,  59,  90,  120, 151, 181,
					     212, 243, 273, 304, 334, 365};

static bool is_leap(unsigned year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

/* Days of `year` before `month`, 1 to 13. */
static unsigned days_to_month(unsigned year, unsigned month)
{
	return days_before_month[month - 1] + (month > 2 && is_leap(year));
}

/* Leap days in the years 1 to `year`. */
static unsigned leap_days(unsigned year)
{
	return year / 4 - year / 100 + year / 400;
}

/* Days from 1970-01-01 to the first day of `year`. */
static unsigned days_to_year(unsigned year)
{
	return (year - 1970) * 365 + leap_days(year - 1) - leap_days(1969);
}

struct calendar calendar_from_epoch(int64_t epoch_s)
{
	if (epoch_s < 0)
		epoch_s = 0;
	if (epoch_s > CALENDAR_LAST)
		epoch_s = CALENDAR_LAST;

	const unsigned days = (unsigned)(epoch_s / DAY_S);
	const unsigned seconds = (unsigned)(epoch_s % DAY_S);
	struct calendar date = {
		.year = 1970 + days / 365,
		.month = 12,
		.weekday = (days + 4) % 7, /* 1970 began on a Thursday */
		.hour = seconds / 3600,
		.minute = seconds / 60 % 60,
		.second = seconds % 60,
	};

	while (days_to_year(date.year) > days)
		date.year--;

	const unsigned day = days - days_to_year(date.year);

	while (days_to_month(date.year, date.month) > day)
		date.month--;
	date.day = day - days_to_month(date.year, date.month) + 1;
	return date;
}

int64_t calendar_to_epoch(const struct calendar *date)
{
	if (date->year < 1970 || date->year > 9999 || date->month < 1 ||
	    date->month > 12 || date->hour > 23 || date->minute > 59 ||
	    date->second > 59)
		return -1;

	const unsigned start = days_to_month(date->year, date->month);
	const unsigned end = days_to_month(date->year, date->month + 1);

	if (date->day < 1 || date->day > end - start)
		return -1;

	const int64_t days = days_to_year(date->year) + start + date->day - 1;

	return days * DAY_S + date->hour * 3600 + date->minute * 60 +
	       date->second;
}
