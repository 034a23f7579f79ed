/*
 * Mbed TLS: its own self-tests, which compare with the published vectors of each algorithm. Those that take
 * minutes here (AES, DES, the SHAs) are left out: every digest is taken of a text instead, and AES is below GCM and CCM.
 */
#include <stdio.h>
#include "mbedtls/arc4.h"
#include "mbedtls/aria.h"
#include "mbedtls/base64.h"
#include "mbedtls/bignum.h"
#include "mbedtls/camellia.h"
#include "mbedtls/ccm.h"
#include "mbedtls/chacha20.h"
#include "mbedtls/chachapoly.h"
#include "mbedtls/cmac.h"
#include "mbedtls/gcm.h"
#include "mbedtls/md.h"
#include "mbedtls/md5.h"
#include "mbedtls/nist_kw.h"
#include "mbedtls/poly1305.h"
#include "mbedtls/ripemd160.h"
#include "mbedtls/rsa.h"
#include "text.h"

static const struct {
  const char *name;
  int (*test)(int verbose);
} tests[] = {
    {"md5", mbedtls_md5_self_test},
    {"ripemd160", mbedtls_ripemd160_self_test},
    {"aria", mbedtls_aria_self_test},
    {"camellia", mbedtls_camellia_self_test},
    {"arc4", mbedtls_arc4_self_test},
    {"gcm", mbedtls_gcm_self_test},
    {"ccm", mbedtls_ccm_self_test},
    {"cmac", mbedtls_cmac_self_test},
    {"nist_kw", mbedtls_nist_kw_self_test},
    {"chacha20", mbedtls_chacha20_self_test},
    {"poly1305", mbedtls_poly1305_self_test},
    {"base64", mbedtls_base64_self_test},
    {"chachapoly", mbedtls_chachapoly_self_test},
    {"mpi", mbedtls_mpi_self_test},
    {"rsa", mbedtls_rsa_self_test},
};

static void digests(void) {
  static unsigned char text[5000], digest[MBEDTLS_MD_MAX_SIZE];

  make_text(text, sizeof text);
  for (const int *type = mbedtls_md_list(); *type != MBEDTLS_MD_NONE; type++) {
    const mbedtls_md_info_t *md = mbedtls_md_info_from_type((mbedtls_md_type_t)*type);
    mbedtls_md_hmac(md, text, 77, text, sizeof text, digest);
    printf("hmac %s ", mbedtls_md_get_name(md));
    for (unsigned i = 0; i < mbedtls_md_get_size(md); i++) {
      printf("%02x", digest[i]);
    }
    puts("");
  }
}

int main(void) {
  int wrong = 0;

  for (unsigned i = 0; i < sizeof tests / sizeof tests[0]; i++) {
    int failed = tests[i].test(1);
    printf("%s: %s\n", tests[i].name, failed ? "FAILED" : "passed");
    wrong |= failed != 0;
  }
  digests();
  return wrong;
}
