//! Pages and the API over a real socket: who may do what, and what bad
//! requests get. Does not know websockets.

mod support;

use std::{collections::BTreeSet, time::Instant};

use serde_json::{Value, json};
use support::{
    http::{Answer, ask, say},
    program,
    server::Server,
    story::Story,
};

fn start(server: &Server, headers: &[(&str, &str)], body: &str) -> Answer {
    ask(server.address, "POST", "/api/runs", headers, body.as_bytes())
}

fn start_as_script(server: &Server, body: &Value) -> Answer {
    start(server, &[("Authorization", &server.bearer())], &body.to_string())
}

fn one_file(source: &str) -> Value {
    json!({"files": {"test.bpf.c": source}, "kernels": ["host"]})
}

/// Source that does not compile: a run that ends at once, on any machine.
const BROKEN: &str = "int x = ;";

/// The story of a run, read to its end.
fn story(server: &Server, run: &str, after: u64) -> Story {
    let path = format!("/api/runs/{run}?after={after}");
    let answer = ask(server.address, "GET", &path, &[("Authorization", &server.bearer())], b"");
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.header("content-type"), "application/x-ndjson");
    Story::parse(&answer.body)
}

/// The next request works.
fn still_works(server: &Server) {
    let answer = start_as_script(server, &one_file(BROKEN));
    assert_eq!(answer.status, 201, "{answer:?}");
    let accepted: Value = serde_json::from_str(&answer.body).expect("JSON");
    let run = accepted["run"].as_str().expect("a name");
    assert_eq!(answer.header("location"), format!("/api/runs/{run}"));
    assert!(story(server, run, 0).0.len() >= 2);
}

#[test]
fn anyone_may_read_how_the_kernels_are_by_now() {
    let server = Server::start();
    let answer = server.get("/api/kernels?lang=zh");
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!(answer.header("cache-control"), "no-store");
    let rows: Vec<Value> = serde_json::from_str(&answer.body).expect("an array");
    assert_eq!(rows.last().expect("a place")["name"], "host");
    for row in &rows {
        let state = row["state"].as_str().expect("a state");
        let usable = ["ready", "preparing"].contains(&state);
        assert!(usable || ["no_image", "off"].contains(&state), "{row}");
        assert_eq!(row["why"].is_null(), usable, "{row}");
        assert!(["none", "kvm", "tcg"].contains(&row["accelerator"].as_str().expect("a word")), "{row}");
        assert_eq!(row["panics"], 0, "{row}");
    }
}

#[test]
fn pages_are_read_by_anyone_and_load_nothing_from_elsewhere() {
    let server = Server::start();
    for path in [
        "/glossary",
        "/zh/glossary",
        "/needs",
        "/zh/needs",
        "/sandbox",
        "/zh/sandbox",
        "/",
        "/zh/",
        "/lessons/hello",
        "/zh/lessons/hello",
        "/lessons/opensnoop",
    ] {
        let page = server.get(path);
        assert_eq!(page.status, 200, "{path}");
        assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
        assert_eq!(page.header("x-content-type-options"), "nosniff");
        let policy = page.header("content-security-policy");
        assert!(policy.contains("default-src 'none'") && policy.contains("script-src 'self';"), "{policy}");
        for (name, address) in references(&page.body) {
            assert!(
                address.starts_with(['/', '#']) || address.starts_with("data:"),
                "{path}: {name}={address}"
            );
        }
        // Every script is a file of ours; what lies in the page itself is data.
        for script in page.body.split("<script").skip(1) {
            let tag = script.split('>').next().expect("a tag");
            assert!(tag.contains("src=\"/static/") || tag.contains("application/json"), "{path}: {tag}");
        }
    }
    let picture = server.get("/lessons/hello/way-in.svg");
    assert_eq!((picture.status, picture.header("content-type")), (200, "image/svg+xml"));
    assert!(picture.header("content-security-policy").contains("sandbox"));
}

#[test]
fn a_chinese_page_shows_pictures_with_chinese_words() {
    let server = Server::start();
    for (path, name, title) in [
        ("/lessons/hello", "/lessons/hello/way-in.svg", "The way of a BPF program"),
        ("/zh/lessons/hello", "/lessons/hello/way-in.zh.svg", "BPF 程序"),
    ] {
        assert!(server.get(path).body.contains(&format!("<img src=\"{name}\"")), "{path}");
        let picture = server.get(name);
        assert_eq!((picture.status, picture.header("content-type")), (200, "image/svg+xml"));
        assert!(picture.body.contains(&format!("<title id=\"title\">{title}")), "{}", picture.body);
    }
}

#[test]
fn terms_of_art_lead_to_the_glossary_where_a_lesson_uses_them_first() {
    let pattern = |words: &str| regex::Regex::new(words).expect("a pattern");
    let term = pattern(r##"<a class="term" href="([^"#]*)#([^"]*)">(?:<code>)?([^<]*)(?:</code>)?</a>"##);
    // What is not read for terms: headings, links, code that is more than a term, and the tags themselves.
    let unread = pattern(r"(?s)<h\d.*?</h\d>|<pre.*?</pre>|<a .*?</a>|<code>.*?</code>|<[^>]*>");
    let server = Server::start();
    for start in ["/", "/zh/"] {
        let glossary = server.get(&format!("{start}glossary")).body;
        let ids = pattern(r#"<div id="([^"]*)">"#);
        let mut unused: Vec<&str> =
            ids.captures_iter(&glossary).map(|id| id.get(1).expect("an id").as_str()).collect();
        assert!(unused.len() > 30, "{unused:?}");
        let terms = unused.clone();
        let course = server.get(start).body;
        let lessons: BTreeSet<String> = (references(&course).into_iter().map(|(_, address)| address))
            .filter(|address| address.starts_with(&format!("{start}lessons/")))
            .collect();
        assert!(lessons.len() > 30, "{lessons:?}");
        for lesson in &lessons {
            let page = server.get(lesson).body;
            let mut seen = BTreeSet::new();
            for link in term.captures_iter(&page) {
                let (path, id, words) = (&link[1], &link[2], link[3].to_lowercase());
                assert_eq!(path, format!("{start}glossary"), "{lesson}");
                assert!(terms.contains(&id), "{lesson}: the glossary has no {id}");
                assert!(seen.insert(id.to_owned()), "{lesson}: {id} is linked twice");
                unused.retain(|unused| *unused != id);
                let prose = page.find("<div class=\"prose\"").expect("a text");
                let before = unread.replace_all(&page[prose..link.get(0).expect("all").start()], "\n");
                let edge = |c: Option<char>| c.is_none_or(|c| !c.is_ascii_alphanumeric() && c != '_');
                let before = before.to_lowercase();
                let used = before.match_indices(&words).any(|(at, _)| {
                    edge(before[..at].chars().next_back()) && edge(before[at + words.len()..].chars().next())
                });
                assert!(!used, "{lesson}: \"{words}\" is used before it is linked");
            }
        }
        assert!(unused.is_empty(), "no lesson links {unused:?} in {start}");
    }
}

fn references(html: &str) -> Vec<(String, String)> {
    let pattern = regex::Regex::new(r#"\s(src|href|action)="([^"]*)""#).expect("a pattern");
    pattern.captures_iter(html).map(|found| (found[1].to_owned(), found[2].to_owned())).collect()
}

#[test]
fn an_unknown_lesson_is_a_404_page_with_the_way_back() {
    let server = Server::start();
    for (path, back) in [
        ("/lessons/nothing", "href=\"/\""),
        ("/zh/lessons/nothing", "href=\"/zh/\""),
        ("/no/such", "href=\"/\""),
    ] {
        let page = server.get(path);
        assert_eq!(page.status, 404, "{path}");
        assert!(page.body.contains(back), "{path} shows no way back:\n{}", page.body);
    }
    assert!(server.get("/lessons/nothing").body.contains("There is no lesson named"));
    let page = server.get("/lessons/%3Cscript%3Ealert(1)%3C%2Fscript%3E");
    assert_eq!(page.status, 404);
    assert!(!page.body.contains("<script>alert"), "an address became markup");
    for path in
        ["/lessons/hello/..%2Flesson.toml", "/lessons/hello/solution.bpf.c", "/static/..%2f..%2fCargo.toml"]
    {
        assert_eq!(server.get(path).status, 404, "{path}");
    }
}

#[test]
fn a_host_that_is_not_ours_is_403() {
    let server = Server::start();
    let port = server.address.port();
    for host in ["elsewhere.example", "127.0.0.1.elsewhere.example", "localhost.", "[::2]", ""] {
        for path in ["/", "/ws", "/api/runs", "/static/bpflab.css"] {
            let answer = ask(server.address, "GET", path, &[("Host", host)], b"");
            assert_eq!(answer.status, 403, "{path} for the host {host:?}");
            assert!(answer.message().contains("does not go by that name"));
        }
    }
    for host in [format!("localhost:{port}"), "127.0.0.1".to_owned(), format!("[::1]:{port}")] {
        assert_eq!(ask(server.address, "GET", "/", &[("Host", &host)], b"").status, 200, "{host}");
    }
}

#[test]
fn a_name_that_was_given_is_ours() {
    let words = ["--host", "lab.example"];
    let server = Server::of(&mut support::server::command(&support::lessons(), &words));
    assert_eq!(ask(server.address, "GET", "/", &[("Host", "lab.example:80")], b"").status, 200);
    assert_eq!(ask(server.address, "GET", "/", &[("Host", "x.lab.example")], b"").status, 403);
}

/// Every way of asking for a websocket or a run that must be refused.
fn refused(server: &Server) -> Vec<(&'static str, Vec<(&'static str, String)>)> {
    let ours = format!("http://{}", server.address);
    let (cookie, bearer) = (server.cookie(), server.bearer());
    let foreign = |origin: &str| vec![("Origin", origin.to_owned()), ("Cookie", cookie.clone())];
    // Another last digit than its own, whichever that is.
    let other = if cookie.ends_with('0') { '1' } else { '0' };
    let wrong = format!("{}{other}", &cookie[..cookie.len() - 1]);
    vec![
        ("nothing at all", vec![]),
        ("a wrong key", vec![("Authorization", "Bearer 00".to_owned())]),
        ("the key by another scheme", vec![("Authorization", server.key.clone())]),
        ("a cookie without an origin", vec![("Cookie", cookie.clone())]),
        ("our origin without a session", vec![("Origin", ours.clone())]),
        ("our origin with a wrong cookie", vec![("Origin", ours.clone()), ("Cookie", wrong)]),
        ("our origin with a key and no session", vec![("Origin", ours), ("Authorization", bearer.clone())]),
        ("another site", foreign("http://elsewhere.example")),
        ("another port", foreign("http://127.0.0.1:1")),
        ("another scheme", foreign(&format!("ftp://{}", server.address))),
        ("an opaque origin", foreign("null")),
        (
            "another site with the key",
            vec![("Origin", "http://a.example".to_owned()), ("Authorization", bearer)],
        ),
    ]
}

#[test]
fn a_foreign_origin_and_a_missing_key_are_403_before_the_upgrade() {
    let server = Server::start();
    let upgrade = [
        ("Connection", "Upgrade"),
        ("Upgrade", "websocket"),
        ("Sec-WebSocket-Version", "13"),
        ("Sec-WebSocket-Key", "dGVzdCB0ZXN0IHRlc3QgIQ=="),
    ];
    for (what, headers) in refused(&server) {
        let headers: Vec<(&str, &str)> =
            headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let asked = [headers.as_slice(), upgrade.as_slice()].concat();
        let answer = ask(server.address, "GET", "/ws", &asked, b"");
        assert_eq!(answer.status, 403, "a websocket with {what}");
        assert!(answer.message().len() > 20, "a sentence was expected: {answer:?}");
        let answer = start(&server, &headers, &one_file(BROKEN).to_string());
        assert_eq!(answer.status, 403, "a run with {what}");
        let answer = ask(server.address, "GET", "/api/runs/0", &headers, b"");
        assert_eq!(answer.status, 403, "a story with {what}");
    }
    still_works(&server);
}

#[test]
fn the_link_opens_a_session_that_no_script_and_no_other_site_has() {
    let server = Server::start();
    let answer = server.get(&format!("/enter?key={}", server.key));
    assert!((300..400).contains(&answer.status));
    assert_eq!(answer.header("location"), "/", "the key does not stay in the address");
    let cookie = answer.header("set-cookie").to_owned();
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"), "{cookie}");
    assert_eq!(server.get("/enter?key=00").status, 403);
    assert_eq!(server.get("/enter").status, 403);
    let ours = format!("http://{}", server.address);
    let headers = [("Origin", ours.as_str()), ("Cookie", &server.cookie())];
    assert_eq!(start(&server, &headers, &one_file(BROKEN).to_string()).status, 201);
}

#[test]
fn too_much_source_is_413_from_its_length_before_it_is_read() {
    let server = Server::start();
    let head = format!(
        "POST /api/runs HTTP/1.1\r\nHost: {}\r\nAuthorization: {}\r\nContent-Length: 1000000\r\n\r\n",
        server.address,
        server.bearer()
    );
    let began = Instant::now();
    let answer = say(server.address, head.as_bytes()); // and not a byte of the body
    assert_eq!(answer.status, 413);
    assert!(began.elapsed().as_secs() < 5, "it waited for the body");
    assert!(answer.message().contains("65536"), "{}", answer.message());

    let too_much = "/".repeat((64 << 10) + 1);
    let answer = start_as_script(&server, &one_file(&too_much));
    assert_eq!(answer.status, 413);
    assert!(answer.message().contains("65537 bytes"), "{}", answer.message());

    let half = "/".repeat(33 << 10);
    let both = json!({"files": {"test.bpf.c": half, "more.h": half}});
    assert_eq!(start_as_script(&server, &both).status, 413, "over all files");

    // Without a length at all.
    let chunk = "x".repeat(256 << 10);
    let head = head.replace("Content-Length: 1000000", "Transfer-Encoding: chunked");
    let answer = say(server.address, format!("{head}{:x}\r\n{chunk}\r\n0\r\n\r\n", chunk.len()).as_bytes());
    assert_eq!(answer.status, 413);
    still_works(&server);
}

#[test]
fn source_of_exactly_64_kib_is_taken() {
    let server = Server::start();
    let mut source = program::once("fits");
    source += &"/".repeat((64 << 10) - source.len());
    assert_eq!(start_as_script(&server, &one_file(&source)).status, 201);
}

#[test]
fn a_request_that_makes_no_sense_is_400_with_a_sentence() {
    let server = Server::start();
    let bearer = server.bearer();
    let headers = [("Authorization", bearer.as_str())];
    for body in ["", "{", "[]", "null", "{\"files\": 3}", "\u{0}", "{\"files\": {}, \"files\": {}}"] {
        let answer = start(&server, &headers, body);
        assert_eq!(answer.status, 400, "{body:?}");
        assert!(answer.message().contains("cannot be read"), "{}", answer.message());
    }
    let good = BROKEN;
    for (body, words) in [
        (json!({"files": {}}), "There is no source"),
        (json!({"files": {"test.bpf.c": "  "}}), "There is no source"),
        (json!({"files": {"only.h": good}}), "There is no source"),
        (json!({"files": {"../test.c": good}}), "cannot be a file's name"),
        (json!({"files": {"/etc/cron.d/x.c": good}}), "cannot be a file's name"),
        (json!({"files": {"a.c": good, "b.c": good}}), "a run takes one"),
        (json!({"files": {"a.c": good}, "kernels": ["1.0"]}), "no kernel named \"1.0\""),
        (json!({"files": {"a.c": good}, "lesson": "nothing"}), "no lesson named \"nothing\""),
        (json!({"files": {"a.c": good}, "command": "reboot"}), "command"),
        (json!({"files": {"a.c": good}, "attach": {"p": "lab0"}}), "lab0"),
        (json!({"files": {"a.c": good}, "attach": "if:lab0"}), "cannot be read"),
        (json!({"files": {"a.c": good}, "seed": "many"}), "seed"),
    ] {
        let answer = start_as_script(&server, &body);
        assert_eq!(answer.status, 400, "{body}");
        assert!(answer.message().contains(words), "{body}: {}", answer.message());
    }
    let too_many: serde_json::Map<String, Value> = (0..40).map(|n| (format!("h{n}.h"), json!(""))).collect();
    assert_eq!(start_as_script(&server, &json!({"files": too_many})).status, 400);
    still_works(&server);
}

#[test]
fn a_command_of_ones_own_is_for_guests_and_without_a_lesson() {
    let server = Server::start();
    let with = |kernel: &str, lesson: Value| json!({"files": {"test.bpf.c": BROKEN}, "kernels": [kernel], "lesson": lesson, "stimulus": "id"});
    for (body, why) in [
        (with("host", Value::Null), "only in a guest"),
        (with("6.1", json!("hello")), "A lesson brings its own command"),
    ] {
        let answer = start_as_script(&server, &body);
        assert_eq!(answer.status, 400, "{answer:?}");
        assert!(answer.body.contains(why), "{answer:?}");
    }
    assert_eq!(start_as_script(&server, &with("6.1", Value::Null)).status, 201);
    still_works(&server);
}

#[test]
fn a_story_can_be_read_again_and_from_a_number_on() {
    let server = Server::start();
    let answer = start_as_script(&server, &one_file(BROKEN));
    let accepted: Value = serde_json::from_str(&answer.body).expect("JSON");
    let run = accepted["run"].as_str().expect("a name");
    let whole = story(&server, run, 0);
    whole.check_numbers();
    assert_eq!(whole.0[0]["type"], "started");
    let again = story(&server, run, 0);
    assert_eq!(whole.0, again.0);
    assert_eq!(story(&server, run, 1).0, whole.0[1..]);
    let nothing = story(&server, run, 1000);
    assert!(nothing.0.is_empty());
    let bearer = server.bearer();
    let unknown = ask(server.address, "GET", "/api/runs/0000", &[("Authorization", &bearer)], b"");
    assert_eq!(unknown.status, 404);
}

#[test]
fn what_a_source_says_is_sent_as_data_and_never_as_a_page() {
    let server = Server::start();
    let answer = start_as_script(&server, &one_file("#error <script>alert(1)</script>"));
    let accepted: Value = serde_json::from_str(&answer.body).expect("JSON");
    let path = format!("/api/runs/{}", accepted["run"].as_str().expect("a name"));
    let answer = ask(server.address, "GET", &path, &[("Authorization", &server.bearer())], b"");
    assert_eq!(answer.header("content-type"), "application/x-ndjson");
    assert_eq!(answer.header("x-content-type-options"), "nosniff");
    assert!(answer.header("content-security-policy").contains("default-src 'none'"));
}
