/* Counting and binary semaphores; binary ones have a holder, nest, and may hand their holder the priority of whoever waits. */
#include "kernel.h"

#include <observe.h>
#include <string.h>

#define MAX_SEMAPHORES 64u

struct semaphore {
  bool used;
  rtems_name name;
  char note[16]; /* "semaphore NAME" */
  rtems_attribute attributes;
  uint32_t count;     /* counting: units left; binary: 1 = free */
  struct tcb *holder; /* binary only */
  uint32_t nest;
  struct wait_queue queue;
};

static struct semaphore semaphores[MAX_SEMAPHORES];

/* A task in state SEMAPHORE has its semaphore in tcb.wait_object. */
OBSERVE("semaphore.name", offsetof(struct semaphore, name));
OBSERVE("semaphore.holder", offsetof(struct semaphore, holder));
OBSERVE("semaphore.count", offsetof(struct semaphore, count));

static struct semaphore *semaphore_get(rtems_id id) {
  uint32_t index = id - ID_SEMAPHORES - 1;
  return index < MAX_SEMAPHORES && semaphores[index].used ? &semaphores[index] : NULL;
}

static bool is_mutex(const struct semaphore *s) { return (s->attributes & RTEMS_BINARY_SEMAPHORE) != 0; }

static bool inherits(const struct semaphore *s) { return (s->attributes & RTEMS_INHERIT_PRIORITY) != 0; }

rtems_status_code rtems_semaphore_create(rtems_name name, uint32_t count, rtems_attribute attributes,
                                         rtems_task_priority ceiling, rtems_id *id) {
  (void)ceiling;
  if (!name) {
    return RTEMS_INVALID_NAME;
  }
  if (!id) {
    return RTEMS_INVALID_ADDRESS;
  }
  bool binary = attributes & (RTEMS_BINARY_SEMAPHORE | RTEMS_SIMPLE_BINARY_SEMAPHORE);
  if ((attributes & RTEMS_INHERIT_PRIORITY) && (!(attributes & RTEMS_BINARY_SEMAPHORE) || !(attributes & RTEMS_PRIORITY))) {
    return RTEMS_NOT_DEFINED;
  }
  if (binary && count > 1) {
    return RTEMS_INVALID_NUMBER;
  }
  rtems_status_code status = RTEMS_TOO_MANY;
  rtems_interrupt_level level;
  rtems_interrupt_disable(level);
  for (uint32_t i = 0; i < MAX_SEMAPHORES; i++) {
    struct semaphore *s = &semaphores[i];
    if (!s->used) {
      s->used = true;
      s->name = name;
      memcpy(s->note, "semaphore ", 10);
      memcpy(s->note + 10, &name, 4);
      s->note[14] = 0;
      s->attributes = attributes;
      s->count = count;
      s->holder = NULL;
      s->nest = 0;
      s->queue.first = NULL;
      s->queue.by_priority = (attributes & RTEMS_PRIORITY) != 0;
      if (is_mutex(s) && count == 0) {
        s->holder = executing;
        s->nest = 1;
        if (executing) {
          executing->mutexes_held++;
        }
      }
      *id = ID_SEMAPHORES + 1 + i;
      status = RTEMS_SUCCESSFUL;
      break;
    }
  }
  rtems_interrupt_enable(level);
  return status;
}

rtems_status_code rtems_semaphore_delete(rtems_id id) {
  rtems_interrupt_level level;
  rtems_interrupt_disable(level);
  struct semaphore *s = semaphore_get(id);
  if (!s) {
    rtems_interrupt_enable(level);
    return RTEMS_INVALID_ID;
  }
  if (is_mutex(s) && s->holder) {
    rtems_interrupt_enable(level);
    return RTEMS_RESOURCE_IN_USE;
  }
  s->used = false;
  while (s->queue.first) {
    task_unblock(s->queue.first, RTEMS_OBJECT_WAS_DELETED);
  }
  rtems_interrupt_enable(level);
  return RTEMS_SUCCESSFUL;
}

/* Gives the holder of `s` at least `priority`; goes on along the chain when that holder waits itself. */
static void inherit(struct semaphore *s, uint32_t priority) {
  if (inherits(s) && s->holder && s->holder->priority > priority) {
    task_set_current_priority(s->holder, priority);
  }
}

void semaphore_owner_changed_priority(struct tcb *task) {
  struct semaphore *s = task->wait_object;
  if (s && is_mutex(s)) {
    inherit(s, task->priority);
  }
}

static void take(struct semaphore *s, struct tcb *task) {
  s->count = 0;
  s->holder = task;
  s->nest = 1;
  task->mutexes_held++;
}

rtems_status_code rtems_semaphore_obtain(rtems_id id, rtems_option options, rtems_interval ticks) {
  rtems_status_code status = RTEMS_SUCCESSFUL;
  rtems_interrupt_level level;
  rtems_interrupt_disable(level);
  struct semaphore *s = semaphore_get(id);
  if (!s) {
    status = RTEMS_INVALID_ID;
  } else if (s->count > 0) {
    if (is_mutex(s)) {
      take(s, executing);
    } else {
      s->count--;
    }
  } else if (is_mutex(s) && s->holder == executing) {
    s->nest++;
  } else if (options & RTEMS_NO_WAIT) {
    status = RTEMS_UNSATISFIED;
  } else {
    if (is_mutex(s)) {
      inherit(s, executing->priority);
    }
    status = task_block(STATE_SEMAPHORE, &s->queue, s, ticks);
  }
  rtems_interrupt_enable(level);
  return status;
}

rtems_status_code rtems_semaphore_release(rtems_id id) {
  rtems_status_code status = RTEMS_SUCCESSFUL;
  rtems_interrupt_level level;
  rtems_interrupt_disable(level);
  struct semaphore *s = semaphore_get(id);
  if (!s) {
    status = RTEMS_INVALID_ID;
  } else if (is_mutex(s)) {
    struct tcb *holder = s->holder;
    if (!holder || holder != executing) {
      status = RTEMS_NOT_OWNER_OF_RESOURCE;
    } else if (--s->nest == 0) {
      /* With a waiter the semaphore changes hands directly: nobody can slip in between. */
      struct tcb *next = s->queue.first;
      s->holder = NULL;
      s->count = 1;
      holder->mutexes_held--;
      if (next) {
        take(s, next);
      }
      dispatch_disable();
      if (holder->mutexes_held == 0) {
        task_set_current_priority(holder, holder->real_priority);
      }
      if (next) {
        task_unblock(next, RTEMS_SUCCESSFUL);
      }
      dispatch_enable();
    }
  } else if (s->queue.first) {
    task_unblock(s->queue.first, RTEMS_SUCCESSFUL);
  } else if ((s->attributes & RTEMS_SIMPLE_BINARY_SEMAPHORE) && s->count) {
    /* already free */
  } else {
    s->count++;
  }
  rtems_interrupt_enable(level);
  return status;
}

rtems_status_code rtems_semaphore_flush(rtems_id id) {
  rtems_interrupt_level level;
  rtems_interrupt_disable(level);
  struct semaphore *s = semaphore_get(id);
  rtems_status_code status = s ? RTEMS_SUCCESSFUL : RTEMS_INVALID_ID;
  while (s && s->queue.first) {
    task_unblock(s->queue.first, RTEMS_UNSATISFIED);
  }
  rtems_interrupt_enable(level);
  return status;
}

rtems_status_code rtems_semaphore_ident(rtems_name name, uint32_t node, rtems_id *id) {
  (void)node;
  if (!id) {
    return RTEMS_INVALID_ADDRESS;
  }
  for (uint32_t i = 0; i < MAX_SEMAPHORES; i++) {
    if (semaphores[i].used && semaphores[i].name == name) {
      *id = ID_SEMAPHORES + 1 + i;
      return RTEMS_SUCCESSFUL;
    }
  }
  return RTEMS_INVALID_NAME;
}

const char *semaphore_note(const void *object) { return ((const struct semaphore *)object)->note; }

rtems_name semaphore_holder(const void *object) {
  const struct semaphore *s = object;
  return s->holder ? s->holder->name : 0;
}
