//! The verifier's findings in English.

use super::{Mistake as M, Newer, Pointee};

fn pointee(what: Pointee) -> &'static str {
    match what {
        Pointee::MapValue => "a pointer to a map's value, which is NULL where the map has no such key",
        Pointee::Record => "a reserved record, which is NULL when the ring buffer is full",
        Pointee::Socket => "a pointer to a socket, which is NULL where there is none",
        Pointee::Kernel => "a pointer of the kernel's, which may be NULL",
        Pointee::Other => "a pointer that may be NULL",
    }
}

pub(super) fn say(mistake: &M, program: &str) -> String {
    let (wrong, mend) = match mistake {
        M::NullCheck { what } => (
            format!("it uses, without a look, {}", pointee(*what)),
            "Compare it with NULL first, and leave when it is: if (!p) return 0;".to_owned(),
        ),
        M::NotAPointer { is_pid_like: true } => (
            "it reads through a number as if that were a pointer".into(),
            "An address that was read from somewhere is only a number here: read what is behind it with bpf_probe_read_kernel() (or BPF_CORE_READ()), or bpf_probe_read_user() for a program's memory.".into(),
        ),
        M::NotAPointer { is_pid_like: false } => (
            "it reads or writes through something that is no pointer".into(),
            "Read memory behind an address with bpf_probe_read_kernel() or bpf_probe_read_user(); pass on pointers as they came, without arithmetic that loses them.".into(),
        ),
        M::PacketBounds { size } => (
            match size {
                None => "it reads part of the packet that may lie behind the packet's end".to_owned(),
                Some(1) => "it reads a byte of the packet that may lie behind the packet's end".to_owned(),
                Some(size) => format!("it reads {size} bytes of the packet that may lie behind the packet's end"),
            },
            "Compare with data_end before the read: if ((void *)(header + 1) > data_end) return …; and compare again after each step whose length varies.".into(),
        ),
        M::PacketMoved { helper } => (
            format!("it uses a pointer into the packet from before {helper}(), which may have moved the packet"),
            "After such a call read data and data_end from the context again, and compare them again.".into(),
        ),
        M::ValueBounds { size: Some(size) } => (
            format!("it goes outside of memory that has {size} bytes"),
            "Check the index or offset against the size of the array or struct before it is used.".into(),
        ),
        M::ValueBounds { size: None } => (
            "it goes outside of the memory that it may use".into(),
            "Check the index or offset against the size of the array or struct before it is used.".into(),
        ),
        M::StructBounds { name, offset, size } => (
            format!("it reads {size} bytes at offset {offset}, which is past the end of a struct {name}"),
            "The kernel goes by the type of its own pointer, not by a cast. What lies behind it is read with bpf_probe_read_kernel() or BPF_CORE_READ(), from a pointer of the larger type.".into(),
        ),
        M::MemberBounds { member, name, offset, size } => (
            format!("it reads {size} bytes at offset {offset} of a struct {name}, which reach past the end of its member {member}"),
            "The kernel goes by the type of its own pointer, not by a cast: there, another member begins. If the data is of another struct, read it with bpf_probe_read_kernel() or BPF_CORE_READ(), from a pointer of that type.".into(),
        ),
        M::Unbounded => (
            "it uses an offset or a length without an upper bound".into(),
            "Bound it right before the use, in a way that the compiler keeps: if (n >= MAX) return 0; or n &= MAX - 1 where MAX is a power of two.".into(),
        ),
        M::NegativeIndex => (
            "an index or a length may be negative".into(),
            "Make it unsigned, or check it for being below zero before it is used.".into(),
        ),
        M::StackBounds { offset } => (
            format!("it goes outside of its stack (offset {offset}; there are 512 bytes, from -512 to -1)"),
            "Check the index into the local array, or put large data into a map of one entry.".into(),
        ),
        M::StackUninitialised => (
            "it hands out stack memory that nothing was written to".into(),
            "Give the variable a value where it is declared: struct event e = {}; which also fills the gaps between its fields.".into(),
        ),
        M::RegisterUninitialised { register: 0 } => (
            "it ends, or goes on, without a result: nothing was put into R0".into(),
            "Return a value on every way through the function.".into(),
        ),
        M::RegisterUninitialised { register } => (
            format!("it uses R{register} before anything was put into it"),
            if *register <= 5 {
                "A call leaves nothing in R1 to R5, so that nothing can be used from there after it; in C, give the variable a value on every way that leads here.".to_owned()
            } else {
                "Give the variable a value on every way that leads here.".to_owned()
            },
        ),
        M::Endless => (
            "it has a loop of which the verifier cannot see the end".into(),
            "Give the loop a constant bound (for (int i = 0; i < 16; i++)), or use bpf_loop() or bpf_for() where the kernel has them.".into(),
        ),
        M::TooManyPaths => (
            "there are more ways through it than the verifier looks at".into(),
            "Make loops shorter, merge branches, or move the body of a loop into a function for bpf_loop().".into(),
        ),
        M::WrongArgument { argument, got, wanted } => (
            format!("argument {argument} of a call is of kind {got}, and the call takes {wanted}"),
            "Look at the helper's description: a map goes in as &map, keys and values as pointers to variables of this program, a context as it came.".into(),
        ),
        M::Context { offset } => (
            format!("it touches its context at offset {offset}, where it may not"),
            "Each program type may read some fields of its context and write fewer; for a tracepoint, look at its format. Fields of kernel structs are read with BPF_CORE_READ().".into(),
        ),
        M::ModifiedContext => (
            "it uses its context at an address that it has calculated".into(),
            "Read the context's fields by their names, at constant offsets; keep ctx as it came.".into(),
        ),
        M::NoSuchArgument { function } => (
            format!("it reads an argument that {function} does not have"),
            "Compare the parameters after ctx in BPF_PROG() with the function's declaration in this kernel.".into(),
        ),
        M::Helper { helper } => (
            format!("a program of its type may not call {helper} on this kernel"),
            "Helpers belong to program types, and come with kernel versions: choose another type or another helper; \"bpflab kernels\" lists what each kernel has.".into(),
        ),
        M::Reference => (
            "on one way it ends without giving back what it took".into(),
            "What is reserved is submitted or discarded, a socket that was looked up is released, a task or object that was acquired is put back: on every way to the end.".into(),
        ),
        M::Lock => (
            "on one way it ends, or locks again, while it holds a lock".into(),
            "Call bpf_spin_unlock() on every way that leads out.".into(),
        ),
        M::LockedCall => (
            "it calls a function while it holds a lock".into(),
            "Between lock and unlock there can be no calls: calculate before, or after.".into(),
        ),
        M::Leak => (
            "it would give away a kernel address".into(),
            "Store or return what is behind the pointer, or a number of your own, not the pointer.".into(),
        ),
        M::ReturnValue { got, wanted } => (
            format!("it may return {got}, and such a program returns {wanted}"),
            "Return one of the values that the kernel knows there, on every way.".into(),
        ),
        M::NoReturnValue => (
            "it returns something of which the verifier does not know the value".into(),
            "Return a constant, or check the value against what may be returned first.".into(),
        ),
        M::Misaligned => (
            "it reads or writes at an address that is no multiple of the size".into(),
            "Go byte by byte, use a type of the right alignment, or copy with __builtin_memcpy().".into(),
        ),
        M::StackTotal { bytes } => (
            format!("its functions together need {bytes} bytes of stack, and there are 512"),
            "Put large variables into a map of one entry for each CPU, and keep pointers to them.".into(),
        ),
        M::NotSleepable { function } => (
            format!("it is marked as one that may sleep, and at {function} the kernel lets no program sleep"),
            "Leave \".s\" out of its section (fentry/ in place of fentry.s/), and read a program's memory with bpf_probe_read_user() in place of bpf_copy_from_user(). Where programs may sleep differs from kernel to kernel.".into(),
        ),
        M::NotAMember { member, table } => (
            format!("it stands in for {member} of a struct {table}, which this kernel lets no program do"),
            format!("Leave {member} out of the struct and remove the program."),
        ),
        M::NotInItsMaps { what } => (
            format!("it uses a map whose values hold a {what}, which programs of its type may not"),
            "Tracing programs and socket filters run anywhere, even where such a thing is in use already. Keep it in a map of its own for programs of another type (such as tc, XDP or a cgroup's), and count with atomic additions (__sync_fetch_and_add) here.".into(),
        ),
        M::NeedsDevice => (
            "it asks for what a network card knows about a packet, and is not bound to a card".into(),
            "Such a program is loaded for one device (bpf_program__set_ifindex() and the flag BPF_F_XDP_DEV_BOUND_ONLY in its loader), whose driver has to answer. The lab binds programs to no device.".into(),
        ),
        M::OtherMap => (
            "it gives a call the timer of one map and the address of another map".into(),
            "Both have to be of the same map: bpf_timer_init(&value->timer, &map, CLOCK) with the map in which value was looked up.".into(),
        ),
        M::NotAStruct => (
            "it asks for a new object of a type that is not a struct that the program's BTF describes".into(),
            "Write bpf_obj_new(typeof(*p)) where p points to a struct that is defined in this program, not only declared.".into(),
        ),
        M::Core { what } => (
            format!("this kernel does not have {what}"),
            "Ask first: bpf_core_field_exists() or bpf_core_type_exists(); and describe the other kernel's version beside it as a struct with ___ in its name.".into(),
        ),
        M::ReadOnly => (
            "it writes to memory that it may only read".into(),
            "Constants and what the kernel lends for reading stay as they are: copy to a variable of your own first.".into(),
        ),
        M::Unreachable => (
            "it has instructions that nothing leads to, or no end".into(),
            "This usually comes from a function that does not return a value on some way, or from undefined behaviour that the compiler made use of: look at the compiler's warnings.".into(),
        ),
        M::MaySleep => (
            "it calls something that may sleep, where sleeping is not possible".into(),
            "Use a section that may sleep (such as fentry.s/ or lsm.s/), or a helper that does not.".into(),
        ),
        M::KernelWrite => (
            "it writes into a struct of the kernel's".into(),
            "Kernel memory can be read but not written this way: keep results in maps or variables of your own.".into(),
        ),
        M::NotAlike { own, replaced } => (
            format!("{own} and {replaced}, which it replaces, differ in their parameters or in what they return"),
            format!("Declare {own} as {replaced} is declared: the same types, in the same order."),
        ),
        M::NotSeparate => (
            "what it replaces was not verified on its own, only as its caller uses it".into(),
            "So it is with static functions, and with programs whose parameter is no type that the kernel knows there. Put what may change into a global function with __noinline, which takes numbers, and replace that.".into(),
        ),
        M::NotModifiable { function } => (
            format!("what {function} returns is not for programs to change"),
            "The kernel lets fmod_ret decide where it asks its security modules, and where it was built for errors to be put in.".into(),
        ),
        M::NoCode { function } => (
            format!("this kernel's types have {function}, and no code has that name"),
            "The compiler that built this kernel has put it into its callers, or changed it and its name (such as .isra.0): attach to one of its callers, or try it as a kprobe, which names the nearest functions.".into(),
        ),
        M::PointerReturned { by_function: false } => (
            "it ends with a pointer as its result, where a number is taken: the pointer would give away a kernel address".into(),
            "Return a constant, or what is behind the pointer.".into(),
        ),
        M::PointerReturned { by_function: true } => (
            "a global function returns a pointer: such a function is verified by itself, and its callers take no more than a number from it".into(),
            "Make it static, so that it is verified with each call and may return a pointer, or return what is behind the pointer.".into(),
        ),
        M::Newer(Newer::Helper { name }) => (
            format!("it calls {name}, which this kernel does not have yet"),
            format!("Choose a kernel that has it, or do without; \"bpflab kernels --helpers {name}\" lists which kernel has it."),
        ),
        M::Newer(Newer::Callback { helper }) => (
            format!(
                "it hands a function to {}, and this kernel has no helper that calls one",
                helper.as_deref().unwrap_or("a helper")
            ),
            "Such helpers came with Linux 5.13 and later: choose a newer kernel, or write a loop with a constant bound (for (int i = 0; i < 16; i++)).".into(),
        ),
        M::Newer(Newer::Atomic) => (
            "it has an atomic operation that this kernel does not know: of these it has only the addition whose result nobody uses".into(),
            "Write __sync_fetch_and_add(&n, 1); and use no result, count for each CPU in a per-CPU map, or choose Linux 5.12 or newer.".into(),
        ),
    };
    let name = if program.is_empty() { "the program" } else { program };
    format!("The verifier refused {name}: {wrong}. {mend}")
}
