//! A small HTTP/1.1 client on one connection that stays open.
//!
//! The driver shares two cores with the server it measures, so it does only what is needed: it writes a request in
//! one piece, and reads a status, a `content-length` and that many bytes.

use std::{
    fmt::{self, Write as _},
    io,
    net::SocketAddr,
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// A request that takes longer has failed.
const PATIENCE: Duration = Duration::from_secs(30);

/// A connection that was idle for longer is opened anew: servers close such a one when they like.
const IDLE_MAX: Duration = Duration::from_secs(5);

/// What a request failed of, before it had an answer.
#[derive(Debug)]
pub enum HttpError {
    /// The connection broke.
    Connection(io::Error),
    /// What came is not an answer that this client understands.
    Unreadable(&'static str),
    /// No answer came within half a minute.
    Timeout,
}

impl fmt::Display for HttpError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connection(_) => f.write_str("the connection broke"),
            Self::Unreadable(what) => write!(f, "the answer cannot be read: {what}"),
            Self::Timeout => f.write_str("no answer within 30 s"),
        }
    }
}

impl std::error::Error for HttpError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Connection(error) => Some(error),
            _ => None,
        }
    }
}

impl From<io::Error> for HttpError {
    fn from(error: io::Error) -> Self {
        Self::Connection(error)
    }
}

/// One connection to the server.
pub struct Connection {
    stream: TcpStream,
    address: SocketAddr,
    used: Instant,
    request: String,
    response: Vec<u8>,
}

/// An answer; its body is borrowed until the next request.
pub struct Response<'a> {
    /// The HTTP status.
    pub status: u16,
    /// The whole body.
    pub body: &'a [u8],
}

impl Response<'_> {
    /// The body as text, to be shown when it is not what was expected.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(self.body).into_owned()
    }
}

impl Connection {
    /// Connects.
    ///
    /// # Errors
    /// Nobody listens there.
    pub async fn open(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let (request, response) = (String::new(), Vec::with_capacity(16 * 1024));
        Ok(Self { stream, address, used: Instant::now(), request, response })
    }

    /// Connects anew after a failure: what the old connection may still deliver must not answer the next request.
    ///
    /// # Errors
    /// Nobody listens there any more.
    pub async fn reopen(&mut self) -> io::Result<()> {
        self.stream = TcpStream::connect(self.address).await?;
        self.stream.set_nodelay(true)
    }

    /// Sends a request without a body and waits for its answer.
    ///
    /// # Errors
    /// No answer, or none that can be read.
    pub async fn get(
        &mut self,
        path: fmt::Arguments<'_>,
        headers: &[(&str, &str)],
    ) -> Result<Response<'_>, HttpError> {
        self.write_request("GET", path, headers, "");
        self.exchange().await
    }

    /// Sends a JSON body and waits for the answer.
    ///
    /// # Errors
    /// No answer, or none that can be read.
    pub async fn send(
        &mut self,
        method: &str,
        path: fmt::Arguments<'_>,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Result<Response<'_>, HttpError> {
        self.write_request(method, path, headers, body);
        self.exchange().await
    }

    fn write_request(
        &mut self,
        method: &str,
        path: fmt::Arguments<'_>,
        headers: &[(&str, &str)],
        body: &str,
    ) {
        let request = &mut self.request;
        request.clear();
        // Writing to a string cannot fail.
        let _ = write!(request, "{method} {path} HTTP/1.1\r\nhost: {}\r\n", self.address);
        for (name, value) in headers {
            let _ = write!(request, "{name}: {value}\r\n");
        }
        if !body.is_empty() {
            let _ = write!(request, "content-type: application/json\r\ncontent-length: {}\r\n", body.len());
        }
        request.push_str("\r\n");
        request.push_str(body);
    }

    async fn exchange(&mut self) -> Result<Response<'_>, HttpError> {
        if self.used.elapsed() > IDLE_MAX {
            self.reopen().await?;
        }
        let head = match tokio::time::timeout(PATIENCE, self.transfer()).await {
            Ok(result) => result?,
            Err(_) => return Err(HttpError::Timeout),
        };
        self.used = Instant::now();
        Ok(Response { status: head.status, body: &self.response[head.body_start..head.end()] })
    }

    async fn transfer(&mut self) -> Result<Head, HttpError> {
        self.stream.write_all(self.request.as_bytes()).await?;
        self.response.clear();
        loop {
            if self.stream.read_buf(&mut self.response).await? == 0 {
                return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
            }
            let Some(head) = Head::parse(&self.response)? else { continue };
            while self.response.len() < head.end() {
                if self.stream.read_buf(&mut self.response).await? == 0 {
                    return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
                }
            }
            return Ok(head);
        }
    }
}

#[derive(Debug, PartialEq, Eq)]
struct Head {
    status: u16,
    body_start: usize,
    body_length: usize,
}

impl Head {
    fn end(&self) -> usize {
        self.body_start + self.body_length
    }

    /// Reads the status line and headers; `None` while they are not all there.
    fn parse(bytes: &[u8]) -> Result<Option<Self>, HttpError> {
        let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else { return Ok(None) };
        let text =
            std::str::from_utf8(&bytes[..end]).map_err(|_| HttpError::Unreadable("headers are not text"))?;
        let mut lines = text.split("\r\n");
        let status = lines
            .next()
            .and_then(|line| line.strip_prefix("HTTP/1.1 "))
            .and_then(|line| line.get(..3))
            .and_then(|status| status.parse().ok())
            .ok_or(HttpError::Unreadable("no status line"))?;

        let mut body_length = 0;
        for line in lines {
            let Some((name, value)) = line.split_once(':') else { continue };
            if name.eq_ignore_ascii_case("content-length") {
                body_length = value.trim().parse().map_err(|_| HttpError::Unreadable("content-length"))?;
            } else if name.eq_ignore_ascii_case("transfer-encoding") {
                return Err(HttpError::Unreadable("a body without content-length"));
            }
        }
        Ok(Some(Self { status, body_start: end + 4, body_length }))
    }
}

/// A text as part of a URL's query.
pub fn percent_encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::{Head, percent_encoded};

    #[test]
    fn an_answer_is_read_when_its_head_is_whole() {
        let answer = b"HTTP/1.1 202 Accepted\r\nContent-Length: 4\r\nx: y\r\n\r\nbody";
        assert_eq!(Head::parse(&answer[..40]).expect("no error yet"), None);
        let head = Head::parse(answer).expect("readable").expect("whole");
        assert_eq!((head.status, &answer[head.body_start..head.end()]), (202, &b"body"[..]));
    }

    #[test]
    fn what_it_does_not_understand_is_an_error() {
        assert!(Head::parse(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n").is_err());
        assert!(Head::parse(b"SMTP\r\n\r\n").is_err());
    }

    #[test]
    fn a_cursor_goes_through_a_url_unharmed() {
        assert_eq!(percent_encoded("aZ-9=/ü"), "aZ-9%3D%2F%C3%BC");
    }
}
