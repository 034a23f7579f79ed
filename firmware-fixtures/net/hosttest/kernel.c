/*
 * A stand-in for the kernel, so that the stack runs as a Linux program under qemu-ppc: tasks are coroutines scheduled by
 * priority, the clock advances to the next time-out when all of them wait. No preemption.
 */
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>

enum { SUCCESSFUL = 0, TIMEOUT = 6, UNSATISFIED = 13 };
#define TASKS 32
#define STACK (256 * 1024)

struct task {
  ucontext_t context;
  int used, ready, priority;
  uint32_t wake;      /* tick of the time-out */
  int has_timeout, timed_out;
  uint32_t pending, wanted; /* events */
  int waits_semaphore;
  const char *note;
  void (*entry)(uint32_t);
  uint32_t argument;
  int error;
  char name[5];
};

static struct task tasks[TASKS];
static int current, count;
static ucontext_t scheduler;
static uint32_t ticks;
static int owner = -1, nest;
uint32_t rtems_microseconds_per_tick = 10000;

static void yield(void) {
  swapcontext(&tasks[current].context, &scheduler);
}

int *task_errno(void) {
  return &tasks[current].error;
}

void task_wait_note(const char *note) {
  tasks[current].note = note;
}

void task_wait_done(void) {
  tasks[current].note = NULL;
}

void rtems_panic(const char *format, ...) {
  va_list args;
  va_start(args, format);
  fprintf(stderr, "PANIC: ");
  vfprintf(stderr, format, args);
  fprintf(stderr, "\n");
  exit(3);
}

uint32_t rtems_clock_get_ticks_since_boot(void) {
  return ticks;
}

uint32_t rtems_task_self(void) {
  return (uint32_t)current + 1;
}

static void trampoline(int i) {
  tasks[i].entry(tasks[i].argument);
  tasks[i].used = 0;
  setcontext(&scheduler);
}

int rtems_task_create(uint32_t name, uint32_t priority, size_t stack, uint32_t modes, uint32_t attributes, uint32_t *id) {
  (void)stack, (void)modes, (void)attributes;
  struct task *t = &tasks[count];
  t->priority = (int)priority;
  for (int i = 0; i < 4; i++) t->name[i] = (char)(name >> (24 - 8 * i));
  *id = (uint32_t)++count;
  return 0;
}

int rtems_task_start(uint32_t id, void (*entry)(uint32_t), uint32_t argument) {
  struct task *t = &tasks[id - 1];
  t->entry = entry;
  t->argument = argument;
  t->used = t->ready = 1;
  getcontext(&t->context);
  t->context.uc_stack.ss_sp = malloc(STACK);
  t->context.uc_stack.ss_size = STACK;
  t->context.uc_link = &scheduler;
  makecontext(&t->context, (void (*)(void))trampoline, 1, (int)id - 1);
  return 0;
}

int rtems_task_delete(uint32_t id) {
  (void)id;
  tasks[current].used = 0;
  yield();
  return 0;
}

static int block(uint32_t timeout) {
  struct task *t = &tasks[current];
  t->ready = 0;
  t->timed_out = 0;
  t->has_timeout = timeout != 0;
  t->wake = ticks + timeout;
  yield();
  return t->timed_out;
}

int rtems_task_wake_after(uint32_t n) {
  if (n == 0)
    yield();
  else
    block(n);
  return 0;
}

int rtems_event_send(uint32_t id, uint32_t events) {
  struct task *t = &tasks[id - 1];
  t->pending |= events;
  if (t->pending & t->wanted) t->ready = 1;
  return 0;
}

int rtems_event_receive(uint32_t events, uint32_t options, uint32_t timeout, uint32_t *out) {
  struct task *t = &tasks[current];
  int status = SUCCESSFUL;
  if (!(t->pending & events)) {
    if (options & 1) return UNSATISFIED;
    t->wanted = events;
    if (block(timeout)) status = TIMEOUT;
    t->wanted = 0;
  }
  *out = t->pending & events;
  t->pending &= ~events;
  return *out ? SUCCESSFUL : status;
}

int rtems_semaphore_create(uint32_t name, uint32_t n, uint32_t attributes, uint32_t ceiling, uint32_t *id) {
  (void)name, (void)n, (void)attributes, (void)ceiling;
  *id = 1;
  return 0;
}

int rtems_semaphore_obtain(uint32_t id, uint32_t options, uint32_t timeout) {
  (void)id, (void)options, (void)timeout;
  while (owner != -1 && owner != current) {
    tasks[current].waits_semaphore = 1;
    block(0);
  }
  owner = current;
  nest++;
  return 0;
}

int rtems_semaphore_release(uint32_t id) {
  (void)id;
  if (owner != current) rtems_panic("semaphore released by a task that does not hold it");
  if (--nest == 0) {
    owner = -1;
    for (int i = 0; i < count; i++)
      if (tasks[i].waits_semaphore) {
        tasks[i].waits_semaphore = 0;
        tasks[i].ready = 1;
      }
  }
  return 0;
}

/* Runs until nothing but endless waits is left or `limit` ticks have passed. */
void kernel_run(uint32_t limit) {
  setvbuf(stdout, NULL, _IOLBF, 0);
  for (;;) {
    int best = -1;
    for (int i = 0; i < count; i++)
      if (tasks[i].used && tasks[i].ready && (best < 0 || tasks[i].priority < tasks[best].priority)) best = i;
    if (best >= 0) {
      current = best;
      swapcontext(&scheduler, &tasks[best].context);
      continue;
    }
    int next = -1;
    for (int i = 0; i < count; i++)
      if (tasks[i].used && !tasks[i].ready && tasks[i].has_timeout &&
          (next < 0 || (int32_t)(tasks[i].wake - tasks[next].wake) < 0))
        next = i;
    if (next < 0 || tasks[next].wake > limit) return;
    ticks = tasks[next].wake;
    for (int i = 0; i < count; i++)
      if (tasks[i].used && !tasks[i].ready && tasks[i].has_timeout && tasks[i].wake == ticks) {
        tasks[i].ready = 1;
        tasks[i].timed_out = 1;
        tasks[i].has_timeout = 0;
      }
  }
}

void kernel_report(void) {
  for (int i = 0; i < count; i++)
    if (tasks[i].used)
      printf("  task %s: %s %s\n", tasks[i].name, tasks[i].ready ? "ready" : "waits", tasks[i].note ? tasks[i].note : "");
}
