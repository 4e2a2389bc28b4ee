//! Archives that are damaged, targets that hold something, and programs that are killed: all or nothing.

use std::{path::Path, process::Stdio, time::Duration};

use super::{back_up, is_clean, restore};
use crate::{
    buyer::shop,
    command::{command, fine, run},
};

fn stopped_shop(data: &Path) {
    fine(data, &["migrate"]);
    fine(data, &["seed", "--products", "5"]);
}

/// What is in a folder, and should be there.
fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).expect("a folder");
    let mut names: Vec<String> =
        entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

#[test]
fn a_damaged_archive_restores_nothing() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    stopped_shop(&directory.path().join("shop"));
    let archive = back_up(&directory.path().join("shop"), &directory.path().join("shop.tar"));
    let whole = std::fs::read(&archive).expect("the archive");
    let folder = directory.path().join("elsewhere");
    std::fs::create_dir(&folder).expect("a folder");
    let damaged = directory.path().join("damaged.tar");
    let refuses = |bytes: &[u8], what: &str| {
        std::fs::write(&damaged, bytes).expect("written");
        let data = folder.join("restored");
        let (from, to) = (damaged.to_str().expect("a plain path"), data.to_str().expect("a plain path"));
        let said = run(&["restore", "--from", from, "--data", to]);
        assert_eq!(said.code, 1, "{what}: {} {}", said.out, said.err);
        assert!(said.err.contains("cannot be restored"), "{what}: {}", said.err);
        assert!(names(&folder).is_empty(), "{what}: {:?}", names(&folder));
    };
    for cut in [0, 10, 600, 3_000, whole.len() / 3, whole.len() / 2, whole.len() - 5_000] {
        refuses(&whole[..cut], &format!("cut at {cut}"));
    }
    // In the manifest, its digest, headers, and the middle of files.
    let places = (1..40).map(|part| part * (whole.len() - 6_000) / 40);
    for place in [5, 530, 700, 130, 3_100].into_iter().chain(places) {
        // What fills up a block belongs to no file.
        if whole[place] == 0 {
            continue;
        }
        let mut flipped = whole.clone();
        flipped[place] ^= 0x10;
        refuses(&flipped, &format!("flipped at {place}"));
    }
    refuses(b"not an archive at all", "no archive");
}

#[test]
fn a_target_that_holds_something_is_left_alone() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let data = directory.path().join("shop");
    stopped_shop(&data);
    let archive = back_up(&data, &directory.path().join("shop.tar"));
    let before = names(&data);
    let (from, to) = (archive.to_str().expect("a plain path"), data.to_str().expect("a plain path"));
    let said = run(&["restore", "--from", from, "--data", to]);
    assert!(said.code == 1 && said.err.contains("is not empty"), "{}", said.err);
    assert_eq!(names(&data), before);
    let empty = directory.path().join("empty");
    std::fs::create_dir(&empty).expect("a folder");
    restore(&archive, &empty);
    is_clean(&empty, "into an empty folder");
}

#[test]
fn a_kill_during_a_backup_leaves_no_half_of_one() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let data = directory.path().join("shop");
    for cycle in 0..4_u64 {
        let process = shop(&data, &[]);
        let mut asked = command(&["backup", "--data"])
            .arg(&data)
            .arg("--to")
            .arg(directory.path().join(format!("{cycle}.tar")))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("it runs");
        // The moment of the kill, spread over the backup.
        std::thread::park_timeout(Duration::from_millis(5 + cycle * 15));
        process.kill().expect("it is killed");
        asked.wait().expect("it ends");
        if data.join("backups").exists() {
            for name in names(&data.join("backups")).iter().filter(|name| name.starts_with("isotope-")) {
                let restored = directory.path().join(format!("restored-{cycle}"));
                restore(&data.join("backups").join(name), &restored);
                is_clean(&restored, name);
                std::fs::remove_file(data.join("backups").join(name)).expect("removed");
            }
        }
    }
    let process = shop(&data, &[]);
    back_up(&data, &directory.path().join("last.tar"));
    assert!(names(&data.join("backups")).is_empty(), "{:?}", names(&data.join("backups")));
    assert!(process.stop().expect("it stops").success());
    is_clean(&data, "killed four times");
}

#[test]
fn a_kill_during_a_restore_leaves_nothing_in_place() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let data = directory.path().join("shop");
    stopped_shop(&data);
    let archive = back_up(&data, &directory.path().join("shop.tar"));
    let target = directory.path().join("restored");
    for cycle in 0..8_u64 {
        let mut restoring = command(&["restore", "--data"])
            .arg(&target)
            .arg("--from")
            .arg(&archive)
            .stdout(Stdio::null())
            .spawn()
            .expect("it runs");
        std::thread::park_timeout(Duration::from_millis(cycle * 8));
        restoring.kill().expect("it is killed");
        restoring.wait().expect("it ends");
        if target.exists() {
            is_clean(&target, "it was in place already");
            std::fs::remove_dir_all(&target).expect("removed");
        }
    }
    restore(&archive, &target);
    is_clean(&target, "in the end");
}
