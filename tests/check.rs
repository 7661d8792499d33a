//! `bpflab check` and broken lessons: lessons are tested like code, and one
//! that is wrong is named without hiding the others.

mod support;

use std::{collections::BTreeMap, fs, path::Path};

use serde_json::Value;
use support::{
    can_use_kernel,
    command::{Ran, bpflab, to_end},
    course::{Course, change},
    lessons,
    server::{self, Server},
};

const HELLO: &str = "020-hello";

fn check(lessons: &Path, words: &[&str]) -> (Ran, Vec<Value>) {
    let lessons = lessons.display().to_string();
    let all = [&["check", "--kernel", "host", "--report", "json", "--lessons", &lessons], words].concat();
    let ran = to_end(&mut bpflab(&all));
    let lines = ran.stdout.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    (ran, lines)
}

fn result<'a>(lines: &'a [Value], of: &str) -> &'a Value {
    lines.iter().find(|line| line["of"] == of).unwrap_or_else(|| panic!("no result of {of}: {lines:?}"))
}

#[test]
fn a_right_lesson_is_right_and_is_reported_as_the_contract_says() {
    if !can_use_kernel() {
        return;
    }
    let course = Course::new();
    course.copy(HELLO, HELLO);
    let (ran, lines) = check(course.path(), &["--seed", "11"]);
    assert_eq!(ran.status, 0, "{ran:?}");
    for of in ["starter", "solution"] {
        let result = result(&lines, of);
        for field in
            ["type", "lesson", "kernel", "of", "seed", "ok", "skipped", "errors", "programs", "checks"]
        {
            assert!(result.get(field).is_some(), "no {field} in {result}");
        }
        assert_eq!((&result["type"], &result["lesson"]), (&"result".into(), &"hello".into()));
        assert_eq!(
            (&result["kernel"], &result["seed"], &result["ok"]),
            (&"host".into(), &11.into(), &true.into())
        );
        for check in result["checks"].as_array().expect("checks") {
            for field in ["id", "passed", "says", "saw"] {
                assert!(check.get(field).is_some(), "no {field} in {check}");
            }
        }
    }
    let [program] = result(&lines, "solution")["programs"].as_array().expect("programs").as_slice() else {
        panic!("one program: {lines:?}")
    };
    assert!(program["name"].as_str().is_some_and(|name| !name.is_empty()), "{program}");
    assert!(program["instructions"].as_u64().is_some_and(|count| count > 0), "{program}");
    assert!(program["states"].is_u64(), "a way without branches needs none kept: {program}");
    let all_passed =
        |of| result(&lines, of)["checks"].as_array().expect("checks").iter().all(|c| c["passed"] == true);
    assert!(all_passed("solution") && !all_passed("starter"));
    let summary = lines.last().expect("a summary");
    assert_eq!((&summary["type"], &summary["ok"]), (&"summary".into(), &true.into()));
    // Where the time went, and what the lesson passed on.
    let sum: u64 = [result(&lines, "starter"), result(&lines, "solution")]
        .iter()
        .map(|result| result["stages"]["observe"].as_u64().expect("milliseconds"))
        .sum();
    assert_eq!(summary["stages"]["observe"], sum);
    assert!(sum > 0 && summary["ms"].as_u64().is_some_and(|ms| ms > 0), "{summary}");
    let release = &result(&lines, "solution")["release"];
    let passed = serde_json::json!([{ "kernel": "host", "release": release, "lessons": ["hello"] }]);
    assert!(release.as_str().is_some_and(|release| !release.is_empty()), "{lines:?}");
    assert_eq!(summary["passed"], passed);
}

#[test]
fn the_authors_page_names_every_field_of_the_json() {
    let page = fs::read_to_string(support::root().join("docs/authoring.md")).expect("the page");
    let course = Course::new();
    course.copy(HELLO, HELLO);
    fs::write(course.copy(HELLO, "021-broken").join("lesson.toml"), "").expect("a fault");
    fs::write(course.path().join(HELLO).join("stray.txt"), "").expect("a finding");
    let (ran, lines) = check(course.path(), &[]);
    let mut types: Vec<&str> = lines.iter().filter_map(|line| line["type"].as_str()).collect();
    types.sort_unstable();
    types.dedup();
    assert_eq!(types, ["fault", "finding", "result", "summary"], "{ran:?}");
    let fields = |value: &Value| -> Vec<String> {
        value.as_object().map(|object| object.keys().cloned().collect()).unwrap_or_default()
    };
    for line in &lines {
        let inner = ["programs", "checks", "passed"].iter().filter_map(|list| line[list].as_array()?.first());
        let row =
            page.lines().find(|row| row.starts_with(&format!("| `{}` |", line["type"].as_str().unwrap())));
        let row = row.unwrap_or_else(|| panic!("no row of {line}"));
        for field in fields(line).iter().filter(|field| *field != "type") {
            assert!(row.contains(&format!("`{field}`")), "docs/authoring.md has no {field}: {row}");
        }
        for field in inner.flat_map(fields).chain(fields(&line["stages"])) {
            assert!(page.contains(&format!("`{field}`")), "docs/authoring.md has no {field}");
        }
    }
}

#[test]
fn a_starter_that_passes_and_a_solution_that_fails_are_found() {
    if !can_use_kernel() {
        return;
    }
    let course = Course::new();
    let folder = course.copy(HELLO, HELLO);
    let (starter, solution) = (folder.join("starter.bpf.c"), folder.join("solution.bpf.c"));
    let right = (fs::read(&starter).expect("a starter"), fs::read(&solution).expect("a solution"));
    fs::write(&starter, &right.1).expect("a starter that passes");
    fs::write(&solution, &right.0).expect("a solution that fails");
    let (ran, lines) = check(course.path(), &[]);
    assert_eq!(ran.status, 1, "{ran:?}");
    assert_eq!(result(&lines, "starter")["ok"], false);
    assert_eq!(result(&lines, "solution")["ok"], false);
    assert_eq!(lines.last().expect("a summary")["ok"], false);
    // One that does not even compile is no starter, though it does not pass.
    fs::write(&starter, "int x = ;\n").expect("a broken starter");
    fs::write(&solution, &right.1).expect("the solution");
    let (ran, lines) = check(course.path(), &[]);
    assert_eq!(ran.status, 1, "{ran:?}");
    assert_eq!(
        (&result(&lines, "starter")["ok"], &result(&lines, "solution")["ok"]),
        (&false.into(), &true.into())
    );
    let lessons = course.path().display().to_string();
    let text = to_end(&mut bpflab(&["check", "--kernel", "host", "--lessons", &lessons]));
    for words in ["WRONG", "it does not compile", "of all runs together: queued ", ": 0 lessons"] {
        assert!(text.stdout.contains(words), "{words}: {text:?}");
    }
}

/// A result's checks by name: what was expected, with what was drawn filled
/// in, and whether it passed. The stimulus's pid is another one in each run.
fn checks(result: &Value) -> BTreeMap<String, (String, bool)> {
    let word = |check: &Value, name: &str| check[name].as_str().expect("a word").to_owned();
    (result["checks"].as_array().expect("checks").iter())
        .map(|check| {
            let passed = check["passed"].as_bool().expect("passed or not");
            (word(check, "id"), (without_pids(&word(check, "says")), passed))
        })
        .collect()
}

/// Numbers of processes as the lesson's sentences write them.
fn without_pids(says: &str) -> String {
    let pid = regex::Regex::new(r"(the process|stimulus, process|from process) [0-9]+").expect("a pattern");
    pid.replace_all(says, "$1 N").into_owned()
}

#[test]
fn a_submission_is_checked_and_its_seed_plays_it_again() {
    if !can_use_kernel() {
        return;
    }
    let folder = lessons().join(HELLO);
    for (file, status) in [("solution.bpf.c", 0), ("starter.bpf.c", 1)] {
        let file = folder.join(file).display().to_string();
        let words = ["hello", "--submission", &file];
        let (ran, lines) = check(&lessons(), &words);
        assert_eq!(ran.status, status, "{ran:?}");
        let first = result(&lines, "submission");
        let seed = first["seed"].to_string();
        let (_, again) = check(&lessons(), &[words.as_slice(), &["--seed", &seed]].concat());
        let again = result(&again, "submission");
        assert_eq!((&first["seed"], &first["outcome"]), (&again["seed"], &again["outcome"]));
        assert_eq!(checks(first), checks(again), "seed {seed} draws the same, and comes to the same");
    }
    // These two draw different counts, and what is asked for goes with them.
    let file = folder.join("solution.bpf.c").display().to_string();
    let [one, other] = ["1", "4"].map(|seed| {
        let (_, lines) = check(&lessons(), &["hello", "--submission", &file, "--seed", seed]);
        checks(result(&lines, "submission"))
    });
    assert_ne!(one, other, "another seed draws other values");
    assert!(one.values().chain(other.values()).all(|(_, passed)| *passed), "{one:?} {other:?}");
}

/// A course of broken lessons, and what is said of each: its name, and words of it.
fn broken() -> (Course, Vec<(&'static str, &'static str)>) {
    let course = Course::new();
    course.copy(HELLO, "005-right");
    let copy = |name: &str| course.copy(HELLO, name);
    fs::remove_file(copy("010-no-solution").join("solution.bpf.c")).expect("gone");
    fs::remove_file(copy("011-no-text").join("lesson.md")).expect("gone");
    fs::remove_file(copy("012-no-toml").join("lesson.toml")).expect("gone");
    change(&copy("013-field").join("lesson.toml"), "minutes = ", "minuets = 3\nminutes = ");
    change(&copy("014-toml").join("lesson.toml"), "[run]", "[run");
    change(&copy("015-part").join("lesson.toml"), "part = \"", "part = \"not-");
    change(&copy("016-regex").join("lesson.toml"), "text = \"", "text = \"(");
    change(&copy("017-name").join("lesson.toml"), "[run]", "[run]\nglobals = { x = \"{{undrawn}}\" }");
    fs::remove_file(copy("018-picture").join("way-in.svg")).expect("gone");
    for (name, text) in [
        ("019-script", "<script>alert(1)</script>\n"),
        ("021-handler", "a <b onclick=\"alert(1)\">b</b>\n"),
        ("022-link", "[x](javascript:alert(1))\n"),
    ] {
        fs::write(copy(name).join("lesson.md"), text).expect("a text");
    }
    fs::write(copy("023-bytes").join("starter.bpf.c"), b"/*\n\xff\xfe").expect("no text");
    copy("024-first");
    copy("024-second");
    copy("025-right");
    course.copy(HELLO, "026-last");
    let said = vec![
        ("no-solution", "solution.bpf.c: is missing: a lesson has lesson.toml, lesson.md"),
        ("no-text", "lesson.md"),
        ("no-toml", "lesson.toml"),
        ("field", "lesson.toml:4: unknown field `minuets`, expected one of `title`"),
        ("toml", "lesson.toml:18: unclosed table"),
        ("part", "lesson.toml:3: course.toml has no part \"not-foundations\": it has foundations"),
        ("regex", "lesson.toml:42: check \"says-its-number\": regex"),
        ("name", "lesson.toml:19: {{undrawn}} is used and not drawn"),
        ("picture", "the picture way-in.svg is not in"),
        ("script", "lesson.md:1: raw HTML is not allowed"),
        ("handler", "lesson.md:1: raw HTML is not allowed"),
        ("link", "lesson.md:1: the link javascript:"),
        ("bytes", "starter.bpf.c:2: is not UTF-8: byte 4 of the file is 0xff; save it as UTF-8"),
        ("second", "number 24 is taken by first"),
        ("right", "there are two lessons named right"),
    ];
    (course, said)
}

#[test]
fn each_broken_lesson_is_a_fault_that_names_its_file() {
    let (course, said) = broken();
    let slugs: Vec<&str> = said.iter().map(|(slug, _)| *slug).filter(|slug| *slug != "right").collect();
    let (ran, lines) = check(course.path(), &slugs);
    assert_eq!(ran.status, 1, "{ran:?}");
    for slug in slugs {
        let fault = lines.iter().find(|line| line["lesson"] == slug);
        let fault = fault.unwrap_or_else(|| panic!("nothing is said of {slug}: {lines:?}"));
        assert_eq!(fault["type"], "fault");
        let words = said.iter().find(|(name, _)| *name == slug).expect("its words").1;
        assert!(fault["why"].as_str().expect("a sentence").contains(words), "{fault}");
    }
}

#[test]
fn beside_broken_lessons_the_others_are_shown() {
    let (course, said) = broken();
    let server = Server::with_lessons(course.path());
    let overview = server.get("/");
    assert_eq!(overview.status, 200);
    for right in ["right", "first", "last"] {
        assert_eq!(server.get(&format!("/lessons/{right}")).status, 200, "{right}");
        assert!(overview.body.contains(&format!("href=\"/lessons/{right}\"")), "{right}");
    }
    for (slug, words) in said {
        assert!(server.log().contains(words), "the server's author reads of {slug}:\n{}", server.log());
        if slug == "right" {
            continue; // the other one of that name is shown
        }
        let page = server.get(&format!("/lessons/{slug}"));
        assert_eq!(page.status, 500, "{slug}");
        assert!(page.body.contains("cannot be shown") && page.body.contains("href=\"/\""), "{}", page.body);
        assert!(!page.body.contains("<script>alert") && !page.body.contains("onclick=\"alert"), "{slug}");
    }
}

#[test]
fn a_course_that_cannot_be_read_is_said_with_its_file() {
    let folder = support::folder();
    let lessons = folder.path().display().to_string();
    for (text, words) in [
        (None, "course.toml"),
        (Some("format = 9\n"), "course.toml"),
        (Some("format = 1\nlessons = []\n"), "course.toml"),
    ] {
        if let Some(text) = text {
            fs::write(folder.path().join("course.toml"), text).expect("course.toml");
        }
        let ran = to_end(&mut bpflab(&["check", "--lessons", &lessons]));
        assert_ne!(ran.status, 0);
        assert!(ran.stderr.contains(words), "{ran:?}");
    }
}

#[test]
fn a_watched_course_shows_what_was_written_since() {
    let course = Course::new();
    let folder = course.copy(HELLO, HELLO);
    let server = Server::of(&mut server::command(course.path(), &["--watch"]));
    assert_eq!(server.get("/lessons/hello").status, 200);
    fs::write(folder.join("lesson.md"), "Written since.\n").expect("a text");
    course.copy(HELLO, "021-added");
    assert!(server.get("/lessons/hello").body.contains("Written since."));
    assert_eq!(server.get("/lessons/added").status, 200);
    fs::write(course.path().join("course.toml"), "format = 9\n").expect("a broken course");
    assert_eq!(server.get("/lessons/added").status, 200, "the last good one stays");
}

#[test]
fn a_lesson_says_which_struct_its_records_are() {
    if !can_use_kernel() {
        return;
    }
    let course = Course::new();
    let folder = course.copy("180-exitsnoop", "180-exitsnoop");
    // By its size alone a record could be this one as well.
    let same_size = "struct before {\n\t__u32 words[8];\n};\n\nstruct event {";
    for file in ["starter.bpf.c", "solution.bpf.c"] {
        change(&folder.join(file), "struct event {", same_size);
    }
    let (ran, lines) = check(course.path(), &["--seed", "11"]);
    assert_eq!((ran.status, &result(&lines, "solution")["ok"]), (1, &false.into()), "{ran:?}");
    let toml = folder.join("lesson.toml");
    let text = fs::read_to_string(&toml).expect("lesson.toml");
    fs::write(&toml, format!("{text}\n[run.records]\nevents = \"event\"\n")).expect("lesson.toml");
    let (ran, lines) = check(course.path(), &["--seed", "11"]);
    assert_eq!((ran.status, &result(&lines, "solution")["ok"]), (0, &true.into()), "{ran:?}");
}
