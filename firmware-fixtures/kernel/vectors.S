/*
 * Exception vectors (copied to 0x100 up by start.S), interrupt entry and exit, context switch.
 * Exceptions arrive with translation off; RAM is mapped one to one and cached either way, so frames may be written at once.
 * The C part runs translated, because device registers must be reached through their inhibited page.
 */
        .set MSR_NORMAL, 0x1032         /* ME, IR, DR, RI; EE off */
        .set SPR_NRI, 82

        .set F_R0, 8
        .set F_R3, 12                   /* r3 … r12 */
        .set F_CR, 52
        .set F_LR, 56
        .set F_CTR, 60
        .set F_XER, 64
        .set F_SRR0, 68
        .set F_SRR1, 72
        .set FRAME, 80

        .macro  vector number
        .org    vectors_begin + \number - 0x100
        .endm

        .macro  unexpected number
        vector  \number
        mtsprg  0, %r3
        li      %r3, \number
        ba      exception_unexpected
        .endm

        .section .text.vectors, "ax"
        .balign 256
        .global vectors_begin
        .global vectors_end
vectors_begin:
        unexpected 0x100
        unexpected 0x200
        unexpected 0x300
        unexpected 0x400

        vector  0x500                   /* external interrupt */
        stwu    %r1, -FRAME(%r1)
        stw     %r0, F_R0(%r1)
        stw     %r3, F_R3(%r1)
        stw     %r4, F_R3+4(%r1)
        stw     %r5, F_R3+8(%r1)
        stw     %r6, F_R3+12(%r1)
        stw     %r7, F_R3+16(%r1)
        stw     %r8, F_R3+20(%r1)
        stw     %r9, F_R3+24(%r1)
        stw     %r10, F_R3+28(%r1)
        stw     %r11, F_R3+32(%r1)
        stw     %r12, F_R3+36(%r1)
        mfsrr0  %r3
        stw     %r3, F_SRR0(%r1)
        mfsrr1  %r4
        stw     %r4, F_SRR1(%r1)
        ba      interrupt_entry

        unexpected 0x600
        unexpected 0x700
        unexpected 0x800

        vector  0x900                   /* decrementer: not used, but it runs with the time base; push it far away */
        mtsprg  0, %r3
        lis     %r3, 0x7FFF
        mtdec   %r3
        mfsprg  %r3, 0
        rfi

        unexpected 0xA00
        unexpected 0xB00
        unexpected 0xC00
        unexpected 0xD00
        unexpected 0xE00
        unexpected 0xF00
        unexpected 0x1000
        unexpected 0x1100
        unexpected 0x1200
        unexpected 0x1300
        unexpected 0x1400
        unexpected 0x1500
        unexpected 0x1600
        unexpected 0x1700
        unexpected 0x1800
        unexpected 0x1900
        unexpected 0x1A00
        unexpected 0x1B00
        unexpected 0x1C00
        unexpected 0x1D00
        unexpected 0x1E00
        unexpected 0x1F00
        .balign 256
vectors_end:

        .section .text.interrupt, "ax"
        .global interrupt_entry
interrupt_entry:
        mfcr    %r3
        stw     %r3, F_CR(%r1)
        mflr    %r4
        stw     %r4, F_LR(%r1)
        mfctr   %r5
        stw     %r5, F_CTR(%r1)
        mfxer   %r6
        stw     %r6, F_XER(%r1)
        li      %r3, MSR_NORMAL
        mtmsr   %r3
        isync

        lis     %r9, interrupt_depth@ha
        li      %r3, 1
        stw     %r3, interrupt_depth@l(%r9)
        lis     %r10, interrupt_stack_top@ha
        addi    %r10, %r10, interrupt_stack_top@l
        stwu    %r1, -16(%r10)
        mr      %r1, %r10
        bl      interrupt_dispatch
        lwz     %r1, 0(%r1)
        lis     %r9, interrupt_depth@ha
        li      %r3, 0
        stw     %r3, interrupt_depth@l(%r9)

        lis     %r9, dispatch_needed@ha
        lwz     %r3, dispatch_needed@l(%r9)
        cmpwi   %r3, 0
        beq     1f
        bl      thread_dispatch         /* on the interrupted task's stack; comes back when that task runs again */
1:
        lwz     %r3, F_CR(%r1)
        mtcrf   0xFF, %r3
        lwz     %r4, F_LR(%r1)
        mtlr    %r4
        lwz     %r5, F_CTR(%r1)
        mtctr   %r5
        lwz     %r6, F_XER(%r1)
        mtxer   %r6
        lwz     %r12, F_R3+36(%r1)
        lwz     %r11, F_R3+32(%r1)
        lwz     %r10, F_R3+28(%r1)
        lwz     %r9, F_R3+24(%r1)
        lwz     %r8, F_R3+20(%r1)
        lwz     %r7, F_R3+16(%r1)
        lwz     %r6, F_R3+12(%r1)
        lwz     %r5, F_R3+8(%r1)
        lwz     %r4, F_SRR0(%r1)
        lwz     %r3, F_SRR1(%r1)
        mtspr   SPR_NRI, %r3            /* not recoverable from here on */
        mtsrr0  %r4
        mtsrr1  %r3
        lwz     %r4, F_R3+4(%r1)
        lwz     %r3, F_R3(%r1)
        lwz     %r0, F_R0(%r1)
        addi    %r1, %r1, FRAME
        rfi

/* Everything else ends here, r3 in SPRG0, r3 = vector: keep the registers, report, stop. */
        .global exception_unexpected
exception_unexpected:
        mtsprg  1, %r4
        lis     %r4, exception_registers@ha
        addi    %r4, %r4, exception_registers@l
        stw     %r0, 0(%r4)
        stw     %r1, 4(%r4)
        stw     %r2, 8(%r4)
        stmw    %r5, 20(%r4)
        mfsprg  %r5, 0
        stw     %r5, 12(%r4)
        mfsprg  %r5, 1
        stw     %r5, 16(%r4)
        mfsrr0  %r5
        stw     %r5, 128(%r4)
        mfsrr1  %r5
        stw     %r5, 132(%r4)
        mfcr    %r5
        stw     %r5, 136(%r4)
        mflr    %r5
        stw     %r5, 140(%r4)
        mfctr   %r5
        stw     %r5, 144(%r4)
        mfxer   %r5
        stw     %r5, 148(%r4)
        mfdar   %r5
        stw     %r5, 152(%r4)
        mfdsisr %r5
        stw     %r5, 156(%r4)
        lis     %r1, interrupt_stack_top@ha
        addi    %r1, %r1, interrupt_stack_top@l
        li      %r5, 0
        stwu    %r5, -16(%r1)
        li      %r5, MSR_NORMAL
        mtmsr   %r5
        isync
        bl      exception_report
2:      b       2b

/* void context_switch(uint32_t *save_stack_pointer, uint32_t stack_pointer), interrupts off. */
        .global context_switch
        .type context_switch, @function
context_switch:
        mflr    %r0
        stw     %r0, 4(%r1)
        stwu    %r1, -96(%r1)
        stmw    %r13, 8(%r1)
        mfcr    %r0
        stw     %r0, 84(%r1)
        mfmsr   %r0
        stw     %r0, 88(%r1)
        stw     %r1, 0(%r3)
        mr      %r1, %r4
        lmw     %r13, 8(%r1)
        lwz     %r0, 84(%r1)
        mtcrf   0xFF, %r0
        lwz     %r5, 88(%r1)
        addi    %r1, %r1, 96
        lwz     %r0, 4(%r1)
        mtlr    %r0
        mtmsr   %r5
        blr
        .size context_switch, . - context_switch

/* First code of every task: r14 = argument, r15 = entry. */
        .global task_trampoline
task_trampoline:
        mr      %r3, %r14
        mtctr   %r15
        bctrl
        bl      task_exited
3:      b       3b

/* The idle task: the one loop the board spends its spare time in. */
        .global idle_loop
        .type idle_loop, @function
idle_loop:
        b       idle_loop
        .size idle_loop, . - idle_loop
