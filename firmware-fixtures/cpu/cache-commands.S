/*
 * The cache control registers: every command of DC_CST and IC_CST, error bits, read-back ports. Lines of SCRATCH in set 40 and
 * behind, which the harness does not use; the tests set the data cache on themselves. On every member of the family: a way is
 * 2 KB or 4 KB, so lines 4 KB apart share a set.
 */
#include "check.h"
TESTS

#define DC_LOAD_LOCK 0x06000000
#define DC_UNLOCK 0x08000000
#define DC_LES_ON 0x05000000
#define IC_LOAD_LOCK 0x06000000
#define IC_UNLOCK 0x08000000
#define CCER1 0x00200000
#define CCER2 0x00100000
#define SET_AT 0x280
#define LINE_A (SCRATCH + SET_AT)
#define LINE_B (SCRATCH + 0x1000 + SET_AT)
#define LINE_C (SCRATCH + 0x2000 + SET_AT)
#define NOWHERE 0x30000000
#define TAG_V 0x200
#define TAG_L 0x100
#define TAG_M 0x40
/* What does not depend on the order of use: tag above the page, V, L, M */
#define TAG_BITS 0xFFFFF340

.macro DC_COMMAND command, address
    SET_SPR SPR_DC_ADR, \address
    SET_SPR SPR_DC_CST, \command
.endm
.macro IC_COMMAND command, address
    SET_SPR SPR_IC_ADR, \address
    SET_SPR SPR_IC_CST, \command
    isync
.endm
/* \reg = tag word of the set SET, way \way, without tag bits below the page and LRU. Clobbers r0, r12. */
.macro DC_TAG reg, way
    SET_SPR SPR_DC_ADR, (\way) * 0x1000 + SET_AT
    mfspr   \reg, SPR_DC_DAT
    SET     r12, 0xFFFFF340
    and     \reg, \reg, r12
.endm

/* r10 = number of ways of the set SET_AT of the instruction cache that hold \line, locked or not. Clobbers r0, r7, r8, r11, r12. */
.macro CODE_TAGS line
    li      r10, 0
    SET     r7, SET_AT
    li      r11, 4
    mtctr   r11
81: mtspr   SPR_IC_ADR, r7
    mfspr   r8, SPR_IC_DAT
    SET     r12, 0xFFFFF200
    and     r8, r8, r12
    SET     r12, (\line & 0xFFFFF000) + TAG_V
    cmplw   r8, r12
    bne     82f
    addi    r10, r10, 1
82: addi    r7, r7, 0x1000
    bdnz    81b
.endm

TEST "DC_CST: enable and disable show in DEN", "MPC860 UM 8.3.2"
    SET_SPR SPR_DC_CST, DC_ENABLE
    EXPECT_SPR SPR_DC_CST, 0x80000000
    SET_SPR SPR_DC_CST, DC_DISABLE
    EXPECT_SPR SPR_DC_CST, 0

TEST "DC_CST: forced write-through and LES are set and cleared", "MPC860 UM 8.3.2"
    SET_SPR SPR_DC_CST, DC_DISABLE
    SET_SPR SPR_DC_CST, DC_WRITE_THROUGH
    EXPECT_SPR SPR_DC_CST, 0x40000000
    SET_SPR SPR_DC_CST, DC_LES_ON
    EXPECT_SPR SPR_DC_CST, 0x60000000
    SET_SPR SPR_DC_CST, DC_COPY_BACK
    EXPECT_SPR SPR_DC_CST, 0x20000000
    SET_SPR SPR_DC_CST, DC_LES_OFF
    EXPECT_SPR SPR_DC_CST, 0

TEST "DC_CST, IC_CST in user state: privileged", "MPC860 UM 8.3; 6.1.2.7"
    RESUME  2f
    ENTER_USER
1:  mfspr   r5, SPR_DC_CST
2:  EXPECT_VECTOR 0x700
    EXPECT_REG SRR0, 1b
    RESUME  4f
    ENTER_USER
3:  mtspr   SPR_IC_CST, r5
4:  EXPECT_VECTOR 0x700
    EXPECT_REG SRR0, 3b

TEST "a store in copyback mode leaves M; way 0 first, tag and V read back", "MPC860 UM 8.3.2.1, table 8-10"
    SET_SPR SPR_DC_CST, DC_ENABLE
    SET     r5, LINE_A
    SET     r6, LINE_B
    stw     r5, 0(r5)
    lwz     r7, 0(r6)
    DC_TAG  r8, 0
    EXPECT_EQ r8, SCRATCH + TAG_V + TAG_M
    DC_TAG  r8, 1
    EXPECT_EQ r8, SCRATCH + 0x1000 + TAG_V

TEST "a third line of a set replaces the one used least recently, which is written back", "MPC860 UM 8.5.1"
    SET_SPR SPR_DC_CST, DC_ENABLE
    SET     r5, LINE_A
    SET     r6, LINE_B
    SET     r7, LINE_C
    SET     r9, 0x11110000
    stw     r9, 0(r5)
    lwz     r8, 0(r6)
    lwz     r8, 0(r5)               /* A is younger than B now */
    lwz     r8, 0(r7)
    DC_TAG  r8, 0
    EXPECT_EQ r8, SCRATCH + TAG_V + TAG_M
    DC_TAG  r8, 1
    EXPECT_EQ r8, SCRATCH + 0x2000 + TAG_V
    lwz     r8, 0(r6)               /* B replaces A */
    SET_SPR SPR_DC_ADR, 0x2040      /* both before an expectation, which writes lines back too */
    mfspr   r8, SPR_DC_DAT
    SET_SPR SPR_DC_ADR, 0x2000
    mfspr   r10, SPR_DC_DAT
    EXPECT_EQ r8, LINE_A, "copyback address"
    EXPECT_EQ r10, 0x11110000, "copyback word 0"
    DATA_UNCACHED
    lwz     r8, 0(r5)
    DATA_CACHED
    EXPECT_EQ r8, 0x11110000, "memory"

TEST "flush line: set and way, written back, then invalid", "MPC860 UM 8.3.2.2.6"
    SET_SPR SPR_DC_CST, DC_ENABLE
    SET     r5, LINE_A
    SET     r9, 0x22220000
    stw     r9, 4(r5)
    DC_COMMAND DC_FLUSH_LINE, SET_AT
    EXPECT_SPR SPR_DC_CST, 0x80000000
    DC_TAG  r8, 0
    EXPECT_EQ r8, 0
    DATA_UNCACHED
    lwz     r8, 4(r5)
    DATA_CACHED
    EXPECT_EQ r8, 0x22220000

TEST "invalidate all loses modified data, but keeps locked lines", "MPC860 UM 8.3.2.2.5"
    SET_SPR SPR_DC_CST, DC_ENABLE
    SET     r5, LINE_A
    SET     r6, LINE_B
    SET     r9, 0x33330000
    DATA_UNCACHED
    li      r8, 0
    stw     r8, 0(r5)
    stw     r8, 0(r6)
    DATA_CACHED
    DC_COMMAND DC_LOAD_LOCK, LINE_A
    stw     r9, 0(r5)
    stw     r9, 0(r6)
    SET_SPR SPR_DC_CST, DC_INVALIDATE_ALL
    lwz     r8, 0(r5)
    lwz     r10, 0(r6)
    EXPECT_EQ r8, 0x33330000
    EXPECT_EQ r10, 0

TEST "load & lock: a hit is locked and stays; both ways locked: CCER2, sticky until read", "MPC860 UM 8.3.2.2.2"
    SET_SPR SPR_DC_CST, DC_ENABLE
    SET     r5, LINE_A
    SET     r7, LINE_C
    lwz     r8, 0(r5)
    DC_COMMAND DC_LOAD_LOCK, LINE_A
    DC_TAG  r8, 0
    EXPECT_EQ r8, SCRATCH + TAG_V + TAG_L
    DC_COMMAND DC_LOAD_LOCK, LINE_B
    EXPECT_SPR SPR_DC_CST, 0x80000000
    DC_COMMAND DC_LOAD_LOCK, LINE_C
    SET_SPR SPR_DC_CST, DC_COPY_BACK
    EXPECT_SPR SPR_DC_CST, 0x80000000 | CCER2
    EXPECT_SPR SPR_DC_CST, 0x80000000
    lwz     r8, 0(r7)               /* past the cache */
    DC_TAG  r8, 1
    EXPECT_EQ r8, SCRATCH + 0x1000 + TAG_V + TAG_L
    DC_COMMAND DC_UNLOCK, LINE_B
    lwz     r8, 0(r7)
    DC_TAG  r8, 1
    EXPECT_EQ r8, SCRATCH + 0x2000 + TAG_V
    SET_SPR SPR_DC_CST, DC_UNLOCK_ALL
    DC_TAG  r8, 0
    EXPECT_EQ r8, SCRATCH + TAG_V

TEST "load & lock where nothing answers: CCER1 and no exception", "MPC860 UM 8.3.2.2.2"
    SET_SPR SPR_DC_CST, DC_ENABLE
    DC_COMMAND DC_LOAD_LOCK, NOWHERE
    EXPECT_SPR SPR_DC_CST, 0x80000000 | CCER1
    IC_COMMAND IC_LOAD_LOCK, NOWHERE
    mfspr   r8, SPR_IC_CST
    SET     r12, CCER1 | CCER2
    and     r8, r8, r12
    EXPECT_EQ r8, CCER1
    EXPECT_NO_EXCEPTION

TEST "a disabled cache keeps its lines, serves nobody, and dcbf does not reach them", "MPC860 UM 8.3.2.2; MPC801 UM 10.5.2"
    SET_SPR SPR_DC_CST, DC_ENABLE
    SET     r5, LINE_A
    SET     r9, 0x44440000
    DATA_UNCACHED
    li      r8, 0
    stw     r8, 0(r5)
    DATA_CACHED
    stw     r9, 0(r5)
    SET_SPR SPR_DC_CST, DC_DISABLE
    dcbf    0, r5
    lwz     r8, 0(r5)
    SET_SPR SPR_DC_CST, DC_ENABLE
    lwz     r10, 0(r5)
    EXPECT_EQ r8, 0
    EXPECT_EQ r10, 0x44440000

TEST "dcbst writes back and keeps the line, dcbi drops it unwritten", "MPC860 UM 8.4; PEM 5.1.5"
    SET_SPR SPR_DC_CST, DC_ENABLE
    SET     r5, LINE_A
    SET     r9, 0x55550000
    stw     r9, 0(r5)
    dcbst   0, r5
    DC_TAG  r8, 0
    EXPECT_EQ r8, SCRATCH + TAG_V
    stw     r5, 0(r5)
    dcbi    0, r5
    DC_TAG  r8, 0
    EXPECT_EQ r8, 0
    lwz     r8, 0(r5)
    EXPECT_EQ r8, 0x55550000

TEST "dcbz: 16 bytes, not 32, whichever half of 32 they are", "MPC860 UM 8.4; PEM 5.1.5"
    SET_SPR SPR_DC_CST, DC_ENABLE
    SET     r5, LINE_A
    SET     r9, 0x24680001
    stw     r9, 0(r5)
    stw     r9, 12(r5)
    stw     r9, 16(r5)
    stw     r9, 20(r5)
    stw     r9, 24(r5)
    stw     r9, 28(r5)
    stw     r9, 32(r5)
    addi    r6, r5, 16
    dcbz    0, r6
    lwz     r8, 12(r5)
    EXPECT_EQ r8, 0x24680001
    .irp n, 16, 20, 24, 28
    lwz     r8, \n(r5)
    EXPECT_EQ r8, 0
    .endr
    lwz     r8, 32(r5)
    EXPECT_EQ r8, 0x24680001

TEST "a hit makes its way the last to be replaced", "MPC860 UM 8.5.1"
    SET_SPR SPR_DC_CST, DC_ENABLE
    SET     r5, LINE_A
    SET     r6, LINE_B
    SET     r7, LINE_C
    lwz     r8, 0(r5)
    lwz     r8, 0(r6)
    lwz     r8, 0(r5)
    lwz     r8, 0(r7)
    DC_TAG  r8, 0
    EXPECT_EQ r8, SCRATCH + TAG_V
    DC_TAG  r8, 1
    EXPECT_EQ r8, SCRATCH + 0x2000 + TAG_V

TEST "dcbi drops a locked line and its lock", "hardware/core-caches.md, a choice"
    SET_SPR SPR_DC_CST, DC_ENABLE
    SET     r5, LINE_A
    DC_COMMAND DC_LOAD_LOCK, LINE_A
    dcbi    0, r5
    DC_TAG  r8, 0
    EXPECT_EQ r8, 0

TEST "dcbi does not reach a disabled cache", "MPC801 UM 10.5.2"
    SET_SPR SPR_DC_CST, DC_ENABLE
    SET     r5, LINE_A
    SET     r9, 0x13570000
    stw     r9, 0(r5)
    SET_SPR SPR_DC_CST, DC_DISABLE
    dcbi    0, r5
    SET_SPR SPR_DC_CST, DC_ENABLE
    DC_TAG  r8, 0
    EXPECT_EQ r8, SCRATCH + TAG_V + TAG_M

TEST "dcbz: a line of zeros, modified, without reading memory", "PEM 5.1.5"
    SET_SPR SPR_DC_CST, DC_ENABLE
    SET     r5, LINE_A
    SET     r9, 0x66660000
    DATA_UNCACHED
    stw     r9, 12(r5)
    DATA_CACHED
    addi    r6, r5, 7
    dcbz    0, r6
    lwz     r8, 12(r5)
    EXPECT_EQ r8, 0
    DC_TAG  r8, 0
    EXPECT_EQ r8, SCRATCH + TAG_V + TAG_M
    DATA_UNCACHED
    lwz     r8, 12(r5)
    DATA_CACHED
    EXPECT_EQ r8, 0x66660000

TEST "dcbz in write-through or inhibited storage: alignment exception", "PEM 6.4.6; core-exceptions.md 3.3"
    SET_SPR SPR_DC_CST, DC_ENABLE
    SET_SPR SPR_DC_CST, DC_WRITE_THROUGH
    SET     r5, LINE_A + 7
    RESUME  2f
1:  dcbz    0, r5
2:  SET_SPR SPR_DC_CST, DC_COPY_BACK
    EXPECT_VECTOR 0x600
    EXPECT_REG SRR0, 1b
    EXPECT_REG DAR, LINE_A + 7      /* the address that the instruction computes, not the line's */
    RESUME  4f
    DATA_UNCACHED
3:  dcbz    0, r5
4:  DATA_CACHED
    EXPECT_VECTOR 0x600
    EXPECT_REG SRR0, 3b

/* dcbz puts a line into the cache that no memory answers for; writing it back ends with TEA. */
.macro NO_MEMORY name, instruction:vararg
TEST "\name: a write-back that no memory takes is a machine check, and is not tried again", "MPC801 UM 10.5.1; MPC860 UM 7.1.2.2"
    SET_SPR SPR_DC_CST, DC_ENABLE
    SET     r5, NOWHERE + SET_AT
    dcbz    0, r5
    addi    r6, r5, 5
    RESUME  2f
1:  \instruction
    FAIL    "behind the instruction"
2:  EXPECT_VECTOR 0x200
    EXPECT_REG SRR0, 1b
    EXPECT_REG DAR, NOWHERE + SET_AT + 5
    DC_TAG  r8, 0
    andi.   r8, r8, TAG_M
    EXPECT_EQ r8, 0
    dcbst   0, r5
    EXPECT_NO_EXCEPTION
.endm
    NO_MEMORY "dcbst", dcbst 0, r6
    NO_MEMORY "dcbf", dcbf 0, r6

TEST "flush line that no memory takes: CCER1 and no exception", "MPC860 UM 8.3.2.2.6; MPC801 UM 10.5.1"
    SET_SPR SPR_DC_CST, DC_ENABLE
    SET     r5, NOWHERE + SET_AT
    dcbz    0, r5
    DC_COMMAND DC_FLUSH_LINE, SET_AT
    EXPECT_SPR SPR_DC_CST, 0x80000000 | CCER1
    EXPECT_SPR SPR_DC_CST, 0x80000000
    EXPECT_NO_EXCEPTION

TEST "load & lock whose victim no memory takes: CCER1 and no exception", "MPC860 UM 8.3.2.2.2; MPC801 UM 10.5.1"
    SET_SPR SPR_DC_CST, DC_ENABLE
    SET     r5, NOWHERE + SET_AT
    SET     r6, LINE_A
    dcbz    0, r5
    lwz     r8, 0(r6)
    DC_COMMAND DC_LOAD_LOCK, LINE_B
    mfspr   r8, SPR_DC_CST
    SET_SPR SPR_DC_CST, DC_UNLOCK_ALL
    EXPECT_EQ r8, 0x80000000 | CCER1
    EXPECT_NO_EXCEPTION

TEST "forced write-through: a store hit updates line and memory, a store miss memory alone", "MPC860 UM 8.5.2"
    SET_SPR SPR_DC_CST, DC_ENABLE
    SET_SPR SPR_DC_CST, DC_WRITE_THROUGH
    SET     r5, LINE_A
    SET     r6, LINE_B
    SET     r9, 0x77770000
    lwz     r8, 0(r5)
    stw     r9, 0(r5)
    stw     r9, 0(r6)
    DC_TAG  r10, 0
    EXPECT_EQ r10, SCRATCH + TAG_V
    DC_TAG  r10, 1
    EXPECT_EQ r10, 0
    DATA_UNCACHED
    lwz     r8, 0(r5)
    lwz     r10, 0(r6)
    DATA_CACHED
    EXPECT_EQ r8, 0x77770000
    EXPECT_EQ r10, 0x77770000

TEST "IC_CST: load & lock, data and tag through IC_DAT, unlock, invalidate", "MPC860 UM 8.3.1, table 8-5"
    SET     r5, LINE_A
    SET     r9, 0x4E800020
    DATA_UNCACHED
    stw     r9, 8(r5)
    DATA_CACHED
    SET_SPR SPR_IC_CST, IC_UNLOCK_ALL
    isync
    IC_COMMAND IC_LOAD_LOCK, LINE_A
    mfspr   r8, SPR_IC_CST
    SET     r12, CCER1 | CCER2
    and     r8, r8, r12
    EXPECT_EQ r8, 0
    SET_SPR SPR_IC_CST, IC_INVALIDATE_ALL
    isync
    /* Which way it is in depends on this program's own lines; one of four holds it still. */
    li      r10, 0
    SET     r7, SET_AT
    li      r11, 4
    mtctr   r11
1:  mtspr   SPR_IC_ADR, r7
    mfspr   r8, SPR_IC_DAT
    SET     r12, 0xFFFFF300
    and     r8, r8, r12
    SET     r12, SCRATCH + TAG_V + TAG_L
    cmplw   r8, r12
    bne     2f
    addi    r10, r10, 1
2:  addi    r7, r7, 0x1000
    bdnz    1b
    cmplwi  r10, 0
    bne     3f
    FAIL    "the locked line is gone"
3:  IC_COMMAND IC_UNLOCK, LINE_A
    SET_SPR SPR_IC_CST, IC_INVALIDATE_ALL
    isync
    CODE_TAGS LINE_A
    EXPECT_EQ r10, 0
    EXPECT_NO_EXCEPTION

TEST "IC_CST: load & lock with all ways locked: CCER2", "MPC860 UM 8.3.1"
    /* one line more than a set has ways on any member */
    .irp n, 0, 1, 2, 3, 4
    IC_COMMAND IC_LOAD_LOCK, LINE_A + \n * 0x1000
    .endr
    SET     r8, CCER1 | CCER2
    mfspr   r9, SPR_IC_CST
    mfspr   r10, SPR_IC_CST
    IC_COMMAND IC_UNLOCK_ALL, 0
    and     r9, r9, r8
    EXPECT_EQ r9, CCER2
    and     r10, r10, r8
    EXPECT_EQ r10, 0

.macro GONE name, spr_or_instruction:vararg
TEST "\name takes the lock from a line of the instruction cache", "MPC860 UM 8.3.1; hardware/core-caches.md"
    SET     r5, LINE_A
    IC_COMMAND IC_LOAD_LOCK, LINE_A
    \spr_or_instruction
    isync
    IC_COMMAND IC_INVALIDATE_ALL, 0
    CODE_TAGS LINE_A
    EXPECT_EQ r10, 0
    /* the way can be used again: as many lines as there are ways can be locked in the set */
    SET     r8, CCER1 | CCER2
    IC_COMMAND IC_LOAD_LOCK, LINE_B
    IC_COMMAND IC_LOAD_LOCK, LINE_C
    mfspr   r9, SPR_IC_CST
    and     r9, r9, r8
    IC_COMMAND IC_UNLOCK_ALL, 0
    EXPECT_EQ r9, 0
.endm
    GONE "unlock line", IC_COMMAND IC_UNLOCK, LINE_A
    GONE "unlock all", IC_COMMAND IC_UNLOCK_ALL, 0
    GONE "icbi", icbi 0, r5

END_TESTS
