//! One moment of a SQLite file, held while others write on, and copied at leisure.

use std::path::Path;

use rusqlite::{
    Connection, OpenFlags,
    backup::{Backup, StepResult},
};

use crate::session::StoreError;

/// Pages of 4 KiB copied at once: between two such steps the copy says how far it is.
const STEP_PAGES: i32 = 1_024;

/// A connection to a SQLite file that holds one moment of it. The file's write-ahead log grows while it is held.
pub struct Snapshot {
    connection: Connection,
}

impl Snapshot {
    /// Connects to a file. No moment is held yet.
    ///
    /// # Errors
    /// The file is not there or cannot be read.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags)?;
        connection.execute_batch(
            "PRAGMA busy_timeout = 5000; PRAGMA query_only = ON; PRAGMA cache_size = -2048;",
        )?;
        Ok(Self { connection })
    }

    /// Holds the present moment.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn hold(&self) -> Result<(), StoreError> {
        self.connection.execute_batch("BEGIN")?;
        // The first read is the moment.
        let _: i64 = self.connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
        Ok(())
    }

    /// Copies the moment to a new file, and has it on disk in the end. `progress` hears of pages done and pages in all.
    ///
    /// # Errors
    /// The moment cannot be read, or the copy not written; `progress` says to stop by an error of its own.
    pub fn copy_to(
        &self,
        path: &Path,
        progress: &mut dyn FnMut(u64, u64) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let mut copy = Connection::open(path)?;
        // Nobody reads the copy before it is whole and synced below.
        copy.execute_batch("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;")?;
        let backup = Backup::new(&self.connection, &mut copy)?;
        loop {
            let step = backup.step(STEP_PAGES)?;
            let pages = backup.progress();
            let (total, left) = (u64::try_from(pages.pagecount), u64::try_from(pages.remaining));
            let (total, left) = (total.unwrap_or(0), left.unwrap_or(0));
            progress(total.saturating_sub(left), total)?;
            match step {
                StepResult::Done => break,
                StepResult::More => {}
                other => return Err(StoreError::Contended(format!("the copy is {other:?}"))),
            }
        }
        drop(backup);
        drop(copy);
        let synced = std::fs::File::open(path).and_then(|file| file.sync_all());
        synced.map_err(|error| StoreError::Unavailable(error.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use rusqlite::Connection;

    use super::Snapshot;

    #[test]
    fn a_copy_is_of_the_moment_that_was_held() {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let (path, copy) = (directory.path().join("a.db"), directory.path().join("copy.db"));
        let writer = Connection::open(&path).expect("a database");
        writer
            .execute_batch("PRAGMA journal_mode = WAL; CREATE TABLE t (n INTEGER); INSERT INTO t VALUES (1);")
            .expect("written");
        let snapshot = Snapshot::open(&path).expect("a snapshot");
        snapshot.hold().expect("held");
        writer.execute_batch("INSERT INTO t VALUES (2); PRAGMA wal_checkpoint(PASSIVE);").expect("written");
        let mut heard = (0, 0);
        let copied = snapshot.copy_to(&copy, &mut |done, total| {
            heard = (done, total);
            Ok(())
        });
        copied.expect("copied");
        assert!(heard.0 == heard.1 && heard.1 > 0, "{heard:?}");
        let sum = |path| -> i64 {
            let database = Connection::open(path).expect("a database");
            database.query_row("SELECT sum(n) FROM t", [], |row| row.get(0)).expect("a sum")
        };
        assert_eq!((sum(&path), sum(&copy)), (3, 1));
    }
}
