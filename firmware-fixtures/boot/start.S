/*
 * Entry of the eth_comm image. The loader leaves: real mode, r3 -> board information block, r6 -> command line, r7 -> its end,
 * memory controller and clocks set up, caches off. Everything is linked where it runs (0x10000 up); RAM is mapped one to one.
 */
        .set SPR_EID, 81
        .set SPR_ICTRL, 158
        .set SPR_IC_CST, 560
        .set SPR_DC_CST, 568
        .set SPR_MI_CTR, 784
        .set SPR_MI_AP, 786
        .set SPR_MI_EPN, 787
        .set SPR_MI_TWC, 789
        .set SPR_MI_RPN, 790
        .set SPR_MD_CTR, 792
        .set SPR_M_CASID, 793
        .set SPR_MD_AP, 794
        .set SPR_MD_EPN, 795
        .set SPR_MD_TWC, 797
        .set SPR_MD_RPN, 798

        .set MSR_ME, 0x1000
        .set MSR_RI, 0x0002
        .set MSR_IR_DR, 0x0030

        .set CTR_RSV4, 0x0800           /* upper half: reserve entries 28-31 */
        .set MD_CTR_TWAM, 0x0400        /* upper half */
        .set EPN_EV, 0x200
        .set TWC_8M_V, 0x00D
        .set TWC_512K_G_V, 0x015
        .set RPN_RAM, 0x1FD             /* supervisor, C=1, all subpages, SH, V: copyback */
        .set RPN_IO, 0x1FF              /* the same with CI */
        .set IMMR_HI, 0xFF00

        .section .entry, "ax"
        .global start
        .type start, @function
start:
        li      %r0, MSR_ME | MSR_RI
        mtmsr   %r0
        isync
        li      %r0, 7                  /* no show cycles, not serialized */
        mtspr   SPR_ICTRL, %r0
        isync
        mr      %r29, %r3
        mr      %r30, %r6
        mr      %r31, %r7

        lis     %r3, __bss_start@ha     /* bss is word aligned at both ends */
        addi    %r3, %r3, __bss_start@l
        lis     %r4, __bss_end@ha
        addi    %r4, %r4, __bss_end@l
        subf    %r4, %r3, %r4
        srwi.   %r4, %r4, 2
        beq     2f
        mtctr   %r4
        li      %r0, 0
        addi    %r3, %r3, -4
1:      stwu    %r0, 4(%r3)
        bdnz    1b
2:
        lis     %r1, interrupt_stack_top@ha
        addi    %r1, %r1, interrupt_stack_top@l
        li      %r0, 0
        stwu    %r0, -16(%r1)

        mr      %r3, %r29
        mr      %r4, %r30
        mr      %r5, %r31
        bl      boot_early              /* copies block and command line, parses; r3 = 1 icache | 2 dcache */
        mr      %r28, %r3

        lis     %r3, vectors_begin@ha   /* vectors to 0x100 */
        addi    %r3, %r3, vectors_begin@l - 4
        lis     %r4, vectors_end@ha
        addi    %r4, %r4, vectors_end@l - 4
        subf    %r4, %r3, %r4
        srwi    %r4, %r4, 2
        mtctr   %r4
        li      %r5, 0x100 - 4
3:      lwzu    %r0, 4(%r3)
        stwu    %r0, 4(%r5)
        bdnz    3b
        sync
        isync

        tlbia
        li      %r0, 0
        mtspr   SPR_M_CASID, %r0
        lis     %r0, 0x5555             /* all groups: page protection as it stands */
        ori     %r0, %r0, 0x5555
        mtspr   SPR_MI_AP, %r0
        mtspr   SPR_MD_AP, %r0

        lis     %r3, CTR_RSV4           /* instruction entry 28: RAM, 8 MB at 0 */
        ori     %r0, %r3, 28 << 8
        mtspr   SPR_MI_CTR, %r0
        li      %r4, EPN_EV
        mtspr   SPR_MI_EPN, %r4
        li      %r5, TWC_8M_V
        mtspr   SPR_MI_TWC, %r5
        li      %r6, RPN_RAM
        mtspr   SPR_MI_RPN, %r6
        mtspr   SPR_MI_CTR, %r3

        lis     %r3, CTR_RSV4 | MD_CTR_TWAM
        ori     %r0, %r3, 28 << 8       /* data entry 28: RAM */
        mtspr   SPR_MD_CTR, %r0
        mtspr   SPR_MD_EPN, %r4
        mtspr   SPR_MD_TWC, %r5
        mtspr   SPR_MD_RPN, %r6
        ori     %r0, %r3, 29 << 8       /* data entry 29: internal memory map, inhibited and guarded */
        mtspr   SPR_MD_CTR, %r0
        lis     %r7, IMMR_HI
        ori     %r4, %r7, EPN_EV
        mtspr   SPR_MD_EPN, %r4
        li      %r5, TWC_512K_G_V
        mtspr   SPR_MD_TWC, %r5
        ori     %r6, %r7, RPN_IO
        mtspr   SPR_MD_RPN, %r6
        mtspr   SPR_MD_CTR, %r3

        mfmsr   %r0
        ori     %r0, %r0, MSR_IR_DR
        mtmsr   %r0
        isync

        mfspr   %r0, SPR_IC_CST         /* reading clears old errors */
        lis     %r0, 0x0A00             /* unlock all */
        mtspr   SPR_IC_CST, %r0
        isync
        lis     %r0, 0x0C00             /* invalidate all */
        mtspr   SPR_IC_CST, %r0
        isync
        andi.   %r0, %r28, 1
        lis     %r0, 0x0200             /* enable */
        bne     4f
        lis     %r0, 0x0400             /* disable */
4:      mtspr   SPR_IC_CST, %r0
        isync

        mfspr   %r0, SPR_DC_CST
        lis     %r0, 0x0A00
        sync
        mtspr   SPR_DC_CST, %r0
        isync
        lis     %r0, 0x0C00
        sync
        mtspr   SPR_DC_CST, %r0
        isync
        lis     %r0, 0x0300             /* clear forced write-through */
        sync
        mtspr   SPR_DC_CST, %r0
        isync
        andi.   %r0, %r28, 2
        lis     %r0, 0x0200
        bne     5f
        lis     %r0, 0x0400
5:      sync
        mtspr   SPR_DC_CST, %r0
        isync

        bl      kernel_start
6:      b       6b
        .size start, . - start
