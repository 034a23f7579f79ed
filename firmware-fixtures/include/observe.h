/*
 * What a host-side observer needs to find its way in memory. Each OBSERVE adds { name, value } to the array observer_layout,
 * which ends with an empty name. Values are offsets, constants or addresses of globals.
 */
#ifndef OBSERVE_H
#define OBSERVE_H

#include <stddef.h>
#include <stdint.h>

struct observer_entry {
  char name[28];
  uint32_t value;
};

extern const struct observer_entry observer_layout[];

#define OBSERVE_JOIN2(a, b) a##b
#define OBSERVE_JOIN(a, b) OBSERVE_JOIN2(a, b)
/* `label` at most 27 characters. File scope only. */
#define OBSERVE(label, number)                                                              \
  static const struct observer_entry OBSERVE_JOIN(observe_, __COUNTER__)                    \
      __attribute__((section(".observer"), used, aligned(4))) = {label, (uint32_t)(number)}

#endif
