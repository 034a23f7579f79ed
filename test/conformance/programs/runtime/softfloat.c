/*
 * Floating point for -msoft-float, under the names that GCC calls (GCC internals, "Routines for floating point
 * emulation"): Debian's libgcc for powerpc is built for a floating-point unit and its routines of these names use one.
 * IEEE 754 binary32 and binary64, round to nearest even, no flags; the default NaN is positive and quiet and a NaN operand
 * is handed on, as a PowerPC with a unit does (PowerPC Programming Environments Manual, section 3.3.6.1).
 *
 * Arithmetic is done in binary64. A binary32 operation is the binary64 operation rounded once more, which is exact
 * rounding for + - * / because 53 >= 2 * 24 + 2.
 */
typedef unsigned int u32;
typedef unsigned long long u64;

#define SIGN 0x8000000000000000ull
#define INFINITE 0x7FF0000000000000ull
#define QUIET 0x0008000000000000ull
#define FRACTION 0x000FFFFFFFFFFFFFull
#define TOP 62 /* where a normalised mantissa has its leading one */

/* m * 2^(exponent - 1023 - TOP), m normalised. */
struct number {
  u64 sign, m;
  int exponent;
};

static u64 bits_of(double d) {
  union {
    double d;
    u64 u;
  } x = {.d = d};
  return x.u;
}

static double double_of(u64 u) {
  union {
    u64 u;
    double d;
  } x = {.u = u};
  return x.d;
}

static u32 float_bits(float f) {
  union {
    float f;
    u32 u;
  } x = {.f = f};
  return x.u;
}

static float float_of(u32 u) {
  union {
    u32 u;
    float f;
  } x = {.u = u};
  return x.f;
}

static int is_nan(u64 a) { return (a & ~SIGN) > INFINITE; }
static int is_infinite(u64 a) { return (a & ~SIGN) == INFINITE; }
static int is_zero(u64 a) { return (a & ~SIGN) == 0; }
static u64 nan_of(u64 a, u64 b) { return (is_nan(a) ? a : b) | QUIET; }

/* Shifts right; what falls out stays visible in the last bit. */
static u64 shift_jam(u64 m, int by) {
  if (by <= 0) {
    return m;
  }
  if (by > 63) {
    return m != 0;
  }
  return m >> by | ((m << (64 - by)) != 0);
}

static struct number normalised(u64 sign, int exponent, u64 m) {
  while (!(m >> TOP)) {
    m <<= 1;
    exponent--;
  }
  return (struct number){sign, m, exponent};
}

static struct number unpack(u64 a) {
  int exponent = (int)((a & INFINITE) >> 52);
  u64 m = (a & FRACTION) << 10;

  if (exponent == 0) {
    return normalised(a & SIGN, 1, m);
  }
  return (struct number){a & SIGN, m | 1ull << TOP, exponent};
}

static u64 pack(struct number n) {
  u64 lost;

  if (n.exponent >= 0x7FF) {
    return n.sign | INFINITE;
  }
  if (n.exponent <= 0) {
    n.m = shift_jam(n.m, 1 - n.exponent);
    n.exponent = 1;
  }
  lost = n.m & 0x3FF;
  n.m = (n.m + 0x200) >> 10;
  if (lost == 0x200) {
    n.m &= ~1ull;
  }
  /* The leading one, if it is there, counts one in the exponent's field. */
  return n.sign | (((u64)(n.exponent - 1) << 52) + n.m);
}

static u64 add(u64 a, u64 b) {
  struct number x, y;

  if (is_nan(a) || is_nan(b)) {
    return nan_of(a, b);
  }
  if (is_infinite(a)) {
    return is_infinite(b) && a != b ? INFINITE | QUIET : a;
  }
  if (is_infinite(b)) {
    return b;
  }
  if (is_zero(a) || is_zero(b)) {
    return is_zero(a) ? (is_zero(b) ? a & b : b) : a;
  }
  x = unpack(a);
  y = unpack(b);
  if (x.exponent < y.exponent) {
    struct number swap = x;
    x = y;
    y = swap;
  }
  y.m = shift_jam(y.m, x.exponent - y.exponent);
  if (x.sign == y.sign) {
    x.m += y.m;
    if (x.m >> (TOP + 1)) {
      x.m = shift_jam(x.m, 1);
      x.exponent++;
    }
    return pack(x);
  }
  if (x.m == y.m) {
    return 0;
  }
  if (x.m < y.m) {
    return pack(normalised(y.sign, x.exponent, y.m - x.m));
  }
  return pack(normalised(x.sign, x.exponent, x.m - y.m));
}

static u64 multiply(u64 a, u64 b) {
  u64 sign = (a ^ b) & SIGN, high, low, middle, cross;
  struct number x, y;

  if (is_nan(a) || is_nan(b)) {
    return nan_of(a, b);
  }
  if (is_infinite(a) || is_infinite(b)) {
    return is_zero(a) || is_zero(b) ? INFINITE | QUIET : sign | INFINITE;
  }
  if (is_zero(a) || is_zero(b)) {
    return sign;
  }
  x = unpack(a);
  y = unpack(b);
  low = (u64)(u32)x.m * (u32)y.m;
  middle = (x.m >> 32) * (u32)y.m;
  cross = (u64)(u32)x.m * (y.m >> 32) + (low >> 32) + (u32)middle;
  high = (x.m >> 32) * (y.m >> 32) + (middle >> 32) + (cross >> 32);
  low = cross << 32 | (u32)low;
  x.sign = sign;
  x.exponent += y.exponent - 1023;
  x.m = high << 2 | low >> 62;
  if (x.m >> (TOP + 1)) {
    x.m = shift_jam(x.m, 1);
    x.exponent++;
  }
  x.m |= low << 2 != 0;
  return pack(x);
}

static u64 divide(u64 a, u64 b) {
  u64 sign = (a ^ b) & SIGN, quotient = 0;
  struct number x, y;
  int i;

  if (is_nan(a) || is_nan(b)) {
    return nan_of(a, b);
  }
  if (is_infinite(a) || is_zero(b)) {
    return is_infinite(b) || is_zero(a) ? INFINITE | QUIET : sign | INFINITE;
  }
  if (is_infinite(b) || is_zero(a)) {
    return sign;
  }
  x = unpack(a);
  y = unpack(b);
  x.exponent += 1023 - y.exponent;
  if (x.m < y.m) {
    x.m <<= 1;
    x.exponent--;
  }
  for (i = 0; i <= TOP; i++) {
    quotient <<= 1;
    if (x.m >= y.m) {
      x.m -= y.m;
      quotient |= 1;
    }
    x.m <<= 1;
  }
  x.sign = sign;
  x.m = quotient | (x.m != 0);
  return pack(x);
}

enum { LESS = -1, EQUAL, GREATER, UNORDERED };

static int compare(u64 a, u64 b) {
  if (is_nan(a) || is_nan(b)) {
    return UNORDERED;
  }
  if (is_zero(a) && is_zero(b)) {
    return EQUAL;
  }
  if (a == b) {
    return EQUAL;
  }
  if ((a ^ b) & SIGN) {
    return a & SIGN ? LESS : GREATER;
  }
  return (a < b) == !(a & SIGN) ? LESS : GREATER;
}

static u64 from_u64(u64 sign, u64 value) {
  int exponent = 1023 + TOP;

  if (value == 0) {
    return sign;
  }
  if (value >> 63) {
    value = shift_jam(value, 1);
    exponent++;
  }
  return pack(normalised(sign, exponent, value));
}

/* The magnitude, truncated; `limit` when it is larger (NaN too). */
static u64 to_u64(u64 a, u64 limit) {
  struct number x;
  u64 whole;
  int by;

  if (is_zero(a)) {
    return 0;
  }
  if (is_nan(a) || is_infinite(a)) {
    return limit;
  }
  x = unpack(a);
  by = 1023 + TOP - x.exponent;
  if (by > 63) {
    return 0;
  }
  if (by < -1) {
    return limit;
  }
  whole = by < 0 ? x.m << 1 : x.m >> by;
  return whole > limit ? limit : whole;
}

/* Saturates as fctiwz does; a NaN gives the most negative number. */
static long long to_signed(u64 a, u64 highest) {
  if (is_nan(a)) {
    return -(long long)highest - 1;
  }
  return a & SIGN ? (long long)-to_u64(a, highest + 1) : (long long)to_u64(a, highest);
}

static u64 to_unsigned(u64 a, u64 highest) { return is_nan(a) || a & SIGN ? 0 : to_u64(a, highest); }

static u64 extend(float f) {
  u64 a = float_bits(f), sign = (a & 0x80000000u) << 32;

  a &= 0x7FFFFFFFu;
  if (a >= 0x7F800000u) {
    return sign | INFINITE | (a & 0x007FFFFFu) << 29;
  }
  if (a >= 0x00800000u) {
    return sign | ((a << 29) + ((u64)(1023 - 127) << 52));
  }
  return a == 0 ? sign : pack(normalised(sign, 1023 - 127 + 1 + TOP - 23, a));
}

static float truncate(u64 a) {
  u32 sign = (u32)(a >> 32) & 0x80000000u;
  struct number n;
  u64 m, lost;

  if (is_nan(a)) {
    return float_of(sign | 0x7FC00000u | (u32)((a & FRACTION) >> 29));
  }
  if (is_infinite(a)) {
    return float_of(sign | 0x7F800000u);
  }
  if (is_zero(a)) {
    return float_of(sign);
  }
  n = unpack(a);
  n.exponent -= 1023 - 127;
  if (n.exponent >= 255) {
    return float_of(sign | 0x7F800000u);
  }
  m = n.m;
  if (n.exponent <= 0) {
    m = shift_jam(m, 1 - n.exponent);
    n.exponent = 1;
  }
  lost = m & 0x7FFFFFFFFFull;
  m = (m + 0x4000000000ull) >> 39;
  if (lost == 0x4000000000ull) {
    m &= ~1ull;
  }
  return float_of(sign | (((u32)(n.exponent - 1) << 23) + (u32)m));
}

double __adddf3(double a, double b) { return double_of(add(bits_of(a), bits_of(b))); }
double __subdf3(double a, double b) { return double_of(add(bits_of(a), is_nan(bits_of(b)) ? bits_of(b) : bits_of(b) ^ SIGN)); }
double __muldf3(double a, double b) { return double_of(multiply(bits_of(a), bits_of(b))); }
double __divdf3(double a, double b) { return double_of(divide(bits_of(a), bits_of(b))); }
double __negdf2(double a) { return double_of(bits_of(a) ^ SIGN); }
float __addsf3(float a, float b) { return truncate(add(extend(a), extend(b))); }
float __subsf3(float a, float b) { return truncate(add(extend(a), is_nan(extend(b)) ? extend(b) : extend(b) ^ SIGN)); }
float __mulsf3(float a, float b) { return truncate(multiply(extend(a), extend(b))); }
float __divsf3(float a, float b) { return truncate(divide(extend(a), extend(b))); }
float __negsf2(float a) { return float_of(float_bits(a) ^ 0x80000000u); }

/* <0, 0, >0 as the comparison asks; unordered makes each of them false. */
int __eqdf2(double a, double b) { return compare(bits_of(a), bits_of(b)) != EQUAL; }
int __nedf2(double a, double b) { return compare(bits_of(a), bits_of(b)) != EQUAL; }
int __ltdf2(double a, double b) { return compare(bits_of(a), bits_of(b)); }
int __ledf2(double a, double b) { return compare(bits_of(a), bits_of(b)); }
static int greater(int c) { return c == UNORDERED ? -1 : c; }
int __gtdf2(double a, double b) { return greater(compare(bits_of(a), bits_of(b))); }
int __gedf2(double a, double b) { return greater(compare(bits_of(a), bits_of(b))); }
int __unorddf2(double a, double b) { return compare(bits_of(a), bits_of(b)) == UNORDERED; }
int __eqsf2(float a, float b) { return compare(extend(a), extend(b)) != EQUAL; }
int __nesf2(float a, float b) { return compare(extend(a), extend(b)) != EQUAL; }
int __ltsf2(float a, float b) { return compare(extend(a), extend(b)); }
int __lesf2(float a, float b) { return compare(extend(a), extend(b)); }
int __gtsf2(float a, float b) { return greater(compare(extend(a), extend(b))); }
int __gesf2(float a, float b) { return greater(compare(extend(a), extend(b))); }
int __unordsf2(float a, float b) { return compare(extend(a), extend(b)) == UNORDERED; }

double __extendsfdf2(float a) { return double_of(extend(a) | (is_nan(extend(a)) ? QUIET : 0)); }
float __truncdfsf2(double a) { return truncate(bits_of(a)); }

static u64 magnitude(long long v) { return v < 0 ? -(u64)v : (u64)v; }
double __floatsidf(int v) { return double_of(from_u64(v < 0 ? SIGN : 0, magnitude(v))); }
double __floatunsidf(u32 v) { return double_of(from_u64(0, v)); }
double __floatdidf(long long v) { return double_of(from_u64(v < 0 ? SIGN : 0, magnitude(v))); }
double __floatundidf(u64 v) { return double_of(from_u64(0, v)); }
float __floatsisf(int v) { return truncate(from_u64(v < 0 ? SIGN : 0, magnitude(v))); }
float __floatunsisf(u32 v) { return truncate(from_u64(0, v)); }

/* 64 bits do not fit binary64: what binary32 cannot keep anyway is folded into one bit first. */
static float float_from(u64 sign, u64 value) {
  if (value >> 53) {
    value = (value & ~0xFFFFull) | ((value & 0xFFFF) != 0 ? 0x8000 : 0);
  }
  return truncate(from_u64(sign, value));
}
float __floatdisf(long long v) { return float_from(v < 0 ? SIGN : 0, magnitude(v)); }
float __floatundisf(u64 v) { return float_from(0, v); }

int __fixdfsi(double a) { return (int)to_signed(bits_of(a), 0x7FFFFFFF); }
u32 __fixunsdfsi(double a) { return (u32)to_unsigned(bits_of(a), 0xFFFFFFFF); }
long long __fixdfdi(double a) { return to_signed(bits_of(a), 0x7FFFFFFFFFFFFFFFull); }
u64 __fixunsdfdi(double a) { return to_unsigned(bits_of(a), ~0ull); }
int __fixsfsi(float a) { return (int)to_signed(extend(a), 0x7FFFFFFF); }
u32 __fixunssfsi(float a) { return (u32)to_unsigned(extend(a), 0xFFFFFFFF); }
long long __fixsfdi(float a) { return to_signed(extend(a), 0x7FFFFFFFFFFFFFFFull); }
u64 __fixunssfdi(float a) { return to_unsigned(extend(a), ~0ull); }
