/* Scheduler and tasks: priority-preemptive, no time slicing; the task directives of the Classic API. */
#include "kernel.h"

#include <board.h>
#include <errno.h>
#include <observe.h>
#include <panic.h>
#include <stdlib.h>
#include <string.h>

#define MAX_TASKS 64u
#define PRIORITIES 256u
#define IDLE_PRIORITY 255u
#define STACK_GUARD 0x5AFEC0DEu
#define TASK_MSR 0x9032u /* EE, ME, IR, DR, RI */

struct tcb *task_list;
struct tcb *executing;
uint32_t dispatch_needed;
uint32_t interrupt_depth;

static struct tcb *tasks[MAX_TASKS];
static struct tcb *task_list_tail;
static struct tcb *ready_first[PRIORITIES];
static struct tcb *ready_last[PRIORITIES];
/* Bit 31 - (p & 31) of word p >> 5 is set when priority p has a ready task, so that cntlzw finds the most urgent. */
static uint32_t ready_words[PRIORITIES / 32];
static uint32_t ready_summary;
static uint32_t dispatch_disabled;
static struct tcb *deleted; /* ended tasks whose memory is still to be freed */
static uint32_t account_start;
static int boot_errno;

OBSERVE("tcb.list", &task_list);
OBSERVE("tcb.running", &executing);
OBSERVE("tcb.next", offsetof(struct tcb, next));
OBSERVE("tcb.name", offsetof(struct tcb, name));
OBSERVE("tcb.id", offsetof(struct tcb, id));
OBSERVE("tcb.state", offsetof(struct tcb, state));
OBSERVE("tcb.priority", offsetof(struct tcb, priority));
OBSERVE("tcb.real_priority", offsetof(struct tcb, real_priority));
OBSERVE("tcb.wait_note", offsetof(struct tcb, wait_note));
OBSERVE("tcb.wait_since", offsetof(struct tcb, wait_since));
OBSERVE("tcb.cpu_time_hi", offsetof(struct tcb, cpu_time));
OBSERVE("tcb.cpu_time_lo", offsetof(struct tcb, cpu_time) + 4);
OBSERVE("tcb.wait_object", offsetof(struct tcb, wait_object));
OBSERVE("tcb.mutexes_held", offsetof(struct tcb, mutexes_held));
OBSERVE("tcb.stack", offsetof(struct tcb, stack));
OBSERVE("tcb.stack_size", offsetof(struct tcb, stack_size));
OBSERVE("tcb.stack_pointer", offsetof(struct tcb, stack_pointer));
OBSERVE("state.READY", STATE_READY);
OBSERVE("state.DORMANT", STATE_DORMANT);
OBSERVE("state.SUSPENDED", STATE_SUSPENDED);
OBSERVE("state.DELAY", STATE_DELAY);
OBSERVE("state.EVENT", STATE_EVENT);
OBSERVE("state.SEMAPHORE", STATE_SEMAPHORE);
OBSERVE("state.MESSAGE", STATE_MESSAGE);

static inline uint32_t leading_zeros(uint32_t word) { return (uint32_t)__builtin_clz(word); }

static void ready_append(struct tcb *task) {
  uint32_t p = task->priority;
  task->ready_next = NULL;
  task->ready_previous = ready_last[p];
  if (ready_last[p]) {
    ready_last[p]->ready_next = task;
  } else {
    ready_first[p] = task;
    ready_words[p >> 5] |= 0x80000000u >> (p & 31);
    ready_summary |= 0x80000000u >> (p >> 5);
  }
  ready_last[p] = task;
}

static void ready_prepend(struct tcb *task) {
  uint32_t p = task->priority;
  if (!ready_first[p]) {
    ready_append(task);
    return;
  }
  task->ready_previous = NULL;
  task->ready_next = ready_first[p];
  ready_first[p]->ready_previous = task;
  ready_first[p] = task;
}

static void ready_remove(struct tcb *task) {
  uint32_t p = task->priority;
  if (task->ready_previous) {
    task->ready_previous->ready_next = task->ready_next;
  } else {
    ready_first[p] = task->ready_next;
  }
  if (task->ready_next) {
    task->ready_next->ready_previous = task->ready_previous;
  } else {
    ready_last[p] = task->ready_previous;
  }
  if (!ready_first[p]) {
    ready_words[p >> 5] &= ~(0x80000000u >> (p & 31));
    if (!ready_words[p >> 5]) {
      ready_summary &= ~(0x80000000u >> (p >> 5));
    }
  }
}

/* The task that ought to run. The idle task is always ready, so there is one. */
static struct tcb *heir(void) {
  if (executing->state == STATE_READY && (executing->mode & RTEMS_PREEMPT_MASK) == RTEMS_NO_PREEMPT) {
    return executing;
  }
  uint32_t word = leading_zeros(ready_summary);
  return ready_first[word * 32 + leading_zeros(ready_words[word])];
}

void time_account(void) {
  uint32_t now = timebase_lower();
  executing->cpu_time += now - account_start;
  account_start = now;
}

void thread_dispatch(void) {
  if (dispatch_disabled || !executing) {
    return; /* dispatch_enable() comes back to it */
  }
  for (;;) {
    dispatch_needed = 0;
    struct tcb *next = heir();
    if (next == executing) {
      return;
    }
    struct tcb *previous = executing;
    if (previous->stack && previous->stack[0] != STACK_GUARD) {
      panic("stack of task %08x overflowed", previous->name);
    }
    time_account();
    executing = next;
    context_switch(&previous->stack_pointer, next->stack_pointer);
  }
}

void request_dispatch(void) {
  if (interrupt_depth) {
    dispatch_needed = 1;
  } else {
    thread_dispatch();
  }
}

void dispatch_disable(void) { dispatch_disabled++; }

void dispatch_enable(void) {
  rtems_interrupt_level level;
  rtems_interrupt_disable(level);
  if (--dispatch_disabled == 0) {
    thread_dispatch();
  }
  rtems_interrupt_enable(level);
}

struct tcb *wait_queue_first(struct wait_queue *queue) { return queue->first; }

static void wait_queue_insert(struct wait_queue *queue, struct tcb *task) {
  struct tcb **at = &queue->first;
  while (*at && (!queue->by_priority || (*at)->priority <= task->priority)) {
    at = &(*at)->wait_next;
  }
  task->wait_next = *at;
  *at = task;
  task->waiting_on = queue;
}

static void wait_queue_remove(struct tcb *task) {
  struct tcb **at = &task->waiting_on->first;
  while (*at != task) {
    at = &(*at)->wait_next;
  }
  *at = task->wait_next;
  task->waiting_on = NULL;
}

static void state_clear(struct tcb *task, uint32_t bits) {
  if (task->state == STATE_READY) {
    return;
  }
  task->state &= ~bits;
  if (task->state == STATE_READY) {
    ready_append(task);
    if (executing && (task->priority < executing->priority || executing->state != STATE_READY)) {
      request_dispatch();
    }
  }
}

static void state_set(struct tcb *task, uint32_t bits) {
  if (task->state == STATE_READY) {
    ready_remove(task);
  }
  task->state |= bits;
}

static void timed_out(void *argument) { task_unblock(argument, RTEMS_TIMEOUT); }

/* What a wait is called when nobody has said so with task_wait_note(). */
static const char *default_note(uint32_t state, const void *object) {
  switch (state) {
    case STATE_EVENT:
      return "event";
    case STATE_SEMAPHORE:
      return semaphore_note(object);
    case STATE_MESSAGE:
      return "message";
    default:
      return "delay";
  }
}

rtems_status_code task_block(uint32_t state, struct wait_queue *queue, void *object, rtems_interval ticks) {
  struct tcb *task = executing;
  task->wait_status = RTEMS_SUCCESSFUL;
  task->wait_object = object;
  bool unnamed = task->wait_note == NULL;
  if (unnamed) {
    task->wait_note = default_note(state, object);
    task->wait_since = kernel_ticks;
  }
  if (queue) {
    wait_queue_insert(queue, task);
  }
  if (ticks) {
    task->timeout.routine = timed_out;
    task->timeout.argument = task;
    watchdog_start(&task->timeout, ticks);
  }
  state_set(task, state);
  thread_dispatch();
  if (unnamed) {
    task->wait_note = NULL;
  }
  return task->wait_status;
}

void task_unblock(struct tcb *task, rtems_status_code status) {
  if (!(task->state & STATE_WAITING)) {
    return;
  }
  watchdog_stop(&task->timeout);
  if (task->waiting_on) {
    wait_queue_remove(task);
  }
  task->wait_object = NULL;
  task->wait_status = status;
  state_clear(task, STATE_WAITING);
}

void task_set_current_priority(struct tcb *task, uint32_t priority) {
  if (task->priority == priority) {
    return;
  }
  bool ready = task->state == STATE_READY;
  if (ready) {
    ready_remove(task);
  }
  task->priority = priority;
  if (ready) {
    /* A running task whose priority changes stays ahead of its new peers. */
    if (task == executing) {
      ready_prepend(task);
    } else {
      ready_append(task);
    }
  }
  if (task->waiting_on && task->waiting_on->by_priority) {
    struct wait_queue *queue = task->waiting_on;
    wait_queue_remove(task);
    wait_queue_insert(queue, task);
    if (task->state & STATE_SEMAPHORE) {
      semaphore_owner_changed_priority(task);
    }
  }
}

struct tcb *task_get(rtems_id id) {
  if (id == RTEMS_SELF) {
    return executing;
  }
  uint32_t index = id - ID_TASKS;
  return index >= 1 && index <= MAX_TASKS ? tasks[index - 1] : NULL;
}

static void free_deleted(void) {
  for (;;) {
    rtems_interrupt_level level;
    rtems_interrupt_disable(level);
    struct tcb *task = deleted;
    if (task) {
      deleted = task->next;
    }
    rtems_interrupt_enable(level);
    if (!task) {
      return;
    }
    free(task->stack);
    free(task);
  }
}

rtems_status_code rtems_task_create(rtems_name name, rtems_task_priority priority, size_t stack_size, rtems_mode modes,
                                    rtems_attribute attributes, rtems_id *id) {
  (void)attributes;
  if (!name) {
    return RTEMS_INVALID_NAME;
  }
  if (priority < 1 || priority > 255) {
    return RTEMS_INVALID_PRIORITY;
  }
  if (!id) {
    return RTEMS_INVALID_ADDRESS;
  }
  free_deleted();
  if (stack_size < RTEMS_MINIMUM_STACK_SIZE) {
    stack_size = RTEMS_MINIMUM_STACK_SIZE;
  }
  stack_size = (stack_size + 15) & ~15u;
  struct tcb *task = calloc(1, sizeof *task);
  uint32_t *stack = malloc(stack_size);
  if (!task || !stack) {
    free(task);
    free(stack);
    return RTEMS_UNSATISFIED;
  }
  task->name = name;
  task->state = STATE_DORMANT;
  task->priority = task->real_priority = priority;
  task->stack = stack;
  task->stack_size = stack_size;
  task->mode = modes;
  stack[0] = STACK_GUARD;

  rtems_interrupt_level level;
  rtems_interrupt_disable(level);
  uint32_t index = 0;
  while (index < MAX_TASKS && tasks[index]) {
    index++;
  }
  if (index == MAX_TASKS) {
    rtems_interrupt_enable(level);
    free(task);
    free(stack);
    return RTEMS_TOO_MANY;
  }
  tasks[index] = task;
  task->id = ID_TASKS + index + 1;
  if (task_list_tail) {
    task_list_tail->next = task;
  } else {
    task_list = task;
  }
  task_list_tail = task;
  rtems_interrupt_enable(level);
  *id = task->id;
  return RTEMS_SUCCESSFUL;
}

rtems_status_code rtems_task_start(rtems_id id, rtems_task_entry entry, rtems_task_argument argument) {
  rtems_interrupt_level level;
  rtems_interrupt_disable(level);
  struct tcb *task = task_get(id);
  rtems_status_code status = RTEMS_SUCCESSFUL;
  if (!task) {
    status = RTEMS_INVALID_ID;
  } else if (!entry) {
    status = RTEMS_INVALID_ADDRESS;
  } else if (!(task->state & STATE_DORMANT)) {
    status = RTEMS_INCORRECT_STATE;
  } else {
    task->entry = entry;
    task->argument = argument;
    /* A frame as context_switch leaves it: 96 bytes below a first caller's frame, link register in that caller's save word. */
    uint32_t top = ((uint32_t)task->stack + task->stack_size) & ~15u;
    uint32_t *caller = (uint32_t *)(top - 16);
    uint32_t *frame = (uint32_t *)(top - 16 - 96);
    memset(frame, 0, 112);
    caller[1] = (uint32_t)task_trampoline;
    frame[0] = (uint32_t)caller;
    frame[2 + 1] = argument;        /* r14 */
    frame[2 + 2] = (uint32_t)entry; /* r15 */
    frame[88 / 4] = TASK_MSR;
    task->stack_pointer = (uint32_t)frame;
    state_clear(task, STATE_DORMANT);
  }
  rtems_interrupt_enable(level);
  return status;
}

static void task_remove(struct tcb *task) {
  watchdog_stop(&task->timeout);
  if (task->waiting_on) {
    wait_queue_remove(task);
  }
  state_set(task, STATE_DORMANT);
  tasks[task->id - ID_TASKS - 1] = NULL;
  struct tcb **at = &task_list;
  struct tcb *before = NULL;
  while (*at != task) {
    before = *at;
    at = &(*at)->next;
  }
  *at = task->next;
  if (task_list_tail == task) {
    task_list_tail = before;
  }
  task->next = deleted;
  deleted = task;
}

rtems_status_code rtems_task_delete(rtems_id id) {
  rtems_interrupt_level level;
  rtems_interrupt_disable(level);
  struct tcb *task = task_get(id);
  if (!task) {
    rtems_interrupt_enable(level);
    return RTEMS_INVALID_ID;
  }
  task_remove(task);
  thread_dispatch(); /* does not return when the task was the caller */
  rtems_interrupt_enable(level);
  return RTEMS_SUCCESSFUL;
}

void task_exited(void) {
  (void)rtems_task_delete(RTEMS_SELF);
  panic("a deleted task went on");
}

rtems_status_code rtems_task_suspend(rtems_id id) {
  rtems_interrupt_level level;
  rtems_interrupt_disable(level);
  struct tcb *task = task_get(id);
  rtems_status_code status = RTEMS_SUCCESSFUL;
  if (!task) {
    status = RTEMS_INVALID_ID;
  } else if (task->state & STATE_SUSPENDED) {
    status = RTEMS_ALREADY_SUSPENDED;
  } else {
    state_set(task, STATE_SUSPENDED);
    request_dispatch();
  }
  rtems_interrupt_enable(level);
  return status;
}

rtems_status_code rtems_task_resume(rtems_id id) {
  rtems_interrupt_level level;
  rtems_interrupt_disable(level);
  struct tcb *task = task_get(id);
  rtems_status_code status = RTEMS_SUCCESSFUL;
  if (!task) {
    status = RTEMS_INVALID_ID;
  } else if (!(task->state & STATE_SUSPENDED)) {
    status = RTEMS_INCORRECT_STATE;
  } else {
    state_clear(task, STATE_SUSPENDED);
  }
  rtems_interrupt_enable(level);
  return status;
}

rtems_status_code rtems_task_is_suspended(rtems_id id) {
  struct tcb *task = task_get(id);
  if (!task) {
    return RTEMS_INVALID_ID;
  }
  return task->state & STATE_SUSPENDED ? RTEMS_ALREADY_SUSPENDED : RTEMS_SUCCESSFUL;
}

rtems_status_code rtems_task_set_priority(rtems_id id, rtems_task_priority priority, rtems_task_priority *old_priority) {
  if (!old_priority) {
    return RTEMS_INVALID_ADDRESS;
  }
  if (priority > 255) {
    return RTEMS_INVALID_PRIORITY;
  }
  rtems_interrupt_level level;
  rtems_interrupt_disable(level);
  struct tcb *task = task_get(id);
  if (!task) {
    rtems_interrupt_enable(level);
    return RTEMS_INVALID_ID;
  }
  *old_priority = task->priority;
  if (priority != RTEMS_CURRENT_PRIORITY) {
    task->real_priority = priority;
    /* A holder of a mutex keeps an inherited, more urgent priority until it lets go. */
    if (task->mutexes_held == 0 || task->priority > priority) {
      task_set_current_priority(task, priority);
      request_dispatch();
    }
  }
  rtems_interrupt_enable(level);
  return RTEMS_SUCCESSFUL;
}

rtems_status_code rtems_task_mode(rtems_mode modes, rtems_mode mask, rtems_mode *old_modes) {
  if (!old_modes) {
    return RTEMS_INVALID_ADDRESS;
  }
  rtems_interrupt_level level;
  rtems_interrupt_disable(level);
  *old_modes = executing->mode;
  executing->mode = (executing->mode & ~mask) | (modes & mask);
  thread_dispatch();
  rtems_interrupt_enable(level);
  return RTEMS_SUCCESSFUL;
}

rtems_status_code rtems_task_wake_after(rtems_interval ticks) {
  rtems_interrupt_level level;
  rtems_interrupt_disable(level);
  if (ticks == RTEMS_YIELD_PROCESSOR) {
    ready_remove(executing);
    ready_append(executing);
    thread_dispatch();
  } else {
    (void)task_block(STATE_DELAY, NULL, NULL, ticks);
  }
  rtems_interrupt_enable(level);
  return RTEMS_SUCCESSFUL;
}

rtems_status_code rtems_task_ident(rtems_name name, uint32_t node, rtems_id *id) {
  (void)node;
  if (!id) {
    return RTEMS_INVALID_ADDRESS;
  }
  if (name == RTEMS_SELF) {
    *id = executing->id;
    return RTEMS_SUCCESSFUL;
  }
  for (uint32_t i = 0; i < MAX_TASKS; i++) {
    if (tasks[i] && tasks[i]->name == name) {
      *id = tasks[i]->id;
      return RTEMS_SUCCESSFUL;
    }
  }
  return RTEMS_INVALID_NAME;
}

rtems_id rtems_task_self(void) { return executing ? executing->id : 0; }

rtems_name rtems_task_self_name(void) { return executing ? executing->name : 0; }

rtems_status_code rtems_task_get_note(rtems_id id, uint32_t notepad, uint32_t *note) {
  struct tcb *task = task_get(id);
  if (!task) {
    return RTEMS_INVALID_ID;
  }
  if (notepad >= RTEMS_NUMBER_NOTEPADS) {
    return RTEMS_INVALID_NUMBER;
  }
  if (!note) {
    return RTEMS_INVALID_ADDRESS;
  }
  *note = task->notepad[notepad];
  return RTEMS_SUCCESSFUL;
}

rtems_status_code rtems_task_set_note(rtems_id id, uint32_t notepad, uint32_t note) {
  struct tcb *task = task_get(id);
  if (!task) {
    return RTEMS_INVALID_ID;
  }
  if (notepad >= RTEMS_NUMBER_NOTEPADS) {
    return RTEMS_INVALID_NUMBER;
  }
  task->notepad[notepad] = note;
  return RTEMS_SUCCESSFUL;
}

void task_wait_note(const char *note) {
  if (!executing) {
    return;
  }
  executing->outer_note = executing->wait_note;
  executing->wait_note = note;
  executing->wait_since = kernel_ticks;
}

void task_wait_done(void) {
  if (!executing) {
    return;
  }
  executing->wait_note = executing->outer_note;
  executing->outer_note = NULL;
}

int *task_errno(void) { return executing ? &executing->error : &boot_errno; }

static rtems_task idle_task(rtems_task_argument argument) {
  (void)argument;
  idle_loop();
}

void scheduler_init(void) {
  rtems_id id;
  if (rtems_task_create(rtems_build_name('I', 'D', 'L', 'E'), IDLE_PRIORITY, 4096, RTEMS_DEFAULT_MODES,
                        RTEMS_DEFAULT_ATTRIBUTES, &id) != RTEMS_SUCCESSFUL ||
      rtems_task_start(id, idle_task, 0) != RTEMS_SUCCESSFUL) {
    panic("no memory for the idle task");
  }
}

void scheduler_start(void) {
  static struct tcb boot; /* what runs until now; never comes back */
  uint32_t word = leading_zeros(ready_summary);
  account_start = timebase_lower();
  executing = ready_first[word * 32 + leading_zeros(ready_words[word])];
  context_switch(&boot.stack_pointer, executing->stack_pointer);
  panic("the start-up code came back");
}

/* Events */

static rtems_event_set events_satisfy(struct tcb *task) {
  rtems_event_set seized = task->pending & task->wanted;
  if (!seized || (!(task->event_option & RTEMS_EVENT_ANY) && seized != task->wanted)) {
    return 0;
  }
  task->pending &= ~seized;
  return seized;
}

rtems_status_code rtems_event_send(rtems_id id, rtems_event_set events) {
  rtems_interrupt_level level;
  rtems_interrupt_disable(level);
  struct tcb *task = task_get(id);
  if (!task) {
    rtems_interrupt_enable(level);
    return RTEMS_INVALID_ID;
  }
  task->pending |= events;
  if (task->state & STATE_EVENT) {
    rtems_event_set seized = events_satisfy(task);
    if (seized) {
      task->received = seized;
      task_unblock(task, RTEMS_SUCCESSFUL);
    }
  }
  rtems_interrupt_enable(level);
  return RTEMS_SUCCESSFUL;
}

rtems_status_code rtems_event_receive(rtems_event_set events, rtems_option options, rtems_interval ticks, rtems_event_set *out) {
  if (!out) {
    return RTEMS_INVALID_ADDRESS;
  }
  struct tcb *task = executing;
  rtems_interrupt_level level;
  rtems_interrupt_disable(level);
  if (events == RTEMS_PENDING_EVENTS) {
    *out = task->pending;
    rtems_interrupt_enable(level);
    return RTEMS_SUCCESSFUL;
  }
  task->wanted = events;
  task->event_option = options;
  rtems_status_code status = RTEMS_SUCCESSFUL;
  rtems_event_set seized = events_satisfy(task);
  if (!seized) {
    if (options & RTEMS_NO_WAIT) {
      *out = 0;
      rtems_interrupt_enable(level);
      return RTEMS_UNSATISFIED;
    }
    task->received = 0;
    status = task_block(STATE_EVENT, NULL, NULL, ticks);
    seized = task->received;
  }
  *out = seized;
  rtems_interrupt_enable(level);
  return status;
}
