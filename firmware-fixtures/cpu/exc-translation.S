/*
 * TLB exceptions 0x1100 to 0x1400 as exceptions: SRR0, SRR1, DSISR, DAR; nothing changed by what did not complete; restart.
 * mmu-*.S check when they come.
 */
#include "check.h"
TESTS

#define PAGE 0x70000000
#define NEXT 0x70001000
#define ON_MSR (HARNESS_MSR | MSR_IR | MSR_DR)
#define TWC_4K_V 0x001
#define TWC_G 0x010
#define RPN_RW 0x9F5                /* PP 10, C, all subpages, SH, V */
#define RPN_RO 0xDF5                /* PP 11 */
#define RPN_CLEAN 0x8F5             /* PP 10, C = 0 */
#define RPN_SUPERVISOR 0x1F5        /* PP 00 */
#define RPN_INVALID 0x9F4
#define DSISR_INVALID 0x40000000
#define DSISR_PROTECTED 0x08000000
#define DSISR_STORE 0x02000000

.macro CHECK vector, at, srr1
    EXPECT_VECTOR \vector
    EXPECT_REG SRR0, \at
    EXPECT_REG SRR1, \srr1
    EXPECT_REG MSR, MSR_ME
.endm

/* --- data --- */

/* r3 = PAGE, r4 = 0x10, r6 = marker; all stay. Miss, then an entry without the segment's V, then one without the page's. */
.macro DATA_FAULT name, ea, store, instruction:vararg
TEST "\name: miss and invalid entry", "MPC860 UM 7.1.3.3, 7.1.3.5; MPC801 UM table 6-14"
    SET     r3, PAGE
    li      r4, 0x10
    SET     r6, 0x66666666
    RESUME  2f
    MAP_RAM
    TRANSLATE
1:  \instruction
    FAIL    "no exception"
2:  CHECK   0x1200, 1b, ON_MSR
    EXPECT_REG DSISR, DSISR_BEFORE
    DTLB_ENTRY 5, PAGE | EPN_EV, 0, SCRATCH | RPN_RW
    RESUME  4f
    TRANSLATE
3:  \instruction
    FAIL    "no exception, segment invalid"
4:  CHECK   0x1400, 3b, ON_MSR
    EXPECT_REG DAR, \ea
    EXPECT_REG DSISR, DSISR_INVALID | \store
    DTLB_ENTRY 5, PAGE | EPN_EV, TWC_4K_V, SCRATCH | RPN_INVALID
    RESUME  6f
    TRANSLATE
5:  \instruction
    FAIL    "no exception, page invalid"
6:  CHECK   0x1400, 5b, ON_MSR
    EXPECT_REG DAR, \ea
    EXPECT_REG DSISR, DSISR_INVALID | \store
    DTLB_ENTRY 5, PAGE | EPN_EV, TWC_4K_V, SCRATCH | RPN_SUPERVISOR
    RESUME  8f
    TRANSLATE
    ENTER_USER
7:  \instruction
    FAIL    "no exception, supervisor page"
8:  CHECK   0x1400, 7b, ON_MSR | MSR_PR
    EXPECT_REG DAR, \ea
    EXPECT_REG DSISR, DSISR_PROTECTED | \store
    EXPECT_EQ r3, PAGE
    EXPECT_EQ r4, 0x10
    EXPECT_EQ r6, 0x66666666
.endm

DATA_FAULT "lwz", PAGE + 4, 0, lwz r6, 4(r3)
DATA_FAULT "lbz", PAGE + 5, 0, lbz r6, 5(r3)
DATA_FAULT "lhz", PAGE + 6, 0, lhz r6, 6(r3)
DATA_FAULT "lha", PAGE + 6, 0, lha r6, 6(r3)
DATA_FAULT "lwzu", PAGE + 4, 0, lwzu r6, 4(r3)
DATA_FAULT "lbzu", PAGE + 4, 0, lbzu r6, 4(r3)
DATA_FAULT "lhzu", PAGE + 4, 0, lhzu r6, 4(r3)
DATA_FAULT "lhau", PAGE + 4, 0, lhau r6, 4(r3)
DATA_FAULT "lwzx", PAGE + 0x10, 0, lwzx r6, r3, r4
DATA_FAULT "lwzux", PAGE + 0x10, 0, lwzux r6, r3, r4
DATA_FAULT "lbzux", PAGE + 0x10, 0, lbzux r6, r3, r4
DATA_FAULT "lhzux", PAGE + 0x10, 0, lhzux r6, r3, r4
DATA_FAULT "lhaux", PAGE + 0x10, 0, lhaux r6, r3, r4
DATA_FAULT "lwbrx", PAGE + 0x10, 0, lwbrx r6, r3, r4
DATA_FAULT "lhbrx", PAGE + 0x10, 0, lhbrx r6, r3, r4
DATA_FAULT "lwarx", PAGE + 0x10, 0, lwarx r6, r3, r4
DATA_FAULT "lmw", PAGE + 8, 0, lmw r6, 8(r3)
DATA_FAULT "lswi", PAGE, 0, lswi r6, r3, 5
DATA_FAULT "lwz, misaligned", PAGE + 1, 0, lwz r6, 1(r3)
DATA_FAULT "stw", PAGE + 4, DSISR_STORE, stw r6, 4(r3)
DATA_FAULT "stb", PAGE + 5, DSISR_STORE, stb r6, 5(r3)
DATA_FAULT "sth", PAGE + 6, DSISR_STORE, sth r6, 6(r3)
DATA_FAULT "stwu", PAGE + 4, DSISR_STORE, stwu r6, 4(r3)
DATA_FAULT "stbu", PAGE + 4, DSISR_STORE, stbu r6, 4(r3)
DATA_FAULT "sthu", PAGE + 4, DSISR_STORE, sthu r6, 4(r3)
DATA_FAULT "stwux", PAGE + 0x10, DSISR_STORE, stwux r6, r3, r4
DATA_FAULT "stbux", PAGE + 0x10, DSISR_STORE, stbux r6, r3, r4
DATA_FAULT "sthux", PAGE + 0x10, DSISR_STORE, sthux r6, r3, r4
DATA_FAULT "stwbrx", PAGE + 0x10, DSISR_STORE, stwbrx r6, r3, r4
DATA_FAULT "sthbrx", PAGE + 0x10, DSISR_STORE, sthbrx r6, r3, r4
DATA_FAULT "stmw", PAGE + 8, DSISR_STORE, stmw r6, 8(r3)
DATA_FAULT "stswi", PAGE, DSISR_STORE, stswi r6, r3, 5
DATA_FAULT "dcbz", PAGE + 0x10, DSISR_STORE, dcbz r3, r4
DATA_FAULT "dcbst", PAGE + 0x10, 0, dcbst r3, r4
DATA_FAULT "dcbf", PAGE + 0x10, 0, dcbf r3, r4
DATA_FAULT "icbi", PAGE + 0x10, 0, icbi r3, r4

TEST "DTLB miss: DAR is the address", "hardware/core-exceptions.md 3.10, a choice"
    SET     r3, PAGE
    RESUME  2f
    MAP_RAM
    TRANSLATE
1:  lwz     r6, 0x123(r3)
2:  CHECK   0x1200, 1b, ON_MSR
    EXPECT_REG DAR, PAGE + 0x123

TEST "dcbt and dcbtst never fault", "hardware/core-exceptions.md 3.10; Linux 8xx"
    SET     r3, PAGE
    MAP_RAM
    TRANSLATE
    dcbt    0, r3
    dcbtst  0, r3
    EXPECT_NO_EXCEPTION

TEST "store to a page without the change bit", "MPC860 UM 7.1.3.5; MPC801 UM 11"
    SET     r3, PAGE
    RESUME  2f
    MAP_RAM
    DTLB_ENTRY 5, PAGE | EPN_EV, TWC_4K_V, SCRATCH | RPN_CLEAN
    TRANSLATE
    lwz     r6, 0(r3)
1:  stwu    r6, 4(r3)
2:  CHECK   0x1400, 1b, ON_MSR
    EXPECT_REG DAR, PAGE + 4
    EXPECT_REG DSISR, DSISR_PROTECTED | DSISR_STORE
    EXPECT_EQ r3, PAGE

TEST "store to a read-only page; a load from it is fine", "MPC860 UM 7.1.3.5"
    SET     r3, PAGE
    RESUME  2f
    MAP_RAM
    DTLB_ENTRY 5, PAGE | EPN_EV, TWC_4K_V, SCRATCH | RPN_RO
    TRANSLATE
    lwz     r6, 0(r3)
1:  sth     r6, 6(r3)
2:  CHECK   0x1400, 1b, ON_MSR
    EXPECT_REG DAR, PAGE + 6
    EXPECT_REG DSISR, DSISR_PROTECTED | DSISR_STORE

TEST "dcbi of an unmapped address, in supervisor state", "MPC860 UM 7.1.3.3"
    SET     r3, PAGE
    RESUME  2f
    MAP_RAM
    TRANSLATE
1:  dcbi    0, r3
2:  CHECK   0x1200, 1b, ON_MSR

/* --- two pages: the second one is missing; the handler maps it and returns --- */

#define SCRATCH_NEXT (SCRATCH + 0x3000) /* not behind SCRATCH */

/* The instruction runs with r3 = \ea: miss in the second page at \fault, then it is run again. */
.macro SECOND_PAGE name, ea, fault, instruction:vararg
TEST "\name", "MPC860 UM 7.1.3.3; PEM 6.2.2; hardware/core-exceptions.md section 5"
    SET     r3, SCRATCH + 0xFF0     /* A0A1A2A3 … ADAEAFA0 at the end of the first, B0… at the start of the second */
    SET     r4, 0xA0A1A2A3
    stw     r4, 0(r3)
    SET     r4, 0xA4A5A6A7
    stw     r4, 4(r3)
    SET     r4, 0xA8A9AAAB
    stw     r4, 8(r3)
    SET     r4, 0xACADAEAF
    stw     r4, 12(r3)
    SET     r3, SCRATCH_NEXT
    SET     r4, 0xB0B1B2B3
    stw     r4, 0(r3)
    SET     r4, 0xB4B5B6B7
    stw     r4, 4(r3)
    SET     r3, \ea
    SET     r5, 0x55555555
    SET     r6, 0x66666666
    SET     r7, 0x77777777
    SET     r29, 0x29292929
    SET     r30, 0x30303030
    SET     r31, 0x31313131
    ON_VECTOR 0x1200, second_page
    MAP_RAM
    DTLB_ENTRY 5, PAGE | EPN_EV, TWC_4K_V, SCRATCH | RPN_RW
    TRANSLATE
1:  \instruction
    LEAVE_USER                      /* translation off */
    CHECK   0x1200, 1b, ON_MSR
    EXPECT_REG DAR, \fault
    EXPECT_NO_EXCEPTION
.endm

SECOND_PAGE "lwz across two pages", PAGE + 0xFFE, NEXT, lwz r6, 0(r3)
    EXPECT_EQ r6, 0xAEAFB0B1
SECOND_PAGE "lwz across two pages, at an odd address", PAGE + 0xFFF, NEXT, lwz r6, 0(r3)
    EXPECT_EQ r6, 0xAFB0B1B2
SECOND_PAGE "lhz across two pages", PAGE + 0xFFF, NEXT, lhz r6, 0(r3)
    EXPECT_EQ r6, 0xAFB0
SECOND_PAGE "lwzu across two pages: rA once", PAGE + 0xFF0, NEXT, lwzu r6, 14(r3)
    EXPECT_EQ r6, 0xAEAFB0B1
    EXPECT_EQ r3, PAGE + 0xFFE
SECOND_PAGE "lhau across two pages: rA once", PAGE + 0xFF0, NEXT, lhau r6, 15(r3)
    EXPECT_EQ r6, 0xFFFFAFB0
    EXPECT_EQ r3, PAGE + 0xFFF
SECOND_PAGE "stw across two pages", PAGE + 0xFFD, NEXT, stw r5, 0(r3)
    EXPECT_WORD SCRATCH + 0xFFC, 0xAC555555
    EXPECT_WORD SCRATCH_NEXT, 0x55B1B2B3
SECOND_PAGE "stwu across two pages: rA once", PAGE + 0xFF0, NEXT, stwu r5, 14(r3)
    EXPECT_WORD SCRATCH + 0xFFC, 0xACAD5555
    EXPECT_WORD SCRATCH_NEXT, 0x5555B2B3
    EXPECT_EQ r3, PAGE + 0xFFE
SECOND_PAGE "sth across two pages", PAGE + 0xFFF, NEXT, sth r5, 0(r3)
    EXPECT_WORD SCRATCH + 0xFFC, 0xACADAE55
    EXPECT_WORD SCRATCH_NEXT, 0x55B1B2B3
SECOND_PAGE "lmw: run again from its beginning", PAGE + 0xFFC, NEXT, lmw r29, 0(r3)
    EXPECT_EQ r29, 0xACADAEAF
    EXPECT_EQ r30, 0xB0B1B2B3
    EXPECT_EQ r31, 0xB4B5B6B7
SECOND_PAGE "stmw: run again from its beginning", PAGE + 0xFFC, NEXT, stmw r29, 0(r3)
    EXPECT_WORD SCRATCH + 0xFFC, 0x29292929
    EXPECT_WORD SCRATCH_NEXT, 0x30303030
    EXPECT_WORD SCRATCH_NEXT + 4, 0x31313131
SECOND_PAGE "lswi: run again from its beginning", PAGE + 0xFFB, NEXT, lswi r5, r3, 9
    EXPECT_EQ r5, 0xABACADAE
    EXPECT_EQ r6, 0xAFB0B1B2
    EXPECT_EQ r7, 0xB3000000
SECOND_PAGE "stswi: run again from its beginning", PAGE + 0xFFB, NEXT, stswi r5, r3, 9
    EXPECT_WORD SCRATCH + 0xFF8, 0xA8A9AA55
    EXPECT_WORD SCRATCH + 0xFFC, 0x55555566
    EXPECT_WORD SCRATCH_NEXT, 0x66666677
SECOND_PAGE "lwbrx across two pages", PAGE + 0xFFE, NEXT, lwbrx r6, 0, r3
    EXPECT_EQ r6, 0xB1B0AFAE

TEST "a string of no bytes faults nowhere", "PEM 8, lswx"
    SET     r3, PAGE
    li      r4, 0
    mtxer   r4
    MAP_RAM
    TRANSLATE
    lswx    r5, r3, r4
    stswx   r5, r3, r4
    EXPECT_NO_EXCEPTION
    b       translation_fetch

second_page:                        /* untranslated; r20 is its own */
    mfspr   r20, SPR_MD_CTR
    rlwinm  r20, r20, 0, 24, 18
    ori     r20, r20, 6 << 8
    mtspr   SPR_MD_CTR, r20
    SET     r20, NEXT | EPN_EV
    mtspr   SPR_MD_EPN, r20
    li      r20, TWC_4K_V
    mtspr   SPR_MD_TWC, r20
    SET     r20, SCRATCH_NEXT | RPN_RW
    mtspr   SPR_MD_RPN, r20
    rfi
translation_fetch:

/* --- fetch --- */

.macro FETCH_FAULT name, vector, status, msr, twc, rpn
TEST "\name", "MPC860 UM 7.1.3.2, 7.1.3.4; Linux 8xx"
    SET     r3, PAGE + 0x124
    mtctr   r3
    RESUME  2f
    MAP_RAM
  .ifnb \rpn
    ITLB_ENTRY 5, PAGE | EPN_EV, \twc, SCRATCH | \rpn
  .endif
    SET_SPR SPR_SRR0, 1f
    SET_SPR SPR_SRR1, \msr
    rfi
1:  bctr
2:  CHECK   \vector, PAGE + 0x124, \status | \msr
    EXPECT_DATA_STATUS_UNCHANGED
.endm

FETCH_FAULT "ITLB miss", 0x1100, 0x08200000, ON_MSR
FETCH_FAULT "ITLB miss in user state", 0x1100, 0x08200000, ON_MSR | MSR_PR
FETCH_FAULT "ITLB miss with untranslated data", 0x1100, 0x08200000, HARNESS_MSR | MSR_IR
FETCH_FAULT "ITLB error: segment invalid", 0x1300, 0x40000000, ON_MSR, 0, RPN_RW
FETCH_FAULT "ITLB error: page invalid", 0x1300, 0x40000000, ON_MSR, TWC_4K_V, RPN_INVALID
FETCH_FAULT "ITLB error: guarded", 0x1300, 0x10000000, ON_MSR, TWC_4K_V | TWC_G, RPN_RW
FETCH_FAULT "ITLB error: protected from users", 0x1300, 0x08000000, ON_MSR | MSR_PR, TWC_4K_V, RPN_SUPERVISOR
FETCH_FAULT "ITLB error: invalid before guarded", 0x1300, 0x40000000, ON_MSR, TWC_G, RPN_RW

TEST "ITLB miss at a branch target: the branch itself is done", "MPC860 UM 7.1.3.2"
    MAP_RAM
    SET     r3, PAGE
    mtlr    r3
    RESUME  2f
    TRANSLATE
    blrl                            /* LR is written, the branch is done: only the fetch behind it fails */
1:
2:  CHECK   0x1100, PAGE, 0x08200000 | ON_MSR
    mflr    r4
    EXPECT_EQ r4, 1b, "LR"

TEST "an interrupt waits for nothing: it comes before the miss of an instruction not begun", "MPC801 UM table 6-5"
    MAP_RAM
    li      r0, 0
    mtspr   SPR_DEC, r0
3:  mfspr   r4, SPR_DEC
    cmpwi   r4, 0
    bge     3b
    RESUME  2f
    SET_SPR SPR_SRR0, PAGE
    SET_SPR SPR_SRR1, ON_MSR | MSR_EE
    rfi
2:  EXPECT_VECTOR 0x900
    EXPECT_REG SRR0, PAGE
    EXPECT_REG SRR1, ON_MSR | MSR_EE

END_TESTS
