/*
 * The only program of the conformance run's RAM disk: a shell of four commands on the console, and two TCP services beside
 * it. No C library: what it needs of Linux are system calls (Linux, arch/powerpc system call table).
 *
 *   cat FILE   the file
 *   fp         results of floating-point instructions, as bits; the kernel emulates them
 *   reboot     restarts the machine
 *   port 5001  takes what comes and says on the console how much there was and how much of it was not the pattern
 *   port 5002  sends TRANSFER bytes of the pattern
 */
typedef unsigned int u32;
typedef unsigned char u8;

enum { SYS_EXIT = 1, SYS_READ = 3, SYS_WRITE = 4, SYS_OPEN = 5, SYS_CLOSE = 6, SYS_MOUNT = 21, SYS_REBOOT = 88,
       SYS_SOCKETCALL = 102, SYS_POLL = 167 };
enum { SOCKET = 1, BIND = 2, LISTEN = 4, ACCEPT = 5, SHUTDOWN = 13, SETSOCKOPT = 14 };
enum { AF_INET = 2, SOCK_STREAM = 1, SHUT_WR = 1, POLLIN = 1 };
enum { TRANSFER = 10 * 1024 * 1024, SINK_PORT = 5001, SOURCE_PORT = 5002 };

static long call(long number, long a, long b, long c, long d, long e)
{
    register long r0 __asm__("r0") = number;
    register long r3 __asm__("r3") = a;
    register long r4 __asm__("r4") = b;
    register long r5 __asm__("r5") = c;
    register long r6 __asm__("r6") = d;
    register long r7 __asm__("r7") = e;
    /* An error comes back positive, with CR0[SO] set. */
    __asm__ volatile("sc\n\tbns+ 1f\n\tneg 3,3\n1:"
                     : "+r"(r0), "+r"(r3), "+r"(r4), "+r"(r5), "+r"(r6), "+r"(r7)
                     :
                     : "r8", "r9", "r10", "r11", "r12", "cr0", "ctr", "memory");
    return r3;
}

void *memset(void *to, int value, unsigned long n)
{
    for (u8 *p = to; n > 0; n--) *p++ = (u8)value;
    return to;
}

static u32 length(const char *text)
{
    u32 n = 0;
    while (text[n] != 0) n++;
    return n;
}

static void say(const char *text)
{
    call(SYS_WRITE, 1, (long)text, length(text), 0, 0);
}

static void say_number(u32 n)
{
    char text[12];
    char *p = text + sizeof text - 1;
    *p = 0;
    do *--p = (char)('0' + n % 10); while ((n /= 10) != 0);
    say(p);
}

static void say_hex(u32 n)
{
    char text[9];
    for (int i = 0; i < 8; i++) text[i] = "0123456789abcdef"[(n >> (28 - 4 * i)) & 15];
    text[8] = 0;
    say(text);
}

static int same(const char *a, const char *b)
{
    while (*a != 0 && *a == *b) a++, b++;
    return *a == *b;
}

static u8 buffer[16384];

/* The bytes of both transfers, by position. */
static u8 pattern(u32 i)
{
    return (u8)(7 * i + 13 * (i >> 8));
}

static void cat(const char *path)
{
    long fd = call(SYS_OPEN, (long)path, 0, 0, 0, 0);
    if (fd < 0) {
        say("no such file\n");
        return;
    }
    for (long n; (n = call(SYS_READ, fd, (long)buffer, sizeof buffer, 0, 0)) > 0;) call(SYS_WRITE, 1, (long)buffer, n, 0, 0);
    call(SYS_CLOSE, fd, 0, 0, 0, 0);
}

struct bits {
    u32 high, low;
};

/* One floating-point instruction on two doubles. */
#define OPERATION(name, instruction)                                                                        \
    static struct bits name(struct bits a, struct bits b)                                                   \
    {                                                                                                       \
        struct bits out;                                                                                    \
        __asm__ volatile(".machine push\n\t.machine ppc\n\tlfd 1,%1\n\tlfd 2,%2\n\t" instruction           \
                         "\n\tstfd 1,%0\n\t.machine pop"                                                    \
                         : "=m"(out)                                                                        \
                         : "m"(a), "m"(b));                                                                 \
        return out;                                                                                         \
    }
OPERATION(add, "fadd 1,1,2")
OPERATION(multiply, "fmul 1,1,2")
OPERATION(divide, "fdiv 1,1,2")
OPERATION(multiply_add, "fmadd 1,1,2,2")
OPERATION(to_integer, "fctiwz 1,1")

static void say_bits(const char *name, struct bits value)
{
    say(name);
    say(" ");
    say_hex(value.high);
    say_hex(value.low);
    say("\n");
}

static void fp(void)
{
    const struct bits one = {0x3ff00000, 0}, three = {0x40080000, 0}, tenth = {0x3fb99999, 0x9999999a};
    say_bits("1/3", divide(one, three));
    say_bits("0.1+3", add(tenth, three));
    say_bits("0.1*0.1", multiply(tenth, tenth));
    say_bits("0.1*3+3", multiply_add(tenth, three));
    struct bits whole = to_integer(multiply(three, three), one);
    whole.high = 0;
    say_bits("int(3*3)", whole);
}

static long socketcall(long which, long a, long b, long c, long d, long e)
{
    long arguments[5] = {a, b, c, d, e};
    return call(SYS_SOCKETCALL, which, (long)arguments, 0, 0, 0);
}

static long listener(u32 port)
{
    u8 address[16] = {0, AF_INET, (u8)(port >> 8), (u8)port};
    long fd = socketcall(SOCKET, AF_INET, SOCK_STREAM, 0, 0, 0);
    if (fd < 0 || socketcall(BIND, fd, (long)address, sizeof address, 0, 0) < 0 || socketcall(LISTEN, fd, 1, 0, 0, 0) < 0)
        say("no service\n");
    return fd;
}

static void sink(long listening)
{
    long fd = socketcall(ACCEPT, listening, 0, 0, 0, 0);
    u32 total = 0, wrong = 0;
    for (long n; (n = call(SYS_READ, fd, (long)buffer, sizeof buffer, 0, 0)) > 0; total += (u32)n)
        for (u32 i = 0; i < (u32)n; i++) wrong += buffer[i] != pattern(total + i);
    call(SYS_CLOSE, fd, 0, 0, 0, 0);
    say("sink: ");
    say_number(total);
    say(" bytes, ");
    say_number(wrong);
    say(" wrong\n");
}

static void source(long listening)
{
    long fd = socketcall(ACCEPT, listening, 0, 0, 0, 0);
    for (u32 at = 0; at < TRANSFER;) {
        u32 n = TRANSFER - at < sizeof buffer ? TRANSFER - at : sizeof buffer;
        for (u32 i = 0; i < n; i++) buffer[i] = pattern(at + i);
        u32 sent = 0;
        while (sent < n) {
            long m = call(SYS_WRITE, fd, (long)(buffer + sent), n - sent, 0, 0);
            if (m <= 0) break;
            sent += (u32)m;
        }
        at += sent;
        if (sent < n) break;
    }
    socketcall(SHUTDOWN, fd, SHUT_WR, 0, 0, 0);
    while (call(SYS_READ, fd, (long)buffer, sizeof buffer, 0, 0) > 0) continue;
    call(SYS_CLOSE, fd, 0, 0, 0, 0);
    say("source: done\n");
}

static void command(char *line)
{
    if (line[0] == 'c' && line[1] == 'a' && line[2] == 't' && line[3] == ' ') cat(line + 4);
    else if (same(line, "fp")) fp();
    else if (same(line, "reboot")) call(SYS_REBOOT, (long)0xfee1dead, 672274793, 0x01234567, 0, 0);
    else if (line[0] != 0) say("cat FILE, fp, reboot\n");
}

void start(void)
{
    static char line[256];
    struct { int fd; short events, revents; } poll[3];
    call(SYS_MOUNT, (long)"proc", (long)"/proc", (long)"proc", 0, 0);
    poll[0].fd = 0;
    poll[1].fd = (int)listener(SINK_PORT);
    poll[2].fd = (int)listener(SOURCE_PORT);
    say("init: up\n# ");
    for (;;) {
        for (int i = 0; i < 3; i++) poll[i].events = POLLIN;
        call(SYS_POLL, (long)poll, 3, -1, 0, 0);
        if (poll[1].revents & POLLIN) sink(poll[1].fd);
        if (poll[2].revents & POLLIN) source(poll[2].fd);
        if (!(poll[0].revents & POLLIN)) continue;
        long n = call(SYS_READ, 0, (long)line, sizeof line - 1, 0, 0);
        if (n <= 0) continue;
        if (line[n - 1] == '\n') n--;
        line[n] = 0;
        command(line);
        say("# ");
    }
}

__asm__(".globl _start\n_start:\n\tli 0,0\n\tstwu 0,-16(1)\n\tb start");
