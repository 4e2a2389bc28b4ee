//! Backup and restore of a PostgreSQL database, by PostgreSQL's own programs.

use std::{
    io::Write,
    path::Path,
    process::{Command, Stdio},
};

use anyhow::{Context as _, bail};
use contracts::ServiceName;
use engine::{Clock, Ids, RandomIds, SystemClock};
use sea_orm::sqlx::{Connection, PgConnection, Row, raw_sql};

/// The dump's name in an archive.
const DUMP: &str = "database.dump";

/// A transaction that holds one moment of all schemas, for `pg_dump` to read.
pub struct Export {
    url: String,
    connection: PgConnection,
    snapshot: Option<String>,
}

impl Export {
    /// Connects. No moment is held yet.
    ///
    /// # Errors
    /// `pg_dump` is not installed, or the database does not answer.
    pub async fn connect(url: &str) -> anyhow::Result<Self> {
        program("pg_dump")?;
        let connection = PgConnection::connect(url).await.context("the database cannot be reached")?;
        Ok(Self { url: url.to_owned(), connection, snapshot: None })
    }

    /// Holds the present moment.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn hold(&mut self) -> anyhow::Result<()> {
        raw_sql("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").execute(&mut self.connection).await?;
        let row = raw_sql("SELECT pg_export_snapshot()").fetch_one(&mut self.connection).await?;
        self.snapshot = Some(row.try_get(0)?);
        Ok(())
    }

    /// Dumps the moment into a folder; the file's name.
    ///
    /// # Errors
    /// `pg_dump` fails; the error holds what it said.
    pub fn dump(self, folder: &Path) -> anyhow::Result<String> {
        let mut dump = command("pg_dump", &self.url)?;
        dump.args(["--format=custom", "--no-owner", "--no-privileges", "--file"]).arg(folder.join(DUMP));
        dump.arg("--snapshot").arg(self.snapshot.as_deref().context("no moment is held")?);
        for service in ServiceName::ALL {
            dump.arg(format!("--schema={service}"));
        }
        run("pg_dump", dump)?;
        // The moment is held until here.
        drop(self.connection);
        Ok(DUMP.to_owned())
    }
}

/// Loads a folder's dump into an empty database, in one transaction, and gives every log a new epoch with the cursors that read it. The dump is removed.
///
/// # Errors
/// `pg_restore` or `psql` is not installed or fails; the database then is as it was.
pub fn load(url: &str, folder: &Path) -> anyhow::Result<()> {
    let (dump, script) = (folder.join(DUMP), folder.join("database.sql"));
    program("psql")?;
    let mut restore = Command::new(program("pg_restore")?);
    restore.args(["--no-owner", "--no-privileges", "--exit-on-error", "--file"]).arg(&script).arg(&dump);
    run("pg_restore", restore)?;
    let mut file = std::fs::OpenOptions::new().append(true).open(&script)?;
    file.write_all(new_epochs().as_bytes())?;
    let mut psql = command("psql", url)?;
    psql.args([
        "--no-psqlrc",
        "--quiet",
        "--single-transaction",
        "--set=ON_ERROR_STOP=1",
        "--output=/dev/null",
        "--file",
    ]);
    psql.arg(&script);
    run("psql", psql).context("the database cannot be restored; it is as it was")?;
    std::fs::remove_file(dump)?;
    std::fs::remove_file(script)?;
    Ok(())
}

/// As [`engine::renew_epochs`] does, in the transaction that restores.
fn new_epochs() -> String {
    let mut ids = RandomIds::new();
    let mut sql = String::from("\nSET search_path = '';\n");
    for source in ServiceName::ALL {
        let fresh = ids.next(SystemClock.now());
        for service in ServiceName::ALL {
            sql.push_str(&format!(
                "UPDATE \"{service}\".watermark SET epoch = '{fresh}' WHERE source = '{source}' \
                 AND epoch = (SELECT value::pg_catalog.uuid FROM \"{source}\".about WHERE name = 'epoch');\n"
            ));
        }
        sql.push_str(&format!("UPDATE \"{source}\".about SET value = '{fresh}' WHERE name = 'epoch';\n"));
    }
    sql
}

/// Finds one of PostgreSQL's programs.
fn program(name: &str) -> anyhow::Result<std::path::PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<std::path::PathBuf> = std::env::split_paths(&path).collect();
    if let Ok(versions) = std::fs::read_dir("/usr/lib/postgresql") {
        folders.extend(versions.filter_map(Result::ok).map(|version| version.path().join("bin")));
    }
    let found = folders.into_iter().map(|folder| folder.join(name)).find(|path| path.is_file());
    found.with_context(|| format!("`{name}` is not installed; it comes with PostgreSQL's client programs"))
}

/// A program that connects to a database. The password goes by the environment, which other users of the machine cannot see.
fn command(name: &str, url: &str) -> anyhow::Result<Command> {
    let mut command = Command::new(program(name)?);
    let (url, password) = without_password(url);
    if let Some(password) = password {
        command.env("PGPASSWORD", password);
    }
    command.arg("--dbname").arg(url);
    Ok(command)
}

/// Takes the password out of a URL.
pub fn without_password(url: &str) -> (String, Option<String>) {
    let parts = || {
        let (scheme, rest) = url.split_once("://")?;
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (user, host) = rest[..end].rsplit_once('@')?;
        let (name, password) = user.split_once(':')?;
        Some((format!("{scheme}://{name}@{host}{}", &rest[end..]), decode(password)))
    };
    match parts() {
        Some((url, password)) => (url, Some(password)),
        None => (url.to_owned(), None),
    }
}

/// Undoes a URL's percent-encoding.
fn decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let (mut decoded, mut at) = (Vec::new(), 0);
    while at < bytes.len() {
        let hexadecimal = bytes.get(at + 1..at + 3).and_then(|pair| std::str::from_utf8(pair).ok());
        match hexadecimal.filter(|_| bytes[at] == b'%').and_then(|pair| u8::from_str_radix(pair, 16).ok()) {
            Some(byte) => {
                decoded.push(byte);
                at += 3;
            }
            None => {
                decoded.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

fn run(name: &str, mut command: Command) -> anyhow::Result<()> {
    let output = command.stdin(Stdio::null()).output();
    let output = output.with_context(|| format!("`{name}` cannot be run"))?;
    if !output.status.success() {
        bail!("{name} failed: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::without_password;

    #[test]
    fn a_password_is_taken_out_and_decoded() {
        let (url, password) = without_password("postgres://ada:s%40fe@db.example:5432/shop?sslmode=require");
        assert_eq!(url, "postgres://ada@db.example:5432/shop?sslmode=require");
        assert_eq!(password.as_deref(), Some("s@fe"));
        for plain in ["postgres://ada@db/shop", "postgres:///shop"] {
            assert_eq!(without_password(plain), (plain.to_owned(), None));
        }
    }
}
