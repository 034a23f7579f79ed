/* Trace exception 0xD00: MSR[SE] after every instruction, MSR[BE] after every branch. */
#include "check.h"
TESTS

#define SE_MSR (HARNESS_MSR | MSR_SE)
#define BE_MSR (HARNESS_MSR | MSR_BE)

/* To \label with MSR = \msr, by rfi, which is never traced. Clobbers r0. */
.macro GO label, msr
    SET_SPR SPR_SRR0, \label
    SET_SPR SPR_SRR1, \msr
    rfi
.endm

.macro CHECK_TRACE at, msr
    EXPECT_VECTOR 0xD00
    EXPECT_REG SRR0, \at
    EXPECT_REG SRR1, \msr
    EXPECT_REG MSR, MSR_ME
    EXPECT_DATA_STATUS_UNCHANGED
.endm

.macro TRACED name, instruction:vararg
TEST "SE: \name", "MPC860 UM 7.1.2.10; MPC801 UM 7.3.7.3.6"
    SET     r3, SCRATCH
    li      r4, 0
    stw     r4, 0(r3)
    li      r5, 5
    RESUME  2f
    GO      1f, SE_MSR
1:  \instruction
    FAIL    "the instruction behind was executed"
2:  CHECK_TRACE 1b + 4, SE_MSR
.endm

TRACED "addi", addi r5, r5, 1
TRACED "lwz", lwz r6, 0(r3)
TRACED "lwzu", lwzu r6, 4(r3)
TRACED "stw", stw r5, 0(r3)
TRACED "lmw", lmw r30, 0(r3)
TRACED "stmw", stmw r30, 0(r3)
TRACED "stswi", stswi r30, r3, 7
TRACED "divw", divw r6, r5, r5
TRACED "mtspr", mtspr SPR_SPRG1, r5
TRACED "mfspr", mfspr r6, SPR_PVR
TRACED "mftb", mftb r6
TRACED "mtcrf", mtcrf 0xFF, r5
TRACED "isync", isync
TRACED "sync", sync
TRACED "eieio", eieio
TRACED "dcbf", dcbf 0, r3
TRACED "icbi", icbi 0, r3
TRACED "tlbia", tlbia
TRACED "a branch not taken", bt eq, 0x20
TRACED "a trap that does not trap", tw 0, r3, r3

TEST "SE: the instruction has done its work, once", "MPC860 UM 7.1.2.10"
    li      r5, 5
    RESUME  2f
    GO      1f, SE_MSR
1:  addi    r5, r5, 1
    addi    r5, r5, 16
2:  CHECK_TRACE 1b + 4, SE_MSR
    EXPECT_EQ r5, 6

TEST "SE: a branch taken is traced at its target", "MPC860 UM 7.1.2.10"
    RESUME  3f
    GO      1f, SE_MSR
1:  b       2f
    FAIL    "not taken"
2:  nop
    nop
3:  CHECK_TRACE 2b, SE_MSR

TEST "SE: one exception after each instruction until the handler stops it", "MPC860 UM 7.1.2.10"
    RESUME_WHERE_IT_WAS
    li      r3, 2
    mtctr   r3
    GO      1f, SE_MSR
1:  addi    r3, r3, 1
2:  bdnz    1b
3:  nop
    mfmsr   r4
4:  rlwinm  r4, r4, 0, 22, 20       /* SE off */
    mtmsr   r4
5:  nop
    EXPECT_EQ r3, 4
    CHECK_TRACE 2b, SE_MSR
    CHECK_TRACE 1b, SE_MSR
    CHECK_TRACE 2b, SE_MSR
    CHECK_TRACE 3b, SE_MSR
    CHECK_TRACE 3b + 4, SE_MSR
    CHECK_TRACE 4b, SE_MSR
    CHECK_TRACE 4b + 4, SE_MSR
    EXPECT_VECTOR 0xD00             /* after mtmsr: traced with the MSR that it wrote */
    EXPECT_REG SRR0, 5b
    EXPECT_REG SRR1, HARNESS_MSR
    EXPECT_NO_EXCEPTION

TEST "SE in user state", "MPC860 UM 7.1.2.10"
    RESUME  2f
    GO      1f, SE_MSR | MSR_PR
1:  addi    r5, r5, 1
    nop
2:  CHECK_TRACE 1b + 4, SE_MSR | MSR_PR

TEST "SE: mtmsr that sets it is not traced, the next instruction is", "MPC860 UM 7.1.2.10"
    RESUME  2f
    mfmsr   r3
    ori     r3, r3, MSR_SE
    mtmsr   r3
1:  addi    r5, r5, 1
    nop
2:  CHECK_TRACE 1b + 4, SE_MSR

TEST "SE: no trace after an instruction that caused an exception: sc", "MPC860 UM 7.1.2.10; MPC561 RM 3.15.4.11"
    RESUME  2f
    GO      1f, SE_MSR
1:  sc
    nop
2:  EXPECT_VECTOR 0xC00
    EXPECT_REG SRR0, 1b + 4
    EXPECT_REG SRR1, SE_MSR
    EXPECT_REG MSR, MSR_ME
    EXPECT_NO_EXCEPTION

TEST "SE: no trace after an instruction that caused an exception: trap, emulation, alignment", "MPC860 UM 7.1.2.10"
    SET     r3, SCRATCH + 1
    RESUME  2f
    GO      1f, SE_MSR
1:  trap
    nop
2:  EXPECT_VECTOR 0x700
    EXPECT_REG SRR0, 1b
    RESUME  4f
    GO      3f, SE_MSR
3:  .long   0
    nop
4:  EXPECT_VECTOR 0x1000
    EXPECT_REG SRR0, 3b
    RESUME  6f
    GO      5f, SE_MSR
5:  lmw     r30, 0(r3)
    nop
6:  EXPECT_VECTOR 0x600
    EXPECT_REG SRR0, 5b
    EXPECT_REG SRR1, SE_MSR

TEST "SE: the trace comes before what the next instruction causes", "MPC801 UM table 6-6"
    RESUME_WHERE_IT_WAS
    ON_VECTOR 0xC00, 8f
    GO      1f, SE_MSR
1:  nop
2:  sc
3:  CHECK_TRACE 2b, SE_MSR
    EXPECT_VECTOR 0xC00
    EXPECT_REG SRR0, 3b
    EXPECT_REG SRR1, SE_MSR
    EXPECT_NO_EXCEPTION
    b       9f
8:  mfspr   r3, SPR_SRR1
    rlwinm  r3, r3, 0, 22, 20
    mtspr   SPR_SRR1, r3
    rfi
9:

/* A handler's own rfi ends with MSR[SE] = 0 in a handler; here one runs with SE = 1, and goes on with SE = 1. */
TEST "rfi is not traced, with SE before and after it", "MPC860 UM 7.1.2.10"
    ON_VECTOR 0xD00, 3f
    SET_SPR SPR_SRR0, 2f
    SET_SPR SPR_SRR1, SE_MSR
    SET     r3, SE_MSR
    mtmsr   r3
1:  rfi
2:  addi    r5, r5, 1
4:  EXPECT_VECTOR 0xD00
    EXPECT_REG SRR0, 4b
    EXPECT_NO_EXCEPTION
    b       9f
3:  li      r6, HARNESS_MSR
    mtspr   SPR_SRR1, r6
    rfi
9:

/* --- BE --- */

.macro BRANCH_TRACED name, target, instruction:vararg
TEST "BE: \name", "MPC860 UM 7.1.2.10; MPC801 UM 7.3.7.3.6"
    li      r3, 2
    mtctr   r3
    cmpwi   r3, 2                   /* EQ */
    SET     r4, 3f
    mtlr    r4
    RESUME  4f
    GO      1f, BE_MSR
1:  addi    r5, r5, 1
    lwz     r6, 0x2000(0)
2:  \instruction
    nop
3:  nop
    nop
4:  CHECK_TRACE \target, BE_MSR
.endm

BRANCH_TRACED "b", 3b, b 3f
BRANCH_TRACED "bl", 3b, bl 3f
BRANCH_TRACED "bc, taken", 3b, beq 3f
BRANCH_TRACED "bc, not taken", (2b + 4), bne 3f
BRANCH_TRACED "bdnz", 3b, bdnz 3f
BRANCH_TRACED "bdz, not taken", (2b + 4), bdz 3f
BRANCH_TRACED "blr", 3b, blr
BRANCH_TRACED "bclr, not taken", (2b + 4), bnelr
BRANCH_TRACED "bclrl", 3b, blrl

TEST "BE: bctr", "MPC860 UM 7.1.2.10"
    SET     r4, 3f
    mtctr   r4
    RESUME  4f
    GO      1f, BE_MSR
1:  nop
2:  bctr
    nop
3:  nop
4:  CHECK_TRACE 3b, BE_MSR

TEST "BE: rfi, sc and isync are no branches", "MPC860 UM 7.1.2.10"
    RESUME_WHERE_IT_WAS
    GO      1f, BE_MSR
1:  isync
    sc
    isync
    nop
    mfmsr   r3
    rlwinm  r3, r3, 0, 23, 21
    mtmsr   r3
    EXPECT_VECTOR 0xC00
    EXPECT_REG SRR1, BE_MSR
    EXPECT_NO_EXCEPTION

TEST "SE and BE together: one exception a branch", "MPC860 UM 7.1.2.10"
    RESUME  3f
    GO      1f, HARNESS_MSR | MSR_SE | MSR_BE
1:  b       2f
    nop
2:  nop
3:  CHECK_TRACE 2b, HARNESS_MSR | MSR_SE | MSR_BE
    EXPECT_NO_EXCEPTION

END_TESTS
