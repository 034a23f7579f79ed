/* Decrementer 0x900 and external interrupt 0x500: enabling, pending, SRR0, order, nesting. */
#include "check.h"
TESTS

/* System timers (MPC860 UM, System Timers) */
#define TBSCR 0x200
#define TBREFF0 0x204
#define TBSCRK 0x300
#define TBREFF0K 0x304
#define TBK 0x30C
#define KEY 0x55CCAA33
#define TBSCR_LEVEL0 0x8000
#define TBSCR_REFA 0x0080
#define TBSCR_REFAE 0x0008
#define TBSCR_TBE 0x0001
#define SIMASK 0x014
#define SIPEND 0x010
#define LVL0 0x40000000

#define EE_MSR (HARNESS_MSR | MSR_EE)

/* An external interrupt request at level 0, by the time base's reference A = now. r28 = IMMR. Data go past
   the cache from here on. Clobbers r0, r31. */
.macro REQUEST_EXTERNAL
    DATA_UNCACHED
    SET     r28, IMMR_BASE
    SET     r0, KEY
    stw     r0, TBSCRK(r28)
    stw     r0, TBREFF0K(r28)
    li      r0, TBSCR_REFA | TBSCR_TBE
    sth     r0, TBSCR(r28)
    mftb    r31
    addi    r31, r31, 2
    stw     r31, TBREFF0(r28)
    SET     r0, TBSCR_LEVEL0 | TBSCR_REFAE | TBSCR_TBE
    sth     r0, TBSCR(r28)
    SET     r0, LVL0
    stw     r0, SIMASK(r28)
7701:
    lwz     r0, SIPEND(r28)
    andis.  r0, r0, LVL0 >> 16
    beq     7701b
.endm
/* Takes the request away. Clobbers r0. */
.macro END_EXTERNAL
    li      r0, TBSCR_REFA | TBSCR_TBE
    sth     r0, TBSCR(r28)
.endm
/* A decrementer exception is pending afterwards. Clobbers r0, r31. */
.macro REQUEST_DECREMENTER
    li      r0, 0
    mtspr   SPR_DEC, r0
7702:
    mfspr   r31, SPR_DEC
    cmpwi   r31, 0
    bge     7702b
.endm

.macro CHECK_INTERRUPT vector, at, msr
    EXPECT_VECTOR \vector
    EXPECT_REG SRR0, \at
    EXPECT_REG SRR1, \msr
    EXPECT_REG MSR, MSR_ME
    EXPECT_DATA_STATUS_UNCHANGED
.endm

TEST "decrementer: taken at the instruction behind the mtmsr that sets EE", "MPC860 UM 7.1.2.8; PEM 6.4.9"
    REQUEST_DECREMENTER
    RESUME  2f
    SET     r3, EE_MSR
    mtmsr   r3
1:  FAIL    "not taken"
2:  CHECK_INTERRUPT 0x900, 1b, EE_MSR

TEST "decrementer: pends while EE = 0", "PEM 6.4.9"
    REQUEST_DECREMENTER
    nop
    nop
    EXPECT_NO_EXCEPTION

TEST "decrementer: taking it ends the request, though DEC stays negative", "PEM 6.4.9; MPC860 UM, Decrementer"
    REQUEST_DECREMENTER
    RESUME_WHERE_IT_WAS
    MSR_ON  MSR_EE
    .rept   40
    nop
    .endr
    EXPECT_VECTOR 0x900
    EXPECT_NO_EXCEPTION
    mfspr   r3, SPR_DEC
    srwi    r3, r3, 31
    EXPECT_EQ r3, 1

TEST "decrementer: writing a negative value over a positive one requests it", "PEM 2.3.14.1"
    SET     r3, 0x7FFFFFFF
    mtspr   SPR_DEC, r3
    li      r3, -1
    mtspr   SPR_DEC, r3
    RESUME_WHERE_IT_WAS
    MSR_ON  MSR_EE
    nop
    EXPECT_VECTOR 0x900
    EXPECT_NO_EXCEPTION

TEST "decrementer: counts through 0 while the handler of another exception runs, taken when that returns", "PEM 6.4.9"
    ON_VECTOR 0xC00, 3f
    ON_VECTOR 0x900, 5f
    li      r3, 5
    mtspr   SPR_DEC, r3
    MSR_ON  MSR_EE
    sc
1:  EXPECT_VECTOR 0xC00
    EXPECT_REG SRR0, 1b
    CHECK_INTERRUPT 0x900, 1b, EE_MSR
    EXPECT_EQ r5, 1
    b       9f
3:  mfspr   r4, SPR_DEC
    cmpwi   r4, 0
    bge     3b
    li      r5, 0
    rfi
5:  addi    r5, r5, 1
    rfi
9:

TEST "mtspr EIE, EID, NRI: EE and RI", "MPC860 UM 7.1"
    li      r3, 0
    mtspr   SPR_NRI, r3
    mfmsr   r4
    mtspr   SPR_EID, r3
    mfmsr   r5
    mtspr   SPR_EIE, r3
    mfmsr   r6
    mtspr   SPR_NRI, r3
    mfmsr   r7
    EXPECT_EQ r4, MSR_ME
    EXPECT_EQ r5, MSR_ME | MSR_RI
    EXPECT_EQ r6, MSR_ME | MSR_RI | MSR_EE
    EXPECT_EQ r7, MSR_ME

TEST "mtspr EIE: a pending interrupt is taken before the next instruction", "MPC860 UM 7.1"
    REQUEST_DECREMENTER
    RESUME  2f
    mtspr   SPR_EIE, r0
1:  FAIL    "not taken"
2:  CHECK_INTERRUPT 0x900, 1b, EE_MSR

TEST "rfi that sets EE: a pending interrupt is taken before the instruction at SRR0", "MPC860 UM 7.1.2.8"
    REQUEST_DECREMENTER
    RESUME  2f
    SET_SPR SPR_SRR0, 1f
    SET_SPR SPR_SRR1, EE_MSR
    rfi
1:  FAIL    "not taken"
2:  CHECK_INTERRUPT 0x900, 1b, EE_MSR

TEST "external interrupt", "MPC860 UM 7.1.2.5"
    REQUEST_EXTERNAL
    RESUME  2f
    SET     r3, EE_MSR
    mtmsr   r3
1:  FAIL    "not taken"
2:  CHECK_INTERRUPT 0x500, 1b, EE_MSR
    END_EXTERNAL

TEST "external interrupt: pends while EE = 0, gone with its cause", "MPC860 UM 7.1.2.5"
    REQUEST_EXTERNAL
    nop
    EXPECT_NO_EXCEPTION
    END_EXTERNAL
    MSR_ON  MSR_EE
    nop
    EXPECT_NO_EXCEPTION

TEST "external interrupt: a level, taken again until its cause is gone", "MPC860 UM 7.1.2.5"
    ON_VECTOR 0x500, 5f
    li      r5, 3
    REQUEST_EXTERNAL
    MSR_ON  MSR_EE
1:  nop
    EXPECT_VECTOR 0x500
    EXPECT_VECTOR 0x500
    EXPECT_VECTOR 0x500
    EXPECT_NO_EXCEPTION
    b       9f
5:  addic.  r5, r5, -1
    bne     6f
    END_EXTERNAL
6:  rfi
9:

TEST "external interrupt in user state, translated", "MPC860 UM 7.1.2.5"
    MAP_RAM
    REQUEST_EXTERNAL
    RESUME  2f
    SET_SPR SPR_SRR0, 1f
    SET_SPR SPR_SRR1, EE_MSR | MSR_PR | MSR_IR | MSR_DR
    rfi
1:  nop
2:  CHECK_INTERRUPT 0x500, 1b, EE_MSR | MSR_PR | MSR_IR | MSR_DR
    END_EXTERNAL

TEST "external interrupt before decrementer", "MPC801 UM table 6-5"
    REQUEST_EXTERNAL
    REQUEST_DECREMENTER
    ON_VECTOR 0x500, 5f
    RESUME_WHERE_IT_WAS
    SET     r3, EE_MSR
    mtmsr   r3
1:  nop
    CHECK_INTERRUPT 0x500, 1b, EE_MSR
    CHECK_INTERRUPT 0x900, 1b, EE_MSR
    EXPECT_NO_EXCEPTION
    b       9f
5:  END_EXTERNAL
    rfi
9:

TEST "trace before external interrupt before decrementer", "MPC801 UM table 6-5"
    REQUEST_EXTERNAL
    REQUEST_DECREMENTER
    ON_VECTOR 0xD00, 4f
    ON_VECTOR 0x500, 5f
    RESUME_WHERE_IT_WAS
    SET_SPR SPR_SRR0, 1f
    SET_SPR SPR_SRR1, HARNESS_MSR | MSR_SE
    SET     r3, EE_MSR
    rfi
1:  mtmsr   r3                      /* sets EE, clears SE; is itself traced */
2:  nop
    EXPECT_VECTOR 0xD00
    EXPECT_REG SRR0, 2b
    EXPECT_REG SRR1, EE_MSR
    CHECK_INTERRUPT 0x500, 2b, EE_MSR
    CHECK_INTERRUPT 0x900, 2b, EE_MSR
    b       9f
4:  rfi
5:  END_EXTERNAL
    rfi
9:

TEST "an interrupt inside an interrupt handler that sets EE again", "PEM 6.2"
    ON_VECTOR 0x500, 5f
    ON_VECTOR 0x900, 6f
    REQUEST_EXTERNAL
    li      r7, 0
    MSR_ON  MSR_EE
    nop
    EXPECT_VECTOR 0x500
    EXPECT_VECTOR 0x900
    EXPECT_REG SRR0, 55f
    EXPECT_REG SRR1, EE_MSR
    EXPECT_EQ r7, 1
    EXPECT_NO_EXCEPTION
    b       9f
5:  END_EXTERNAL
    mfspr   r20, SPR_SRR0           /* saved, then RI again */
    mfspr   r21, SPR_SRR1
    REQUEST_DECREMENTER
    mtspr   SPR_EIE, r0
55: mtspr   SPR_NRI, r0
    mtspr   SPR_SRR0, r20
    mtspr   SPR_SRR1, r21
    rfi
6:  addi    r7, r7, 1
    rfi
9:

TEST "an interrupt waits for the end of a load multiple", "PEM 6.2.2"
    SET     r3, SCRATCH
    REQUEST_DECREMENTER
    RESUME_WHERE_IT_WAS
    SET     r4, 0x04040404
    stw     r4, 4(r3)
    SET     r5, EE_MSR
    mtmsr   r5
1:  lmw     r30, 0(r3)
    EXPECT_EQ r31, 0x04040404
    CHECK_INTERRUPT 0x900, 1b, EE_MSR

END_TESTS
