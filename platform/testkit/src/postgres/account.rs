//! The account that a server runs as when root starts it, because PostgreSQL refuses to be root.

use std::{fs, os::unix::fs::MetadataExt, path::Path};

use super::PostgresError;

const ROOT: u32 = 0;

/// A user and its group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Account {
    pub uid: u32,
    pub gid: u32,
}

impl Account {
    /// Whom to run as; `None` when this process is not root. Who we are is read from a directory that we have just made.
    pub fn unprivileged(own_directory: &Path) -> Result<Option<Self>, PostgresError> {
        let owner = fs::metadata(own_directory)
            .map_err(|error| PostgresError::System("read the temporary directory's owner".to_owned(), error))?
            .uid();
        if owner != ROOT {
            return Ok(None);
        }
        let accounts = fs::read_to_string("/etc/passwd")
            .map_err(|error| PostgresError::System("read /etc/passwd".to_owned(), error))?;
        ["postgres", "nobody"]
            .iter()
            .find_map(|name| find(&accounts, name))
            .map(Some)
            .ok_or(PostgresError::NoAccount)
    }
}

fn find(accounts: &str, name: &str) -> Option<Account> {
    accounts.lines().find_map(|line| {
        let mut fields = line.split(':');
        if fields.next()? != name {
            return None;
        }
        let uid = fields.nth(1)?.parse().ok()?;
        let gid = fields.next()?.parse().ok()?;
        Some(Account { uid, gid })
    })
}

#[cfg(test)]
mod tests {
    use super::{Account, find};

    #[test]
    fn an_account_is_found_by_its_whole_name() {
        let accounts =
            "root:x:0:0:root:/root:/bin/sh\npostgres2:x:7:8::/:/bin/sh\npostgres:x:101:104::/:/bin/sh\n";
        assert_eq!(find(accounts, "postgres"), Some(Account { uid: 101, gid: 104 }));
        assert_eq!(find(accounts, "nobody"), None);
    }
}
