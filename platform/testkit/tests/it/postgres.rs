use std::{
    env, fs,
    io::{BufRead, BufReader},
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use testkit::{PostgresServer, postgres::Programs};

/// Set for the copy of this test binary that is to be killed.
const VICTIM: &str = "TESTKIT_TEST_VICTIM";

fn ask(url: &str, sql: &str) -> String {
    let psql = Programs::find().expect("PostgreSQL is installed").path("psql");
    let output = Command::new(psql).args(["-XAtq", "-c", sql, url]).output().expect("psql runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text").trim().to_owned()
}

#[test]
fn a_server_commits_durably_and_every_database_is_a_new_one() {
    let server = PostgresServer::start().expect("a server");
    let first = server.url("shop").expect("a database");
    let second = server.url("shop").expect("another database");
    assert_ne!(first, second);

    for setting in ["fsync", "synchronous_commit", "full_page_writes"] {
        assert_eq!(ask(&first, &format!("show {setting}")), "on", "{setting}");
    }
    ask(&first, "create table kept(id int)");
    assert_eq!(ask(&first, "select count(*) from pg_tables where tablename = 'kept'"), "1");
    assert_eq!(ask(&second, "select count(*) from pg_tables where tablename = 'kept'"), "0");
}

#[test]
fn servers_do_not_meet() {
    let one = PostgresServer::start().expect("a server");
    let other = PostgresServer::start().expect("another server");
    let (one, other) = (one.url("shop").expect("a database"), other.url("shop").expect("a database"));
    ask(&one, "create table mine(id int)");
    assert_eq!(ask(&other, "select count(*) from pg_tables where tablename = 'mine'"), "0");
}

#[test]
fn nothing_is_left_of_a_server_that_was_dropped() {
    let server = PostgresServer::start().expect("a server");
    let (process_id, directory) = (server.process_id(), server.directory().to_path_buf());
    assert!(is_running(process_id));
    drop(server);
    assert!(!is_running(process_id));
    assert!(!directory.exists());
}

#[test]
fn nothing_is_left_of_a_server_whose_test_was_killed() {
    let mut victim = Command::new(env::current_exe().expect("this test's own path"))
        .args(["--exact", "postgres::lives_until_it_is_killed", "--nocapture", "--ignored"])
        .env(VICTIM, "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("a copy of this test");
    let output = BufReader::new(victim.stdout.take().expect("its output"));
    let line = output
        .lines()
        .map(|line| line.expect("text"))
        .find_map(|line| line.split_once("server at ").map(|(_, rest)| rest.to_owned()))
        .expect("the copy says what it started");
    let (process_id, directory) = line.split_once(' ').expect("a process and a directory");
    let process_id = process_id.parse().expect("a number");
    assert!(is_running(process_id));

    victim.kill().expect("it can be killed");
    victim.wait().expect("it ends");

    wait_until("the server has stopped", || !is_running(process_id));
    wait_until("its directory is gone", || !Path::new(directory).exists());
}

/// The other half of the test above: not a test of its own.
#[test]
#[ignore = "started by nothing_is_left_of_a_server_whose_test_was_killed"]
fn lives_until_it_is_killed() {
    if env::var_os(VICTIM).is_none() {
        return;
    }
    let server = PostgresServer::start().expect("a server");
    println!("server at {} {}", server.process_id(), server.directory().display());
    let _ = std::io::stdin().lines().next();
}

fn is_running(process_id: u32) -> bool {
    // A process that has ended and that nobody has waited for yet is still listed, as a zombie.
    fs::read_to_string(format!("/proc/{process_id}/stat"))
        .is_ok_and(|stat| stat.rsplit_once(')').is_some_and(|(_, rest)| !rest.trim_start().starts_with('Z')))
}

fn wait_until(what: &str, is_so: impl Fn() -> bool) {
    let started = Instant::now();
    while !is_so() {
        assert!(started.elapsed() < Duration::from_secs(30), "{what}: not within 30 s");
        // Another process has to do it and nothing tells when it has, so this asks again.
        #[allow(clippy::disallowed_methods)]
        std::thread::sleep(Duration::from_millis(10));
    }
}
