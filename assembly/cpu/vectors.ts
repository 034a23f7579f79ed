// Exception vectors (hardware/core-exceptions.md section 1).

export const VECTOR_RESET: u32 = 0x100;
export const VECTOR_MACHINE_CHECK: u32 = 0x200;
export const VECTOR_EXTERNAL: u32 = 0x500;
export const VECTOR_ALIGNMENT: u32 = 0x600;
export const VECTOR_PROGRAM: u32 = 0x700;
export const VECTOR_DECREMENTER: u32 = 0x900;
export const VECTOR_SYSTEM_CALL: u32 = 0xc00;
export const VECTOR_TRACE: u32 = 0xd00;
export const VECTOR_SOFTWARE_EMULATION: u32 = 0x1000;
export const VECTOR_ITLB_MISS: u32 = 0x1100;
export const VECTOR_DTLB_MISS: u32 = 0x1200;
export const VECTOR_ITLB_ERROR: u32 = 0x1300;
export const VECTOR_DTLB_ERROR: u32 = 0x1400;
export const VECTOR_DATA_BREAK: u32 = 0x1c00;
export const VECTOR_INSTRUCTION_BREAK: u32 = 0x1d00;
