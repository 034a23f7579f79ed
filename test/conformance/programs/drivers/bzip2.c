/* bzip2: packs text, a long run and noise with and without the fallback sort, unpacks in both modes, compares. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "bzlib.h"
#include "text.h"

enum { LENGTH = 20000 };
static unsigned char text[LENGTH], packed[LENGTH + LENGTH / 50 + 1000], back[LENGTH];

/* Asked for by a libbz2 built without stdio. */
void bz_internal_error(int code) {
  printf("bzip2: internal error %d\n", code);
  exit(1);
}

static int round_trip(const char *what, int work_factor, int small) {
  unsigned length = sizeof packed, again = LENGTH;
  int c, d;

  c = BZ2_bzBuffToBuffCompress((char *)packed, &length, (char *)text, LENGTH, 1, 0, work_factor);
  memset(back, 0, LENGTH);
  d = BZ2_bzBuffToBuffDecompress((char *)back, &again, (char *)packed, length, small, 0);
  printf("%s: %d %d, %u bytes, fnv %08x\n", what, c, d, length, (unsigned)fnv(packed, length));
  return c != BZ_OK || d != BZ_OK || again != LENGTH || memcmp(text, back, LENGTH) != 0;
}

int main(void) {
  int wrong = 0, i;

  printf("bzip2 %s\n", BZ2_bzlibVersion());
  make_text(text, LENGTH);
  wrong |= round_trip("text", 0, 0);
  wrong |= round_trip("text, fallback sort", 1, 1);
  for (i = 0; i < LENGTH; i++) {
    text[i] = (unsigned char)text_random();
  }
  wrong |= round_trip("noise", 30, 0);
  memset(text, 'a', LENGTH - 3);
  wrong |= round_trip("run", 30, 1);
  puts(wrong ? "WRONG" : "right");
  return wrong;
}
