/*
 * Accesses that touch two pages, and cache instructions: what is translated, as what kind of access, and what has happened
 * when the second half faults (core-exceptions.md 3.10, 3.12, 5; MPC860 UM 7.1.3.3 to 7.1.3.5).
 */
#include "check.h"
TESTS

#define EA 0x10000000
#define V 0x001
#define RW_ALL 0x9F5
#define READ_ONLY 0xDF5
#define NOTHING 0x3F5           /* extended encoding, PP = 00 */
#define CI 0x002
#define BEFORE 0x77777777

.macro NORMAL_GROUPS
    SET_SPR SPR_MD_AP, 0x55555555
    SET_SPR SPR_MI_AP, 0x55555555
.endm
/* The page at EA is writable memory at SCRATCH + 0x2000, the next one is \second of memory at SCRATCH. */
.macro TWO_PAGES second
    NORMAL_GROUPS
    DTLB_ENTRY 7, EA | EPN_EV, V, SCRATCH | 0x2000 | RW_ALL
    DTLB_ENTRY 8, EA | 0x1000 | EPN_EV, V, SCRATCH | \second
    bl      fill
.endm
.macro ONE_PAGE
    NORMAL_GROUPS
    DTLB_ENTRY 7, EA | EPN_EV, V, SCRATCH | 0x2000 | RW_ALL
    bl      fill
.endm
.macro TRANSLATED
    li      r0, HARNESS_MSR | MSR_DR
    mtmsr   r0
    isync
.endm
.macro UNTRANSLATED
    li      r0, HARNESS_MSR
    mtmsr   r0
    isync
.endm
#define FIRST_END (SCRATCH + 0x2FFC)    /* last word of the first page: 0xA1A2A3A4 */
#define SECOND (SCRATCH)                /* first word of the second: 0xB1B2B3B4, 0xC1C2C3C4 */

/* --- misaligned, over the edge --- */
TEST "misaligned loads over the edge of two pages that are not neighbours", "core-exceptions.md 3.3, 5"
    TWO_PAGES RW_ALL
    SET     r3, EA + 0xFFF
    TRANSLATED
    lwz     r4, -2(r3)
    lwz     r5, -1(r3)
    lwz     r6, 0(r3)
    lhz     r7, 0(r3)
    lha     r8, 0(r3)
    lwbrx   r9, 0, r3
    UNTRANSLATED
    EXPECT_EQ r4, 0xA2A3A4B1
    EXPECT_EQ r5, 0xA3A4B1B2
    EXPECT_EQ r6, 0xA4B1B2B3
    EXPECT_EQ r7, 0x0000A4B1
    EXPECT_EQ r8, 0xFFFFA4B1
    EXPECT_EQ r9, 0xB3B2B1A4

TEST "misaligned stores over the edge of two pages that are not neighbours", "core-exceptions.md 3.3, 5"
    TWO_PAGES RW_ALL
    SET     r3, EA + 0xFFE
    SET     r4, 0x01020304
    TRANSLATED
    stw     r4, 0(r3)
    UNTRANSLATED
    EXPECT_WORD FIRST_END, 0xA1A20102
    EXPECT_WORD SECOND, 0x0304B3B4

TEST "one page cached, the other inhibited", "core-mmu.md 2.8; core-exceptions.md 5"
    TWO_PAGES RW_ALL | CI
    SET     r3, EA + 0xFFE
    SET     r4, 0x01020304
    TRANSLATED
    stw     r4, 0(r3)
    lwz     r5, 0(r3)
    UNTRANSLATED
    EXPECT_EQ r5, 0x01020304
    DATA_UNCACHED
    SET     r3, SECOND
    lwz     r5, 0(r3)
    DATA_CACHED
    EXPECT_EQ r5, 0x0304B3B4, "memory behind the inhibited page"

.macro SECOND_HALF name, second, vector, dsisr, instruction:vararg
TEST "\name", "core-exceptions.md 5"
    TWO_PAGES \second
    SET     r3, EA + 0xFFE
    SET     r4, 0x01020304
    SET     r5, BEFORE
    RESUME  2f
    TRANSLATED
1:  \instruction
    FAIL    "behind the instruction"
2:  EXPECT_VECTOR \vector
    EXPECT_REG SRR0, 1b
    EXPECT_REG DAR, EA + 0x1000
    EXPECT_REG DSISR, \dsisr
    EXPECT_EQ r3, EA + 0xFFE
    EXPECT_EQ r5, BEFORE
    EXPECT_WORD FIRST_END, 0xA1A2A3A4
    EXPECT_WORD SECOND, 0xB1B2B3B4
.endm
    SECOND_HALF "lwz: the second page may not be read", NOTHING, 0x1400, 0x08000000, lwz r5, 0(r3)
    SECOND_HALF "lwzu: rA is not updated", NOTHING, 0x1400, 0x08000000, lwzu r5, 0(r3)
    SECOND_HALF "stw: the second page may not be written; nothing is", READ_ONLY, 0x1400, 0x0A000000, stw r4, 0(r3)
    SECOND_HALF "stwu: rA is not updated", READ_ONLY, 0x1400, 0x0A000000, stwu r4, 0(r3)
    SECOND_HALF "stwbrx: the same", READ_ONLY, 0x1400, 0x0A000000, stwbrx r4, 0, r3
    SECOND_HALF "stw: C = 0 in the second page", 0x8F5, 0x1400, 0x0A000000, stw r4, 0(r3)
    SECOND_HALF "stw: V = 0 in the second page", 0x9F4, 0x1400, 0x42000000, stw r4, 0(r3)

TEST "a misaligned load misses in both pages, one after the other", "core-exceptions.md 3.10"
    NORMAL_GROUPS
    bl      fill
    RESUME_WHERE_IT_WAS
    ON_VECTOR 0x1200, load_the_missing
    SET     r3, EA + 0xFFD
    TRANSLATED
1:  lwz     r5, 0(r3)
    UNTRANSLATED
    EXPECT_VECTOR 0x1200
    EXPECT_REG DAR, EA + 0xFFD
    EXPECT_REG SRR0, 1b
    EXPECT_VECTOR 0x1200
    EXPECT_REG DAR, EA + 0x1000
    EXPECT_REG SRR0, 1b
    EXPECT_EQ r5, 0xA2A3A4B1

/* --- multiple and string --- */
TEST "lmw over the edge", "core-exceptions.md 5"
    TWO_PAGES RW_ALL
    SET     r3, EA + 0xFFC
    TRANSLATED
    lmw     r29, 0(r3)
    UNTRANSLATED
    EXPECT_EQ r29, 0xA1A2A3A4
    EXPECT_EQ r30, 0xB1B2B3B4
    EXPECT_EQ r31, 0xC1C2C3C4

TEST "lmw into a missing page begins anew after the reload", "core-exceptions.md 5"
    NORMAL_GROUPS
    bl      fill
    RESUME_WHERE_IT_WAS
    ON_VECTOR 0x1200, load_the_missing
    SET     r28, EA + 0xFFC
    TRANSLATED
1:  lmw     r29, 0(r28)
    UNTRANSLATED
    EXPECT_VECTOR 0x1200
    EXPECT_REG DAR, EA + 0xFFC
    EXPECT_VECTOR 0x1200
    EXPECT_REG DAR, EA + 0x1000
    EXPECT_REG SRR0, 1b
    EXPECT_EQ r29, 0xA1A2A3A4
    EXPECT_EQ r31, 0xC1C2C3C4

TEST "stmw into a read-only page: DAR is the first word there", "core-exceptions.md 3.12"
    TWO_PAGES READ_ONLY
    SET     r3, EA + 0xFFC
    RESUME  2f
    TRANSLATED
1:  stmw    r29, 0(r3)
    FAIL    "behind the instruction"
2:  EXPECT_VECTOR 0x1400
    EXPECT_REG SRR0, 1b
    EXPECT_REG DAR, EA + 0x1000
    EXPECT_REG DSISR, 0x0A000000
    EXPECT_WORD SECOND, 0xB1B2B3B4

TEST "lswi over the edge, misaligned", "core-exceptions.md 3.3"
    TWO_PAGES RW_ALL
    SET     r3, EA + 0xFFD
    TRANSLATED
    lswi    r5, r3, 7
    UNTRANSLATED
    EXPECT_EQ r5, 0xA2A3A4B1
    EXPECT_EQ r6, 0xB2B3B400

TEST "stswi into a read-only page", "core-exceptions.md 3.12"
    TWO_PAGES READ_ONLY
    SET     r3, EA + 0xFFE
    SET     r5, 0x01020304
    SET     r6, 0x05060708
    RESUME  2f
    TRANSLATED
1:  stswi   r5, r3, 8
    FAIL    "behind the instruction"
2:  EXPECT_VECTOR 0x1400
    EXPECT_REG SRR0, 1b
    EXPECT_REG DAR, EA + 0x1000
    EXPECT_WORD SECOND, 0xB1B2B3B4

TEST "lswx with a count of 0 touches nothing", "core-instructions.md, lswx"
    SET     r3, EA
    li      r4, 0
    mtspr   SPR_XER, r4
    TRANSLATED
    lswx    r5, 0, r3
    stswx   r5, 0, r3
    UNTRANSLATED
    EXPECT_NO_EXCEPTION

/* --- cache instructions: a load, a store, or no access at all --- */
.macro REFUSED name, rpn, dsisr, instruction:vararg
TEST "\name", "core-exceptions.md 3.12"
    TWO_PAGES \rpn
    SET     r3, EA + 0x1024
    RESUME  2f
    TRANSLATED
1:  \instruction
    FAIL    "behind the instruction"
2:  EXPECT_VECTOR 0x1400
    EXPECT_REG SRR0, 1b
    EXPECT_REG DAR, EA + 0x1024
    EXPECT_REG DSISR, \dsisr
.endm
.macro GOES_ON name, rpn, instruction:vararg
TEST "\name", "core-exceptions.md 3.10, 3.12"
    TWO_PAGES \rpn
    SET     r3, EA + 0x1024
    TRANSLATED
    \instruction
    UNTRANSLATED
    EXPECT_NO_EXCEPTION
.endm
.macro MISSES name, instruction:vararg
TEST "\name", "core-exceptions.md 3.10"
    SET     r3, EA + 0x1024
    RESUME  2f
    TRANSLATED
1:  \instruction
    FAIL    "behind the instruction"
2:  EXPECT_VECTOR 0x1200
    EXPECT_REG SRR0, 1b
    EXPECT_REG DAR, EA + 0x1024
.endm
    REFUSED "dcbz is a store: read-only page", READ_ONLY, 0x0A000000, dcbz 0, r3
    REFUSED "dcbi is a store: read-only page", READ_ONLY, 0x0A000000, dcbi 0, r3
    REFUSED "dcbz is a store: C = 0", 0x8F5, 0x0A000000, dcbz 0, r3
    REFUSED "dcbz: V = 0", 0x9F4, 0x42000000, dcbz 0, r3
    REFUSED "dcbst is a load: page without access", NOTHING, 0x08000000, dcbst 0, r3
    REFUSED "dcbf is a load: page without access", NOTHING, 0x08000000, dcbf 0, r3
    REFUSED "icbi is a load: page without access", NOTHING, 0x08000000, icbi 0, r3
    GOES_ON "dcbst of a read-only page", READ_ONLY, dcbst 0, r3
    GOES_ON "dcbf of a read-only page", READ_ONLY, dcbf 0, r3
    GOES_ON "dcbf of a page with C = 0", 0x8F5, dcbf 0, r3
    GOES_ON "icbi of a read-only page", READ_ONLY, icbi 0, r3
    GOES_ON "dcbt of a page without access is no operation", NOTHING, dcbt 0, r3
    GOES_ON "dcbtst of a page without access is no operation", NOTHING, dcbtst 0, r3
    MISSES  "dcbz without an entry", dcbz 0, r3
    MISSES  "dcbi without an entry", dcbi 0, r3
    MISSES  "dcbst without an entry", dcbst 0, r3
    MISSES  "dcbf without an entry", dcbf 0, r3
    MISSES  "icbi without an entry", icbi 0, r3
    MISSES  "lwarx without an entry", lwarx r4, 0, r3
    MISSES  "stwcx. without an entry", stwcx. r4, 0, r3

TEST "dcbt and dcbtst without an entry are no operations", "core-exceptions.md 3.10"
    SET     r3, EA + 0x1024
    TRANSLATED
    dcbt    0, r3
    dcbtst  0, r3
    UNTRANSLATED
    EXPECT_NO_EXCEPTION

TEST "alignment comes before translation", "MPC801 UM table 6-6; core-exceptions.md 4"
    SET     r3, EA + 0x1002
    RESUME  2f
    TRANSLATED
1:  lmw     r29, 0(r3)
2:  RESUME  4f
    TRANSLATED
3:  lwarx   r4, 0, r3
4:  EXPECT_VECTOR 0x600
    EXPECT_REG SRR0, 1b
    EXPECT_REG DAR, EA + 0x1002
    EXPECT_VECTOR 0x600
    EXPECT_REG SRR0, 3b

TEST "an update form that faults leaves rA and rD", "core-exceptions.md 5"
    TWO_PAGES NOTHING
    SET     r3, EA + 0x1000
    SET     r5, BEFORE
    RESUME_BEHIND_IT
    TRANSLATED
    lwzu    r5, 0x10(r3)
    lbzu    r5, 0x10(r3)
    lhau    r5, 0x10(r3)
    stwu    r5, 0x10(r3)
    lwzux   r5, r3, r3
    UNTRANSLATED
    EXPECT_EQ r3, EA + 0x1000
    EXPECT_EQ r5, BEFORE
    .rept 4
    EXPECT_VECTOR 0x1400
    EXPECT_REG DAR, EA + 0x1010
    .endr
    EXPECT_VECTOR 0x1200            /* 2 EA + 0x2000 */

TEST "lwarx and stwcx. by two addresses of one line", "core-exceptions.md 2; core-mmu.md 4.1"
    NORMAL_GROUPS
    DTLB_ENTRY 7, EA | EPN_EV, V, SCRATCH | RW_ALL
    DTLB_ENTRY 8, EA | 0x1000 | EPN_EV, V, SCRATCH | RW_ALL
    bl      fill
    SET     r3, EA
    SET     r4, EA + 0x1000
    SET     r5, 0x600DCAFE
    TRANSLATED
    lwarx   r6, 0, r3
    stwcx.  r5, 0, r4
    mfcr    r7
    UNTRANSLATED
    rlwinm  r7, r7, 0, 2, 2
    EXPECT_EQ r6, 0xB1B2B3B4
    EXPECT_EQ r7, 0x20000000, "CR0[EQ]"
    EXPECT_WORD SECOND, 0x600DCAFE
    b       after_subroutines

/* FIRST_END, SECOND and the word behind it. Clobbers r0, r3. */
fill:
    SET     r3, FIRST_END
    SET     r0, 0xA1A2A3A4
    stw     r0, 0(r3)
    dcbf    0, r3
    SET     r3, SECOND
    SET     r0, 0xB1B2B3B4
    stw     r0, 0(r3)
    SET     r0, 0xC1C2C3C4
    stw     r0, 4(r3)
    dcbf    0, r3
    sync
    blr

/* A DTLB miss handler for the two pages. */
load_the_missing:
    mtspr   SPR_SPRG2, r31
    mtspr   SPR_SPRG3, r0
    li      r31, V
    mtspr   SPR_MD_TWC, r31
    mfspr   r31, SPR_MD_EPN
    rlwinm  r31, r31, 1, 18, 18     /* EA bit 19: the second page */
    xori    r31, r31, 0x2000
    oris    r31, r31, SCRATCH >> 16
    ori     r31, r31, RW_ALL
    mtspr   SPR_MD_RPN, r31
    mfspr   r0, SPR_SPRG3
    mfspr   r31, SPR_SPRG2
    rfi
after_subroutines:
END_TESTS
