/* Calendar time: a fixed date at power-on plus the tick count, unless rtems_clock_set moves it. */
#ifndef TIME_H
#define TIME_H

#include <stdint.h>

typedef int32_t time_t;

struct tm {
  int tm_sec, tm_min, tm_hour, tm_mday, tm_mon, tm_year, tm_wday, tm_yday;
};

time_t time(time_t *where);
struct tm *gmtime_r(const time_t *when, struct tm *broken);

#endif
