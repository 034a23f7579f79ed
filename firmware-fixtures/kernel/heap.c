/* First-fit heap over the rest of RAM. Blocks carry a header; neighbours that are free are joined on free(). */
#include "kernel.h"

#include <panic.h>
#include <stdlib.h>
#include <string.h>

#define ALIGNMENT 16u
#define BLOCK_USED 0xA110CA7Eu
#define BLOCK_FREE 0xF4EEB10Cu
#define MIN_SPLIT 32u

/* In front of every block. `size` counts the header. Blocks follow each other without gaps from heap_low to heap_high. */
struct block {
  uint32_t size;
  uint32_t previous_size; /* of the block just below, 0 for the lowest */
  uint32_t state;
  uint32_t pad;
  /* Links of the free list, sorted by address; in the body, so only when free. */
  struct block *next, *previous;
};
#define HEADER offsetof(struct block, next)

static uintptr_t heap_low, heap_high;
static struct block *free_list;
static uint32_t failures;

static struct block *above(struct block *b) {
  uintptr_t next = (uintptr_t)b + b->size;
  return next < heap_high ? (struct block *)next : NULL;
}

void heap_init(uintptr_t low, uintptr_t high) {
  heap_low = (low + ALIGNMENT - 1) & ~(ALIGNMENT - 1);
  heap_high = high & ~(ALIGNMENT - 1);
  if (heap_high < heap_low + 65536) {
    panic("no room for a heap");
  }
  struct block *b = (struct block *)heap_low;
  b->size = heap_high - heap_low;
  b->previous_size = 0;
  b->state = BLOCK_FREE;
  b->next = b->previous = NULL;
  free_list = b;
}

static void free_unlink(struct block *b) {
  if (b->previous) {
    b->previous->next = b->next;
  } else {
    free_list = b->next;
  }
  if (b->next) {
    b->next->previous = b->previous;
  }
}

static void free_link(struct block *b) {
  struct block *after = NULL;
  struct block *at = free_list;
  while (at && at < b) {
    after = at;
    at = at->next;
  }
  b->next = at;
  b->previous = after;
  if (at) {
    at->previous = b;
  }
  if (after) {
    after->next = b;
  } else {
    free_list = b;
  }
}

/* Cuts `b` to `size` bytes; what is left over, if it is worth it, becomes a free block. */
static void split(struct block *b, uint32_t size) {
  if (b->size < size + HEADER + MIN_SPLIT) {
    return;
  }
  struct block *rest = (struct block *)((uintptr_t)b + size);
  rest->size = b->size - size;
  rest->previous_size = size;
  rest->state = BLOCK_FREE;
  b->size = size;
  struct block *next = above(rest);
  if (next) {
    next->previous_size = rest->size;
  }
  free_link(rest);
}

static void *allocate(size_t alignment, size_t wanted) {
  if (wanted > heap_high - heap_low) {
    failures++;
    return NULL;
  }
  uint32_t size = HEADER + ((wanted < MIN_SPLIT ? MIN_SPLIT : wanted) + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
  for (struct block *b = free_list; b; b = b->next) {
    uintptr_t body = (uintptr_t)b + HEADER;
    uintptr_t place = (body + alignment - 1) & ~(alignment - 1);
    /* A gap below an aligned body must be big enough to be a block. */
    while (place != body && place - body < HEADER + MIN_SPLIT) {
      place += alignment;
    }
    uint32_t gap = place - body;
    if (b->size < gap + size) {
      continue;
    }
    free_unlink(b);
    if (gap) {
      split(b, gap);
      free_link(b);
      b = above(b);
      free_unlink(b);
    }
    split(b, size);
    b->state = BLOCK_USED;
    return (void *)((uintptr_t)b + HEADER);
  }
  failures++;
  return NULL;
}

void *memalign(size_t alignment, size_t size) {
  if (interrupt_depth) {
    panic("malloc from an interrupt");
  }
  dispatch_disable();
  void *result = allocate(alignment < ALIGNMENT ? ALIGNMENT : alignment, size);
  dispatch_enable();
  return result;
}

void *malloc(size_t size) { return memalign(ALIGNMENT, size); }

void *calloc(size_t count, size_t size) {
  if (size && count > SIZE_MAX / size) {
    return NULL;
  }
  void *result = malloc(count * size);
  if (result) {
    memset(result, 0, count * size);
  }
  return result;
}

void free(void *body) {
  if (!body) {
    return;
  }
  if (interrupt_depth) {
    panic("free from an interrupt");
  }
  struct block *b = (struct block *)((uintptr_t)body - HEADER);
  if ((uintptr_t)b < heap_low || (uintptr_t)b >= heap_high || b->state != BLOCK_USED) {
    panic("free of %p: not an allocated block", body);
  }
  dispatch_disable();
  b->state = BLOCK_FREE;
  struct block *next = above(b);
  if (next && next->state == BLOCK_FREE) {
    free_unlink(next);
    b->size += next->size;
  }
  if (b->previous_size) {
    struct block *below = (struct block *)((uintptr_t)b - b->previous_size);
    if (below->state == BLOCK_FREE) {
      free_unlink(below);
      below->size += b->size;
      b = below;
    }
  }
  next = above(b);
  if (next) {
    next->previous_size = b->size;
  }
  free_link(b);
  dispatch_enable();
}

void *realloc(void *body, size_t size) {
  if (!body) {
    return malloc(size);
  }
  if (size == 0) {
    free(body);
    return NULL;
  }
  struct block *b = (struct block *)((uintptr_t)body - HEADER);
  uint32_t room = b->size - HEADER;
  if (size <= room) {
    return body;
  }
  void *result = malloc(size);
  if (result) {
    memcpy(result, body, room);
    free(body);
  }
  return result;
}

void heap_get_statistics(struct heap_statistics *out) {
  memset(out, 0, sizeof *out);
  dispatch_disable();
  out->total = heap_high - heap_low;
  out->failures = failures;
  for (struct block *b = (struct block *)heap_low; b; b = above(b)) {
    if (b->state == BLOCK_FREE) {
      out->free += b->size;
      out->free_blocks++;
      if (b->size > out->largest_free) {
        out->largest_free = b->size;
      }
    } else {
      out->used += b->size;
      out->used_blocks++;
    }
  }
  dispatch_enable();
}
