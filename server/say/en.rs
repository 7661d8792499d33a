//! The sentences in English.

use super::{
    Example, Found, Lang, Matters, Printed, Sentence,
    parts::{like, names_function},
};

/// Of a function that is not there.
const INLINED: &str = " One that the compiler has put into its callers (inlined) is not there either.";

/// Offered names, as the end of a sentence.
fn offer(names: &[String]) -> String {
    match names {
        [] => String::new(),
        names => format!(" Close to it: {}.", names.join(", ")),
    }
}

fn list(names: &[String]) -> String {
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

/// What an errno usually means when attaching or loading.
pub(super) fn errno(number: i32) -> String {
    let words = match number {
        1 => "operation not permitted",
        2 => "no such thing",
        7 => "too large",
        12 => "out of memory",
        13 => "permission denied",
        16 => "busy",
        17 => "already there",
        22 => "invalid argument",
        28 => "no space left",
        95 => "not supported",
        524 => "not supported by this kernel",
        _ => return format!("error {number}"),
    };
    format!("{words} (error {number})")
}

/// A feature as a lesson names it.
fn need(feature: &str) -> String {
    match feature.split_once(':') {
        None => format!("{feature} programs"),
        Some(("map", name)) => format!("maps of type {name}"),
        Some(("helper", name)) => format!("the helper {name}"),
        Some(("kfunc", name)) => format!("the kfunc {name}"),
        Some(("security", name)) => format!("the security module {name}"),
        Some(_) => feature.to_owned(),
    }
}

fn lines(wanted: Found) -> String {
    let plural = |count: u64| if count == 1 { "line" } else { "lines" };
    match wanted {
        Found::AtLeast(count) => format!("at least {count} matching {} wanted", plural(count)),
        Found::AtMost(0) => "no matching line wanted".to_owned(),
        Found::AtMost(count) => format!("at most {count} matching {} wanted", plural(count)),
        Found::Exactly(count) => format!("exactly {count} matching {} wanted", plural(count)),
    }
}

fn matter(what: Matters) -> &'static str {
    match what {
        Matters::KernelFunctions => "Lessons that look into kernel functions do not run on this kernel.",
        Matters::Tracepoints => "Nearly every lesson needs tracepoints.",
        Matters::UserFunctions => "Lessons that look into user programs do not run on this kernel.",
        Matters::Sampling => "Lessons that sample stacks do not run on this kernel.",
        Matters::Listing => "Lessons that list kernel objects do not run on this kernel.",
        Matters::Policy => "Lessons that enforce a policy do not run on this kernel.",
        Matters::Packets => "Lessons that read or drop packets do not run on this kernel.",
        Matters::Sockets => "Lessons that steer sockets do not run on this kernel.",
        Matters::Cgroups => "Lessons that govern a group of processes do not run on this kernel.",
        Matters::Replacing => {
            "Lessons that replace a part of the kernel or of a program do not run on this kernel."
        }
    }
}

pub(super) fn say(sentence: &Sentence) -> String {
    use Sentence as S;
    match sentence {
        S::TooMuchSource { bytes, limit } => format!(
            "The source is {bytes} bytes long and at most {limit} are taken: make it shorter, or move tables into a map."
        ),
        S::NoSource => "There is no source: send one file whose name ends in .c.".into(),
        S::TooManyFiles { files, limit } => {
            format!("There are {files} files and at most {limit} are taken: put some of the headers together.")
        }
        S::BadFileName { name } => format!(
            "\"{name}\" cannot be a file's name here: use letters, digits, dots, hyphens and underscores, and end in .c or .h; a header (not the program) may lie up to three folders down, or up: common/maps.h, ../common/maps.h."
        ),
        S::FileTwice { name } => format!("There are two files named {name}, and a run has one folder for all: rename one of them."),
        S::NotOneProgram { programs } => format!(
            "There are {programs} files ending in .c and a run takes one: put the programs into one file, or rename the others to .h."
        ),
        S::UnknownKernel { name, known } => {
            format!("There is no kernel named \"{name}\" here; there is: {}.", list(known))
        }
        S::NoKernel => "No kernel was named: name at least one to run on.".into(),
        S::QueueFull { waiting } => {
            format!("{waiting} runs are waiting already; try again in a minute.")
        }
        S::CompilerLimit { cpu_s, memory_mib, wall_s } => format!(
            "The compiler needed more than it may have ({cpu_s} s of processor time, {memory_mib} MiB, {wall_s} s in all): look for a macro or an include that grows without end."
        ),
        S::CompilerFailed => {
            "The compiler failed without saying why: change the last thing you added, and run again.".into()
        }
        S::ObjectTooLarge { limit } => format!(
            "The compiled object is larger than {limit} bytes: look for a very large array or repeated inline assembly."
        ),
        S::NoProgram => {
            "There is no program in this source: give a function a section, such as SEC(\"tp/syscalls/sys_enter_write\").".into()
        }
        S::HostProgramType { program, section } => format!(
            "The machine's own kernel only takes programs that observe, and SEC(\"{section}\") ({program}) does more: run it in a guest."
        ),
        S::HostHelper { helper } => format!(
            "The machine's own kernel takes no program that calls {helper}, which changes what others do: run it in a guest."
        ),
        S::HostPinned { map } => format!(
            "The map {map} would be pinned and outlive the run, which the machine's own kernel does not take: remove the pinning, or run it in a guest."
        ),
        S::HostUnreadable => {
            "The object could not be read to its end, so the machine's own kernel does not take it: run it in a guest.".into()
        }
        S::GlobalUnknown { name, known } => {
            format!("The program has no global variable named \"{name}\"; it has: {}.", list(&like(name, known)))
        }
        S::GlobalDoesNotFit { name, ctype } => {
            format!("That value does not fit \"{name}\", which is of type {ctype}.")
        }
        S::NotHex { program } => format!(
            "What {program} is to be run on cannot be read: write its bytes in hexadecimal, two digits for each."
        ),
        S::Cause(why) => why.say(Lang::En),
        S::Doctor(found) => found.say(Lang::En),
        S::Instead(what) => what.say(Lang::En),
        S::Absent(absent) => absent.say(Lang::En),
        S::Step(step) => step.say(Lang::En),
        S::Size(size) => size.say(Lang::En),
        S::Print(print) => print.say(Lang::En),
        S::Unchanged(why) => why.say(Lang::En),
        S::GlobalReadOnly { name } => format!(
            "\"{name}\" is a constant: it can be set before the program is loaded, not while it runs."
        ),
        S::GlobalNoStimulus { name } => {
            format!("\"{name}\" was to be the stimulus's pid, and this run has no stimulus.")
        }
        S::OpenFailed { errno: number } => format!(
            "libbpf cannot make sense of this object: {}. Its log says what it did not like.",
            errno(*number)
        ),
        S::ThrownOut { why } => format!(
            "The kernel has thrown your scheduler out, and schedules by itself again{}. It does so when a scheduler \
             asks for something that it may not, or lets a task that could run wait too long.",
            if why.is_empty() { String::new() } else { format!(": {why}") }
        ),
        S::Refused { program, mistake } => mistake.say(program, Lang::En),
        S::Told(told) => told.say(Lang::En),
        S::Hop(hop) => hop.say(Lang::En),
        S::Rejected { program, verdict } if program.is_empty() => {
            format!("The verifier refused the program: {verdict}. (This verdict is not explained yet; these are its own words.)")
        }
        S::Rejected { program, verdict } => format!(
            "The verifier refused {program}: {verdict}. (This verdict is not explained yet; these are its own words.)"
        ),
        S::LoadFailed { errno: number } => format!(
            "The kernel did not take this object: {}. libbpf's log says at which step.",
            errno(*number)
        ),
        S::VerifierTooLarge { program } => format!(
            "The verifier gave up on {program}: there are more ways through it than it can look at (a million instructions). Bound the loops, or make them shorter."
        ),
        S::GplOnly { program, verdict } => format!(
            "The verifier refused {program}: {verdict}. That is for programs under a GPL-compatible license only: say so in the section \"license\"."
        ),
        S::NoSuchHook { program, section, asked, nearest } => format!(
            "{program} was not attached: this kernel has no {}.{}{}",
            asked.clone().unwrap_or_else(|| format!("hook for SEC(\"{section}\")")),
            offer(nearest),
            if names_function(asked.as_deref().unwrap_or(section)) { INLINED } else { "" }
        ),
        S::NoSuchInterface { program, name, known } => format!(
            "{program} was not attached: there is no network interface \"{name}\" here. There are: {}.",
            list(&like(name, known))
        ),
        S::BadTarget { target } => format!(
            "\"{target}\" is nothing to attach to. Write if:lab0 (then :ingress or :egress), cgroup, kprobe:FUNCTION, kretprobe:FUNCTION, fentry:FUNCTION, fexit:FUNCTION, tracepoint:CATEGORY/NAME, raw_tp:NAME, uprobe:PATH:SYMBOL, usdt:PATH:PROVIDER:NAME, perf:cpu-clock:99 (or cycles, instructions, cache-misses, …), or none to leave it out."
        ),
        S::Aim(aim) => aim.say(Lang::En),
        S::NoCookie { program, section } => format!(
            "{program} was not attached to SEC(\"{section}\"): which mark was passed in a file that lies anywhere in memory, as shared libraries do, a kernel can tell since 5.15 only. Choose a newer kernel."
        ),
        S::AttachErrno { program, section, errno: number } => {
            format!("{program} was not attached to SEC(\"{section}\"): {}.", errno(*number))
        }
        S::NeverFired { programs } => format!(
            "Loaded and attached, but the hook never fired: nothing on the machine did what {} {} for. Is it the right hook, and did the stimulus do that?",
            list(programs),
            if programs.len() == 1 { "waits" } else { "wait" }
        ),
        S::OnlyTheLabFired => {
            "Only the lab itself made this program print; nothing that you or the machine did reached it.".into()
        }
        S::FiredButSilent { runs } => format!(
            "The program ran {runs} times and showed nothing: a filter that never matches, a key that is never found, or a bpf_printk that is never reached."
        ),
        S::FiredAndDecided { runs, programs } => format!(
            "It ran {runs} times, and what {} returned each time is its effect: it let something pass, refused it, or chose. It need not print; the effect is seen in what the stimulus met. What xdp, tc and cgroup_skb programs decide is counted; count others in a map.",
            list(programs)
        ),
        S::StimulusTimedOut { seconds } => format!(
            "What was to make something happen (the stimulus) was still going after {seconds} s, so the run was ended."
        ),
        S::StageTimedOut { seconds } => {
            format!("This step took longer than {seconds} s, so the run was ended. Run it again; if it happens again, the machine is too busy.")
        }
        S::AttachTimedOut { seconds } => format!(
            "Attaching took longer than {seconds} s, so the run was ended. A program runs from the moment that it is attached: one that works for long at a hook that fires all the time leaves its kernel no time for anything else. Let it do less, or attach it to something rarer; if that is not it, the machine is too busy."
        ),
        S::WorkerDied => "The process that loads programs ended in the middle of the run. Run it again.".into(),
        S::WorkerMissing { looked } => {
            format!("The worker is not built (looked for {looked}): run \"make worker\".")
        }
        S::WorkerStale => "The worker is of another version than this server: run \"make worker\".".into(),
        S::WorkerFault => "The connection to the worker failed. Run it again; the server's log says more.".into(),
        S::NoClang => "No clang from version 14 on is installed: run \"make setup\".".into(),
        S::NoSandbox { why } => format!(
            "This machine cannot confine the compiler ({why}), so what learners send is not compiled here. It needs bubblewrap and user namespaces: \"make setup\" installs what is missing and says what else to do."
        ),
        S::SandboxIsLandlock => {
            "No user namespaces here: the compiler is confined by Landlock, which is enough for files of one's own.".into()
        }
        S::CacheUnusable { path } => format!(
            "The compiler's user cannot read {path}: name another folder with --data, one that everyone may enter."
        ),
        S::HeadersFailed { why } => format!("The kernel's headers could not be made: {why}"),
        S::HostNeedsRoot => {
            "This server is not root, so it cannot use the machine's own kernel by itself: run \"make host\" in another terminal, then start the server again.".into()
        }
        S::HostNeedsLoopback => {
            "The machine's own kernel is only offered when the server listens on loopback (127.0.0.1).".into()
        }
        S::HostNeedsSingleUser => "The machine's own kernel is for one trusted person, not for a class.".into(),
        S::HostHelperGone => {
            "The helper that reaches the machine's own kernel has gone: run \"make host\" again, then start the server again.".into()
        }
        S::NoQemu => "QEMU is not installed, so there are no guests: run \"make setup\".".into(),
        S::NoMemory { free_mib, need_mib } => {
            format!("This machine has {free_mib} MiB of memory left, and a guest may take {need_mib}: end something else on it, or keep fewer guests waiting (serve --warm-memory), then run again.")
        }
        S::ImageMissing { kernel } => {
            format!("The image of kernel {kernel} was not built yet: run \"make images\".")
        }
        S::GuestDiskFull => {
            "The disk is full, so no guest can be made: free some room in the lab's data folder (\"bpflab doctor\" names it), then run again.".into()
        }
        S::GuestDidNotBoot { why } => {
            format!("The guest did not start; its console said last: \"{why}\". Run again; if it stays so, \"make images\" builds what is damaged.")
        }
        S::GuestDidNotAnswer { seconds } => {
            format!("The guest did not answer within {seconds} s: this machine is very busy, or too slow to emulate one. Run again when less else is going on.")
        }
        S::GuestFault { why } => {
            format!("The guest could not be started ({why}). Run again; \"bpflab doctor\" says what is missing.")
        }
        S::GuestPanicked { why } => {
            format!("The guest's kernel stopped: \"{why}\". Whatever the program or the stimulus did, it broke the kernel it ran on; only this run's guest is gone.")
        }
        S::GuestEnded => "The guest ended before the run was over: something in it powered it off, rebooted it, or ended the lab's worker.".into(),
        S::GuestMute => "The guest no longer answered when its time was up: something in it took all its processors or memory, or stopped the lab's worker. It was ended from outside.".into(),
        S::GuestLate => "The guest had not ended when its time was up, so it was ended from outside; the last of what it had to say may be missing.".into(),
        S::GuestLied => "The guest sent something that a worker never sends, so the run was cut off: something in it took the worker's place.".into(),
        S::LeftOut { program, section } => {
            let hook = section.strip_prefix('?').unwrap_or(section);
            format!("{program} was left out: this kernel has no {hook}, and the \"?\" in its section says that it may be missing.")
        }
        S::StimulusNeedsGuest => "From the page a command runs only in a guest, not on the machine's own kernel: choose a guest, or leave the command empty and make it happen in a terminal of your own.".into(),
        S::StimulusIsTheLessons => "A lesson brings its own command that makes something happen: leave \"stimulus\" out, or run without a lesson.".into(),
        S::TerminalNeedsGuest => "A terminal exists only in a guest, not on the machine's own kernel: choose a guest, or run without a terminal.".into(),
        S::TerminalNotThere => "This run has no terminal on that kernel (any more).".into(),
        S::SawTrace { matching, total, wanted, example } => {
            let what = format!("{matching} of {total} trace lines matched; {}.", lines(*wanted));
            match example {
                Some(Example::Other(line)) => format!("{what} One that did not: \"{line}\""),
                Some(Example::Matching(line)) => format!("{what} One that did: \"{line}\""),
                None => what,
            }
        }
        S::SawOutput { of, matching, total, wanted, example } => {
            let of = match of {
                Printed::ByStimulus => "lines that the stimulus printed",
                Printed::ByIterator => "lines that the iterator wrote",
                Printed::Records => "records",
            };
            let what = format!("{matching} of {total} {of} matched; {}.", lines(*wanted));
            match example {
                Some(Example::Other(line)) => format!("{what} One that did not: \"{line}\""),
                Some(Example::Matching(line)) => format!("{what} One that did: \"{line}\""),
                None => what,
            }
        }
        S::SawValue { what, value: Some(value) } => format!("{what} was {value} in the end."),
        S::SawValue { what, value: None } => format!("There was no {what}."),
        S::SawEntries(map, Some(entries)) => {
            format!("{map} had {entries} such entries in the end.")
        }
        S::SawEntries(map, None) => format!("The program has no map {map}."),
        S::SawSections { sections } => format!("Attached: {}.", list(sections)),
        S::SawNothing => "The run ended before this could be looked at.".into(),
        S::NoSuchPage => "There is no such page.".into(),
        S::NoSuchLesson { slug } => format!("There is no lesson named \"{slug}\"."),
        S::BrokenLesson { slug, why } => format!("The lesson \"{slug}\" cannot be shown: {why}"),
        S::NoSession => {
            "To run programs, open the link that the server printed when it started; reading needs nothing.".into()
        }
        S::ForeignOrigin => "This request comes from another site's page and is refused.".into(),
        S::ForeignHost => {
            "This server does not go by that name. Use 127.0.0.1 or localhost, or start it with --host NAME.".into()
        }
        S::BadRequest { why } => format!("This request cannot be read: {why}"),
        S::MessageNotJson { why } => format!("This message cannot be read: {why}"),
        S::MessageUnknown { kind } => format!("There is no message of the kind \"{kind}\"."),
        S::MessageTooBig { limit } => format!("A message may be at most {limit} bytes long."),
        S::UnknownRun => "This run is over and forgotten, or never was.".into(),
        S::ShuttingDown => "The server is going down.".into(),
        S::ProbeWorked { kind } => format!("{kind} programs load and attach."),
        S::ProbeLoads { kind } => format!("{kind} programs load (attaching is not tried on a machine's own kernel)."),
        S::ProbeNotTried { kind } => format!("{kind} programs could not be tried here."),
        S::ProbeNoLoad { kind, errno: number, matters } => {
            format!("{kind} programs do not load: {}. {}", errno(*number), matter(*matters))
        }
        S::ProbeNoAttach { kind, errno: number, matters } => {
            format!("{kind} programs load but do not attach: {}. {}", errno(*number), matter(*matters))
        }
        S::ImageNotBuilt { name } => format!("There is no image of Linux {name} yet; `make images` builds it."),
        S::ImageDamaged { file } => format!("The image's file {file} is damaged; `make images` builds it again."),
        S::ImageSuiteLeft { name, suites } => {
            format!("Linux {name} cannot be built: the mirror no longer has {}.", list(suites))
        }
        S::ImageNoRecipe { path } => {
            format!("There is no recipe for images at {path}; BPFLAB_VM_IMAGES names its folder.")
        }
        S::ImageBadRecipe { why } => format!("The recipe for images cannot be used: {why}"),
        S::ImageNoTools { tools } => {
            format!("Building images needs {}, not found here; `./setup.sh run` installs what is missing.", list(tools))
        }
        S::ImageNoSubordinates { command } => format!("Building the root takes a range of user numbers, and you have none: {command}"),
        S::ImageNoNamespaces { why } => {
            format!("User namespaces do not work here ({why}), so that building the root takes root: sudo make images")
        }
        S::ImageNoMirror => {
            "This machine's apt names no mirror of Debian; name one: BPFLAB_MIRROR=ADDRESS make images".into()
        }
        S::ImageMirrorSilent { suite } => {
            format!("The mirror did not give what was asked of {suite}; try again later, or name another with BPFLAB_MIRROR.")
        }
        S::ImageMirrorLacks { suite } => format!("The mirror has no {suite}; BPFLAB_MIRROR names another mirror."),
        S::ImageNoSpace { folder, needed_mib } => {
            format!("There is too little room in {folder}: building images takes {needed_mib} MiB there.")
        }
        S::ImageStepFailed { what } => format!("{what} failed."),
        S::ImageFolder { path, why } => format!("{path} cannot be used: {why}"),
        S::ImagePartList { suite } => format!("the list of {suite}"),
        S::ImagePartKernel { name } => format!("Linux {name}"),
        S::ImagePartRoot => "the root of all kernels".into(),
        S::NewerIsTried { kernel } => {
            format!("There is a newer {kernel}: every lesson is proved on it before learners get it.")
        }
        S::NewerIsTaken { kernel } => {
            format!("The newer {kernel} is in place; a server that runs takes it when it starts again.")
        }
        S::NewerIsLeft { kernel } => format!(
            "The newer {kernel} was not taken, since not every lesson passed on it, as said above; learners go on with the one before. Mend the lessons and try again, or take it as it is: bpflab images --newer --unproved."
        ),
        S::ImagePartExtra { name } => format!("the root with {name}"),
        S::ExtraNotBuilt { name } => format!("This lesson's guest has {name} in it, which is built only when it is wanted: run \"bpflab images --extra {name}\" once (a minute or two), then run again."),
        S::UnknownExtra { name, known } => format!("There is no extra named \"{name}\" here; there is: {}.", list(known)),
        S::ImageWaiting => "Another build is under way; waiting for it.".into(),
        S::ImageCurrent { version } => format!("{version} is the newest"),
        S::ImageNothing => "Nothing to build.".into(),
        S::ImageBuilt { count, seconds } => format!("Built {count} in {seconds} s."),
        S::UnmetGuest => "This needs what only a guest has: its disk, its interfaces lab0 and lab1, its programs, \
                          or a kernel whose decisions a program may change. \
                          Choose one of the guests' kernels."
            .into(),
        S::UnmetKernel { needs, release } => {
            format!("This needs Linux {needs} or newer, and this kernel is {release}.")
        }
        S::UnmetFeature { feature } => format!("This kernel, as it runs here, does not have what is needed: {}.", need(feature)),
        S::UnmetHook { hook, nearest } => {
            format!("This kernel has no hook {hook} that a program could be attached to.{}", offer(nearest))
        }
        S::KernelsWithIt { kernels } => format!("Kernels here that have it: {}.", list(kernels)),
        S::OtherKernels { kernels } => format!("Kernels that have all that is needed: {}.", list(kernels)),
    }
}
