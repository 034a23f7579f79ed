/* The Classic API subset that this kernel implements: names, constants and semantics as RTEMS 4.6 documents them. */
#ifndef RTEMS_H
#define RTEMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint32_t rtems_id;
typedef uint32_t rtems_name;
typedef uint32_t rtems_interval;
typedef uint32_t rtems_option;
typedef uint32_t rtems_attribute;
typedef uint32_t rtems_mode;
typedef uint32_t rtems_event_set;
typedef uint32_t rtems_task_priority;
typedef uint32_t rtems_task_argument;
typedef uint32_t rtems_interrupt_level;
typedef uint32_t rtems_unsigned32;
typedef bool rtems_boolean;
typedef void rtems_task;
typedef rtems_task (*rtems_task_entry)(rtems_task_argument);
typedef void (*rtems_timer_service_routine_entry)(rtems_id, void *);

typedef enum {
  RTEMS_SUCCESSFUL = 0,
  RTEMS_TASK_EXITTED = 1,
  RTEMS_MP_NOT_CONFIGURED = 2,
  RTEMS_INVALID_NAME = 3,
  RTEMS_INVALID_ID = 4,
  RTEMS_TOO_MANY = 5,
  RTEMS_TIMEOUT = 6,
  RTEMS_OBJECT_WAS_DELETED = 7,
  RTEMS_INVALID_SIZE = 8,
  RTEMS_INVALID_ADDRESS = 9,
  RTEMS_INVALID_NUMBER = 10,
  RTEMS_NOT_DEFINED = 11,
  RTEMS_RESOURCE_IN_USE = 12,
  RTEMS_UNSATISFIED = 13,
  RTEMS_INCORRECT_STATE = 14,
  RTEMS_ALREADY_SUSPENDED = 15,
  RTEMS_ILLEGAL_ON_SELF = 16,
  RTEMS_ILLEGAL_ON_REMOTE_OBJECT = 17,
  RTEMS_CALLED_FROM_ISR = 18,
  RTEMS_INVALID_PRIORITY = 19,
  RTEMS_INVALID_CLOCK = 20,
  RTEMS_INVALID_NODE = 21,
  RTEMS_NOT_CONFIGURED = 22,
  RTEMS_NOT_OWNER_OF_RESOURCE = 23,
  RTEMS_NOT_IMPLEMENTED = 24,
  RTEMS_INTERNAL_ERROR = 25,
  RTEMS_NO_MEMORY = 26,
  RTEMS_IO_ERROR = 27
} rtems_status_code;

#define rtems_build_name(a, b, c, d) \
  (((uint32_t)(uint8_t)(a) << 24) | ((uint32_t)(uint8_t)(b) << 16) | ((uint32_t)(uint8_t)(c) << 8) | (uint32_t)(uint8_t)(d))

#define RTEMS_SELF 0u
#define RTEMS_NO_TIMEOUT 0u
#define RTEMS_YIELD_PROCESSOR 0u
#define RTEMS_CURRENT_PRIORITY 0u
#define RTEMS_MINIMUM_STACK_SIZE 4096u
#define RTEMS_SEARCH_ALL_NODES 0u

/* Options */
#define RTEMS_DEFAULT_OPTIONS 0u
#define RTEMS_WAIT 0u
#define RTEMS_NO_WAIT 1u
#define RTEMS_EVENT_ALL 0u
#define RTEMS_EVENT_ANY 2u

/* Attributes */
#define RTEMS_DEFAULT_ATTRIBUTES 0u
#define RTEMS_LOCAL 0u
#define RTEMS_NO_FLOATING_POINT 0u
#define RTEMS_FIFO 0u
#define RTEMS_PRIORITY 4u
#define RTEMS_COUNTING_SEMAPHORE 0u
#define RTEMS_BINARY_SEMAPHORE 0x10u
#define RTEMS_SIMPLE_BINARY_SEMAPHORE 0x20u
#define RTEMS_NO_INHERIT_PRIORITY 0u
#define RTEMS_INHERIT_PRIORITY 0x40u
#define RTEMS_NO_PRIORITY_CEILING 0u

/* Modes */
#define RTEMS_DEFAULT_MODES 0u
#define RTEMS_CURRENT_MODE 0u
#define RTEMS_PREEMPT 0u
#define RTEMS_NO_PREEMPT 0x100u
#define RTEMS_PREEMPT_MASK 0x100u
#define RTEMS_NO_TIMESLICE 0u
#define RTEMS_TIMESLICE 0x200u /* accepted, not implemented: equal priorities run until they block */
#define RTEMS_TIMESLICE_MASK 0x200u
#define RTEMS_ASR 0u
#define RTEMS_INTERRUPT_LEVEL(n) ((n) & 1u) /* accepted, ignored: tasks run with interrupts on */

/* Events */
#define RTEMS_PENDING_EVENTS 0u
#define RTEMS_ALL_EVENTS 0xFFFFFFFFu
#define RTEMS_EVENT_0 0x00000001u
#define RTEMS_EVENT_1 0x00000002u
#define RTEMS_EVENT_2 0x00000004u
#define RTEMS_EVENT_3 0x00000008u
#define RTEMS_EVENT_4 0x00000010u
#define RTEMS_EVENT_5 0x00000020u
#define RTEMS_EVENT_6 0x00000040u
#define RTEMS_EVENT_7 0x00000080u
#define RTEMS_EVENT_8 0x00000100u
#define RTEMS_EVENT_9 0x00000200u
#define RTEMS_EVENT_10 0x00000400u
#define RTEMS_EVENT_16 0x00010000u
#define RTEMS_EVENT_18 0x00040000u
#define RTEMS_EVENT_24 0x01000000u
#define RTEMS_EVENT_25 0x02000000u
#define RTEMS_EVENT_26 0x04000000u
#define RTEMS_EVENT_27 0x08000000u
#define RTEMS_EVENT_28 0x10000000u
#define RTEMS_EVENT_31 0x80000000u

/* Tasks. Priorities 1 (most urgent) … 255; equal priorities run until they block. */
rtems_status_code rtems_task_create(rtems_name name, rtems_task_priority priority, size_t stack_size, rtems_mode modes,
                                    rtems_attribute attributes, rtems_id *id);
rtems_status_code rtems_task_start(rtems_id id, rtems_task_entry entry, rtems_task_argument argument);
/* Deleting the calling task does not return. Its stack is freed by the next rtems_task_create. */
rtems_status_code rtems_task_delete(rtems_id id);
rtems_status_code rtems_task_suspend(rtems_id id);
rtems_status_code rtems_task_resume(rtems_id id);
rtems_status_code rtems_task_is_suspended(rtems_id id);
rtems_status_code rtems_task_set_priority(rtems_id id, rtems_task_priority priority, rtems_task_priority *old_priority);
rtems_status_code rtems_task_mode(rtems_mode modes, rtems_mode mask, rtems_mode *old_modes);
/* 0 ticks gives way to tasks of the same priority. */
rtems_status_code rtems_task_wake_after(rtems_interval ticks);
rtems_status_code rtems_task_ident(rtems_name name, uint32_t node, rtems_id *id);
rtems_id rtems_task_self(void);
rtems_name rtems_task_self_name(void);

/* Notes and user words of a task. */
rtems_status_code rtems_task_get_note(rtems_id id, uint32_t notepad, uint32_t *note);
rtems_status_code rtems_task_set_note(rtems_id id, uint32_t notepad, uint32_t note);
#define RTEMS_NUMBER_NOTEPADS 4

/* Says in the task's control block what it is about to wait for; a constant string. Nests one deep. */
void task_wait_note(const char *note);
void task_wait_done(void);

/* Events. A timeout counts ticks, 0 waits for ever. Sending is allowed from interrupts. */
rtems_status_code rtems_event_send(rtems_id id, rtems_event_set events);
rtems_status_code rtems_event_receive(rtems_event_set events, rtems_option options, rtems_interval ticks, rtems_event_set *out);

/* Semaphores. Binary ones nest for their holder; with RTEMS_INHERIT_PRIORITY (needs RTEMS_PRIORITY) the holder inherits. */
rtems_status_code rtems_semaphore_create(rtems_name name, uint32_t count, rtems_attribute attributes,
                                         rtems_task_priority ceiling, rtems_id *id);
rtems_status_code rtems_semaphore_delete(rtems_id id);
rtems_status_code rtems_semaphore_obtain(rtems_id id, rtems_option options, rtems_interval ticks);
rtems_status_code rtems_semaphore_release(rtems_id id);
rtems_status_code rtems_semaphore_flush(rtems_id id);
rtems_status_code rtems_semaphore_ident(rtems_name name, uint32_t node, rtems_id *id);

/* Message queues. Sending is allowed from interrupts. */
rtems_status_code rtems_message_queue_create(rtems_name name, uint32_t count, size_t max_message_size,
                                             rtems_attribute attributes, rtems_id *id);
rtems_status_code rtems_message_queue_delete(rtems_id id);
rtems_status_code rtems_message_queue_send(rtems_id id, const void *buffer, size_t size);
rtems_status_code rtems_message_queue_urgent(rtems_id id, const void *buffer, size_t size);
rtems_status_code rtems_message_queue_broadcast(rtems_id id, const void *buffer, size_t size, uint32_t *count);
rtems_status_code rtems_message_queue_receive(rtems_id id, void *buffer, size_t *size, rtems_option options, rtems_interval ticks);
rtems_status_code rtems_message_queue_get_number_pending(rtems_id id, uint32_t *count);
rtems_status_code rtems_message_queue_flush(rtems_id id, uint32_t *count);
rtems_status_code rtems_message_queue_ident(rtems_name name, uint32_t node, rtems_id *id);

/* Timers. The routine runs in the tick interrupt. */
rtems_status_code rtems_timer_create(rtems_name name, rtems_id *id);
rtems_status_code rtems_timer_delete(rtems_id id);
rtems_status_code rtems_timer_fire_after(rtems_id id, rtems_interval ticks, rtems_timer_service_routine_entry routine, void *user);
rtems_status_code rtems_timer_cancel(rtems_id id);
rtems_status_code rtems_timer_reset(rtems_id id);
rtems_status_code rtems_timer_ident(rtems_name name, rtems_id *id);

/* Clock */
typedef struct {
  uint32_t year, month, day, hour, minute, second, ticks;
} rtems_time_of_day;

typedef enum {
  RTEMS_CLOCK_GET_TOD,
  RTEMS_CLOCK_GET_SECONDS_SINCE_EPOCH,
  RTEMS_CLOCK_GET_TICKS_SINCE_BOOT,
  RTEMS_CLOCK_GET_TICKS_PER_SECOND
} rtems_clock_get_options;

/* The type of *out goes with the option: rtems_time_of_day, or rtems_interval for the others. */
rtems_status_code rtems_clock_get(rtems_clock_get_options option, void *out);
rtems_status_code rtems_clock_set(const rtems_time_of_day *when);
rtems_interval rtems_clock_get_ticks_since_boot(void);
rtems_interval rtems_clock_get_ticks_per_second(void);
/* Called by the tick interrupt. */
rtems_status_code rtems_clock_tick(void);
#define RTEMS_MILLISECONDS_TO_TICKS(ms) ((rtems_interval)(((uint64_t)(ms) * 1000u) / rtems_microseconds_per_tick))
extern uint32_t rtems_microseconds_per_tick;

/* Interrupts */
static inline rtems_interrupt_level rtems_interrupt_disable_level(void) {
  rtems_interrupt_level msr;
  __asm__ volatile("mfmsr %0\n\tmtspr 81,%0" : "=r"(msr) : : "memory"); /* EID: EE off, RI on */
  return msr;
}
#define rtems_interrupt_disable(level) ((level) = rtems_interrupt_disable_level())
#define rtems_interrupt_enable(level) __asm__ volatile("mtmsr %0" : : "r"(level) : "memory")
#define rtems_interrupt_flash(level)                            \
  do {                                                          \
    rtems_interrupt_enable(level);                              \
    (void)rtems_interrupt_disable_level();                      \
  } while (0)
bool rtems_interrupt_is_in_progress(void);

/* Heap statistics, bytes; see stdlib.h for the allocator. */
struct heap_statistics {
  uint32_t total, used, free, largest_free, used_blocks, free_blocks, failures;
};
void heap_get_statistics(struct heap_statistics *out);

const char *rtems_status_text(rtems_status_code code);
void rtems_fatal_error_occurred(uint32_t code) __attribute__((noreturn));
void rtems_panic(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));

#endif
