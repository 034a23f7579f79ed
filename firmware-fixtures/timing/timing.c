/*
 * Kernel operations in the shapes of the RTEMS timing suite, for `npm run timing`. The host steps through the program and takes
 * the time between mark_begin() and mark_end(); nothing is timed here. Each operation runs cold (I-cache invalid, D-cache full of
 * other lines) and then again and again. The tick is off, so no interrupt comes.
 */
#include <boot_params.h>
#include <cache.h>
#include <console.h>
#include <rtems.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/kernel.h"

#define ROUNDS 12u
#define CHAIN 12u  /* tasks or objects that a chain goes through */
#define TABLE 100u /* entries of the scanned table, as the suite has */

#define NAME(n) rtems_build_name('N', 'A', '0' + (n) / 10, '0' + (n) % 10)

/* The host looks for these two: r3 of mark_begin is the operation's name. */
void mark_begin(const char *what) __attribute__((noinline, used));
void mark_begin(const char *what) { __asm__ volatile("" : : "r"(what) : "memory"); }
void mark_end(void) __attribute__((noinline, used));
void mark_end(void) { __asm__ volatile("" : : : "memory"); }

static uint32_t others[4096];
volatile uint32_t sink;

/* Fills the D-cache with other, unmodified lines (twice its size, both ways) and invalidates the I-cache. */
static void go_cold(void) {
  uint32_t sum = 0;
  for (unsigned i = 0; i < sizeof others / sizeof others[0]; i += 4) {
    sum += others[i];
  }
  sink = sum;
  if (boot_params.icache) {
    __asm__ volatile("mtspr 560,%0\n\tisync\n\tmtspr 560,%1\n\tisync" : : "r"(0x0C000000u), "r"(0x02000000u) : "memory");
  }
}

#define MEASURE(what, operation)               \
  do {                                         \
    for (unsigned n = 0; n < ROUNDS; n++) {    \
      if (n == 0) {                            \
        go_cold();                             \
      }                                        \
      mark_begin(what);                        \
      operation;                               \
      mark_end();                              \
    }                                          \
  } while (0)

/* ---- what the object-table scans of the suite do: a name compared by a function that the table names ---- */

struct object {
  uint32_t id;
  const uint32_t *name;
};
struct table {
  struct object *entries[TABLE];
  unsigned name_length;
  bool (*equal)(const uint32_t *, const uint32_t *, unsigned);
};

static bool names_equal(const uint32_t *a, const uint32_t *b, unsigned length) __attribute__((noinline));
static bool names_equal(const uint32_t *a, const uint32_t *b, unsigned length) {
  (void)length;
  return *a == *b;
}

static uint32_t table_scan(const struct table *t, uint32_t name) __attribute__((noinline));
static uint32_t table_scan(const struct table *t, uint32_t name) {
  for (unsigned i = 0; i < TABLE; i++) {
    struct object *o = t->entries[i];
    if (!o || !o->name) {
      continue;
    }
    if (t->equal(&name, o->name, t->name_length)) {
      return o->id;
    }
  }
  return 0;
}

/* 1.6 KB in all: it fits the D-cache, as a table of objects in one block does. */
static struct table *table_make(void) {
  struct table *t = calloc(1, sizeof *t);
  t->name_length = 4;
  t->equal = names_equal;
  struct object *objects = calloc(TABLE, sizeof *objects);
  uint32_t *names = calloc(TABLE, sizeof *names);
  for (unsigned i = 0; i < TABLE; i++) {
    names[i] = NAME(i);
    objects[i] = (struct object){i + 1, &names[i]};
    t->entries[i] = &objects[i];
  }
  return t;
}

/* ---- chains: each task does its part at its first run, so each sees the code warm and its own data cold ---- */

static rtems_id chain_semaphore, chain_queue;
static rtems_id chain_tasks[CHAIN];

static rtems_task dormant(rtems_task_argument argument) { (void)argument; }

/* Task n ends the measure that its predecessor began, and begins its own by blocking. */
static rtems_task blocks_on_semaphore(rtems_task_argument n) {
  if (n) {
    mark_end();
  }
  mark_begin("semaphore_obtain: caller blocks");
  (void)rtems_semaphore_obtain(chain_semaphore, RTEMS_WAIT, RTEMS_NO_TIMEOUT);
  mark_end();
  rtems_task_suspend(RTEMS_SELF);
}

static rtems_task blocks_on_queue(rtems_task_argument n) {
  uint32_t message[4];
  size_t size;
  if (n) {
    mark_end();
  }
  mark_begin("message_queue_receive: caller blocks");
  (void)rtems_message_queue_receive(chain_queue, message, &size, RTEMS_WAIT, RTEMS_NO_TIMEOUT);
  mark_end();
  rtems_task_suspend(RTEMS_SELF);
}

static rtems_task blocks_on_event(rtems_task_argument n) {
  rtems_event_set got;
  if (n) {
    mark_end();
  }
  mark_begin("event_receive: caller blocks");
  (void)rtems_event_receive(RTEMS_EVENT_1, RTEMS_DEFAULT_OPTIONS, RTEMS_NO_TIMEOUT, &got);
  mark_end();
  rtems_task_suspend(RTEMS_SELF);
}

/* Init runs at priority 20 while a chain blocks at priorities 1 … CHAIN, then goes below them all. */
static void chain_start(rtems_task_entry entry) {
  rtems_task_priority old;
  for (unsigned n = 0; n < CHAIN; n++) {
    rtems_task_create(NAME(n), 2 + n, 4096, RTEMS_DEFAULT_MODES, RTEMS_DEFAULT_ATTRIBUTES, &chain_tasks[n]);
  }
  rtems_task_set_priority(RTEMS_SELF, 1, &old);
  for (unsigned n = 0; n < CHAIN; n++) {
    rtems_task_start(chain_tasks[n], entry, n);
  }
  rtems_task_set_priority(RTEMS_SELF, 30, &old);
  mark_end(); /* of the last task's blocking */
}

static void chain_delete(void) {
  for (unsigned n = 0; n < CHAIN; n++) {
    rtems_task_delete(chain_tasks[n]);
  }
}

static volatile bool yielding;
static rtems_task yields(rtems_task_argument argument) {
  (void)argument;
  while (yielding) {
    mark_end();
    mark_begin("wake_after: yield to another task");
    rtems_task_wake_after(RTEMS_YIELD_PROCESSOR);
  }
  rtems_task_suspend(RTEMS_SELF);
}

static rtems_task suspends(rtems_task_argument argument) {
  (void)argument;
  for (;;) {
    mark_end();
    mark_begin("task_suspend: calling task");
    rtems_task_suspend(RTEMS_SELF);
  }
}

rtems_task Init(rtems_task_argument argument) {
  (void)argument;
  rtems_id id, task, last = 0;
  rtems_mode mode;
  rtems_task_priority old;
  rtems_event_set got;
  rtems_interval ticks;
  uint32_t message[4] = {1, 2, 3, 4};
  size_t size;
  struct table *table = table_make();

  puts("timing begins");
  console_drain();
  rtems_task_set_priority(RTEMS_SELF, 20, &old);
  MEASURE("(nothing)", (void)0);

  MEASURE("object table, compare by call", sink = table_scan(table, NAME(99)));

  rtems_id semaphores[50];
  for (unsigned n = 0; n < 50; n++) {
    rtems_semaphore_create(NAME(n), 1, RTEMS_FIFO | RTEMS_COUNTING_SEMAPHORE, 0, &semaphores[n]);
  }
  MEASURE("semaphore_ident", rtems_semaphore_ident(NAME(49), RTEMS_SEARCH_ALL_NODES, &id));
  MEASURE("semaphore_obtain: available", rtems_semaphore_obtain(semaphores[n], RTEMS_NO_WAIT, 0));
  MEASURE("semaphore_obtain: not available, no wait", rtems_semaphore_obtain(semaphores[0], RTEMS_NO_WAIT, 0));
  MEASURE("semaphore_release: no waiting tasks", rtems_semaphore_release(semaphores[n]));
  for (unsigned n = 0; n < 50; n++) {
    rtems_semaphore_delete(semaphores[n]);
  }
  MEASURE("semaphore_create", rtems_semaphore_create(NAME(n), 1, RTEMS_FIFO | RTEMS_COUNTING_SEMAPHORE, 0, &semaphores[n]));

  rtems_id tasks[40];
  for (unsigned n = 0; n < 40; n++) {
    rtems_task_create(NAME(n), 50, 4096, RTEMS_DEFAULT_MODES, RTEMS_DEFAULT_ATTRIBUTES, &tasks[n]);
    last = tasks[n];
  }
  MEASURE("task_ident", rtems_task_ident(NAME(39), RTEMS_SEARCH_ALL_NODES, &id));
  MEASURE("task_start", rtems_task_start(tasks[n], dormant, 0));
  MEASURE("task_suspend: returns to caller", rtems_task_suspend(tasks[n]));
  MEASURE("task_delete: suspended", rtems_task_delete(tasks[n]));
  MEASURE("event_send: no task readied", rtems_event_send(last, RTEMS_EVENT_2));
  for (unsigned n = ROUNDS; n < 40; n++) {
    rtems_task_delete(tasks[n]);
  }
  MEASURE("task_create", rtems_task_create(NAME(n), 50, 4096, RTEMS_DEFAULT_MODES, RTEMS_DEFAULT_ATTRIBUTES, &tasks[n]));
  for (unsigned n = 0; n < ROUNDS; n++) {
    rtems_task_delete(tasks[n]);
  }
  MEASURE("task_mode: obtain current", rtems_task_mode(RTEMS_CURRENT_MODE, RTEMS_CURRENT_MODE, &mode));
  MEASURE("task_set_priority: obtain current", rtems_task_set_priority(RTEMS_SELF, RTEMS_CURRENT_PRIORITY, &old));
  MEASURE("wake_after: yield to self", rtems_task_wake_after(RTEMS_YIELD_PROCESSOR));
  MEASURE("event_receive: available", rtems_event_send(RTEMS_SELF, RTEMS_EVENT_1);
          rtems_event_receive(RTEMS_EVENT_1, RTEMS_DEFAULT_OPTIONS, RTEMS_NO_TIMEOUT, &got));
  MEASURE("clock_tick", rtems_clock_tick());
  MEASURE("clock_get", rtems_clock_get(RTEMS_CLOCK_GET_TICKS_SINCE_BOOT, &ticks));

  rtems_message_queue_create(NAME(1), CHAIN, sizeof message, RTEMS_FIFO, &chain_queue);
  MEASURE("message_queue_send: no waiting tasks", rtems_message_queue_send(chain_queue, message, sizeof message));
  MEASURE("message_queue_receive: available", rtems_message_queue_receive(chain_queue, message, &size, RTEMS_NO_WAIT, 0));

  while (rtems_message_queue_receive(chain_queue, message, &size, RTEMS_NO_WAIT, 0) == RTEMS_SUCCESSFUL) {
  }
  chain_start(blocks_on_queue);
  for (unsigned n = 0; n < CHAIN; n++) {
    mark_begin("message_queue_send: preempts caller");
    rtems_message_queue_send(chain_queue, message, sizeof message);
  }
  chain_delete();

  chain_start(blocks_on_event);
  for (unsigned n = 0; n < CHAIN; n++) {
    mark_begin("event_send: preempts caller");
    rtems_event_send(chain_tasks[n], RTEMS_EVENT_1);
  }
  chain_delete();

  rtems_semaphore_create(NAME(60), 0, RTEMS_FIFO | RTEMS_COUNTING_SEMAPHORE, 0, &chain_semaphore);
  chain_start(blocks_on_semaphore);
  for (unsigned n = 0; n < CHAIN; n++) {
    mark_begin("semaphore_release: preempts caller");
    rtems_semaphore_release(chain_semaphore);
  }
  chain_delete();
  rtems_semaphore_delete(chain_semaphore);

  rtems_task_create(NAME(70), 30, 4096, RTEMS_DEFAULT_MODES, RTEMS_DEFAULT_ATTRIBUTES, &task);
  yielding = true;
  rtems_task_start(task, yields, 0);
  for (unsigned n = 0; n < ROUNDS; n++) {
    mark_begin("wake_after: yield to another task");
    rtems_task_wake_after(RTEMS_YIELD_PROCESSOR);
    mark_end();
  }
  yielding = false;
  rtems_task_delete(task);

  rtems_task_create(NAME(71), 10, 4096, RTEMS_DEFAULT_MODES, RTEMS_DEFAULT_ATTRIBUTES, &task);
  rtems_task_start(task, suspends, 0);
  for (unsigned n = 0; n < ROUNDS; n++) {
    mark_end();
    mark_begin("task_resume: preempts caller");
    rtems_task_resume(task);
  }
  mark_end();

  puts("timing ends");
  console_drain();
  rtems_task_suspend(RTEMS_SELF);
}
