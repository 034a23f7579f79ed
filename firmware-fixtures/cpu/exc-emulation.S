/* Software emulation exception 0x1000: what the part lacks, in both states; and a math emulation that uses it. */
#include "check.h"
TESTS

.macro CHECK_EMULATION at, msr
    EXPECT_VECTOR 0x1000
    EXPECT_REG SRR0, \at
    EXPECT_REG SRR1, \msr
    EXPECT_REG MSR, MSR_ME
    EXPECT_DATA_STATUS_UNCHANGED
    EXPECT_EQ r3, 0x12345678
    EXPECT_EQ r4, SCRATCH
    EXPECT_EQ r5, 0
.endm

/* r3, r4 and r5 are what the word's register fields name. */
.macro EMULATED name, word
TEST "\name", "MPC860 UM 7.1.3.1; MPC801 UM 7.3.7.3.7"
    SET     r3, 0x12345678
    SET     r4, SCRATCH
    li      r5, 0
    RESUME  2f
1:  .long   \word
    FAIL    "no exception"
2:  CHECK_EMULATION 1b, HARNESS_MSR
    RESUME  4f
    ENTER_USER
3:  .long   \word
    LEAVE_USER
    FAIL    "no exception in user state"
4:  CHECK_EMULATION 3b, HARNESS_MSR | MSR_PR
.endm

#define D_FORM(op) (((op) << 26) | (3 << 21) | (4 << 16) | 8)
#define X_FORM(op, xo) (((op) << 26) | (3 << 21) | (4 << 16) | (5 << 11) | ((xo) << 1))

/* Floating point: loads and stores, arithmetic, moves, conversions, compares, FPSCR; MSR[FP] does not matter */
EMULATED "lfs", D_FORM(48)
EMULATED "lfsu: rA is not updated", D_FORM(49)
EMULATED "lfd", D_FORM(50)
EMULATED "lfdu", D_FORM(51)
EMULATED "stfs", D_FORM(52)
EMULATED "stfsu", D_FORM(53)
EMULATED "stfd", D_FORM(54)
EMULATED "stfdu", D_FORM(55)
EMULATED "lfsx", X_FORM(31, 535)
EMULATED "lfsux", X_FORM(31, 567)
EMULATED "lfdx", X_FORM(31, 599)
EMULATED "lfdux", X_FORM(31, 631)
EMULATED "stfsx", X_FORM(31, 663)
EMULATED "stfsux", X_FORM(31, 695)
EMULATED "stfdx", X_FORM(31, 727)
EMULATED "stfdux", X_FORM(31, 759)
EMULATED "stfiwx", X_FORM(31, 983)
EMULATED "fadds", X_FORM(59, 21)
EMULATED "fsubs", X_FORM(59, 20)
EMULATED "fmuls", X_FORM(59, 25)
EMULATED "fdivs", X_FORM(59, 18)
EMULATED "fsqrts", X_FORM(59, 22)
EMULATED "fres", X_FORM(59, 24)
EMULATED "fmadds", X_FORM(59, 29)
EMULATED "fnmsubs", X_FORM(59, 30)
EMULATED "fadd", X_FORM(63, 21)
EMULATED "fsub", X_FORM(63, 20)
EMULATED "fmul", X_FORM(63, 25)
EMULATED "fdiv", X_FORM(63, 18)
EMULATED "fsel", X_FORM(63, 23)
EMULATED "frsqrte", X_FORM(63, 26)
EMULATED "fmadd", X_FORM(63, 29)
EMULATED "fcmpu", X_FORM(63, 0)
EMULATED "fcmpo", X_FORM(63, 32)
EMULATED "frsp", X_FORM(63, 12)
EMULATED "fctiw", X_FORM(63, 14)
EMULATED "fctiwz", X_FORM(63, 15)
EMULATED "fneg", X_FORM(63, 40)
EMULATED "fmr", X_FORM(63, 72)
EMULATED "fabs", X_FORM(63, 264)
EMULATED "mffs", X_FORM(63, 583)
EMULATED "mtfsf", X_FORM(63, 711)
EMULATED "mtfsfi", X_FORM(63, 134)
EMULATED "mtfsb0", X_FORM(63, 70)
EMULATED "mtfsb1", X_FORM(63, 38)
EMULATED "mcrfs", X_FORM(63, 64)

TEST "floating point with MSR[FP] = 1 is emulated as well", "MPC801 UM 7.3.7.3.7"
    RESUME  2f
    MSR_ON  MSR_FP
1:  .long   D_FORM(48)
2:  EXPECT_VECTOR 0x1000
    EXPECT_REG SRR0, 1b
    EXPECT_REG SRR1, HARNESS_MSR | MSR_FP
    EXPECT_REG MSR, MSR_ME

/* Segment registers, external control, cache block allocate */
EMULATED "mtsr", X_FORM(31, 210)
EMULATED "mtsrin", X_FORM(31, 242)
EMULATED "mfsr", X_FORM(31, 595)
EMULATED "mfsrin", X_FORM(31, 659)
EMULATED "eciwx", X_FORM(31, 310)
EMULATED "ecowx", X_FORM(31, 438)
EMULATED "dcba", X_FORM(31, 758)

/* 64-bit */
EMULATED "tdi", D_FORM(2)
EMULATED "ld", D_FORM(58)
EMULATED "std", D_FORM(62)
EMULATED "rldicl", D_FORM(30)
EMULATED "td", X_FORM(31, 68)
EMULATED "ldx", X_FORM(31, 21)
EMULATED "ldux", X_FORM(31, 53)
EMULATED "stdx", X_FORM(31, 149)
EMULATED "stdux", X_FORM(31, 181)
EMULATED "ldarx", X_FORM(31, 84)
EMULATED "stdcx.", (X_FORM(31, 214) | 1)
EMULATED "lwax", X_FORM(31, 341)
EMULATED "lwaux", X_FORM(31, 373)
EMULATED "sld", X_FORM(31, 27)
EMULATED "srd", X_FORM(31, 539)
EMULATED "srad", X_FORM(31, 794)
EMULATED "sradi", X_FORM(31, 826)
EMULATED "cntlzd", X_FORM(31, 58)
EMULATED "extsw", X_FORM(31, 986)
EMULATED "mulld", X_FORM(31, 233)
EMULATED "mulhd", X_FORM(31, 73)
EMULATED "mulhdu", X_FORM(31, 9)
EMULATED "divd", X_FORM(31, 489)
EMULATED "divdu", X_FORM(31, 457)
EMULATED "slbia", X_FORM(31, 498)
EMULATED "slbie", X_FORM(31, 434)

/* Unassigned */
.irp op, 0, 1, 4, 5, 6, 9, 22, 56, 57, 60, 61
EMULATED "primary opcode \op", D_FORM(\op)
.endr
.irp xo, 1, 2, 3, 31, 65, 149, 151, 192, 449 + 2, 1023
EMULATED "opcode 19, extended \xo", X_FORM(19, \xo)
.endr
.irp xo, 1, 2, 3, 5, 63, 99, 200 + 3, 311 + 1, 500, 1023
EMULATED "opcode 31, extended \xo", X_FORM(31, \xo)
.endr

/* Special purpose registers that do not exist and are not privileged; TB by mfspr; the write-only ones */
#define MFSPR(n) (0x7C0002A6 | (3 << 21) | (((n) & 31) << 16) | (((n) >> 5) << 11))
#define MTSPR(n) (0x7C0003A6 | (3 << 21) | (((n) & 31) << 16) | (((n) >> 5) << 11))
#define MFTB(n) (0x7C0002E6 | (3 << 21) | (((n) & 31) << 16) | (((n) >> 5) << 11))
EMULATED "mfspr 0 (MQ)", MFSPR(0)
EMULATED "mfspr 4", MFSPR(4)
EMULATED "mfspr 256", MFSPR(256)
EMULATED "mfspr 268: TBL is read by mftb only", MFSPR(268)
EMULATED "mfspr 269: TBU is read by mftb only", MFSPR(269)
EMULATED "mtspr 268", MTSPR(268)
EMULATED "mtspr 269", MTSPR(269)
EMULATED "mtspr 0 (MQ)", MTSPR(0)
EMULATED "mftb 270", MFTB(270)

.macro EMULATED_REGISTER name, word
TEST "\name in supervisor state", "MPC860 UM 5.1.1; MPC801 UM 7.3.7.3.7"
    SET     r3, 0x12345678
    RESUME  2f
1:  .long   \word
    FAIL    "no exception"
2:  EXPECT_VECTOR 0x1000
    EXPECT_REG SRR0, 1b
    EXPECT_EQ r3, 0x12345678
.endm
.irp spr, 25, 282, 528, 529, 536, 543, 952, 1008, 1009, 1010, 1013, 1023
EMULATED_REGISTER "mfspr \spr", MFSPR(\spr)
EMULATED_REGISTER "mtspr \spr", MTSPR(\spr)
.endr
EMULATED_REGISTER "mfspr 80 (EIE, write only)", MFSPR(80)
EMULATED_REGISTER "mfspr 81 (EID, write only)", MFSPR(81)
EMULATED_REGISTER "mfspr 82 (NRI, write only)", MFSPR(82)

/*
 * Math emulation as an operating system does it: the handler reads the instruction at SRR0, keeps the floating-point
 * registers (as single precision bits) in memory, and returns behind the instruction. lfs, stfs, fneg, fabs, fmr.
 */
#define FPRS (SCRATCH + 0x100)
TEST "a math emulation: load, negate, absolute value, move, store", "MPC860 UM 7.1.3.1"
    SET     r3, SCRATCH
    SET     r4, 0x3FC00000          /* 1.5 */
    stw     r4, 0(r3)
    li      r4, 0
    stw     r4, 4(r3)
    stw     r4, 8(r3)
    stw     r4, 12(r3)
    ON_VECTOR 0x1000, math
    ENTER_USER
    .long   (48 << 26) | (1 << 21) | (3 << 16) | 0              /* lfs f1, 0(r3) */
    .long   (63 << 26) | (2 << 21) | (1 << 11) | (40 << 1)      /* fneg f2, f1 */
    .long   (63 << 26) | (3 << 21) | (2 << 11) | (264 << 1)     /* fabs f3, f2 */
    .long   (63 << 26) | (4 << 21) | (2 << 11) | (72 << 1)      /* fmr f4, f2 */
    .long   (52 << 26) | (2 << 21) | (3 << 16) | 4              /* stfs f2, 4(r3) */
    .long   (52 << 26) | (3 << 21) | (3 << 16) | 8              /* stfs f3, 8(r3) */
    .long   (52 << 26) | (4 << 21) | (3 << 16) | 12             /* stfs f4, 12(r3) */
    LEAVE_USER
    .rept   7
    EXPECT_VECTOR 0x1000
    EXPECT_REG SRR1, HARNESS_MSR | MSR_PR
    .endr
    EXPECT_NO_EXCEPTION
    EXPECT_WORD SCRATCH + 4, 0xBFC00000
    EXPECT_WORD SCRATCH + 8, 0x3FC00000
    EXPECT_WORD SCRATCH + 12, 0xBFC00000
    b       math_end

math:                               /* r20–r25 are its own; the only base register in use is r3 */
    mfspr   r20, SPR_SRR0
    lwz     r21, 0(r20)             /* the instruction */
    addi    r20, r20, 4
    mtspr   SPR_SRR0, r20
    SET     r22, FPRS
    rlwinm  r23, r21, 13, 25, 29    /* 4 × fD */
    rlwinm  r24, r21, 23, 25, 29    /* 4 × fB */
    srwi    r25, r21, 26
    cmpwi   r25, 48
    bne     1f
    rlwinm  r24, r21, 0, 16, 31     /* lfs */
    lwzx    r24, r3, r24
    stwx    r24, r22, r23
    rfi
1:  cmpwi   r25, 52
    bne     2f
    rlwinm  r24, r21, 0, 16, 31     /* stfs */
    lwzx    r23, r22, r23
    stwx    r23, r3, r24
    rfi
2:  lwzx    r24, r22, r24
    rlwinm  r21, r21, 31, 22, 31
    cmpwi   r21, 40
    bne     3f
    xoris   r24, r24, 0x8000        /* fneg */
3:  cmpwi   r21, 264
    bne     4f
    rlwinm  r24, r24, 0, 1, 31      /* fabs */
4:  stwx    r24, r22, r23
    rfi
math_end:

END_TESTS
