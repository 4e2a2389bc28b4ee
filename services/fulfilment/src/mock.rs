//! A carrier that takes every parcel. It is outside of the shop: its bookings are in a file of its own, which outlives a crash
//! of the shop's process, so that a question after a crash has a true answer.

use std::{
    collections::HashSet,
    fs::{File, OpenOptions},
    io::{BufRead, BufReader, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
    sync::Arc,
};

use async_trait::async_trait;
use engine::OutsideError;
use parking_lot::Mutex;

use crate::{
    domain::{Booking, Parcel},
    effects::Carrier,
};

/// The name under which its parcels travel.
pub const MOCK_CARRIER: &str = "Mock Parcel";

struct Bookings {
    file: File,
    /// The keys of all bookings. Read from the file when the first question comes, because only a crash leads to questions,
    /// and a shop of a million orders has better use for the memory.
    keys: Option<HashSet<Box<str>>>,
}

/// The carrier.
pub struct MockCarrier {
    path: PathBuf,
    bookings: Arc<Mutex<Bookings>>,
}

impl MockCarrier {
    /// Opens the bookings: one line per booking, `key tracking-number`.
    ///
    /// # Errors
    /// The file cannot be read or written.
    pub fn open(path: &Path) -> std::io::Result<Self> {
        let mut file = OpenOptions::new().create(true).append(true).read(true).open(path)?;
        cut_off_torn_line(&mut file)?;
        let bookings = Arc::new(Mutex::new(Bookings { file, keys: None }));
        Ok(Self { path: path.to_owned(), bookings })
    }
}

/// No line is longer.
const LINE_BYTES_MAX: u64 = 512;

/// Takes off a line that a crash has cut short: it was never answered, and the next booking gets a line of its own.
fn cut_off_torn_line(file: &mut File) -> std::io::Result<()> {
    let length = file.metadata()?.len();
    let start = length.saturating_sub(LINE_BYTES_MAX);
    file.seek(SeekFrom::Start(start))?;
    let mut tail = Vec::new();
    file.read_to_end(&mut tail)?;
    let whole_bytes = tail.iter().rposition(|byte| *byte == b'\n').map_or(0, |last| last as u64 + 1);
    if start + whole_bytes < length { file.set_len(start + whole_bytes) } else { Ok(()) }
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

/// The keys of the bookings in a file.
fn read_keys(path: &Path) -> std::io::Result<HashSet<Box<str>>> {
    let mut keys = HashSet::new();
    for line in BufReader::new(File::open(path)?).lines() {
        let line = line?;
        if let Some((key, number)) = line.split_once(' ')
            && number == tracking_number(key)
        {
            keys.insert(key.into());
        }
    }
    Ok(keys)
}

/// A key always has the same number: a repeated booking is the same booking.
fn tracking_number(key: &str) -> String {
    let digits = key.chars().filter(char::is_ascii_alphanumeric).map(|letter| letter.to_ascii_uppercase());
    format!("MP{}", digits.collect::<String>())
}

fn booking(key: &str) -> Booking {
    Booking { carrier: MOCK_CARRIER.to_owned(), tracking_number: tracking_number(key) }
}

#[async_trait]
impl Carrier for MockCarrier {
    async fn book(&self, key: &str, _: &Parcel) -> Result<Booking, OutsideError> {
        let booking = booking(key);
        let line = format!("{key} {}\n", booking.tracking_number);
        let mut bookings = self.bookings.lock();
        if bookings.keys.as_ref().is_some_and(|keys| keys.contains(key)) {
            return Ok(booking);
        }
        // One small write into the system's cache: quicker than handing it to another thread.
        append_whole(&mut bookings.file, line.as_bytes())
            .map_err(|error| OutsideError::Unknown(error.to_string()))?;
        if let Some(keys) = &mut bookings.keys {
            keys.insert(key.into());
        }
        Ok(booking)
    }

    async fn find(&self, key: &str) -> Result<Option<Booking>, OutsideError> {
        let (path, bookings, wanted) = (self.path.clone(), self.bookings.clone(), key.to_owned());
        // The file may be long, and reading it must not hold up other tasks.
        let found = tokio::task::spawn_blocking(move || -> std::io::Result<bool> {
            let mut bookings = bookings.lock();
            let keys = match bookings.keys.take() {
                Some(keys) => keys,
                None => read_keys(&path)?,
            };
            Ok(bookings.keys.insert(keys).contains(wanted.as_str()))
        });
        let found = found.await.map_err(|error| OutsideError::Unavailable(error.to_string()))?;
        let found = found.map_err(|error| OutsideError::Unavailable(error.to_string()))?;
        Ok(found.then(|| booking(key)))
    }
}
