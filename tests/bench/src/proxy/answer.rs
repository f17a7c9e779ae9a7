//! HTTP answers, as far as they have arrived.

use std::io;

/// The body of `answer`, once all of it is there.
///
/// # Errors
/// Where the answer is not 200, or does not say how long it is.
pub(super) fn body(answer: &[u8]) -> io::Result<Option<&[u8]>> {
    let Some(end) = answer.windows(4).position(|four| four == b"\r\n\r\n") else {
        return Ok(None);
    };
    let head = std::str::from_utf8(&answer[..end]).map_err(io::Error::other)?;
    let Some(length) = length(head) else {
        return Err(io::Error::other(format!("no length is told: {head}")));
    };
    match answer.get(end + 4..end + 4 + length) {
        Some(body) if !head.starts_with("HTTP/1.1 200 ") => {
            let body = String::from_utf8_lossy(body);
            Err(io::Error::other(format!("{head}\n\n{body}")))
        }
        body => Ok(body),
    }
}

fn length(head: &str) -> Option<usize> {
    head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        let is_length = name.eq_ignore_ascii_case("content-length");
        is_length.then(|| value.trim().parse().ok())?
    })
}
