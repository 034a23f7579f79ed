/*
 * What a supervisor test is written with; README.md says how. The macros keep every register but r0 (those that say so
 * clobber r0) and condition, and want supervisor state with data untranslated or mapped one to one.
 */
#ifndef CHECK_H
#define CHECK_H

/* MSR (MPC860 UM, Machine State Register) */
#define MSR_POW 0x00040000
#define MSR_ILE 0x00010000
#define MSR_EE 0x8000
#define MSR_PR 0x4000
#define MSR_FP 0x2000
#define MSR_ME 0x1000
#define MSR_FE0 0x0800
#define MSR_SE 0x0400
#define MSR_BE 0x0200
#define MSR_FE1 0x0100
#define MSR_IP 0x0040
#define MSR_IR 0x0020
#define MSR_DR 0x0010
#define MSR_RI 0x0002
#define MSR_LE 0x0001

/* Special purpose registers, as mtspr and mfspr want them */
#define SPR_XER 1
#define SPR_LR 8
#define SPR_CTR 9
#define SPR_DSISR 18
#define SPR_DAR 19
#define SPR_DEC 22
#define SPR_SRR0 26
#define SPR_SRR1 27
#define SPR_EIE 80
#define SPR_EID 81
#define SPR_NRI 82
#define SPR_CMPA 144
#define SPR_CMPB 145
#define SPR_CMPC 146
#define SPR_CMPD 147
#define SPR_ICR 148
#define SPR_DER 149
#define SPR_COUNTA 150
#define SPR_COUNTB 151
#define SPR_CMPE 152
#define SPR_CMPF 153
#define SPR_CMPG 154
#define SPR_CMPH 155
#define SPR_LCTRL1 156
#define SPR_LCTRL2 157
#define SPR_ICTRL 158
#define SPR_BAR 159
#define SPR_SPRG0 272
#define SPR_SPRG1 273
#define SPR_SPRG2 274
#define SPR_SPRG3 275
#define SPR_PVR 287
#define SPR_IC_CST 560
#define SPR_IC_ADR 561
#define SPR_IC_DAT 562
#define SPR_DC_CST 568
#define SPR_DC_ADR 569
#define SPR_DC_DAT 570
#define SPR_IMMR 638
#define SPR_MI_CTR 784
#define SPR_MI_AP 786
#define SPR_MI_EPN 787
#define SPR_MI_TWC 789
#define SPR_MI_RPN 790
#define SPR_MD_CTR 792
#define SPR_M_CASID 793
#define SPR_MD_AP 794
#define SPR_MD_EPN 795
#define SPR_M_TWB 796
#define SPR_MD_TWC 797
#define SPR_MD_RPN 798
#define SPR_M_TW 799
#define SPR_MI_CAM 816
#define SPR_MI_RAM0 817
#define SPR_MI_RAM1 818
#define SPR_MD_CAM 824
#define SPR_MD_RAM0 825
#define SPR_MD_RAM1 826

/* Commands of IC_CST and DC_CST */
#define IC_ENABLE 0x02000000
#define IC_DISABLE 0x04000000
#define IC_UNLOCK_ALL 0x0A000000
#define IC_INVALIDATE_ALL 0x0C000000
#define DC_WRITE_THROUGH 0x01000000
#define DC_ENABLE 0x02000000
#define DC_COPY_BACK 0x03000000
#define DC_DISABLE 0x04000000
#define DC_LES_OFF 0x07000000
#define DC_UNLOCK_ALL 0x0A000000
#define DC_INVALIDATE_ALL 0x0C000000
#define DC_FLUSH_LINE 0x0E000000
#define DC_ADR_WAY 0x1000
#define CST_ENABLED 0x80000000

/* MI_CTR and MD_CTR */
#define CTR_CIDEF 0x20000000
#define CTR_WTDEF 0x10000000
#define CTR_RSV4 0x08000000
#define MD_CTR_TWAM 0x04000000
#define EPN_EV 0x200

/* What every test begins with */
#define HARNESS_MSR (MSR_ME | MSR_RI)
#define DAR_BEFORE 0x0DA0DA0D
#define DSISR_BEFORE 0x0D515150

/* Physical memory. Nothing else uses SCRATCH, 1 MB of RAM, aligned so that a page of any size up to 1 MB fits. */
#define SCRATCH 0x00400000
#define IMMR_BASE 0xFF000000

/* The harness's own data: lines 0x2000 to 0x221F, so cache sets 0 to 33 (a reset stub's slot and a table entry apart). */
#define CPU_DATA 0x2000
#define CHECK_GOT 0x2000
#define CHECK_EXPECTED 0x2004
#define CHECK_R31 0x2008
#define CHECK_LR 0x200C
#define CHECK_R30 0x2010
#define CHECK_R29 0x2014
#define CHECK_CR 0x2018
#define CURRENT_TEST 0x2020
#define RESUME_AT 0x2024
#define LOG_COUNT 0x2028
#define LOG_TAKEN 0x202C
#define LOG_CURSOR 0x2030
#define CHECK_COUNT 0x2034
#define CACHES_WANTED 0x2038
#define ENTRY_VECTOR 0x2040
#define ENTRY_LR 0x2044
#define ENTRY_R30 0x2048
#define ENTRY_CR 0x204C
#define LOG_BASE 0x2060
#define LOG_MAX 13
#define LOG_NONE 0x2200 /* a record of no exception: zeros */
#define CPU_DATA_END 0x2220

/* A vector's stub: its last instruction is an rfi, or the branch to the test's own handler. */
#define STUB_END 0x28

/* An entry of cpu_tests; test/cpu/supervisor.test.ts reads it */
#define TEST_NAME 0
#define TEST_SECTION 4
#define TEST_CODE 8
#define TEST_STATUS 12
#define TEST_WHAT 16
#define TEST_EXPECTED 20
#define TEST_GOT 24
#define TEST_CHECKS 28
#define STATUS_RUNNING 1
#define STATUS_PASSED 2
#define STATUS_FAILED 3
#define STATUS_EXCEPTION 4 /* an exception that was not expected: got is the vector, expected is SRR0 */

/* Values of RESUME_AT that are no address */
#define RESUME_NEVER 0
#define RESUME_BEHIND 1
#define RESUME_THERE 2

#define LEAVE_USER_CALL -0x5A5B

#ifdef __ASSEMBLER__

/* A record of the log; symbols, because EXPECT_REG puts their names together. */
    .set    LOG_VECTOR, 0
    .set    LOG_SRR0, 4
    .set    LOG_SRR1, 8
    .set    LOG_DSISR, 12
    .set    LOG_DAR, 16
    .set    LOG_MSR, 20
    .set    LOG_BAR, 24
    .set    LOG_CR, 28

/* Once at the top of a file, END_TESTS at its end. */
.macro TESTS
    .text
    .globl cpu_tests_code
cpu_tests_code:
.endm

.macro END_TESTS
    lis     r31, cpu_finish@h
    ori     r31, r31, cpu_finish@l
    mtctr   r31
    bctr
.endm

/* Begins a test, ends the one before. Every test begins in supervisor state, untranslated, caches as configured, no
   interrupt and no breakpoint enabled, TLBs empty, DAR and DSISR at DAR_BEFORE and DSISR_BEFORE. No register is kept. */
.macro TEST name, section
    .pushsection .cpu_tests, "aw"
cpu_test_\@:
    .long   cpu_name_\@, cpu_section_\@, cpu_code_\@, 0, 0, 0, 0, 0
    .popsection
    .pushsection .rodata
cpu_name_\@:
    .asciz  "\name"
cpu_section_\@:
    .asciz  "\section"
    .popsection
cpu_code_\@:
    lis     r3, cpu_test_\@@h
    ori     r3, r3, cpu_test_\@@l
    bl      cpu_begin
.endm

/* --- what an exception does: it is always recorded; then … --- */

/* … the test goes on at \label in the state a test begins with (MSR = HARNESS_MSR), all registers kept. */
.macro RESUME label
    stw     r31, CHECK_R31(0)
    lis     r31, (\label)@h
    ori     r31, r31, (\label)@l
    cpu_resume
.endm
/* … it returns by rfi to the instruction behind SRR0. */
.macro RESUME_BEHIND_IT
    stw     r31, CHECK_R31(0)
    li      r31, RESUME_BEHIND
    cpu_resume
.endm
/* … it returns by rfi to SRR0. */
.macro RESUME_WHERE_IT_WAS
    stw     r31, CHECK_R31(0)
    li      r31, RESUME_THERE
    cpu_resume
.endm
.macro cpu_resume
    stw     r31, RESUME_AT(0)
    li      r31, RESUME_AT
    dcbf    0, r31
    lwz     r31, CHECK_R31(0)
.endm
/* … the handler \label runs, with all registers, SRR0, SRR1 and MSR as the exception left them; it ends with its own rfi.
   SPRG0 is the harness's. Clobbers r0. */
.macro ON_VECTOR vector, label
    SET     r0, 0x48000002 + \label /* ba label */
    stw     r0, (\vector + STUB_END)(0)
    li      r0, \vector + STUB_END
    stw     r31, CHECK_R31(0)
    mr      r31, r0
    dcbf    0, r31
    sync
    icbi    0, r31
    isync
    lwz     r31, CHECK_R31(0)
.endm
/* Without any of them an exception fails the test, and the next test begins. */

/* --- expectations --- */

.macro cpu_compare what
    lis     r31, cpu_what_\@@h
    ori     r31, r31, cpu_what_\@@l
    bl      cpu_check
    lwz     r31, CHECK_LR(0)
    mtlr    r31
    lwz     r31, CHECK_R31(0)
    .pushsection .rodata
cpu_what_\@:
    .asciz  "\what"
    .popsection
.endm

/* Register \reg holds \value. */
.macro EXPECT_EQ reg, value, what=
    stw     \reg, CHECK_GOT(0)
    stw     r31, CHECK_R31(0)
    mflr    r31
    stw     r31, CHECK_LR(0)
    lis     r31, (\value)@h
    ori     r31, r31, (\value)@l
    stw     r31, CHECK_EXPECTED(0)
  .ifb \what
    cpu_compare "\reg"
  .else
    cpu_compare "\what"
  .endif
.endm

/* Registers \reg and \other hold the same. */
.macro EXPECT_SAME reg, other, what=
    stw     \reg, CHECK_GOT(0)
    stw     \other, CHECK_EXPECTED(0)
    stw     r31, CHECK_R31(0)
    mflr    r31
    stw     r31, CHECK_LR(0)
  .ifb \what
    cpu_compare "\reg"
  .else
    cpu_compare "\what"
  .endif
.endm

/* The special purpose register \spr (a name of this file) holds \value now. */
.macro EXPECT_SPR spr, value
    stw     r31, CHECK_R31(0)
    mfspr   r31, \spr
    stw     r31, CHECK_GOT(0)
    mflr    r31
    stw     r31, CHECK_LR(0)
    lis     r31, (\value)@h
    ori     r31, r31, (\value)@l
    stw     r31, CHECK_EXPECTED(0)
    cpu_compare "SPR \spr"
.endm

/* The word at \address holds \value, as the data side reads it now. */
.macro EXPECT_WORD address, value
    stw     r31, CHECK_R31(0)
    lis     r31, (\address)@h
    ori     r31, r31, (\address)@l
    lwz     r31, 0(r31)
    stw     r31, CHECK_GOT(0)
    mflr    r31
    stw     r31, CHECK_LR(0)
    lis     r31, (\value)@h
    ori     r31, r31, (\value)@l
    stw     r31, CHECK_EXPECTED(0)
    cpu_compare "word at \address"
.endm

/* The next exception of the log is one with this vector. Every exception that a test takes must be expected. */
.macro EXPECT_VECTOR vector
    stw     r31, CHECK_R31(0)
    mflr    r31
    stw     r31, CHECK_LR(0)
    bl      cpu_next
    lis     r31, (\vector)@h
    ori     r31, r31, (\vector)@l
    stw     r31, CHECK_EXPECTED(0)
    cpu_compare "vector"
.endm

/* SRR0, SRR1, DSISR, DAR, MSR, BAR or CR as they were when that exception's first instruction ran. */
.macro EXPECT_REG name, value
    stw     r31, CHECK_R31(0)
    lwz     r31, LOG_CURSOR(0)
    lwz     r31, LOG_\name\()(r31)
    stw     r31, CHECK_GOT(0)
    mflr    r31
    stw     r31, CHECK_LR(0)
    lis     r31, (\value)@h
    ori     r31, r31, (\value)@l
    stw     r31, CHECK_EXPECTED(0)
    cpu_compare "\name"
.endm

/* The exception left DAR and DSISR alone. */
.macro EXPECT_DATA_STATUS_UNCHANGED
    EXPECT_REG DAR, DAR_BEFORE
    EXPECT_REG DSISR, DSISR_BEFORE
.endm

/* Nothing more was taken than expected so far. */
.macro EXPECT_NO_EXCEPTION
    EXPECT_VECTOR 0
.endm

/* The test must not come here. */
.macro FAIL what
    stw     r31, CHECK_R31(0)
    li      r31, 0
    stw     r31, CHECK_EXPECTED(0)
    li      r31, 1
    stw     r31, CHECK_GOT(0)
    mflr    r31
    stw     r31, CHECK_LR(0)
    cpu_compare "\what"
.endm

/* --- state --- */

.macro SET reg, value
    lis     \reg, (\value)@h
    ori     \reg, \reg, (\value)@l
.endm
/* Clobbers r0. */
.macro SET_SPR spr, value
    SET     r0, \value
    mtspr   \spr, r0
.endm
/* Clobbers r0. */
.macro SET_MSR value
    SET     r0, \value
    mtmsr   r0
    isync
.endm
/* Sets and clears bits of MSR. Clobbers r0; r31 is kept. */
.macro MSR_ON bits
    stw     r31, CHECK_R31(0)
    mfmsr   r0
    SET     r31, \bits
    or      r0, r0, r31
    lwz     r31, CHECK_R31(0)
    mtmsr   r0
    isync
.endm
/* User state, translation as it is. Clobbers r0. Expectations want LEAVE_USER first. */
.macro ENTER_USER
    mfmsr   r0
    ori     r0, r0, MSR_PR
    mtmsr   r0
    isync
.endm
/* Back to the state a test begins with, without a record in the log. Clobbers r0. */
.macro LEAVE_USER
    li      r0, LEAVE_USER_CALL
    sc
.endm

/* Load a TLB entry; values as written to the registers. Clobber r0. */
.macro ITLB_ENTRY index, epn, twc, rpn
    mfspr   r0, SPR_MI_CTR
    rlwinm  r0, r0, 0, 24, 18
    ori     r0, r0, (\index) << 8
    mtspr   SPR_MI_CTR, r0
    SET_SPR SPR_MI_EPN, \epn
    SET_SPR SPR_MI_TWC, \twc
    SET_SPR SPR_MI_RPN, \rpn
.endm
.macro DTLB_ENTRY index, epn, twc, rpn
    mfspr   r0, SPR_MD_CTR
    rlwinm  r0, r0, 0, 24, 18
    ori     r0, r0, (\index) << 8
    mtspr   SPR_MD_CTR, r0
    SET_SPR SPR_MD_EPN, \epn
    SET_SPR SPR_MD_TWC, \twc
    SET_SPR SPR_MD_RPN, \rpn
.endm
/* Entries 31 map the 8 MB of RAM one to one for both states, cached, shared; data entry 30 the internal memory map. They
   hide nothing above 0x00800000; entries for SCRATCH need another EPN, or they replace these. Clobbers r0. */
.macro MAP_RAM
    ITLB_ENTRY 31, EPN_EV, 0x00D, 0x9FD
    DTLB_ENTRY 31, EPN_EV, 0x00D, 0x9FD
    DTLB_ENTRY 30, IMMR_BASE | EPN_EV, 0x015, IMMR_BASE | 0x9FF
.endm
/* With MAP_RAM before. Clobber r0. */
.macro TRANSLATE
    MSR_ON  MSR_IR | MSR_DR
.endm
.macro TRANSLATE_DATA
    MSR_ON  MSR_DR
.endm

/* Untranslated data accesses go past the cache, or through it. Clobber r0. */
.macro DATA_UNCACHED
    mfspr   r0, SPR_MD_CTR
    oris    r0, r0, CTR_CIDEF >> 16
    mtspr   SPR_MD_CTR, r0
    isync
.endm
.macro DATA_CACHED
    mfspr   r0, SPR_MD_CTR
    rlwinm  r0, r0, 0, 3, 1
    mtspr   SPR_MD_CTR, r0
    isync
.endm

#endif
#endif
