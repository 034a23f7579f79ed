/*
 * Access protection: every value of the protection bits in both resolutions, both protection modes, every value of the
 * group's field, both states, loads, stores and fetches. What is allowed stands in the tables below, from MPC860 UM table
 * 9-4 (page resolution), MPC801 UM table 11-5 (1 KB subpages) and the fields of Mx_AP; nothing is computed from the entry.
 */
#include "check.h"
TESTS

#define DATA_EA 0x10000000
#define CODE_EA 0x20000000
#define DATA_PA (SCRATCH + 0x8000)
#define CODE_PA (SCRATCH + 0xC000)
#define PATTERN 0x0D15EA5E
#define CTR_GPM 0x80000000
#define CTR_PPM 0x40000000

/* RPN bits 20–31 */
#define PP_PAGE(pp) (((pp) << 10) | 0x1F5)      /* E = 0, C = 1, all subpages valid, shared, valid */
#define PP_EXTENDED(pp) (((pp) << 10) | 0x3F5)  /* E = 1 */
#define PP_SUBPAGES(pp) (((pp) * 0x550) | 0x005)

/* What an access came to */
#define ALLOWED 0
#define REFUSED 1   /* the error exception with exactly the status of a protection violation; else: the vector */

/* Which rights a state has, by Mx_CTR[GPM] and the group's field: */
#define AS_SUPERVISOR 0
#define AS_USER 1
#define EVERYTHING 2
#define NOTHING 3
#define RESERVED 4
    .section .rodata
views:  /* supervisor, user */
    .byte   AS_SUPERVISOR, AS_SUPERVISOR        /* PowerPC mode, Ks Kp = 00 */
    .byte   AS_SUPERVISOR, AS_USER              /* 01: normal */
    .byte   AS_USER, AS_SUPERVISOR              /* 10: swapped */
    .byte   AS_USER, AS_USER                    /* 11 */
    .byte   NOTHING, NOTHING                    /* domain manager mode, 00: no access */
    .byte   AS_SUPERVISOR, AS_USER              /* 01: client */
    .byte   RESERVED, RESERVED
    .byte   EVERYTHING, EVERYTHING              /* 11: manager */
    .text

/* One row of the manual's table: supervisor reads, writes, user reads, writes (fetches count as reads). */
.macro ROW sr, sw, ur, uw
    .pushsection .rodata
row_\@:
    .byte   \sr, \sw, \ur, \uw
    .popsection
    SET     r15, row_\@
.endm

/* r14 = RPN bits, r15 -> row, r16 = MD_CTR or MI_CTR bits; walks modes, groups, states, accesses. */
.macro WALK_DATA rpn, ctr
    SET     r14, DATA_PA | \rpn
    SET     r16, MD_CTR_TWAM | \ctr
    bl      walk_data
.endm
.macro WALK_CODE rpn, ctr
    SET     r14, CODE_PA | \rpn
    SET     r16, \ctr
    bl      walk_code
.endm

TEST "data, PP = 00: supervisor read and write", "MPC860 UM table 9-4"
    ROW     1, 1, 0, 0
    WALK_DATA PP_PAGE(0), 0
TEST "data, PP = 01: user reads only", "MPC860 UM table 9-4"
    ROW     1, 1, 1, 0
    WALK_DATA PP_PAGE(1), 0
TEST "data, PP = 10: both read and write", "MPC860 UM table 9-4"
    ROW     1, 1, 1, 1
    WALK_DATA PP_PAGE(2), 0
TEST "data, PP = 11: both read only", "MPC860 UM table 9-4"
    ROW     1, 0, 1, 0
    WALK_DATA PP_PAGE(3), 0
TEST "data, extended PP = 00: nothing", "MPC860 UM table 9-4"
    ROW     0, 0, 0, 0
    WALK_DATA PP_EXTENDED(0), 0
TEST "data, extended PP = 01: supervisor reads only", "MPC860 UM table 9-4"
    ROW     1, 0, 0, 0
    WALK_DATA PP_EXTENDED(1), 0
TEST "data, subpages PP = 00: nothing", "MPC801 UM table 11-5"
    ROW     0, 0, 0, 0
    WALK_DATA PP_SUBPAGES(0), CTR_PPM
TEST "data, subpages PP = 01: supervisor reads and writes", "MPC801 UM table 11-5"
    ROW     1, 1, 0, 0
    WALK_DATA PP_SUBPAGES(1), CTR_PPM
TEST "data, subpages PP = 10: user reads only", "MPC801 UM table 11-5"
    ROW     1, 1, 1, 0
    WALK_DATA PP_SUBPAGES(2), CTR_PPM
TEST "data, subpages PP = 11: both read and write", "MPC801 UM table 11-5"
    ROW     1, 1, 1, 1
    WALK_DATA PP_SUBPAGES(3), CTR_PPM
TEST "data, 16 KB page with PPM = 1: page resolution all the same", "core-mmu.md 3.1"
    ROW     1, 0, 1, 0
    WALK_DATA PP_PAGE(3) | 8, CTR_PPM

TEST "code, PP = 00: supervisor only", "MPC860 UM table 9-4"
    ROW     1, 0, 0, 0
    WALK_CODE PP_PAGE(0), 0
TEST "code, PP = 01: both", "MPC860 UM table 9-4"
    ROW     1, 0, 1, 0
    WALK_CODE PP_PAGE(1), 0
TEST "code, PP = 10: both", "MPC860 UM table 9-4"
    ROW     1, 0, 1, 0
    WALK_CODE PP_PAGE(2), 0
TEST "code, PP = 11: both", "MPC860 UM table 9-4"
    ROW     1, 0, 1, 0
    WALK_CODE PP_PAGE(3), 0
TEST "code, extended PP = 00: nothing", "MPC860 UM table 9-4"
    ROW     0, 0, 0, 0
    WALK_CODE PP_EXTENDED(0), 0
TEST "code, extended PP = 01: supervisor only", "MPC860 UM table 9-4"
    ROW     1, 0, 0, 0
    WALK_CODE PP_EXTENDED(1), 0
TEST "code, subpages PP = 00: nothing", "MPC801 UM table 11-5"
    ROW     0, 0, 0, 0
    WALK_CODE PP_SUBPAGES(0), CTR_PPM
TEST "code, subpages PP = 01: supervisor only", "MPC801 UM table 11-5"
    ROW     1, 0, 0, 0
    WALK_CODE PP_SUBPAGES(1), CTR_PPM
TEST "code, subpages PP = 10: both", "MPC801 UM table 11-5"
    ROW     1, 0, 1, 0
    WALK_CODE PP_SUBPAGES(2), CTR_PPM
TEST "code, subpages PP = 11: both", "MPC801 UM table 11-5"
    ROW     1, 0, 1, 0
    WALK_CODE PP_SUBPAGES(3), CTR_PPM

TEST "data: each of the 16 groups has its own field of MD_AP", "core-mmu.md 2.2; MPC860 UM, MD_AP"
    li      r23, 1
    bl      walk_groups
TEST "code: each of the 16 groups has its own field of MI_AP", "core-mmu.md 2.2; MPC860 UM, MI_AP"
    li      r23, 0
    bl      walk_groups

/* The four subpages of a page, 00 01 10 11, one by one */
TEST "data: each subpage has its own bits", "MPC801 UM table 11-5"
    SET_SPR SPR_MD_AP, 0x55555555
    SET_SPR SPR_MD_CTR, MD_CTR_TWAM | CTR_PPM | 5 << 8
    SET_SPR SPR_MD_EPN, DATA_EA | EPN_EV
    SET_SPR SPR_MD_TWC, 1
    SET_SPR SPR_MD_RPN, DATA_PA | 0x1B5
    SET     r17, subpage_rights
    li      r22, 0                      /* subpage */
1:  li      r20, 0                      /* user */
2:  li      r21, 0                      /* store */
3:  SET     r4, DATA_EA + 0x204
    slwi    r0, r22, 10
    add     r4, r4, r0
    bl      try_data
    lbz     r6, 0(r17)
    xori    r6, r6, 1
    slwi    r0, r22, 8
    or      r5, r5, r0
    or      r6, r6, r0
    EXPECT_SAME r5, r6, "subpage, outcome"
    addi    r17, r17, 1
    addi    r21, r21, 1
    cmplwi  r21, 2
    blt     3b
    addi    r20, r20, 1
    cmplwi  r20, 2
    blt     2b
    addi    r22, r22, 1
    cmplwi  r22, 4
    blt     1b
    b       after_subroutines

    .section .rodata
subpage_rights: /* supervisor reads, writes, user reads, writes */
    .byte   0, 0, 0, 0,  1, 1, 0, 0,  1, 1, 1, 0,  1, 1, 1, 1
    .text

/* r14 = RPN word, r15 -> row, r16 = MD_CTR. Clobbers r0, r3 … r7, r17 … r22. */
walk_data:
    mflr    r19
    SET     r17, views
    li      r22, 0                      /* GPM, field */
1:  li      r20, 0                      /* user */
2:  lbz     r18, 0(r17)
    addi    r17, r17, 1
    cmplwi  r18, RESERVED
    beq     5f
    /* group 6 has the field, the others what it has not */
    slwi    r0, r22, 30
    srwi    r0, r0, 12
    nor     r4, r0, r0
    rlwinm  r5, r4, 14, 30, 31
    mulli   r5, r5, 0x5555              /* r5 = the other value, eight times */
    slwi    r4, r5, 16
    or      r5, r5, r4
    rlwinm  r5, r5, 0, 14, 11
    or      r5, r5, r0
    mtspr   SPR_MD_AP, r5
    rlwinm  r0, r22, 29, 0, 0           /* GPM */
    or      r0, r0, r16
    ori     r0, r0, 7 << 8
    mtspr   SPR_MD_CTR, r0
    SET_SPR SPR_MD_EPN, DATA_EA | EPN_EV
    SET_SPR SPR_MD_TWC, 6 << 5 | 1
    mtspr   SPR_MD_RPN, r14
    li      r21, 0                      /* store */
3:  SET     r4, DATA_EA + 0x204
    bl      try_data
    /* r6 = what the table says */
    cmplwi  r18, AS_USER
    bgt     4f
    slwi    r6, r18, 1
    add     r6, r6, r21
    lbzx    r6, r15, r6
    xori    r6, r6, 1
    b       6f
4:  subfic  r6, r18, NOTHING            /* 0 for NOTHING, 1 for EVERYTHING */
    xori    r6, r6, 1
6:  slwi    r0, r22, 16                 /* mode and field, state, access, outcome */
    rlwimi  r0, r20, 8, 16, 23
    rlwimi  r0, r21, 4, 24, 27
    add     r5, r5, r0
    add     r6, r6, r0
    EXPECT_SAME r5, r6, "mode and field, state, access, outcome"
    addi    r21, r21, 1
    cmplwi  r21, 2
    blt     3b
5:  addi    r20, r20, 1
    cmplwi  r20, 2
    blt     2b
    addi    r22, r22, 1
    cmplwi  r22, 8
    blt     1b
    mtlr    r19
    b       row_done

/* The same for fetches, MI_CTR in r16. */
walk_code:
    mflr    r19
    bl      write_code
    SET     r17, views
    li      r22, 0
1:  li      r20, 0
2:  lbz     r18, 0(r17)
    addi    r17, r17, 1
    cmplwi  r18, RESERVED
    beq     5f
    slwi    r0, r22, 30
    srwi    r0, r0, 12
    nor     r4, r0, r0
    rlwinm  r5, r4, 14, 30, 31
    mulli   r5, r5, 0x5555
    slwi    r4, r5, 16
    or      r5, r5, r4
    rlwinm  r5, r5, 0, 14, 11
    or      r5, r5, r0
    mtspr   SPR_MI_AP, r5
    rlwinm  r0, r22, 29, 0, 0
    or      r0, r0, r16
    ori     r0, r0, 7 << 8
    mtspr   SPR_MI_CTR, r0
    SET_SPR SPR_MI_EPN, CODE_EA | EPN_EV
    SET_SPR SPR_MI_TWC, 6 << 5 | 1
    mtspr   SPR_MI_RPN, r14
    bl      try_code
    cmplwi  r18, AS_USER
    bgt     4f
    slwi    r6, r18, 1
    lbzx    r6, r15, r6
    xori    r6, r6, 1
    b       6f
4:  subfic  r6, r18, NOTHING
    xori    r6, r6, 1
6:  slwi    r0, r22, 16
    rlwimi  r0, r20, 8, 16, 23
    add     r5, r5, r0
    add     r6, r6, r0
    EXPECT_SAME r5, r6, "mode and field, state, outcome"
5:  addi    r20, r20, 1
    cmplwi  r20, 2
    blt     2b
    addi    r22, r22, 1
    cmplwi  r22, 8
    blt     1b
    mtlr    r19
    b       row_done

/* All groups and all values of their fields with PP = 00, the other fields different. r23 = 1: data, 0: code. */
walk_groups:
    mflr    r19
    bl      write_code
    li      r22, 0                      /* group << 2 | value */
1:  rlwinm  r3, r22, 0, 30, 31
    srwi    r4, r22, 2
    subfic  r5, r4, 15
    slwi    r5, r5, 1                   /* shift of the field */
    slw     r6, r3, r5
    li      r7, 3
    slw     r7, r7, r5
    xori    r3, r3, 3
    mulli   r3, r3, 0x5555
    slwi    r0, r3, 16
    or      r3, r3, r0
    andc    r3, r3, r7
    or      r3, r3, r6
    slwi    r4, r4, 5
    ori     r4, r4, 1                   /* TWC */
    cmplwi  r23, 0
    beq     2f
    mtspr   SPR_MD_AP, r3
    SET_SPR SPR_MD_CTR, MD_CTR_TWAM | 3 << 8
    SET_SPR SPR_MD_EPN, DATA_EA | EPN_EV
    mtspr   SPR_MD_TWC, r4
    SET_SPR SPR_MD_RPN, DATA_PA | PP_PAGE(0)
    b       3f
2:  mtspr   SPR_MI_AP, r3
    SET_SPR SPR_MI_CTR, 3 << 8
    SET_SPR SPR_MI_EPN, CODE_EA | EPN_EV
    mtspr   SPR_MI_TWC, r4
    SET_SPR SPR_MI_RPN, CODE_PA | PP_PAGE(0)
3:  li      r20, 0                      /* user */
4:  li      r21, 0
    cmplwi  r23, 0
    beq     5f
    SET     r4, DATA_EA + 0x204
    bl      try_data
    b       6f
5:  bl      try_code
6:  SET     r17, views
    rlwinm  r6, r22, 1, 29, 30          /* value × 2 */
    add     r6, r6, r20
    lbzx    r6, r17, r6                 /* AS_SUPERVISOR: allowed; AS_USER: refused */
    slwi    r0, r22, 16
    rlwimi  r0, r20, 8, 16, 23
    add     r5, r5, r0
    add     r6, r6, r0
    EXPECT_SAME r5, r6, "group and value, state, outcome"
    addi    r20, r20, 1
    cmplwi  r20, 2
    blt     4b
    addi    r22, r22, 1
    cmplwi  r22, 64
    blt     1b
    mtlr    r19
row_done:
    blr

/* Accesses the word at r4, r20: user, r21: store. r5 = outcome. Clobbers r0, r3, r6, r7. */
try_data:
    mflr    r7
    lis     r3, PATTERN >> 16
    ori     r3, r3, PATTERN & 0xFFFF
    SET     r6, DATA_PA
    rlwimi  r6, r4, 0, 20, 31
    stw     r3, 0(r6)
    RESUME  8f
    li      r0, HARNESS_MSR | MSR_DR
    rlwimi  r0, r20, 14, 17, 17
    mtmsr   r0
    isync
    cmplwi  r21, 0
    bne     1f
    lwz     r5, 0(r4)
    b       2f
1:  stw     r21, 0(r4)
2:  LEAVE_USER
8:  lwz     r3, LOG_COUNT(0)
    cmplwi  r3, 0
    bne     3f
    /* allowed: the word was read, or changed */
    cmplwi  r21, 0
    beq     4f
    lwz     r5, 0(r6)
    subf    r5, r21, r5
    b       9f
4:  SET     r3, PATTERN
    subf    r5, r3, r5
    b       9f
3:  lwz     r5, LOG_BASE + LOG_VECTOR(0)
    cmplwi  r5, 0x1400
    bne     9f
    lwz     r3, LOG_BASE + LOG_DAR(0)
    cmplw   r3, r4
    bne     9f
    lis     r0, 0x0800
    rlwimi  r0, r21, 25, 6, 6
    lwz     r3, LOG_BASE + LOG_DSISR(0)
    cmplw   r3, r0
    bne     9f
    li      r5, REFUSED
9:  mtlr    r7
forget_log:
    li      r0, 0
    stw     r0, LOG_COUNT(0)
    stw     r0, LOG_TAKEN(0)
    li      r3, LOG_COUNT
    dcbf    0, r3
    blr

/* Goes to CODE_EA + 0x204, where an sc is; r20: user. r5 = outcome. Clobbers r0, r3, r4, r7. */
try_code:
    mflr    r7
    RESUME  1f
    SET     r4, CODE_EA + 0x204
    mtspr   SPR_SRR0, r4
    li      r0, HARNESS_MSR | MSR_IR
    rlwimi  r0, r20, 14, 17, 17
    mtspr   SPR_SRR1, r0
    rfi
1:  lwz     r5, LOG_BASE + LOG_VECTOR(0)
    li      r3, HARNESS_MSR | MSR_IR
    rlwimi  r3, r20, 14, 17, 17
    lwz     r0, LOG_BASE + LOG_SRR0(0)
    cmplwi  r5, 0xC00
    bne     2f
    addi    r4, r4, 4
    cmplw   r0, r4
    bne     9b
    li      r5, ALLOWED
    b       9b
2:  cmplwi  r5, 0x1300
    bne     9b
    cmplw   r0, r4
    bne     9b
    oris    r3, r3, 0x0800
    lwz     r0, LOG_BASE + LOG_SRR1(0)
    cmplw   r0, r3
    bne     9b
    li      r5, REFUSED
    b       9b

/* An sc at CODE_PA + 0x204. Clobbers r0, r3. */
write_code:
    SET     r3, CODE_PA + 0x204
    SET     r0, 0x44000002
    stw     r0, 0(r3)
    dcbst   0, r3
    sync
    icbi    0, r3
    isync
    blr
after_subroutines:

END_TESTS
