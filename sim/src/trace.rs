//! What has happened, as a hash that two runs of a seed share, and in words where somebody wants to read them.

/// The trace of a run.
#[derive(Default)]
pub struct Trace {
    hash: u64,
    lines: Option<Vec<String>>,
}

impl Trace {
    /// A trace; `in_words` keeps lines too.
    pub fn new(in_words: bool) -> Self {
        Self { hash: 0xcbf2_9ce4_8422_2325, lines: in_words.then(Vec::new) }
    }

    /// Whether lines are kept.
    pub fn in_words(&self) -> bool {
        self.lines.is_some()
    }

    /// Counts bytes into the hash (FNV-1a).
    pub fn count(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.hash = (self.hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }

    /// Keeps a line, where lines are kept.
    pub fn line(&mut self, words: impl FnOnce() -> String) {
        if let Some(lines) = &mut self.lines {
            lines.push(words());
        }
    }

    /// The hash so far.
    pub fn hash(&self) -> u64 {
        self.hash
    }

    /// The lines so far.
    pub fn lines(&self) -> &[String] {
        self.lines.as_deref().unwrap_or_default()
    }

    /// The last `count` lines that name one of the subjects; the last of all where none is asked for.
    pub fn last_of(&self, subjects: &[String], count: usize) -> Vec<String> {
        let names = |line: &&String| {
            subjects.is_empty() || subjects.iter().any(|subject| line.contains(subject.as_str()))
        };
        let mut found: Vec<String> = self.lines().iter().rev().filter(names).take(count).cloned().collect();
        found.reverse();
        found
    }
}
