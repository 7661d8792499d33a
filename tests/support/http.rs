//! As little HTTP/1.1 as the tests need, over a plain socket, so that a test
//! can say exactly what goes over the wire.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

/// A server that says nothing for so long hangs.
const SILENCE: Duration = Duration::from_secs(30);

/// An answer, whole.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Answer {
    /// A header, by its name in lower case; empty when it is missing.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(own, _)| own == name).map_or("", |(_, value)| value)
    }

    /// The sentence of a refusal.
    pub(crate) fn message(&self) -> String {
        let body: serde_json::Value = serde_json::from_str(&self.body).expect("a refusal is JSON");
        assert_eq!(body["type"], "error");
        body["message"].as_str().expect("a sentence").to_owned()
    }
}

/// Asks for a path. `Host` is the address unless `headers` name one.
pub(crate) fn ask(
    address: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> Answer {
    say(address, &request(address, method, path, headers, body))
}

/// A request's bytes.
pub(crate) fn request(
    address: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> Vec<u8> {
    let mut head = format!("{method} {path} HTTP/1.1\r\n");
    let own = [("Host", address.to_string()), ("Content-Length", body.len().to_string())];
    for (name, value) in &own {
        if !headers.iter().any(|(given, _)| given.eq_ignore_ascii_case(name)) {
            head += &format!("{name}: {value}\r\n");
        }
    }
    for (name, value) in headers {
        head += &format!("{name}: {value}\r\n");
    }
    let mut bytes = (head + "\r\n").into_bytes();
    bytes.extend_from_slice(body);
    bytes
}

/// Sends these bytes and reads one answer.
pub(crate) fn say(address: SocketAddr, bytes: &[u8]) -> Answer {
    let (mut answer, body) = hear(address, bytes);
    answer.body = String::from_utf8(body).expect("UTF-8");
    answer
}

/// The same, for an answer that need not be text.
pub(crate) fn hear(address: SocketAddr, bytes: &[u8]) -> (Answer, Vec<u8>) {
    let mut stream = TcpStream::connect(address).expect("the server listens");
    stream.set_read_timeout(Some(SILENCE)).expect("a timeout");
    stream.write_all(bytes).expect("the server takes a request");
    let mut from = BufReader::new(stream);
    let mut line = String::new();
    from.read_line(&mut line).expect("a status line");
    let status = line.split(' ').nth(1).and_then(|word| word.parse().ok());
    let status = status.unwrap_or_else(|| panic!("no status line: {line:?}"));
    let mut headers = Vec::new();
    loop {
        line.clear();
        from.read_line(&mut line).expect("a header");
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let answer = Answer { status, headers, body: String::new() };
    let mut body = Vec::new();
    if status == 101 {
        return (answer, body);
    } else if answer.header("transfer-encoding") == "chunked" {
        loop {
            line.clear();
            from.read_line(&mut line).expect("a chunk's length");
            let length = usize::from_str_radix(line.trim(), 16).expect("a chunk's length");
            let start = body.len();
            body.resize(start + length, 0);
            from.read_exact(&mut body[start..]).expect("a chunk");
            line.clear();
            from.read_line(&mut line).expect("a chunk's end");
            if length == 0 {
                break;
            }
        }
    } else {
        body.resize(answer.header("content-length").parse().unwrap_or(0), 0);
        from.read_exact(&mut body).expect("a body");
    }
    (answer, body)
}
