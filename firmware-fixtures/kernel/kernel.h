/* Inside of the kernel: control blocks and the calls that its parts share. Everything here is touched with interrupts off. */
#ifndef KERNEL_H
#define KERNEL_H

#include <rtems.h>

/* Why a task is not running: a set of bits, none = ready. A task may be suspended and waiting at once. */
#define STATE_READY 0x00u
#define STATE_DORMANT 0x01u
#define STATE_SUSPENDED 0x02u
#define STATE_DELAY 0x04u
#define STATE_EVENT 0x08u
#define STATE_SEMAPHORE 0x10u
#define STATE_MESSAGE 0x20u
#define STATE_WAITING (STATE_DELAY | STATE_EVENT | STATE_SEMAPHORE | STATE_MESSAGE)

/* Something that happens at a tick: a timeout or a timer. Kept in a list sorted by expiry, equal ones in order of arrival. */
struct watchdog {
  struct watchdog *next, *previous;
  uint32_t expiry;
  bool active;
  void (*routine)(void *);
  void *argument;
};

struct tcb;

/* Tasks waiting for one object, by priority or in order of arrival. */
struct wait_queue {
  struct tcb *first;
  bool by_priority;
};

struct tcb {
  struct tcb *next; /* all tasks, newest last */
  rtems_name name;
  rtems_id id;
  uint32_t state;
  uint32_t priority;      /* with inheritance */
  uint32_t real_priority; /* as set */
  const char *wait_note;
  uint32_t wait_since; /* tick at which it began to wait */
  uint64_t cpu_time;   /* time base ticks */

  uint32_t stack_pointer;
  uint32_t *stack;
  size_t stack_size;
  rtems_task_entry entry;
  rtems_task_argument argument;
  rtems_mode mode;

  struct tcb *ready_next, *ready_previous;
  struct watchdog timeout;

  struct wait_queue *waiting_on;
  struct tcb *wait_next;
  void *wait_object;
  rtems_status_code wait_status;

  rtems_event_set pending;
  rtems_event_set wanted;
  rtems_option event_option;
  rtems_event_set received;

  void *message_buffer;
  size_t *message_size;

  uint32_t mutexes_held;
  const char *outer_note;
  int error; /* errno */
  uint32_t notepad[RTEMS_NUMBER_NOTEPADS];
};

extern struct tcb *task_list;
extern struct tcb *executing;
extern uint32_t dispatch_needed;
extern uint32_t interrupt_depth;
extern uint32_t kernel_ticks;

void scheduler_init(void);
/* Starts multitasking with the highest task; does not return. */
void scheduler_start(void) __attribute__((noreturn));
/* Switches to the heir when there is a better one. Interrupts off; returns with them off. */
void thread_dispatch(void);
/* Asks for a switch: at once from a task, on the way out from an interrupt. */
void request_dispatch(void);
void dispatch_disable(void);
void dispatch_enable(void);

/* Blocks the executing task in `state` (on a queue, unless null) for at most `ticks` (0 = for ever); returns how the wait ended. */
rtems_status_code task_block(uint32_t state, struct wait_queue *queue, void *object, rtems_interval ticks);
/* Ends a wait with `status`. */
void task_unblock(struct tcb *task, rtems_status_code status);
void task_set_current_priority(struct tcb *task, uint32_t priority);
struct tcb *task_get(rtems_id id);
struct tcb *wait_queue_first(struct wait_queue *queue);

void watchdog_start(struct watchdog *watchdog, uint32_t ticks);
void watchdog_stop(struct watchdog *watchdog);

/* Class part of an id, as the Classic API numbers its objects on node 1. */
#define ID_TASKS 0x0A010000u
#define ID_TIMERS 0x12010000u
#define ID_SEMAPHORES 0x1A010000u
#define ID_QUEUES 0x22010000u

void context_switch(uint32_t *save_stack_pointer, uint32_t stack_pointer);
void task_trampoline(void);
void idle_loop(void);
void task_exited(void) __attribute__((noreturn));
void heap_init(uintptr_t low, uintptr_t high);
void time_account(void);
void semaphore_owner_changed_priority(struct tcb *task);
/* For reports: what a wait for a semaphore is called, and the name of the semaphore's holder (0 = none). */
const char *semaphore_note(const void *object);
rtems_name semaphore_holder(const void *object);

#endif
