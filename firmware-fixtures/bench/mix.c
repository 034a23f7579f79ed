#include "mix.h"

#define NODES 160
#define SIDE 12
#define TEXT_BYTES 640

struct node {
  struct node *next;
  int16_t key;
  uint16_t tag;
};

static struct node nodes[NODES];
static int16_t left[SIDE][SIDE], right[SIDE][SIDE];
static int32_t product[SIDE][SIDE];
static char text[TEXT_BYTES];

static uint32_t seed;

static uint32_t draw(void) {
  seed = seed * 1664525u + 1013904223u;
  return seed >> 16;
}

/* CRC-16/CCITT a bit at a time, as a program without room for tables does it. */
static uint16_t crc_byte(uint16_t crc, uint8_t byte) {
  int bit;

  crc ^= (uint16_t)(byte << 8);
  for (bit = 0; bit < 8; bit++) {
    crc = (uint16_t)(crc & 0x8000 ? crc << 1 ^ 0x1021 : crc << 1);
  }
  return crc;
}

static uint16_t crc_word(uint16_t crc, uint32_t word) {
  crc = crc_byte(crc, (uint8_t)(word >> 24));
  crc = crc_byte(crc, (uint8_t)(word >> 16));
  crc = crc_byte(crc, (uint8_t)(word >> 8));
  return crc_byte(crc, (uint8_t)word);
}

/* ---- lists ---- */

static struct node *list_build(void) {
  struct node *head = 0;
  int i;

  /* A stride that is prime to the length scatters neighbours over memory. */
  for (i = 0; i < NODES; i++) {
    struct node *n = &nodes[i * 37 % NODES];
    n->key = (int16_t)(draw() - 0x8000);
    n->tag = (uint16_t)i;
    n->next = head;
    head = n;
  }
  return head;
}

static struct node *list_reverse(struct node *head) {
  struct node *done = 0;

  while (head) {
    struct node *rest = head->next;
    head->next = done;
    done = head;
    head = rest;
  }
  return done;
}

static struct node *list_merge(struct node *a, struct node *b) {
  struct node first, *tail = &first;

  while (a && b) {
    if (b->key < a->key) {
      tail->next = b;
      b = b->next;
    } else {
      tail->next = a;
      a = a->next;
    }
    tail = tail->next;
  }
  tail->next = a ? a : b;
  return first.next;
}

static struct node *list_sort(struct node *head) {
  struct node *slow = head, *fast, *second;

  if (!head || !head->next) {
    return head;
  }
  for (fast = head->next; fast && fast->next; fast = fast->next->next) {
    slow = slow->next;
  }
  second = slow->next;
  slow->next = 0;
  return list_merge(list_sort(head), list_sort(second));
}

static uint32_t list_find(const struct node *head, uint16_t tag) {
  uint32_t steps = 0;

  while (head && head->tag != tag) {
    head = head->next;
    steps++;
  }
  return steps;
}

static uint16_t list_work(uint16_t crc) {
  struct node *head = list_build();
  const struct node *n;
  uint32_t steps = 0;
  uint16_t i;

  for (i = 0; i < 24; i++) {
    steps += list_find(head, (uint16_t)(i * 6));
    head = list_reverse(head);
  }
  crc = crc_word(crc, steps);
  head = list_sort(head);
  for (n = head; n; n = n->next) {
    crc = crc_byte(crc, (uint8_t)(n->tag ^ n->key));
  }
  return crc;
}

/* ---- matrices ---- */

static uint16_t matrix_work(uint16_t crc) {
  int round, i, j, k;

  for (i = 0; i < SIDE; i++) {
    for (j = 0; j < SIDE; j++) {
      left[i][j] = (int16_t)(draw() & 0xFFF);
      right[i][j] = (int16_t)((draw() & 0xFFF) - 0x800);
    }
  }
  for (round = 0; round < 3; round++) {
    int32_t sum = 0;
    for (i = 0; i < SIDE; i++) {
      for (j = 0; j < SIDE; j++) {
        int32_t cell = 0;
        for (k = 0; k < SIDE; k++) {
          cell += left[i][k] * right[k][j];
        }
        product[i][j] = cell;
      }
    }
    for (i = 0; i < SIDE; i++) {
      for (j = 0; j < SIDE; j++) {
        int32_t cell = product[i][j];
        sum += cell / ((i + 2) * 3) + (cell >> 5 & 0xFF);
        left[i][j] = (int16_t)(left[i][j] + (cell >> 8 & 0x3F) - round);
      }
    }
    crc = crc_word(crc, (uint32_t)sum);
  }
  return crc;
}

/* ---- a scanner for numbers, one state per character ---- */

enum state { START, SIGN, INTEGER, DOT, FRACTION, EXPONENT_MARK, EXPONENT_SIGN, EXPONENT, HEX_MARK, HEX, BAD, STATES };

static void text_build(void) {
  static const char *const words[] = {
      "5012",     "-874",     "+122",     "35.54400", ".1234500", "-110.700", "+0.64400", "5.500e+3",
      "-.123e-2", "-87e+832", "+0.6e-12", "0x1FA7",   "0xdead",   "T0.3e-1F", "-T.T++Tq", "1T3.4e4z",
  };
  uint32_t at = 0;

  for (;;) {
    const char *word = words[draw() & 15];
    uint32_t length = 0;
    while (word[length]) {
      length++;
    }
    if (at + length + 1 >= TEXT_BYTES) {
      break;
    }
    while (*word) {
      text[at++] = *word++;
    }
    text[at++] = ',';
  }
  while (at < TEXT_BYTES) {
    text[at++] = 0;
  }
}

static int is_digit(char c) { return c >= '0' && c <= '9'; }

static int is_hex(char c) {
  char lower = (char)(c | 0x20);
  return is_digit(c) || (lower >= 'a' && lower <= 'f');
}

static enum state text_step(enum state state, char c) {
  switch (state) {
    case START:
      if (c == '0') {
        return HEX_MARK;
      }
      if (is_digit(c)) {
        return INTEGER;
      }
      if (c == '.') {
        return DOT;
      }
      return c == '+' || c == '-' ? SIGN : BAD;
    case SIGN:
      if (is_digit(c)) {
        return INTEGER;
      }
      return c == '.' ? DOT : BAD;
    case HEX_MARK:
      if (c == 'x') {
        return HEX;
      }
      /* fall through */
    case INTEGER:
      if (is_digit(c)) {
        return INTEGER;
      }
      if (c == '.') {
        return FRACTION;
      }
      return (c | 0x20) == 'e' ? EXPONENT_MARK : BAD;
    case DOT:
    case FRACTION:
      if (is_digit(c)) {
        return FRACTION;
      }
      return state == FRACTION && (c | 0x20) == 'e' ? EXPONENT_MARK : BAD;
    case EXPONENT_MARK:
      if (is_digit(c)) {
        return EXPONENT;
      }
      return c == '+' || c == '-' ? EXPONENT_SIGN : BAD;
    case EXPONENT_SIGN:
    case EXPONENT:
      return is_digit(c) ? EXPONENT : BAD;
    case HEX:
      return is_hex(c) ? HEX : BAD;
    default:
      return BAD;
  }
}

static uint16_t text_work(uint16_t crc) {
  uint32_t final[STATES], visits[STATES];
  uint32_t pass, i;

  for (i = 0; i < STATES; i++) {
    final[i] = visits[i] = 0;
  }
  text_build();
  for (pass = 0; pass < 3; pass++) {
    enum state state = START;
    char *c;
    for (c = text; *c; c++) {
      if (*c == ',') {
        final[state]++;
        state = START;
      } else {
        state = text_step(state, *c);
        visits[state]++;
      }
    }
    /* Damage that moves on with each pass, so that the branches are not the same again. */
    for (c = text + pass; c < text + TEXT_BYTES && *c; c += 11) {
      if (*c != ',') {
        *c ^= (char)(1 + pass);
      }
    }
  }
  for (i = 0; i < STATES; i++) {
    crc = crc_word(crc, final[i] << 16 | visits[i]);
  }
  return crc;
}

uint16_t mix_iteration(void) {
  uint16_t crc = 0xFFFF;
  uint32_t i;

  seed = 860;
  crc = list_work(crc);
  crc = matrix_work(crc);
  crc = text_work(crc);
  for (i = 0; i < 256; i++) {
    crc = crc_byte(crc, (uint8_t)text[i]);
  }
  return crc;
}

/* ---- the run ---- */

static char *append(char *to, const char *from) {
  while (*from) {
    *to++ = *from++;
  }
  *to = 0;
  return to;
}

static char *append_number(char *to, uint32_t value, uint32_t base) {
  char digits[12];
  int n = 0;

  do {
    digits[n++] = "0123456789abcdef"[value % base];
    value /= base;
  } while (value);
  while (n) {
    *to++ = digits[--n];
  }
  *to = 0;
  return to;
}

int mix_run(uint32_t iterations, char *report) {
  uint32_t i, wrong = 0;
  uint16_t result = 0;

  for (i = 0; i < iterations; i++) {
    result = mix_iteration();
    if (result != MIX_EXPECTED) {
      wrong++;
    }
  }
  report = append(report, "mix: ");
  report = append_number(report, iterations, 10);
  report = append(report, " iterations, result ");
  report = append_number(report, result, 16);
  append(report, wrong ? ", WRONG\n" : ", right\n");
  return wrong != 0;
}
