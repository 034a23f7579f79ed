/* System call 0xC00 and what holds for every exception: where SRR0 points, what SRR1 and MSR keep, nesting, return. */
#include "check.h"
TESTS

.macro CHECK_CALL at, msr
    EXPECT_VECTOR 0xC00
    EXPECT_REG SRR0, \at
    EXPECT_REG SRR1, \msr
.endm

/* Instruction \word at the constant \address, seen by the next fetch. Clobbers r0, r12. */
.macro PUT_CODE address, word
    SET     r12, \address
    SET     r0, \word
    stw     r0, 0(r12)
    dcbf    0, r12
    sync
    icbi    0, r12
    isync
.endm
#define SC 0x44000002
#define NOP 0x60000000
#define BLR 0x4E800020
#define TRAP 0x7FE00008

TEST "sc: SRR0 is the next instruction", "MPC860 UM 7.1.2.9; PEM 6.4.10"
    SET     r5, 0x1234
    RESUME  2f
1:  sc
    FAIL    "behind the call"
2:  CHECK_CALL 1b + 4, HARNESS_MSR
    EXPECT_REG MSR, MSR_ME
    EXPECT_DATA_STATUS_UNCHANGED
    EXPECT_EQ r5, 0x1234

TEST "sc in user state: the handler is in supervisor state", "MPC860 UM 7.1.2.9"
    RESUME  2f
    ENTER_USER
1:  sc
2:  CHECK_CALL 1b + 4, HARNESS_MSR | MSR_PR
    EXPECT_REG MSR, MSR_ME

.irp slot, 0, 1, 2, 3
TEST "exceptions in word \slot of a line", "MPC860 UM 7.1.2.9, 7.1.2.7"
    RESUME  2f
    b       1f
    .balign 16
    .rept   \slot
    nop
    .endr
1:  sc
2:  CHECK_CALL 1b + 4, HARNESS_MSR
    RESUME  4f
    b       3f
    .balign 16
    .rept   \slot
    nop
    .endr
3:  trap
4:  EXPECT_VECTOR 0x700
    EXPECT_REG SRR0, 3b
    RESUME  6f
    b       5f
    .balign 16
    .rept   \slot
    nop
    .endr
5:  .long   0
6:  EXPECT_VECTOR 0x1000
    EXPECT_REG SRR0, 5b
.endr

TEST "run into from the line before, at its first word", "MPC860 UM 7.1.2.9"
    RESUME  2f
    b       3f
    .balign 16
3:  nop
    nop
    nop
    nop
1:  sc
2:  CHECK_CALL 1b + 4, HARNESS_MSR

TEST "sc in the last word of a page whose next one is not mapped: no fetch there", "MPC860 UM 7.1.2.9"
    PUT_CODE SCRATCH + 0xFFC, SC
    MAP_RAM
    ITLB_ENTRY 5, 0x70000000 | EPN_EV, 0x001, SCRATCH | 0x9F5
    SET     r3, 0x70000FFC
    mtctr   r3
    RESUME  2f
    TRANSLATE
    bctr
2:  CHECK_CALL 0x70001000, HARNESS_MSR | MSR_IR | MSR_DR

TEST "an instruction in the last word of a page completes before the next page's miss", "MPC860 UM 7.1.3.2"
    PUT_CODE SCRATCH + 0xFFC, 0x38630001 /* addi r3, r3, 1 */
    MAP_RAM
    ITLB_ENTRY 5, 0x70000000 | EPN_EV, 0x001, SCRATCH | 0x9F5
    SET     r3, 0x70000FFC
    mtctr   r3
    RESUME  2f
    TRANSLATE
    bctr
2:  EXPECT_VECTOR 0x1100
    EXPECT_REG SRR0, 0x70001000
    EXPECT_EQ r3, 0x70000FFD

TEST "a trap in the first word of a page, run into from the page before", "MPC860 UM 7.1.2.7"
    PUT_CODE SCRATCH + 0xFFC, NOP
    PUT_CODE SCRATCH + 0x1000, TRAP
    RESUME  2f
    SET     r3, SCRATCH + 0xFFC
    mtctr   r3
    bctr
2:  EXPECT_VECTOR 0x700
    EXPECT_REG SRR0, SCRATCH + 0x1000

TEST "at the target of every kind of branch", "MPC860 UM 7.1.2.9"
    RESUME_BEHIND_IT                /* only sc and trap come; sc is stepped over with a nop behind it */
    cmpwi   r0, 0
    SET     r4, 4f
    mtlr    r4
    SET     r4, 5f
    mtctr   r4
    b       1f
    nop
1:  trap
    bl      2f
    nop
2:  trap
    SET     r4, 4f
    mtlr    r4
    crset   eq
    beq     3f
    nop
3:  trap
    blr
    nop
4:  trap
    bctr
    nop
5:  trap
    li      r4, 2
    mtctr   r4
    bdnz    6f
    nop
6:  trap
    EXPECT_VECTOR 0x700
    EXPECT_REG SRR0, 1b
    EXPECT_VECTOR 0x700
    EXPECT_REG SRR0, 2b
    EXPECT_VECTOR 0x700
    EXPECT_REG SRR0, 3b
    EXPECT_VECTOR 0x700
    EXPECT_REG SRR0, 4b
    EXPECT_VECTOR 0x700
    EXPECT_REG SRR0, 5b
    EXPECT_VECTOR 0x700
    EXPECT_REG SRR0, 6b
    EXPECT_NO_EXCEPTION

TEST "right behind mtmsr: SRR1 has the new MSR", "MPC860 UM 7.1.2.9; MPC823 UM, Fetch Unit"
    RESUME  2f
    SET     r3, HARNESS_MSR | MSR_FP | MSR_FE0 | MSR_FE1
    mtmsr   r3
1:  sc
2:  CHECK_CALL 1b + 4, HARNESS_MSR | MSR_FP | MSR_FE0 | MSR_FE1
    EXPECT_REG MSR, MSR_ME

TEST "right behind rfi: at its target, with the MSR that it restored", "PEM 6.3"
    RESUME  2f
    SET_SPR SPR_SRR0, 1f + 3        /* its low bits do not count */
    SET_SPR SPR_SRR1, MSR_ME | MSR_FP
    rfi
    nop
1:  sc
2:  CHECK_CALL 1b + 4, MSR_ME | MSR_FP

TEST "SRR1 has bits 0, 5-9 and 16-31 of MSR, zeros between", "MPC860 UM 7.1.2; PEM 6.3"
    RESUME  2f
    SET     r3, 0xFFF80000 | MSR_ME | MSR_RI | MSR_FP
    mtmsr   r3
    isync
1:  sc
2:  CHECK_CALL 1b + 4, 0x87C00000 | MSR_ME | MSR_RI | MSR_FP
    EXPECT_REG MSR, 0xFFF80000 | MSR_ME

TEST "rfi takes those bits from SRR1 and leaves the others", "PEM 8, rfi"
    SET     r3, 0x78380000 | HARNESS_MSR
    mtmsr   r3
    isync
    SET_SPR SPR_SRR0, 1f
    SET_SPR SPR_SRR1, 0x87C00000 | HARNESS_MSR | 0x30000000
    rfi
1:  mfmsr   r4
    EXPECT_EQ r4, 0xFFF80000 | HARNESS_MSR

TEST "SRR1[RI] tells that the interrupted code was not recoverable", "MPC860 UM 7.1"
    RESUME  2f
    mtspr   SPR_NRI, r0
1:  sc
2:  CHECK_CALL 1b + 4, MSR_ME

TEST "one right after the other", "MPC860 UM 7.1.2"
    RESUME_BEHIND_IT
1:  trap
2:  .long   0
3:  trap
    EXPECT_VECTOR 0x700
    EXPECT_REG SRR0, 1b
    EXPECT_VECTOR 0x1000
    EXPECT_REG SRR0, 2b
    EXPECT_VECTOR 0x700
    EXPECT_REG SRR0, 3b
    EXPECT_NO_EXCEPTION

TEST "an exception in a handler overwrites SRR0 and SRR1", "PEM 6.2"
    ON_VECTOR 0xC00, 4f
    RESUME  6f
    ENTER_USER
1:  sc
4:  mfspr   r20, SPR_SRR0
    mfspr   r21, SPR_SRR1
5:  trap
6:  CHECK_CALL 1b + 4, HARNESS_MSR | MSR_PR
    EXPECT_VECTOR 0x700
    EXPECT_REG SRR0, 5b
    EXPECT_REG SRR1, 0x00020000 | MSR_ME
    EXPECT_EQ r20, 1b + 4
    EXPECT_EQ r21, HARNESS_MSR | MSR_PR

TEST "a handler that calls itself: three deep, three returns", "PEM 6.2"
    ON_VECTOR 0xC00, 4f
    li      r5, 0
    SET     r1, SCRATCH + 0x1000
1:  sc
    EXPECT_EQ r5, 3
    EXPECT_EQ r1, SCRATCH + 0x1000
    CHECK_CALL 1b + 4, HARNESS_MSR
    CHECK_CALL 5f + 4, MSR_ME | MSR_RI
    CHECK_CALL 5f + 4, MSR_ME | MSR_RI
    EXPECT_NO_EXCEPTION
    b       9f
4:  mfspr   r20, SPR_SRR0
    stwu    r20, -8(r1)
    mfspr   r20, SPR_SRR1
    stw     r20, 4(r1)
    mtspr   SPR_EID, r0             /* recoverable again */
    addi    r5, r5, 1
    cmpwi   r5, 3
    bge     6f
5:  sc
6:  mtspr   SPR_NRI, r0
    lwz     r20, 4(r1)
    mtspr   SPR_SRR1, r20
    lwz     r20, 0(r1)
    mtspr   SPR_SRR0, r20
    addi    r1, r1, 8
    rfi
9:

TEST "an exception leaves a reservation alone", "PEM 4.3; hardware/core-exceptions.md section 2"
    SET     r3, SCRATCH
    li      r4, 0
    stw     r4, 0(r3)
    RESUME_WHERE_IT_WAS
    li      r5, 77
    lwarx   r6, 0, r3
    sc
    stwcx.  r5, 0, r3
    mfcr    r7
    EXPECT_VECTOR 0xC00
    rlwinm  r7, r7, 0, 2, 2
    EXPECT_EQ r7, 0x20000000, "CR0[EQ]"
    EXPECT_WORD SCRATCH, 77

TEST "the handler gets all registers as they were, and so does the program again", "PEM 6.2"
    SET     r1, 0x11111111
    SET     r2, 0x22222222
    SET     r30, 0x30303030
    SET     r31, 0x31313131
    SET     r4, 0xC7C7C7C7
    mtcrf   0xFF, r4
    SET     r4, 0x0C0C0C0C
    mtctr   r4
    SET     r4, 0x10101010
    mtlr    r4
    SET     r4, 0x2000007F
    mtxer   r4
    RESUME_WHERE_IT_WAS
    sc
    mfcr    r10
    mfctr   r11
    mflr    r12
    mfxer   r13
    EXPECT_VECTOR 0xC00
    EXPECT_REG CR, 0xC7C7C7C7
    EXPECT_EQ r1, 0x11111111
    EXPECT_EQ r2, 0x22222222
    EXPECT_EQ r30, 0x30303030
    EXPECT_EQ r31, 0x31313131
    EXPECT_EQ r10, 0xC7C7C7C7, "CR"
    EXPECT_EQ r11, 0x0C0C0C0C, "CTR"
    EXPECT_EQ r12, 0x10101010, "LR"
    EXPECT_EQ r13, 0x2000007F, "XER"

END_TESTS
