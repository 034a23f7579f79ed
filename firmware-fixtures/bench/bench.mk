# The bare-metal programs and the mix for qemu-ppc: `make -f bench/bench.mk` in firmware-fixtures, or included
# by the Makefile there. Reproducible: no time stamps, no paths, DWARF stripped, symbols kept.
BENCH_CROSS ?= powerpc-linux-gnu-
BENCH_CFLAGS := -mcpu=860 -msoft-float -O2 -ffreestanding -fno-builtin -fno-pic -fno-pie -fno-stack-protector -fno-asynchronous-unwind-tables \
	-fno-tree-loop-distribute-patterns -msdata=none -std=gnu17 -Wall -Wextra -Werror -ffile-prefix-map=$(CURDIR)=.
BENCH_LD := $(BENCH_CROSS)gcc -nostdlib -static -no-pie -Wl,--build-id=none -Wl,-z,norelro -Wl,-z,noexecstack -Wl,--no-warn-rwx-segments -Wl,-z,max-page-size=4096
BENCH_WILD := nowhere illegal exceptions checkstop sleep registers dma
BENCH_ELVES := elf/hello.elf elf/mix.elf elf/mix.qemu $(BENCH_WILD:%=elf/wild-%.elf)

.PHONY: bench-elves
bench-elves: $(BENCH_ELVES)

obj/bench/%.o: bench/%.c $(wildcard bench/*.h)
	@mkdir -p $(@D)
	@$(BENCH_CROSS)gcc $(BENCH_CFLAGS) -c -o $@ $<
obj/bench/%.o: bench/%.S
	@mkdir -p $(@D)
	@$(BENCH_CROSS)gcc $(BENCH_CFLAGS) -c -o $@ $<
obj/bench/wild-%.o: bench/wild.S
	@mkdir -p $(@D)
	@$(BENCH_CROSS)gcc $(BENCH_CFLAGS) -DWILD_$(shell echo $* | tr a-z A-Z) -c -o $@ $<

elf/hello.elf: obj/bench/crt.o obj/bench/bare.o obj/bench/hello.o bench/bare.ld
	@mkdir -p $(@D)
	@$(BENCH_LD) -T bench/bare.ld -o $@ $(filter %.o,$^) -lgcc
	@$(BENCH_CROSS)strip -g $@
elf/mix.elf: obj/bench/crt.o obj/bench/bare.o obj/bench/mix_board.o obj/bench/mix.o bench/bare.ld
	@$(BENCH_LD) -T bench/bare.ld -o $@ $(filter %.o,$^) -lgcc
	@$(BENCH_CROSS)strip -g $@
.SECONDARY: $(BENCH_WILD:%=obj/bench/wild-%.o)
elf/mix.qemu: obj/bench/mix_linux.o obj/bench/mix.o
	@$(BENCH_LD) -o $@ $(filter %.o,$^) -lgcc
	@$(BENCH_CROSS)strip -g $@
elf/wild-%.elf: obj/bench/wild-%.o bench/bare.ld
	@$(BENCH_LD) -T bench/bare.ld -o $@ $(filter %.o,$^)
	@$(BENCH_CROSS)strip -g $@
