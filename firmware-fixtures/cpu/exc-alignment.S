/* Alignment exception 0x600: its causes, DAR and the instruction image in DSISR. */
#include "check.h"
TESTS

/* DSISR of a D-form and an X-form instruction (RCPU RM, Alignment Exception; PEM 6.4.6) */
#define D_IMAGE(op, d, a) ((((op) & 1) << 14) | ((((op) >> 1) & 15) << 10) | ((d) << 5) | (a))
#define X_IMAGE(xo, d, a) ((((xo) & 3) << 15) | ((((xo) >> 5) & 1) << 14) | (((xo) >> 6) << 10) | ((d) << 5) | (a))

/* The instruction with r3 = \base, r4 = \index gives 0x600 with DAR = \ea. r3 and r6 stay. */
.macro MISALIGNED name, base, index, ea, image, instruction:vararg
TEST "\name", "MPC850 UM, Alignment Exception; PEM 6.4.6"
    SET     r3, \base
    SET     r4, \index
    SET     r6, 0x66666666
    RESUME  2f
1:  \instruction
    FAIL    "no exception"
2:  EXPECT_VECTOR 0x600
    EXPECT_REG SRR0, 1b
    EXPECT_REG SRR1, HARNESS_MSR
    EXPECT_REG MSR, MSR_ME
    EXPECT_REG DAR, \ea
    EXPECT_REG DSISR, \image
    EXPECT_EQ r3, \base
    EXPECT_EQ r6, 0x66666666
.endm

MISALIGNED "lmw at 1", SCRATCH, 0, SCRATCH + 1, D_IMAGE(46, 29, 3), lmw r29, 1(r3)
MISALIGNED "lmw at 2", SCRATCH, 0, SCRATCH + 2, D_IMAGE(46, 31, 3), lmw r31, 2(r3)
MISALIGNED "lmw at 3", SCRATCH + 3, 0, SCRATCH + 3, D_IMAGE(46, 7, 3), lmw r7, 0(r3)
MISALIGNED "stmw at 1", SCRATCH, 0, SCRATCH + 1, D_IMAGE(47, 29, 3), stmw r29, 1(r3)
MISALIGNED "stmw at 2", SCRATCH, 0, SCRATCH + 2, D_IMAGE(47, 0, 3), stmw r0, 2(r3)
MISALIGNED "stmw with rA = 0", 0, 0, 0x4002, D_IMAGE(47, 31, 0), stmw r31, 0x4002(0)
MISALIGNED "lwarx at 2", SCRATCH, 2, SCRATCH + 2, X_IMAGE(20, 6, 3), lwarx r6, r3, r4
MISALIGNED "lwarx at 1, rA = 0", SCRATCH + 1, SCRATCH + 1, SCRATCH + 1, X_IMAGE(20, 6, 0), lwarx r6, 0, r4
MISALIGNED "stwcx. at 3", SCRATCH, 3, SCRATCH + 3, X_IMAGE(150, 6, 3), stwcx. r6, r3, r4
MISALIGNED "stwcx. at 2 without a reservation", SCRATCH, 2, SCRATCH + 2, X_IMAGE(150, 5, 3), stwcx. r5, r3, r4

TEST "misaligned scalars need no exception", "MPC860 UM 7.1.2.6; MPC801 UM 7.3.7.3.3"
    SET     r3, SCRATCH
    SET     r4, 0x01020304
    stw     r4, 0(r3)
    SET     r4, 0x05060708
    stw     r4, 4(r3)
    lwz     r5, 1(r3)
    EXPECT_EQ r5, 0x02030405
    lwz     r5, 2(r3)
    EXPECT_EQ r5, 0x03040506
    lwz     r5, 3(r3)
    EXPECT_EQ r5, 0x04050607
    lhz     r5, 3(r3)
    EXPECT_EQ r5, 0x0405
    lha     r5, 1(r3)
    EXPECT_EQ r5, 0x0203
    li      r4, 1
    lwbrx   r5, r3, r4
    EXPECT_EQ r5, 0x05040302
    lhbrx   r5, r3, r4
    EXPECT_EQ r5, 0x0302
    SET     r4, 0xA1A2A3A4
    stw     r4, 3(r3)
    EXPECT_WORD SCRATCH, 0x010203A1
    EXPECT_WORD SCRATCH + 4, 0xA2A3A408
    sth     r4, 1(r3)
    EXPECT_WORD SCRATCH, 0x01A3A4A1
    li      r5, 1
    stwbrx  r4, r3, r5
    EXPECT_WORD SCRATCH, 0x01A4A3A2
    EXPECT_WORD SCRATCH + 4, 0xA1A3A408
    EXPECT_NO_EXCEPTION

TEST "misaligned strings need no exception", "MPC801 UM 7.3.7.3.3"
    SET     r3, SCRATCH + 1
    SET     r5, 0x01020304
    SET     r6, 0x05060000
    stswi   r5, r3, 6
    lswi    r7, r3, 6
    EXPECT_EQ r7, 0x01020304
    EXPECT_EQ r8, 0x05060000
    EXPECT_NO_EXCEPTION

TEST "alignment comes before translation", "MPC801 UM table 6-6; MPC823 UM, Interrupt Ordering"
    SET     r3, 0x70000002          /* nothing is mapped there */
    MAP_RAM
    RESUME  2f
    TRANSLATE
1:  lmw     r30, 0(r3)
2:  EXPECT_VECTOR 0x600
    EXPECT_REG SRR0, 1b
    EXPECT_REG SRR1, HARNESS_MSR | MSR_IR | MSR_DR
    EXPECT_REG DAR, 0x70000002

TEST "alignment in user state", "MPC850 UM, Alignment Exception"
    SET     r3, SCRATCH + 2
    RESUME  2f
    ENTER_USER
1:  lmw     r30, 0(r3)
2:  EXPECT_VECTOR 0x600
    EXPECT_REG SRR1, HARNESS_MSR | MSR_PR
    EXPECT_REG DAR, SCRATCH + 2

/*
 * Little-endian mode. An instruction fetch is munged as well: the word at 1f is fetched from 1f + 4. The exception's
 * handler is big-endian again, as MSR[ILE] = 0.
 */
.macro LITTLE_ENDIAN name, base, index, ea, image, instruction:vararg
TEST "little-endian: \name", "MPC850 UM, Alignment Exception; PEM 3.1.4"
    SET     r3, \base
    SET     r4, \index
    SET     r6, 0x66666666
    li      r5, 4
    mtxer   r5
    RESUME  2f
    SET_SPR SPR_SRR0, 1f
    SET_SPR SPR_SRR1, HARNESS_MSR | MSR_LE
    rfi
    .balign 8
1:  nop
    \instruction
    nop
    nop
2:  EXPECT_VECTOR 0x600
    EXPECT_REG SRR0, 1b
    EXPECT_REG SRR1, HARNESS_MSR | MSR_LE
    EXPECT_REG MSR, MSR_ME
    EXPECT_REG DAR, \ea
    EXPECT_REG DSISR, \image
    EXPECT_EQ r3, \base
    EXPECT_EQ r6, 0x66666666
.endm

LITTLE_ENDIAN "lwz at 1", SCRATCH, 0, SCRATCH + 1, D_IMAGE(32, 6, 3), lwz r6, 1(r3)
LITTLE_ENDIAN "lwz at 2", SCRATCH, 0, SCRATCH + 2, D_IMAGE(32, 6, 3), lwz r6, 2(r3)
LITTLE_ENDIAN "lwzu: rA stays", SCRATCH, 0, SCRATCH + 2, D_IMAGE(33, 6, 3), lwzu r6, 2(r3)
LITTLE_ENDIAN "lwzx", SCRATCH, 2, SCRATCH + 2, X_IMAGE(23, 6, 3), lwzx r6, r3, r4
LITTLE_ENDIAN "lwzux: rA stays", SCRATCH, 2, SCRATCH + 2, X_IMAGE(55, 6, 3), lwzux r6, r3, r4
LITTLE_ENDIAN "lhz at 1", SCRATCH, 0, SCRATCH + 1, D_IMAGE(40, 6, 3), lhz r6, 1(r3)
LITTLE_ENDIAN "lhzu: rA stays", SCRATCH, 0, SCRATCH + 1, D_IMAGE(41, 6, 3), lhzu r6, 1(r3)
LITTLE_ENDIAN "lha", SCRATCH, 0, SCRATCH + 1, D_IMAGE(42, 6, 3), lha r6, 1(r3)
LITTLE_ENDIAN "lhau: rA stays", SCRATCH, 0, SCRATCH + 1, D_IMAGE(43, 6, 3), lhau r6, 1(r3)
LITTLE_ENDIAN "lhax", SCRATCH, 3, SCRATCH + 3, X_IMAGE(343, 6, 3), lhax r6, r3, r4
LITTLE_ENDIAN "lhaux: rA stays", SCRATCH, 3, SCRATCH + 3, X_IMAGE(375, 6, 3), lhaux r6, r3, r4
LITTLE_ENDIAN "lhzx", SCRATCH, 3, SCRATCH + 3, X_IMAGE(279, 6, 3), lhzx r6, r3, r4
LITTLE_ENDIAN "stw", SCRATCH, 0, SCRATCH + 2, D_IMAGE(36, 6, 3), stw r6, 2(r3)
LITTLE_ENDIAN "stwu: rA stays", SCRATCH, 0, SCRATCH + 2, D_IMAGE(37, 6, 3), stwu r6, 2(r3)
LITTLE_ENDIAN "stwx", SCRATCH, 2, SCRATCH + 2, X_IMAGE(151, 6, 3), stwx r6, r3, r4
LITTLE_ENDIAN "stwux: rA stays", SCRATCH, 2, SCRATCH + 2, X_IMAGE(183, 6, 3), stwux r6, r3, r4
LITTLE_ENDIAN "sth", SCRATCH, 0, SCRATCH + 1, D_IMAGE(44, 6, 3), sth r6, 1(r3)
LITTLE_ENDIAN "sthu: rA stays", SCRATCH, 0, SCRATCH + 1, D_IMAGE(45, 6, 3), sthu r6, 1(r3)
LITTLE_ENDIAN "sthx", SCRATCH, 1, SCRATCH + 1, X_IMAGE(407, 6, 3), sthx r6, r3, r4
LITTLE_ENDIAN "sthux: rA stays", SCRATCH, 1, SCRATCH + 1, X_IMAGE(439, 6, 3), sthux r6, r3, r4
LITTLE_ENDIAN "lwbrx", SCRATCH, 2, SCRATCH + 2, X_IMAGE(534, 6, 3), lwbrx r6, r3, r4
LITTLE_ENDIAN "lhbrx", SCRATCH, 1, SCRATCH + 1, X_IMAGE(790, 6, 3), lhbrx r6, r3, r4
LITTLE_ENDIAN "stwbrx", SCRATCH, 2, SCRATCH + 2, X_IMAGE(662, 6, 3), stwbrx r6, r3, r4
LITTLE_ENDIAN "sthbrx", SCRATCH, 1, SCRATCH + 1, X_IMAGE(918, 6, 3), sthbrx r6, r3, r4
LITTLE_ENDIAN "lmw, aligned", SCRATCH, 0, SCRATCH, D_IMAGE(46, 30, 3), lmw r30, 0(r3)
LITTLE_ENDIAN "stmw, aligned", SCRATCH, 0, SCRATCH, D_IMAGE(47, 30, 3), stmw r30, 0(r3)
LITTLE_ENDIAN "lswi, aligned", SCRATCH, 0, SCRATCH, X_IMAGE(597, 7, 3), lswi r7, r3, 4
LITTLE_ENDIAN "lswx, aligned", SCRATCH, 0, SCRATCH, X_IMAGE(533, 7, 3), lswx r7, r3, r4
LITTLE_ENDIAN "stswi, aligned", SCRATCH, 0, SCRATCH, X_IMAGE(725, 7, 3), stswi r7, r3, 4
LITTLE_ENDIAN "stswx, aligned", SCRATCH, 0, SCRATCH, X_IMAGE(661, 7, 3), stswx r7, r3, r4
LITTLE_ENDIAN "lwarx at 1", SCRATCH, 1, SCRATCH + 1, X_IMAGE(20, 6, 3), lwarx r6, r3, r4
LITTLE_ENDIAN "stwcx. at 1", SCRATCH, 1, SCRATCH + 1, X_IMAGE(150, 6, 3), stwcx. r6, r3, r4

/*
 * MSR[ILE] = 1. The words of each pair change places for the handler: a stub at 0xC00 that is right in that order goes
 * back to big-endian by rfi, with what it saw in registers.
 */
TEST "MSR[ILE]: the handler begins little-endian; ILE stays, and is none of the bits that SRR1 keeps", "PEM 6.3; MPC860 UM 5"
    SET     r10, 0xC00
    SET     r11, little_stub
    li      r12, 8
    mtctr   r12
1:  lwz     r12, 0(r11)
    lwz     r13, 0(r10)
    stw     r13, 0(r11)             /* the harness's stub is kept there */
    stw     r12, 0(r10)
    dcbf    0, r10
    sync
    icbi    0, r10
    addi    r10, r10, 4
    addi    r11, r11, 4
    bdnz    1b
    isync
    SET     r17, 3f
    SET     r14, 0
    MSR_ON  MSR_ILE
2:  sc
3:  SET     r10, 0xC00              /* put the harness's stub back */
    SET     r11, little_stub
    li      r12, 8
    mtctr   r12
4:  lwz     r12, 0(r11)
    stw     r12, 0(r10)
    dcbf    0, r10
    sync
    icbi    0, r10
    addi    r10, r10, 4
    addi    r11, r11, 4
    bdnz    4b
    isync
    EXPECT_EQ r14, MSR_ILE | MSR_ME | MSR_LE
    EXPECT_EQ r15, 2b + 4
    EXPECT_EQ r16, HARNESS_MSR
    mfmsr   r3
    EXPECT_EQ r3, HARNESS_MSR | MSR_ILE

    b       little_end
    .balign 8
little_stub:                        /* in memory order; executed 2, 1, 4, 3, 6, 5, 8, 7 */
    mfspr   r15, SPR_SRR0
    mfmsr   r14
    mtspr   SPR_SRR0, r17
    mfspr   r16, SPR_SRR1
    mtspr   SPR_SRR1, r18
    li      r18, HARNESS_MSR
    nop
    rfi
little_end:

END_TESTS
