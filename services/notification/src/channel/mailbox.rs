//! The development mailbox: mail that leaves nowhere. It holds live links, so it lies in a file of its own that only its owner may
//! read, outside of the database and of its backups, and admins alone are shown it. A mail is one line of JSON; the oldest go.

use std::{
    collections::{HashSet, VecDeque},
    fs::{File, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
    sync::Arc,
};

use async_trait::async_trait;
use contracts::Timestamp;
use lettre::message::Mailbox;
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Channel, Rendered, mail};
use crate::domain::Outcome;

/// A mail that was kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct StoredMail {
    /// The notification that it is of.
    pub id: Uuid,
    /// When it came.
    pub at_us: Timestamp,
    /// Whom it is to.
    pub recipient: String,
    /// The subject, in plain letters.
    pub subject: String,
    /// The headers, as a server would be given them.
    pub headers: Vec<(String, String)>,
    /// The text.
    pub text: String,
    /// The HTML.
    pub html: String,
}

/// How many lines the file may have for each mail that is kept. With more of them it is written anew less often.
const LINES_PER_MAIL: usize = 4;

struct Shelf {
    /// Oldest first.
    mails: VecDeque<Arc<StoredMail>>,
    /// The notifications of all mails in the file, so that none is in it twice.
    ids: HashSet<Uuid>,
    file: File,
    /// Lines in the file, also of mails that have gone since.
    lines: usize,
}

/// The development mailbox.
pub(crate) struct DevelopmentMailbox {
    from: Mailbox,
    path: PathBuf,
    mails_max: usize,
    inner: Mutex<Shelf>,
}

fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.create(true).append(true).read(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Appends a line or nothing: what a full disk has taken of it is cut off again, so that no later line is spoilt by it.
fn append_whole(file: &mut File, line: &[u8]) -> io::Result<()> {
    let length = file.metadata()?.len();
    let written = file.write_all(line);
    if written.is_err() {
        file.set_len(length)?;
    }
    written
}

impl DevelopmentMailbox {
    /// Opens the mailbox of a file, which is made where there is none, and its folder with it.
    ///
    /// # Errors
    /// The file cannot be read or written.
    pub(crate) fn open(path: &Path, mails_max: usize, from: Mailbox) -> io::Result<Self> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let file = open(path)?;
        let mut bytes = std::fs::read(path)?;
        // A line that a crash has cut short is no mail; its notification is sent again. Cutting it off needs no room, on a full disk.
        let whole_bytes = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |last| last + 1);
        if whole_bytes < bytes.len() {
            file.set_len(whole_bytes as u64)?;
            bytes.truncate(whole_bytes);
        }
        let read = |line: &[u8]| serde_json::from_slice::<StoredMail>(line).ok().map(Arc::new);
        let lines = bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        let mut mails: VecDeque<Arc<StoredMail>> = lines.clone().filter_map(read).collect();
        let ids = mails.iter().map(|mail| mail.id).collect();
        while mails.len() > mails_max {
            mails.pop_front();
        }
        let inner = Mutex::new(Shelf { mails, ids, lines: lines.count(), file });
        Ok(Self { from, path: path.to_owned(), mails_max, inner })
    }

    /// Mails before a place, newest first, of one recipient or of all.
    pub(crate) fn list(
        &self,
        recipient: Option<&str>,
        before: Option<(Timestamp, Uuid)>,
        limit: usize,
    ) -> Vec<Arc<StoredMail>> {
        let inner = self.inner.lock();
        let recipient = recipient.map(str::to_lowercase);
        let wanted = |mail: &&Arc<StoredMail>| {
            recipient.as_ref().is_none_or(|recipient| mail.recipient.to_lowercase() == *recipient)
                && before.is_none_or(|before| (mail.at_us, mail.id) < before)
        };
        let mut found: Vec<_> = inner.mails.iter().filter(wanted).cloned().collect();
        found.sort_unstable_by_key(|mail| std::cmp::Reverse((mail.at_us, mail.id)));
        found.truncate(limit);
        found
    }

    /// A mail.
    pub(crate) fn get(&self, id: Uuid) -> Option<Arc<StoredMail>> {
        self.inner.lock().mails.iter().find(|mail| mail.id == id).cloned()
    }

    fn keep(&self, mail: StoredMail) -> io::Result<()> {
        let mut line = serde_json::to_vec(&mail)?;
        line.push(b'\n');
        let mut inner = self.inner.lock();
        if inner.ids.contains(&mail.id) {
            // A repeat, as its reader can tell by its name.
            return Ok(());
        }
        append_whole(&mut inner.file, &line)?;
        inner.lines += 1;
        inner.ids.insert(mail.id);
        inner.mails.push_back(Arc::new(mail));
        if inner.mails.len() > self.mails_max {
            inner.mails.pop_front();
        }
        // Written anew now and then, so that neither the file nor the work grows with the mails that have gone.
        if inner.lines > LINES_PER_MAIL * self.mails_max { self.rewrite(&mut inner) } else { Ok(()) }
    }

    fn rewrite(&self, inner: &mut Shelf) -> io::Result<()> {
        let draft = self.path.with_extension("new");
        // What a crash has left of another draft has no place in this one.
        match std::fs::remove_file(&draft) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut file = open(&draft)?;
        let mut bytes = Vec::new();
        for mail in &inner.mails {
            serde_json::to_writer(&mut bytes, &**mail)?;
            bytes.push(b'\n');
        }
        file.write_all(&bytes)?;
        std::fs::rename(&draft, &self.path)?;
        inner.lines = inner.mails.len();
        inner.ids = inner.mails.iter().map(|mail| mail.id).collect();
        inner.file = file;
        Ok(())
    }
}

#[async_trait]
impl Channel for DevelopmentMailbox {
    async fn send(&self, rendered: &Rendered) -> Outcome {
        let headers = match mail::headers(rendered, &self.from) {
            Ok(headers) => headers,
            Err(why) => return Outcome::Refused(why),
        };
        let stored = StoredMail {
            id: rendered.notification_id,
            at_us: rendered.at,
            recipient: rendered.recipient.clone(),
            subject: rendered.subject.clone(),
            headers,
            text: rendered.text.clone(),
            html: rendered.html.clone(),
        };
        // One small write into the system's cache: quicker than handing it to another thread.
        match self.keep(stored) {
            Ok(()) => Outcome::Sent,
            Err(error) => Outcome::Retry(format!("the development mailbox cannot be written: {error}")),
        }
    }

    async fn forget(&self, notification_ids: &[Uuid]) -> io::Result<()> {
        let mut inner = self.inner.lock();
        let forgotten: HashSet<Uuid> = notification_ids.iter().copied().collect();
        inner.mails.retain(|mail| !forgotten.contains(&mail.id));
        // Also lines of mails that are not shown any more are in the file.
        self.rewrite(&mut inner)
    }
}

#[cfg(test)]
mod tests {
    use std::{io::Write, path::Path};

    use contracts::Timestamp;
    use uuid::Uuid;

    use super::DevelopmentMailbox;
    use crate::{
        channel::{Channel, Rendered},
        domain::Outcome,
    };

    fn open(path: &Path) -> DevelopmentMailbox {
        let from = "Shop <shop@localhost>".parse().expect("an address");
        DevelopmentMailbox::open(path, 3, from).expect("it opens")
    }

    fn mail(number: u128) -> Rendered {
        Rendered {
            notification_id: Uuid::from_u128(number),
            recipient: format!("reader{}@example.com", number % 2),
            name: None,
            subject: format!("mail {number}"),
            text: "Hello".into(),
            html: "<p>Hello</p>".into(),
            at: Timestamp(number as i64),
        }
    }

    fn subjects(mailbox: &DevelopmentMailbox) -> Vec<String> {
        mailbox.list(None, None, 100).iter().map(|mail| mail.subject.clone()).collect()
    }

    #[tokio::test]
    async fn it_keeps_the_newest_also_in_a_later_process() {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let path = directory.path().join("mailbox.jsonl");
        let mailbox = open(&path);
        for number in 1..=20 {
            assert_eq!(mailbox.send(&mail(number)).await, Outcome::Sent);
            assert_eq!(mailbox.send(&mail(number)).await, Outcome::Sent, "a repeat");
        }
        assert_eq!(subjects(&mailbox), ["mail 20", "mail 19", "mail 18"]);
        drop(mailbox);
        let lines = std::fs::read_to_string(&path).expect("the file").lines().count();
        assert!(lines <= 12, "{lines} lines");
        // A crash in the middle of a line.
        let mut file = std::fs::OpenOptions::new().append(true).open(&path).expect("the file");
        file.write_all(b"{\"id\":").expect("written");
        let mailbox = open(&path);
        assert_eq!(mailbox.send(&mail(21)).await, Outcome::Sent);
        assert_eq!(subjects(&open(&path)), ["mail 21", "mail 20", "mail 19"]);
        let of_one = mailbox.list(Some("Reader1@example.com"), None, 100);
        assert_eq!(of_one.len(), 2);
        let rest = mailbox.list(None, Some((Timestamp(20), Uuid::from_u128(20))), 100);
        assert_eq!(rest.len(), 1);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = std::fs::metadata(&path).expect("the file").permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
    }

    #[tokio::test]
    async fn what_is_forgotten_is_in_no_file() {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let path = directory.path().join("mailbox.jsonl");
        let mailbox = open(&path);
        for number in 1..=5 {
            mailbox.send(&mail(number)).await;
        }
        // The first has gone from the list, and is still a line.
        let gone = [Uuid::from_u128(1), Uuid::from_u128(5)];
        mailbox.forget(&gone).await.expect("forgotten");
        assert_eq!(subjects(&mailbox), ["mail 4", "mail 3"]);
        assert_eq!(std::fs::read_to_string(&path).expect("the file").lines().count(), 2);
        assert!(mailbox.get(gone[1]).is_none());
    }
}
