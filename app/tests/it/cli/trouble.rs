//! What is wrong is said in a sentence, with an exit code, and nothing is changed.

use std::{net::TcpListener, path::Path, process::Command};

use rusqlite::Connection;

use crate::{
    buyer::{PROGRAM, shop},
    command::{Said, fine, on},
};

fn refused(said: &Said, words: &str) {
    assert_eq!(said.code, 1, "{} {}", said.out, said.err);
    assert!(said.err.contains(words), "`{words}` is not in {}", said.err);
    assert!(said.err.lines().all(|line| !line.contains("panicked")), "{}", said.err);
}

const SERVE: [&str; 3] = ["serve", "--listen", "127.0.0.1:0"];

#[test]
fn a_directory_that_holds_no_shop() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    for arguments in [&["events", "list"][..], &["dead-letters", "list"], &["projections", "list"]] {
        refused(&on(Path::new("/nowhere/at/all"), arguments), "there is no data directory");
        refused(&on(directory.path(), arguments), "holds no shop's data");
    }
    assert!(!directory.path().join("catalog.db").exists());
    let file = directory.path().join("file");
    std::fs::write(&file, "").expect("written");
    refused(&on(&file, &SERVE), "cannot be made");
}

#[test]
fn a_busy_port() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("its address").to_string();
    refused(&on(directory.path(), &["serve", "--listen", &address]), "choose another address with --listen");
}

#[test]
fn a_database_of_a_newer_program() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let data = directory.path();
    fine(data, &["migrate"]);
    let database = Connection::open(data.join("cart.db")).expect("a database");
    database.execute("UPDATE about SET value = '99' WHERE name = 'format'", []).expect("changed");
    drop(database);
    for arguments in [&SERVE[..], &["migrate"], &["projections", "rebuild", "ordering/timeline"]] {
        refused(&on(data, arguments), "use a newer isotope");
    }
    let database = Connection::open(data.join("cart.db")).expect("a database");
    let format: String = database
        .query_row("SELECT value FROM about WHERE name = 'format'", [], |row| row.get(0))
        .expect("a row");
    assert_eq!(format, "99");
}

#[test]
fn a_damaged_database() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let data = directory.path();
    fine(data, &["migrate"]);
    // With its write-ahead log, SQLite could mend the file.
    for end in ["-wal", "-shm"] {
        let _ = std::fs::remove_file(data.join(format!("cart.db{end}")));
    }
    let damaged = vec![7; 50_000];
    std::fs::write(data.join("cart.db"), &damaged).expect("written");
    for arguments in [&SERVE[..], &["migrate"], &["events", "list"]] {
        refused(&on(data, arguments), "cart service");
    }
    assert_eq!(std::fs::read(data.join("cart.db")).expect("it is there"), damaged);
}

#[test]
fn a_server_that_does_not_answer() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let data = directory.path();
    fine(data, &["migrate"]);
    let lock = std::fs::File::options().write(true).open(data.join("isotope.lock")).expect("the lock's file");
    lock.lock().expect("locked");
    refused(&on(data, &["events", "list"]), "serves nothing yet");
    let closed = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a port");
    let server = serde_json::json!({ "address": closed, "pid": 1, "version": "0" });
    std::fs::write(data.join("server.json"), server.to_string()).expect("written");
    refused(&on(data, &["events", "list"]), "does not answer");
    lock.unlock().expect("unlocked");
    // What a server has said of itself is true only while it has the directory.
    fine(data, &["events", "list"]);
}

#[test]
fn a_server_that_was_killed_is_no_server() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let data = directory.path();
    let process = shop(data, &["--seed-products", "2"]);
    process.kill().expect("it is killed");
    assert!(data.join("server.json").exists());
    assert!(!fine(data, &["events", "list", "--json"]).out.is_empty());
    let process = shop(data, &[]);
    fine(data, &["events", "list"]);
    assert!(process.stop().expect("it stops").success());
    assert!(!data.join("server.json").exists());
}

/// A limit on the size of files stands for a full disk: both refuse to take more.
#[cfg(unix)]
#[test]
fn a_full_disk() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let script = "trap '' XFSZ; ulimit -f 40; exec \"$0\" \"$@\"";
    let output = std::process::Command::new("sh")
        .args(["-c", script, crate::buyer::PROGRAM])
        .args(SERVE)
        .arg("--data")
        .arg(directory.path())
        .output();
    let said = Said::from(output.expect("it runs"));
    refused(&said, "store does not work");
    // With room again, it goes on from there.
    fine(directory.path(), &["migrate"]);
}

/// Somebody who may not write everywhere, as root may.
#[cfg(unix)]
const NOBODY: u32 = 65_534;

#[cfg(unix)]
#[test]
fn a_folder_that_may_only_be_read() {
    use std::os::unix::{fs::PermissionsExt, process::CommandExt};
    let directory = tempfile::tempdir().expect("a temporary directory");
    let (folder, program) = (directory.path().join("read-only"), directory.path().join("isotope"));
    let permit = |path: &Path, mode| {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).expect("its permissions");
    };
    std::fs::create_dir(&folder).expect("a folder");
    permit(&folder, 0o555);
    let is_root = std::fs::write(folder.join("probe"), "").is_ok();
    // Where root's programs lie, others may have no way to.
    std::fs::copy(PROGRAM, &program).expect("a copy");
    permit(directory.path(), 0o755);
    permit(&program, 0o755);
    let serve = |data: &Path| -> Said {
        let mut command = Command::new(&program);
        command.args(SERVE).arg("--data").arg(data).current_dir("/");
        if is_root {
            command.uid(NOBODY).gid(NOBODY);
        }
        command.output().expect("it runs").into()
    };
    refused(&serve(&folder), "isotope.lock cannot be opened");
    refused(&serve(&folder.join("shop")), "cannot be made");
}
