/*
 * /data/image.bin: a recorded waveform as clients see it, made as it is read, a byte at a time: byte i is
 * (7 i + 13 (i / 256)) mod 256. It always has data, so a transfer is limited by the network or by the CPU, never by a source.
 */
#include "image.h"

#include <boot_params.h>

static uint32_t image_size(void *context) {
  (void)context;
  return boot_params.imagesize;
}

static int image_read(void *context, uint32_t offset, void *buffer, uint32_t length) {
  uint8_t *to = buffer;

  (void)context;
  if (offset >= boot_params.imagesize) {
    return 0;
  }
  if (length > boot_params.imagesize - offset) {
    length = boot_params.imagesize - offset;
  }
  for (uint32_t i = offset; i < offset + length; i++) {
    *to++ = (uint8_t)(7 * i + 13 * (i >> 8));
  }
  return (int)length;
}

const struct fs_special image_file = {image_size, image_read};
