//! The machine's clock. A benchmark measures real time, and compares it with the times in the databases.

/// Microseconds since 1970.
#[allow(clippy::disallowed_methods)] // A benchmark measures what is, and nobody replays it.
pub fn now_us() -> i64 {
    let since_epoch = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    since_epoch.as_micros() as i64
}
