//! Runs over a real websocket, with the real worker and this machine's kernel:
//! first lines, stopping, coming back, queueing, and what bad messages get.

mod support;

use std::time::{Duration, Instant};

use serde_json::json;
use support::{
    can_use_kernel,
    course::Course,
    eventually, machine,
    program::{self, fresh_name},
    server::Server,
    socket::Socket,
    story::{Story, is_end},
};
use tokio_tungstenite::tungstenite::Message;

#[tokio::test]
async fn the_first_line_arrives_before_the_run_ends() {
    if !can_use_kernel() {
        return;
    }
    let server = Server::start();
    let mut socket = Socket::open(&server).await;
    let run = socket.run(&program::once(&fresh_name())).await;
    let heard = socket.until("trace").await;
    assert_eq!(heard.traced(), ["hello"]);
    let kinds: Vec<_> = heard.0.iter().map(|object| object["type"].as_str().expect("a type")).collect();
    let order = ["started", "compiled", "placed", "loaded", "attached", "observing", "trace"];
    let kinds: Vec<_> = kinds.into_iter().filter(|kind| order.contains(kind)).collect();
    assert_eq!(kinds, order);
    assert!(heard.0.iter().all(|object| object["run"] == run.as_str()));
    assert!(heard.0[1..].iter().all(|object| object["kernel"] == "host"));
    socket.stop(&run).await;
    assert_eq!(socket.rest().await.outcome(), "cancelled");
}

#[tokio::test]
async fn stop_ends_a_run_exactly_once_and_detaches() {
    if !can_use_kernel() {
        return;
    }
    let server = Server::start();
    let mut socket = Socket::open(&server).await;
    let name = fresh_name();
    let run = socket.run(&program::quiet(&name)).await;
    socket.until("observing").await;
    assert_eq!(machine::programs_named(&name), 1);
    let (keeper, loader) = machine::worker(server.pid()).expect("a keeper and a loader");
    socket.stop(&run).await;
    socket.stop(&run).await;
    let rest = socket.rest().await;
    assert_eq!(rest.outcome(), "cancelled");
    assert_eq!(machine::programs_named(&name), 0, "nothing is attached once the end is told");
    assert!(!machine::lives(keeper) && !machine::lives(loader));
    assert!(!machine::instances().contains(&keeper));
    // Nothing of it follows: the next thing that is heard is the next run's.
    socket.stop(&run).await;
    let next = socket.run(&program::quiet(&fresh_name())).await;
    let heard = socket.until("observing").await;
    assert!(heard.0.iter().all(|object| object["run"] == next.as_str()), "{heard:?}");
}

#[tokio::test]
async fn a_run_is_stopped_while_it_compiles_and_the_next_one_works() {
    if !can_use_kernel() {
        return;
    }
    let server = Server::start();
    let mut socket = Socket::open(&server).await;
    // Takes the compiler seconds, or its limits.
    let doubling: String = (1..26).map(|n| format!("#define A{n} A{} A{}\n", n - 1, n - 1)).collect();
    let run = socket.run(&format!("#define A0 x\n{doubling}A25\n")).await;
    socket.until("started").await;
    socket.stop(&run).await;
    let began = Instant::now();
    assert_eq!(socket.rest().await.outcome(), "cancelled");
    assert!(began.elapsed() < Duration::from_secs(6), "it was not left to run into the compiler's limit");
    socket.works().await;
}

#[tokio::test]
async fn a_reload_sees_the_whole_story_again() {
    if !can_use_kernel() {
        return;
    }
    let server = Server::start();
    let mut before = Socket::open(&server).await;
    let run = before.run(&program::once(&fresh_name())).await;
    let seen = before.until("trace").await;
    drop(before);
    let mut after = Socket::open(&server).await;
    after.watch(&run, 0).await;
    let again = after.until("trace").await;
    assert_eq!(seen.0, again.0);
    after.stop(&run).await;
    let rest = after.rest().await;
    // And once more when it is over.
    after.watch(&run, 0).await;
    let whole = after.rest().await;
    assert_eq!(whole.0, [again.0, rest.0].concat());
    assert_eq!(whole.outcome(), "cancelled");
}

#[tokio::test]
async fn one_who_comes_back_goes_on_without_gap_or_repeat() {
    if !can_use_kernel() {
        return;
    }
    // Thirty lines a turn for a second or so.
    let course = Course::new()
        .stimulus("steady", "i=0; while [ $i -lt 50 ]; do echo x >/dev/null; sleep 0.02; i=$((i + 1)); done");
    let server = Server::with_lessons(course.path());
    let mut socket = Socket::open(&server).await;
    let source = program::counting(&fresh_name(), 30);
    let run = socket.run_with(&source, json!({"lesson": "steady"})).await;
    let mut whole = Story::default();
    // Leaves in the middle of the lines, again and again, until the end is told.
    while !whole.0.last().is_some_and(is_end) {
        for _ in 0..100 {
            let object = socket.next().await.expect("the story goes on");
            let over = is_end(&object);
            whole.0.push(object);
            if over {
                break;
            }
        }
        let last = whole.0.last().expect("an object")["seq"].as_u64().expect("a number");
        socket = Socket::open(&server).await;
        socket.watch(&run, last).await;
    }
    assert_eq!(whole.outcome(), "completed");
    let numbers: Vec<u64> = whole.0.iter().map(|object| object["seq"].as_u64().expect("a number")).collect();
    let breaks: Vec<&[u64]> = numbers.windows(2).filter(|pair| pair[1] != pair[0] + 1).collect();
    assert!(numbers[0] == 1 && breaks.is_empty(), "gaps or repeats: {breaks:?}");
    let lines: Vec<String> = (0..1500).map(|n| format!("line {n}")).collect();
    assert_eq!(whole.traced(), lines);
}

#[tokio::test]
async fn runs_queue_and_everyone_sees_their_position() {
    if !can_use_kernel() {
        return;
    }
    let server = Server::start();
    let mut first = Socket::open(&server).await;
    let run = first.run(&program::quiet(&fresh_name())).await;
    first.until("observing").await;
    let mut second = Socket::open(&server).await;
    second.run(&program::once(&fresh_name())).await;
    let heard = second.until("queued").await;
    assert_eq!(heard.one("queued")["position"], 1);
    assert_eq!(heard.one("queued")["kernel"], "host");
    let mut third = Socket::open(&server).await;
    let left = third.run(&program::quiet(&fresh_name())).await;
    assert_eq!(third.until("queued").await.one("queued")["position"], 2);
    let mut fourth = Socket::open(&server).await;
    let moves = fourth.run(&program::quiet(&fresh_name())).await;
    assert_eq!(fourth.until("queued").await.one("queued")["position"], 3);
    // One who leaves lets those behind move up, and was never placed.
    third.stop(&left).await;
    let rest = third.rest().await;
    assert_eq!(rest.outcome(), "cancelled");
    assert!(rest.has_no("placed"));
    assert_eq!(fourth.until("queued").await.one("queued")["position"], 2);
    first.stop(&run).await;
    assert_eq!(first.rest().await.outcome(), "cancelled");
    assert_eq!(second.until("trace").await.traced(), ["hello"]);
    fourth.stop(&moves).await;
    assert_eq!(fourth.rest().await.outcome(), "cancelled");
}

#[tokio::test]
async fn two_servers_take_turns_on_one_kernel() {
    if !can_use_kernel() {
        return;
    }
    let (one, other) = (Server::start(), Server::start());
    let mut first = Socket::open(&one).await;
    let run = first.run(&program::quiet(&fresh_name())).await;
    first.until("observing").await;
    let mut second = Socket::open(&other).await;
    second.run(&program::once(&fresh_name())).await;
    let waiting = second.until("queued").await;
    assert_eq!(waiting.one("queued")["position"], 1);
    first.stop(&run).await;
    assert_eq!(second.until("trace").await.traced(), ["hello"]);
}

#[tokio::test]
async fn a_run_that_nobody_watches_is_cancelled() {
    if !can_use_kernel() {
        return;
    }
    let server = Server::start();
    let name = fresh_name();
    let mut socket = Socket::open(&server).await;
    let run = socket.run(&program::quiet(&name)).await;
    socket.until("observing").await;
    drop(socket);
    let left = Instant::now();
    eventually("detached", || (machine::programs_named(&name) == 0).then_some(()));
    let took = left.elapsed().as_secs_f64();
    assert!((9.0..13.0).contains(&took), "ten seconds were promised, not {took}");
    let mut back = Socket::open(&server).await;
    back.watch(&run, 0).await;
    assert_eq!(back.rest().await.outcome(), "cancelled");
    back.works().await;
}

#[tokio::test]
async fn bad_messages_get_a_sentence_and_the_next_run_works() {
    if !can_use_kernel() {
        return;
    }
    let server = Server::start();
    let mut socket = Socket::open(&server).await;
    let text = |words: &str| Message::text(words.to_owned());
    let good = json!({"test.bpf.c": "int x;"});
    for (message, what, words) in [
        (text("hello"), "bad_message", "cannot be read"),
        (text(""), "bad_message", "cannot be read"),
        (text("[1, 2"), "bad_message", "cannot be read"),
        (text("{\"type\": 7}"), "bad_message", "cannot be read"),
        (text("{\"type\": \"reboot\"}"), "unknown_kind", "no message of the kind \"reboot\""),
        (text("{\"type\": \"stop\"}"), "bad_message", "run"),
        (text("{\"type\": \"stop\", \"run\": \"0\"}"), "unknown_run", "over and forgotten"),
        (text("{\"type\": \"watch\", \"run\": \"0\", \"after\": -1}"), "bad_message", "cannot be read"),
        (text("{\"type\": \"watch\", \"run\": \"0\"}"), "unknown_run", "over and forgotten"),
        (Message::binary(vec![0, 159, 146, 150]), "bad_message", "no terminal"),
        (text(&json!({"type": "run", "files": {}}).to_string()), "bad_message", "There is no source"),
        (
            text(&json!({"type": "run", "files": good, "command": "reboot"}).to_string()),
            "bad_message",
            "command",
        ),
        (
            text(&json!({"type": "run", "files": good, "kernels": ["no"]}).to_string()),
            "bad_message",
            "no kernel",
        ),
        (
            text(&json!({"type": "run", "files": good, "lesson": "no"}).to_string()),
            "bad_message",
            "no lesson",
        ),
        (
            text(&json!({"type": "run", "files": {"a.c": "/".repeat(65_537)}}).to_string()),
            "too_large",
            "65537 bytes",
        ),
        (text(&"[".repeat(100_000)), "bad_message", "cannot be read"),
        (text(&"x".repeat((512 << 10) + 1)), "too_big", "at most 524288 bytes"),
    ] {
        socket.say_raw(message).await;
        let (got, says) = socket.refusal().await;
        assert_eq!(got, what, "{says}");
        assert!(says.contains(words), "{says}");
    }
    socket.works().await;
}

#[tokio::test]
async fn a_message_without_end_closes_the_connection_and_no_other() {
    if !can_use_kernel() {
        return;
    }
    let server = Server::start();
    let mut other = Socket::open(&server).await;
    let before = server.memory();
    let mut socket = Socket::open(&server).await;
    // It is closed once the length is read, perhaps before all is written.
    socket.say_in_vain(Message::text("x".repeat(1 << 20) + "x")).await;
    assert_eq!(socket.next().await, None, "the connection is closed");
    assert!(server.memory() < before + (16 << 20));
    other.works().await;
}

#[tokio::test]
async fn a_global_is_changed_while_the_program_runs() {
    if !can_use_kernel() {
        return;
    }
    let server = Server::start();
    let mut socket = Socket::open(&server).await;
    let globals = "int wanted = 3;\nconst volatile int fixed = 1;\nint got;";
    let source = program::program(&fresh_name(), program::ANY_CALL, globals, "got = wanted + fixed;");
    let run = socket.run(&source).await;
    socket.until("observing").await;
    let change = |token: u64, name: &str, value: &str| json!({"type": "global", "token": token, "run": run, "kernel": "host", "name": name, "value": value});
    socket.say(&change(1, "wanted", "41")).await;
    let mut heard = socket.until("edited").await;
    assert_eq!(heard.one("edited")["token"], 1);
    assert_eq!(heard.one("edited")["ok"], true, "{heard:?}");
    // The program may be seen to have read it before the answer comes.
    while !heard.of("global").any(|global| global["name"] == "got" && global["value"] == 42) {
        heard = socket.until("global").await;
    }
    for (token, name, value, words) in [
        (2, "fixed", "2", "is a constant"),
        (3, "missing", "2", "it has: "),
        (4, "wanted", "many", "of type int"),
        (5, "wanted", "99999999999", "of type int"),
        (6, "wanted", "@stimulus", "has no stimulus"),
    ] {
        socket.say(&change(token, name, value)).await;
        let heard = socket.until("edited").await;
        let answer = heard.one("edited");
        assert_eq!((&answer["token"], &answer["ok"]), (&json!(token), &json!(false)));
        assert!(answer["message"].as_str().expect("a sentence").contains(words), "{answer}");
    }
    socket.stop(&run).await;
    assert_eq!(socket.rest().await.outcome(), "cancelled");
}

#[tokio::test]
async fn a_lesson_runs_with_its_stimulus_and_its_checks() {
    if !can_use_kernel() {
        return;
    }
    let server = Server::start();
    let mut socket = Socket::open(&server).await;
    let folder = support::lessons().join("020-hello");
    for (file, passes) in [("starter.bpf.c", false), ("solution.bpf.c", true)] {
        let source = std::fs::read_to_string(folder.join(file)).expect("the lesson's source");
        socket.run_with(&source, json!({"lesson": "hello", "seed": "7"})).await;
        let story = socket.rest().await;
        assert_eq!(story.outcome(), "completed", "{story:?}");
        let started = story.one("started");
        assert_eq!((&started["lesson"], &started["seed"]), (&json!("hello"), &json!(7)));
        assert!(story.one("observing")["stimulus"].as_u64().is_some());
        assert_eq!(story.one("stimulus_ended")["status"], 0);
        let checks: Vec<_> = story.of("check").collect();
        assert!(!checks.is_empty());
        assert_eq!(checks.iter().all(|check| check["passed"] == true), passes, "{checks:#?}");
        for check in checks {
            let says = check["says"].as_str().expect("a sentence");
            assert!(!says.contains("{{"), "a template was not filled in: {says}");
        }
    }
}
