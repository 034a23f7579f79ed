/* liblzma: .xz with LZMA2 and each match finder, the PowerPC and delta filters, and .lzma; decoded and compared. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "lzma.h"
#include "text.h"

enum { LENGTH = 12000 };
static uint8_t text[LENGTH], packed[2 * LENGTH], back[LENGTH];

static int round_trip(const char *what, lzma_match_finder mf, lzma_mode mode, uint32_t nice, lzma_vli filter, lzma_check check) {
  lzma_options_lzma lzma;
  lzma_options_delta delta = {.type = LZMA_DELTA_TYPE_BYTE, .dist = 4};
  lzma_filter filters[3] = {{filter, filter == LZMA_FILTER_DELTA ? &delta : NULL}, {LZMA_FILTER_LZMA2, &lzma}, {LZMA_VLI_UNKNOWN, NULL}};
  const lzma_filter *chain = filter == LZMA_VLI_UNKNOWN ? filters + 1 : filters;
  size_t length = 0, in = 0, out = 0;
  uint64_t limit = UINT64_MAX;
  lzma_ret e, d;

  lzma_lzma_preset(&lzma, 0);
  lzma.dict_size = 1 << 16;
  lzma.mf = mf;
  lzma.mode = mode;
  lzma.nice_len = nice;
  lzma.depth = 0;
  e = lzma_stream_buffer_encode((lzma_filter *)chain, check, NULL, text, LENGTH, packed, &length, sizeof packed);
  memset(back, 0, LENGTH);
  d = lzma_stream_buffer_decode(&limit, 0, NULL, packed, &in, length, back, &out, LENGTH);
  printf("%s: %d %d, %u bytes, fnv %08x\n", what, e, d, (unsigned)length, (unsigned)fnv(packed, length));
  return e != LZMA_OK || d != LZMA_OK || out != LENGTH || memcmp(text, back, LENGTH) != 0;
}

int main(void) {
  static const uint8_t check[] = "123456789";
  int wrong = 0;

  make_text(text, LENGTH);
  printf("liblzma %s: crc32 %08x crc64 %016llx\n", lzma_version_string(), (unsigned)lzma_crc32(check, 9, 0),
         (unsigned long long)lzma_crc64(check, 9, 0));
  wrong |= lzma_crc32(check, 9, 0) != 0xCBF43926u || lzma_crc64(check, 9, 0) != 0x995DC9BBDF1939FAull;
  wrong |= round_trip("hc3 fast", LZMA_MF_HC3, LZMA_MODE_FAST, 32, LZMA_VLI_UNKNOWN, LZMA_CHECK_CRC32);
  wrong |= round_trip("hc4 fast", LZMA_MF_HC4, LZMA_MODE_FAST, 128, LZMA_FILTER_POWERPC, LZMA_CHECK_CRC64);
  wrong |= round_trip("bt2 normal", LZMA_MF_BT2, LZMA_MODE_NORMAL, 64, LZMA_FILTER_DELTA, LZMA_CHECK_NONE);
  wrong |= round_trip("bt4 normal", LZMA_MF_BT4, LZMA_MODE_NORMAL, 64, LZMA_VLI_UNKNOWN, LZMA_CHECK_SHA256);
  puts(wrong ? "WRONG" : "right");
  return wrong;
}
