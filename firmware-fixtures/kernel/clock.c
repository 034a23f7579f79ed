/* The tick: timeouts, timers, time of day. */
#include "kernel.h"

#include <observe.h>
#include <stdlib.h>
#include <time.h>

#define MAX_TIMERS 32u
/* 2004-09-01 00:00:00: the board has no battery clock. */
#define POWER_ON_DATE 1093996800

uint32_t kernel_ticks;
uint32_t rtems_microseconds_per_tick = 10000;

OBSERVE("kernel.ticks", &kernel_ticks);
OBSERVE("kernel.tick_us", &rtems_microseconds_per_tick);

static struct watchdog *watchdogs;
static int32_t date_base = POWER_ON_DATE;

void watchdog_start(struct watchdog *watchdog, uint32_t ticks) {
  watchdog_stop(watchdog);
  watchdog->expiry = kernel_ticks + ticks;
  watchdog->active = true;
  struct watchdog *after = NULL;
  struct watchdog *at = watchdogs;
  while (at && (int32_t)(at->expiry - watchdog->expiry) <= 0) {
    after = at;
    at = at->next;
  }
  watchdog->next = at;
  watchdog->previous = after;
  if (at) {
    at->previous = watchdog;
  }
  if (after) {
    after->next = watchdog;
  } else {
    watchdogs = watchdog;
  }
}

void watchdog_stop(struct watchdog *watchdog) {
  if (!watchdog->active) {
    return;
  }
  watchdog->active = false;
  if (watchdog->previous) {
    watchdog->previous->next = watchdog->next;
  } else {
    watchdogs = watchdog->next;
  }
  if (watchdog->next) {
    watchdog->next->previous = watchdog->previous;
  }
}

rtems_status_code rtems_clock_tick(void) {
  rtems_interrupt_level level;
  rtems_interrupt_disable(level);
  kernel_ticks++;
  time_account();
  while (watchdogs && (int32_t)(watchdogs->expiry - kernel_ticks) <= 0) {
    struct watchdog *due = watchdogs;
    watchdog_stop(due);
    due->routine(due->argument);
  }
  rtems_interrupt_enable(level);
  return RTEMS_SUCCESSFUL;
}

rtems_interval rtems_clock_get_ticks_since_boot(void) { return kernel_ticks; }

rtems_interval rtems_clock_get_ticks_per_second(void) { return 1000000u / rtems_microseconds_per_tick; }

static int32_t seconds_since_boot(void) {
  return (int32_t)((uint64_t)kernel_ticks * rtems_microseconds_per_tick / 1000000u);
}

/* Days since 1970-01-01 of a date in the proleptic Gregorian calendar, counting years from March. */
static int32_t days_of(int32_t year, int32_t month, int32_t day) {
  if (month <= 2) {
    year--;
    month += 12;
  }
  int32_t leap_days = year / 4 - year / 100 + year / 400;
  return year * 365 + leap_days + (month * 153 - 457) / 5 + day - 719469;
}

time_t time(time_t *where) {
  time_t now = date_base + seconds_since_boot();
  if (where) {
    *where = now;
  }
  return now;
}

struct tm *gmtime_r(const time_t *when, struct tm *broken) {
  int32_t days = *when / 86400;
  int32_t rest = *when % 86400;
  if (rest < 0) {
    rest += 86400;
    days--;
  }
  int32_t year = 1970 + days / 366;
  while (days_of(year + 1, 1, 1) <= days) {
    year++;
  }
  int32_t month = 12;
  while (days_of(year, month, 1) > days) {
    month--;
  }
  broken->tm_year = year - 1900;
  broken->tm_mon = month - 1;
  broken->tm_mday = days - days_of(year, month, 1) + 1;
  broken->tm_yday = days - days_of(year, 1, 1);
  broken->tm_wday = (days + 4) % 7;
  broken->tm_hour = rest / 3600;
  broken->tm_min = rest / 60 % 60;
  broken->tm_sec = rest % 60;
  return broken;
}

rtems_status_code rtems_clock_get(rtems_clock_get_options option, void *out) {
  if (!out) {
    return RTEMS_INVALID_ADDRESS;
  }
  switch (option) {
    case RTEMS_CLOCK_GET_TOD: {
      time_t now = time(NULL);
      struct tm broken;
      gmtime_r(&now, &broken);
      rtems_time_of_day *tod = out;
      tod->year = (uint32_t)broken.tm_year + 1900;
      tod->month = (uint32_t)broken.tm_mon + 1;
      tod->day = (uint32_t)broken.tm_mday;
      tod->hour = (uint32_t)broken.tm_hour;
      tod->minute = (uint32_t)broken.tm_min;
      tod->second = (uint32_t)broken.tm_sec;
      tod->ticks = kernel_ticks % rtems_clock_get_ticks_per_second();
      return RTEMS_SUCCESSFUL;
    }
    case RTEMS_CLOCK_GET_SECONDS_SINCE_EPOCH:
      *(rtems_interval *)out = (rtems_interval)time(NULL);
      return RTEMS_SUCCESSFUL;
    case RTEMS_CLOCK_GET_TICKS_SINCE_BOOT:
      *(rtems_interval *)out = kernel_ticks;
      return RTEMS_SUCCESSFUL;
    case RTEMS_CLOCK_GET_TICKS_PER_SECOND:
      *(rtems_interval *)out = rtems_clock_get_ticks_per_second();
      return RTEMS_SUCCESSFUL;
  }
  return RTEMS_INVALID_NUMBER;
}

rtems_status_code rtems_clock_set(const rtems_time_of_day *when) {
  if (!when) {
    return RTEMS_INVALID_ADDRESS;
  }
  if (when->year < 1988 || when->year > 2037 || when->month < 1 || when->month > 12 || when->day < 1 || when->day > 31 ||
      when->hour > 23 || when->minute > 59 || when->second > 59) {
    return RTEMS_INVALID_CLOCK;
  }
  int32_t days = days_of((int32_t)when->year, (int32_t)when->month, (int32_t)when->day);
  date_base = days * 86400 + (int32_t)(when->hour * 3600 + when->minute * 60 + when->second) - seconds_since_boot();
  return RTEMS_SUCCESSFUL;
}

/* Timers */

struct timer {
  bool used;
  rtems_name name;
  rtems_id id;
  struct watchdog watchdog;
  rtems_interval interval;
  rtems_timer_service_routine_entry routine;
  void *user;
};

static struct timer timers[MAX_TIMERS];

static struct timer *timer_get(rtems_id id) {
  uint32_t index = id - ID_TIMERS - 1;
  return index < MAX_TIMERS && timers[index].used ? &timers[index] : NULL;
}

static void timer_fired(void *argument) {
  struct timer *timer = argument;
  timer->routine(timer->id, timer->user);
}

rtems_status_code rtems_timer_create(rtems_name name, rtems_id *id) {
  if (!name) {
    return RTEMS_INVALID_NAME;
  }
  if (!id) {
    return RTEMS_INVALID_ADDRESS;
  }
  rtems_status_code status = RTEMS_TOO_MANY;
  rtems_interrupt_level level;
  rtems_interrupt_disable(level);
  for (uint32_t i = 0; i < MAX_TIMERS; i++) {
    if (!timers[i].used) {
      timers[i].used = true;
      timers[i].name = name;
      timers[i].id = ID_TIMERS + 1 + i;
      timers[i].routine = NULL;
      *id = timers[i].id;
      status = RTEMS_SUCCESSFUL;
      break;
    }
  }
  rtems_interrupt_enable(level);
  return status;
}

rtems_status_code rtems_timer_delete(rtems_id id) {
  rtems_status_code status = rtems_timer_cancel(id);
  if (status == RTEMS_SUCCESSFUL) {
    timer_get(id)->used = false;
  }
  return status;
}

rtems_status_code rtems_timer_fire_after(rtems_id id, rtems_interval ticks, rtems_timer_service_routine_entry routine, void *user) {
  if (ticks == 0) {
    return RTEMS_INVALID_NUMBER;
  }
  if (!routine) {
    return RTEMS_INVALID_ADDRESS;
  }
  struct timer *timer = timer_get(id);
  if (!timer) {
    return RTEMS_INVALID_ID;
  }
  rtems_interrupt_level level;
  rtems_interrupt_disable(level);
  timer->interval = ticks;
  timer->routine = routine;
  timer->user = user;
  timer->watchdog.routine = timer_fired;
  timer->watchdog.argument = timer;
  watchdog_start(&timer->watchdog, ticks);
  rtems_interrupt_enable(level);
  return RTEMS_SUCCESSFUL;
}

rtems_status_code rtems_timer_cancel(rtems_id id) {
  struct timer *timer = timer_get(id);
  if (!timer) {
    return RTEMS_INVALID_ID;
  }
  rtems_interrupt_level level;
  rtems_interrupt_disable(level);
  watchdog_stop(&timer->watchdog);
  rtems_interrupt_enable(level);
  return RTEMS_SUCCESSFUL;
}

rtems_status_code rtems_timer_reset(rtems_id id) {
  struct timer *timer = timer_get(id);
  if (!timer) {
    return RTEMS_INVALID_ID;
  }
  if (!timer->routine) {
    return RTEMS_NOT_DEFINED;
  }
  rtems_interrupt_level level;
  rtems_interrupt_disable(level);
  watchdog_start(&timer->watchdog, timer->interval);
  rtems_interrupt_enable(level);
  return RTEMS_SUCCESSFUL;
}

rtems_status_code rtems_timer_ident(rtems_name name, rtems_id *id) {
  if (!id) {
    return RTEMS_INVALID_ADDRESS;
  }
  for (uint32_t i = 0; i < MAX_TIMERS; i++) {
    if (timers[i].used && timers[i].name == name) {
      *id = timers[i].id;
      return RTEMS_SUCCESSFUL;
    }
  }
  return RTEMS_INVALID_NAME;
}
