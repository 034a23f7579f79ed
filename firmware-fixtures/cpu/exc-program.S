/* Program exception 0x700: privileged instructions and registers in user state, traps. */
#include "check.h"
TESTS

/* In user state 0x700 with SRR1 bit 13, nothing done; r4 and r5 stand for whatever the instruction takes. */
.macro PRIVILEGED name, instruction:vararg
TEST "\name in user state", "MPC860 UM 7.1.2.7; PEM 6.4.7"
    SET     r3, 0x12345678
    SET     r4, SCRATCH
    li      r5, 0
    RESUME  2f
    ENTER_USER
1:  \instruction
    LEAVE_USER
    FAIL    "no exception"
2:  EXPECT_VECTOR 0x700
    EXPECT_REG SRR0, 1b
    EXPECT_REG SRR1, 0x00040000 | HARNESS_MSR | MSR_PR
    EXPECT_REG MSR, MSR_ME
    EXPECT_DATA_STATUS_UNCHANGED
    EXPECT_EQ r3, 0x12345678
.endm

PRIVILEGED "mfmsr",   mfmsr r3
PRIVILEGED "mtmsr",   mtmsr r3
PRIVILEGED "rfi",     rfi
PRIVILEGED "dcbi",    dcbi 0, r4
PRIVILEGED "tlbie",   .long 0x7C000264 | (4 << 11)
PRIVILEGED "tlbia",   .long 0x7C0002E4
PRIVILEGED "tlbsync", .long 0x7C00046C

/* spr[0] = 1 means privileged, whether the register exists or not */
.irp spr, 18, 19, 22, 26, 27, 80, 81, 82, 144, 145, 146, 147, 148, 149, 150, 151, 152, 153, 154, 155, 156, 157, 158, 159
PRIVILEGED "mfspr \spr", mfspr r3, \spr
PRIVILEGED "mtspr \spr", mtspr \spr, r3
.endr
.irp spr, 272, 273, 274, 275, 284, 285, 287, 560, 561, 562, 568, 569, 570, 630, 631, 638
PRIVILEGED "mfspr \spr", mfspr r3, \spr
PRIVILEGED "mtspr \spr", mtspr \spr, r3
.endr
.irp spr, 784, 786, 787, 789, 790, 792, 793, 794, 795, 796, 797, 798, 799, 816, 817, 818, 824, 825, 826
PRIVILEGED "mfspr \spr", mfspr r3, \spr
PRIVILEGED "mtspr \spr", mtspr \spr, r3
.endr
PRIVILEGED "mfspr 1008, which does not exist,", mfspr r3, 1008
PRIVILEGED "mtspr 1023, which does not exist,", mtspr 1023, r3

TEST "user state may use XER, LR, CTR and the time base", "MPC860 UM 5.1"
    ENTER_USER
    li      r3, 0x55
    mtxer   r3
    mfxer   r4
    mtctr   r3
    mfctr   r5
    mtlr    r3
    mflr    r6
    mftb    r7
    mftbu   r8
    LEAVE_USER
    EXPECT_NO_EXCEPTION
    EXPECT_EQ r4, 0x55
    EXPECT_EQ r5, 0x55
    EXPECT_EQ r6, 0x55

/* --- traps: -1 is less than 1 signed and greater unsigned --- */

.macro TRAPS instruction:vararg
    \instruction
    EXPECT_VECTOR 0x700
    EXPECT_REG SRR1, 0x00020000 | HARNESS_MSR
.endm
.macro TRAPS_NOT instruction:vararg
    \instruction
    EXPECT_NO_EXCEPTION
.endm
.macro VALUES
    RESUME_BEHIND_IT
    li      r3, -1
    li      r4, 1
    li      r5, 5
.endm

TEST "tw and twi: TO bit 0, less than, signed", "PEM 8, tw"
    VALUES
    TRAPS     tw 16, r3, r4
    TRAPS_NOT tw 16, r4, r3
    TRAPS_NOT tw 16, r5, r5
    TRAPS     twi 16, r3, 1
    TRAPS_NOT twi 16, r4, -1
    TRAPS_NOT twi 16, r5, 5
TEST "tw and twi: TO bit 1, greater than, signed", "PEM 8, tw"
    VALUES
    TRAPS     tw 8, r4, r3
    TRAPS_NOT tw 8, r3, r4
    TRAPS_NOT tw 8, r5, r5
    TRAPS     twi 8, r4, -1
    TRAPS_NOT twi 8, r3, 1
    TRAPS_NOT twi 8, r5, 5
TEST "tw and twi: TO bit 2, equal", "PEM 8, tw"
    VALUES
    TRAPS     tw 4, r5, r5
    TRAPS_NOT tw 4, r3, r4
    TRAPS_NOT tw 4, r4, r3
    TRAPS     twi 4, r3, -1
    TRAPS_NOT twi 4, r3, 1
    TRAPS_NOT twi 4, r4, -1
TEST "tw and twi: TO bit 3, less than, unsigned", "PEM 8, tw"
    VALUES
    TRAPS     tw 2, r4, r3
    TRAPS_NOT tw 2, r3, r4
    TRAPS_NOT tw 2, r5, r5
    TRAPS     twi 2, r4, -1
    TRAPS_NOT twi 2, r3, 1
    TRAPS_NOT twi 2, r5, 5
TEST "tw and twi: TO bit 4, greater than, unsigned", "PEM 8, tw"
    VALUES
    TRAPS     tw 1, r3, r4
    TRAPS_NOT tw 1, r4, r3
    TRAPS_NOT tw 1, r5, r5
    TRAPS     twi 1, r3, 1
    TRAPS_NOT twi 1, r4, -1
    TRAPS_NOT twi 1, r5, 5
TEST "tw and twi: no TO bit never, all TO bits always", "PEM 8, tw"
    VALUES
    TRAPS_NOT tw 0, r3, r4
    TRAPS_NOT tw 0, r5, r5
    TRAPS_NOT twi 0, r3, 1
    TRAPS     tw 31, r3, r4
    TRAPS     tw 31, r4, r3
    TRAPS     twi 31, r5, 0

TEST "a trap: SRR0 is the trap instruction", "MPC860 UM 7.1.2.7; PEM 6.4.7"
    RESUME  2f
1:  trap
    FAIL    "no exception"
2:  EXPECT_VECTOR 0x700
    EXPECT_REG SRR0, 1b
    EXPECT_REG SRR1, 0x00020000 | HARNESS_MSR
    EXPECT_REG MSR, MSR_ME
    EXPECT_DATA_STATUS_UNCHANGED

TEST "a trap in user state is a trap, not a violation", "PEM 6.4.7"
    RESUME  2f
    ENTER_USER
1:  trap
2:  EXPECT_VECTOR 0x700
    EXPECT_REG SRR1, 0x00020000 | HARNESS_MSR | MSR_PR

END_TESTS
