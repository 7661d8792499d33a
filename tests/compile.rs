//! Attacks on the compiler: each ends within the limits and shows no byte of
//! the machine's files, in a diagnostic or in an object.
//!
//! Compiles through the library, since only there the object is seen; where
//! there are no namespaces, through the binary.

mod support;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
    time::{Duration, Instant},
};

use bpflab::{
    backend::find_worker,
    compile::{Compiled, Compiler, Compilers, Confinement, Sources, Types, data_folder},
    diagnostic::Diagnostic,
    say::Lang,
};
use support::{
    can_use_kernel,
    command::{Source, to_end, without_namespaces},
    eventually, machine,
    program::{self, fresh_name},
    server::{self, Server},
    story::Story,
};

/// The ten seconds, and some for a busy machine to notice.
const LIMIT: Duration = Duration::from_secs(13);

async fn compiler() -> std::sync::Arc<Compiler> {
    let worker = find_worker().expect("the worker is built");
    let compilers = Compilers::prepare(Confinement::Namespaces, &data_folder(), &worker).await;
    compilers.expect("a compiler").get(&Types::Running).await.expect("headers")
}

fn sources(program: &str) -> Sources {
    Sources::new(BTreeMap::from([("test.bpf.c".to_owned(), program.to_owned())])).expect("good names")
}

/// Everything that a compilation lets out.
struct Out {
    object: Option<Vec<u8>>,
    found: Vec<Diagnostic>,
    said: String,
}

impl Out {
    fn has(&self, words: &[u8]) -> bool {
        let within = |bytes: &[u8]| bytes.windows(words.len()).any(|part| part == words);
        within(self.said.as_bytes()) || self.object.as_deref().is_some_and(within)
    }

    fn fails(&self) -> bool {
        self.object.is_none() && self.found.iter().any(Diagnostic::is_error)
    }
}

async fn compile(compiler: &Compiler, program: &str) -> Out {
    let began = Instant::now();
    let compiled = compiler.compile(&sources(program)).await.expect("no fault of the lab");
    let head: String = program.chars().take(80).collect();
    assert!(began.elapsed() < LIMIT, "{head}: took {:?}", began.elapsed());
    let (object, found) = match compiled {
        Compiled::Object { object, warnings, .. } => (Some(object.bytes().to_vec()), warnings),
        Compiled::Failed(found) => (None, found),
    };
    let said = found.iter().map(|found| {
        let notes: String = found.notes.iter().map(|note| note.message.say(Lang::En) + "\n").collect();
        found.message.say(Lang::En) + "\n" + &notes
    });
    Out { object, said: said.collect(), found }
}

/// The next compilation works.
async fn still_works(compiler: &Compiler) {
    let out = compile(compiler, &program::once(&fresh_name())).await;
    assert!(out.object.is_some(), "{}", out.said);
}

/// A file that anyone may read, with words that are nowhere else.
struct Secret {
    _folder: tempfile::TempDir,
    path: String,
    words: String,
}

impl Secret {
    fn new() -> Self {
        let folder = support::folder();
        let path = folder.path().join("secret.h");
        let words = format!("Qsecret_{}", fresh_name());
        fs::write(&path, format!("{words} x\n")).expect("a secret");
        Self { path: path.display().to_string(), _folder: folder, words }
    }
}

/// Ways to get at a file; `@` is its path.
const READERS: &[&str] = &[
    "#include \"@\"\n",
    "#include <@>\n",
    "#include \"../../../../../..@\"\n",
    "#include <../../../../..@>\n",
    "#include \"/include/../../..@\"\n",
    "#include \"/proc/self/root@\"\n",
    "#include \"/proc/1/root@\"\n",
    "#include_next \"@\"\n",
    "#import \"@\"\n",
    "#define FILE \"@\"\n#include FILE\n",
    "#define FILE <@>\n#include FILE\n",
    "#inc\\\nlude \"@\"\n",
    "%:include \"@\"\n",
    "#pragma include_alias(\"vmlinux.h\", \"@\")\n#include \"vmlinux.h\"\n",
    "_Pragma(\"GCC dependency \\\"@\\\"\")\n",
    "#pragma clang module load \"@\"\n",
    "#embed \"@\"\n",
    "char x[] = {\n#embed \"@\"\n};\n",
    "asm(\".incbin \\\"@\\\"\");\n",
    "asm(\".section .rodata\\n.incbin \\\"@\\\", 0, 64\\n.previous\");\n",
    "asm(\".include \\\"@\\\"\");\n",
    "void f(void) { asm volatile(\".incbin \\\"@\\\"\"); }\n",
    "asm(\".macro m f\\n.incbin \\\"\\\\f\\\"\\n.endm\\nm @\");\n",
    "#line 1 \"@\"\nint x = ;\n",
    "#include \"vmlinux.h\"\n#include \"@\"\n",
];

#[tokio::test]
async fn no_way_to_a_file_shows_a_byte_of_it() {
    if !can_use_kernel() {
        return;
    }
    let compiler = compiler().await;
    let secret = Secret::new();
    let passwd = fs::read_to_string("/etc/passwd").expect("/etc/passwd");
    for reader in READERS {
        let out = compile(&compiler, &reader.replace('@', &secret.path)).await;
        assert!(!out.has(secret.words.as_bytes()), "{reader} shows a file:\n{}", out.said);
        let out = compile(&compiler, &reader.replace('@', "/etc/passwd")).await;
        for line in passwd.lines().filter(|line| line.len() > 8) {
            assert!(!out.has(line.as_bytes()), "{reader} shows /etc/passwd:\n{}", out.said);
        }
    }
    for reader in &READERS[..2] {
        let out = compile(&compiler, &reader.replace('@', "/etc/passwd")).await;
        assert!(out.fails(), "{reader} finds /etc/passwd");
    }
    still_works(&compiler).await;
}

#[tokio::test]
async fn nobody_learns_which_files_exist() {
    if !can_use_kernel() {
        return;
    }
    let compiler = compiler().await;
    let secret = Secret::new();
    for there in
        [secret.path.as_str(), "/etc/passwd", "/etc", "/root", "/proc/1/status", "/sys/kernel/btf/vmlinux"]
    {
        for has in ["__has_include", "__has_include_next", "__has_embed"] {
            for (open, close) in [("\"", "\""), ("<", ">")] {
                let source = format!(
                    "#ifdef {has}\n#if {has}({open}{there}{close})\n#error it exists\n#endif\n#endif\nint x;\n"
                );
                let out = compile(&compiler, &source).await;
                assert!(!out.has(b"it exists"), "{has} tells of {there}");
            }
        }
    }
    // What is said of a file that is there is what is said of one that is not.
    for there in [secret.path.as_str(), "/etc/passwd"] {
        let missing = format!("{there}-not");
        for reader in READERS {
            let said = compile(&compiler, &reader.replace('@', there)).await;
            let other = compile(&compiler, &reader.replace('@', &missing)).await;
            assert_eq!(said.said, other.said.replace(&missing, there), "{reader} tells of {there}");
        }
    }
}

#[tokio::test]
async fn the_environment_and_the_processes_stay_unknown() {
    if !can_use_kernel() {
        return;
    }
    let compiler = compiler().await;
    let mut words: BTreeSet<String> = BTreeSet::new();
    for (name, value) in std::env::vars().filter(|(_, value)| value.len() > 8) {
        words.extend([format!("{name}="), value]);
    }
    words.insert(std::env::current_exe().expect("our path").display().to_string());
    for file in ["/proc/self/environ", "/proc/1/environ", "/proc/self/mountinfo"] {
        for reader in READERS {
            let out = compile(&compiler, &reader.replace('@', file)).await;
            for word in &words {
                assert!(!out.has(word.as_bytes()), "{reader} of {file} shows {word}");
            }
        }
    }
}

#[tokio::test]
async fn what_never_ends_is_ended_by_its_limits() {
    if !can_use_kernel() {
        return;
    }
    let compiler = compiler().await;
    for file in ["/dev/stdin", "/dev/fd/0", "/proc/self/fd/0", "/dev/zero", "/dev/tty", "/dev/random"] {
        for reader in ["#include \"@\"\nint x;\n", "asm(\".incbin \\\"@\\\"\");\n"] {
            let out = compile(&compiler, &reader.replace('@', file)).await;
            assert!(
                out.object.is_none() || out.object.as_ref().is_some_and(|object| object.len() < 64 << 10)
            );
        }
    }
    still_works(&compiler).await;
}

/// Grows, and is ended by a limit or by clang itself: with a finding.
async fn bomb(program: &str) {
    if !can_use_kernel() {
        return;
    }
    let compiler = compiler().await;
    let out = compile(&compiler, program).await;
    assert!(out.fails(), "{}", out.said);
    assert!(!out.said.contains("PLEASE submit"), "{}", out.said);
    still_works(&compiler).await;
}

#[tokio::test]
async fn a_macro_bomb_is_ended() {
    let doubling: String = (1..40).map(|n| format!("#define A{n} A{} A{}\n", n - 1, n - 1)).collect();
    bomb(&format!("#define A0 +1\n{doubling}int x = 0 A39;\n")).await;
}

#[tokio::test]
async fn a_rept_bomb_is_ended() {
    bomb("asm(\".rept 1000000000\\n.quad 1\\n.endr\");\n").await;
}

#[tokio::test]
async fn an_array_of_two_gibibytes_is_ended() {
    bomb("char x[0x7fffffff] = { 1 };\n").await;
}

#[tokio::test]
async fn a_constant_that_takes_for_ever_is_ended() {
    bomb("asm(\".fill 2000000000, 8, 7\");\nint y;\n").await;
}

#[tokio::test]
async fn a_source_with_endless_errors_is_ended() {
    let many: String = (0..6000).map(|n| format!("int x{n} = ;\n")).collect();
    bomb(&many[..64 << 10 >> 1]).await;
    bomb("#include \"test.bpf.c\"\n#include __FILE__\n").await;
    let deep = format!("int x = {}1{};\n", "(".repeat(20_000), ")".repeat(20_000));
    bomb(&deep).await;
}

#[tokio::test]
async fn a_crash_of_the_compiler_is_a_sentence_and_leaves_no_file() {
    if !can_use_kernel() {
        return;
    }
    let compiler = compiler().await;
    let before = machine::names_in(Path::new("/tmp"));
    for what in ["crash", "parser_crash", "llvm_fatal_error", "llvm_unreachable", "assert", "overflow_stack"]
    {
        let out = compile(&compiler, &format!("int x;\n#pragma clang __debug {what}\nint y;\n")).await;
        if out.object.is_none() {
            assert!(out.fails(), "{what}: no sentence");
        }
        assert!(!out.said.contains("Stack dump"), "{what}: {}", out.said);
    }
    let left: Vec<_> = machine::names_in(Path::new("/tmp"))
        .into_iter()
        .filter(|name| {
            !before.contains(name)
                && (name.contains("bpf") || name.contains("stdin") || name.ends_with(".sh"))
        })
        .collect();
    assert!(left.is_empty(), "{left:?}");
    still_works(&compiler).await;
}

#[test]
fn the_compiler_has_no_user_no_rights_and_no_file_but_its_own() {
    if !can_use_kernel() {
        return;
    }
    // A server keeps a clang waiting for the next source.
    let server = Server::start();
    let clang = eventually("a waiting clang", || {
        let family = machine::descendants(server.pid());
        family.into_iter().find(|process| process.words.first().is_some_and(|word| word.ends_with("clang")))
    });
    let all: Vec<_> = machine::descendants(server.pid());
    assert!(all.iter().all(|process| process.user == 65_534), "all below the server: {all:?}");
    assert_eq!(clang.capabilities, 0);
    let proc = Path::new("/proc").join(clang.pid.to_string());
    let status = fs::read_to_string(proc.join("status")).expect("its status");
    let field = |name: &str| status.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
    assert_eq!((field("NoNewPrivs:"), field("Groups:")), (Some("1"), Some("")));
    for namespace in ["mnt", "net", "pid", "ipc", "user", "uts"] {
        let of = |proc: &Path| fs::read_link(proc.join("ns").join(namespace)).expect("a namespace");
        assert_ne!(of(&proc), of(Path::new("/proc/self")), "{namespace}");
    }
    assert!(fs::read(proc.join("environ")).expect("its environment").len() < 64);
    let root: BTreeSet<String> = machine::names_in(&proc.join("root")).into_iter().collect();
    let wanted = ["clang", "include", "lib", "lib64", "uapi"].map(str::to_owned);
    assert_eq!(root, wanted.into(), "all that is there");
    let limits = fs::read_to_string(proc.join("limits")).expect("its limits");
    let limit = |name: &str| {
        let line = limits.lines().find(|line| line.starts_with(name)).expect("a limit");
        line[name.len()..].split_whitespace().next().map(str::to_owned)
    };
    assert_eq!(limit("Max cpu time").as_deref(), Some("5"));
    assert_eq!(limit("Max address space").as_deref(), Some("1073741824"));
    assert_eq!(limit("Max core file size").as_deref(), Some("0"));
}

#[test]
fn without_user_namespaces_serve_refuses_to_compile_and_says_why() {
    if !can_use_kernel() {
        return;
    }
    let place = support::folder();
    let server =
        Server::of(&mut without_namespaces(&server::command(&support::lessons(), &[]), place.path()));
    let why = "cannot confine the compiler";
    let said = support::within(support::PATIENCE, || server.log().contains(why).then_some(()));
    assert!(said.is_some(), "{}", server.log());
    assert_eq!(server.get("/lessons/hello").status, 200, "reading goes on");
    let bearer = server.bearer();
    let headers = [("Authorization", bearer.as_str())];
    let body =
        serde_json::json!({"files": {"a.c": program::quiet("quiet")}, "kernels": ["host"]}).to_string();
    let answer = support::http::ask(server.address, "POST", "/api/runs", &headers, body.as_bytes());
    assert_eq!(answer.status, 201, "{answer:?}");
    let place = answer.header("location").to_owned();
    let story = Story::parse(&support::http::ask(server.address, "GET", &place, &headers, b"").body);
    let says = story.one("unavailable")["message"].as_str().expect("a sentence");
    assert!(says.contains(why) && says.contains("bubblewrap"), "{says}");
    assert!(story.has_no("compiled") && story.has_no("loaded"));
}

#[test]
fn without_user_namespaces_ones_own_files_run_under_landlock_which_is_said() {
    if !can_use_kernel() {
        return;
    }
    let place = support::folder();
    let run = |source: &str| {
        let source = Source::new(source);
        to_end(&mut without_namespaces(&source.command(&["--for", "300ms"]), place.path()))
    };
    let ran = run(&program::once(&fresh_name()));
    assert_eq!(ran.status, 0, "{ran:?}");
    assert!(ran.stderr.contains("Landlock"), "it is said: {}", ran.stderr);
    assert_eq!(Story::parse(&ran.stdout).traced(), ["hello"]);
    // The files are seen there, and cannot be read.
    let secret = Secret::new();
    for reader in READERS.iter().step_by(3) {
        let ran = run(&reader.replace('@', &secret.path));
        assert!(!ran.stdout.contains(&secret.words), "{reader} shows a file:\n{}", ran.stdout);
        assert_ne!(ran.status, 0, "{reader}: {ran:?}");
    }
    let left = machine::processes().into_iter().filter(|process| process.mentions("__confined")).count();
    assert_eq!(left, 0);
}
