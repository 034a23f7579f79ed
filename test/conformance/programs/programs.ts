import type { SourcePackage } from './sources.js';

/** A program by others: where its source is, how it is compiled, what it is asked to do. */
export interface Program {
  /** Its name on the command line; the driver is drivers/<name>.c. */
  name: string;
  /** What it is there to exercise. */
  stresses: string;
  source: SourcePackage;
  /** Source files, relative to the package's folder. */
  files: readonly string[];
  /** Folders for -I, relative to the package's folder. */
  include: readonly string[];
  /** Folders for -I that are ours, relative to drivers/; they come first. */
  ourInclude?: readonly string[];
  /** More flags for the compiler. */
  flags?: readonly string[];
  /** The program's arguments. */
  args?: readonly string[];
}

/** The C library below all of them; runs on the board too, and is compiled for it without floating-point unit. */
export const MUSL: SourcePackage = { name: 'musl' };

const under = (folder: string, names: string): string[] => names.split(/\s+/).map((name) => `${folder}/${name}.c`);

const LIBLZMA = 'src/liblzma';

/** In the order they run. */
export const PROGRAMS: readonly Program[] = [
  {
    name: 'dhrystone',
    stresses: 'calls, short strings, structures; the measure of its time',
    source: { name: 'u-boot', only: '*/lib/dhry/*' },
    files: under('lib/dhry', 'dhry_1 dhry_2'),
    include: ['lib/dhry'],
    ourInclude: ['u-boot'],
    args: ['20000'],
  },
  {
    name: 'zlib',
    stresses: 'bit streams, hash chains, byte loads and stores, CRC tables',
    source: { name: 'zlib' },
    files: 'adler32 crc32 deflate inflate inffast inftrees trees zutil'.split(' ').map((name) => `${name}.c`),
    include: ['.'],
  },
  {
    name: 'bzip2',
    stresses: 'sorting, Huffman codes, half-word and word tables larger than the data cache',
    source: { name: 'bzip2' },
    files: 'blocksort huffman crctable randtable compress decompress bzlib'.split(' ').map((name) => `${name}.c`),
    include: ['.'],
    flags: ['-DBZ_NO_STDIO'],
  },
  {
    name: 'xz',
    stresses: 'range coding, binary trees, unaligned words and half-words, 64-bit lengths',
    source: { name: 'xz-utils' },
    files: [
      ...under(
        `${LIBLZMA}/common`,
        `common block_util filter_common index stream_flags_common vli_size
         block_buffer_encoder block_encoder block_header_encoder filter_buffer_encoder filter_encoder filter_flags_encoder
         index_encoder stream_buffer_encoder stream_flags_encoder vli_encoder
         block_buffer_decoder block_decoder block_header_decoder filter_decoder filter_flags_decoder
         index_decoder index_hash stream_buffer_decoder stream_decoder stream_flags_decoder vli_decoder`,
      ),
      ...under(`${LIBLZMA}/check`, 'check crc32_fast crc32_table crc64_fast crc64_table sha256'),
      ...under(`${LIBLZMA}/lz`, 'lz_decoder lz_encoder lz_encoder_mf'),
      ...under(
        `${LIBLZMA}/lzma`,
        `lzma_decoder lzma2_decoder lzma_encoder lzma_encoder_optimum_fast lzma_encoder_optimum_normal lzma_encoder_presets
         lzma2_encoder fastpos_table`,
      ),
      ...under(`${LIBLZMA}/rangecoder`, 'price_table'),
      ...under(`${LIBLZMA}/delta`, 'delta_common delta_decoder delta_encoder'),
      ...under(`${LIBLZMA}/simple`, 'simple_coder simple_decoder simple_encoder powerpc'),
    ],
    include: ['api', 'common', 'check', 'lz', 'lzma', 'rangecoder', 'delta', 'simple']
      .map((folder) => `${LIBLZMA}/${folder}`)
      .concat('src/common'),
    flags: [
      'HAVE_INTTYPES_H HAVE_LIMITS_H HAVE_STDBOOL_H HAVE_STDINT_H HAVE_STRING_H HAVE__BOOL WORDS_BIGENDIAN SIZEOF_SIZE_T=4',
      'HAVE_ENCODERS HAVE_ENCODER_LZMA1 HAVE_ENCODER_LZMA2 HAVE_ENCODER_DELTA HAVE_ENCODER_POWERPC',
      'HAVE_DECODERS HAVE_DECODER_LZMA1 HAVE_DECODER_LZMA2 HAVE_DECODER_DELTA HAVE_DECODER_POWERPC',
      'HAVE_MF_HC3 HAVE_MF_HC4 HAVE_MF_BT2 HAVE_MF_BT3 HAVE_MF_BT4 HAVE_CHECK_CRC32 HAVE_CHECK_CRC64 HAVE_CHECK_SHA256',
      'TUKLIB_SYMBOL_PREFIX=lzma_ TUKLIB_FAST_UNALIGNED_ACCESS',
    ].flatMap((names) => names.split(' ').map((name) => `-D${name}`)),
  },
  {
    name: 'mbedtls',
    stresses: 'rotates and masks, 64-bit sums, multiply-high with carries, division of large numbers',
    source: { name: 'mbedtls' },
    files: under(
      'library',
      `aes arc4 aria asn1parse base64 bignum camellia ccm chacha20 chachapoly cipher cipher_wrap cmac constant_time des gcm
       md md5 nist_kw oid platform platform_util poly1305 ripemd160 rsa rsa_internal sha1 sha256 sha512`,
    ),
    include: ['include', 'library'],
    ourInclude: ['mbedtls'],
    flags: ['-DMBEDTLS_CONFIG_FILE="selftest_config.h"'],
  },
  {
    name: 'lua',
    stresses:
      'an interpreter: indirect branches, setjmp, garbage collection, 64-bit integers, floating point in software',
    source: { name: 'lua5.4' },
    files: under(
      'src',
      `lapi lauxlib lbaselib lcode lcorolib lctype ldblib ldebug ldo ldump lfunc lgc linit liolib llex lmathlib lmem loadlib
       lobject lopcodes loslib lparser lstate lstring lstrlib ltable ltablib ltm lundump lutf8lib lvm lzio`,
    ),
    include: ['src'],
    flags: ['-Dluai_makeseed(L)=0x5EED'],
  },
];
