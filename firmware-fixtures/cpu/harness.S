/*
 * The supervisor tests' frame: start, vectors, the log of exceptions, the table of results. check.h is what tests see.
 *
 * The harness's data are written back and dropped from the data cache after every use, so that a test may switch
 * caches and translation as it likes in between.
 */
#include "check.h"

    .section .entry, "ax"
    .globl start
start:
    li      r0, HARNESS_MSR
    mtmsr   r0
    isync
    li      r0, 7                   /* not serialised, no show cycles */
    mtspr   SPR_ICTRL, r0
    isync

    li      r3, CPU_DATA            /* own data: zeros */
    li      r0, 0
1:  stw     r0, 0(r3)
    addi    r3, r3, 4
    cmplwi  r3, CPU_DATA_END
    blt     1b

    mr      r3, r6                  /* the command line: icache=off, dcache=off */
    bl      caches_of
    stw     r3, CACHES_WANTED(0)

    lis     r3, vectors@ha          /* vectors to 0x100 … 0x1FFF */
    addi    r3, r3, vectors@l - 4
    li      r4, 0x100 - 4
    li      r0, (0x2000 - 0x100) / 4
    mtctr   r0
1:  lwzu    r0, 4(r3)
    stwu    r0, 4(r4)
    bdnz    1b
    sync
    isync

    lis     r0, IC_UNLOCK_ALL >> 16
    mtspr   SPR_IC_CST, r0
    lis     r0, IC_INVALIDATE_ALL >> 16
    mtspr   SPR_IC_CST, r0
    isync
    lis     r0, DC_UNLOCK_ALL >> 16
    mtspr   SPR_DC_CST, r0
    lis     r0, DC_INVALIDATE_ALL >> 16
    mtspr   SPR_DC_CST, r0
    isync
    b       cpu_tests_code

/* r3 -> command line. r3 = 1 instruction cache on | 2 data cache on. */
caches_of:
    li      r4, 3
1:  lbz     r5, 0(r3)
    cmplwi  r5, 0
    beq     9f
    lbz     r6, 1(r3)
    cmplwi  r6, 'c'                 /* "ic" or "dc" … */
    bne     8f
    lbz     r6, 8(r3)
    cmplwi  r6, 'f'                 /* … "ache=of" */
    bne     8f
    cmplwi  r5, 'i'
    bne     2f
    rlwinm  r4, r4, 0, 30, 30
2:  cmplwi  r5, 'd'
    bne     8f
    rlwinm  r4, r4, 0, 31, 31
8:  addi    r3, r3, 1
    b       1b
9:  mr      r3, r4
    blr

/* One stub each 0x100 bytes; copied to where the exceptions go, hence the absolute branch. */
    .text
    .balign 16
    .globl  vectors
vectors:
    .set    vector, 0x100
    .rept   31
    mtspr   SPR_SPRG0, r31
    mflr    r31
    stw     r31, ENTRY_LR(0)
    li      r31, vector
    bla     cpu_exception
    lwz     r31, ENTRY_LR(0)
    mtlr    r31
    li      r31, ENTRY_LR
    dcbf    0, r31
    mfspr   r31, SPR_SPRG0
    rfi                             /* at STUB_END */
    .space  0x100 - STUB_END - 4
    .set    vector, vector + 0x100
    .endr

/* r31 = vector. Records, decides where rfi goes; keeps all but r31. */
    .globl  cpu_exception
    .type   cpu_exception, @function
cpu_exception:
    stw     r31, ENTRY_VECTOR(0)
    stw     r30, ENTRY_R30(0)
    mfcr    r30
    stw     r30, ENTRY_CR(0)

    lwz     r30, CURRENT_TEST(0)    /* between two tests: an interrupt left over */
    cmplwi  r30, 0
    beq     9f
    cmplwi  r31, 0xC00              /* LEAVE_USER is no exception that a test means */
    bne     1f
    cmpwi   r0, LEAVE_USER_CALL
    beq     8f

1:  lwz     r31, LOG_COUNT(0)
    cmplwi  r31, LOG_MAX
    bge     cpu_unexpected
    addi    r30, r31, 1
    stw     r30, LOG_COUNT(0)
    slwi    r31, r31, 5
    addi    r31, r31, LOG_BASE
    lwz     r30, ENTRY_VECTOR(0)
    stw     r30, LOG_VECTOR(r31)
    mfspr   r30, SPR_SRR0
    stw     r30, LOG_SRR0(r31)
    mfspr   r30, SPR_SRR1
    stw     r30, LOG_SRR1(r31)
    mfspr   r30, SPR_DSISR
    stw     r30, LOG_DSISR(r31)
    mfspr   r30, SPR_DAR
    stw     r30, LOG_DAR(r31)
    mfmsr   r30
    stw     r30, LOG_MSR(r31)
    mfspr   r30, SPR_BAR
    stw     r30, LOG_BAR(r31)
    lwz     r30, ENTRY_CR(0)
    stw     r30, LOG_CR(r31)
    dcbf    0, r31
    li      r30, 16
    dcbf    r30, r31

    lwz     r31, ENTRY_VECTOR(0)    /* the test's own handler: nothing is changed for it */
    lwz     r31, STUB_END(r31)
    srwi    r31, r31, 26
    cmplwi  r31, 18                 /* a branch */
    beq     9f
    lwz     r31, RESUME_AT(0)
    cmplwi  r31, RESUME_THERE
    beq     9f
    cmplwi  r31, RESUME_BEHIND
    bne     2f
    mfspr   r31, SPR_SRR0
    addi    r31, r31, 4
    mtspr   SPR_SRR0, r31
    b       9f
2:  cmplwi  r31, RESUME_NEVER
    beq     cpu_unexpected
    mtspr   SPR_SRR0, r31
    li      r31, HARNESS_MSR
    mtspr   SPR_SRR1, r31
9:  li      r31, CURRENT_TEST       /* LOG_COUNT and RESUME_AT, LOG_CURSOR */
    dcbf    0, r31
    li      r31, LOG_CURSOR
    dcbf    0, r31
    lwz     r30, ENTRY_CR(0)
    mtcrf   0xFF, r30
    lwz     r30, ENTRY_R30(0)
    blr

8:  li      r31, HARNESS_MSR        /* LEAVE_USER: past a handler of the test's own */
    mtspr   SPR_SRR1, r31
    bl      9b
    lwz     r31, ENTRY_LR(0)
    mtlr    r31
    li      r31, ENTRY_LR
    dcbf    0, r31
    mfspr   r31, SPR_SPRG0
    rfi

/* Not expected: the test failed, the next one begins. */
cpu_unexpected:
    li      r0, 7                   /* no breakpoint of the test's may come in between */
    mtspr   SPR_ICTRL, r0
    li      r0, 0
    mtspr   SPR_LCTRL2, r0
    lwz     r3, CURRENT_TEST(0)
    lwz     r5, TEST_STATUS(r3)
    cmplwi  r5, STATUS_RUNNING
    bne     1f
    li      r5, STATUS_EXCEPTION
    stw     r5, TEST_STATUS(r3)
    mfspr   r5, SPR_SRR0
    stw     r5, TEST_EXPECTED(r3)
    lwz     r5, ENTRY_VECTOR(0)
    stw     r5, TEST_GOT(r3)
1:  lwz     r5, (TEST_CODE + 32)(r3)
    li      r0, HARNESS_MSR
    mtmsr   r0
    isync
    mtctr   r5
    bctr

/* --- expectations --- */

/* CHECK_GOT = vector of the next record. Keeps all but r31. */
    .globl  cpu_next
    .type   cpu_next, @function
cpu_next:
    stw     r30, CHECK_R30(0)
    mfcr    r31
    stw     r31, CHECK_CR(0)
    lwz     r30, LOG_TAKEN(0)
    lwz     r31, LOG_COUNT(0)
    cmplw   r30, r31
    li      r31, LOG_NONE
    bge     1f
    slwi    r31, r30, 5
    addi    r31, r31, LOG_BASE
    addi    r30, r30, 1
    stw     r30, LOG_TAKEN(0)
1:  stw     r31, LOG_CURSOR(0)
    lwz     r30, LOG_VECTOR(r31)
    stw     r30, CHECK_GOT(0)
    lwz     r31, CHECK_CR(0)
    mtcrf   0xFF, r31
    lwz     r30, CHECK_R30(0)
    blr

/* r31 -> what. Compares CHECK_GOT with CHECK_EXPECTED; the first difference of a test is kept. Keeps all but r31. */
    .globl  cpu_check
    .type   cpu_check, @function
cpu_check:
    stw     r30, CHECK_R30(0)
    stw     r29, CHECK_R29(0)
    mfcr    r30
    stw     r30, CHECK_CR(0)
    lwz     r30, CHECK_COUNT(0)
    addi    r30, r30, 1
    stw     r30, CHECK_COUNT(0)
    lwz     r30, CHECK_GOT(0)
    lwz     r29, CHECK_EXPECTED(0)
    cmplw   r30, r29
    beq     1f
    lwz     r30, CURRENT_TEST(0)
    lwz     r29, TEST_STATUS(r30)
    cmplwi  r29, STATUS_RUNNING
    bne     1f
    li      r29, STATUS_FAILED
    stw     r29, TEST_STATUS(r30)
    stw     r31, TEST_WHAT(r30)
    lwz     r29, CHECK_EXPECTED(0)
    stw     r29, TEST_EXPECTED(r30)
    lwz     r29, CHECK_GOT(0)
    stw     r29, TEST_GOT(r30)
    dcbf    0, r30
    li      r29, 16
    dcbf    r29, r30
1:  lwz     r30, LOG_CURSOR(0)      /* the record looked at */
    dcbf    0, r30
    li      r29, 16
    dcbf    r29, r30
    li      r30, CURRENT_TEST
    dcbf    0, r30
    li      r30, LOG_CURSOR
    dcbf    0, r30
    lwz     r30, CHECK_CR(0)
    mtcrf   0xFF, r30
    lwz     r30, CHECK_R30(0)
    lwz     r29, CHECK_R29(0)
    blr

/* --- from test to test --- */

/* Ends the test that runs. */
cpu_end:
    lwz     r4, CURRENT_TEST(0)
    cmplwi  r4, 0
    beqlr
    lwz     r5, CHECK_COUNT(0)
    stw     r5, TEST_CHECKS(r4)
    lwz     r6, TEST_STATUS(r4)
    cmplwi  r6, STATUS_RUNNING
    bne     3f
    lwz     r6, LOG_TAKEN(0)
    lwz     r7, LOG_COUNT(0)
    cmplw   r6, r7
    beq     1f
    slwi    r6, r6, 5               /* an exception that nobody looked at */
    addi    r6, r6, LOG_BASE
    lwz     r7, LOG_VECTOR(r6)
    stw     r7, TEST_GOT(r4)
    lwz     r7, LOG_SRR0(r6)
    stw     r7, TEST_EXPECTED(r4)
    li      r6, STATUS_EXCEPTION
    b       2f
1:  li      r6, STATUS_PASSED
    cmplwi  r5, 0
    bne     2f
    lis     r6, no_expectation@ha   /* a test that cannot fail is none */
    addi    r6, r6, no_expectation@l
    stw     r6, TEST_WHAT(r4)
    li      r6, STATUS_FAILED
2:  stw     r6, TEST_STATUS(r4)
3:  dcbf    0, r4
    li      r5, 16
    dcbf    r5, r4
    blr

/* r3 -> the entry of the test that begins; LR to its first instruction. */
    .globl  cpu_begin
    .type   cpu_begin, @function
cpu_begin:
    li      r0, HARNESS_MSR
    mtmsr   r0
    isync
    mflr    r31
    bl      cpu_end
    li      r0, 0
    stw     r0, CURRENT_TEST(0)
    mtspr   SPR_LCTRL2, r0          /* breakpoints off */
    mtspr   SPR_LCTRL1, r0
    mtspr   SPR_COUNTA, r0
    mtspr   SPR_COUNTB, r0
    li      r0, 7
    mtspr   SPR_ICTRL, r0
    isync

    li      r0, 0                   /* MMU: empty, no page tables, group protection normal */
    mtspr   SPR_MI_CTR, r0
    mtspr   SPR_M_CASID, r0
    lis     r0, MD_CTR_TWAM >> 16
    mtspr   SPR_MD_CTR, r0
    lis     r0, 0x5555
    ori     r0, r0, 0x5555
    mtspr   SPR_MI_AP, r0
    mtspr   SPR_MD_AP, r0
    tlbia
    isync

    lwz     r29, CACHES_WANTED(0)   /* instruction cache */
    lis     r0, IC_UNLOCK_ALL >> 16
    mtspr   SPR_IC_CST, r0
    lis     r0, IC_INVALIDATE_ALL >> 16
    mtspr   SPR_IC_CST, r0
    lis     r0, IC_DISABLE >> 16
    andi.   r4, r29, 1
    beq     1f
    lis     r0, IC_ENABLE >> 16
1:  mtspr   SPR_IC_CST, r0
    isync
    mfspr   r0, SPR_IC_CST          /* its error bits */

    lis     r0, DC_UNLOCK_ALL >> 16 /* data cache: written back, empty, copy-back */
    mtspr   SPR_DC_CST, r0
    li      r4, 0
2:  mtspr   SPR_DC_ADR, r4
    lis     r0, DC_FLUSH_LINE >> 16
    mtspr   SPR_DC_CST, r0
    addi    r4, r4, 16
    andi.   r0, r4, 0x0FF0          /* 256 sets: the most that a member has */
    bne     2b
    andi.   r0, r4, DC_ADR_WAY
    li      r4, DC_ADR_WAY
    beq     2b
    lis     r0, DC_INVALIDATE_ALL >> 16
    mtspr   SPR_DC_CST, r0
    lis     r0, DC_COPY_BACK >> 16
    mtspr   SPR_DC_CST, r0
    lis     r0, DC_LES_OFF >> 16
    mtspr   SPR_DC_CST, r0
    lis     r0, DC_DISABLE >> 16
    andi.   r4, r29, 2
    beq     3f
    lis     r0, DC_ENABLE >> 16
3:  mtspr   SPR_DC_CST, r0
    isync
    mfspr   r0, SPR_DC_CST

    lis     r0, (CTR_CIDEF | MD_CTR_TWAM) >> 16
    mtspr   SPR_MD_CTR, r0          /* internal registers past the cache */
    lis     r4, IMMR_BASE >> 16     /* no interrupt */
    li      r0, 0
    stw     r0, 0x14(r4)            /* SIMASK */
    lis     r5, 0x55CC
    ori     r5, r5, 0xAA33
    stw     r5, 0x30C(r4)           /* TBK */
    lis     r0, MD_CTR_TWAM >> 16
    mtspr   SPR_MD_CTR, r0
    lis     r0, 0x7FFF
    mtspr   SPR_DEC, r0
    lis     r6, 0x4C00              /* rfi */
    ori     r6, r6, 0x0064
    li      r5, 0x100 + STUB_END    /* no handler of a test's own */
4:  stw     r6, 0(r5)
    dcbf    0, r5
    sync
    icbi    0, r5
    addi    r5, r5, 0x100
    cmplwi  r5, 0x2000
    blt     4b
    isync
    li      r0, HARNESS_MSR         /* a decrementer exception left over is taken now, and forgotten */
    ori     r4, r0, MSR_EE
    mtmsr   r4
    isync
    mtmsr   r0
    isync

    li      r0, 0
    stw     r0, RESUME_AT(0)
    stw     r0, LOG_COUNT(0)
    stw     r0, LOG_TAKEN(0)
    stw     r0, CHECK_COUNT(0)
    li      r0, LOG_NONE
    stw     r0, LOG_CURSOR(0)
    stw     r3, CURRENT_TEST(0)
    li      r0, CURRENT_TEST
    mr      r4, r0
    dcbf    0, r4
    addi    r4, r4, 16
    dcbf    0, r4
    li      r0, STATUS_RUNNING
    stw     r0, TEST_STATUS(r3)
    dcbf    0, r3
    lis     r0, DAR_BEFORE >> 16
    ori     r0, r0, DAR_BEFORE & 0xFFFF
    mtspr   SPR_DAR, r0
    lis     r0, DSISR_BEFORE >> 16
    ori     r0, r0, DSISR_BEFORE & 0xFFFF
    mtspr   SPR_DSISR, r0
    mtlr    r31
    blr

    .globl  cpu_finish
cpu_finish:
    bl      cpu_end
    .globl  cpu_done
cpu_done:
    b       cpu_done

/* Behind the last test. */
    .section .cpu_tests_end, "aw"
    .long   0, 0, cpu_finish, 0, 0, 0, 0, 0

    .section .rodata
no_expectation:
    .asciz  "no expectation"
