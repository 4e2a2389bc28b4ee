//! A gateway with scripted outcomes. It is outside of the shop: what it has carried out it keeps in a ledger of its own,
//! a file that outlives a crash of the shop's process, so that a question after a crash has a true answer.

use std::{
    collections::HashMap,
    fs::{File, OpenOptions},
    io::{BufRead, BufReader, Write},
    path::Path,
    time::Duration,
};

use async_trait::async_trait;
use engine::OutsideError;
use parking_lot::Mutex;

use crate::{
    domain::{Request, Response},
    effects::Gateway,
};

/// How long the slow payment method takes.
const SLOW: Duration = Duration::from_secs(3);

/// Told of captures, as a real gateway's webhook would: what was asked, and what it came to.
pub type Callback = Box<dyn Fn(Request, Response) + Send + Sync>;

/// What the ledger knows of an idempotency key.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Entry {
    Captured,
    Declined,
    Refunded,
}

impl Entry {
    const ALL: [Self; 3] = [Self::Captured, Self::Declined, Self::Refunded];

    fn word(self) -> &'static str {
        match self {
            Self::Captured => "captured",
            Self::Declined => "declined",
            Self::Refunded => "refunded",
        }
    }
}

struct Ledger {
    file: File,
    entries: HashMap<Box<str>, Entry>,
}

/// The gateway.
pub struct MockGateway {
    ledger: Mutex<Ledger>,
    callback: Callback,
}

impl MockGateway {
    /// Opens the ledger: one line per key, `outcome key minor-units currency`. Keys are `capture:order`, `refund:order:refund` and `topup:top-up`.
    ///
    /// # Errors
    /// The file cannot be read or written.
    pub fn open(path: &Path, callback: Callback) -> std::io::Result<Self> {
        let file = OpenOptions::new().create(true).append(true).read(true).open(path)?;
        let mut entries = HashMap::new();
        let mut reader = BufReader::new(&file);
        let (mut line, mut whole_bytes) = (String::new(), 0);
        while reader.read_line(&mut line)? > 0 {
            let Some(whole) = line.strip_suffix('\n') else { break };
            whole_bytes += line.len() as u64;
            let mut words = whole.split(' ');
            let entry =
                words.next().and_then(|word| Entry::ALL.into_iter().find(|entry| entry.word() == word));
            if let (Some(entry), Some(key), Some(_), Some(_)) =
                (entry, words.next(), words.next(), words.next())
            {
                entries.insert(key.into(), entry);
            }
            line.clear();
        }
        if !line.is_empty() {
            // A line that a crash has cut short was never answered. It goes, or what is left of it might be taken for another amount.
            file.set_len(whole_bytes)?;
        }
        Ok(Self { ledger: Mutex::new(Ledger { file, entries }), callback })
    }

    /// Carries a key out, unless it was before; answers what was.
    fn enter(&self, key: &str, entry: Entry, amount: i64, currency: &str) -> Result<Response, OutsideError> {
        let mut ledger = self.ledger.lock();
        if let Some(known) = ledger.entries.get(key) {
            return Ok(response(*known, key));
        }
        let line = format!("{} {key} {amount} {currency}\n", entry.word());
        append_whole(&mut ledger.file, line.as_bytes())
            .map_err(|error| OutsideError::Unavailable(error.to_string()))?;
        ledger.entries.insert(key.into(), entry);
        Ok(response(entry, key))
    }
}

/// Appends a line or nothing: what a full disk has taken of it is cut off again, so that no later line is spoilt by it.
fn append_whole(file: &mut File, line: &[u8]) -> std::io::Result<()> {
    let length = file.metadata()?.len();
    let written = file.write_all(line);
    if written.is_err() {
        file.set_len(length)?;
    }
    written
}

fn response(entry: Entry, key: &str) -> Response {
    match entry {
        Entry::Captured => {
            let reference = key.split_once(':').map_or(key, |(_, id)| id);
            Response::Captured { reference: format!("mock_{reference}") }
        }
        Entry::Declined => Response::Declined { code: "card_declined".to_owned() },
        Entry::Refunded => Response::Refunded,
    }
}

#[async_trait]
impl Gateway for MockGateway {
    async fn carry_out(&self, key: &str, request: &Request) -> Result<Response, OutsideError> {
        let (amount, currency, method) = match request {
            Request::Refund { amount, currency, .. } => {
                return self.enter(key, Entry::Refunded, *amount, currency.code());
            }
            Request::Capture { amount, currency, method, .. } => (*amount, currency.code(), method),
            Request::TopUp { amount, method, .. } => (amount.amount, amount.currency.code(), method),
        };
        let capture = || self.enter(key, Entry::Captured, amount, currency);
        match method.as_str() {
            "pm_mock_approve" => capture(),
            "pm_mock_slow" => {
                // The wait is the outcome that was asked for.
                #[allow(clippy::disallowed_methods)]
                tokio::time::sleep(SLOW).await;
                capture()
            }
            "pm_mock_timeout_after_success" => {
                let heard_before = self.find(key).await?;
                let captured = capture()?;
                match heard_before {
                    Some(_) => Ok(captured),
                    None => Err(OutsideError::Unknown("the answer was lost".into())),
                }
            }
            "pm_mock_duplicate_callback" => {
                let captured = capture()?;
                if matches!(captured, Response::Captured { .. }) {
                    (self.callback)(request.clone(), captured.clone());
                    (self.callback)(request.clone(), captured.clone());
                }
                Ok(captured)
            }
            _ => self.enter(key, Entry::Declined, amount, currency),
        }
    }

    async fn find(&self, key: &str) -> Result<Option<Response>, OutsideError> {
        Ok(self.ledger.lock().entries.get(key).map(|entry| response(*entry, key)))
    }
}
