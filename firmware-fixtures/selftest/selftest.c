/*
 * Checks of the kernel against the Classic API's documented behaviour, run on the board itself. Prints one line per check and
 * "selftest: N checks, M failed" at the end. Init runs at priority 2; the helpers below it.
 */
#include <board.h>
#include <boot_params.h>
#include <console.h>
#include <rtems.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned checks, failures;
static char trace[64];
static size_t trace_length;

static void note(char c) {
  if (trace_length < sizeof trace - 1) {
    trace[trace_length++] = c;
    trace[trace_length] = 0;
  }
}

static void check(const char *what, bool good) {
  checks++;
  failures += !good;
  printf("%s %s\n", good ? "ok  " : "FAIL", what);
}

static void check_trace(const char *what, const char *expected) {
  bool good = strcmp(trace, expected) == 0;
  check(what, good);
  if (!good) {
    printf("     expected %s, got %s\n", expected, trace);
  }
  trace_length = 0;
  trace[0] = 0;
}

static rtems_id spawn(char c, rtems_task_priority priority, rtems_task_entry entry, rtems_task_argument argument) {
  rtems_id id = 0;
  rtems_task_create(rtems_build_name('T', 'S', 'T', c), priority, 4096, RTEMS_DEFAULT_MODES, RTEMS_DEFAULT_ATTRIBUTES, &id);
  rtems_task_start(id, entry, argument);
  return id;
}

static void settle(void) { rtems_task_wake_after(5); }

/* ---- priorities ---- */

static rtems_task say(rtems_task_argument c) {
  note((char)c);
  rtems_task_delete(RTEMS_SELF);
}

static rtems_task say_after_yield(rtems_task_argument c) {
  note((char)c);
  rtems_task_wake_after(RTEMS_YIELD_PROCESSOR);
  note((char)c);
  rtems_task_delete(RTEMS_SELF);
}

static void priorities(void) {
  spawn('3', 30, say, '3');
  spawn('1', 10, say, '1');
  spawn('2', 20, say, '2');
  spawn('4', 30, say, '4');
  settle();
  check_trace("tasks run by priority, equal ones in order of start", "1234");
  spawn('a', 30, say_after_yield, 'a');
  spawn('b', 30, say_after_yield, 'b');
  settle();
  check_trace("wake_after(0) yields to equal priorities", "abab");
  rtems_id id;
  check("wrong priority refused", rtems_task_create(1, 0, 0, 0, 0, &id) == RTEMS_INVALID_PRIORITY);
  check("unknown id refused", rtems_task_resume(0x0A010040) == RTEMS_INVALID_ID);
}

/* ---- events ---- */

static rtems_task event_taker(rtems_task_argument option) {
  rtems_event_set out = 0;
  rtems_event_receive(RTEMS_EVENT_1 | RTEMS_EVENT_2, option, RTEMS_NO_TIMEOUT, &out);
  note((char)('0' + out));
  rtems_task_delete(RTEMS_SELF);
}

static void events(void) {
  rtems_id any = spawn('a', 10, event_taker, RTEMS_WAIT | RTEMS_EVENT_ANY);
  rtems_id all = spawn('b', 11, event_taker, RTEMS_WAIT | RTEMS_EVENT_ALL);
  settle();
  rtems_event_send(any, RTEMS_EVENT_2);
  rtems_event_send(all, RTEMS_EVENT_2);
  settle();
  check_trace("EVENT_ANY is content with one", "4");
  rtems_event_send(all, RTEMS_EVENT_1);
  settle();
  check_trace("EVENT_ALL waits for both", "6");
  rtems_event_set out = 99;
  check("NO_WAIT without events", rtems_event_receive(RTEMS_EVENT_5, RTEMS_NO_WAIT, 0, &out) == RTEMS_UNSATISFIED);
  rtems_interval before = rtems_clock_get_ticks_since_boot();
  check("time-out", rtems_event_receive(RTEMS_EVENT_5, RTEMS_WAIT, 7, &out) == RTEMS_TIMEOUT);
  rtems_interval passed = rtems_clock_get_ticks_since_boot() - before;
  check("after 7 ticks", passed == 7);
  rtems_event_send(RTEMS_SELF, RTEMS_EVENT_5 | RTEMS_EVENT_6);
  check("pending events are seen", rtems_event_receive(RTEMS_PENDING_EVENTS, 0, 0, &out) == RTEMS_SUCCESSFUL && out == 0x60);
  check("and taken", rtems_event_receive(0x60, RTEMS_EVENT_ALL, 0, &out) == RTEMS_SUCCESSFUL && out == 0x60);
}

/* ---- semaphores ---- */

static rtems_id mutex, gate;

static rtems_task low_holder(rtems_task_argument argument) {
  (void)argument;
  rtems_semaphore_obtain(mutex, RTEMS_WAIT, 0);
  rtems_semaphore_obtain(mutex, RTEMS_WAIT, 0); /* nested */
  note('L');
  rtems_semaphore_obtain(gate, RTEMS_WAIT, 0);
  rtems_task_priority priority;
  rtems_task_set_priority(RTEMS_SELF, RTEMS_CURRENT_PRIORITY, &priority);
  note(priority == 10 ? 'i' : 'n'); /* inherited from H */
  rtems_semaphore_release(mutex);
  note('l');
  rtems_semaphore_release(mutex);
  rtems_task_set_priority(RTEMS_SELF, RTEMS_CURRENT_PRIORITY, &priority);
  note(priority == 30 ? 'r' : 'x');
  rtems_task_delete(RTEMS_SELF);
}

static rtems_task high_taker(rtems_task_argument argument) {
  (void)argument;
  note('h');
  rtems_semaphore_obtain(mutex, RTEMS_WAIT, 0);
  note('H');
  rtems_semaphore_release(mutex);
  rtems_task_delete(RTEMS_SELF);
}

static rtems_task counting_taker(rtems_task_argument c) {
  rtems_semaphore_obtain(gate, RTEMS_WAIT, 0);
  note((char)c);
  rtems_task_delete(RTEMS_SELF);
}

static void semaphores(void) {
  check("create a mutex", rtems_semaphore_create(rtems_build_name('M', 'U', 'T', 'X'), 1,
                                                 RTEMS_BINARY_SEMAPHORE | RTEMS_PRIORITY | RTEMS_INHERIT_PRIORITY, 0,
                                                 &mutex) == RTEMS_SUCCESSFUL);
  rtems_semaphore_create(rtems_build_name('G', 'A', 'T', 'E'), 0, RTEMS_PRIORITY, 0, &gate);
  spawn('l', 30, low_holder, 0);
  settle();
  spawn('h', 10, high_taker, 0);
  settle();
  check("busy with NO_WAIT", rtems_semaphore_obtain(mutex, RTEMS_NO_WAIT, 0) == RTEMS_UNSATISFIED);
  check("busy until the time-out", rtems_semaphore_obtain(mutex, RTEMS_WAIT, 3) == RTEMS_TIMEOUT);
  check("release by another task refused", rtems_semaphore_release(mutex) == RTEMS_NOT_OWNER_OF_RESOURCE);
  spawn('m', 20, say, 'M');
  rtems_semaphore_release(gate);
  settle();
  /* Our own three-tick wait lent priority 2 to L; it keeps that until it lets go. */
  check_trace("inheritance: holder runs before the middle task", "LhnlHMr");

  spawn('b', 20, counting_taker, 'b');
  settle();
  spawn('a', 10, counting_taker, 'a');
  settle();
  rtems_semaphore_release(gate);
  rtems_semaphore_release(gate);
  settle();
  check_trace("priority queueing", "ab");
  spawn('l', 30, low_holder, 0);
  settle();
  spawn('h', 10, high_taker, 0);
  settle();
  spawn('m', 20, say, 'M');
  rtems_semaphore_release(gate);
  settle();
  check_trace("inherited priority is the waiter's", "LhilHMr");
  check("delete", rtems_semaphore_delete(mutex) == RTEMS_SUCCESSFUL);
  check("deleted is gone", rtems_semaphore_obtain(mutex, RTEMS_WAIT, 0) == RTEMS_INVALID_ID);
  rtems_semaphore_delete(gate);
}

/* ---- message queues ---- */

static rtems_id queue;

static rtems_task queue_reader(rtems_task_argument argument) {
  (void)argument;
  char message[8];
  size_t size;
  while (rtems_message_queue_receive(queue, message, &size, RTEMS_WAIT, 0) == RTEMS_SUCCESSFUL) {
    note(message[0]);
  }
  note('!');
  rtems_task_delete(RTEMS_SELF);
}

static void messages(void) {
  rtems_message_queue_create(rtems_build_name('Q', 'U', 'E', 'U'), 3, 8, RTEMS_FIFO, &queue);
  rtems_message_queue_send(queue, "a", 1);
  rtems_message_queue_send(queue, "b", 1);
  rtems_message_queue_urgent(queue, "u", 1);
  check("a full queue refuses", rtems_message_queue_send(queue, "c", 1) == RTEMS_TOO_MANY);
  check("too long a message", rtems_message_queue_send(queue, "123456789", 9) == RTEMS_INVALID_SIZE);
  spawn('q', 10, queue_reader, 0);
  settle();
  check_trace("urgent first, then in order", "uab");
  rtems_message_queue_send(queue, "d", 1);
  settle();
  rtems_message_queue_delete(queue);
  settle();
  check_trace("waiting reader; deletion wakes it", "d!");
}

/* ---- timers, clock ---- */

static volatile unsigned fired;

static void fire(rtems_id id, void *user) {
  (void)user;
  if (++fired < 3) {
    rtems_timer_reset(id);
  }
}

static void timers(void) {
  rtems_id timer;
  rtems_timer_create(rtems_build_name('T', 'I', 'M', 'R'), &timer);
  rtems_timer_fire_after(timer, 2, fire, NULL);
  rtems_task_wake_after(12);
  check("timer fires and is reset from its routine", fired == 3);
  rtems_timer_fire_after(timer, 2, fire, NULL);
  rtems_timer_cancel(timer);
  rtems_task_wake_after(5);
  check("cancelled timer stays quiet", fired == 3);
  rtems_timer_delete(timer);
  rtems_time_of_day tod = {2004, 2, 29, 23, 59, 59, 0};
  check("set the date", rtems_clock_set(&tod) == RTEMS_SUCCESSFUL);
  rtems_task_wake_after(rtems_clock_get_ticks_per_second());
  rtems_clock_get(RTEMS_CLOCK_GET_TOD, &tod);
  check("leap day rolls over", tod.year == 2004 && tod.month == 3 && tod.day == 1 && tod.hour == 0 && tod.minute == 0);
  uint32_t start = timebase_lower();
  rtems_task_wake_after(1);
  uint32_t one = timebase_lower();
  rtems_task_wake_after(10);
  uint32_t ticks10 = timebase_lower() - one;
  (void)start;
  uint32_t hz = board_info.cpu_hz ? board_info.cpu_hz : 40000000u;
  uint32_t expected = (uint32_t)((uint64_t)rtems_microseconds_per_tick * 10 * (hz / 16) / 1000000u);
  check("ten ticks by the time base", ticks10 > expected - expected / 100 && ticks10 < expected + expected / 100);
}

/* ---- heap, library ---- */

static void library(void) {
  struct heap_statistics before, after;
  heap_get_statistics(&before);
  void *block[40];
  for (unsigned i = 0; i < 40; i++) {
    block[i] = malloc(1 + i * 37);
    memset(block[i], (int)i, 1 + i * 37);
  }
  bool good = true;
  for (unsigned i = 0; i < 40; i += 2) {
    free(block[i]);
  }
  for (unsigned i = 1; i < 40; i += 2) {
    for (unsigned j = 0; j < 1 + i * 37; j++) {
      good &= ((uint8_t *)block[i])[j] == i;
    }
    free(block[i]);
  }
  void *aligned = memalign(2048, 5000);
  good &= ((uintptr_t)aligned & 2047) == 0;
  free(aligned);
  heap_get_statistics(&after);
  check("heap keeps its blocks apart", good);
  check("and is whole again", before.free == after.free && before.free_blocks == after.free_blocks);

  char text[128];
  snprintf(text, sizeof text, "%5d|%-5d|%05d|%+d|%x|%08X|%s|%c|%u|%lld|%.3s|%%", 42, -42, 42, 7, 0xBEEFu, 0xC0FFEEu, "abc", 'z',
           4294967295u, -1234567890123ll, "wxyz");
  check("printf", strcmp(text, "   42|-42  |00042|+7|beef|00C0FFEE|abc|z|4294967295|-1234567890123|wxy|%") == 0);
  check("printf says how long it is", snprintf(text, 4, "%s", "longer") == 6 && strcmp(text, "lon") == 0);
  check("memmove overlaps", (strcpy(text, "abcdef"), memmove(text + 2, text, 4), strcmp(text, "ababcd") == 0));
  check("strtoul", strtoul("0x1F", NULL, 0) == 31 && strtol("-12", NULL, 10) == -12 && strtoul("077", NULL, 0) == 63);
}

rtems_task Init(rtems_task_argument argument) {
  (void)argument;
  tick_init(boot_params.tick);
  console_start_interrupts();
  puts("selftest begins");
  priorities();
  events();
  semaphores();
  messages();
  timers();
  library();
  printf("selftest: %u checks, %u failed\n", checks, failures);
  rtems_task_suspend(RTEMS_SELF);
}
