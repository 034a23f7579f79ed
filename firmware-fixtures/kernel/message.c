/* Message queues: fixed number of buffers of a fixed greatest size, copied in and out. */
#include "kernel.h"

#include <stdlib.h>
#include <string.h>

#define MAX_QUEUES 32u

struct message {
  size_t size;
  uint8_t data[];
};

struct queue {
  bool used;
  rtems_name name;
  uint32_t capacity, count, head;
  size_t max_size, slot;
  uint8_t *slots;
  struct wait_queue readers;
};

static struct queue queues[MAX_QUEUES];

static struct queue *queue_get(rtems_id id) {
  uint32_t index = id - ID_QUEUES - 1;
  return index < MAX_QUEUES && queues[index].used ? &queues[index] : NULL;
}

static struct message *slot(struct queue *q, uint32_t number) {
  return (struct message *)(q->slots + number % q->capacity * q->slot);
}

rtems_status_code rtems_message_queue_create(rtems_name name, uint32_t count, size_t max_message_size,
                                             rtems_attribute attributes, rtems_id *id) {
  if (!name) {
    return RTEMS_INVALID_NAME;
  }
  if (!id) {
    return RTEMS_INVALID_ADDRESS;
  }
  if (count == 0 || count > 0xFFFF) {
    return RTEMS_INVALID_NUMBER;
  }
  if (max_message_size == 0 || max_message_size > 0xFFFF) {
    return RTEMS_INVALID_SIZE;
  }
  size_t size = sizeof(struct message) + ((max_message_size + 3) & ~3u);
  uint8_t *slots = malloc(size * count);
  if (!slots) {
    return RTEMS_UNSATISFIED;
  }
  rtems_interrupt_level level;
  rtems_interrupt_disable(level);
  for (uint32_t i = 0; i < MAX_QUEUES; i++) {
    struct queue *q = &queues[i];
    if (!q->used) {
      q->used = true;
      q->name = name;
      q->capacity = count;
      q->count = q->head = 0;
      q->max_size = max_message_size;
      q->slot = size;
      q->slots = slots;
      q->readers.first = NULL;
      q->readers.by_priority = (attributes & RTEMS_PRIORITY) != 0;
      *id = ID_QUEUES + 1 + i;
      rtems_interrupt_enable(level);
      return RTEMS_SUCCESSFUL;
    }
  }
  rtems_interrupt_enable(level);
  free(slots);
  return RTEMS_TOO_MANY;
}

rtems_status_code rtems_message_queue_delete(rtems_id id) {
  rtems_interrupt_level level;
  rtems_interrupt_disable(level);
  struct queue *q = queue_get(id);
  if (!q) {
    rtems_interrupt_enable(level);
    return RTEMS_INVALID_ID;
  }
  uint8_t *slots = q->slots;
  q->used = false;
  while (q->readers.first) {
    task_unblock(q->readers.first, RTEMS_OBJECT_WAS_DELETED);
  }
  rtems_interrupt_enable(level);
  free(slots);
  return RTEMS_SUCCESSFUL;
}

static void hand_over(struct tcb *reader, const void *buffer, size_t size) {
  memcpy(reader->message_buffer, buffer, size);
  *reader->message_size = size;
  task_unblock(reader, RTEMS_SUCCESSFUL);
}

static rtems_status_code put(rtems_id id, const void *buffer, size_t size, bool urgent) {
  if (!buffer) {
    return RTEMS_INVALID_ADDRESS;
  }
  rtems_status_code status = RTEMS_SUCCESSFUL;
  rtems_interrupt_level level;
  rtems_interrupt_disable(level);
  struct queue *q = queue_get(id);
  if (!q) {
    status = RTEMS_INVALID_ID;
  } else if (size > q->max_size) {
    status = RTEMS_INVALID_SIZE;
  } else if (q->readers.first) {
    hand_over(q->readers.first, buffer, size);
  } else if (q->count == q->capacity) {
    status = RTEMS_TOO_MANY;
  } else {
    if (urgent) {
      q->head = (q->head + q->capacity - 1) % q->capacity;
    }
    struct message *m = slot(q, urgent ? q->head : q->head + q->count);
    q->count++;
    m->size = size;
    memcpy(m->data, buffer, size);
  }
  rtems_interrupt_enable(level);
  return status;
}

rtems_status_code rtems_message_queue_send(rtems_id id, const void *buffer, size_t size) { return put(id, buffer, size, false); }

rtems_status_code rtems_message_queue_urgent(rtems_id id, const void *buffer, size_t size) { return put(id, buffer, size, true); }

rtems_status_code rtems_message_queue_broadcast(rtems_id id, const void *buffer, size_t size, uint32_t *count) {
  if (!buffer || !count) {
    return RTEMS_INVALID_ADDRESS;
  }
  rtems_status_code status = RTEMS_SUCCESSFUL;
  uint32_t reached = 0;
  dispatch_disable();
  rtems_interrupt_level level;
  rtems_interrupt_disable(level);
  struct queue *q = queue_get(id);
  if (!q) {
    status = RTEMS_INVALID_ID;
  } else if (size > q->max_size) {
    status = RTEMS_INVALID_SIZE;
  } else {
    for (; q->readers.first; reached++) {
      hand_over(q->readers.first, buffer, size);
    }
  }
  rtems_interrupt_enable(level);
  dispatch_enable();
  *count = reached;
  return status;
}

rtems_status_code rtems_message_queue_receive(rtems_id id, void *buffer, size_t *size, rtems_option options, rtems_interval ticks) {
  if (!buffer || !size) {
    return RTEMS_INVALID_ADDRESS;
  }
  rtems_status_code status = RTEMS_SUCCESSFUL;
  rtems_interrupt_level level;
  rtems_interrupt_disable(level);
  struct queue *q = queue_get(id);
  if (!q) {
    status = RTEMS_INVALID_ID;
  } else if (q->count) {
    struct message *m = slot(q, q->head);
    q->head = (q->head + 1) % q->capacity;
    q->count--;
    memcpy(buffer, m->data, m->size);
    *size = m->size;
  } else if (options & RTEMS_NO_WAIT) {
    status = RTEMS_UNSATISFIED;
  } else {
    executing->message_buffer = buffer;
    executing->message_size = size;
    status = task_block(STATE_MESSAGE, &q->readers, q, ticks);
  }
  rtems_interrupt_enable(level);
  return status;
}

rtems_status_code rtems_message_queue_get_number_pending(rtems_id id, uint32_t *count) {
  struct queue *q = queue_get(id);
  if (!count) {
    return RTEMS_INVALID_ADDRESS;
  }
  if (!q) {
    return RTEMS_INVALID_ID;
  }
  *count = q->count;
  return RTEMS_SUCCESSFUL;
}

rtems_status_code rtems_message_queue_flush(rtems_id id, uint32_t *count) {
  if (!count) {
    return RTEMS_INVALID_ADDRESS;
  }
  rtems_interrupt_level level;
  rtems_interrupt_disable(level);
  struct queue *q = queue_get(id);
  if (q) {
    *count = q->count;
    q->count = 0;
  }
  rtems_interrupt_enable(level);
  return q ? RTEMS_SUCCESSFUL : RTEMS_INVALID_ID;
}

rtems_status_code rtems_message_queue_ident(rtems_name name, uint32_t node, rtems_id *id) {
  (void)node;
  if (!id) {
    return RTEMS_INVALID_ADDRESS;
  }
  for (uint32_t i = 0; i < MAX_QUEUES; i++) {
    if (queues[i].used && queues[i].name == name) {
      *id = ID_QUEUES + 1 + i;
      return RTEMS_SUCCESSFUL;
    }
  }
  return RTEMS_INVALID_NAME;
}
