//! What programs may include: what others have written compiles as it is.

mod support;

use std::collections::BTreeMap;

use bpflab::{
    backend::find_worker,
    compile::{Compiled, Compilers, Confinement, Sources, Types, data_folder},
    say::Lang,
};
use support::{
    can_use_kernel,
    command::{Source, to_end, without_namespaces},
    program::{self, fresh_name},
    story::Story,
};

/// What programs include of a C library.
const LIBRARY: &str = r#"
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <errno.h>
#include <limits.h>
#include <features.h>
#include <sys/types.h>
#include <sys/socket.h>
#include <netinet/in.h>
#include <arpa/inet.h>
#include <time.h>
"#;

/// Something of each.
const USE: &str = r#"
#include <bpf/bpf_helpers.h>

SEC("socket")
int use(struct __sk_buff *skb)
{
	char here[16], there[16] = "x";
	bool is_late = bpf_ktime_get_ns() > CLOCK_MONOTONIC;

	memcpy(here, there, sizeof(here));
	if (skb->family != AF_INET || here[0] != 'x' || skb->remote_port == htonl(80))
		return -EPERM;
	return is_late ? IPPROTO_TCP : SOCK_STREAM;
}
"#;

#[tokio::test]
async fn a_c_librarys_headers_are_there_with_and_without_the_kernels_types() {
    if !can_use_kernel() {
        return;
    }
    let worker = find_worker().expect("the worker is built");
    let compilers = Compilers::prepare(Confinement::Namespaces, &data_folder(), &worker).await;
    let compiler = compilers.expect("a compiler").get(&Types::Running).await.expect("headers");
    let uapi = "#include <linux/bpf.h>\n#include <stdint.h>\n#include <inttypes.h>\n";
    for first in ["#include \"vmlinux.h\"\n", uapi] {
        let program = format!("{first}{LIBRARY}{USE}");
        let files = BTreeMap::from([("test.bpf.c".to_owned(), program)]);
        let compiled = compiler.compile(&Sources::new(files).expect("good names")).await;
        let found = match compiled.expect("no fault of the lab") {
            Compiled::Object { warnings, .. } => warnings,
            Compiled::Failed(found) => found,
        };
        let said: Vec<String> = found.iter().map(|found| found.message.say(Lang::En)).collect();
        assert!(said.is_empty(), "after {first:?}: {said:?}");
    }
}

#[test]
fn headers_in_folders_around_a_program_are_found_with_and_without_namespaces() {
    if !can_use_kernel() {
        return;
    }
    let program =
        format!("{}\n#include \"one.h\"\n#include \"../common/two.h\"\n", program::once(&fresh_name()));
    let source = Source::new(&program);
    let beside = source.path.parent().expect("a folder");
    let common = beside.join("../common");
    std::fs::create_dir_all(beside.join("../common/more")).expect("a folder");
    std::fs::write(beside.join("one.h"), "#include \"../common/more/three.h\"\n").expect("a header");
    std::fs::write(common.join("two.h"), "#include \"more/three.h\"\n").expect("a header");
    let place = support::folder();
    // One kernel's types in a folder of theirs: the lab's are taken.
    let more = format!("#include \"../types/vmlinux.h\"\n{}", program::once(&fresh_name()));
    let elsewhere = Source::new(&more);
    let plain = elsewhere.command(&["--for", "300ms"]);
    for mut command in [elsewhere.command(&["--for", "300ms"]), without_namespaces(&plain, place.path())] {
        let ran = to_end(&mut command);
        assert_eq!(ran.status, 0, "{ran:?}");
    }
    let three = common.join("more/three.h");
    std::fs::write(&three, "#pragma once\n_Static_assert(1, \"\");\nstatic int three = 3;\n")
        .expect("a header");
    let plain = source.command(&["--for", "300ms"]);
    let bare = source.command(&["--for", "300ms"]);
    for mut command in [plain, without_namespaces(&bare, place.path())] {
        let ran = to_end(&mut command);
        assert_eq!(ran.status, 0, "{ran:?}");
    }
    // What is wrong in one is said of that one.
    std::fs::write(&three, "#pragma once\nint three = ;\n").expect("a header");
    let story = Story::parse(&to_end(&mut source.command(&["--for", "300ms"])).stdout);
    let found = story.of("diagnostic").find(|found| found["file"] == "../common/more/three.h");
    assert!(found.is_some(), "{story:?}");
}
