/* zlib: deflates generated text at every kind of level and strategy, inflates it in odd pieces, compares. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "text.h"
#include "zlib.h"

enum { LENGTH = 30000 };
static unsigned char text[LENGTH], packed[2 * LENGTH], back[LENGTH];

static int round_trip(int level, int strategy, int window) {
  z_stream z;
  uLong length;
  int r;

  memset(&z, 0, sizeof z);
  if (deflateInit2(&z, level, Z_DEFLATED, window, 8, strategy) != Z_OK) {
    return 1;
  }
  z.next_in = text;
  z.avail_in = LENGTH;
  z.next_out = packed;
  z.avail_out = sizeof packed;
  r = deflate(&z, Z_FINISH);
  length = z.total_out;
  deflateEnd(&z);
  printf("level %d strategy %d: %d, %lu bytes, fnv %08x\n", level, strategy, r, length, (unsigned)fnv(packed, length));

  memset(&z, 0, sizeof z);
  memset(back, 0, sizeof back);
  inflateInit2(&z, window);
  z.next_in = packed;
  z.next_out = back;
  do {
    z.avail_in = (uInt)(packed + length - z.next_in) < 777 ? (uInt)(packed + length - z.next_in) : 777;
    z.avail_out = (uInt)(back + LENGTH - z.next_out) < 1001 ? (uInt)(back + LENGTH - z.next_out) : 1001;
    r = inflate(&z, Z_NO_FLUSH);
  } while (r == Z_OK);
  inflateEnd(&z);
  return r != Z_STREAM_END || memcmp(text, back, LENGTH) != 0;
}

int main(void) {
  int wrong = 0;

  make_text(text, LENGTH);
  printf("zlib %s: crc32 %08lx adler32 %08lx\n", zlibVersion(), crc32(0, text, LENGTH), adler32(1, text, LENGTH));
  wrong |= crc32(0, (const Bytef *)"123456789", 9) != 0xCBF43926ul; /* the check value of CRC-32 */
  wrong |= round_trip(1, Z_DEFAULT_STRATEGY, 15);
  wrong |= round_trip(6, Z_DEFAULT_STRATEGY, 15 + 16);
  wrong |= round_trip(9, Z_FILTERED, -12);
  wrong |= round_trip(6, Z_HUFFMAN_ONLY, 15);
  wrong |= round_trip(6, Z_RLE, 15);
  wrong |= round_trip(6, Z_FIXED, 9);
  wrong |= round_trip(0, Z_DEFAULT_STRATEGY, 15);
  puts(wrong ? "WRONG" : "right");
  return wrong;
}
